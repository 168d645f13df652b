// SPDX-License-Identifier: Apache-2.0
// idempotency.c - replies that were given under a key.
//
// Layer: store.  Tests: tests/store/events_test.c
#include "store/events.h"
#include "store/sql_gen.h"

// For the keys of one portion that is deleted; 10,000 of the longest fit.
#define ROOM ((size_t)8 * 1024 * 1024)

enum err store_idempotency_get(struct db *db, int64_t tenant_id, int64_t bucket, int64_t key_id,
                               struct str key, struct arena *arena, struct idempotency_row *ret_row)
{
    struct sql_idempotency_get_in in = {.tenant_id = tenant_id,
                                        .bucket = bucket,
                                        .key_id = key_id,
                                        .key = key};
    struct sql_idempotency_get_out out;
    enum err e = sql_idempotency_get(db, &in, arena, &out);

    if (e == ERR_NOT_FOUND) {
        in.bucket--;
        e = sql_idempotency_get(db, &in, arena, &out);
    }
    if (!e)
        *ret_row = (struct idempotency_row){
            .bucket = in.bucket,
            .key_id = key_id,
            .key = key,
            .fingerprint = out.fingerprint,
            .status = out.status,
            .body = out.body,
            .event_id = out.event_id,
            .recorded_us = out.recorded_us,
        };
    return e;
}

enum err store_idempotency_ahead(struct db *db, int64_t tenant_id, int64_t bucket, int64_t key_id,
                                 struct str key)
{
    struct sql_idempotency_get_in in = {.tenant_id = tenant_id,
                                        .bucket = bucket,
                                        .key_id = key_id,
                                        .key = key};

    enum err e = sql_idempotency_get_ahead(db, &in);
    in.bucket--;
    return e ? e : sql_idempotency_get_ahead(db, &in);
}

enum err store_idempotency_insert(struct db *db, int64_t tenant_id,
                                  const struct idempotency_row *row)
{
    struct sql_idempotency_insert_in in = {
        .tenant_id = tenant_id,
        .bucket = row->bucket,
        .key_id = row->key_id,
        .key = row->key,
        .fingerprint = row->fingerprint,
        .status = row->status,
        .body = row->body,
        .has_event_id = !id_is_nil(row->event_id),
        .event_id = row->event_id,
        .recorded_us = row->recorded_us,
    };

    return sql_idempotency_insert(db, &in);
}

static struct sql_idempotency_old_list_in oldest(int64_t tenant_id, int64_t before)
{
    return (struct sql_idempotency_old_list_in){.tenant_id = tenant_id,
                                                .before_bucket = before,
                                                .row_limit = 1};
}

enum err store_idempotency_has_old(struct db *db, int64_t tenant_id, int64_t before,
                                   struct arena *arena, bool *ret_any)
{
    struct sql_idempotency_old_list_in in = oldest(tenant_id, before);
    struct sql_idempotency_old_list_out *rows;
    size_t n;
    enum err e = sql_idempotency_old_list(db, &in, arena, &rows, &n);

    if (!e)
        *ret_any = n > 0;
    return e;
}

enum err store_idempotency_has_old_ahead(struct db *db, int64_t tenant_id, int64_t before)
{
    struct sql_idempotency_old_list_in in = oldest(tenant_id, before);

    return sql_idempotency_old_list_ahead(db, &in);
}

// The last of the oldest; ret_n 0: there is none.
static enum err find_bound(struct db *db, const struct sql_idempotency_old_list_in *in,
                           struct arena *arena, struct sql_idempotency_delete_in *bound,
                           size_t *ret_n)
{
    struct sql_idempotency_old_list_out *rows;
    enum err e = sql_idempotency_old_list(db, in, arena, &rows, ret_n);

    if (e || !*ret_n)
        return e;
    const struct sql_idempotency_old_list_out *last = &rows[*ret_n - 1];
    *bound = (struct sql_idempotency_delete_in){.tenant_id = in->tenant_id,
                                                .bucket = last->bucket,
                                                .key_id = last->key_id,
                                                .key = last->key};
    return OK;
}

// Two statements, because only a bound that is a parameter lets SQLite stop where it is reached.
enum err store_idempotency_delete(struct db *db, int64_t tenant_id, int64_t before, int64_t limit,
                                  int64_t *ret_n)
{
    struct sql_idempotency_old_list_in in = {.tenant_id = tenant_id,
                                             .before_bucket = before,
                                             .row_limit = limit};
    struct sql_idempotency_delete_in bound;
    struct arena arena;
    size_t n = 0;

    arena_init(&arena, ROOM);
    *ret_n = 0;
    enum err e = find_bound(db, &in, &arena, &bound, &n);
    if (!e && n)
        e = sql_idempotency_delete(db, &bound, ret_n);
    arena_release(&arena);
    return e;
}
