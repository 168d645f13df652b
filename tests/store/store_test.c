// SPDX-License-Identifier: Apache-2.0
// store_test.c - the folder, tenants, settings, programmes, keys, imports, the audit trail, seals.
#include "fixture.h"

#include "store/sql_gen.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- the folder

static void assert_mode(const char *folder, const char *name, mode_t mode)
{
    char path[128];
    struct stat info;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, mode);
}

static void test_everything_in_the_folder_is_private(void **state)
{
    struct fixture *f = *state;

    ONLY_SQLITE(f);
    mode_t before = umask(0);
    fixture_restart(f);
    BEGIN(f);
    fixture_member(f, "1");
    COMMIT(f);
    umask(before);
    assert_mode(f->folder, "habitue.db", 0600);
    assert_mode(f->folder, "habitue.db-wal", 0600);
    assert_mode(f->folder, "habitue.db-shm", 0600);
    assert_mode(f->folder, "lock", 0600);
}

static void test_a_second_process_is_refused_within_two_seconds(void **state)
{
    struct fixture *f = *state;

    ONLY_SQLITE(f);
    pid_t child = fork();
    if (child == 0) {
        struct store_config config = {.data_dir = str_of(f->folder), .create = true};
        struct store *store;
        alarm(2);
        _exit(store_open(&config, &store) == ERR_STORE_LOCKED ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_one_may_look_beside_the_process_that_writes(void **state)
{
    struct fixture *f = *state;
    struct store_config config = {.data_dir = str_of(f->folder), .look = true};
    struct store *store;
    struct db *db;
    struct tenant_row tenant;

    ONLY_SQLITE(f);
    assert_int_equal(store_open(&config, &store), OK);
    assert_null(store_writer(store));
    assert_int_equal(store_reader_open(store, &db), OK);
    assert_int_equal(store_tenant_get(db, STR("cafe"), &f->arena, &tenant), OK);
    int64_t id;
    assert_int_equal(store_tenant_insert(db, STR("other"), 1, &f->arena, &id), ERR_STORE_FAULT);
    db_close(db);
    store_close(store);
}

static void test_what_is_not_there_is_not_made_unless_asked(void **state)
{
    struct fixture *f = *state;
    char folder[128];
    struct store *store;

    ONLY_SQLITE(f);
    snprintf(folder, sizeof folder, "%s/none", f->folder);
    struct store_config config = {.data_dir = str_of(folder)};
    assert_int_equal(store_open(&config, &store), ERR_NOT_FOUND);
    assert_int_equal(access(folder, F_OK), -1);
}

static void test_what_was_committed_is_there_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct id found;

    BEGIN(f);
    struct id member_id = fixture_member(f, "17850");
    COMMIT(f);
    fixture_restart(f);
    assert_int_equal(store_identifier_get(f->db, f->tenant_id, STR("external_id"), STR("17850"),
                                          &f->arena, &found),
                     OK);
    assert_true(id_eq(found, member_id));
}

// ---- tenants, settings

static void test_tenants_are_numbered_and_found_by_name(void **state)
{
    struct fixture *f = *state;
    struct tenant_row tenant;
    struct tenant_row *list;
    size_t n;
    int64_t id;

    BEGIN(f);
    assert_int_equal(store_tenant_insert(f->db, STR("salon"), 7, &f->arena, &id), OK);
    COMMIT(f);
    assert_int_equal(store_tenant_get(f->db, STR("salon"), &f->arena, &tenant), OK);
    assert_int_equal(tenant.tenant_id, id);
    assert_int_equal(tenant.created_us, 7);
    assert_int_equal(store_tenant_get(f->db, STR("none"), &f->arena, &tenant), ERR_NOT_FOUND);
    assert_int_equal(store_tenant_list(f->db, 0, 100, &f->arena, &list, &n), OK);
    assert_int_equal(n, 2);
    assert_int_not_equal(list[0].tenant_id, list[1].tenant_id);
    BEGIN(f);
    assert_int_equal(store_tenant_insert(f->db, STR("salon"), 8, &f->arena, &id),
                     ERR_ALREADY_EXISTS);
    db_rollback(f->db);
}

static void test_settings_are_replaced(void **state)
{
    struct fixture *f = *state;
    struct str value;

    assert_int_equal(store_setting_get(f->db, 0, STR("secret"), &f->arena, &value), ERR_NOT_FOUND);
    BEGIN(f);
    assert_int_equal(store_setting_update(f->db, 0, STR("secret"), STR("a")), OK);
    assert_int_equal(store_setting_update(f->db, 0, STR("secret"), STR("b")), OK);
    COMMIT(f);
    assert_int_equal(store_setting_get(f->db, 0, STR("secret"), &f->arena, &value), OK);
    assert_true(str_eq(value, STR("b")));
    assert_int_equal(store_setting_get(f->db, f->tenant_id, STR("secret"), &f->arena, &value),
                     ERR_NOT_FOUND);
}

// ---- programmes

static void insert_version(struct fixture *f, int64_t version, int64_t valid_from_us)
{
    struct program_row row = {
        .version = version,
        .document = str_printf(&f->arena, "{\"v\":%lld}", (long long)version),
        .sha256 = {{(uint8_t)version}},
        .author = STR("ada"),
        .note = STR("first"),
        .valid_from_us = valid_from_us,
        .recorded_us = 5,
    };
    BEGIN(f);
    assert_int_equal(store_program_insert(f->db, f->tenant_id, &row), OK);
    COMMIT(f);
}

static void test_the_newest_version_and_that_of_an_instant(void **state)
{
    struct fixture *f = *state;
    struct program_row row;
    struct program_row *list;
    size_t n;
    int64_t version;

    assert_int_equal(store_program_get_latest(f->db, f->tenant_id, &f->arena, &row), ERR_NOT_FOUND);
    assert_int_equal(store_program_get_version(f->db, f->tenant_id, &version), OK);
    assert_int_equal(version, 0);
    insert_version(f, 1, 100);
    insert_version(f, 2, 200);
    assert_int_equal(store_program_get_version(f->db, f->tenant_id, &version), OK);
    assert_int_equal(version, 2);
    assert_int_equal(store_program_get_version_at(f->db, f->tenant_id, 99, &version), OK);
    assert_int_equal(version, 0);
    assert_int_equal(store_program_get_version_at(f->db, f->tenant_id, 199, &version), OK);
    assert_int_equal(version, 1);
    assert_int_equal(store_program_get_latest(f->db, f->tenant_id, &f->arena, &row), OK);
    assert_true(str_eq(row.document, STR("{\"v\":2}")));
    assert_int_equal(store_program_get(f->db, f->tenant_id, 1, &f->arena, &row), OK);
    assert_true(str_eq(row.author, STR("ada")) && row.sha256.b[0] == 1);
    assert_int_equal(store_program_list(f->db, f->tenant_id, INT64_MAX, 1, &f->arena, &list, &n),
                     OK);
    assert_int_equal(n, 1);
    assert_int_equal(list[0].version, 2);
    assert_int_equal(store_program_list(f->db, f->tenant_id, 2, 9, &f->arena, &list, &n), OK);
    assert_int_equal(n, 1);
    assert_int_equal(list[0].version, 1);
}

static void test_a_version_is_taken_once(void **state)
{
    struct fixture *f = *state;
    struct program_row row = {.version = 1};

    insert_version(f, 1, 100);
    BEGIN(f);
    assert_int_equal(store_program_insert(f->db, f->tenant_id, &row), ERR_ALREADY_EXISTS);
    db_rollback(f->db);
}

// ---- keys

static struct key_row a_key(const struct fixture *f, uint8_t seed)
{
    return (struct key_row){.tenant_id = f->tenant_id,
                            .secret_hash = {{seed}},
                            .name = STR("till"),
                            .last4 = STR("9xyz"),
                            .scopes = STR("events:write"),
                            .created_us = 3};
}

static void test_keys_are_numbered_found_and_revoked_once(void **state)
{
    struct fixture *f = *state;
    struct key_row key = a_key(f, 1);
    struct key_row other = a_key(f, 2);
    struct key_row *list;
    size_t n;
    int64_t id, other_id;

    other.expires_us = 77;
    BEGIN(f);
    assert_int_equal(store_key_insert(f->db, &key, &f->arena, &id), OK);
    assert_int_equal(store_key_insert(f->db, &other, &f->arena, &other_id), OK);
    COMMIT(f);
    assert_int_equal(other_id, id + 1);
    struct key_ref ref = {.tenant_id = f->tenant_id, .hash = other.secret_hash};
    assert_int_equal(store_key_get_by_hash(f->db, &ref, &f->arena, &key), OK);
    assert_int_equal(key.key_id, other_id);
    assert_int_equal(key.expires_us, 77);
    assert_int_equal(key.revoked_us, 0);
    assert_true(str_eq(key.scopes, STR("events:write")));
    BEGIN(f);
    assert_int_equal(store_key_revoke(f->db, f->tenant_id, id, 99), OK);
    assert_int_equal(store_key_revoke(f->db, f->tenant_id, id, 100), ERR_NOT_FOUND);
    COMMIT(f);
    assert_int_equal(store_key_get(f->db, f->tenant_id, id, &f->arena, &key), OK);
    assert_int_equal(key.revoked_us, 99);
    assert_int_equal(store_key_list(f->db, f->tenant_id, &f->arena, &list, &n), OK);
    assert_int_equal(n, 2);
    // The same secret is not a key of another tenant.
    ref.tenant_id++;
    assert_int_equal(store_key_get_by_hash(f->db, &ref, &f->arena, &key), ERR_NOT_FOUND);
}

// ---- imports

static void test_an_import_goes_on_where_it_stopped(void **state)
{
    struct fixture *f = *state;
    struct id id = fixture_id(f);
    struct import_row row = {.import_id = id, .rows_done = 10, .detail = STR("{}")};

    assert_int_equal(store_import_get(f->db, f->tenant_id, id, &f->arena, &row), ERR_NOT_FOUND);
    BEGIN(f);
    assert_int_equal(store_import_update(f->db, f->tenant_id, &row), OK);
    row.rows_done = 20;
    assert_int_equal(store_import_update(f->db, f->tenant_id, &row), OK);
    COMMIT(f);
    assert_int_equal(store_import_get(f->db, f->tenant_id, id, &f->arena, &row), OK);
    assert_int_equal(row.rows_done, 20);
}

// ---- the audit trail

static void append(struct fixture *f, struct id subject_id, const char *action)
{
    struct audit_row row = {.subject_id = subject_id,
                            .at_us = 4,
                            .actor_id = 2,
                            .action = str_of(action),
                            .detail = STR("{}")};
    BEGIN(f);
    assert_int_equal(store_audit_append(f->db, f->tenant_id, &row, &f->arena), OK);
    COMMIT(f);
}

static void test_each_subject_has_an_audit_chain_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct id subject = fixture_id(f);
    struct audit_row *rows;
    struct chain_head *heads;
    size_t n;

    append(f, subject, "a");
    append(f, ID_NIL, "b");
    append(f, subject, "c");
    struct audit_query query = {.subject_id = subject, .before_seq = INT64_MAX, .limit = 9};
    assert_int_equal(store_audit_list(f->db, f->tenant_id, &query, &f->arena, &rows, &n), OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].seq, 2);
    assert_true(str_eq(rows[0].action, STR("c")) && rows[0].actor_id == 2);
    assert_memory_not_equal(&rows[0].hash, &rows[1].hash, sizeof rows[0].hash);
    assert_int_equal(store_audit_head_list(f->db, f->tenant_id, NULL, 9, &f->arena, &heads, &n),
                     OK);
    assert_int_equal(n, 2);
    assert_true(id_is_nil(heads[0].owner_id) && heads[0].seq == 1);
    assert_memory_equal(&heads[1].hash, &rows[0].hash, sizeof rows[0].hash);
    assert_int_equal(store_audit_head_list(f->db, f->tenant_id, &heads[0].owner_id, 9, &f->arena,
                                           &heads, &n),
                     OK);
    assert_int_equal(n, 1);
}

// ---- seals

static void test_seals_follow_each_other(void **state)
{
    struct fixture *f = *state;
    struct seal_row seal = {.seal_no = 1, .signature = STR("sig")};

    assert_int_equal(store_seal_get_latest(f->db, f->tenant_id, &f->arena, &seal), ERR_NOT_FOUND);
    BEGIN(f);
    assert_int_equal(store_seal_insert(f->db, f->tenant_id, &seal), OK);
    seal.seal_no = 2;
    seal.n_rows = 9;
    assert_int_equal(store_seal_insert(f->db, f->tenant_id, &seal), OK);
    COMMIT(f);
    assert_int_equal(store_seal_get_latest(f->db, f->tenant_id, &f->arena, &seal), OK);
    assert_int_equal(seal.seal_no, 2);
    assert_int_equal(seal.n_rows, 9);
    assert_true(str_eq(seal.signature, STR("sig")));
    BEGIN(f);
    assert_int_equal(store_seal_insert(f->db, f->tenant_id, &seal), ERR_ALREADY_EXISTS);
    db_rollback(f->db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_everything_in_the_folder_is_private),
        FIXTURE_TEST(test_a_second_process_is_refused_within_two_seconds),
        FIXTURE_TEST(test_one_may_look_beside_the_process_that_writes),
        FIXTURE_TEST(test_what_is_not_there_is_not_made_unless_asked),
        FIXTURE_TEST(test_what_was_committed_is_there_after_a_restart),
        FIXTURE_TEST(test_tenants_are_numbered_and_found_by_name),
        FIXTURE_TEST(test_settings_are_replaced),
        FIXTURE_TEST(test_the_newest_version_and_that_of_an_instant),
        FIXTURE_TEST(test_a_version_is_taken_once),
        FIXTURE_TEST(test_keys_are_numbered_found_and_revoked_once),
        FIXTURE_TEST(test_an_import_goes_on_where_it_stopped),
        FIXTURE_TEST(test_each_subject_has_an_audit_chain_of_its_own),
        FIXTURE_TEST(test_seals_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
