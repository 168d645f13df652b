// SPDX-License-Identifier: Apache-2.0
// batch_test.c - rows that travel together, and values in PostgreSQL's binary form, byte for byte.
#include "store/batch.h"
#include "store/pg_wire.h"

#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// A question, and writes at places 10, 20, 20 and 30.
#define ASK SQL_IDENTIFIER_GET
#define MEMBER SQL_MEMBER_INSERT
#define IDENTIFIER SQL_IDENTIFIER_INSERT
#define ALLOCATION SQL_ALLOCATION_INSERT
#define PERSON SQL_PERSON_INSERT

static struct db_value number(int64_t value)
{
    return (struct db_value){.type = DB_I64, .i64 = value};
}

static struct db_value text(const char *value)
{
    return (struct db_value){.type = DB_TEXT, .bytes = str_of(value)};
}

static struct db_value blob(const char *value)
{
    return (struct db_value){.type = DB_BLOB, .bytes = str_of(value)};
}

static const struct db_value null = {.type = DB_NULL};

static enum err ask(struct batch *batch, int64_t tenant_id, const char *kind, const char *value)
{
    struct db_value params[] = {number(tenant_id), text(kind), text(value)};

    return batch_add(batch, ASK, params);
}

static bool find(const struct batch *batch, int64_t tenant_id, const char *kind, const char *value,
                 struct batch_rows **ret_rows, int32_t *ret_row)
{
    struct db_value params[] = {number(tenant_id), text(kind), text(value)};

    return batch_find(batch, ASK, params, ret_rows, ret_row);
}

static void add_member(struct batch *batch, int64_t tenant_id)
{
    struct db_value params[] = {number(tenant_id), blob("0123456789abcdef"), text("active"),
                                number(1), number(2)};

    assert_int_equal(batch_add(batch, MEMBER, params), OK);
}

static void add_identifier(struct batch *batch, int64_t tenant_id, const char *value)
{
    struct db_value params[] = {number(tenant_id), blob("0123456789abcdef"), text("email"),
                                text(value), number(1)};

    assert_int_equal(batch_add(batch, IDENTIFIER, params), OK);
}

static void add_allocation(struct batch *batch, int64_t tenant_id, int64_t seq)
{
    struct db_value params[] = {number(tenant_id), blob("0123456789abcdef"), number(seq), number(2),
                                number(3)};

    assert_int_equal(batch_add(batch, ALLOCATION, params), OK);
}

// ---- reading an array back

struct reader {
    struct str rest;
};

static uint32_t read_u32(struct reader *reader)
{
    uint32_t wire;

    assert_true(reader->rest.n >= sizeof wire);
    memcpy(&wire, reader->rest.p, sizeof wire);
    reader->rest = str_skip(reader->rest, sizeof wire);
    return be32toh(wire);
}

// The five numbers at the beginning.
static struct reader read_array(struct str array, uint32_t type, uint32_t n)
{
    struct reader reader = {array};

    assert_int_equal(read_u32(&reader), 1);
    assert_int_equal(read_u32(&reader), 1);
    assert_int_equal(read_u32(&reader), type);
    assert_int_equal(read_u32(&reader), n);
    assert_int_equal(read_u32(&reader), 1);
    return reader;
}

static struct str read_element(struct reader *reader)
{
    uint32_t n = read_u32(reader);

    if (n == UINT32_MAX)
        return STR_NONE;
    assert_true(reader->rest.n >= n);
    struct str element = {reader->rest.p, n};
    reader->rest = str_skip(reader->rest, n);
    return element;
}

static void read_text(struct reader *reader, const char *wanted)
{
    struct str element = read_element(reader);

    assert_non_null(element.p);
    assert_true(str_eq(element, str_of(wanted)));
}

// ---- groups

static void test_rows_of_one_statement_and_tenant_are_one_group_in_their_order(void **state)
{
    struct batch batch;
    (void)state;

    batch_init(&batch, false);
    assert_true(batch_is_empty(&batch));
    add_identifier(&batch, 1, "a");
    add_identifier(&batch, 2, "b");
    add_identifier(&batch, 1, "c");
    add_allocation(&batch, 1, 7);
    assert_false(batch_is_empty(&batch));
    struct batch_rows *rows = batch.first;
    assert_int_equal(rows->id, IDENTIFIER);
    assert_int_equal(rows->tenant_id, 1);
    assert_int_equal(rows->n, 2);
    struct reader reader = read_array(batch_array(rows, 3), 25, 2);
    read_text(&reader, "a");
    read_text(&reader, "c");
    assert_int_equal(reader.rest.n, 0);
    rows = rows->next;
    assert_int_equal(rows->id, IDENTIFIER);
    assert_int_equal(rows->tenant_id, 2);
    assert_int_equal(rows->n, 1);
    rows = rows->next;
    assert_int_equal(rows->id, ALLOCATION);
    assert_int_equal(rows->n, 1);
    assert_null(rows->next);
    batch_release(&batch);
}

static void test_a_group_that_was_sent_takes_no_more_rows(void **state)
{
    struct batch batch;
    (void)state;

    batch_init(&batch, true);
    assert_int_equal(ask(&batch, 1, "email", "a"), OK);
    batch.first->is_sent = true;
    assert_int_equal(ask(&batch, 1, "email", "b"), OK);
    assert_int_equal(batch.first->n, 1);
    assert_non_null(batch.first->next);
    assert_int_equal(batch.first->next->n, 1);
    batch_release(&batch);
}

// A row that names another has to come after it, whoever spoke first.
static void test_groups_are_sorted_by_place_and_else_keep_their_order(void **state)
{
    static const enum sql_id order[] = {MEMBER, IDENTIFIER, PERSON, ALLOCATION};
    struct db_value person[] = {number(1), blob("0123456789abcdef"), null, text("{}"), text("{}")};
    struct batch batch;
    (void)state;

    batch_init(&batch, false);
    add_allocation(&batch, 1, 1);
    add_identifier(&batch, 1, "a");
    assert_int_equal(batch_add(&batch, PERSON, person), OK);
    add_member(&batch, 1);
    batch_sort(&batch);
    struct batch_rows *rows = batch.first;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++, rows = rows->next) {
        assert_non_null(rows);
        assert_int_equal(rows->id, order[i]);
    }
    assert_null(rows);
    // What is added afterwards goes to the end.
    add_member(&batch, 2);
    rows = batch.first;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++, rows = rows->next)
        assert_int_equal(rows->tenant_id, 1);
    assert_int_equal(rows->tenant_id, 2);
    assert_null(rows->next);
    batch_release(&batch);
}

static void test_a_referenced_row_has_a_smaller_place_than_what_references_it(void **state)
{
    (void)state;
    assert_true(sql_statements[MEMBER].batch_place < sql_statements[IDENTIFIER].batch_place);
    assert_true(sql_statements[MEMBER].batch_place < sql_statements[PERSON].batch_place);
    assert_true(sql_statements[MEMBER].batch_place < sql_statements[SQL_EVENT_INSERT].batch_place);
    assert_true(sql_statements[MEMBER].batch_place <
                sql_statements[SQL_MEMBER_HEAD_PUT].batch_place);
    assert_true(sql_statements[MEMBER].batch_place <
                sql_statements[SQL_REDEMPTION_INSERT].batch_place);
    assert_true(sql_statements[SQL_ENTRY_INSERT].batch_place <
                sql_statements[ALLOCATION].batch_place);
}

static void test_values_are_copied_when_they_are_added(void **state)
{
    char value[] = "before";
    struct batch batch;
    (void)state;

    batch_init(&batch, true);
    assert_int_equal(ask(&batch, 1, "email", value), OK);
    memcpy(value, "after ", sizeof value);
    struct reader reader = read_array(batch_array(batch.first, 2), 25, 1);
    read_text(&reader, "before");
    struct batch_rows *rows;
    int32_t row;
    assert_true(find(&batch, 1, "email", "before", &rows, &row));
    assert_false(find(&batch, 1, "email", "after ", &rows, &row));
    batch_release(&batch);
}

// ---- the index

static void test_the_index_finds_each_row_and_no_other(void **state)
{
    struct batch batch;
    struct batch_rows *rows;
    int32_t row;
    char value[16];
    (void)state;

    batch_init(&batch, true);
    assert_false(find(&batch, 1, "email", "0", &rows, &row));
    for (int i = 0; i < 5000; i++) { // several to a bucket
        snprintf(value, sizeof value, "%d", i);
        assert_int_equal(ask(&batch, 1 + i % 2, "email", value), OK);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(value, sizeof value, "%d", i);
        assert_true(find(&batch, 1 + i % 2, "email", value, &rows, &row));
        assert_int_equal(rows->tenant_id, 1 + i % 2);
        assert_int_equal(row, i / 2);
        assert_false(find(&batch, 2 - i % 2, "email", value, &rows, &row));
        assert_false(find(&batch, 1 + i % 2, "phone", value, &rows, &row));
    }
    batch_release(&batch);
}

// "ab" + "c" is not "a" + "bc", whatever stands between two values inside the key.
static void test_the_index_knows_where_a_value_ends(void **state)
{
    struct batch batch;
    struct batch_rows *rows;
    int32_t row;
    (void)state;

    batch_init(&batch, true);
    assert_int_equal(ask(&batch, 1, "ab", "c"), OK);
    assert_false(find(&batch, 1, "a", "bc", &rows, &row));
    assert_false(find(&batch, 1, "abc", "", &rows, &row));
    assert_int_equal(ask(&batch, 1, "a", "bc"), OK);
    assert_int_equal(batch.first->n, 2);
    enum db_type type = DB_TEXT;
    char all[2 * sizeof type + 3] = {'x', [1 + sizeof type] = 'y', [2 + 2 * sizeof type] = 'z'};
    memcpy(all + 1, &type, sizeof type);
    memcpy(all + 2 + sizeof type, &type, sizeof type);
    struct db_value one[] = {number(1), text(""), text("")},
                    other[] = {number(1), text(""), text("")};
    one[1].bytes = (struct str){all, 1};
    one[2].bytes = (struct str){all + 1 + sizeof type, 2 + sizeof type};
    other[1].bytes = (struct str){all, 2 + sizeof type};
    other[2].bytes = (struct str){all + 2 + 2 * sizeof type, 1};
    assert_int_equal(batch_add(&batch, ASK, one), OK);
    assert_true(batch_find(&batch, ASK, one, &rows, &row));
    assert_false(batch_find(&batch, ASK, other, &rows, &row));
    batch_release(&batch);
}

static void test_an_indexed_batch_asks_once_and_a_plain_one_keeps_all(void **state)
{
    struct batch batch;
    (void)state;

    batch_init(&batch, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&batch, 1, "email", "a"), OK);
    assert_int_equal(batch.first->n, 1);
    batch_release(&batch);
    batch_init(&batch, false);
    for (int i = 0; i < 3; i++)
        add_identifier(&batch, 1, "a");
    assert_int_equal(batch.first->n, 3);
    batch_release(&batch);
}

static void test_what_is_forgotten_is_not_found_and_can_be_asked_again(void **state)
{
    struct db_value first[] = {number(1), text("email"), text("a")};
    struct batch batch;
    struct batch_rows *rows;
    int32_t row;
    (void)state;

    batch_init(&batch, true);
    batch_forget(&batch, ASK, first); // of nothing
    assert_int_equal(ask(&batch, 1, "email", "a"), OK);
    assert_int_equal(ask(&batch, 1, "email", "b"), OK);
    batch_forget(&batch, ASK, first);
    assert_false(find(&batch, 1, "email", "a", &rows, &row));
    assert_true(find(&batch, 1, "email", "b", &rows, &row));
    assert_int_equal(row, 1);
    assert_int_equal(ask(&batch, 1, "email", "a"), OK);
    assert_true(find(&batch, 1, "email", "a", &rows, &row));
    assert_int_equal(row, 2);
    batch_release(&batch);
}

// Nobody could find the answer.
static void test_a_question_too_long_for_the_index_is_not_asked_ahead(void **state)
{
    char value[1500];
    struct batch batch;
    struct batch_rows *rows;
    int32_t row;
    (void)state;

    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    batch_init(&batch, true);
    assert_int_equal(ask(&batch, 1, "email", value), OK);
    assert_true(batch_is_empty(&batch));
    value[900] = '\0';
    assert_int_equal(ask(&batch, 1, "email", value), OK);
    value[900] = 'x';
    assert_false(find(&batch, 1, "email", value, &rows, &row));
    assert_int_equal(batch.first->n, 1);
    batch_release(&batch);
    batch_init(&batch, false); // a write has to be written
    add_identifier(&batch, 1, value);
    assert_int_equal(batch.first->n, 1);
    batch_release(&batch);
}

// ---- clearing

static void fill(struct batch *batch, int n)
{
    char value[400];

    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < n; i++) {
        int end = snprintf(value, 16, "%010d", i);
        value[end] = 'x';
        assert_int_equal(ask(batch, 1, "email", value), OK);
    }
}

static void test_clearing_keeps_nothing_however_much_there_was(void **state)
{
    static const int sizes[] = {1, 100, 20000};
    struct batch batch;
    struct batch_rows *rows;
    int32_t row;
    (void)state;

    batch_init(&batch, true);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(ask(&batch, 1, "email", "first"), OK);
        fill(&batch, sizes[i]);
        assert_int_equal(batch.first->n, sizes[i] + 1);
        assert_true(batch.bytes > (size_t)sizes[i] * 400);
        batch_clear(&batch);
        assert_true(batch_is_empty(&batch));
        assert_int_equal(batch.bytes, 0);
        assert_false(find(&batch, 1, "email", "first", &rows, &row));
        assert_int_equal(ask(&batch, 1, "email", "second"), OK);
        assert_false(find(&batch, 1, "email", "first", &rows, &row));
        assert_int_equal(batch.first->n, 1);
        batch_clear(&batch);
    }
    batch_clear(&batch);
    batch_release(&batch);
}

static void test_many_rows_with_long_values_keep_each_byte(void **state)
{
    struct batch batch;
    char value[3000];
    (void)state;

    batch_init(&batch, false);
    for (int i = 0; i < 3000; i++) {
        memset(value, 'a' + i % 26, sizeof value);
        value[i % 2999] = '\0';
        add_identifier(&batch, 1, value);
    }
    struct reader reader = read_array(batch_array(batch.first, 3), 25, 3000);
    for (int i = 0; i < 3000; i++) {
        struct str element = read_element(&reader);
        assert_int_equal(element.n, i % 2999);
        assert_true(element.n == 0 ||
                    (element.p[0] == 'a' + i % 26 && element.p[element.n - 1] == 'a' + i % 26));
    }
    assert_int_equal(reader.rest.n, 0);
    batch_release(&batch);
}

// ---- arrays

struct made {
    struct arena arena;
    struct buf array;
};

static void make(struct made *made, enum sql_type type)
{
    arena_init(&made->arena, 1 << 20);
    buf_init(&made->array, &made->arena);
    pg_array_begin(&made->array, type);
}

static void compare(struct made *made, int32_t n, const void *wanted, size_t size)
{
    struct str array = pg_array_text(&made->array, n);

    assert_int_equal(array.n, size);
    assert_memory_equal(array.p, wanted, size);
    arena_release(&made->arena);
}

// What array_recv of PostgreSQL 15 reads, and what COPY BINARY of the same arrays writes.
static void test_arrays_are_what_the_server_reads_byte_for_byte(void **state)
{
    static const unsigned char numbers[] = {0,   0,   0,  1, 0,   0,    0,    1,    0,
                                            0,   0,   20, 0, 0,   0,    3,    0,    0,
                                            0,   1,   0,  0, 0,   8,    0,    0,    0,
                                            0,   0,   0,  1, 2,   0xff, 0xff, 0xff, 0xff, //
                                            0,   0,   0,  8, 255, 255,  255,  255,  255,
                                            255, 255, 254};
    static const unsigned char flags[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0,
                                          2, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0,  0, 1, 0};
    static const unsigned char texts[] = {0,   0,   0, 1, 0, 0, 0,   1,   0,   0,  0, 25,
                                          0,   0,   0, 3, 0, 0, 0,   1,   0,   0,  0, 2,
                                          'a', 'b', 0, 0, 0, 0, 255, 255, 255, 255};
    static const unsigned char none[] = {0, 0,  0, 1, 0, 0, 0, 1, 0, 0,
                                         0, 17, 0, 0, 0, 0, 0, 0, 0, 1};
    struct db_value yes = {.type = DB_BOOL, .i64 = 1}, no = {.type = DB_BOOL};
    struct db_value a = text("ab"), empty = text(""), one = number(258), minus = number(-2);
    struct made made;
    (void)state;

    make(&made, SQL_TYPE_I64);
    pg_array_put(&made.array, &one);
    pg_array_put(&made.array, &null);
    pg_array_put(&made.array, &minus);
    compare(&made, 3, numbers, sizeof numbers);
    make(&made, SQL_TYPE_BOOL);
    pg_array_put(&made.array, &yes);
    pg_array_put(&made.array, &no);
    compare(&made, 2, flags, sizeof flags);
    make(&made, SQL_TYPE_TEXT);
    pg_array_put(&made.array, &a);
    pg_array_put(&made.array, &empty); // an empty text is no NULL
    pg_array_put(&made.array, &null);
    compare(&made, 3, texts, sizeof texts);
    make(&made, SQL_TYPE_HASH);
    compare(&made, 0, none, sizeof none);
}

static void test_a_null_blob_and_an_empty_one_differ(void **state)
{
    struct db_value person[] = {number(1), blob("0123456789abcdef"), null, text(""), text("{}")};
    struct batch batch;
    (void)state;

    batch_init(&batch, false);
    assert_int_equal(batch_add(&batch, PERSON, person), OK);
    person[2] = text("");
    assert_int_equal(batch_add(&batch, PERSON, person), OK);
    struct reader reader = read_array(batch_array(batch.first, 2), 25, 2);
    assert_null(read_element(&reader).p);
    read_text(&reader, "");
    reader = read_array(batch_array(batch.first, 1), 17, 2);
    read_text(&reader, "0123456789abcdef");
    batch_release(&batch);
}

// ---- single values

static void test_parameters_are_binary_and_big_endian(void **state)
{
    static const unsigned char bytes[] = {0x80, 0, 0, 0, 0, 0, 0, 3};
    struct db_value smallest = number(INT64_MIN + 3), yes = {.type = DB_BOOL, .i64 = 5},
                    no = {.type = DB_BOOL}, empty = {.type = DB_TEXT}, some = blob("xyz");
    struct pg_wire wire;
    (void)state;

    pg_wire_put(&wire, 0, &smallest);
    pg_wire_put(&wire, 1, &yes);
    pg_wire_put(&wire, 2, &no);
    pg_wire_put(&wire, 3, &null);
    pg_wire_put(&wire, 4, &empty);
    pg_wire_put(&wire, 5, &some);
    for (int i = 0; i < 6; i++)
        assert_int_equal(wire.formats[i], 1);
    assert_int_equal(wire.lengths[0], 8);
    assert_memory_equal(wire.values[0], bytes, 8);
    assert_int_equal(wire.lengths[1], 1);
    assert_int_equal(wire.values[1][0], 1);
    assert_int_equal(wire.values[2][0], 0);
    assert_null(wire.values[3]);
    assert_non_null(wire.values[4]); // NULL would be NULL
    assert_int_equal(wire.lengths[4], 0);
    assert_ptr_equal(wire.values[5], some.bytes.p);
    assert_int_equal(wire.lengths[5], 3);
}

static void test_numbers_of_each_width_keep_their_sign(void **state)
{
    (void)state;
    assert_int_equal(pg_read_number("\x7f\xff", 2), 32767);
    assert_int_equal(pg_read_number("\xff\xfe", 2), -2);
    assert_int_equal(pg_read_number("\x80\0\0\0", 4), INT32_MIN);
    assert_int_equal(pg_read_number("\0\x01\0\0", 4), 65536);
    assert_int_equal(pg_read_number("\xff\xff\xff\xff\xff\xff\xff\xff", 8), -1);
    assert_true(pg_read_number("\x80\0\0\0\0\0\0\0", 8) == INT64_MIN);
    assert_true(pg_read_number("\x7f\xff\xff\xff\xff\xff\xff\xff", 8) == INT64_MAX);
}

static void test_columns_are_read_by_their_type(void **state)
{
    struct str two = {"\0\0\0\2", 4};
    (void)state;

    struct db_value value = pg_read_value(23, two);
    assert_int_equal(value.type, DB_I64);
    assert_int_equal(value.i64, 2);
    value = pg_read_value(16, STR("\1"));
    assert_int_equal(value.type, DB_BOOL);
    assert_int_equal(value.i64, 1);
    value = pg_read_value(25, STR("ab"));
    assert_int_equal(value.type, DB_TEXT);
    assert_true(str_eq(value.bytes, STR("ab")));
    value = pg_read_value(17, STR("ab"));
    assert_int_equal(value.type, DB_BLOB);
    assert_int_equal(pg_read_value(1700, STR("ab")).type, DB_NULL); // numeric: never stored
}

static void test_types_have_the_numbers_of_the_servers_catalogue(void **state)
{
    static const struct {
        enum sql_type type;
        uint32_t number, array;
    } types[] = {
        {SQL_TYPE_I64, 20, 1016},  {SQL_TYPE_BOOL, 16, 1000}, {SQL_TYPE_TEXT, 25, 1009},
        {SQL_TYPE_BLOB, 17, 1001}, {SQL_TYPE_ID, 17, 1001},   {SQL_TYPE_HASH, 17, 1001},
    };
    (void)state;

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        assert_int_equal(pg_type_of(types[i].type), types[i].number);
        assert_int_equal(pg_array_type_of(types[i].type), types[i].array);
    }
}

static void test_each_error_code_has_one_meaning(void **state)
{
    static const struct {
        const char *sqlstate;
        enum err err;
    } states[] = {
        {"23505", ERR_ALREADY_EXISTS},    {"40001", ERR_STORE_CONFLICT},
        {"40P01", ERR_STORE_CONFLICT},    {"55P03", ERR_STORE_BUSY},
        {"57014", ERR_STORE_BUSY},        {"53100", ERR_STORE_FULL},
        {"XX001", ERR_STORE_CORRUPT},     {"XX002", ERR_STORE_CORRUPT},
        {"08006", ERR_STORE_UNREACHABLE}, {"25006", ERR_STORE_UNREACHABLE},
        {"25P03", ERR_STORE_UNREACHABLE}, {"57P01", ERR_STORE_UNREACHABLE},
        {"57P03", ERR_STORE_UNREACHABLE}, {"23503", ERR_STORE_FAULT},
        {"23514", ERR_STORE_FAULT},       {"21000", ERR_STORE_FAULT},
        {"42601", ERR_STORE_FAULT},       {"", ERR_STORE_FAULT},
    };
    (void)state;

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        assert_int_equal(pg_err_of_state(states[i].sqlstate), states[i].err);
    assert_int_equal(pg_err_of_state(NULL), ERR_STORE_FAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_one_statement_and_tenant_are_one_group_in_their_order),
        cmocka_unit_test(test_a_group_that_was_sent_takes_no_more_rows),
        cmocka_unit_test(test_groups_are_sorted_by_place_and_else_keep_their_order),
        cmocka_unit_test(test_a_referenced_row_has_a_smaller_place_than_what_references_it),
        cmocka_unit_test(test_values_are_copied_when_they_are_added),
        cmocka_unit_test(test_the_index_finds_each_row_and_no_other),
        cmocka_unit_test(test_the_index_knows_where_a_value_ends),
        cmocka_unit_test(test_an_indexed_batch_asks_once_and_a_plain_one_keeps_all),
        cmocka_unit_test(test_what_is_forgotten_is_not_found_and_can_be_asked_again),
        cmocka_unit_test(test_a_question_too_long_for_the_index_is_not_asked_ahead),
        cmocka_unit_test(test_clearing_keeps_nothing_however_much_there_was),
        cmocka_unit_test(test_many_rows_with_long_values_keep_each_byte),
        cmocka_unit_test(test_arrays_are_what_the_server_reads_byte_for_byte),
        cmocka_unit_test(test_a_null_blob_and_an_empty_one_differ),
        cmocka_unit_test(test_parameters_are_binary_and_big_endian),
        cmocka_unit_test(test_numbers_of_each_width_keep_their_sign),
        cmocka_unit_test(test_columns_are_read_by_their_type),
        cmocka_unit_test(test_types_have_the_numbers_of_the_servers_catalogue),
        cmocka_unit_test(test_each_error_code_has_one_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
