// SPDX-License-Identifier: Apache-2.0
// events.c - what came from outside and was judged.
//
// Layer: store.  Tests: tests/store/events_test.c
#include "store/events.h"

#include "store/rows.h"
#include "store/sql_gen.h"

// All statements that read events have the same columns; this is one row of any of them.
static struct event_row event_of(const struct sql_event_get_out *row)
{
    return (struct event_row){
        .event_id = row->event_id,
        .member_id = row->member_id,
        .key = {row->source, row->external_id, row->type},
        .order_id = row->order_id,
        .occurred_us = row->occurred_us,
        .recorded_us = row->recorded_us,
        .program_version = row->program_version,
        .fingerprint = row->fingerprint,
        .payload = row->payload,
        .facts = row->facts,
        .reply = row->reply,
        .first_seq = row->first_seq,
        .last_seq = row->last_seq,
        .actor_id = row->actor_id,
    };
}

_Static_assert(sizeof(struct sql_event_get_out) == sizeof(struct sql_event_get_by_key_out) &&
                   sizeof(struct sql_event_get_out) == sizeof(struct sql_event_list_out) &&
                   sizeof(struct sql_event_get_out) == sizeof(struct sql_event_order_list_out),
               "statements about events select the same columns");

static enum err get_event(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                          struct event_row *ret_event)
{
    struct sql_event_get_out out;
    enum err e = sql_run_one(db, id, in, arena, &out);

    if (!e)
        *ret_event = event_of(&out);
    return e;
}

static enum err list_events(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                            struct event_row **ret_events, size_t *ret_n)
{
    void *rows;
    size_t n;
    enum err e = sql_run_many(db, id, in, arena, &rows, &n);

    if (e)
        return e;
    struct event_row *events = rows_new(arena, n, sizeof *events);
    if (!events)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        events[i] = event_of((const struct sql_event_get_out *)rows + i);
    *ret_events = events;
    *ret_n = n;
    return OK;
}

enum err store_event_insert(struct db *db, int64_t tenant_id, const struct event_row *event)
{
    struct sql_event_insert_in in = {
        .tenant_id = tenant_id,
        .event_id = event->event_id,
        .member_id = event->member_id,
        .source = event->key.source,
        .external_id = event->key.external_id,
        .type = event->key.type,
        .has_order_id = !id_is_nil(event->order_id),
        .order_id = event->order_id,
        .occurred_us = event->occurred_us,
        .recorded_us = event->recorded_us,
        .program_version = event->program_version,
        .fingerprint = event->fingerprint,
        .payload = event->payload,
        .facts = event->facts,
        .reply = event->reply,
        .first_seq = event->first_seq,
        .last_seq = event->last_seq,
        .has_actor_id = event->actor_id != 0,
        .actor_id = event->actor_id,
    };

    return sql_event_insert(db, &in);
}

enum err store_event_get(struct db *db, int64_t tenant_id, struct id event_id, struct arena *arena,
                         struct event_row *ret_event)
{
    struct sql_event_get_in in = {.tenant_id = tenant_id, .event_id = event_id};

    return get_event(db, SQL_EVENT_GET, &in, arena, ret_event);
}

enum err store_event_get_by_key(struct db *db, int64_t tenant_id, const struct event_key *key,
                                struct arena *arena, struct event_row *ret_event)
{
    struct sql_event_get_by_key_in in = {.tenant_id = tenant_id,
                                         .source = key->source,
                                         .external_id = key->external_id,
                                         .type = key->type};

    return get_event(db, SQL_EVENT_GET_BY_KEY, &in, arena, ret_event);
}

enum err store_event_get_by_key_ahead(struct db *db, int64_t tenant_id, const struct event_key *key)
{
    struct sql_event_get_by_key_in in = {.tenant_id = tenant_id,
                                         .source = key->source,
                                         .external_id = key->external_id,
                                         .type = key->type};

    return sql_event_get_by_key_ahead(db, &in);
}

enum err store_event_list(struct db *db, int64_t tenant_id, const struct member_page *page,
                          struct arena *arena, struct event_row **ret_events, size_t *ret_n)
{
    struct sql_event_list_in in = {.tenant_id = tenant_id,
                                   .member_id = page->member_id,
                                   .before_id = id_or_last(page->before_id),
                                   .row_limit = page->limit};

    return list_events(db, SQL_EVENT_LIST, &in, arena, ret_events, ret_n);
}

enum err store_event_list_by_order(struct db *db, int64_t tenant_id, struct id order_id,
                                   struct arena *arena, struct event_row **ret_events,
                                   size_t *ret_n)
{
    struct sql_event_order_list_in in = {.tenant_id = tenant_id, .order_id = order_id};

    return list_events(db, SQL_EVENT_ORDER_LIST, &in, arena, ret_events, ret_n);
}

enum err store_event_list_by_order_ahead(struct db *db, int64_t tenant_id, struct id order_id)
{
    struct sql_event_order_list_in in = {.tenant_id = tenant_id, .order_id = order_id};

    return sql_event_order_list_ahead(db, &in);
}
