// SPDX-License-Identifier: Apache-2.0
// fault_test.c - whichever call of a write fails, with whatever error: all of it or nothing.
#include "fixture.h"

#include "store/sql_gen.h"

// One earning event as the flow writes it; stops at the first error.
static enum err earn(struct fixture *f, struct id member_id, struct id event_id)
{
    struct member_query query = {.tenant_id = f->tenant_id,
                                 .member_id = member_id,
                                 .program = &f->program};
    struct member_state state;
    enum member_status status;
    struct state_image *image;
    enum err e = store_member_load(f->db, &query, &f->arena, &state, &status, &image);

    if (e)
        return e;
    struct event_row event = {.event_id = event_id,
                              .member_id = member_id,
                              .key = {STR("till"), STR("A-1"), STR("order.paid")},
                              .program_version = 1,
                              .first_seq = state.last_seq + 1,
                              .last_seq = state.last_seq + 1};
    struct entry_source source = {.tenant_id = f->tenant_id,
                                  .member_id = member_id,
                                  .event_id = event_id,
                                  .program_version = 1};
    struct effect effect = {.kind = EFFECT_EARN,
                            .units = 90,
                            .seq = ++state.last_seq,
                            .expires_us = NEVER_US};
    struct str why = STR("{}");
    e = store_event_insert(f->db, f->tenant_id, &event);
    if (!e)
        e = store_entries_append(f->db, &source, &f->program, &effect, &why, 1, &state);
    state.wallets[0].available += 90;
    state.lots[state.n_lots++] =
        (struct lot){.seq = effect.seq, .units = 90, .remaining = 90, .expires_us = NEVER_US};
    state.counters.list[state.counters.n++] =
        (struct counter){STR("carry:spend:7"), 0, state.last_seq, true};
    if (!e)
        e = store_state_save(f->db, &query, image, &state);
    struct idempotency_row reply = {.key_id = 1, .key = STR("k"), .status = 201};
    return e ? e : store_idempotency_insert(f->db, f->tenant_id, &reply);
}

static enum err attempt(struct fixture *f, struct id member_id, struct id event_id)
{
    enum err e = db_begin(f->db);

    if (!e)
        e = earn(f, member_id, event_id);
    if (!e)
        return db_commit(f->db);
    db_rollback(f->db);
    return e;
}

// What the second of two equal attempts is told: where writes are deferred, that somebody was
// faster.
static enum err taken(const struct fixture *f)
{
    return f->is_sqlite ? ERR_ALREADY_EXISTS : ERR_STORE_CONFLICT;
}

// How much of the event is there: 0 nothing, 5 all of it.
static int parts(struct fixture *f, struct id member_id, struct id event_id)
{
    struct event_row event;
    struct idempotency_row reply;
    struct loaded loaded;

    fixture_load(f, member_id, &loaded);
    int n = store_event_get(f->db, f->tenant_id, event_id, &f->arena, &event) == OK;
    n += loaded.state.last_seq == 1;
    n += loaded.state.wallets[0].available == 90;
    n += loaded.state.n_lots == 1;
    n += store_idempotency_get(f->db, f->tenant_id, 0, 1, STR("k"), &f->arena, &reply) == OK;
    return n;
}

static void test_the_nth_call_fails_and_nothing_is_left(void **state)
{
    struct fixture *f = *state;
    static const enum err errors[] = {ERR_STORE_FAULT, ERR_STORE_FULL, ERR_STORE_BUSY,
                                      ERR_STORE_CONFLICT};
    struct id event_id = fixture_id(f);
    int n_failures = 0;
    enum err e;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    COMMIT(f);
    do {
        struct db_fault fault = {.fail_at = n_failures / 8 + 1,
                                 .err = errors[n_failures / 2 % 4],
                                 .for_ever = n_failures % 2};
        db_set_fault(f->db, &fault);
        e = attempt(f, member_id, event_id);
        db_set_fault(f->db, NULL);
        if (e) {
            assert_int_equal(e, errors[n_failures / 2 % 4]);
            assert_int_equal(parts(f, member_id, event_id), 0);
            n_failures++;
        }
        assert_in_range(n_failures, 0, 400);
    } while (e);
    // Begin, two loads, event, entry, head, wallet, lot, counter, reply, commit.
    assert_int_equal(n_failures, 8 * 11);
    assert_int_equal(parts(f, member_id, event_id), 5);
    // The same again is refused by the key of the event.
    assert_int_equal(attempt(f, member_id, fixture_id(f)), taken(f));
}

static void test_an_unknown_outcome_is_all_or_nothing_after_the_restart(void **state)
{
    struct fixture *f = *state;
    struct db_fault fault = {.fail_at = 11, .err = ERR_OUTCOME_UNKNOWN};
    struct id event_id = fixture_id(f);

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    COMMIT(f);
    db_set_fault(f->db, &fault);
    assert_int_equal(attempt(f, member_id, event_id), ERR_OUTCOME_UNKNOWN);
    db_set_fault(f->db, NULL);
    if (f->is_sqlite)
        assert_int_equal(attempt(f, member_id, event_id), ERR_STORE_FAULT);
    fixture_restart(f);
    assert_int_equal(parts(f, member_id, event_id), 5);
    assert_int_equal(attempt(f, member_id, event_id), taken(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_the_nth_call_fails_and_nothing_is_left),
        FIXTURE_TEST(test_an_unknown_outcome_is_all_or_nothing_after_the_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
