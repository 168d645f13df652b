// SPDX-License-Identifier: Apache-2.0
// orders.h - rows of a table become orders and returns, and these become events.
//
// Rows with one order number are one document, wherever they stand.  Documents are taken in the
// order of their first rows; each becomes at most one order.paid, and one order.refunded for every
// order that something comes back from.
//
//   O1  What the events are depends on the file and the mapping alone, down to the byte: that is
//       what makes a second run a replay.
//   O2  A document with a row that is not understood is refused whole: half an order would earn
//       half its points.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/retail_test.py
#pragma once

#include "cli/import/mapping.h"
#include "cli/import/report.h"
#include "cli/import/returns.h"

// ---- one row

struct order_row {
    struct str order, member, refund_of, store, channel;
    struct str sku, name, category, brand;
    int64_t time_us, quantity, unit_amount, discount;
    bool is_return;
};

enum row_outcome { ROW_TAKEN, ROW_SKIPPED, ROW_REFUSED };

struct order_reader {
    struct mapping *mapping;
    struct order_binding at;
    size_t n_columns;
    int64_t latest_us;     // what lies behind it lies in the future
    struct csv_row header; // cells in the arena of the command
};

// What a row says.  ROW_SKIPPED sets ret_skip to the number of the condition; a fault is told to
// the report, unless that is NULL.  The texts are those of the row.
enum row_outcome order_row_read(const struct order_reader *reader, struct arena *arena,
                                const struct csv_row *row, struct report *report,
                                struct order_row *ret_row, size_t *ret_skip);

// ---- documents

// What the first reading of the file learns of each document.
struct document_info {
    int64_t first_row, last_row;
    uint32_t member;
    uint32_t n_lines;
    int64_t time_us; // of the first row
    bool refused;
};

struct document_line {
    int64_t row;
    struct str sku, name, category, brand;
    int64_t quantity, unit_amount, discount;
    bool is_return;
};

struct document {
    struct document *next;
    struct arena arena;
    uint32_t number;
    struct str id, member, refund_of, store, channel;
    int64_t first_row, time_us;
    struct document_line *lines;
    size_t n, room;
    size_t n_sales;
};

// ---- events

enum order_event_kind { ORDER_EVENT_SALE, ORDER_EVENT_RETURN, ORDER_EVENT_PARKED };

struct order_event {
    struct str json;
    int64_t row;     // where its document begins
    struct str name; // external id, for reports
    enum order_event_kind kind;
};

struct order_totals {
    int64_t orders, order_lines, refunds;
    int64_t return_lines, matched_lines, returned_quantity, parked_lines, parked_quantity;
};

struct order_events {
    const struct mapping *mapping;
    const struct csv_row *header;
    const struct order_binding *at;
    struct names *documents; // names of documents by number
    struct returns returns;
    struct order_totals totals;
    struct report *report; // hears of what is parked; NULL: nobody
    struct arena *arena;   // of the events
    void *ctx;
    MUST_CHECK enum err (*on_event)(void *ctx, const struct order_event *event);
};

// Makes the events of a complete document and hands them to on_event, in order.
MUST_CHECK enum err order_events_make(struct order_events *events, const struct document *document);
