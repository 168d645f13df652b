// SPDX-License-Identifier: Apache-2.0
// events.c - HTTP face of events: one, or up to a thousand in one call.
//
//   POST /v1/events                event_create()
//   GET  /v1/events/{id}           event_get()
//   GET  /v1/orders                order_find()
//   GET  /v1/members/{id}/events   member_events()
//
// In a batch each item is decided by itself: the answer is, item by item, what the item alone would
// have been answered, and one that is refused does not keep the others back.
//
// Layer: api.  Tests: tests/api/events.http, tests/api/refunds.http
#include "api/cursor.h"
#include "api/objects.h"
#include "flow/event_in.h"
#include "flow/json.h"

struct event_batch {
    struct json_list events; // const struct json *
};

static const struct field batch_fields[] = {
    FIELD(struct event_batch, events, ARRAY, .required = true, .items = FIELD_JSON, .min = 1,
          .max = EVENT_BATCH_MAX, .help = "Events as they are sent alone"),
};
static const struct shape shape_event_batch_in =
    SHAPE("event_batch_in", struct event_batch, batch_fields);
static const struct shape *const alternatives[] = {&shape_event_batch_in, &shape_event_in, NULL};
const struct shape shape_event_or_batch_in = {.name = "event_or_batch_in", .one_of = alternatives};

static const struct field event_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", STR, .required = true, .help = "evt_..."),
    FIELD_OUT("member_id", STR, .help = "Absent while a return waits for its sale"),
    FIELD_OUT("status", STR, .required = true, .help = "applied, or parked: waits for its sale"),
    FIELD_OUT("type", STR, .required = true),
    FIELD_OUT("source", STR, .required = true),
    FIELD_OUT("external_id", STR, .required = true),
    FIELD_OUT("occurred_at", TIME, .required = true),
    FIELD_OUT("effects", ARRAY, .required = true, .items = FIELD_JSON, .max = 1000,
              .help = "What it did, each with its derivation and a sentence in both languages"),
    FIELD_OUT("balances", JSON, .help = "By currency: available, pending, held"),
};
const struct shape shape_event_out = SHAPE_OUT("event", event_out_fields);

// An item of a batch that was refused: what the event alone would have been answered.
static const struct field refusal_fields[] = {
    FIELD_OUT("object", STR, .required = true, .help = "problem"),
    FIELD_OUT("title", STR, .required = true),
    FIELD_OUT("status", I64, .required = true, .min = 400, .max = 499),
    FIELD_OUT("code", STR, .required = true),
    FIELD_OUT("number", I64, .required = true, .min = 1000, .max = 9999),
    FIELD_OUT("errors", ARRAY, .items = FIELD_JSON, .max = PROBLEMS_KEPT,
              .help = "pointer, code, detail; pointers from the root of the batch"),
};
static const struct shape shape_event_refusal_out = SHAPE_OUT("event_refusal", refusal_fields);
static const struct shape *const result_kinds[] = {&shape_event_out, &shape_event_refusal_out,
                                                   NULL};
static const struct shape shape_event_result_out = {.name = "event_result", .one_of = result_kinds};
static const struct field batch_out_fields[] = {
    FIELD_OUT("results", ARRAY, .required = true, .shape = &shape_event_result_out,
              .max = EVENT_BATCH_MAX, .help = "Item by item, in the order of events"),
};
static const struct shape shape_event_batch_out = SHAPE_OUT("event_batch", batch_out_fields);
static const struct shape *const outs[] = {&shape_event_batch_out, &shape_event_out, NULL};
const struct shape shape_event_or_batch_out = {.name = "event_or_batch", .one_of = outs};

static const struct field order_line_fields[] = {
    FIELD_OUT("id", STR, .required = true),
    FIELD_OUT("quantity", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("returned", I64, .required = true, .min = 0, .max = JSON_I64_MAX),
    FIELD_OUT("left", I64, .required = true, .min = 0, .max = JSON_I64_MAX),
};
static const struct shape shape_order_line_out = SHAPE_OUT("order_line", order_line_fields);
static const struct field record_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", STR, .required = true),
    FIELD_OUT("member_id", STR, .required = true),
    FIELD_OUT("order_id", STR, .help = "Of a return: the order's event"),
    FIELD_OUT("type", STR, .required = true),
    FIELD_OUT("source", STR, .required = true),
    FIELD_OUT("external_id", STR, .required = true),
    FIELD_OUT("program_version", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("occurred_at", TIME, .required = true),
    FIELD_OUT("created_at", TIME, .required = true),
    FIELD_OUT("sent", JSON, .required = true, .help = "The event as it came"),
    FIELD_OUT("answered", JSON, .required = true, .help = "What it was answered"),
    FIELD_OUT("lines", ARRAY, .shape = &shape_order_line_out, .max = ORDER_LINES_MAX,
              .help = "Of GET /v1/orders: what has come back of each line"),
};
const struct shape shape_event_record_out = SHAPE_OUT("event_record", record_fields);
static const struct field record_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_event_record_out, .max = 100),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_event_record_list_out = SHAPE_OUT("event_record_list", record_list_fields);

struct order_query {
    struct str source, external_id;
};
static const struct field order_query_fields[] = {
    FIELD(struct order_query, source, STR, .required = true, .min = 1, .max = 128),
    FIELD(struct order_query, external_id, STR, .required = true, .min = 1, .max = 255),
};
const struct shape shape_order_query = SHAPE("order_query", struct order_query, order_query_fields);

static enum err ingest(struct request *req, const struct event_body *body, const struct json *json,
                       struct str payload, struct problems *problems, struct event_out *ret_out)
{
    struct event_in in;
    if (!event_in_of(req->arena, body, json, payload, problems, &in))
        return ERR_INPUT_INVALID;
    return flow_ingest(req->tx, req->arena, request_caller(req), &in, problems, ret_out);
}

// ---- a batch

static void write_refusal(struct json_out *out, const struct problems *problems, enum err e)
{
    const struct err_info *info = err_info(e);
    json_object(out);
    json_put_c(out, "object", "problem");
    json_put_c(out, "title", info->title);
    json_put_i64(out, "status", info->http_status);
    json_put_c(out, "code", info->code);
    json_put_i64(out, "number", e);
    if (problems->n) {
        json_key(out, "errors");
        problems_write(problems, out);
    }
    json_end(out);
}

// What the use case says of "/member" is "/events/3/member" of the request.
static void place_pointers(struct arena *arena, struct problems *problems, size_t item)
{
    for (struct problem *problem = problems->first; problem; problem = problem->next)
        if (!str_starts(problem->pointer, STR("/events/")))
            problem->pointer =
                str_printf(arena, "/events/%zu%.*s", item, STR_FMT(problem->pointer));
}

static enum err ingest_item(struct request *req, const struct json *json, size_t item,
                            struct json_out *out)
{
    struct problems problems;
    problems_init(&problems, req->arena);
    struct event_body *body = ARENA_NEW(req->arena, struct event_body);
    struct event_out event = {0};
    enum err e = ERR_INPUT_INVALID;
    if (shape_read(&shape_event_in, json, &problems, body))
        e = ingest(req, body, json, STR_NONE, &problems, &event);
    if (e && err_info(e)->http_status >= 500)
        return e; // a fault is not the item's: the whole batch is tried again
    place_pointers(req->arena, &problems, item);
    if (e)
        write_refusal(out, &problems, e);
    else
        json_raw(out, event.reply);
    return OK;
}

static enum err create_batch(struct request *req, const struct event_batch *batch)
{
    struct buf text;
    struct json_out results;
    buf_init(&text, req->arena);
    json_init(&results, &text);
    json_object(&results);
    json_put_array(&results, "results");
    const struct json *const *items = batch->events.items;
    for (size_t i = 0; i < batch->events.n; i++) {
        enum err e = ingest_item(req, items[i], i, &results);
        if (e)
            return e;
    }
    json_end(&results);
    json_end(&results);
    json_raw(reply_json(req, 200), buf_text(&text));
    return OK;
}

struct json_list event_batch_items(const struct request *req)
{
    const struct event_batch *batch = req->in;
    return batch->events;
}

// ---- one

enum err event_create(struct request *req)
{
    if (req->in_shape == &shape_event_batch_in)
        return create_batch(req, req->in);
    struct event_out event;
    enum err e = ingest(req, req->in, req->json, req->canonical, &req->problems, &event);
    if (e)
        return e;
    // A return that waits is accepted, not done.
    int status = event.outcome == EVENT_REPLAYED ? 200 : event.outcome == EVENT_PARKED ? 202 : 201;
    json_raw(reply_json(req, status), event.reply);
    if (event.outcome == EVENT_APPLIED)
        req->reply.event_id = event.event_id;
    if (event.outcome == EVENT_REPLAYED)
        reply_header(req, "Idempotent-Replayed", STR("true"));
    return OK;
}

// Leaves the object open.
static void begin_record(struct json_out *out, struct arena *arena, const struct event_view *event)
{
    json_object(out);
    json_put_c(out, "object", "event_record");
    json_put_str(out, "id", id_text(arena, event->id, "evt"));
    json_put_str(out, "member_id", id_text(arena, event->member_id, "mbr"));
    if (!id_is_nil(event->order_id))
        json_put_str(out, "order_id", id_text(arena, event->order_id, "evt"));
    json_put_str(out, "type", event->type);
    json_put_str(out, "source", event->source);
    json_put_str(out, "external_id", event->external_id);
    json_put_i64(out, "program_version", event->version);
    json_put_time(out, "occurred_at", event->occurred_us);
    json_put_time(out, "created_at", event->recorded_us);
    json_key(out, "sent");
    json_raw(out, event->payload);
    json_key(out, "answered");
    json_raw(out, event->reply);
}

enum err event_get(struct request *req)
{
    struct id id;
    struct event_view event;
    enum err e = path_id(req, 0, "evt", &id);
    if (!e)
        e = flow_event_get(req->tx, req->arena, req->actor.tenant_id, id, &event);
    if (e)
        return e;
    struct json_out *out = reply_json(req, 200);
    begin_record(out, req->arena, &event);
    json_end(out);
    return OK;
}

static void write_lines(struct json_out *out, const struct order_line_view *lines, size_t n)
{
    json_put_array(out, "lines");
    for (size_t i = 0; i < n; i++) {
        json_object(out);
        json_put_str(out, "id", lines[i].line_id);
        json_put_i64(out, "quantity", lines[i].quantity);
        json_put_i64(out, "returned", lines[i].returned);
        json_put_i64(out, "left", lines[i].quantity - lines[i].returned);
        json_end(out);
    }
    json_end(out);
}

enum err order_find(struct request *req)
{
    const struct order_query *query = req->query;
    struct event_view event;
    struct order_line_view *lines;
    size_t n;
    enum err e = flow_order_find(req->tx, req->arena, req->actor.tenant_id, query->source,
                                 query->external_id, &event);
    if (!e)
        e = flow_order_lines(req->tx, req->arena, req->actor.tenant_id, &event, &lines, &n);
    if (e)
        return e;
    struct json_out *out = reply_json(req, 200);
    begin_record(out, req->arena, &event);
    write_lines(out, lines, n);
    json_end(out);
    return OK;
}

enum err member_events(struct request *req)
{
    struct history_in in;
    struct event_view *events;
    size_t n;
    enum err e = history_of(req, &in);
    if (!e)
        e = flow_event_list(req->tx, req->arena, req->actor.tenant_id, &in, &events, &n);
    if (e)
        return e;
    bool more = page_has_more(&n, in.limit - 1);
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++) {
        begin_record(out, req->arena, &events[i]);
        json_end(out);
    }
    reply_list_end(req,
                   more ? cursor_encode(req, events[n - 1].id.b, sizeof in.before.b) : STR_NONE);
    return OK;
}
