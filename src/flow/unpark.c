// SPDX-License-Identifier: Apache-2.0
// unpark.c - returns that waited for their sale.
//
// A sale carries out what waits for it, a return looks for its sale before it waits.  Two processes
// that do so in the same moment miss each other: neither sees what the other has not committed.  So
// somebody looks again, now and then.
//
//   K1  A return is carried out under its own key and id, so that two that find it at once do so
//       once: the second is a conflict, looks again and finds nothing.
//   K2  A return that has met its sale and does not fit it bears the sale's member from then on,
//   and
//       is not tried again: what is left of an order never grows.
//
// Layer: flow.  Tests: tests/jobs/unpark_test.c, tests/sim/
#include "base/json_out.h"
#include "flow/event_in.h"
#include "flow/ingest.h"
#include "store/events.h"

// ---- what waits for one order

static bool does_not_fit(enum err e)
{
    return e == ERR_INPUT_INVALID || e == ERR_REFUND_EXCEEDS_ORDER || e == ERR_MEMBER_CLOSED;
}

static enum err carry_out(struct tx *tx, struct arena *arena, int64_t tenant_id,
                          const struct parked_row *parked, const struct event_row *order,
                          int64_t at_us, size_t *n)
{
    struct event_in in;
    enum err e = event_in_read(arena, parked->payload, &in);
    if (e)
        return e;
    struct problems problems;
    problems_init(&problems, arena);
    struct ingest_refund refund = {.by = {tenant_id, parked->actor_id},
                                   .event_id = parked->event_id,
                                   .in = &in,
                                   .order = order,
                                   .occurred_us = parked->occurred_us,
                                   .at_us = at_us};
    struct event_out out;
    e = ingest_refund(tx, arena, &refund, &problems, &out);
    if (does_not_fit(e)) // K2
        return tx_wrote(tx, store_parked_update(tx->db, tenant_id, &parked->key, order->member_id));
    if (e)
        return e;
    ++*n;
    e = store_parked_delete(tx->db, tenant_id, &parked->key);
    return tx_wrote(tx, e == ERR_NOT_FOUND ? ERR_STORE_CONFLICT : e); // K1
}

enum err ingest_parked(struct tx *tx, struct arena *arena, int64_t tenant_id,
                       const struct event_key *order_key, int64_t at_us, size_t *ret_n)
{
    struct parked_row *parked;
    size_t n;
    enum err e = store_parked_list_by_order(tx->db, tenant_id, order_key->source,
                                            order_key->external_id, arena, &parked, &n);
    *ret_n = 0;
    if (e || n == 0)
        return e;
    struct event_row order;
    e = store_event_get_by_key(tx->db, tenant_id, order_key, arena, &order);
    for (size_t i = 0; !e && i < n; i++)
        if (id_is_nil(parked[i].member_id))
            e = carry_out(tx, arena, tenant_id, &parked[i], &order, at_us, ret_n);
    return e;
}

// ---- all that waits, a part at a time

// Where the next call goes on: the key of the last one that was looked at, as three texts of JSON;
// empty: from the first.
#define PLACE STR("unpark_after")

// Locks of so many members are held to the end of the transaction.
#define ORDERS_AT_ONCE 50

static enum err read_place(struct tx *tx, int64_t tenant_id, struct str *ret_text,
                           struct event_key *ret_key)
{
    const struct json *json;
    struct problems problems;
    *ret_text = STR("");
    enum err e = store_setting_get(tx->db, tenant_id, PLACE, &tx->arena, ret_text);
    if (e || ret_text->n == 0)
        return e == ERR_NOT_FOUND ? OK : e;
    problems_init(&problems, &tx->arena);
    e = json_parse(&tx->arena, *ret_text, &json_limits_request, &problems, &json);
    if (e == ERR_MEMORY)
        return e;
    if (e || json->type != JSON_TYPE_ARRAY || json->n != 3)
        return ERR_STORE_CORRUPT;
    *ret_key = (struct event_key){json->items[0].text, json->items[1].text, json->items[2].text};
    return OK;
}

// Writes only what has changed: nothing at all while few wait.
static enum err keep_place(struct tx *tx, int64_t tenant_id, struct str before,
                           const struct event_key *key)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, &tx->arena);
    if (key) {
        json_init(&out, &text);
        json_array(&out);
        json_str(&out, key->source);
        json_str(&out, key->external_id);
        json_str(&out, key->type);
        json_end(&out);
    }
    if (str_eq(buf_text(&text), before))
        return OK;
    return tx_wrote(tx, store_setting_update(tx->db, tenant_id, PLACE, buf_text(&text)));
}

enum err flow_unpark(struct tx *tx, int64_t tenant_id, int limit, struct unparked *ret_unparked)
{
    struct str before;
    struct event_key after = {0};
    struct parked_known *parked;
    size_t n, i, n_orders = 0;
    struct unparked unparked = {0};
    enum err e = read_place(tx, tenant_id, &before, &after);
    if (!e)
        e = store_parked_known_list(tx->db, tenant_id, before.n ? &after : NULL, limit, &tx->arena,
                                    &parked, &n);
    if (e)
        return e;
    for (i = 0; !e && i < n && n_orders < ORDERS_AT_ONCE; i++) {
        if (!parked[i].known)
            continue;
        struct event_key order = {parked[i].key.source, parked[i].refund_of, STR("order.paid")};
        size_t n_done;
        n_orders++;
        e = ingest_parked(tx, &tx->arena, tenant_id, &order, tx->now_us, &n_done);
        unparked.n += n_done;
    }
    if (e)
        return e;
    bool whole = i == n && n < (size_t)limit; // the last of those that wait was seen
    unparked.more = n_orders == ORDERS_AT_ONCE;
    e = keep_place(tx, tenant_id, before, whole ? NULL : &parked[i - 1].key);
    if (!e)
        *ret_unparked = unparked;
    return e;
}

enum err flow_unpark_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    struct parked_known *parked;
    size_t n;
    if (!ret_any)
        return store_parked_known_list_ahead(tx->db, tenant_id, 1);
    enum err e = store_parked_known_list(tx->db, tenant_id, NULL, 1, &tx->arena, &parked, &n);
    if (!e)
        *ret_any = n > 0;
    return e;
}
