// SPDX-License-Identifier: Apache-2.0
// instants_test.c - what is over is over, although nobody has carried it out: decisions look at
// instants, not at what engine_advance has or has not done.
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct world world;
static int64_t end_us; // the instant at which the units of ada expire

static const char document[] =
    "{\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P1D\"}}],"
    "\"rules\":[{\"id\":\"v\",\"on\":\"visit\",\"earn\":{\"points\":10}},"
    "{\"id\":\"w\",\"on\":\"wait\",\"earn\":{\"points\":10},\"pending\":{\"for\":\"PT1H\"},"
    "\"expiry\":{\"policy\":\"none\"}},"
    "{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":100}}},"
    "{\"id\":\"rich\",\"on\":\"ask\",\"when\":\"member.balances['points'] > 0\","
    "\"earn\":{\"points\":1}}],"
    "\"rewards\":[{\"id\":\"tea\",\"name\":\"tea\",\"cost\":{\"points\":5},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"TEA\"}}]}";

static int begin(void **unused)
{
    (void)unused;
    world_init(&world);
    world_program(&world, str_of(document));
    assert_true(world_time(&world, STR("2026-05-04T10:00"), &world.now_us));
    assert_true(world_time(&world, STR("2026-05-06"), &end_us));
    world_member(&world, STR("ada"));
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    world_release(&world);
    return 0;
}

static void happen(const char *type)
{
    struct event event = {.source = STR("test"), .type = str_of(type), .occurred_us = world.now_us};
    assert_int_equal(world_event(&world, STR(""), &event), OK);
}

// The clock moves and nobody advances the member.
static void sleep_until(int64_t us)
{
    world.now_us = us;
}

static void test_expired_units_cannot_be_spent(void **unused)
{
    (void)unused;
    happen("visit");
    struct shared_counters shared = world_shared(&world);
    struct reward_check check;
    sleep_until(end_us - 1);
    engine_check_reward(world.program, &world.member->state, &shared, &world.arena, 0, world.now_us,
                        &check);
    assert_int_equal(check.err, OK);
    sleep_until(end_us);
    engine_check_reward(world.program, &world.member->state, &shared, &world.arena, 0, world.now_us,
                        &check);
    assert_int_equal(check.err, ERR_INSUFFICIENT_BALANCE);
    assert_int_equal(check.required, 5);
    assert_int_equal(check.available, 0);
    assert_int_equal(check.missing, 5);
    assert_int_equal(world_redeem(&world, STR("tea"), STR("r"), 0), ERR_INSUFFICIENT_BALANCE);
    assert_int_equal(world_redeem(&world, STR("tea"), STR("r"), end_us + 1),
                     ERR_INSUFFICIENT_BALANCE);
    assert_int_equal(world_adjust(&world, 0, -1, STR("")), ERR_INSUFFICIENT_BALANCE);
    assert_int_equal(world.member->state.wallets[0].available, 10); // nothing was carried out
}

static void test_expired_units_are_no_fact(void **unused)
{
    (void)unused;
    happen("visit");
    sleep_until(end_us - 1);
    happen("ask");
    assert_int_equal(world.last.n_effects, 1);
    // What earned a moment ago lives on; the first ten do not.
    sleep_until(end_us);
    happen("ask");
    assert_int_equal(world.last.n_effects, 2);
    assert_int_equal(world.last.effects[1].kind, EFFECT_EXPIRE);
}

static void test_units_that_wait_cannot_be_spent(void **unused)
{
    (void)unused;
    happen("wait");
    assert_int_equal(world_redeem(&world, STR("tea"), STR("r"), 0), ERR_INSUFFICIENT_BALANCE);
}

static void test_a_hold_that_is_over_cannot_be_captured_or_released(void **unused)
{
    (void)unused;
    happen("visit");
    int64_t until_us = world.now_us + SECOND_US;
    assert_int_equal(world_redeem(&world, STR("tea"), STR("r"), until_us), OK);
    sleep_until(until_us);
    assert_int_equal(world_capture(&world, STR("r")), ERR_HOLD_ENDED);
    assert_int_equal(world_release_hold(&world, STR("r")), ERR_HOLD_ENDED);
    sleep_until(until_us - 1);
    assert_int_equal(world_capture(&world, STR("r")), OK);
}

static void test_a_return_does_not_take_expired_units(void **unused)
{
    (void)unused;
    struct order order = {.lines = &(struct order_line){.id = STR("a"),
                                                        .quantity = 1,
                                                        .unit_amount = 1000},
                          .n_lines = 1,
                          .currency = STR("EUR")};
    struct event event = {.source = STR("test"),
                          .type = STR("order.paid"),
                          .occurred_us = world.now_us,
                          .order = &order};
    assert_int_equal(world_event(&world, STR("o"), &event), OK);
    sleep_until(end_us);
    struct returned all = {STR("a"), 1};
    assert_int_equal(world_refund(&world, STR("o"), &all, 1), OK);
    assert_int_equal(world.last.n_effects, 0);
    assert_int_equal(world.last.shortfall_forgiven, 10);
}

static void test_nothing_is_due_before_the_instant(void **unused)
{
    (void)unused;
    struct decision decision;
    assert_true(engine_next_due(&world.member->state) == NEVER_US);
    happen("visit");
    assert_true(engine_next_due(&world.member->state) == end_us);
    decision_init(&decision, &world.arena);
    assert_int_equal(engine_advance(world.program, &world.member->state, end_us - 1, &decision),
                     OK);
    assert_int_equal(decision.n_effects, 0);
    assert_int_equal(engine_advance(world.program, &world.member->state, end_us, &decision), OK);
    assert_int_equal(decision.n_effects, 1);
    assert_int_equal(decision.effects[0].effective_us, end_us);
}

// What is due counts from its own instant, however late it is carried out.
static void test_effects_of_time_carry_their_instant(void **unused)
{
    (void)unused;
    struct decision decision;
    int64_t start_us = world.now_us;
    happen("visit");
    happen("wait");
    decision_init(&decision, &world.arena);
    assert_int_equal(engine_advance(world.program, &world.member->state, end_us + DAY_US,
                                    &decision),
                     OK);
    assert_int_equal(decision.n_effects, 2);
    assert_int_equal(decision.effects[0].kind, EFFECT_ACTIVATE);
    assert_int_equal(decision.effects[0].effective_us, start_us + 3600 * SECOND_US);
    assert_int_equal(decision.effects[1].kind, EFFECT_EXPIRE);
    assert_int_equal(decision.effects[1].effective_us, end_us);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_expired_units_cannot_be_spent),
        TEST(test_expired_units_are_no_fact),
        TEST(test_units_that_wait_cannot_be_spent),
        TEST(test_a_hold_that_is_over_cannot_be_captured_or_released),
        TEST(test_a_return_does_not_take_expired_units),
        TEST(test_nothing_is_due_before_the_instant),
        TEST(test_effects_of_time_carry_their_instant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
