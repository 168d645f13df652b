// SPDX-License-Identifier: Apache-2.0
// db_test.c - the seam: what each call promises, on every back end.
#include "fixture.h"

#include "store/sql_gen.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

// A write and a look through the smallest table there is.
static enum err put(struct db *db, const char *name, const char *value)
{
    return store_setting_update(db, 1, str_of(name), str_of(value));
}

static bool has(struct fixture *f, struct db *db, const char *name)
{
    struct str value;
    enum err e = store_setting_get(db, 1, str_of(name), &f->arena, &value);

    assert_true(e == OK || e == ERR_NOT_FOUND);
    return e == OK;
}

static void test_a_rollback_leaves_nothing(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    assert_true(has(f, f->db, "a"));
    db_rollback(f->db);
    assert_false(has(f, f->db, "a"));
}

static void test_a_savepoint_takes_back_its_own_work_only(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    assert_int_equal(db_savepoint(f->db), OK);
    assert_int_equal(put(f->db, "b", "1"), OK);
    assert_int_equal(db_savepoint_rollback(f->db), OK);
    assert_int_equal(db_savepoint(f->db), OK);
    assert_int_equal(put(f->db, "c", "1"), OK);
    assert_int_equal(db_savepoint_release(f->db), OK);
    COMMIT(f);
    assert_true(has(f, f->db, "a"));
    assert_false(has(f, f->db, "b"));
    assert_true(has(f, f->db, "c"));
}

static void test_after_a_failure_only_rolling_back_works(void **state)
{
    struct fixture *f = *state;
    int64_t id;

    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    assert_int_equal(db_savepoint(f->db), OK);
    assert_int_equal(store_tenant_insert(f->db, STR("cafe"), 1, &f->arena, &id),
                     ERR_ALREADY_EXISTS);
    assert_int_equal(put(f->db, "b", "1"), ERR_STORE_FAULT);
    assert_int_equal(db_savepoint_rollback(f->db), OK);
    assert_int_equal(put(f->db, "c", "1"), OK);
    COMMIT(f);
    assert_true(has(f, f->db, "a"));
    assert_true(has(f, f->db, "c"));

    BEGIN(f);
    assert_int_equal(put(f->db, "d", "1"), OK);
    assert_int_equal(store_tenant_insert(f->db, STR("cafe"), 1, &f->arena, &id),
                     ERR_ALREADY_EXISTS);
    assert_int_equal(db_commit(f->db), ERR_STORE_FAULT);
    db_rollback(f->db);
    assert_false(has(f, f->db, "d"));
}

static void test_a_reader_sees_commits_only_and_keeps_its_snapshot(void **state)
{
    struct fixture *f = *state;
    struct db *reader;

    assert_int_equal(store_reader_open(f->store, &reader), OK);
    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    assert_false(has(f, reader, "a"));
    COMMIT(f);
    assert_int_equal(db_begin(reader), OK);
    assert_true(has(f, reader, "a"));
    BEGIN(f);
    assert_int_equal(put(f->db, "b", "1"), OK);
    COMMIT(f);
    assert_false(has(f, reader, "b"));
    assert_int_equal(db_commit(reader), OK);
    assert_true(has(f, reader, "b"));
    db_close(reader);
}

static void test_a_reader_cannot_write(void **state)
{
    struct fixture *f = *state;
    struct db *reader;

    assert_int_equal(store_reader_open(f->store, &reader), OK);
    assert_int_equal(put(reader, "a", "1"), ERR_STORE_FAULT);
    db_close(reader);
    assert_false(has(f, f->db, "a"));
}

// Every statement that would edit or remove truth is refused by the schema itself.
static void test_truth_is_append_only(void **state)
{
    struct fixture *f = *state;
    static const char *const tables[] = {"program_version", "event",       "ledger_entry",
                                         "allocation",      "audit_entry", "seal"};
    struct id member_id;
    char sql[128];

    BEGIN(f);
    member_id = fixture_member(f, NULL);
    struct program_row program = {.version = 1};
    assert_int_equal(store_program_insert(f->db, f->tenant_id, &program), OK);
    struct audit_row audit = {.subject_id = member_id, .action = STR("x"), .detail = STR("{}")};
    assert_int_equal(store_audit_append(f->db, f->tenant_id, &audit, &f->arena), OK);
    struct seal_row seal = {.seal_no = 1};
    assert_int_equal(store_seal_insert(f->db, f->tenant_id, &seal), OK);
    fixture_event(f, member_id, "A-1");
    fixture_take(f, member_id);
    COMMIT(f);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(sql, sizeof sql, "UPDATE %s SET tenant_id = tenant_id", tables[i]);
        assert_int_equal(db_script(f->db, sql), ERR_STORE_FAULT);
        snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
        assert_int_equal(db_script(f->db, sql), ERR_STORE_FAULT);
    }
}

static void test_a_fault_comes_once_or_for_ever(void **state)
{
    struct fixture *f = *state;
    struct db_fault once = {.fail_at = 2, .err = ERR_STORE_FULL};

    db_set_fault(f->db, &once);
    BEGIN(f); // 1
    assert_int_equal(put(f->db, "a", "1"), ERR_STORE_FULL);
    db_rollback(f->db);
    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    COMMIT(f);
    struct db_fault always = {.fail_at = 1, .err = ERR_STORE_BUSY, .for_ever = true};
    db_set_fault(f->db, &always);
    assert_int_equal(db_begin(f->db), ERR_STORE_BUSY);
    assert_int_equal(db_begin(f->db), ERR_STORE_BUSY);
    db_set_fault(f->db, NULL);
    BEGIN(f);
    COMMIT(f);
}

// What the cache of a file says can no longer be trusted; a server says it anew.
static void test_an_unknown_outcome_ends_the_connection_to_a_file(void **state)
{
    struct fixture *f = *state;
    struct db_fault fault = {.fail_at = 3, .err = ERR_OUTCOME_UNKNOWN};

    db_set_fault(f->db, &fault);
    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    assert_int_equal(db_commit(f->db), ERR_OUTCOME_UNKNOWN);
    db_set_fault(f->db, NULL);
    assert_int_equal(db_is_dead(f->db), f->is_sqlite);
    assert_int_equal(db_begin(f->db), f->is_sqlite ? ERR_STORE_FAULT : OK);
    db_rollback(f->db);
    fixture_restart(f);
    assert_true(has(f, f->db, "a")); // this time it had happened
}

static void test_a_commit_that_is_refused_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct db_fault fault = {.fail_at = 3, .err = ERR_STORE_FULL};

    db_set_fault(f->db, &fault);
    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    assert_int_equal(db_commit(f->db), ERR_STORE_FULL);
    db_set_fault(f->db, NULL);
    assert_false(has(f, f->db, "a"));
    BEGIN(f);
    assert_int_equal(put(f->db, "b", "1"), OK);
    COMMIT(f);
}

static void test_a_full_disk_refuses_writes_and_goes_on_reading(void **state)
{
    struct fixture *f = *state;
    struct str large = str_printf(&f->arena, "%060000d", 7);

    ONLY_SQLITE(f);
    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    COMMIT(f);
    assert_int_equal(db_script(f->db, "PRAGMA max_page_count = 100"), OK);
    for (int i = 0; i < 2; i++) {
        enum err e = OK;
        BEGIN(f);
        for (int n = 0; !e && n < 10; n++)
            e = store_setting_update(f->db, 100 + n, STR("large"), large);
        assert_int_equal(e, ERR_STORE_FULL);
        db_rollback(f->db);
        assert_true(has(f, f->db, "a"));
    }
    assert_int_equal(db_script(f->db, "PRAGMA max_page_count = 1000000"), OK);
    BEGIN(f);
    assert_int_equal(store_setting_update(f->db, 100, STR("large"), large), OK);
    COMMIT(f);
}

// The system refuses to write past a size: what SQLite sees is an I/O error inside COMMIT.
static void test_an_io_error_in_commit_stops_the_connection(void **state)
{
    struct fixture *f = *state;
    struct rlimit before;
    char path[128];
    struct stat wal;

    ONLY_SQLITE(f);
    BEGIN(f);
    assert_int_equal(put(f->db, "a", "1"), OK);
    COMMIT(f);
    snprintf(path, sizeof path, "%s/habitue.db-wal", f->folder);
    assert_int_equal(stat(path, &wal), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit low = {.rlim_cur = (rlim_t)wal.st_size, .rlim_max = before.rlim_max};
    BEGIN(f);
    assert_int_equal(put(f->db, "b", "1"), OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    enum err e = db_commit(f->db);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(e, ERR_OUTCOME_UNKNOWN);
    assert_int_equal(db_begin(f->db), ERR_STORE_FAULT);
    fixture_restart(f);
    assert_true(has(f, f->db, "a"));
    BEGIN(f);
    assert_int_equal(put(f->db, "c", "1"), OK);
    COMMIT(f);
}

// Enough commits for several logs, each followed by a step: nothing is lost on the way and the log
// does not grow without end.
static void test_checkpoints_keep_the_log_short_and_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct str text = str_printf(&f->arena, "%060000d", 7);
    char name[32];
    char path[128];

    ONLY_SQLITE(f);
    for (int i = 0; i < 4000; i++) {
        snprintf(name, sizeof name, "s%d", i);
        BEGIN(f);
        assert_int_equal(store_setting_update(f->db, 1, str_of(name), text), OK);
        COMMIT(f);
        store_after_commit(f->store);
    }
    snprintf(path, sizeof path, "%s/habitue.db-wal", f->folder);
    FILE *wal = fopen(path, "r");
    assert_non_null(wal);
    assert_int_equal(fseek(wal, 0, SEEK_END), 0);
    assert_in_range(ftell(wal), 1, 180L * 1024 * 1024); // 4000 x 16 pages would be 260 MB
    fclose(wal);
    fixture_restart(f);
    for (int i = 0; i < 4000; i += 97) {
        struct str value;
        snprintf(name, sizeof name, "s%d", i);
        assert_int_equal(store_setting_get(f->db, 1, str_of(name), &f->arena, &value), OK);
        assert_int_equal(value.n, 60000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_a_rollback_leaves_nothing),
        FIXTURE_TEST(test_a_savepoint_takes_back_its_own_work_only),
        FIXTURE_TEST(test_after_a_failure_only_rolling_back_works),
        FIXTURE_TEST(test_a_reader_sees_commits_only_and_keeps_its_snapshot),
        FIXTURE_TEST(test_a_reader_cannot_write),
        FIXTURE_TEST(test_truth_is_append_only),
        FIXTURE_TEST(test_a_fault_comes_once_or_for_ever),
        FIXTURE_TEST(test_an_unknown_outcome_ends_the_connection_to_a_file),
        FIXTURE_TEST(test_a_commit_that_is_refused_leaves_nothing),
        FIXTURE_TEST(test_a_full_disk_refuses_writes_and_goes_on_reading),
        FIXTURE_TEST(test_an_io_error_in_commit_stops_the_connection),
        FIXTURE_TEST(test_checkpoints_keep_the_log_short_and_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
