// SPDX-License-Identifier: Apache-2.0
// parked.c - returns that came before their sale.
//
// Layer: store.  Tests: tests/store/events_test.c
#include "store/events.h"
#include "store/rows.h"
#include "store/sql_gen.h"

// All statements that read parked returns have the same columns; one row of any of them.
static struct parked_row parked_of(const struct sql_parked_get_out *row)
{
    return (struct parked_row){
        .key = {row->source, row->external_id, row->type},
        .member_id = row->member_id,
        .refund_of = row->refund_of,
        .event_id = row->event_id,
        .occurred_us = row->occurred_us,
        .recorded_us = row->recorded_us,
        .fingerprint = row->fingerprint,
        .payload = row->payload,
        .reply = row->reply,
        .actor_id = row->actor_id,
    };
}

_Static_assert(sizeof(struct sql_parked_get_out) == sizeof(struct sql_parked_order_list_out) &&
                   sizeof(struct sql_parked_get_out) == sizeof(struct sql_parked_list_out),
               "statements about parked returns select the same columns");

static enum err list_parked(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                            struct parked_row **ret_parked, size_t *ret_n)
{
    void *rows;
    size_t n;
    enum err e = sql_run_many(db, id, in, arena, &rows, &n);

    if (e)
        return e;
    struct parked_row *parked = rows_new(arena, n, sizeof *parked);
    if (!parked)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        parked[i] = parked_of((const struct sql_parked_get_out *)rows + i);
    *ret_parked = parked;
    *ret_n = n;
    return OK;
}

enum err store_parked_insert(struct db *db, int64_t tenant_id, const struct parked_row *parked)
{
    struct sql_parked_insert_in in = {
        .tenant_id = tenant_id,
        .source = parked->key.source,
        .external_id = parked->key.external_id,
        .type = parked->key.type,
        .has_member_id = !id_is_nil(parked->member_id),
        .member_id = parked->member_id,
        .refund_of = parked->refund_of,
        .event_id = parked->event_id,
        .occurred_us = parked->occurred_us,
        .recorded_us = parked->recorded_us,
        .fingerprint = parked->fingerprint,
        .payload = parked->payload,
        .reply = parked->reply,
        .has_actor_id = parked->actor_id != 0,
        .actor_id = parked->actor_id,
    };

    return sql_parked_insert(db, &in);
}

enum err store_parked_get(struct db *db, int64_t tenant_id, const struct event_key *key,
                          struct arena *arena, struct parked_row *ret_parked)
{
    struct sql_parked_get_in in = {.tenant_id = tenant_id,
                                   .source = key->source,
                                   .external_id = key->external_id,
                                   .type = key->type};
    struct sql_parked_get_out out;
    enum err e = sql_parked_get(db, &in, arena, &out);

    if (!e)
        *ret_parked = parked_of(&out);
    return e;
}

enum err store_parked_list_by_order(struct db *db, int64_t tenant_id, struct str source,
                                    struct str refund_of, struct arena *arena,
                                    struct parked_row **ret_parked, size_t *ret_n)
{
    struct sql_parked_order_list_in in = {.tenant_id = tenant_id,
                                          .source = source,
                                          .refund_of = refund_of};

    return list_parked(db, SQL_PARKED_ORDER_LIST, &in, arena, ret_parked, ret_n);
}

enum err store_parked_get_ahead(struct db *db, int64_t tenant_id, const struct event_key *key)
{
    struct sql_parked_get_in in = {.tenant_id = tenant_id,
                                   .source = key->source,
                                   .external_id = key->external_id,
                                   .type = key->type};

    return sql_parked_get_ahead(db, &in);
}

enum err store_parked_list_by_order_ahead(struct db *db, int64_t tenant_id, struct str source,
                                          struct str refund_of)
{
    struct sql_parked_order_list_in in = {.tenant_id = tenant_id,
                                          .source = source,
                                          .refund_of = refund_of};

    return sql_parked_order_list_ahead(db, &in);
}

enum err store_parked_list(struct db *db, int64_t tenant_id, const struct event_key *after,
                           int64_t limit, struct arena *arena, struct parked_row **ret_parked,
                           size_t *ret_n)
{
    // A source is never empty, so that empty texts come before the first key.
    struct sql_parked_list_in in = {.tenant_id = tenant_id, .row_limit = limit};

    if (after) {
        in.source = after->source;
        in.external_id = after->external_id;
        in.type = after->type;
    }
    return list_parked(db, SQL_PARKED_LIST, &in, arena, ret_parked, ret_n);
}

enum err store_parked_known_list(struct db *db, int64_t tenant_id, const struct event_key *after,
                                 int64_t limit, struct arena *arena,
                                 struct parked_known **ret_parked, size_t *ret_n)
{
    struct sql_parked_known_list_in in = {.tenant_id = tenant_id, .row_limit = limit};
    struct sql_parked_known_list_out *rows;
    size_t n;

    if (after) {
        in.source = after->source;
        in.external_id = after->external_id;
        in.type = after->type;
    }
    enum err e = sql_parked_known_list(db, &in, arena, &rows, &n);
    if (e)
        return e;
    struct parked_known *parked = rows_new(arena, n, sizeof *parked);
    if (!parked)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        parked[i] = (struct parked_known){
            .key = {rows[i].source, rows[i].external_id, rows[i].type},
            .refund_of = rows[i].refund_of,
            .known = rows[i].n_sales > 0,
        };
    *ret_parked = parked;
    *ret_n = n;
    return OK;
}

enum err store_parked_known_list_ahead(struct db *db, int64_t tenant_id, int64_t limit)
{
    struct sql_parked_known_list_in in = {.tenant_id = tenant_id, .row_limit = limit};

    return sql_parked_known_list_ahead(db, &in);
}

enum err store_parked_update(struct db *db, int64_t tenant_id, const struct event_key *key,
                             struct id member_id)
{
    struct sql_parked_update_in in = {.tenant_id = tenant_id,
                                      .source = key->source,
                                      .external_id = key->external_id,
                                      .type = key->type,
                                      .member_id = member_id};
    int64_t changed;

    return sql_parked_update(db, &in, &changed);
}

enum err store_parked_delete(struct db *db, int64_t tenant_id, const struct event_key *key)
{
    struct sql_parked_delete_in in = {.tenant_id = tenant_id,
                                      .source = key->source,
                                      .external_id = key->external_id,
                                      .type = key->type};
    int64_t changed;
    enum err e = sql_parked_delete(db, &in, &changed);

    if (e)
        return e;
    return changed ? OK : ERR_NOT_FOUND;
}
