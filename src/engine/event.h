// SPDX-License-Identifier: Apache-2.0
// event.h - a fact from outside, as the engine judges it.
//
// Amounts are minor units of the programme's money.  What the sender gives (lines, discounts, tax)
// is kept as it came; event_price derives gross, net and paid once, by largest remainder, so that
// line amounts always sum to the order's.
//
//   E1  sum of line.net = order.net; sum of line.paid = order.paid; none is negative.
//
// Layer: engine (pure).  Tests: tests/engine/price_test.c
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct program;

#define ORDER_LINES_MAX 1000

struct order_line {
    struct str id, sku, name, category, brand;
    int64_t quantity;    // > 0
    int64_t unit_amount; // >= 0
    int64_t discount;    // on this line, >= 0, <= quantity * unit_amount
    bool gift_card;      // buying stored value is not a purchase
    bool reward;         // handed over as a reward

    // derived by event_price
    bool eligible;
    int64_t gross;  // quantity * unit_amount
    int64_t net;    // after the line's and its share of the order's discount
    int64_t tax;    // its share of the order's tax
    int64_t tender; // its share of what points and gift cards paid
    int64_t paid;   // eligible: net less tender; else 0
};

struct order {
    struct str currency;
    struct order_line *lines;
    size_t n_lines;
    int64_t discount; // on the whole order, besides the lines'
    int64_t tax;      // contained in the lines' amounts
    int64_t shipping; // besides the lines
    int64_t tendered; // of the sum, paid with points or gift cards

    // derived by event_price
    int64_t gross, net, paid;
};

struct event {
    struct id id;
    struct str source, external_id, type;
    struct str store, channel; // may be empty
    int64_t occurred_us;
    struct order *order;                      // NULL: no order
    struct str attributes;                    // JSON object or STR_NONE
    const struct cel_value *attributes_value; // the same, bound by the flow; NULL: empty
};

// How much of one line of an order was given back.
struct returned {
    struct str line_id;
    int64_t quantity;
};

// Fills the derived fields; the programme says which lines are eligible.  Order-wide amounts are
// shared out by largest remainder: the discount over what the lines' own discounts left, tax and
// tender over net (what of them belongs to shipping stays out).  ERR_OUT_OF_RANGE when an amount
// leaves what can be counted, ERR_INPUT_INVALID when a quantity is not positive, an amount is
// negative or discounts, tax or tender exceed what they are part of.
MUST_CHECK enum err event_price(struct arena *arena, struct order *order,
                                const struct program *program);

// A copy of a priced order, in the arena, without the returned quantities; lines of which nothing
// is left are gone.  Of each line's discount, of discount and tax together, and of discount and
// tender together the share of the kept quantity stays (floor), so that what is kept of a line
// depends only on how much of it was returned in all, on no other line, and never grows by a
// return.  The copy is priced.  ERR_REFUND_EXCEEDS_ORDER when a line has less,
// ERR_NOT_FOUND when there is no such line.
MUST_CHECK enum err order_without(struct arena *arena, const struct order *order,
                                  const struct returned *returned, size_t n,
                                  struct order **ret_order);
