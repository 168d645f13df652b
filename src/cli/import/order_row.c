// SPDX-License-Identifier: Apache-2.0
// order_row.c - what one row of a table of orders says.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "base/checked.h"
#include "cli/import/cell.h"
#include "cli/import/orders.h"

#define QUANTITY_MAX 1000000

struct row_reading {
    const struct order_reader *reader;
    struct arena *arena;
    const struct csv_row *row;
    struct report *report;
    bool refused;
};

static void refuse(struct row_reading *r, int column, const char *reason)
{
    r->refused = true;
    if (!r->report)
        return;
    if (column < 0)
        report_refused(r->report, r->row->number, STR_NONE, STR_NONE, str_of(reason));
    else
        report_refused(r->report, r->row->number, r->reader->header.cells[column],
                       r->row->cells[column], str_of(reason));
}

// ---- cells

// Text for people may come with tabs and line feeds; a blank does as well.
static struct str cleaned(struct arena *arena, struct str text)
{
    size_t i = 0;
    while (i < text.n && (unsigned char)text.p[i] >= 0x20 && text.p[i] != 0x7f)
        i++;
    if (i == text.n)
        return text;
    char *p = arena_new(arena, text.n + 1);
    for (i = 0; i < text.n; i++)
        p[i] = (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f ? ' ' : text.p[i];
    return (struct str){p, text.n};
}

static struct str read_text(struct row_reading *r, int column, size_t max)
{
    if (column < 0)
        return STR_NONE;
    struct str text = str_trim(r->row->cells[column]);
    if (!str_is_utf8(text))
        refuse(r, column, "is no UTF-8 text");
    else if (text.n > max && str_code_points(text) > max)
        refuse(r, column, "is too long");
    else
        return text.n ? cleaned(r->arena, text) : STR_NONE;
    return STR_NONE;
}

static struct str read_name(struct row_reading *r, int column, size_t max, const char *reason)
{
    bool before = r->refused;
    struct str text = read_text(r, column, max);
    if (!text.p && r->refused == before)
        refuse(r, column, reason);
    return text;
}

static char mark_of(const struct row_reading *r)
{
    return r->reader->mapping->decimal_mark ? ',' : '.';
}

static int64_t read_amount(struct row_reading *r, int column)
{
    int64_t amount = 0;
    if (column < 0)
        return 0;
    if (!cell_amount(r->row->cells[column], mark_of(r), r->reader->mapping->exponent, &amount))
        refuse(r, column,
               r->reader->mapping->amounts ? "is no whole number of minor units"
                                           : "is no amount of this currency");
    else if (amount < 0)
        refuse(r, column, "is negative");
    return amount;
}

static int64_t read_quantity(struct row_reading *r, bool is_return)
{
    int column = r->reader->at.quantity;
    int64_t quantity = 1;
    if (column < 0)
        return quantity;
    if (!cell_whole(r->row->cells[column], mark_of(r), &quantity)) {
        refuse(r, column, "is no whole number");
        return 1;
    }
    if (is_return && quantity < 0)
        quantity = -quantity;
    if (quantity == 0)
        refuse(r, column, "is zero");
    else if (quantity < 0)
        refuse(r, column, "is negative; say in \"returns\" which rows are returns");
    else if (quantity > QUANTITY_MAX)
        refuse(r, column, "is more than 1,000,000");
    return quantity;
}

// ---- the row

static bool is_return(const struct mapping *mapping, const struct csv_row *row)
{
    const struct mapping_condition *conditions = mapping->returns.items;
    for (size_t i = 0; i < mapping->returns.n; i++)
        if (mapping_meets(mapping, &conditions[i], row))
            return true;
    return false;
}

static bool is_skipped(const struct mapping *mapping, const struct csv_row *row, bool returned,
                       size_t *ret_skip)
{
    const struct mapping_condition *conditions = mapping->skip.items;
    for (size_t i = 0; i < mapping->skip.n; i++) {
        bool asked = conditions[i].of == ROW_ANY || (conditions[i].of == ROW_RETURN) == returned;
        if (asked && mapping_meets(mapping, &conditions[i], row)) {
            *ret_skip = i;
            return true;
        }
    }
    return false;
}

static void read_money(struct row_reading *r, struct order_row *row)
{
    int64_t gross;
    row->unit_amount = read_amount(r, r->reader->at.unit_amount);
    row->discount = read_amount(r, r->reader->at.discount);
    if (!checked_mul(row->quantity, row->unit_amount, &gross) || gross > AMOUNT_MAX)
        refuse(r, r->reader->at.unit_amount, "times the quantity is more than can be counted");
    else if (row->discount > gross && !r->refused)
        refuse(r, r->reader->at.discount, "is more than the row costs");
}

static struct str read_refund_of(struct row_reading *r, bool returned)
{
    return returned ? read_text(r, r->reader->at.refund_of, 255) : STR_NONE;
}

static int64_t read_time(struct row_reading *r)
{
    const struct mapping *mapping = r->reader->mapping;
    int column = r->reader->at.time;
    int64_t time_us = 0;
    if (!cell_time(r->row->cells[column], mapping->time_format, mapping->tz, &time_us))
        refuse(r, column, "is no time of the mapping's format");
    else if (time_us > r->reader->latest_us)
        refuse(r, column, "lies in the future");
    else if (time_us < 0)
        refuse(r, column, "lies before 1970");
    return time_us;
}

enum row_outcome order_row_read(const struct order_reader *reader, struct arena *arena,
                                const struct csv_row *row, struct report *report,
                                struct order_row *ret_row, size_t *ret_skip)
{
    const struct mapping *mapping = reader->mapping;
    const struct order_binding *at = &reader->at;
    struct row_reading r = {reader, arena, row, report, false};
    if (row->n != reader->n_columns) {
        refuse(&r, -1,
               row->n < reader->n_columns ? "has fewer cells than the header"
                                          : "has more cells than the header");
        return ROW_REFUSED;
    }
    bool returned = is_return(mapping, row);
    if (is_skipped(mapping, row, returned, ret_skip))
        return ROW_SKIPPED;
    struct order_row read = {
        .is_return = returned,
        // "/" and a number are put behind the number of a return
        .order = read_name(&r, at->order, 240, "is empty: an order has a number"),
        .member = read_name(&r, at->member, 255, "is empty: an order is somebody's"),
        .refund_of = read_refund_of(&r, returned),
        .store = at->store < 0 ? mapping->store : read_text(&r, at->store, 128),
        .channel = at->channel < 0 ? mapping->channel : read_text(&r, at->channel, 64),
        .sku = read_text(&r, at->sku, 128),
        .name = read_text(&r, at->name, 255),
        .category = read_text(&r, at->category, 128),
        .brand = read_text(&r, at->brand, 128),
        .quantity = read_quantity(&r, returned)};
    read.time_us = read_time(&r);
    if (!returned)
        read_money(&r, &read);
    *ret_row = read;
    return r.refused ? ROW_REFUSED : ROW_TAKEN;
}
