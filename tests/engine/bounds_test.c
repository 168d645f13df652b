// SPDX-License-Identifier: Apache-2.0
// bounds_test.c - numbers at their edge and memory that runs out: refused, with nothing done.
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct world world;

static const char document[] =
    "{\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"shortfall\":\"debt\"}],"
    "\"rules\":[{\"id\":\"v\",\"on\":\"visit\",\"earn\":{\"points\":1}},"
    "{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":100}},"
    "\"limits\":[{\"units\":9,\"per\":\"member\",\"within\":\"day\"},{\"times\":9}]},"
    "{\"id\":\"keep\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":700,"
    "\"carry\":true}}},"
    "{\"id\":\"two\",\"on\":\"order.paid\",\"multiply\":\"2\",\"when\":\"order.paid > 5\"},"
    "{\"id\":\"hello\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"earn\":{\"points\":3},"
    "\"pending\":{\"for\":\"P1D\"},\"lines\":\"item.net > 1\"}],"
    "\"rewards\":[{\"id\":\"tea\",\"name\":\"tea\",\"cost\":{\"points\":5},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"TEA\"},\"when\":\"member.orders >= 0\"}]}";

static int begin(void **unused)
{
    (void)unused;
    world_init(&world);
    world_program(&world, str_of(document));
    assert_true(world_time(&world, STR("2026-05-04T10:00"), &world.now_us));
    world_member(&world, STR("ada"));
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    world_release(&world);
    return 0;
}

static struct event visit(void)
{
    return (struct event){.source = STR("test"), .type = STR("visit"), .occurred_us = world.now_us};
}

static struct event purchase(int64_t amount)
{
    struct order *order = ARENA_NEW(&world.arena, struct order);
    order->lines = ARENA_NEW(&world.arena, struct order_line);
    order->lines[0] = (struct order_line){.id = STR("a"), .quantity = 2, .unit_amount = amount / 2};
    order->n_lines = 1;
    order->currency = STR("EUR");
    return (struct event){.source = STR("test"),
                          .type = STR("order.paid"),
                          .occurred_us = world.now_us,
                          .order = order};
}

// ---- numbers

static void test_a_wallet_that_is_full_takes_nothing_more(void **unused)
{
    (void)unused;
    struct event event = visit();
    assert_int_equal(world_adjust(&world, 0, AMOUNT_MAX, STR("")), OK);
    assert_int_equal(world_event(&world, STR("v"), &event), ERR_OUT_OF_RANGE);
    assert_int_equal(world_adjust(&world, 0, 1, STR("")), ERR_OUT_OF_RANGE);
    assert_int_equal(world_adjust(&world, 0, -1, STR("")), OK);
    assert_int_equal(world_event(&world, STR("v"), &event), OK);
    assert_int_equal(world.member->state.wallets[0].available, AMOUNT_MAX);
}

static void test_a_correction_larger_than_can_be_counted_is_refused(void **unused)
{
    (void)unused;
    assert_int_equal(world_adjust(&world, 0, AMOUNT_MAX + 1, STR("")), ERR_OUT_OF_RANGE);
    assert_int_equal(world_adjust(&world, 0, INT64_MIN, STR("")), ERR_OUT_OF_RANGE);
}

static void test_what_a_member_spent_in_all_stays_countable(void **unused)
{
    (void)unused;
    counters_add(&world.member->state.counters, &world.arena, STR("spend"), 0, AMOUNT_MAX - 10);
    struct event event = purchase(12);
    assert_int_equal(world_event(&world, STR("o"), &event), ERR_OUT_OF_RANGE);
    assert_int_equal(counters_get(&world.member->state.counters, STR("orders"), 0), 0);
    event = purchase(10);
    assert_int_equal(world_event(&world, STR("p"), &event), OK);
}

static void test_an_event_at_the_end_of_time_is_refused(void **unused)
{
    (void)unused;
    struct event event = purchase(1000);
    assert_true(world_time(&world, STR("9999-12-31T12:00"), &event.occurred_us));
    assert_int_equal(world_event(&world, STR("o"), &event), ERR_OUT_OF_RANGE);
}

static void test_a_counter_that_was_cleaned_away_cannot_be_given_back(void **unused)
{
    (void)unused;
    struct event event = purchase(400);
    assert_int_equal(world_event(&world, STR("o"), &event), OK);
    struct counters *counters = &world.member->state.counters;
    for (size_t i = 0; i < counters->n; i++)
        counters->list[i].value = 0;
    struct returned all = {STR("a"), 2};
    assert_int_equal(world_refund(&world, STR("o"), &all, 1), OK);
    for (size_t i = 0; i < counters->n; i++)
        assert_true(counters->list[i].value >= 0);
}

// ---- damage

static void expect_corrupt(void)
{
    struct decision decision;
    struct event_facts facts;
    struct event event = visit();
    struct shared_counters shared = world_shared(&world);
    decision_init(&decision, &world.arena);
    assert_int_equal(engine_decide_event(world.program, &world.member->state, &shared, &event,
                                         &decision, &facts),
                     ERR_STORE_CORRUPT);
    assert_int_equal(decision.n_effects + decision.n_counters, 0);
}

// One number that a damaged page, or a hand, has changed.
static void test_nothing_is_decided_on_a_state_that_contradicts_itself(void **unused)
{
    (void)unused;
    struct event event = purchase(1400);
    assert_int_equal(world_event(&world, STR("o"), &event), OK);
    assert_int_equal(world_adjust(&world, 0, 20, STR("")), OK);
    assert_int_equal(world_redeem(&world, STR("tea"), STR("h"), world.now_us + DAY_US), OK);
    struct member_state *state = &world.member->state;
    int64_t *numbers[] = {
        &state->wallets[0].available, &state->wallets[0].pending, &state->wallets[0].held,
        &state->lots[0].remaining,    &state->holds[0].units,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        for (int64_t by = -1; by <= 1; by += 2) {
            *numbers[i] += by;
            expect_corrupt();
            *numbers[i] -= by;
        }
    }
    state->wallets[0].debt = -1;
    expect_corrupt();
    state->wallets[0].debt = 0;
    state->lots[0].currency = 7;
    expect_corrupt();
    state->lots[0].currency = 0;
    state->lots[0].units = state->lots[0].remaining - 1;
    expect_corrupt();
}

static void test_a_remainder_of_a_whole_unit_is_damage(void **unused)
{
    (void)unused;
    struct event event = purchase(400);
    struct returned all = {STR("a"), 2};
    struct counters *counters = &world.member->state.counters;
    assert_int_equal(world_event(&world, STR("o"), &event), OK);
    counters_add(counters, &world.arena, STR("carry:keep:700"), 0, 700);
    assert_int_equal(world_event(&world, STR("p"), &event), ERR_STORE_CORRUPT);
    assert_int_equal(world_refund(&world, STR("o"), &all, 1), ERR_STORE_CORRUPT);
}

// ---- memory

typedef enum err attempt(struct decision *decision);

// Gives a decision more and more memory until it is made: before that it is ERR_MEMORY, with
// nothing decided; and what it decides does not depend on how much there was.
static void starve(attempt *decide)
{
    size_t effects = 0;
    for (size_t limit = 0;; limit += 48) {
        struct arena arena;
        struct decision decision;
        assert_true(limit < 1 << 20);
        arena_init(&arena, limit);
        decision_init(&decision, &arena);
        enum err e = decide(&decision);
        bool made = e == OK && !arena_overflowed(&arena);
        assert_true(made || e == ERR_MEMORY);
        if (e)
            assert_int_equal(decision.n_effects + decision.n_counters, 0);
        else
            effects = decision.n_effects;
        arena_release(&arena);
        if (made)
            break;
    }
    assert_true(effects > 0);
}

static enum err decide_event(struct decision *decision)
{
    struct event_facts facts;
    struct shared_counters shared = world_shared(&world);
    struct event event = world.orders[0].event;
    return engine_decide_event(world.program, &world.member->state, &shared, &event, decision,
                               &facts);
}

static enum err decide_refund(struct decision *decision)
{
    const struct world_order *order = &world.orders[0];
    struct returned all = {STR("a"), 2};
    struct refund refund = {.program = world.program,
                            .order = &order->event,
                            .facts = &order->facts,
                            .after = &all,
                            .n_after = 1,
                            .at_us = world.now_us};
    return engine_decide_refund(world.program, &world.member->state, &refund, decision);
}

static enum err decide_redeem(struct decision *decision)
{
    struct shared_counters shared = world_shared(&world);
    struct claim claim = {.at_us = world.now_us, .expires_us = world.now_us + 1};
    enum err e = engine_decide_hold(world.program, &world.member->state, &shared, &claim, decision);
    return e == ERR_NOT_ELIGIBLE && arena_overflowed(decision->arena) ? ERR_MEMORY : e;
}

static enum err decide_advance(struct decision *decision)
{
    return engine_advance(world.program, &world.member->state, world.now_us + 9 * DAY_US, decision);
}

static void test_memory_that_runs_out_leaves_nothing_behind(void **unused)
{
    (void)unused;
    struct event event = purchase(1400);
    assert_int_equal(world_event(&world, STR("o"), &event), OK);
    assert_int_equal(world_adjust(&world, 0, 20, STR("")), OK);
    assert_int_equal(world_redeem(&world, STR("tea"), STR("h"), world.now_us + DAY_US), OK);
    starve(decide_event);
    starve(decide_refund);
    starve(decide_redeem);
    starve(decide_advance);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_wallet_that_is_full_takes_nothing_more),
        TEST(test_a_correction_larger_than_can_be_counted_is_refused),
        TEST(test_what_a_member_spent_in_all_stays_countable),
        TEST(test_an_event_at_the_end_of_time_is_refused),
        TEST(test_a_counter_that_was_cleaned_away_cannot_be_given_back),
        TEST(test_nothing_is_decided_on_a_state_that_contradicts_itself),
        TEST(test_a_remainder_of_a_whole_unit_is_damage),
        TEST(test_memory_that_runs_out_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
