// SPDX-License-Identifier: Apache-2.0
// tally.h - how much of each line of an order has come back so far.
//
// Layer: flow.  Tests: tests/flow/flow_test.c, tests/api/refunds.http
#pragma once

#include "flow/flow.h"

// Quantities returned so far, one item a line of the order, in its order.
struct tally {
    const struct order *order;
    struct returned *lines;
};

// Nothing has come back.  False when the arena is full.
MUST_CHECK bool tally_init(struct tally *tally, struct arena *arena, const struct order *order);
// Adds what the event gives back.  Nothing named means: everything that is left.
void tally_add(struct tally *tally, const struct event_in *in);
// Adds every return of the order that the store knows.
MUST_CHECK enum err tally_earlier(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                  struct id order_id, struct tally *tally);
// The place of the line in the order, n_lines when it has none of that id.
size_t tally_line(const struct tally *tally, struct str line_id);
int64_t tally_left(const struct tally *tally, size_t line);
// Moves the lines of which something came back to the front and answers their number.
size_t tally_compact(struct tally *tally);
