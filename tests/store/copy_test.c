// SPDX-License-Identifier: Apache-2.0
// copy_test.c - a copy leaves nothing out, and tells what differs.
//
// tests/cli/move_test.py moves whole shops between the two engines; here is what the command line
// cannot show: that no table and no column of the schema was forgotten, and that pages, however
// many rows they are, are put together without a gap.
#include "fixture.h"

#include "store/copy.h"
#include "store/sql_gen.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// ---- the schema

static sqlite3 *open_schema(void)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (int i = 0; i < n_sql_migrations; i++)
        assert_int_equal(sqlite3_exec(db, sql_migrations[i].text[DB_SQLITE], NULL, NULL, NULL),
                         SQLITE_OK);
    return db;
}

static const struct copy_list *list_of(const char *table)
{
    for (int i = 0; i < N_COPY_TABLES; i++)
        if (strcmp(copy_lists[i].name, table) == 0)
            return &copy_lists[i];
    return NULL;
}

static bool takes(const struct sql_statement *statement, const char *column)
{
    for (int i = 0; i < statement->n_in; i++)
        if (strcmp(statement->in[i].name, column) == 0)
            return true;
    return false;
}

// The parameters of what writes a table are its columns, all of them and under their names.
static int columns_left_out(sqlite3 *db, const char *table, const struct sql_statement *insert)
{
    sqlite3_stmt *columns;
    int n_left_out = 0, n = 0;

    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM pragma_table_info(?)", -1, &columns,
                                        NULL),
                     SQLITE_OK);
    sqlite3_bind_text(columns, 1, table, -1, SQLITE_STATIC);
    for (; sqlite3_step(columns) == SQLITE_ROW; n++) {
        const char *name = (const char *)sqlite3_column_text(columns, 0);
        if (!takes(insert, name)) {
            print_error("%s.%s is not copied by %s\n", table, name, insert->name);
            n_left_out++;
        }
    }
    assert_int_equal(insert->n_in, n);
    sqlite3_finalize(columns);
    return n_left_out;
}

static void test_no_table_and_no_column_is_left_out(void **state)
{
    sqlite3 *db = open_schema();
    sqlite3_stmt *tables;
    int n_tables = 0, n_left_out = 0;

    (void)state;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                                        "name NOT LIKE 'sqlite_%' AND name <> 'schema_migration'",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(tables) == SQLITE_ROW; n_tables++) {
        const char *table = (const char *)sqlite3_column_text(tables, 0);
        const struct copy_list *list = list_of(table);
        if (!list)
            print_error("%s is not copied\n", table);
        assert_non_null(list);
        n_left_out += columns_left_out(db, table, &sql_statements[list->insert]);
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    assert_int_equal(n_left_out, 0);
    assert_int_equal(n_tables, N_COPY_TABLES);
}

// ---- pages

// Another store on the same back end, empty but for its schema.
struct other {
    struct arena arena;
    char folder[96];
    struct fresh fresh;
    struct store *store;
};

static struct db *other_open(struct other *other, const struct fixture *fixture)
{
    struct store_config config = {.create = true};

    arena_init(&other->arena, (size_t)1 << 20);
    if (fixture->is_sqlite) {
        snprintf(other->folder, sizeof other->folder, "%s/other", fixture->folder);
        config.data_dir = str_of(other->folder);
    } else {
        other->fresh = fresh_open(&other->arena);
        config.database = other->fresh.url;
    }
    assert_int_equal(store_open(&config, &other->store), OK);
    return store_writer(other->store);
}

static void remove_folder(const char *folder)
{
    const char *const files[] = {"habitue.db", "habitue.db-wal", "habitue.db-shm", "lock"};
    char path[128];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void other_close(struct other *other, const struct fixture *fixture)
{
    store_close(other->store);
    if (fixture->is_sqlite)
        remove_folder(other->folder);
    else
        fresh_close(&other->fresh);
    arena_release(&other->arena);
}

static void fill(struct fixture *fixture, int n_members)
{
    char name[32];

    BEGIN(fixture);
    for (int i = 0; i < n_members; i++) {
        snprintf(name, sizeof name, "m%llu", (unsigned long long)fixture->n_ids);
        struct id member_id = fixture_member(fixture, name);
        if (i % 7 == 0)
            fixture_take(fixture, member_id);
    }
    COMMIT(fixture);
}

static void copy_all(struct copy *copy)
{
    int64_t n_rows;

    assert_int_equal(db_begin(copy->db[COPY_FROM]), OK);
    assert_int_equal(db_begin(copy->db[COPY_TO]), OK);
    assert_int_equal(copy_count(copy, COPY_TO, &n_rows), OK);
    assert_int_equal(n_rows, 0);
    assert_int_equal(copy_rows(copy), OK);
    assert_int_equal(copy_compare(copy), OK);
    if (!copy_is_same(copy))
        print_error("%.*s\n", STR_FMT(copy->difference));
    assert_true(copy_is_same(copy));
    assert_null(copy->difference.p);
    assert_int_equal(db_commit(copy->db[COPY_TO]), OK);
    db_rollback(copy->db[COPY_FROM]);
}

static void compare_all(struct copy *copy)
{
    copy->difference = STR_NONE;
    assert_int_equal(db_begin(copy->db[COPY_FROM]), OK);
    assert_int_equal(db_begin(copy->db[COPY_TO]), OK);
    assert_int_equal(copy_compare(copy), OK);
    db_rollback(copy->db[COPY_TO]);
    db_rollback(copy->db[COPY_FROM]);
}

// Numbers around what a page has.
static void test_pages_are_put_together_without_a_gap(void **state)
{
    struct fixture *fixture = *state;
    struct other other;
    struct copy copy = {.arena = &fixture->arena};
    const int more[] = {511, 1, 1, 512};

    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        fill(fixture, more[i]);
        copy.db[COPY_FROM] = fixture->db;
        copy.db[COPY_TO] = other_open(&other, fixture);
        copy_all(&copy);
        other_close(&other, fixture);
    }
}

static void test_one_row_more_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct other other;
    struct copy copy = {.arena = &fixture->arena};

    fill(fixture, 600);
    copy.db[COPY_FROM] = fixture->db;
    copy.db[COPY_TO] = other_open(&other, fixture);
    copy_all(&copy);

    BEGIN(fixture);
    fixture_member(fixture, NULL);
    COMMIT(fixture);
    compare_all(&copy);
    assert_false(copy_is_same(&copy));
    assert_memory_equal(copy.difference.p, "member: ", 8);
    assert_true(str_ends(copy.difference, STR("where the target has nothing")));
    other_close(&other, fixture);
}

// A counter of a tenant that does not exist: no foreign key forbids it.
static void test_rows_of_no_tenant_are_not_lost_in_silence(void **state)
{
    struct fixture *fixture = *state;
    struct other other;
    struct copy copy = {.arena = &fixture->arena};
    struct sql_copy_counter_insert_in stray = {.tenant_id = 77,
                                               .owner_id = STR("0123456789abcdef"),
                                               .name = STR("n"),
                                               .value = 1};

    copy.db[COPY_FROM] = fixture->db;
    copy.db[COPY_TO] = other_open(&other, fixture);
    BEGIN(fixture);
    assert_int_equal(sql_copy_counter_insert(fixture->db, &stray), OK);
    COMMIT(fixture);
    assert_int_equal(db_begin(copy.db[COPY_FROM]), OK);
    assert_int_equal(db_begin(copy.db[COPY_TO]), OK);
    assert_int_equal(copy_rows(&copy), ERR_STORE_CORRUPT);
    assert_true(str_eq(copy.difference, STR("counter has 1 rows that belong to no tenant")));
    db_rollback(copy.db[COPY_TO]);
    db_rollback(copy.db[COPY_FROM]);
    other_close(&other, fixture);
}

// One attempt in which the nth call of the target fails; true when there was no nth call.
static bool attempt(struct copy *copy, int64_t nth)
{
    struct db_fault fault = {.fail_at = nth, .err = ERR_STORE_FAULT};
    struct db *to = copy->db[COPY_TO];

    copy->difference = STR_NONE;
    assert_int_equal(db_begin(copy->db[COPY_FROM]), OK);
    db_set_fault(to, &fault);
    enum err e = db_begin(to);
    if (!e)
        e = copy_rows(copy);
    if (!e)
        e = copy_compare(copy);
    if (!e)
        e = copy_is_same(copy) ? db_commit(to) : ERR_STORE_CORRUPT;
    db_set_fault(to, NULL);
    db_rollback(to);
    db_rollback(copy->db[COPY_FROM]);
    if (fault.n_calls >= nth)
        assert_int_equal(e, ERR_STORE_FAULT);
    else
        assert_int_equal(e, OK);
    return fault.n_calls < nth;
}

static void test_whatever_call_fails_nothing_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct other other;
    struct copy copy = {.arena = &fixture->arena};
    int64_t n_rows, nth = 1;

    fill(fixture, 8);
    copy.db[COPY_FROM] = fixture->db;
    copy.db[COPY_TO] = other_open(&other, fixture);
    for (; !attempt(&copy, nth); nth++) {
        assert_int_equal(db_begin(copy.db[COPY_TO]), OK);
        assert_int_equal(copy_count(&copy, COPY_TO, &n_rows), OK);
        assert_int_equal(n_rows, 0);
        db_rollback(copy.db[COPY_TO]);
    }
    assert_in_range(nth, 50, 1000);
    compare_all(&copy);
    assert_true(copy_is_same(&copy));
    other_close(&other, fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_table_and_no_column_is_left_out),
        FIXTURE_TEST(test_pages_are_put_together_without_a_gap),
        FIXTURE_TEST(test_one_row_more_is_told),
        FIXTURE_TEST(test_rows_of_no_tenant_are_not_lost_in_silence),
        FIXTURE_TEST(test_whatever_call_fails_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
