// SPDX-License-Identifier: Apache-2.0
// sql_test.c - the way of values through generated wrappers, on the sample in tests/store/sample.
//
// The seam below the wrappers is played by this file: it must be able to hand up rows that no
// sound database would, and to look at what comes down.
#include "store/sql_gen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// What came down, and what goes up.
static struct {
    enum sql_id id;
    struct db_value params[SQL_FIELDS_MAX];
    const struct db_value *rows;
    size_t n_rows;
    enum err answer;
} seam;

enum err db_exec(struct db *db, enum sql_id id, const struct db_value *params)
{
    seam.id = id;
    memcpy(seam.params, params, (size_t)sql_statements[id].n_in * sizeof *params);
    return seam.answer;
}

enum err db_exec_changed(struct db *db, enum sql_id id, const struct db_value *params,
                         int64_t *ret_changed)
{
    *ret_changed = 3;
    return db_exec(db, id, params);
}

bool db_asks_ahead(const struct db *db)
{
    (void)db;
    return false;
}

enum err db_ahead(struct db *db, enum sql_id id, const struct db_value *params)
{
    (void)db;
    (void)id;
    (void)params;
    return OK;
}

enum err db_query(struct db *db, enum sql_id id, const struct db_value *params,
                  enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx)
{
    enum err e = db_exec(db, id, params);

    for (size_t i = 0; !e && i < seam.n_rows; i++)
        e = on_row(ctx, seam.rows + i * (size_t)sql_statements[id].n_out);
    return e;
}

static struct arena arena;

static int set_up(void **state)
{
    memset(&seam, 0, sizeof seam);
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    return 0;
}

static void give(const struct db_value *rows, size_t n_rows)
{
    seam.rows = rows;
    seam.n_rows = n_rows;
}

static struct db_value text(const char *c)
{
    return (struct db_value){.type = DB_TEXT, .bytes = str_of(c)};
}

static struct db_value blob(const void *p, size_t n)
{
    return (struct db_value){.type = DB_BLOB, .bytes = {p, n}};
}

static struct db_value number(int64_t value)
{
    return (struct db_value){.type = DB_I64, .i64 = value};
}

static const struct db_value null = {.type = DB_NULL};

static void test_parameters_go_down_in_the_order_of_the_contract(void **state)
{
    struct sql_thing_insert_in in = {
        .tenant_id = 7,
        .thing_id = {{1, 2, 3}},
        .name = STR("mug"),
        .digest = {{9}},
        .has_owner_id = true,
        .owner_id = {{4}},
        .active = true,
        .has_rank = true,
        .rank = -5,
    };

    assert_int_equal(sql_thing_insert(NULL, &in), OK);
    assert_int_equal(seam.id, SQL_THING_INSERT);
    assert_int_equal(seam.params[0].i64, 7);
    assert_int_equal(seam.params[1].type, DB_BLOB);
    assert_int_equal(seam.params[1].bytes.n, 16);
    assert_memory_equal(seam.params[1].bytes.p, in.thing_id.b, 16);
    assert_true(str_eq(seam.params[2].bytes, STR("mug")));
    assert_int_equal(seam.params[3].type, DB_NULL); // note
    assert_int_equal(seam.params[4].type, DB_NULL); // photo
    assert_int_equal(seam.params[5].bytes.n, 32);
    assert_memory_equal(seam.params[6].bytes.p, in.owner_id.b, 16);
    assert_int_equal(seam.params[7].type, DB_BOOL);
    assert_int_equal(seam.params[7].i64, 1);
    assert_int_equal(seam.params[8].type, DB_NULL); // seen
    assert_int_equal(seam.params[9].i64, -5);
}

static void test_a_text_that_may_not_be_null_is_empty_instead(void **state)
{
    struct sql_thing_insert_in in = {.name = STR_NONE, .note = STR("")};

    assert_int_equal(sql_thing_insert(NULL, &in), OK);
    assert_int_equal(seam.params[2].type, DB_TEXT);
    assert_int_equal(seam.params[2].bytes.n, 0);
    assert_int_equal(seam.params[3].type, DB_TEXT); // empty, but not NULL
}

static void test_columns_come_up_into_their_places(void **state)
{
    const uint8_t digest[32] = {8, 7};
    const uint8_t owner[16] = {6, 5};
    const struct db_value row[] = {text("mug"),       text(""),        null,
                                   blob(digest, 32),  blob(owner, 16), number(1),
                                   {.type = DB_BOOL}, number(-9)};
    struct sql_thing_get_in in = {.tenant_id = 1};
    struct sql_thing_get_out out;

    give(row, 1);
    assert_int_equal(sql_thing_get(NULL, &in, &arena, &out), OK);
    assert_true(str_eq(out.name, STR("mug")));
    assert_non_null(out.note.p);
    assert_int_equal(out.note.n, 0);
    assert_null(out.photo.p);
    assert_memory_equal(out.digest.b, digest, 32);
    assert_true(out.has_owner_id);
    assert_memory_equal(out.owner_id.b, owner, 16);
    assert_true(out.active);
    assert_true(out.has_seen);
    assert_false(out.seen);
    assert_true(out.has_rank);
    assert_int_equal(out.rank, -9);
}

static void test_no_row_is_not_found_and_leaves_the_output_alone(void **state)
{
    struct sql_thing_get_in in = {.tenant_id = 1};
    struct sql_thing_get_out out = {.rank = 42};

    assert_int_equal(sql_thing_get(NULL, &in, &arena, &out), ERR_NOT_FOUND);
    assert_int_equal(out.rank, 42);
}

static void test_a_second_row_where_one_is_promised_is_corruption(void **state)
{
    const struct db_value rows[] = {number(1), number(2)};
    struct sql_thing_count_out out = {.things = 42};

    give(rows, 2);
    assert_int_equal(sql_thing_count(NULL, &arena, &out), ERR_STORE_CORRUPT);
    assert_int_equal(out.things, 42);
}

static void test_what_the_contract_rules_out_is_corruption(void **state)
{
    const uint8_t bytes[33] = {0};
    const struct db_value good[] = {text("a"), null,      null, blob(bytes, 32),
                                    null,      number(0), null, null};
    const struct {
        int column;
        struct db_value value;
    } bad[] = {
        {0, null},                     // NULL in a text that is never NULL
        {0, blob(bytes, 1)},           // bytes in a text
        {1, number(1)},                // a number in a text
        {2, text("photo")},            // text in a blob
        {3, blob(bytes, 31)},          // a hash too short
        {3, null},                     // none
        {4, blob(bytes, 17)},          // an id too long
        {4, text("0123456789abcdef")}, // of the wrong type
        {5, number(2)},                // neither true nor false
        {5, null},                     //
        {6, text("t")},                //
        {7, text("7")},                // a number as text
    };
    struct sql_thing_get_in in = {.tenant_id = 1};
    struct sql_thing_get_out out;

    give(good, 1);
    assert_int_equal(sql_thing_get(NULL, &in, &arena, &out), OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct db_value row[8];
        memcpy(row, good, sizeof row);
        row[bad[i].column] = bad[i].value;
        give(row, 1);
        assert_int_equal(sql_thing_get(NULL, &in, &arena, &out), ERR_STORE_CORRUPT);
    }
}

static void test_many_rows_arrive_in_order(void **state)
{
    struct db_value rows[100];
    struct sql_thing_ranks_in in = {.tenant_id = 1};
    struct sql_thing_ranks_out *out = NULL;
    size_t n = 0;

    for (int i = 0; i < 100; i++)
        rows[i] = number(i);
    for (size_t n_rows = 0; n_rows <= 100; n_rows++) {
        give(rows, n_rows);
        assert_int_equal(sql_thing_ranks_list(NULL, &in, &arena, &out, &n), OK);
        assert_int_equal(n, n_rows);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(out[i].rank, i);
    }
}

static void test_an_arena_that_is_full_is_an_error_not_a_short_list(void **state)
{
    struct db_value rows[100];
    struct sql_thing_ranks_in in = {.tenant_id = 1};
    struct sql_thing_ranks_out *out = NULL;
    size_t n = 42;

    for (int i = 0; i < 100; i++)
        rows[i] = number(i);
    give(rows, 100);
    arena_release(&arena);
    arena_init(&arena, 600);
    assert_int_equal(sql_thing_ranks_list(NULL, &in, &arena, &out, &n), ERR_MEMORY);
    assert_null(out);
    assert_int_equal(n, 42);
}

static void test_changed_tells_the_number_of_rows(void **state)
{
    struct sql_thing_rename_in in = {.tenant_id = 1, .name = STR("cup")};
    int64_t changed;

    assert_int_equal(sql_thing_rename(NULL, &in, &changed), OK);
    assert_int_equal(changed, 3);
}

static void test_an_error_of_the_database_comes_through(void **state)
{
    struct sql_thing_get_in in = {.tenant_id = 1};
    struct sql_thing_get_out out;

    seam.answer = ERR_STORE_BUSY;
    assert_int_equal(sql_thing_get(NULL, &in, &arena, &out), ERR_STORE_BUSY);
}

static void test_texts_are_placed_for_each_dialect(void **state)
{
    const struct sql_statement *get = &sql_statements[SQL_THING_GET];
    const struct sql_statement *ranks = &sql_statements[SQL_THING_RANKS];
    const struct sql_statement *count = &sql_statements[SQL_THING_COUNT];

    assert_string_equal(get->text[DB_SQLITE],
                        "SELECT name, note, photo, digest, owner_id, active, seen, rank FROM thing "
                        "WHERE tenant_id = ?1 AND thing_id = ?2");
    assert_string_equal(ranks->text[DB_POSTGRES],
                        "SELECT rank FROM thing WHERE tenant_id = $1 AND ($2 IS NULL OR note = $2) "
                        "AND name <> ':not a parameter' ORDER BY rank");
    assert_string_equal(count->text[DB_SQLITE], "SELECT COUNT(*) AS things FROM thing");
    assert_string_equal(count->text[DB_POSTGRES],
                        "SELECT COUNT(*)::BIGINT AS things FROM ONLY thing");
    assert_non_null(count->maintenance);
    assert_null(get->maintenance);
}

static void test_migrations_carry_each_dialect_and_its_checksum(void **state)
{
    assert_int_equal(n_sql_migrations, 1);
    assert_string_equal(sql_migrations[0].name, "thing");
    assert_non_null(strstr(sql_migrations[0].text[DB_SQLITE], "WITHOUT ROWID, STRICT;"));
    assert_null(strstr(sql_migrations[0].text[DB_SQLITE], "COMMENT ON"));
    assert_non_null(strstr(sql_migrations[0].text[DB_POSTGRES], "note TEXT COLLATE \"C\","));
    assert_non_null(strstr(sql_migrations[0].text[DB_POSTGRES], ") ;\nCOMMENT ON TABLE thing"));
    assert_int_equal(strlen(sql_migrations[0].sha256[DB_SQLITE]), 64);
    assert_string_not_equal(sql_migrations[0].sha256[DB_SQLITE],
                            sql_migrations[0].sha256[DB_POSTGRES]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_parameters_go_down_in_the_order_of_the_contract),
        TEST(test_a_text_that_may_not_be_null_is_empty_instead),
        TEST(test_columns_come_up_into_their_places),
        TEST(test_no_row_is_not_found_and_leaves_the_output_alone),
        TEST(test_a_second_row_where_one_is_promised_is_corruption),
        TEST(test_what_the_contract_rules_out_is_corruption),
        TEST(test_many_rows_arrive_in_order),
        TEST(test_an_arena_that_is_full_is_an_error_not_a_short_list),
        TEST(test_changed_tells_the_number_of_rows),
        TEST(test_an_error_of_the_database_comes_through),
        TEST(test_texts_are_placed_for_each_dialect),
        TEST(test_migrations_carry_each_dialect_and_its_checksum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
