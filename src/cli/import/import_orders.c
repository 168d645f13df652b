// SPDX-License-Identifier: Apache-2.0
// import_orders.c - habitue import orders: a history of invoices becomes events.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/retail_test.py
#include "base/calendar.h"
#include "cli/commands.h"
#include "cli/import/grow.h"
#include "cli/import/import.h"
#include "cli/import/orders.h"
#include "flow/event_in.h"
#include "flow/foresee.h"

// Clocks of tills run ahead a little.
#define FUTURE_US (5 * 60 * SECOND_US)
#define DOCUMENT_ARENA_BYTES ((size_t)64 << 20)

struct orders {
    struct import import;
    struct order_reader reader;
    struct names documents, members;
    struct document_info *infos; // by number of the document
    size_t n_infos, infos_room;
    int64_t last_time_us, n_backwards;
    // Documents that have begun and are not complete, in the order of their first rows.
    struct document **open; // by number; NULL: none
    struct document *first, *last;
    struct order_events events;
};

// ---- the first reading: is every row understood, and where does each document end

static bool read_header(struct orders *orders, const struct csv_row *row)
{
    struct cli *cli = orders->import.cli;
    struct problems problems;
    problems_init(&problems, &cli->arena);
    orders->reader.header.n = orders->reader.n_columns = row->n;
    for (size_t i = 0; i < row->n; i++)
        orders->reader.header.cells[i] = str_dup(&cli->arena, row->cells[i]);
    if (mapping_bind_orders(&cli->arena, orders->import.mapping, row, &problems,
                            &orders->reader.at) == OK)
        return true;
    import_print_problems(cli_value(cli, "mapping"), &problems);
    orders->import.fault = ERR_MAPPING_INVALID;
    return false;
}

static enum err find_info(struct orders *orders, const struct csv_row *row,
                          const struct order_row *read, struct document_info **ret_info)
{
    uint32_t number, member;
    bool new, ignored;
    enum err e = names_put(&orders->documents, read->order, &number, &new);
    if (!e)
        e = names_put(&orders->members, read->member, &member, &ignored);
    if (!e && new)
        e = GROW(&orders->import.cli->arena, orders->infos, orders->n_infos, orders->infos_room);
    if (e)
        return e;
    if (new) {
        orders->infos[orders->n_infos++] = (struct document_info){.first_row = row->number,
                                                                  .member = member,
                                                                  .time_us = read->time_us};
        orders->n_backwards += read->time_us < orders->last_time_us;
        orders->last_time_us = read->time_us;
    }
    struct document_info *info = &orders->infos[number];
    if (info->member != member && !info->refused) {
        info->refused = true;
        report_refused(&orders->import.report, row->number,
                       orders->reader.header.cells[orders->reader.at.member], read->member,
                       STR("is another member than the one of the order's first row"));
    }
    *ret_info = info;
    return OK;
}

// A row that is refused takes its document along, as far as its number can be read.
static enum err check_refused(struct orders *orders, const struct csv_row *row,
                              const struct order_row *read)
{
    if (!read->order.n || row->n != orders->reader.n_columns)
        return OK;
    struct order_row known = *read;
    uint32_t number;
    bool new;
    enum err e = names_put(&orders->documents, known.order, &number, &new);
    if (!e && new)
        e = GROW(&orders->import.cli->arena, orders->infos, orders->n_infos, orders->infos_room);
    if (e)
        return e;
    if (new)
        orders->infos[orders->n_infos++] = (struct document_info){.first_row = row->number};
    orders->infos[number].refused = true;
    return OK;
}

static enum err check_taken(struct orders *orders, const struct csv_row *row,
                            const struct order_row *read)
{
    struct document_info *info;
    enum err e = find_info(orders, row, read, &info);
    if (e)
        return e;
    info->last_row = row->number;
    if (++info->n_lines == ORDER_LINES_MAX + 1) {
        info->refused = true;
        report_refused(&orders->import.report, row->number, STR_NONE, read->order,
                       STR("the order has more than 1,000 lines"));
    }
    return OK;
}

static bool check_row(void *ctx, const struct csv_row *row)
{
    struct orders *orders = ctx;
    struct import *import = &orders->import;
    if (orders->reader.n_columns == 0)
        return read_header(orders, row);
    struct order_row read = {0};
    size_t skip;
    switch (
        order_row_read(&orders->reader, &import->row_arena, row, &import->report, &read, &skip)) {
    case ROW_SKIPPED:
        import_skipped(import, skip);
        break;
    case ROW_REFUSED:
        import->fault = check_refused(orders, row, &read);
        break;
    case ROW_TAKEN:
        import->fault = check_taken(orders, row, &read);
        break;
    }
    return import->fault == OK;
}

// ---- the second reading: documents, and what they become

static enum err on_event(void *ctx, const struct order_event *event)
{
    struct orders *orders = ctx;
    struct arena *arena = import_arena(&orders->import);
    struct order_event *kept = ARENA_NEW(arena, struct order_event);
    *kept = *event;
    kept->name = str_dup(arena, event->name);
    struct import_item item = {.row = kept->row, .name = kept->name, .what = kept};
    return import_put(&orders->import, &item);
}

static enum err foresee_item(struct import *import, struct tx *tx, const struct import_item *item)
{
    const struct order_event *event = item->what;
    const struct json *json;
    struct problems problems; // are for apply_event to tell
    problems_init(&problems, &tx->arena);
    struct event_body *body = ARENA_NEW(&tx->arena, struct event_body);
    if (json_parse(&tx->arena, event->json, &json_limits_bulk, &problems, &json) ||
        !shape_read(&shape_event_in, json, &problems, body))
        return OK;
    return foresee_event_body(tx, import->shop.tenant_id, body);
}

static enum err apply_event(struct import *import, struct tx *tx, struct import_item *item,
                            struct problems *problems)
{
    const struct order_event *event = item->what;
    struct arena *arena = import_arena(import);
    const struct json *json;
    struct event_body *body = ARENA_NEW(arena, struct event_body);
    struct event_in in;
    enum err e = json_parse(arena, event->json, &json_limits_bulk, problems, &json);
    if (e)
        return e;
    if (!shape_read(&shape_event_in, json, problems, body) ||
        !event_in_of(arena, body, json, STR_NONE, problems, &in))
        return ERR_INPUT_INVALID;
    in.historical = true;
    struct event_out out;
    struct caller by = {.tenant_id = import->shop.tenant_id};
    e = flow_ingest(tx, arena, by, &in, problems, &out);
    if (e)
        return e;
    static const enum item_outcome outcomes[] = {[EVENT_APPLIED] = ITEM_APPLIED,
                                                 [EVENT_REPLAYED] = ITEM_REPLAYED,
                                                 [EVENT_PARKED] = ITEM_PARKED};
    item->outcome = outcomes[out.outcome];
    return OK;
}

static struct document *begin_document(struct orders *orders, const struct order_row *read,
                                       uint32_t number)
{
    struct arena arena;
    arena_init(&arena, DOCUMENT_ARENA_BYTES);
    struct document *document = arena_try(&arena, sizeof *document);
    if (!document)
        return NULL;
    *document = (struct document){.number = number,
                                  .id = str_dup(&arena, read->order),
                                  .member = str_dup(&arena, read->member),
                                  .refund_of = str_dup(&arena, read->refund_of),
                                  .store = str_dup(&arena, read->store),
                                  .channel = str_dup(&arena, read->channel),
                                  .first_row = orders->infos[number].first_row,
                                  .time_us = orders->infos[number].time_us};
    document->arena = arena;
    if (orders->last)
        orders->last->next = document;
    else
        orders->first = document;
    orders->last = document;
    orders->open[number] = document;
    return document;
}

static enum err add_line(struct document *document, const struct csv_row *row,
                         const struct order_row *read)
{
    struct arena *arena = &document->arena;
    enum err e = GROW(arena, document->lines, document->n, document->room);
    if (e)
        return e;
    document->lines[document->n++] =
        (struct document_line){.row = row->number,
                               .sku = str_dup(arena, read->sku),
                               .name = str_dup(arena, read->name),
                               .category = str_dup(arena, read->category),
                               .brand = str_dup(arena, read->brand),
                               .quantity = read->quantity,
                               .unit_amount = read->unit_amount,
                               .discount = read->discount,
                               .is_return = read->is_return};
    document->n_sales += !read->is_return;
    return arena_overflowed(arena) ? ERR_MEMORY : OK;
}

static void drop_first(struct orders *orders)
{
    struct document *document = orders->first;
    orders->first = document->next;
    orders->last = orders->first ? orders->last : NULL;
    struct arena arena = document->arena;
    arena_release(&arena);
}

static void drop_documents(struct orders *orders)
{
    while (orders->first)
        drop_first(orders);
}

// The documents at the front that are complete.
static enum err finish_documents(struct orders *orders, int64_t row)
{
    enum err e = OK;
    while (!e && orders->first && orders->infos[orders->first->number].last_row <= row) {
        e = order_events_make(&orders->events, orders->first);
        if (!e)
            e = import_flush_full(&orders->import);
        drop_first(orders);
    }
    return e;
}

static enum err take(struct orders *orders, const struct csv_row *row, const struct order_row *read)
{
    uint32_t number;
    bool new;
    enum err e = names_put(&orders->documents, read->order, &number, &new);
    if (e || orders->infos[number].refused)
        return e;
    struct document *document = orders->open[number];
    if (!document)
        document = begin_document(orders, read, number);
    if (!document)
        return ERR_MEMORY;
    e = add_line(document, row, read);
    return e ? e : finish_documents(orders, row->number);
}

static bool take_row(void *ctx, const struct csv_row *row)
{
    struct orders *orders = ctx;
    struct order_row read = {0};
    size_t skip;
    bool header = orders->events.ctx == NULL;
    orders->events.ctx = orders;
    if (header || order_row_read(&orders->reader, &orders->import.row_arena, row, NULL, &read,
                                 &skip) != ROW_TAKEN)
        return true;
    orders->import.fault = take(orders, row, &read);
    return orders->import.fault == OK;
}

// ---- between the readings

struct wanted_money {
    struct orders *orders;
    const char *code;
};

static enum err read_money(void *ctx, struct tx *tx)
{
    struct wanted_money *money = ctx;
    const struct program *program;
    enum err e = tx_program(tx, money->orders->import.shop.tenant_id, tx->now_us, &program);
    if (!e)
        money->code = program->money->code;
    return e;
}

// A mapping in another currency would refuse every order, one by one.
static bool check_program(struct orders *orders)
{
    struct wanted_money money = {.orders = orders};
    enum err e = shop_read(&orders->import.shop, read_money, &money);
    if (e) {
        cli_fail_err(e, "tenant '%.*s'", STR_FMT(orders->import.cli->settings.tenant));
        if (e == ERR_PROGRAM_MISSING)
            fputs("  Apply one first: habitue apply --data DIR FILE\n", stderr);
        return false;
    }
    struct str wanted = orders->import.mapping->currency;
    if (str_eq(wanted, str_of(money.code)))
        return true;
    cli_fail("the mapping says %.*s, the programme counts in %s: amounts are not converted",
             STR_FMT(wanted), money.code);
    return false;
}

static bool prepare(struct orders *orders)
{
    struct import *import = &orders->import;
    orders->open = arena_try_array(&import->cli->arena, orders->n_infos + 1, sizeof *orders->open);
    if (!orders->open)
        return false;
    orders->events = (struct order_events){.mapping = import->mapping,
                                           .header = &orders->reader.header,
                                           .at = &orders->reader.at,
                                           .documents = &orders->documents,
                                           .report = &import->report,
                                           .arena = import_arena(import),
                                           .on_event = on_event};
    returns_init(&orders->events.returns, &import->cli->arena);
    if (orders->n_backwards)
        fprintf(stderr,
                "habitue: %lld orders stand behind later ones; a return is matched to what stands "
                "before it\n",
                (long long)orders->n_backwards);
    return import_resume(import);
}

// ---- the summary

static void print_summary(struct orders *orders)
{
    struct arena *arena = &orders->import.cli->arena;
    const struct order_totals *totals = &orders->events.totals;
    struct str pieces = number_text(arena, totals->parked_quantity);
    printf("%s\n", orders->import.path);
    summary_line(arena, "rows", orders->import.rows - 1, NULL);
    summary_line(arena, "orders", totals->orders, NULL);
    summary_line(arena, "refunds", totals->refunds, NULL);
    if (totals->parked_lines)
        summary_line(
            arena, "return lines parked", totals->parked_lines,
            str_printf(arena, "%.*s pieces without an earlier purchase", STR_FMT(pieces)).p);
    import_summary(&orders->import);
}

static void print_summary_json(struct orders *orders)
{
    const struct order_totals *totals = &orders->events.totals;
    struct buf text;
    struct json_out out;
    buf_init(&text, &orders->import.cli->arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_i64(&out, "rows", orders->import.rows - 1);
    json_put_i64(&out, "orders", totals->orders);
    json_put_i64(&out, "order_lines", totals->order_lines);
    json_put_i64(&out, "events", orders->import.n_items);
    json_put_i64(&out, "refunds", totals->refunds);
    json_put_i64(&out, "return_lines", totals->return_lines);
    json_put_i64(&out, "matched_lines", totals->matched_lines);
    json_put_i64(&out, "returned_quantity", totals->returned_quantity);
    json_put_i64(&out, "parked", totals->parked_lines);
    json_put_i64(&out, "parked_quantity", totals->parked_quantity);
    import_summary_json(&orders->import, &out);
    json_end(&out);
    printf("%.*s\n", STR_FMT(buf_text(&text)));
}

// ---- the command

static int run(struct orders *orders)
{
    struct import *import = &orders->import;
    if (!check_program(orders) || !import_check(import, check_row, orders) || !prepare(orders) ||
        !import_take(import, take_row, orders))
        return EXIT_FAILED;
    if (cli_has(import->cli, "json"))
        print_summary_json(orders);
    else
        print_summary(orders);
    return import_exit_code(import);
}

int command_import_orders(struct cli *cli)
{
    struct orders *orders = arena_try(&cli->arena, sizeof *orders);
    if (!orders)
        return cli_fail_err(ERR_MEMORY, "import");
    names_init(&orders->documents, &cli->arena);
    names_init(&orders->members, &cli->arena);
    int code = import_open(&orders->import, cli, MAPPING_ORDERS);
    orders->reader.mapping = orders->import.mapping;
    orders->reader.latest_us = env_now_us(env_system()) + FUTURE_US;
    orders->import.foresee = foresee_item;
    orders->import.apply = apply_event;
    if (code == EXIT_DONE)
        code = run(orders);
    if (!report_close(&orders->import.report))
        code = cli_fail("%s could not be written", orders->import.report.path);
    drop_documents(orders);
    import_close(&orders->import);
    return code;
}
