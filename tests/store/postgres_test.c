// SPDX-License-Identifier: Apache-2.0
// postgres_test.c - what only a server has: other writers, and a connection that can be lost.
#include "fixture.h"

#include <string.h>

static enum err put(struct db *db, const char *name)
{
    return store_setting_update(db, 1, str_of(name), STR("1"));
}

static bool has(struct fixture *f, const char *name)
{
    struct str value;
    enum err e = store_setting_get(f->db, 1, str_of(name), &f->arena, &value);

    assert_true(e == OK || e == ERR_NOT_FOUND);
    return e == OK;
}

// Another process on the same database.
struct other {
    struct store *store;
    struct db *db;
};

static struct other open_other(struct fixture *f, int64_t lock_wait_ms_max)
{
    struct store_config config = {.database = f->fresh.url, .lock_wait_ms_max = lock_wait_ms_max};
    struct other other;

    assert_int_equal(store_open(&config, &other.store), OK);
    other.db = store_writer(other.store);
    return other;
}

static enum err lock(struct fixture *f, struct db *db, struct id member_id)
{
    struct member_row member;

    return store_member_lock(db, f->tenant_id, member_id, &f->arena, &member);
}

static void test_a_lost_connection_is_made_anew_by_the_next_transaction(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(put(f->db, "a"), OK);
    COMMIT(f);
    fresh_cut(&f->fresh);
    BEGIN(f);
    assert_int_equal(put(f->db, "b"), OK);
    COMMIT(f);
    assert_true(has(f, "a") && has(f, "b"));
}

static void test_what_was_not_committed_is_lost_with_the_connection(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(put(f->db, "a"), OK);
    assert_int_equal(db_flush(f->db), OK);
    fresh_cut(&f->fresh);
    assert_int_equal(fixture_told(f, put(f->db, "b")), ERR_STORE_UNREACHABLE);
    db_rollback(f->db);
    BEGIN(f);
    assert_false(has(f, "a") || has(f, "b"));
    assert_int_equal(put(f->db, "c"), OK);
    COMMIT(f);
    assert_true(has(f, "c"));
}

static void test_a_commit_that_is_not_answered_has_an_unknown_outcome(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(put(f->db, "a"), OK);
    fresh_cut(&f->fresh);
    assert_int_equal(db_commit(f->db), ERR_OUTCOME_UNKNOWN);
    BEGIN(f);
    assert_false(has(f, "a")); // this time it had not happened
    assert_int_equal(put(f->db, "a"), OK);
    COMMIT(f);
    assert_true(has(f, "a"));
}

static void test_who_decides_about_a_member_has_it_alone(void **state)
{
    struct fixture *f = *state;
    struct other other = open_other(f, 100);

    BEGIN(f);
    struct id first = fixture_member(f, "1");
    struct id second = fixture_member(f, "2");
    COMMIT(f);
    BEGIN(f);
    assert_int_equal(lock(f, f->db, first), OK);
    assert_int_equal(db_begin(other.db), OK);
    assert_int_equal(lock(f, other.db, second), OK);
    assert_int_equal(lock(f, other.db, first), ERR_STORE_BUSY);
    assert_int_equal(db_failure(other.db), ERR_STORE_BUSY);
    db_rollback(other.db);
    COMMIT(f);
    assert_int_equal(db_begin(other.db), OK);
    assert_int_equal(lock(f, other.db, first), OK);
    assert_int_equal(db_commit(other.db), OK);
    store_close(other.store);
}

static void test_a_reader_waits_for_nobody(void **state)
{
    struct fixture *f = *state;
    struct db *reader;
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = fixture_member(f, "1");
    COMMIT(f);
    BEGIN(f);
    fixture_load(f, member_id, &loaded);
    assert_int_equal(store_reader_open(f->store, &reader), OK);
    assert_int_equal(db_begin(reader), OK);
    assert_int_equal(store_member_load(reader, &loaded.query, &f->arena, &loaded.state,
                                       &loaded.status, &loaded.image),
                     OK);
    assert_int_equal(db_commit(reader), OK);
    db_close(reader);
    COMMIT(f);
}

static void test_those_that_met_take_turns(void **state)
{
    struct fixture *f = *state;
    struct other other = open_other(f, 100);

    BEGIN(f);
    assert_int_equal(store_turn_take(f->db), OK);
    assert_int_equal(db_begin(other.db), OK);
    assert_int_equal(store_turn_take(other.db), ERR_STORE_BUSY);
    db_rollback(other.db);
    COMMIT(f);
    assert_int_equal(db_begin(other.db), OK);
    assert_int_equal(store_turn_take(other.db), OK);
    assert_int_equal(db_commit(other.db), OK);
    store_close(other.store);
}

// A key that another process took: who wrote a few calls ago is told to look again.
static void test_a_deferred_write_that_came_second_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    struct idempotency_row reply = {.key_id = 1, .key = STR("k"), .status = 201};

    BEGIN(f);
    assert_int_equal(store_idempotency_insert(f->db, f->tenant_id, &reply), OK);
    COMMIT(f);
    BEGIN(f);
    assert_int_equal(store_idempotency_insert(f->db, f->tenant_id, &reply), OK);
    assert_int_equal(put(f->db, "a"), OK);
    assert_int_equal(db_commit(f->db), ERR_STORE_CONFLICT);
    assert_false(has(f, "a"));
}

static void test_a_statement_is_given_up_in_time(void **state)
{
    struct fixture *f = *state;
    struct db_config config = {.url = f->fresh.url, .statement_ms_max = 50};
    struct db *db;

    assert_int_equal(db_open(&config, &db), OK);
    assert_int_equal(db_script(db, "SELECT pg_sleep(5)"), ERR_STORE_BUSY);
    assert_int_equal(db_script(db, "SELECT 1"), OK);
    db_close(db);
}

// More writes than may be outstanding, and every one of them is there.
static void test_thousands_of_writes_travel_in_one_transaction(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(put(f->db, str_printf(&f->arena, "s%d", i).p), OK);
    COMMIT(f);
    for (int i = 0; i < 3000; i += 101)
        assert_true(has(f, str_printf(&f->arena, "s%d", i).p));
}

static enum err why_not(const char *url, char reason[DB_REASON_BYTES])
{
    struct db_config config = {.url = str_of(url), .reason = reason};
    struct db *db;

    reason[0] = '\0';
    return db_open(&config, &db);
}

static void test_who_does_not_answer_is_no_database_and_the_reason_is_told(void **state)
{
    char reason[DB_REASON_BYTES];

    (void)state;
    assert_int_equal(why_not("postgres://u:secret@127.0.0.1:1/none", reason),
                     ERR_STORE_UNREACHABLE);
    assert_non_null(strstr(reason, "127.0.0.1"));
    assert_non_null(strstr(reason, "refused"));
    assert_null(strstr(reason, "secret"));
    assert_null(strchr(reason, '\n'));
}

// libpq quotes what it takes for a host or a port.
static void test_a_password_that_was_not_escaped_is_not_told(void **state)
{
    static const char *const urls[] = {"postgres://u:sec@ret@127.0.0.1:1/none",
                                       "postgres://u:sec/ret@127.0.0.1:1/none",
                                       "postgres://u:sec#ret@127.0.0.1:1/none",
                                       "postgres://u:sec%ret@127.0.0.1:1/none",
                                       "postgres://127.0.0.1:1/none?passwd=sec%ret"};
    char reason[DB_REASON_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_int_equal(why_not(urls[i], reason), ERR_CONFIG_INVALID);
        assert_true(reason[0] != '\0');
        assert_null(strstr(reason, "sec"));
        assert_null(strstr(reason, "ret"));
    }
}

static void test_a_session_that_only_reads_is_no_session_of_a_writer(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(db_script(f->db, "SET LOCAL transaction_read_only = on"), OK);
    assert_int_equal(fixture_told(f, put(f->db, "a")), ERR_STORE_UNREACHABLE);
    db_rollback(f->db);
    BEGIN(f); // on a new connection, which a promoted standby would have answered
    assert_int_equal(put(f->db, "b"), OK);
    COMMIT(f);
    assert_true(has(f, "b") && !has(f, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_a_lost_connection_is_made_anew_by_the_next_transaction),
        FIXTURE_TEST(test_what_was_not_committed_is_lost_with_the_connection),
        FIXTURE_TEST(test_a_commit_that_is_not_answered_has_an_unknown_outcome),
        FIXTURE_TEST(test_who_decides_about_a_member_has_it_alone),
        FIXTURE_TEST(test_a_reader_waits_for_nobody),
        FIXTURE_TEST(test_those_that_met_take_turns),
        FIXTURE_TEST(test_a_deferred_write_that_came_second_is_a_conflict),
        FIXTURE_TEST(test_a_statement_is_given_up_in_time),
        FIXTURE_TEST(test_thousands_of_writes_travel_in_one_transaction),
        FIXTURE_TEST(test_who_does_not_answer_is_no_database_and_the_reason_is_told),
        FIXTURE_TEST(test_a_password_that_was_not_escaped_is_not_told),
        FIXTURE_TEST(test_a_session_that_only_reads_is_no_session_of_a_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
