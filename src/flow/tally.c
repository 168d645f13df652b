// SPDX-License-Identifier: Apache-2.0
// tally.c - how much of each line of an order has come back so far.
//
// Layer: flow.  Tests: tests/flow/flow_test.c, tests/api/refunds.http
#include "flow/tally.h"

#include "flow/event_in.h"
#include "store/events.h"

size_t tally_line(const struct tally *tally, struct str line_id)
{
    size_t i = 0;
    while (i < tally->order->n_lines && !str_eq(tally->order->lines[i].id, line_id))
        i++;
    return i;
}

bool tally_init(struct tally *tally, struct arena *arena, const struct order *order)
{
    tally->order = order;
    tally->lines = arena_try_array(arena, order->n_lines, sizeof *tally->lines);
    for (size_t i = 0; tally->lines && i < order->n_lines; i++)
        tally->lines[i].line_id = order->lines[i].id;
    return tally->lines != NULL;
}

int64_t tally_left(const struct tally *tally, size_t line)
{
    return tally->order->lines[line].quantity - tally->lines[line].quantity;
}

void tally_add(struct tally *tally, const struct event_in *in)
{
    for (size_t i = 0; in->n_returned == 0 && i < tally->order->n_lines; i++)
        tally->lines[i].quantity = tally->order->lines[i].quantity;
    for (size_t k = 0; k < in->n_returned; k++) {
        size_t i = tally_line(tally, in->returned[k].line_id);
        if (i < tally->order->n_lines)
            tally->lines[i].quantity += in->returned[k].quantity;
    }
}

enum err tally_earlier(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id order_id,
                       struct tally *tally)
{
    struct event_row *rows;
    size_t n;
    enum err e = store_event_list_by_order(tx->db, tenant_id, order_id, arena, &rows, &n);
    for (size_t i = 0; !e && i < n; i++) {
        struct event_in in;
        e = event_in_read(arena, rows[i].payload, &in);
        if (!e)
            tally_add(tally, &in);
    }
    return e;
}

size_t tally_compact(struct tally *tally)
{
    size_t n = 0;
    for (size_t i = 0; i < tally->order->n_lines; i++)
        if (tally->lines[i].quantity > 0)
            tally->lines[n++] = tally->lines[i];
    return n;
}

enum err flow_order_lines(struct tx *tx, struct arena *arena, int64_t tenant_id,
                          const struct event_view *event, struct order_line_view **ret_lines,
                          size_t *ret_n)
{
    struct event_in in;
    struct tally tally;
    enum err e = event_in_read(arena, event->payload, &in);
    if (e)
        return e;
    if (!in.order)
        return ERR_NOT_FOUND;
    struct order_line_view *lines = arena_try_array(arena, in.order->n_lines, sizeof *lines);
    if (!lines || !tally_init(&tally, arena, in.order))
        return ERR_MEMORY;
    e = tally_earlier(tx, arena, tenant_id, event->id, &tally);
    if (e)
        return e;
    for (size_t i = 0; i < in.order->n_lines; i++)
        lines[i] = (struct order_line_view){.line_id = in.order->lines[i].id,
                                            .quantity = in.order->lines[i].quantity,
                                            .returned = tally.lines[i].quantity};
    *ret_lines = lines;
    *ret_n = in.order->n_lines;
    return OK;
}
