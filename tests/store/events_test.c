// SPDX-License-Identifier: Apache-2.0
// events_test.c - events, parked returns, redemptions, shared counters, idempotency.
#include "fixture.h"

#include "store/sql_gen.h"

// ---- events

static struct event_row an_event(struct fixture *f, struct id member_id, const char *external_id)
{
    return (struct event_row){
        .event_id = fixture_id(f),
        .member_id = member_id,
        .key = {STR("till-1"), str_of(external_id), STR("order.paid")},
        .occurred_us = 10,
        .recorded_us = 11,
        .program_version = 1,
        .fingerprint = {{1, 2, 3}},
        .payload = STR("{\"p\":1}"),
        .facts = STR("{\"f\":1}"),
        .reply = STR("{\"r\":1}"),
        .first_seq = 3,
        .last_seq = 4,
        .actor_id = 7,
    };
}

static void test_an_event_is_found_by_id_and_by_key(void **state)
{
    struct fixture *f = *state;
    struct event_row found;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    struct event_row event = an_event(f, member_id, "A-1");
    assert_int_equal(store_event_insert(f->db, f->tenant_id, &event), OK);
    COMMIT(f);
    assert_int_equal(store_event_get(f->db, f->tenant_id, event.event_id, &f->arena, &found), OK);
    assert_true(id_eq(found.member_id, member_id) && id_is_nil(found.order_id));
    assert_true(str_eq(found.payload, event.payload) && str_eq(found.facts, event.facts));
    assert_true(str_eq(found.reply, event.reply) && str_eq(found.key.source, event.key.source));
    assert_memory_equal(&found.fingerprint, &event.fingerprint, sizeof found.fingerprint);
    assert_int_equal(found.occurred_us, 10);
    assert_int_equal(found.recorded_us, 11);
    assert_int_equal(found.first_seq, 3);
    assert_int_equal(found.last_seq, 4);
    assert_int_equal(found.actor_id, 7);
    assert_int_equal(store_event_get_by_key(f->db, f->tenant_id, &event.key, &f->arena, &found),
                     OK);
    assert_true(id_eq(found.event_id, event.event_id));
    event.key.type = STR("order.refunded");
    assert_int_equal(store_event_get_by_key(f->db, f->tenant_id, &event.key, &f->arena, &found),
                     ERR_NOT_FOUND);
}

static void test_a_natural_key_is_taken_for_ever(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    struct event_row event = an_event(f, member_id, "A-1");
    assert_int_equal(store_event_insert(f->db, f->tenant_id, &event), OK);
    COMMIT(f);
    BEGIN(f);
    event.event_id = fixture_id(f);
    assert_int_equal(fixture_told(f, store_event_insert(f->db, f->tenant_id, &event)),
                     ERR_ALREADY_EXISTS);
    db_rollback(f->db);
    BEGIN(f);
    event.key.external_id = STR("A-2");
    event.member_id = fixture_id(f); // nobody
    assert_int_equal(fixture_told(f, store_event_insert(f->db, f->tenant_id, &event)),
                     ERR_STORE_FAULT);
    db_rollback(f->db);
}

static void test_events_of_a_member_with_and_without_effects(void **state)
{
    struct fixture *f = *state;
    struct event_row *page;
    struct id ids[4];
    struct loaded loaded;
    size_t n;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_event(f, fixture_member(f, NULL), "somebody-else");
    fixture_load(f, member_id, &loaded);
    for (int i = 0; i < 4; i++) {
        struct event_row event = an_event(f, member_id, (const char *[]){"1", "2", "3", "4"}[i]);
        ids[i] = event.event_id;
        event.first_seq = i % 2 ? loaded.state.last_seq + 1 : 0;
        event.last_seq = event.first_seq ? event.first_seq + 1 : 0;
        assert_int_equal(store_event_insert(f->db, f->tenant_id, &event), OK);
        struct entry_source source = {.tenant_id = f->tenant_id,
                                      .member_id = member_id,
                                      .event_id = event.event_id,
                                      .program_version = 1};
        for (int entry = 0; event.first_seq && entry < 2; entry++) {
            struct effect effect = {.kind = EFFECT_EARN,
                                    .units = 1,
                                    .seq = ++loaded.state.last_seq,
                                    .expires_us = NEVER_US};
            struct str why = STR("{}");
            assert_int_equal(store_entries_append(f->db, &source, &f->program, &effect, &why, 1,
                                                  &loaded.state),
                             OK);
        }
    }
    COMMIT(f);
    struct member_page query = {.member_id = member_id, .limit = 3};
    assert_int_equal(store_event_list(f->db, f->tenant_id, &query, &f->arena, &page, &n), OK);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(id_eq(page[i].event_id, ids[3 - i]));
    query.before_id = page[2].event_id;
    assert_int_equal(store_event_list(f->db, f->tenant_id, &query, &f->arena, &page, &n), OK);
    assert_int_equal(n, 1);
    assert_true(id_eq(page[0].event_id, ids[0]));
}

static void test_what_gave_an_order_back(void **state)
{
    struct fixture *f = *state;
    struct event_row *list;
    size_t n;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    struct id order_id = fixture_event(f, member_id, "A-1");
    struct event_row refund = an_event(f, member_id, "R-1");
    refund.order_id = order_id;
    assert_int_equal(store_event_insert(f->db, f->tenant_id, &refund), OK);
    struct event_row again = an_event(f, member_id, "R-2");
    again.order_id = order_id;
    assert_int_equal(store_event_insert(f->db, f->tenant_id, &again), OK);
    COMMIT(f);
    assert_int_equal(store_event_list_by_order(f->db, f->tenant_id, order_id, &f->arena, &list, &n),
                     OK);
    assert_int_equal(n, 2);
    assert_true(str_eq(list[0].key.external_id, STR("R-1")));
    assert_true(id_eq(list[1].order_id, order_id));
}

// ---- parked returns

static void park(struct fixture *f, const char *external_id, const char *refund_of)
{
    struct parked_row row = {
        .key = {STR("till-1"), str_of(external_id), STR("order.refunded")},
        .event_id = fixture_id(f),
        .refund_of = str_of(refund_of),
        .occurred_us = 5,
        .recorded_us = 6,
        .payload = STR("{}"),
        .reply = STR("{}"),
    };
    assert_int_equal(store_parked_insert(f->db, f->tenant_id, &row), OK);
}

static void test_returns_wait_for_their_order(void **state)
{
    struct fixture *f = *state;
    struct parked_row *list;
    struct parked_row row;
    size_t n;

    BEGIN(f);
    park(f, "R-2", "A-1");
    park(f, "R-1", "A-1");
    park(f, "R-3", "A-2");
    COMMIT(f);
    assert_int_equal(store_parked_list_by_order(f->db, f->tenant_id, STR("till-1"), STR("A-1"),
                                                &f->arena, &list, &n),
                     OK);
    assert_int_equal(n, 2);
    assert_true(str_eq(list[0].key.external_id, STR("R-2"))); // in the order of arrival
    assert_true(id_is_nil(list[0].member_id));
    assert_int_equal(store_parked_list(f->db, f->tenant_id, NULL, 2, &f->arena, &list, &n), OK);
    assert_int_equal(n, 2);
    struct event_key last = list[1].key;
    assert_int_equal(store_parked_list(f->db, f->tenant_id, &last, 2, &f->arena, &list, &n), OK);
    assert_int_equal(n, 1);
    assert_true(str_eq(list[0].refund_of, STR("A-2")));
    BEGIN(f);
    assert_int_equal(store_parked_delete(f->db, f->tenant_id, &last), OK);
    assert_int_equal(store_parked_delete(f->db, f->tenant_id, &last), ERR_NOT_FOUND);
    COMMIT(f);
    assert_int_equal(store_parked_get(f->db, f->tenant_id, &last, &f->arena, &row), ERR_NOT_FOUND);
}

// ---- redemptions

static void test_a_redemption_moves_from_status_to_status_once(void **state)
{
    struct fixture *f = *state;
    struct redemption_row found;
    struct redemption_row *list;
    size_t n;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    struct redemption_row row = {.redemption_id = fixture_id(f),
                                 .member_id = member_id,
                                 .reward_id = STR("coffee"),
                                 .status = REDEMPTION_HELD,
                                 .program_version = 1,
                                 .first_seq = 1,
                                 .created_us = 5,
                                 .updated_us = 5,
                                 .expires_us = 99};
    assert_int_equal(store_redemption_insert(f->db, f->tenant_id, &row), OK);
    struct id first = row.redemption_id;
    row.redemption_id = fixture_id(f);
    row.status = REDEMPTION_REDEEMED;
    row.expires_us = 0;
    assert_int_equal(store_redemption_insert(f->db, f->tenant_id, &row), OK);
    assert_int_equal(store_redemption_update(f->db, f->tenant_id, first, REDEMPTION_HELD,
                                             REDEMPTION_REDEEMED, 7),
                     OK);
    assert_int_equal(store_redemption_update(f->db, f->tenant_id, first, REDEMPTION_HELD,
                                             REDEMPTION_RELEASED, 8),
                     ERR_STORE_CONFLICT);
    COMMIT(f);
    assert_int_equal(store_redemption_get(f->db, f->tenant_id, first, &f->arena, &found), OK);
    assert_int_equal(found.status, REDEMPTION_REDEEMED);
    assert_int_equal(found.updated_us, 7);
    assert_int_equal(found.expires_us, 99);
    struct member_page query = {.member_id = member_id, .limit = 1};
    assert_int_equal(store_redemption_list(f->db, f->tenant_id, &query, &f->arena, &list, &n), OK);
    assert_int_equal(n, 1);
    assert_true(id_eq(list[0].redemption_id, row.redemption_id));
    assert_int_equal(list[0].expires_us, 0);
    query.before_id = list[0].redemption_id;
    assert_int_equal(store_redemption_list(f->db, f->tenant_id, &query, &f->arena, &list, &n), OK);
    assert_int_equal(n, 1);
    assert_true(id_eq(list[0].redemption_id, first));
}

// ---- shared counters

static void test_a_limit_is_in_the_statement(void **state)
{
    struct fixture *f = *state;
    struct counter_key key = {.name = STR("limit:first-fifty"), .period = 0};
    struct counter_key other = {.owner_id = {{1}}, .name = key.name, .period = 0};
    int64_t value;

    BEGIN(f);
    assert_int_equal(store_counter_get(f->db, f->tenant_id, &key, &value), OK);
    assert_int_equal(value, 0);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, 51, 50), ERR_LIMIT_REACHED);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, 49, 50), OK);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, 2, 50), ERR_LIMIT_REACHED);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, 1, 50), OK);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, 1, 50), ERR_LIMIT_REACHED);
    assert_int_equal(store_counter_get(f->db, f->tenant_id, &key, &value), OK);
    assert_int_equal(value, 50);
    // What a reversal gives back is there again, and never more than was taken.
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, -50, 50), OK);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, -1, 50), ERR_LIMIT_REACHED);
    assert_int_equal(store_counter_get(f->db, f->tenant_id, &key, &value), OK);
    assert_int_equal(value, 0);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &other, -1, 50), ERR_LIMIT_REACHED);
    COMMIT(f);
}

// ---- idempotency

static struct idempotency_row a_reply(int64_t bucket, const char *key)
{
    return (struct idempotency_row){.bucket = bucket,
                                    .key_id = 1,
                                    .key = str_of(key),
                                    .fingerprint = {{9}},
                                    .status = 201,
                                    .body = STR("{}"),
                                    .recorded_us = 3};
}

static void test_a_reply_is_found_in_this_bucket_and_the_one_before(void **state)
{
    struct fixture *f = *state;
    struct idempotency_row row = a_reply(10, "k");
    struct idempotency_row found;

    BEGIN(f);
    assert_int_equal(store_idempotency_insert(f->db, f->tenant_id, &row), OK);
    COMMIT(f);
    for (int64_t bucket = 9; bucket <= 12; bucket++) {
        enum err e =
            store_idempotency_get(f->db, f->tenant_id, bucket, 1, STR("k"), &f->arena, &found);
        assert_int_equal(e, bucket == 10 || bucket == 11 ? OK : ERR_NOT_FOUND);
    }
    assert_int_equal(store_idempotency_get(f->db, f->tenant_id, 10, 1, STR("k"), &f->arena, &found),
                     OK);
    assert_int_equal(found.status, 201);
    assert_true(str_eq(found.body, STR("{}")) && id_is_nil(found.event_id));
    assert_int_equal(found.fingerprint.b[0], 9);
    assert_int_equal(store_idempotency_get(f->db, f->tenant_id, 10, 2, STR("k"), &f->arena, &found),
                     ERR_NOT_FOUND);
    BEGIN(f);
    assert_int_equal(fixture_told(f, store_idempotency_insert(f->db, f->tenant_id, &row)),
                     ERR_ALREADY_EXISTS);
    db_rollback(f->db);
}

static void test_old_replies_leave_in_portions(void **state)
{
    struct fixture *f = *state;
    struct idempotency_row found;
    int64_t n;

    BEGIN(f);
    for (int i = 0; i < 5; i++) {
        struct idempotency_row row = a_reply(i % 2, (const char *[]){"a", "b", "c", "d", "e"}[i]);
        row.body = STR_NONE;
        row.event_id = fixture_id(f);
        assert_int_equal(store_idempotency_insert(f->db, f->tenant_id, &row), OK);
    }
    assert_int_equal(store_idempotency_delete(f->db, f->tenant_id, 1, 2, &n), OK);
    assert_int_equal(n, 2);
    assert_int_equal(store_idempotency_delete(f->db, f->tenant_id, 1, 2, &n), OK);
    assert_int_equal(n, 1);
    COMMIT(f);
    assert_int_equal(store_idempotency_get(f->db, f->tenant_id, 1, 1, STR("b"), &f->arena, &found),
                     OK);
    assert_null(found.body.p);
    assert_false(id_is_nil(found.event_id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_an_event_is_found_by_id_and_by_key),
        FIXTURE_TEST(test_a_natural_key_is_taken_for_ever),
        FIXTURE_TEST(test_events_of_a_member_with_and_without_effects),
        FIXTURE_TEST(test_what_gave_an_order_back),
        FIXTURE_TEST(test_returns_wait_for_their_order),
        FIXTURE_TEST(test_a_redemption_moves_from_status_to_status_once),
        FIXTURE_TEST(test_a_limit_is_in_the_statement),
        FIXTURE_TEST(test_a_reply_is_found_in_this_bucket_and_the_one_before),
        FIXTURE_TEST(test_old_replies_leave_in_portions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
