// SPDX-License-Identifier: Apache-2.0
// state_test.c - what is saved of a member is what is loaded, and only the difference is written.
#include "fixture.h"

#include "store/sql_gen.h"

#include <string.h>

// A member with entries 1..n on its ledger, which lots may then name.
static struct id member_with_entries(struct fixture *f, struct loaded *loaded, int n)
{
    struct id member_id = fixture_member(f, NULL);

    fixture_load(f, member_id, loaded);
    for (int i = 0; i < n; i++) {
        struct effect effect = {.kind = EFFECT_EARN, .units = 10, .expires_us = NEVER_US};
        assert_int_equal(fixture_append(f, loaded, &effect), OK);
    }
    return member_id;
}

static void add_lot(struct member_state *state, struct lot lot)
{
    assert_true(state->n_lots < state->room_lots);
    state->lots[state->n_lots++] = lot;
}

static void count(struct member_state *state, const char *name, int64_t period, int64_t value)
{
    assert_true(state->counters.n < state->counters.room);
    state->counters.list[state->counters.n++] = (struct counter){str_of(name), period, value, true};
}

static int64_t counters_value(const struct member_state *state, const char *name, int64_t period)
{
    for (size_t i = 0; i < state->counters.n; i++)
        if (state->counters.list[i].period == period &&
            str_eq(state->counters.list[i].name, str_of(name)))
            return state->counters.list[i].value;
    return 0;
}

static void save(struct fixture *f, struct loaded *loaded)
{
    assert_int_equal(store_state_save(f->db, &loaded->query, loaded->image, &loaded->state), OK);
}

static void test_a_state_comes_back_as_it_was_saved(void **state)
{
    struct fixture *f = *state;
    struct loaded before;
    struct loaded after;

    BEGIN(f);
    struct id member_id = member_with_entries(f, &before, 3);
    before.state.wallets[0] = (struct wallet){20, 5, 0, 1};
    before.state.wallets[1] = (struct wallet){7, 0, 0, 0};
    // In the order of consumption: earliest expiry, never last.
    add_lot(&before.state, (struct lot){.seq = 3, .units = 10, .remaining = 10, .expires_us = 50});
    add_lot(&before.state, (struct lot){.seq = 2,
                                        .currency = 1,
                                        .units = 10,
                                        .remaining = 7,
                                        .pending = true,
                                        .activates_us = 20,
                                        .expires_us = 60,
                                        .order_id = member_id});
    add_lot(&before.state,
            (struct lot){.seq = 1, .units = 10, .remaining = 1, .expires_us = NEVER_US});
    count(&before.state, "orders", 0, 4);
    count(&before.state, "limit:a:member/day/times", 86400, 2);
    save(f, &before);
    COMMIT(f);
    fixture_restart(f);
    fixture_load(f, member_id, &after);
    assert_int_equal(after.status, MEMBER_ACTIVE);
    assert_int_equal(after.state.enrolled_us, 1000);
    assert_int_equal(after.state.last_seq, 3);
    assert_int_equal(after.state.recorded_us, 1000001);
    assert_memory_equal(after.state.head, before.state.head, 32);
    assert_memory_equal(after.state.wallets, before.state.wallets, 2 * sizeof(struct wallet));
    assert_int_equal(after.state.n_lots, 3);
    assert_memory_equal(after.state.lots, before.state.lots, 3 * sizeof(struct lot));
    assert_int_equal(counters_value(&after.state, "orders", 0), 4);
    assert_int_equal(counters_value(&after.state, "limit:a:member/day/times", 86400), 2);
}

static void test_nothing_is_written_when_nothing_changed(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;
    struct db_fault counting = {.fail_at = -1};

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_take(f, member_id);
    COMMIT(f);
    fixture_load(f, member_id, &loaded);
    BEGIN(f);
    db_set_fault(f->db, &counting);
    save(f, &loaded);
    assert_int_equal(counting.n_calls, 0);
    int flushes = db_asks_ahead(f->db); // of what an earlier save may have left in a batch
    loaded.state.wallets[1].available = 3;
    save(f, &loaded);
    assert_int_equal(counting.n_calls, 1 + flushes);
    save(f, &loaded); // the image follows the state
    assert_int_equal(counting.n_calls, 1 + 2 * flushes);
    db_set_fault(f->db, NULL);
    COMMIT(f);
}

static void test_lots_are_opened_changed_closed_and_opened_again(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;
    struct loaded after;

    BEGIN(f);
    struct id member_id = member_with_entries(f, &loaded, 3);
    for (int i = 1; i <= 3; i++)
        add_lot(&loaded.state,
                (struct lot){.seq = i, .units = 10, .remaining = 10, .expires_us = 100 - i});
    save(f, &loaded);
    // The first is used up, the second partly.
    memmove(loaded.state.lots, loaded.state.lots + 1, 2 * sizeof(struct lot));
    loaded.state.n_lots = 2;
    loaded.state.lots[0].remaining = 4;
    save(f, &loaded);
    fixture_load(f, member_id, &after);
    assert_int_equal(after.state.n_lots, 2);
    assert_int_equal(after.state.lots[1].seq, 2);
    assert_int_equal(after.state.lots[1].remaining, 4);
    // A reversal gives back to the first.
    add_lot(&loaded.state, (struct lot){.seq = 1, .units = 10, .remaining = 3, .expires_us = 99});
    save(f, &loaded);
    fixture_load(f, member_id, &after);
    assert_int_equal(after.state.n_lots, 3);
    assert_int_equal(after.state.lots[2].seq, 1);
    assert_int_equal(after.state.lots[2].remaining, 3);
    COMMIT(f);
}

static void test_counters_of_windows_are_added_to(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_load(f, member_id, &loaded);
    count(&loaded.state, "orders", 0, 9);
    count(&loaded.state, "day", 100, 5);
    save(f, &loaded);
    loaded.state.counters.list[1].value = 7;
    loaded.state.counters.list[1].dirty = true;
    count(&loaded.state, "day", 200, 6);
    save(f, &loaded);
    fixture_load(f, member_id, &loaded);
    assert_int_equal(counters_value(&loaded.state, "orders", 0), 9);
    assert_int_equal(counters_value(&loaded.state, "day", 100), 7);
    assert_int_equal(counters_value(&loaded.state, "day", 200), 6);
    COMMIT(f);
}

static void test_orders_spend_and_visits_are_columns_of_the_head(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;
    struct chain_head *heads;
    size_t n;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_load(f, member_id, &loaded);
    count(&loaded.state, "visits", 0, 1);
    save(f, &loaded);
    // A visit that earned nothing leaves no chain to be sealed.
    assert_int_equal(store_ledger_head_list(f->db, f->tenant_id, ID_NIL, 10, &f->arena, &heads, &n),
                     OK);
    assert_int_equal(n, 0);
    count(&loaded.state, "orders", 0, 3);
    count(&loaded.state, "spend", 0, 1200);
    count(&loaded.state, "spend", 86400, 7); // a window's, which is another counter
    save(f, &loaded);
    fixture_load(f, member_id, &loaded);
    assert_int_equal(counters_value(&loaded.state, "visits", 0), 1);
    assert_int_equal(counters_value(&loaded.state, "orders", 0), 3);
    assert_int_equal(counters_value(&loaded.state, "spend", 0), 1200);
    assert_int_equal(counters_value(&loaded.state, "spend", 86400), 7);
    COMMIT(f);
}

static void test_counters_go_down_but_not_below_zero(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_load(f, member_id, &loaded);
    count(&loaded.state, "spend", 0, 900);
    save(f, &loaded);
    loaded.state.counters.list[0].value = 400;
    loaded.state.counters.list[0].dirty = true;
    save(f, &loaded);
    assert_false(loaded.state.counters.list[0].dirty);
    fixture_load(f, member_id, &loaded);
    assert_int_equal(counters_value(&loaded.state, "spend", 0), 400);
    loaded.state.counters.list[0].value = -1;
    loaded.state.counters.list[0].dirty = true;
    assert_int_equal(fixture_told(f, store_state_save(f->db, &loaded.query, loaded.image,
                                                      &loaded.state)),
                     ERR_STORE_FAULT);
    db_rollback(f->db);
}

static void test_open_holds_come_with_the_lots_they_took_from(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;
    struct loaded after;
    struct allocation taken[] = {{.lot_seq = 1, .units = 10}, {.lot_seq = 2, .units = 4}};

    BEGIN(f);
    struct id member_id = member_with_entries(f, &loaded, 2);
    struct redemption_row redemption = {.redemption_id = fixture_id(f),
                                        .member_id = member_id,
                                        .reward_id = STR("coffee"),
                                        .status = REDEMPTION_HELD,
                                        .program_version = 1,
                                        .first_seq = 3,
                                        .expires_us = 5000};
    struct effect hold = {.kind = EFFECT_HOLD,
                          .units = 14,
                          .redemption_id = redemption.redemption_id,
                          .allocations = taken,
                          .n_allocations = 2};
    assert_int_equal(fixture_append(f, &loaded, &hold), OK);
    assert_int_equal(store_redemption_insert(f->db, f->tenant_id, &redemption), OK);
    loaded.state.wallets[0] = (struct wallet){.available = 6, .held = 14};
    add_lot(&loaded.state,
            (struct lot){.seq = 2, .units = 10, .remaining = 6, .expires_us = NEVER_US});
    save(f, &loaded);
    fixture_load(f, member_id, &after);
    assert_int_equal(after.state.n_holds, 1);
    const struct hold *found = &after.state.holds[0];
    assert_int_equal(found->seq, 3);
    assert_int_equal(found->units, 14);
    assert_int_equal(found->expires_us, 5000);
    assert_true(id_eq(found->redemption_id, redemption.redemption_id));
    assert_true(str_eq(found->reward_id, STR("coffee")));
    assert_int_equal(found->n_allocations, 2);
    assert_memory_equal(found->allocations, taken, sizeof taken);
    assert_int_equal(found->lots[0].remaining, 0); // used up, so it is no longer open
    assert_int_equal(found->lots[0].units, 10);
    assert_int_equal(found->lots[1].remaining, 6);
    // Once captured it is open no more.
    assert_int_equal(store_redemption_update(f->db, f->tenant_id, redemption.redemption_id,
                                             REDEMPTION_HELD, REDEMPTION_REDEEMED, 9),
                     OK);
    fixture_load(f, member_id, &after);
    assert_int_equal(after.state.n_holds, 0);
    COMMIT(f);
}

static void assert_due(struct fixture *f, int64_t until_us, size_t n_expected, struct id first)
{
    struct id *ids;
    size_t n;

    assert_int_equal(store_due_list(f->db, f->tenant_id, until_us, 9, &f->arena, &ids, &n), OK);
    assert_int_equal(n, n_expected);
    assert_true(!n || id_eq(ids[0], first));
}

static void test_a_member_is_due_at_its_earliest_change(void **state)
{
    struct fixture *f = *state;
    struct loaded one;
    struct loaded two;

    BEGIN(f);
    struct id first = member_with_entries(f, &one, 2);
    struct id second = member_with_entries(f, &two, 1);
    add_lot(&one.state, (struct lot){.seq = 1, .units = 10, .remaining = 9, .expires_us = 300});
    add_lot(&one.state, (struct lot){.seq = 2,
                                     .units = 10,
                                     .remaining = 9,
                                     .pending = true,
                                     .activates_us = 100,
                                     .expires_us = 900});
    add_lot(&two.state, (struct lot){.seq = 1, .units = 10, .remaining = 9, .expires_us = 200});
    save(f, &one);
    save(f, &two);
    assert_due(f, 99, 0, first);
    assert_due(f, 100, 1, first);
    assert_due(f, 200, 2, first);
    // Activated: the next is the expiry of the first lot.
    one.state.lots[1].pending = false;
    save(f, &one);
    assert_due(f, 299, 1, second);
    assert_due(f, 300, 2, second);
    // Without lots nothing is due.
    two.state.n_lots = 0;
    save(f, &two);
    assert_due(f, 1000, 1, first);
    COMMIT(f);
}

static void test_a_new_member_needs_no_loading(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_load(f, member_id, &loaded);
    assert_int_equal(store_member_new(&loaded.query, 1000, &f->arena, &loaded.state, &loaded.image),
                     OK);
    assert_int_equal(loaded.state.n_wallets, 2);
    loaded.state.wallets[0].available = 5;
    save(f, &loaded);
    fixture_load(f, member_id, &loaded);
    assert_int_equal(loaded.state.wallets[0].available, 5);
    COMMIT(f);
}

static void test_a_currency_that_left_the_programme_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = member_with_entries(f, &loaded, 1);
    loaded.state.wallets[1].available = 5;
    add_lot(
        &loaded.state,
        (struct lot){.seq = 1, .currency = 1, .units = 10, .remaining = 5, .expires_us = NEVER_US});
    save(f, &loaded);
    f->program.n_currencies = 1;
    fixture_load(f, member_id, &loaded);
    assert_int_equal(loaded.state.n_wallets, 1);
    assert_int_equal(loaded.state.n_lots, 0);
    loaded.state.wallets[0].available = 1;
    save(f, &loaded);
    f->program.n_currencies = 2;
    fixture_load(f, member_id, &loaded);
    assert_int_equal(loaded.state.wallets[1].available, 5);
    assert_int_equal(loaded.state.n_lots, 1);
    COMMIT(f);
}

static void test_negative_balances_are_refused(void **state)
{
    struct fixture *f = *state;
    static const struct wallet bad[] = {{-1, 0, 0, 0}, {0, -1, 0, 0}, {0, 0, -1, 0}, {0, 0, 0, -1}};

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    for (size_t i = 0; i < 4; i++) {
        struct loaded loaded;
        fixture_load(f, member_id, &loaded);
        loaded.state.wallets[0] = bad[i];
        assert_int_equal(db_savepoint(f->db), OK);
        assert_int_equal(fixture_told(f, store_state_save(f->db, &loaded.query, loaded.image,
                                                          &loaded.state)),
                         ERR_STORE_FAULT);
        assert_int_equal(db_savepoint_rollback(f->db), OK);
    }
    db_rollback(f->db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_a_state_comes_back_as_it_was_saved),
        FIXTURE_TEST(test_nothing_is_written_when_nothing_changed),
        FIXTURE_TEST(test_lots_are_opened_changed_closed_and_opened_again),
        FIXTURE_TEST(test_counters_of_windows_are_added_to),
        FIXTURE_TEST(test_orders_spend_and_visits_are_columns_of_the_head),
        FIXTURE_TEST(test_counters_go_down_but_not_below_zero),
        FIXTURE_TEST(test_open_holds_come_with_the_lots_they_took_from),
        FIXTURE_TEST(test_a_member_is_due_at_its_earliest_change),
        FIXTURE_TEST(test_a_new_member_needs_no_loading),
        FIXTURE_TEST(test_a_currency_that_left_the_programme_is_left_alone),
        FIXTURE_TEST(test_negative_balances_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
