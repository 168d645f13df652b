// SPDX-License-Identifier: Apache-2.0
// event_in.c - the table of an event's fields, and what they mean together.
//
// Layer: flow.  Tests: tests/flow/event_in_test.c
#include "flow/event_in.h"

#include "base/checked.h"

#define QUANTITY_MAX 1000000
#define AMOUNT_ABSENT (-1)

static const struct field member_fields[] = {
    FIELD(struct event_body_member, id, ID, .prefix = "mbr", .help = "Habitue's own id"),
    FIELD(struct event_body_member, external_id, STR, .min = 1, .max = 255,
          .help = "Your id of the customer"),
    FIELD(struct event_body_member, email, STR, .min = 3, .max = 254),
    FIELD(struct event_body_member, phone, STR, .min = 3, .max = 32),
    FIELD(struct event_body_member, card, STR, .min = 1, .max = 64,
          .help = "Number of a registered card"),
    FIELD(struct event_body_member, code, STR, .min = 1, .max = 32,
          .help = "The code the member shows"),
};
const struct shape shape_event_member_in =
    SHAPE("event_member_in", struct event_body_member, member_fields);

static const struct field line_fields[] = {
    FIELD(struct event_body_line, id, STR, .required = true, .min = 1, .max = 64,
          .help = "Names the line; a return refers to it"),
    FIELD(struct event_body_line, sku, STR, .max = 128),
    FIELD(struct event_body_line, name, STR, .max = 255),
    FIELD(struct event_body_line, category, STR, .max = 128),
    FIELD(struct event_body_line, brand, STR, .max = 128),
    FIELD(struct event_body_line, quantity, I64, .required = true, .min = 1, .max = QUANTITY_MAX),
    FIELD(struct event_body_line, unit_amount, I64, .min = 0, .max = AMOUNT_MAX,
          .absent = AMOUNT_ABSENT, .help = "Price of one, in minor units; needed for order.paid"),
    FIELD(struct event_body_line, discount, I64, .min = 0, .max = AMOUNT_MAX,
          .help = "Taken off this line, in minor units"),
    FIELD(struct event_body_line, gift_card, BOOL, .help = "Stored value is bought: earns nothing"),
    FIELD(struct event_body_line, reward, BOOL, .help = "Handed over as a reward: earns nothing"),
};
static const struct shape shape_event_line_in =
    SHAPE("event_line_in", struct event_body_line, line_fields);

static const struct field order_fields[] = {
    FIELD(struct event_body_order, currency, STR, .min = 3, .max = 3, .help = "ISO 4217"),
    FIELD(struct event_body_order, lines, ARRAY, .required = true, .shape = &shape_event_line_in,
          .min = 1, .max = ORDER_LINES_MAX),
    FIELD(struct event_body_order, discount, I64, .min = 0, .max = AMOUNT_MAX,
          .help = "Taken off the whole order, besides the lines' discounts"),
    FIELD(struct event_body_order, tax, I64, .min = 0, .max = AMOUNT_MAX,
          .help = "Tax contained in the lines' amounts"),
    FIELD(struct event_body_order, shipping, I64, .min = 0, .max = AMOUNT_MAX),
    FIELD(struct event_body_order, tendered, I64, .min = 0, .max = AMOUNT_MAX,
          .help = "Part of the sum that was paid with points or gift cards"),
};
const struct shape shape_event_order_in =
    SHAPE("event_order_in", struct event_body_order, order_fields);

static const struct field event_fields[] = {
    FIELD(struct event_body, source, STR, .required = true, .min = 1, .max = 128,
          .help = "The system that sends, such as a till"),
    FIELD(struct event_body, external_id, STR, .required = true, .min = 1, .max = 255,
          .help = "Your id of the event: sent twice, it happens once"),
    FIELD(struct event_body, type, STR, .required = true, .min = 1, .max = 64,
          .help = "order.paid, order.refunded, order.cancelled, visit, or your own: word.word"),
    FIELD(struct event_body, occurred_at, TIME, .absent = WHEN_NOW,
          .help = "When it happened; now when absent"),
    FIELD(struct event_body, member, OBJECT, .shape = &shape_event_member_in,
          .help = "Whose event it is; a return may leave it out"),
    FIELD(struct event_body, store, STR, .max = 128),
    FIELD(struct event_body, channel, STR, .max = 64),
    FIELD(struct event_body, refund_of, STR, .min = 1, .max = 255,
          .help = "external_id of the order that is returned or cancelled"),
    FIELD(struct event_body, order, OBJECT, .shape = &shape_event_order_in),
    FIELD(struct event_body, attributes, MAP, .max = 64,
          .help = "Whatever else your rules ask about"),
};
const struct shape shape_event_in = SHAPE_LIKE(
    "event_in", struct event_body, event_fields,
    "{\"source\":\"till-1\",\"external_id\":\"A-1001\",\"type\":\"order.paid\","
    "\"member\":{\"external_id\":\"c-17850\"},\"store\":\"paris-1\",\"order\":{\"currency\":"
    "\"EUR\",\"lines\":[{\"id\":\"1\",\"sku\":\"LATTE\",\"quantity\":2,"
    "\"unit_amount\":450}]}}");

static struct str pointer_under(struct arena *arena, const struct json *json, const char *name)
{
    return json_pointer_to(arena, json, str_of(name));
}

// word(.word)*, a word being [a-z0-9_]+.
static bool is_event_type(struct str type)
{
    bool in_word = false;
    for (size_t i = 0; i < type.n; i++) {
        char c = type.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!letter && (c != '.' || !in_word))
            return false;
        in_word = letter;
    }
    return in_word;
}

bool event_refers_to_order(struct str type)
{
#define EVENT(name, text, has_order, refers_to_order, en, fr)                                      \
    if (str_eq(type, STR(text)))                                                                   \
        return refers_to_order;
#include "events.def"
#undef EVENT
    return false;
}

static bool event_has_order(struct str type)
{
#define EVENT(name, text, has_order, refers_to_order, en, fr)                                      \
    if (str_eq(type, STR(text)))                                                                   \
        return has_order;
#include "events.def"
#undef EVENT
    return false;
}

static void check_line(struct arena *arena, const struct event_body_line *line,
                       const struct json *json, struct problems *problems)
{
    if (line->unit_amount == AMOUNT_ABSENT) {
        problem_add(problems, pointer_under(arena, json, "unit_amount"), "required",
                    "A line of a purchase says what one piece costs.");
        return;
    }
    int64_t gross;
    if (!checked_mul(line->quantity, line->unit_amount, &gross) || gross > AMOUNT_MAX)
        problem_add(problems, pointer_under(arena, json, "unit_amount"), "range",
                    "Quantity times unit_amount is more than can be counted.");
    else if (line->discount > gross)
        problem_add(problems, pointer_under(arena, json, "discount"), "range",
                    "The discount is larger than the line.");
}

static bool has_id_before(const struct event_body_line *lines, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(lines[k].id, lines[i].id))
            return true;
    return false;
}

// Line ids are names: two of one name would make a return ambiguous.
static void check_line_ids(struct arena *arena, const struct json_list *list,
                           const struct json *json, struct problems *problems)
{
    for (size_t i = 1; i < list->n; i++)
        if (has_id_before(list->items, i))
            problem_add(problems, pointer_under(arena, &json->items[i], "id"), "duplicate",
                        "Two lines of the order have this id.");
}

static struct order *order_of(struct arena *arena, const struct event_body_order *body,
                              const struct json *json, struct problems *problems)
{
    const struct json *json_lines = json_get(json, "lines");
    const struct event_body_line *lines = body->lines.items;
    struct order *order = ARENA_NEW(arena, struct order);
    *order = (struct order){.currency = body->currency,
                            .discount = body->discount,
                            .tax = body->tax,
                            .shipping = body->shipping,
                            .tendered = body->tendered};
    order->lines = arena_try_array(arena, body->lines.n, sizeof *order->lines);
    if (!order->lines)
        return order;
    order->n_lines = body->lines.n;
    for (size_t i = 0; i < body->lines.n; i++) {
        check_line(arena, &lines[i], &json_lines->items[i], problems);
        order->lines[i] = (struct order_line){.id = lines[i].id,
                                              .sku = lines[i].sku,
                                              .name = lines[i].name,
                                              .category = lines[i].category,
                                              .brand = lines[i].brand,
                                              .quantity = lines[i].quantity,
                                              .unit_amount = lines[i].unit_amount,
                                              .discount = lines[i].discount,
                                              .gift_card = lines[i].gift_card,
                                              .reward = lines[i].reward};
    }
    return order;
}

static void read_returned(struct arena *arena, const struct event_body_order *body,
                          struct event_in *in)
{
    const struct event_body_line *lines = body->lines.items;
    struct returned *returned = arena_try_array(arena, body->lines.n, sizeof *returned);
    if (!returned)
        return;
    for (size_t i = 0; i < body->lines.n; i++)
        returned[i] = (struct returned){.line_id = lines[i].id, .quantity = lines[i].quantity};
    in->returned = returned;
    in->n_returned = body->lines.n;
}

static void read_order(struct arena *arena, const struct event_body *body, const struct json *json,
                       struct problems *problems, struct event_in *in)
{
    const struct json *json_order = json_get(json, "order");
    if (body->order)
        check_line_ids(arena, &body->order->lines, json_get(json_order, "lines"), problems);
    if (event_refers_to_order(body->type)) {
        if (!body->refund_of.p)
            problem_add(problems, pointer_under(arena, json, "refund_of"), "required",
                        "A return says which order it belongs to.");
        if (body->order)
            read_returned(arena, body->order, in);
        return;
    }
    if (body->refund_of.p)
        problem_add(problems, pointer_under(arena, json, "refund_of"), "not_allowed",
                    "Only order.refunded and order.cancelled refer to an order.");
    if (!event_has_order(body->type)) {
        if (body->order)
            problem_add(problems, pointer_under(arena, json, "order"), "not_allowed",
                        "Only order.paid carries an order.");
        return;
    }
    if (!body->order)
        problem_add(problems, pointer_under(arena, json, "order"), "required",
                    "order.paid carries the order.");
    else
        in->order = order_of(arena, body->order, json_order, problems);
}

struct member_ref event_member_ref(const struct event_body_member *member)
{
    return (struct member_ref){.id = member->id,
                               .external_id = member->external_id,
                               .email = member->email,
                               .phone = member->phone,
                               .card = member->card,
                               .code = member->code};
}

static void read_member(struct arena *arena, const struct event_body *body, const struct json *json,
                        struct problems *problems, struct event_in *in)
{
    const struct event_body_member *member = body->member;
    if (!member) {
        if (!event_refers_to_order(body->type))
            problem_add(problems, pointer_under(arena, json, "member"), "required",
                        "An event says whose it is.");
        return;
    }
    in->member = event_member_ref(member);
    bool named = !id_is_nil(member->id) || member->external_id.p || member->email.p ||
                 member->phone.p || member->card.p || member->code.p;
    if (!named)
        problem_add(problems, pointer_under(arena, json, "member"), "required",
                    "Give one of id, external_id, email, phone, card or code.");
}

static struct str canonical_text(struct arena *arena, const struct json *json)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_canonical(&out, arena, json);
    return buf_text(&text);
}

bool event_in_of(struct arena *arena, const struct event_body *body, const struct json *json,
                 struct str payload, struct problems *problems, struct event_in *ret_in)
{
    size_t before = problems->n;
    struct event_in in = {.source = body->source,
                          .external_id = body->external_id,
                          .type = body->type,
                          .occurred_us = body->occurred_at,
                          .store = body->store,
                          .channel = body->channel,
                          .refund_of = body->refund_of};
    if (!is_event_type(body->type))
        problem_add(problems, pointer_under(arena, json, "type"), "format",
                    "A type is made of words in lower case, divided by dots.");
    read_member(arena, body, json, problems, &in);
    read_order(arena, body, json, problems, &in);
    if (problems->n != before)
        return false;
    if (body->attributes)
        in.attributes = canonical_text(arena, body->attributes);
    in.payload = payload.p ? payload : canonical_text(arena, json);
    in.fingerprint = hash_sha256(in.payload.p, in.payload.n);
    *ret_in = in;
    return true;
}

enum err event_in_read(struct arena *arena, struct str payload, struct event_in *ret_in)
{
    struct problems problems;
    problems_init(&problems, arena);
    const struct json *json;
    if (json_parse(arena, payload, &json_limits_request, &problems, &json))
        return ERR_STORE_CORRUPT;
    struct event_body *body = ARENA_NEW(arena, struct event_body);
    if (!shape_read(&shape_event_in, json, &problems, body) ||
        !event_in_of(arena, body, json, payload, &problems, ret_in))
        return ERR_STORE_CORRUPT;
    return OK;
}
