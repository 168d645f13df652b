// SPDX-License-Identifier: Apache-2.0
// batch.c - rows that travel together.
//
// Layer: store.  Tests: tests/store/batch_test.c
#include "store/batch.h"

#include "base/hash.h"
#include "store/pg_wire.h"

#include <string.h>

#define BATCH_BYTES_MAX ((size_t)256 << 20)
#define BATCH_KEPT ((size_t)4 << 20)
#define INDEX_BUCKETS 1024

struct batch_place {
    struct batch_place *next;
    uint64_t hash;
    struct str key;
    struct batch_rows *rows;
    int32_t row;
};

// ---- life cycle

static void start(struct batch *batch, bool indexed)
{
    batch->first = NULL;
    batch->end = &batch->first;
    batch->bytes = 0;
    batch->index = indexed ? arena_new(&batch->arena, INDEX_BUCKETS * sizeof *batch->index) : NULL;
}

void batch_init(struct batch *batch, bool indexed)
{
    arena_init(&batch->arena, BATCH_BYTES_MAX);
    start(batch, indexed);
}

void batch_release(struct batch *batch)
{
    arena_release(&batch->arena);
}

void batch_clear(struct batch *batch)
{
    if (!batch->first)
        return;
    if (batch->arena.used > BATCH_KEPT)
        arena_release(&batch->arena);
    else
        arena_clear(&batch->arena);
    start(batch, batch->index != NULL);
}

bool batch_is_empty(const struct batch *batch)
{
    return !batch->first;
}

// ---- rows

struct str batch_array(const struct batch_rows *rows, int i)
{
    return pg_array_text(&rows->arrays[i], rows->n);
}

static struct batch_rows *rows_for(struct batch *batch, enum sql_id id, int64_t tenant_id)
{
    const struct sql_statement *statement = &sql_statements[id];
    struct batch_rows *rows = batch->first;

    while (rows && (rows->id != id || rows->tenant_id != tenant_id || rows->is_sent))
        rows = rows->next;
    if (rows)
        return rows;
    rows = arena_new(&batch->arena, sizeof *rows + (size_t)statement->n_in * sizeof *rows->arrays);
    rows->id = id;
    rows->tenant_id = tenant_id;
    for (int i = 1; i < statement->n_in; i++) {
        buf_init(&rows->arrays[i], &batch->arena);
        pg_array_begin(&rows->arrays[i], statement->in[i].type);
    }
    *batch->end = rows;
    batch->end = &rows->next;
    return rows;
}

static size_t size_of(const struct db_value *value)
{
    return value->type == DB_TEXT || value->type == DB_BLOB ? value->bytes.n : sizeof value->i64;
}

// ---- the index

#define KEY_MAX 1024

struct row_key {
    char bytes[KEY_MAX];
    size_t n;
    uint64_t hash;
};

static bool key_put(struct row_key *key, const void *bytes, size_t n)
{
    if (n > sizeof key->bytes - key->n)
        return false;
    memcpy(key->bytes + key->n, bytes, n);
    key->n += n;
    return true;
}

// Statement and parameters as bytes.  False: longer than what is worth finding again.
static bool key_of(enum sql_id id, const struct db_value *params, struct row_key *ret_key)
{
    int number = (int)id;

    ret_key->n = 0;
    bool fits = key_put(ret_key, &number, sizeof number);
    for (int i = 0; fits && i < sql_statements[id].n_in; i++) {
        const struct db_value *value = &params[i];
        size_t n = size_of(value);
        bool is_bytes = value->type == DB_TEXT || value->type == DB_BLOB;
        fits = key_put(ret_key, &value->type, sizeof value->type) &&
               key_put(ret_key, &n, sizeof n) &&
               (!n || key_put(ret_key, is_bytes ? (const void *)value->bytes.p : &value->i64, n));
    }
    if (fits)
        ret_key->hash = hash_plain(HASH_PLAIN_BEGIN, ret_key->bytes, ret_key->n);
    return fits;
}

static struct batch_place **place_of(const struct batch *batch, const struct row_key *key)
{
    struct batch_place **at = &batch->index[key->hash % INDEX_BUCKETS];

    while (*at && ((*at)->hash != key->hash || (*at)->key.n != key->n ||
                   memcmp((*at)->key.p, key->bytes, key->n) != 0))
        at = &(*at)->next;
    return at;
}

bool batch_find(const struct batch *batch, enum sql_id id, const struct db_value *params,
                struct batch_rows **ret_rows, int32_t *ret_row)
{
    struct row_key key;

    if (!batch->first || !key_of(id, params, &key))
        return false;
    const struct batch_place *place = *place_of(batch, &key);
    if (!place)
        return false;
    *ret_rows = place->rows;
    *ret_row = place->row;
    return true;
}

void batch_forget(struct batch *batch, enum sql_id id, const struct db_value *params)
{
    struct row_key key;

    if (!batch->first || !key_of(id, params, &key))
        return;
    struct batch_place **at = place_of(batch, &key);
    if (*at)
        *at = (*at)->next;
}

static void index_row(struct batch *batch, const struct row_key *key, struct batch_rows *rows)
{
    struct batch_place **at = &batch->index[key->hash % INDEX_BUCKETS];
    struct batch_place *place = ARENA_NEW(&batch->arena, struct batch_place);

    *place = (struct batch_place){.next = *at,
                                  .hash = key->hash,
                                  .key = str_dup(&batch->arena, (struct str){key->bytes, key->n}),
                                  .rows = rows,
                                  .row = rows->n};
    *at = place;
}

enum err batch_add(struct batch *batch, enum sql_id id, const struct db_value *params)
{
    const struct sql_statement *statement = &sql_statements[id];
    struct row_key key;
    bool indexed = batch->index && key_of(id, params, &key);

    CHECK(statement->batch_text && params[0].type == DB_I64);
    if (batch->index && (!indexed || *place_of(batch, &key)))
        return OK;
    struct batch_rows *rows = rows_for(batch, id, params[0].i64);
    if (indexed)
        index_row(batch, &key, rows);
    for (int i = 1; i < statement->n_in; i++) {
        pg_array_put(&rows->arrays[i], &params[i]);
        batch->bytes += size_of(&params[i]);
    }
    rows->n++;
    return arena_overflowed(&batch->arena) ? ERR_MEMORY : OK;
}

void batch_sort(struct batch *batch)
{
    struct batch_rows *sorted = NULL;

    while (batch->first) {
        struct batch_rows *rows = batch->first, **at = &sorted;
        int place = sql_statements[rows->id].batch_place;
        batch->first = rows->next;
        while (*at && sql_statements[(*at)->id].batch_place <= place)
            at = &(*at)->next;
        rows->next = *at;
        *at = rows;
    }
    batch->first = sorted;
    batch->end = &batch->first;
    while (*batch->end)
        batch->end = &(*batch->end)->next;
}
