// SPDX-License-Identifier: Apache-2.0
// copy_page.c - see copy_page.h.
//
// A page's parameters are tenant_id (if it has one), its key and row_limit; the key begins below
// everything that can be stored.
//
// Layer: store.  Tests: tests/store/copy_test.c, tests/cli/move_test.py
#include "store/copy_page.h"

#include "base/buf.h"
#include "base/id.h"

#include <string.h>

static const struct sql_statement *statement_of(const struct pages *pages)
{
    return &sql_statements[pages->list->page];
}

static bool is_named(const struct sql_field *field, const char *name)
{
    return strcmp(field->name, name) == 0;
}

// Below every value of the type.
static struct db_value lowest(const struct sql_field *param)
{
    static const struct id nil;

    if (param->nullable)
        return (struct db_value){.type = DB_NULL};
    if (param->type == SQL_TYPE_I64)
        return (struct db_value){.type = DB_I64, .i64 = INT64_MIN};
    if (param->type == SQL_TYPE_TEXT)
        return (struct db_value){.type = DB_TEXT, .bytes = STR("")};
    if (param->type == SQL_TYPE_ID)
        return (struct db_value){.type = DB_BLOB, .bytes = {(const char *)nil.b, sizeof nil.b}};
    return (struct db_value){.type = DB_BLOB, .bytes = STR("")};
}

static int column_named(const struct sql_statement *page, struct str name)
{
    int i = 0;

    while (i < page->n_out && !str_eq(str_of(page->out[i].name), name))
        i++;
    CHECK(i < page->n_out);
    return i;
}

static void find_key(struct pages *pages)
{
    for (const char *at = pages->list->key; *at;) {
        size_t n = strcspn(at, " ");
        CHECK(pages->n_key < COPY_KEY_MAX);
        pages->key_columns[pages->n_key++] = column_named(statement_of(pages), (struct str){at, n});
        at += n + (at[n] == ' ');
    }
}

void pages_init(struct pages *pages, const struct copy_list *list, int64_t tenant_id)
{
    const struct sql_statement *page = &sql_statements[list->page];
    int n = 0;

    *pages = (struct pages){.list = list, .tenant_id = tenant_id, .n_columns = page->n_out};
    arena_init(&pages->rooms[0], (size_t)1 << 24);
    arena_init(&pages->rooms[1], (size_t)1 << 24);
    find_key(pages);
    for (int i = 0; i < page->n_in; i++)
        if (!is_named(&page->in[i], "tenant_id") && !is_named(&page->in[i], "row_limit"))
            pages->key[n++] = lowest(&page->in[i]);
    CHECK(n == pages->n_key);
}

void pages_release(struct pages *pages)
{
    arena_release(&pages->rooms[0]);
    arena_release(&pages->rooms[1]);
}

// The last row's key stays while the row goes.
static enum err keep_key(struct pages *pages, const struct db_value *columns)
{
    struct arena *room = &pages->rooms[1 - pages->room]; // the other one is still asked with

    arena_clear(room);
    for (int i = 0; i < pages->n_key; i++) {
        pages->last[i] = columns[pages->key_columns[i]];
        if (pages->last[i].type == DB_TEXT || pages->last[i].type == DB_BLOB)
            pages->last[i].bytes = str_dup(room, pages->last[i].bytes);
    }
    return arena_overflowed(room) ? ERR_MEMORY : OK;
}

static void params_of(const struct pages *pages, struct db_value *ret_params)
{
    const struct sql_statement *page = statement_of(pages);
    int n = 0;

    for (int i = 0; i < page->n_in; i++) {
        if (is_named(&page->in[i], "tenant_id"))
            ret_params[i] = (struct db_value){.type = DB_I64, .i64 = pages->tenant_id};
        else if (is_named(&page->in[i], "row_limit"))
            ret_params[i] = (struct db_value){.type = DB_I64, .i64 = COPY_PAGE};
        else
            ret_params[i] = pages->key[n++];
    }
}

struct reading {
    struct pages *pages;
    enum err (*on_row)(void *ctx, const struct db_value *columns);
    void *ctx;
};

static enum err on_read(void *ctx, const struct db_value *columns)
{
    struct reading *reading = ctx;
    struct pages *pages = reading->pages;

    if (pages->n_rows == COPY_PAGE)
        return ERR_STORE_CORRUPT;
    enum err e = reading->on_row(reading->ctx, columns);
    pages->n_rows++;
    if (!e && pages->n_rows == COPY_PAGE)
        e = keep_key(pages, columns);
    return e;
}

enum err pages_read(struct pages *pages, struct db *db,
                    enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx)
{
    struct db_value params[SQL_FIELDS_MAX];
    struct reading reading = {.pages = pages, .on_row = on_row, .ctx = ctx};

    pages->n_rows = 0;
    if (pages->at_end)
        return OK;
    params_of(pages, params);
    return db_query(db, pages->list->page, params, on_read, &reading);
}

void pages_advance(struct pages *pages)
{
    if (pages->n_rows < COPY_PAGE) {
        pages->at_end = true;
        return;
    }
    memcpy(pages->key, pages->last, sizeof pages->key);
    pages->room = 1 - pages->room;
}

// ---- naming a row

struct naming {
    const struct pages *pages;
    int row, at;
    struct buf name;
};

static bool is_printable(struct str text)
{
    if (!str_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == '\x7f')
            return false;
    return true;
}

static void put_name(struct buf *name, const struct db_value *value)
{
    if (value->type == DB_I64)
        buf_i64(name, value->i64);
    else if (value->type == DB_TEXT && is_printable(value->bytes))
        buf_str(name, value->bytes);
    else
        buf_hex(name, value->bytes.p, value->bytes.n);
}

static enum err on_named(void *ctx, const struct db_value *columns)
{
    struct naming *naming = ctx;
    const struct pages *pages = naming->pages;

    if (naming->at++ != naming->row)
        return OK;
    if (is_named(&statement_of(pages)->in[0], "tenant_id"))
        buf_printf(&naming->name, "tenant_id %lld, ", (long long)pages->tenant_id);
    for (int i = 0; i < pages->n_key; i++) {
        int column = pages->key_columns[i];
        buf_printf(&naming->name, "%s%s ", i ? ", " : "", statement_of(pages)->out[column].name);
        put_name(&naming->name, &columns[column]);
    }
    return OK;
}

enum err pages_name(const struct pages *pages, struct db *db, int row, struct arena *arena,
                    struct str *ret_name)
{
    struct db_value params[SQL_FIELDS_MAX];
    struct naming naming = {.pages = pages, .row = row};

    buf_init(&naming.name, arena);
    params_of(pages, params);
    enum err e = db_query(db, pages->list->page, params, on_named, &naming);
    if (e)
        return e;
    *ret_name = buf_text(&naming.name);
    return OK;
}
