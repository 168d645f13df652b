// SPDX-License-Identifier: Apache-2.0
// event_in.h - what an event looks like as JSON, and how it becomes the engine's.
//
// The same table reads what the API receives and what the store kept (event.payload): an order that
// is decided again next year is read exactly as it was read the first time.
//
//   V1  event_in_of refuses what no event may say; what remains depends on the programme and the
//       member.
//
// Layer: flow.  Tests: tests/flow/event_in_test.c
#pragma once

#include "base/shape.h"
#include "flow/flow.h"

#define EVENT_BATCH_MAX 1000

struct event_body_member {
    struct id id;
    struct str external_id, email, phone, card, code;
};

struct event_body_line {
    struct str id, sku, name, category, brand;
    int64_t quantity;
    int64_t unit_amount; // -1: absent
    int64_t discount;
    bool gift_card, reward;
};

struct event_body_order {
    struct str currency;
    struct json_list lines; // struct event_body_line
    int64_t discount, tax, shipping, tendered;
};

struct event_body {
    struct str source, external_id, type;
    int64_t occurred_at; // or WHEN_NOW
    struct event_body_member *member;
    struct str store, channel, refund_of;
    struct event_body_order *order;
    const struct json *attributes;
};

extern const struct shape shape_event_in;        // target: struct event_body
extern const struct shape shape_event_member_in; // target: struct event_body_member
extern const struct shape shape_event_order_in;  // target: struct event_body_order

// Checks what fields mean together and builds the engine's order; json is the whole event, as it
// came, payload the same in canonical form, or STR_NONE when nobody has it yet.  Every fault is
// added to problems; false when there was one.
MUST_CHECK bool event_in_of(struct arena *arena, const struct event_body *body,
                            const struct json *json, struct str payload, struct problems *problems,
                            struct event_in *ret_in);

struct member_ref event_member_ref(const struct event_body_member *member);

// True for types that name an order by refund_of.
bool event_refers_to_order(struct str type);

// Reads a stored payload again.  ERR_STORE_CORRUPT when it does not have the shape.
MUST_CHECK enum err event_in_read(struct arena *arena, struct str payload, struct event_in *ret_in);
