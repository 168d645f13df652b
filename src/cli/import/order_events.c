// SPDX-License-Identifier: Apache-2.0
// order_events.c - a document of a table becomes events.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/retail_test.py
#include "base/civil.h"
#include "base/sort.h"
#include "cli/import/grow.h"
#include "cli/import/orders.h"

static const char *const identifiers[] = {"external_id", "email", "phone", "card"};

// ---- JSON

static void put_optional(struct json_out *out, const char *key, struct str value)
{
    if (value.n)
        json_put_str(out, key, value);
}

static void put_head(struct json_out *out, const struct order_events *events,
                     const struct document *document, const char *type, struct str external_id)
{
    char time[CIVIL_TEXT_ROOM];
    json_object(out);
    json_put_str(out, "source", events->mapping->source);
    json_put_str(out, "external_id", external_id);
    json_put_c(out, "type", type);
    json_put_str(out, "occurred_at", civil_format_us(document->time_us, time));
    json_put_object(out, "member");
    json_put_str(out, identifiers[events->mapping->member_is], document->member);
    json_end(out);
    put_optional(out, "store", document->store);
    put_optional(out, "channel", document->channel);
}

static void put_line_id(struct json_out *out, const struct order_events *events, size_t line)
{
    json_put_str(out, "id", str_printf(events->arena, "%zu", line + 1));
}

static struct json_out begin(const struct order_events *events, struct buf *text)
{
    struct json_out out;
    buf_init(text, events->arena);
    json_init(&out, text);
    return out;
}

static enum err hand_over(struct order_events *events, const struct document *document,
                          struct json_out *out, enum order_event_kind kind, struct str name)
{
    json_end(out);
    struct order_event event = {.json = buf_text(out->buf),
                                .row = document->first_row,
                                .name = name,
                                .kind = kind};
    if (arena_overflowed(events->arena))
        return ERR_MEMORY;
    return events->on_event(events->ctx, &event);
}

// ---- sales

static enum err make_sale(struct order_events *events, const struct document *document)
{
    struct buf text;
    struct json_out out = begin(events, &text);
    put_head(&out, events, document, "order.paid", document->id);
    json_put_object(&out, "order");
    json_put_str(&out, "currency", events->mapping->currency);
    json_put_array(&out, "lines");
    enum err e = OK;
    for (size_t i = 0; i < document->n && !e; i++) {
        const struct document_line *line = &document->lines[i];
        if (line->is_return)
            continue;
        json_object(&out);
        put_line_id(&out, events, i);
        put_optional(&out, "sku", line->sku);
        put_optional(&out, "name", line->name);
        put_optional(&out, "category", line->category);
        put_optional(&out, "brand", line->brand);
        json_put_i64(&out, "quantity", line->quantity);
        json_put_i64(&out, "unit_amount", line->unit_amount);
        if (line->discount)
            json_put_i64(&out, "discount", line->discount);
        json_end(&out);
        struct bought bought = {document->member, line->sku, document->number, (uint32_t)i,
                                line->quantity};
        e = line->sku.n ? returns_add(&events->returns, &bought) : OK;
        events->totals.order_lines++;
    }
    if (e)
        return e;
    events->totals.orders++;
    json_end(&out);
    json_end(&out);
    return hand_over(events, document, &out, ORDER_EVENT_SALE, document->id);
}

// ---- returns

// What comes back, line by line of the orders it was bought in; and what nobody bought.
struct matching {
    struct taken_list taken;
    int64_t *unmatched; // pieces, by line of the return
    int64_t n_unmatched;
};

static enum err find_order(struct order_events *events, const struct document *document,
                           uint32_t *ret_order)
{
    bool new = false;
    *ret_order = ANY_ORDER;
    return document->refund_of.n
               ? names_put(events->documents, document->refund_of, ret_order, &new)
               : OK;
}

static enum err match_line(struct order_events *events, const struct document *document, size_t i,
                           uint32_t order, struct matching *matching)
{
    const struct document_line *line = &document->lines[i];
    struct wanted wanted = {document->member, line->sku, order};
    int64_t left = line->quantity;
    enum err e =
        line->sku.n ? returns_take(&events->returns, &wanted, &left, &matching->taken) : OK;
    if (e)
        return e;
    struct order_totals *totals = &events->totals;
    totals->return_lines++;
    totals->matched_lines += left < line->quantity;
    totals->returned_quantity += line->quantity - left;
    if (left == 0)
        return OK;
    matching->unmatched[i] = left;
    matching->n_unmatched++;
    totals->parked_lines++;
    totals->parked_quantity += left;
    if (events->report)
        report_parked(events->report, line->row,
                      events->at->sku < 0 ? STR_NONE : events->header->cells[events->at->sku],
                      line->sku,
                      str_printf(events->arena,
                                 "%lld of %lld pieces have no earlier purchase of this member",
                                 (long long)left, (long long)line->quantity));
    return OK;
}

static enum err match(struct order_events *events, const struct document *document,
                      struct matching *matching)
{
    uint32_t order;
    enum err e = find_order(events, document, &order);
    matching->taken = (struct taken_list){.arena = events->arena};
    matching->unmatched = arena_try_array(events->arena, document->n, sizeof *matching->unmatched);
    matching->n_unmatched = 0;
    if (!matching->unmatched)
        return ERR_MEMORY;
    for (size_t i = 0; i < document->n && !e; i++)
        if (document->lines[i].is_return)
            e = match_line(events, document, i, order, matching);
    return e;
}

static int by_order_and_line(const void *a, const void *b, void *ctx)
{
    const struct taken *left = a, *right = b;
    (void)ctx;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return left->line < right->line ? -1 : left->line > right->line;
}

// Sorted, and one item for each line.
static enum err merge_taken(struct order_events *events, struct taken_list *list)
{
    struct taken *scratch = arena_try_array(events->arena, list->n + 1, sizeof *scratch);
    if (!scratch)
        return ERR_MEMORY;
    sort_stable(list->items, scratch, list->n, sizeof *scratch, by_order_and_line, NULL);
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct taken *last = n ? &list->items[n - 1] : NULL;
        if (last && by_order_and_line(last, &list->items[i], NULL) == 0)
            last->quantity += list->items[i].quantity;
        else
            list->items[n++] = list->items[i];
    }
    list->n = n;
    return OK;
}

static size_t count_orders(const struct taken_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += i == 0 || list->items[i].order != list->items[i - 1].order;
    return n;
}

// The number of parts is in each of them: a file whose sales were corrected afterwards matches
// otherwise, its first part differs from the one that is stored, and nothing comes back twice.
static void put_part(struct json_out *out, const struct document *document, size_t part, size_t n)
{
    json_put_object(out, "attributes");
    json_put_str(out, "return", document->id);
    json_put_i64(out, "part", (int64_t)part);
    json_put_i64(out, "parts", (int64_t)n);
    json_end(out);
}

static enum err make_refunds(struct order_events *events, const struct document *document,
                             const struct taken_list *list)
{
    size_t n = count_orders(list), at = 0;
    enum err e = OK;
    for (size_t part = 1; part <= n && !e; part++) {
        uint32_t order = list->items[at].order;
        struct str name = str_printf(events->arena, "%.*s/%zu", STR_FMT(document->id), part);
        struct buf text;
        struct json_out out = begin(events, &text);
        put_head(&out, events, document, "order.refunded", name);
        json_put_str(&out, "refund_of", events->documents->texts[order]);
        put_part(&out, document, part, n);
        json_put_object(&out, "order");
        json_put_array(&out, "lines");
        for (; at < list->n && list->items[at].order == order; at++) {
            json_object(&out);
            put_line_id(&out, events, list->items[at].line);
            json_put_i64(&out, "quantity", list->items[at].quantity);
            json_end(&out);
        }
        json_end(&out);
        json_end(&out);
        events->totals.refunds++;
        e = hand_over(events, document, &out, ORDER_EVENT_RETURN, name);
    }
    return e;
}

// What has no match waits for an order that the table does not name: somebody may look at it.
static enum err make_parked(struct order_events *events, const struct document *document,
                            const struct matching *matching)
{
    struct str name = str_printf(events->arena, "%.*s/parked", STR_FMT(document->id));
    struct buf text;
    struct json_out out = begin(events, &text);
    put_head(&out, events, document, "order.refunded", name);
    json_put_str(&out, "refund_of",
                 str_printf(events->arena, "%.*s/unknown", STR_FMT(document->id)));
    put_part(&out, document, 0, count_orders(&matching->taken));
    json_put_object(&out, "order");
    json_put_array(&out, "lines");
    for (size_t i = 0; i < document->n; i++) {
        if (!matching->unmatched[i])
            continue;
        json_object(&out);
        put_line_id(&out, events, i);
        put_optional(&out, "sku", document->lines[i].sku);
        put_optional(&out, "name", document->lines[i].name);
        json_put_i64(&out, "quantity", matching->unmatched[i]);
        json_end(&out);
    }
    json_end(&out);
    json_end(&out);
    return hand_over(events, document, &out, ORDER_EVENT_PARKED, name);
}

enum err order_events_make(struct order_events *events, const struct document *document)
{
    enum err e = OK;
    // What comes back was bought earlier than what is bought beside it.
    if (document->n > document->n_sales) {
        struct matching matching;
        e = match(events, document, &matching);
        if (!e)
            e = merge_taken(events, &matching.taken);
        if (!e)
            e = make_refunds(events, document, &matching.taken);
        if (!e && matching.n_unmatched)
            e = make_parked(events, document, &matching);
    }
    if (!e && document->n_sales)
        e = make_sale(events, document);
    return e;
}
