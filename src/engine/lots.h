// SPDX-License-Identifier: Apache-2.0
// lots.h - which lots a debit takes from.
//
//   L1  Lots give in the order in which they stand: earliest expiry, then oldest, then seq.
//   L2  A unit is unspendable at t >= expires_us, whether or not its expiry was carried out.
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/engine/instants_test.c
#pragma once

#include "engine/state.h"
#include "base/err.h"

// Which lots may give; a nil order means any.
struct lot_filter {
    int currency;
    bool pending;        // pending lots, else spendable ones
    int64_t at_us;       // L2
    struct id order_id;  // only of this order
    struct id not_order; // none of this order
};

// What was found, for an effect that takes.
struct taking {
    struct allocation *allocations;
    struct lot *lots; // as they were opened, one per allocation
    size_t n, room;
    int64_t units;
};

// Units that the filter lets through.
int64_t lots_sum(const struct member_state *state, const struct lot_filter *filter);
// Adds allocations of at most `units` to the taking, which begins zeroed; room for all lots is made
// at the first call.  The state is not changed.
MUST_CHECK enum err lots_take(const struct member_state *state, struct arena *arena,
                              const struct lot_filter *filter, int64_t units,
                              struct taking *taking);
