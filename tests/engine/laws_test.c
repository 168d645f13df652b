// SPDX-License-Identifier: Apache-2.0
// laws_test.c - what must hold for every history: all short ones, and long ones drawn at random.
//
// world.c checks around every step that postings sum to zero, wallets are the sum of lots and of
// all entries, lots keep what their allocations say, the same question gives the same answer, and
// that carrying out does not fail after deciding.  Here are the laws about whole histories.
//
//   TEST_SEED=n laws_test     the random histories of another seed; the seed is printed
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed, state;

static uint64_t draw(uint64_t below)
{
    state += 0x9e3779b97f4a7c15U;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % below;
}

// Programmes that differ in everything that can differ; all have a reward "tea".
static const char *const programs[] = {
    // plain, forgiving
    "{\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":10,"
    "\"per\":100}}}],\"rewards\":[{\"id\":\"tea\",\"name\":\"tea\",\"cost\":{\"points\":150},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"TEA\"}}]}",
    // pending, short lives, debt, multipliers, a bonus with a limit
    "{\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"pending\":{\"for\":\"P3D\"},\"expiry\":{\"policy\":\"rolling\",\"after\":\"P10D\"},"
    "\"shortfall\":\"debt\"}],"
    "\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":7,"
    "\"per\":90,\"rounding\":\"half_even\"}}},"
    "{\"id\":\"double\",\"on\":\"order.paid\",\"multiply\":\"1.5\"},"
    "{\"id\":\"more\",\"on\":\"order.paid\",\"multiply\":\"2\",\"compound\":true,"
    "\"when\":\"order.paid >= 1000\"},"
    "{\"id\":\"hello\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"earn\":{\"points\":40},"
    "\"pending\":{\"for\":\"P0D\"},\"limits\":[{\"times\":2,\"per\":\"member\",\"within\":"
    "\"month\"},{\"times\":3}]}],"
    "\"rewards\":[{\"id\":\"tea\",\"name\":\"tea\",\"cost\":{\"points\":60},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"TEA\"},\"limits\":{\"stock\":9}}]}",
    // groups, caps, per line, units limits, a rule for small orders
    "{\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"calendar\",\"after\":\"P2D\",\"dates\":[\"05-10\",\"05-31\"]},"
    "\"shortfall\":\"debt\",\"debt_max\":100}],"
    "\"rules\":[{\"id\":\"a\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":9,"
    "\"per_line\":true,\"rounding\":\"ceil\"}},\"exclusive_group\":\"g\",\"group\":\"best\"},"
    "{\"id\":\"b\",\"on\":\"order.paid\",\"earn\":{\"points\":70},\"exclusive_group\":\"g\","
    "\"group\":\"best\"},"
    "{\"id\":\"c\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":7}},"
    "\"limits\":[{\"units\":120,\"per\":\"member\",\"within\":\"week\"}]},"
    "{\"id\":\"small\",\"on\":\"order.paid\",\"when\":\"order.paid < 700\",\"earn\":{\"points\":"
    "25}},{\"id\":\"most\",\"on\":\"order.paid\",\"cap\":{\"points\":230}}],"
    "\"rewards\":[{\"id\":\"tea\",\"name\":\"tea\",\"cost\":{\"points\":100},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"TEA\"}}]}",
};
#define N_PROGRAMS (sizeof programs / sizeof programs[0])

static const char carrying[] =
    "{\"rules\":[{\"id\":\"keep\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":3,"
    "\"per\":1000,\"carry\":true}}}]}";

static void begin(struct world *world, const char *program)
{
    world_init(world);
    world_program(world, str_of(program));
    int64_t start_us;
    assert_true(world_time(world, STR("2026-05-01T12:00"), &start_us));
    world->now_us = start_us;
    world_member(world, STR("ada"));
}

// ---- orders

struct item {
    int64_t quantity, unit_amount, discount;
};

static const char *const line_names[] = {"a", "b", "c", "d"};

static enum err buy(struct world *world, const char *name, const struct item *items, size_t n,
                    int64_t discount)
{
    struct order *order = ARENA_NEW(&world->arena, struct order);
    order->currency = STR("EUR");
    order->discount = discount;
    order->n_lines = n;
    order->lines = arena_new(&world->arena, n * sizeof *order->lines);
    for (size_t i = 0; i < n; i++) {
        order->lines[i] = (struct order_line){
            .id = str_of(line_names[i]),
            .sku = str_of(line_names[i]),
            .quantity = items[i].quantity,
            .unit_amount = items[i].unit_amount,
            .discount = items[i].discount,
        };
    }
    struct event event = {.source = STR("test"),
                          .type = STR("order.paid"),
                          .occurred_us = world->now_us,
                          .order = order};
    return world_event(world, str_of(name), &event);
}

static enum err bring_back(struct world *world, const char *name, size_t line, int64_t quantity)
{
    struct returned returned = {.line_id = str_of(line_names[line]), .quantity = quantity};
    return world_refund(world, str_of(name), &returned, 1);
}

static int64_t total(const struct world_member *member)
{
    const struct wallet *w = &member->state.wallets[0];
    return w->available + w->pending + w->held - w->debt;
}

// What the order earned less what was taken back, by rule or (STR_NONE) in all.
static int64_t earned_by(const struct world *world, const struct world_order *order,
                         struct str rule)
{
    int64_t sum = 0;
    for (size_t i = 0; i < world->n_log; i++) {
        const struct effect *e = &world->log[i].effect;
        if (!id_eq(e->order_id, order->event.id) || (rule.n && !str_eq(e->rule_id, rule)))
            continue;
        if (e->kind == EFFECT_EARN || e->kind == EFFECT_EARN_PENDING)
            sum += e->units;
        if (e->kind == EFFECT_CLAWBACK || e->kind == EFFECT_CLAWBACK_PENDING ||
            e->kind == EFFECT_CLAWBACK_DEBT)
            sum -= e->units;
    }
    return sum;
}

// ---- histories

enum step { BUY_THIRTY, BUY_TWENTY, RETURN_SOME, RETURN_ALL, REDEEM, HOLD, CAPTURE, REVERSE, WAIT };
#define N_STEPS 9

struct story {
    struct world *world;
    int n; // names are numbered
};

static void buy_one(struct story *story, int64_t amount)
{
    struct item items[] = {{2, amount / 4, 0}, {1, amount / 2, 3}};
    char name[16];
    (void)snprintf(name, sizeof name, "o%d", story->n++);
    assert_int_equal(buy(story->world, name, items, 2, 5), OK);
}

static void return_of(struct story *story, const struct world_order *order, int64_t most)
{
    for (size_t line = 0; line < order->event.order->n_lines; line++) {
        int64_t left = order->event.order->lines[line].quantity;
        for (size_t i = 0; i < order->n_returned; i++) {
            if (str_eq(order->returned[i].line_id, str_of(line_names[line])))
                left -= order->returned[i].quantity;
        }
        if (left > most)
            left = most;
        if (left > 0)
            assert_int_equal(bring_back(story->world, order->name.p, line, left), OK);
    }
}

static void take_step(struct story *story, enum step step, size_t pick)
{
    struct world *world = story->world;
    char name[16];
    (void)snprintf(name, sizeof name, "r%d", story->n++);
    struct str redemption =
        world->n_redemptions ? world->redemptions[pick % world->n_redemptions].name : STR("none");
    switch (step) {
    case BUY_THIRTY:
        buy_one(story, 3000);
        break;
    case BUY_TWENTY:
        buy_one(story, 640);
        break;
    case RETURN_SOME:
    case RETURN_ALL:
        if (world->n_orders > 0)
            return_of(story, &world->orders[pick % world->n_orders], step == RETURN_ALL ? 9 : 1);
        break;
    case REDEEM:
        (void)!world_redeem(world, STR("tea"), str_of(name), 0);
        break;
    case HOLD:
        (void)!world_redeem(world, STR("tea"), str_of(name), world->now_us + 3 * DAY_US);
        break;
    case CAPTURE:
        (void)!world_capture(world, redemption);
        break;
    case REVERSE:
        (void)!world_reverse(world, redemption);
        break;
    case WAIT:
        world_advance(world, world->now_us + 2 * DAY_US);
        break;
    }
}

// Every order earned at most what it earned at first, and at least nothing.
static void check_orders(const struct world *world)
{
    for (size_t i = 0; i < world->n_orders; i++)
        assert_true(earned_by(world, &world->orders[i], STR_NONE) >= 0);
}

static void test_every_history_of_four_events_keeps_the_laws(void **unused)
{
    const int per_program = N_STEPS * N_STEPS * N_STEPS; // after a purchase
    (void)unused;
    for (size_t p = 0; p < N_PROGRAMS; p++) {
        for (int history = 0; history < per_program; history++) {
            static struct world world;
            struct story story = {.world = &world};
            begin(&world, programs[p]);
            buy_one(&story, 2500);
            int rest = history;
            for (int i = 0; i < 3; i++, rest /= N_STEPS)
                take_step(&story, (enum step)(rest % N_STEPS), 0);
            check_orders(&world);
            world_release(&world);
        }
    }
}

static void test_long_histories_keep_the_laws(void **unused)
{
    (void)unused;
    for (int run = 0; run < 60; run++) {
        static struct world world;
        struct story story = {.world = &world};
        begin(&world, programs[run % (int)N_PROGRAMS]);
        world_member(&world, STR("bob"));
        for (int i = 0; i < 55; i++) {
            world_member(&world, draw(2) ? STR("ada") : STR("bob"));
            take_step(&story, (enum step)draw(N_STEPS), draw(64));
        }
        check_orders(&world);
        world_release(&world);
    }
}

// ---- time

static struct str wallet_and_lots(struct world *world)
{
    const struct member_state *ada = &world->members[0].state;
    struct str text = str_printf(&world->arena, "%lld|", (long long)ada->last_seq);
    for (size_t i = 0; i < ada->n_lots; i++) {
        const struct lot *lot = &ada->lots[i];
        text = str_printf(&world->arena, "%.*s%lld:%lld/%lld@%lld|", STR_FMT(text),
                          (long long)lot->seq, (long long)lot->remaining, (long long)lot->units,
                          (long long)lot->expires_us);
    }
    return text;
}

static void test_it_does_not_matter_how_often_anybody_looks(void **unused)
{
    (void)unused;
    for (int run = 0; run < 40; run++) {
        static struct world once, often;
        struct story a = {.world = &once}, b = {.world = &often};
        begin(&once, programs[run % (int)N_PROGRAMS]);
        begin(&often, programs[run % (int)N_PROGRAMS]);
        for (int i = 0; i < 25; i++) {
            enum step step = (enum step)draw(N_STEPS);
            size_t pick = draw(64);
            int64_t later_us = once.now_us + (int64_t)draw(5) * DAY_US + (int64_t)draw(SECOND_US);
            world_advance(&once, later_us);
            while (often.now_us < later_us) {
                int64_t next_us = often.now_us + 1 + (int64_t)draw(2 * DAY_US);
                world_advance(&often, next_us < later_us ? next_us : later_us);
            }
            take_step(&a, step, pick);
            take_step(&b, step, pick);
            assert_true(str_eq(wallet_and_lots(&once), wallet_and_lots(&often)));
        }
        world_release(&once);
        world_release(&often);
    }
}

// ---- returns

// Four pieces on three lines; a sequence of returns is an order of the pieces and where it is cut.
static const size_t pieces[][4] = {
    {0, 0, 1, 2}, {0, 0, 2, 1}, {0, 1, 0, 2}, {0, 1, 2, 0}, {0, 2, 0, 1}, {0, 2, 1, 0},
    {1, 0, 0, 2}, {1, 0, 2, 0}, {1, 2, 0, 0}, {2, 0, 0, 1}, {2, 0, 1, 0}, {2, 1, 0, 0},
};

static void return_pieces(struct world *world, const char *name, const size_t *order, size_t n)
{
    struct returned returned[4];
    for (size_t i = 0; i < n; i++)
        returned[i] = (struct returned){str_of(line_names[order[i]]), 1};
    assert_int_equal(world_refund(world, str_of(name), returned, n), OK);
}

// After each return: as if all so far had come back at once.
static void check_partition(const char *program, const struct item *items, int64_t discount,
                            const size_t *order, unsigned cuts)
{
    static struct world world;
    begin(&world, program);
    assert_int_equal(buy(&world, "parts", items, 3, discount), OK);
    size_t from = 0;
    for (size_t i = 1; i <= 4; i++) {
        if (i < 4 && !(cuts & (1U << (i - 1))))
            continue;
        return_pieces(&world, "parts", order + from, i - from);
        from = i;
        int64_t in_parts = total(world.member);
        static struct world other;
        begin(&other, program);
        assert_int_equal(buy(&other, "whole", items, 3, discount), OK);
        return_pieces(&other, "whole", order, i);
        assert_int_equal(in_parts, total(other.member));
        for (size_t c = 0; c < other.member->state.counters.n; c++) {
            const struct counter *counter = &other.member->state.counters.list[c];
            assert_int_equal(counter->value, counters_get(&world.member->state.counters,
                                                          counter->name, counter->period));
        }
        world_release(&other);
    }
    assert_int_equal(total(world.member), 0);
    world_release(&world);
}

static void test_returning_in_any_parts_is_returning_at_once(void **unused)
{
    static const struct item basket[] = {{2, 333, 10}, {1, 450, 0}, {1, 1299, 100}};
    (void)unused;
    for (size_t p = 0; p <= N_PROGRAMS; p++) {
        const char *program = p < N_PROGRAMS ? programs[p] : carrying;
        for (size_t order = 0; order < sizeof pieces / sizeof pieces[0]; order++) {
            for (unsigned cuts = 0; cuts < 8; cuts++)
                check_partition(program, basket, 101, pieces[order], cuts);
        }
    }
}

static void test_random_baskets_come_back_in_any_parts(void **unused)
{
    (void)unused;
    for (int run = 0; run < 150; run++) {
        struct item basket[3];
        for (int i = 0; i < 3; i++)
            basket[i] = (struct item){i == 0 ? 2 : 1, (int64_t)draw(1500), 0};
        int64_t sum = 2 * basket[0].unit_amount + basket[1].unit_amount + basket[2].unit_amount;
        int64_t discount = (int64_t)draw((uint64_t)sum / 2 + 1);
        size_t p = draw(N_PROGRAMS + 1);
        check_partition(p < N_PROGRAMS ? programs[p] : carrying, basket, discount,
                        pieces[draw(sizeof pieces / sizeof pieces[0])], (unsigned)draw(8));
    }
}

static void test_no_rule_gives_back_more_than_it_gave(void **unused)
{
    (void)unused;
    for (int run = 0; run < 200; run++) {
        static struct world world;
        begin(&world, programs[draw(N_PROGRAMS)]);
        struct item basket[] = {{3, (int64_t)draw(900), 0}, {2, (int64_t)draw(900) + 1, 0}};
        assert_int_equal(buy(&world, "o", basket, 2, 0), OK);
        struct world_order *order = world_order(&world, STR("o"));
        for (int i = 0; i < 5; i++) {
            size_t line = i < 3 ? 0 : 1;
            assert_int_equal(bring_back(&world, "o", line, 1), OK);
            for (size_t r = 0; r < world.program->n_rules; r++)
                assert_true(earned_by(&world, order, world.program->rules[r].id) >= 0);
        }
        for (size_t r = 0; r < world.program->n_rules; r++)
            assert_int_equal(earned_by(&world, order, world.program->rules[r].id), 0);
        world_release(&world);
    }
}

// ---- rounding

static void test_splitting_a_purchase_earns_nothing_more(void **unused)
{
    (void)unused;
    for (int run = 0; run < 200; run++) {
        int64_t amounts[4], sum = 0;
        static struct world split, whole;
        begin(&split, programs[0]);
        begin(&whole, programs[0]);
        for (int i = 0; i < 4; i++) {
            amounts[i] = (int64_t)draw(2000);
            sum += amounts[i];
            struct item one = {1, amounts[i], 0};
            assert_int_equal(buy(&split, "part", &one, 1, 0), OK);
        }
        struct item all = {1, sum, 0};
        assert_int_equal(buy(&whole, "all", &all, 1, 0), OK);
        assert_true(total(split.member) <= total(whole.member));
        assert_true(total(split.member) >= total(whole.member) - 3);
        world_release(&split);
        world_release(&whole);
    }
}

// earned x per + remainder = sum of what was kept x units, at every moment.
static void check_carry(const struct world *world)
{
    int64_t kept = counters_get(&world->member->state.counters, STR("spend"), 0);
    int64_t rest = counters_get(&world->member->state.counters, STR("carry:keep:1000"), 0);
    assert_true(rest >= 0 && rest < 1000);
    assert_int_equal(total(world->member) * 1000 + rest, kept * 3);
}

static void test_remainders_are_never_lost(void **unused)
{
    (void)unused;
    for (int run = 0; run < 60; run++) {
        static struct world world;
        begin(&world, carrying);
        char name[16];
        for (int i = 0; i < 20; i++) {
            struct item basket[] = {{2, (int64_t)draw(900), 0}, {1, (int64_t)draw(900), 0}};
            (void)snprintf(name, sizeof name, "o%d", i);
            assert_int_equal(buy(&world, name, basket, 2, 0), OK);
            check_carry(&world);
            (void)snprintf(name, sizeof name, "o%d", (int)draw((uint64_t)i + 1));
            (void)!bring_back(&world, name, draw(2), 1);
            check_carry(&world);
        }
        world_release(&world);
    }
}

// ---- limits

static void test_a_limit_for_everybody_holds_at_every_moment(void **unused)
{
    (void)unused;
    for (int run = 0; run < 30; run++) {
        static struct world world;
        struct item one = {1, 100, 0};
        char name[16];
        int n = 0;
        begin(&world, "{\"rules\":[{\"id\":\"first\",\"on\":\"order.paid\",\"earn\":{\"points\":1},"
                      "\"limits\":[{\"times\":5},{\"times\":2,\"per\":\"member\"}]}]}");
        for (int i = 0; i < 50; i++) {
            static const char *const names[] = {"ada", "bob", "cleo", "dan"};
            world_member(&world, str_of(names[draw(4)]));
            if (n > 0 && draw(3) == 0) {
                (void)snprintf(name, sizeof name, "o%d", (int)draw((uint64_t)n));
                (void)!bring_back(&world, name, 0, 1);
            } else {
                (void)snprintf(name, sizeof name, "o%d", n++);
                assert_int_equal(buy(&world, name, &one, 1, 0), OK);
            }
            int64_t all = 0;
            for (size_t m = 0; m < world.n_members; m++) {
                assert_true(total(&world.members[m]) <= 2);
                all += total(&world.members[m]);
            }
            assert_true(all <= 5);
        }
        world_release(&world);
    }
}

// ---- spending

// From the first lots in their order, and from nothing else.
static void check_taken(const struct member_state *before, const struct effect *effect)
{
    int64_t left = effect->units;
    size_t at = 0;
    for (size_t i = 0; i < before->n_lots && left > 0; i++) {
        const struct lot *lot = &before->lots[i];
        if (lot->pending || lot->expires_us <= effect->effective_us)
            continue;
        int64_t units = lot->remaining < left ? lot->remaining : left;
        assert_true(at < effect->n_allocations);
        assert_int_equal(effect->allocations[at].lot_seq, lot->seq);
        assert_int_equal(effect->allocations[at].units, units);
        left -= units;
        at++;
    }
    assert_int_equal(left, 0);
    assert_int_equal(at, effect->n_allocations);
}

static void test_spending_takes_the_first_lots(void **unused)
{
    (void)unused;
    for (int run = 0; run < 60; run++) {
        static struct world world;
        struct story story = {.world = &world};
        begin(&world, programs[1 + draw(2)]);
        for (int i = 0; i < 30; i++) {
            struct member_state before = world.member->state;
            struct lot lots[64];
            assert_true(before.n_lots < 64);
            if (before.n_lots)
                memcpy(lots, before.lots, before.n_lots * sizeof *lots);
            before.lots = lots;
            if (draw(3) == 0 && world_redeem(&world, STR("tea"), STR("r"), 0) == OK)
                check_taken(&before, &world.last.effects[0]);
            else
                take_step(&story, draw(2) ? WAIT : BUY_TWENTY, 0);
        }
        world_release(&world);
    }
}

int main(void)
{
    const char *wish = getenv("TEST_SEED");
    seed = wish ? strtoull(wish, NULL, 10) : 20261121;
    state = seed;
    print_message("# seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_history_of_four_events_keeps_the_laws),
        cmocka_unit_test(test_long_histories_keep_the_laws),
        cmocka_unit_test(test_it_does_not_matter_how_often_anybody_looks),
        cmocka_unit_test(test_returning_in_any_parts_is_returning_at_once),
        cmocka_unit_test(test_random_baskets_come_back_in_any_parts),
        cmocka_unit_test(test_no_rule_gives_back_more_than_it_gave),
        cmocka_unit_test(test_splitting_a_purchase_earns_nothing_more),
        cmocka_unit_test(test_remainders_are_never_lost),
        cmocka_unit_test(test_a_limit_for_everybody_holds_at_every_moment),
        cmocka_unit_test(test_spending_takes_the_first_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
