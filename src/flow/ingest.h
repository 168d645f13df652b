// SPDX-License-Identifier: Apache-2.0
// ingest.h - the last steps of an event, once member and programme are known.
//
// Layer: flow.  Tests: tests/flow/ingest_test.c
#pragma once

#include "flow/flow.h"

struct event_key;
struct event_row;

// Clocks of tills run ahead a little.
#define FUTURE_US (5 * 60 * SECOND_US)

struct ingest {
    struct caller by;
    const struct program *program; // that judges
    struct tx_member *member;
    struct event *event;
    int64_t at_us;             // the instant the member is brought to before the event is decided
    const struct event_in *in; // as it was sent
};

// Decides, applies and records the event.  A refusal comes before the first write.
MUST_CHECK enum err ingest_event(struct tx *tx, struct arena *arena, const struct ingest *ingest,
                                 struct event_out *ret_out);

// Applies the member.enrolled rules, if the programme has any.
MUST_CHECK enum err ingest_welcome(struct tx *tx, struct arena *arena, struct caller by,
                                   const struct program *program, struct tx_member *member,
                                   int64_t at_us);

// A return or cancellation of a known order.
struct ingest_refund {
    struct caller by;
    struct id event_id;
    const struct event_in *in;
    const struct event_row *order;
    int64_t occurred_us, at_us;
};
MUST_CHECK enum err ingest_refund(struct tx *tx, struct arena *arena,
                                  const struct ingest_refund *refund, struct problems *problems,
                                  struct event_out *ret_out);

// What waits for the order of that key happens now; ret_n: how many did.  One that does not fit its
// order stays, for somebody to look at, and is not tried again.
MUST_CHECK enum err ingest_parked(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                  const struct event_key *order_key, int64_t at_us, size_t *ret_n);

// Prices the order.  ERR_INPUT_INVALID with a problem when it is in another money, or more is taken
// off than there is.  NULL is no order.
MUST_CHECK enum err order_check(struct arena *arena, const struct program *program,
                                struct order *order, struct problems *problems);

// What an event answers: {"object":"event", ... "effects":[...], "balances":{...}}.
struct event_reply {
    struct id event_id;
    struct id member_id; // nil: not known yet
    struct str type, source, external_id;
    int64_t occurred_us;
    bool parked;
    const struct program *program;
    const struct decision *decision; // NULL: no effects
    const struct member_state *state;
};
struct str event_reply_json(struct arena *arena, const struct event_reply *reply);
