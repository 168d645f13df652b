// SPDX-License-Identifier: Apache-2.0
// sql.c - values between the structs of sql_gen.h and the seam of db.h, driven by the table.
//
// Layer: store.  Tests: tests/store/sql_test.c
#include "store/sql.h"

#include "base/hash.h"
#include "base/id.h"

#include <string.h>

static const struct sql_statement *statement_of(enum sql_id id)
{
    CHECK(id < N_SQL_STATEMENTS);
    return &sql_statements[id];
}

// ---- from a struct into a statement

static struct db_value value_of_bytes(enum db_type type, const void *p, size_t n)
{
    return (struct db_value){.type = type, .bytes = {p, n}};
}

static struct db_value value_of_view(const struct sql_field *field, const void *at)
{
    struct str view;

    memcpy(&view, at, sizeof view);
    if (!view.p && field->nullable)
        return (struct db_value){.type = DB_NULL};
    // A text that may not be NULL is empty when its p is: never a NULL for a constraint to refuse.
    if (!view.p)
        view = STR("");
    return value_of_bytes(field->type == SQL_TYPE_TEXT ? DB_TEXT : DB_BLOB, view.p, view.n);
}

static struct db_value value_of(const struct sql_field *field, const char *in)
{
    const char *at = in + field->offset;
    struct db_value value = {.type = DB_I64};
    bool flag = true;

    if (field->has_twin)
        memcpy(&flag, in + field->has_offset, sizeof flag);
    if (!flag)
        return (struct db_value){.type = DB_NULL};
    switch (field->type) {
    case SQL_TYPE_I64:
        memcpy(&value.i64, at, sizeof value.i64);
        return value;
    case SQL_TYPE_BOOL:
        memcpy(&flag, at, sizeof flag);
        return (struct db_value){.type = DB_BOOL, .i64 = flag};
    case SQL_TYPE_ID:
        return value_of_bytes(DB_BLOB, at, sizeof(struct id));
    case SQL_TYPE_HASH:
        return value_of_bytes(DB_BLOB, at, sizeof(struct hash));
    case SQL_TYPE_TEXT:
    case SQL_TYPE_BLOB:
        break;
    }
    return value_of_view(field, at);
}

static void values_of(const struct sql_statement *statement, const void *in,
                      struct db_value *ret_values)
{
    CHECK(statement->n_in <= SQL_FIELDS_MAX);
    CHECK(in || !statement->n_in);
    for (int i = 0; i < statement->n_in; i++)
        ret_values[i] = value_of(&statement->in[i], in);
}

// ---- from a row into a struct

static enum err read_bytes(const struct db_value *value, size_t n, void *ret_bytes)
{
    if (value->type != DB_BLOB || value->bytes.n != n)
        return ERR_STORE_CORRUPT;
    memcpy(ret_bytes, value->bytes.p, n);
    return OK;
}

static enum err read_view(const struct db_value *value, enum db_type type, struct arena *arena,
                          void *ret_view)
{
    struct str view = STR("");

    if (value->type != type)
        return ERR_STORE_CORRUPT;
    if (value->bytes.n) {
        char *copy = arena_try(arena, value->bytes.n);
        if (!copy)
            return ERR_MEMORY;
        memcpy(copy, value->bytes.p, value->bytes.n);
        view = (struct str){copy, value->bytes.n};
    }
    memcpy(ret_view, &view, sizeof view);
    return OK;
}

// SQLite has no boolean of its own: what is declared as one arrives as 0 or 1.
static enum err read_bool(const struct db_value *value, char *ret_flag)
{
    if ((value->type != DB_BOOL && value->type != DB_I64) || (value->i64 != 0 && value->i64 != 1))
        return ERR_STORE_CORRUPT;
    bool flag = value->i64 == 1;
    memcpy(ret_flag, &flag, sizeof flag);
    return OK;
}

// out is zeroed: a NULL leaves it so.
static enum err read_field(const struct sql_field *field, const struct db_value *value,
                           struct arena *arena, char *out)
{
    char *at = out + field->offset;
    bool has = value->type != DB_NULL;

    if (!has && !field->nullable)
        return ERR_STORE_CORRUPT;
    if (field->has_twin)
        memcpy(out + field->has_offset, &has, sizeof has);
    if (!has)
        return OK;
    switch (field->type) {
    case SQL_TYPE_I64:
        if (value->type != DB_I64)
            return ERR_STORE_CORRUPT;
        memcpy(at, &value->i64, sizeof value->i64);
        return OK;
    case SQL_TYPE_BOOL:
        return read_bool(value, at);
    case SQL_TYPE_ID:
        return read_bytes(value, sizeof(struct id), at);
    case SQL_TYPE_HASH:
        return read_bytes(value, sizeof(struct hash), at);
    case SQL_TYPE_TEXT:
        return read_view(value, DB_TEXT, arena, at);
    case SQL_TYPE_BLOB:
        break;
    }
    return read_view(value, DB_BLOB, arena, at);
}

// The rows of one query.  With room_max 1 a second row is a broken promise of the statement.
struct rows {
    const struct sql_statement *statement;
    struct arena *arena;
    char *p;
    size_t n;
    size_t room;
    size_t room_max;
};

static enum err grow(struct rows *rows)
{
    size_t size = rows->statement->out_size;
    size_t room = rows->room ? rows->room * 2 : 8;

    if (rows->room == rows->room_max)
        return ERR_STORE_CORRUPT;
    if (room > rows->room_max)
        room = rows->room_max;
    char *p = arena_try_array(rows->arena, room, size);
    if (!p)
        return ERR_MEMORY;
    if (rows->n)
        memcpy(p, rows->p, rows->n * size);
    rows->p = p;
    rows->room = room;
    return OK;
}

static enum err on_row(void *ctx, const struct db_value *columns)
{
    struct rows *rows = ctx;
    const struct sql_statement *statement = rows->statement;

    if (rows->n == rows->room) {
        enum err e = grow(rows);
        if (e)
            return e;
    }
    char *out = rows->p + rows->n * statement->out_size;
    for (int i = 0; i < statement->n_out; i++) {
        enum err e = read_field(&statement->out[i], &columns[i], rows->arena, out);
        if (e)
            return e;
    }
    rows->n++;
    return OK;
}

static enum err run_query(struct db *db, enum sql_id id, const void *in, struct rows *rows)
{
    struct db_value values[SQL_FIELDS_MAX];

    values_of(rows->statement, in, values);
    return db_query(db, id, values, on_row, rows);
}

// ---- what the wrappers call

enum err sql_run(struct db *db, enum sql_id id, const void *in)
{
    struct db_value values[SQL_FIELDS_MAX];

    values_of(statement_of(id), in, values);
    return db_exec(db, id, values);
}

enum err sql_run_ahead(struct db *db, enum sql_id id, const void *in)
{
    struct db_value values[SQL_FIELDS_MAX];

    if (!db_asks_ahead(db))
        return OK;
    values_of(statement_of(id), in, values);
    return db_ahead(db, id, values);
}

enum err sql_run_changed(struct db *db, enum sql_id id, const void *in, int64_t *ret_changed)
{
    struct db_value values[SQL_FIELDS_MAX];

    values_of(statement_of(id), in, values);
    return db_exec_changed(db, id, values, ret_changed);
}

enum err sql_run_one(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                     void *ret_out)
{
    struct rows rows = {.statement = statement_of(id), .arena = arena, .room_max = 1};
    enum err e = run_query(db, id, in, &rows);

    if (e)
        return e;
    if (!rows.n)
        return ERR_NOT_FOUND;
    memcpy(ret_out, rows.p, rows.statement->out_size);
    return OK;
}

enum err sql_run_many(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                      void **ret_rows, size_t *ret_n)
{
    struct rows rows = {.statement = statement_of(id), .arena = arena, .room_max = SIZE_MAX / 2};
    enum err e = run_query(db, id, in, &rows);

    if (e)
        return e;
    *ret_rows = rows.p;
    *ret_n = rows.n;
    return OK;
}

struct one_i64 {
    bool seen;
    int64_t value;
};

static enum err on_i64(void *ctx, const struct db_value *columns)
{
    struct one_i64 *one = ctx;

    if (one->seen || columns[0].type != DB_I64)
        return ERR_STORE_CORRUPT;
    *one = (struct one_i64){true, columns[0].i64};
    return OK;
}

enum err sql_run_i64(struct db *db, enum sql_id id, const void *in, int64_t *ret_value)
{
    struct db_value values[SQL_FIELDS_MAX];
    struct one_i64 one = {0};
    const struct sql_statement *statement = statement_of(id);

    CHECK(statement->n_out == 1 && statement->out[0].type == SQL_TYPE_I64);
    values_of(statement, in, values);
    enum err e = db_query(db, id, values, on_i64, &one);
    if (e)
        return e;
    if (!one.seen)
        return ERR_NOT_FOUND;
    *ret_value = one.value;
    return OK;
}
