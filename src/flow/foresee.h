// SPDX-License-Identifier: Apache-2.0
// foresee.h - what a batch of work is going to read, asked for all of it at once.
//
// A store across a network answers a thousand questions in the time of one, if they are asked
// together.  Before a batch runs, each piece of work says what it will read; foresee_ask asks all
// of it in two round trips: first what is known by name (replies, events, identifiers), then the
// members that were found, locked in the order of their ids so that two batches cannot wait for
// each other.  The use cases read as ever and find the answers there.
//
//   S1  Foreseeing changes nothing that a use case decides: what was not foreseen, or foreseen in
//       vain, costs time only.
//   S2  A store that is near foresees nothing.
// Replies are foreseen in idempotency.h.  Layer: flow.  Tests: tests/flow/foresee_test.c
#pragma once

#include "flow/flow.h"

// Whoever the reference names, and all that is cached of them.
MUST_CHECK enum err foresee_member(struct tx *tx, int64_t tenant_id, const struct member_ref *ref);

struct foreseen_event {
    struct str source, external_id, type;
    struct str refund_of;            // STR_NONE: it names no order
    const struct member_ref *member; // NULL: the order says who it is
};
MUST_CHECK enum err foresee_event(struct tx *tx, int64_t tenant_id,
                                  const struct foreseen_event *event);
// The same of an event as it came.
struct event_body;
MUST_CHECK enum err foresee_event_body(struct tx *tx, int64_t tenant_id,
                                       const struct event_body *body);

// Asks; once, after all have spoken and before the first of them runs.
MUST_CHECK enum err foresee_ask(struct tx *tx);
