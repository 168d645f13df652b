// SPDX-License-Identifier: Apache-2.0
// lots.c - which lots a debit takes from.
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/engine/instants_test.c
#include "engine/lots.h"

#include "base/check.h"

static bool passes(const struct lot *lot, const struct lot_filter *filter)
{
    if (lot->currency != filter->currency || lot->pending != filter->pending)
        return false;
    if (lot->expires_us <= filter->at_us) // L2
        return false;
    if (!id_is_nil(filter->order_id) && !id_eq(lot->order_id, filter->order_id))
        return false;
    return id_is_nil(filter->not_order) || !id_eq(lot->order_id, filter->not_order);
}

int64_t lots_sum(const struct member_state *state, const struct lot_filter *filter)
{
    int64_t sum = 0;
    for (size_t i = 0; i < state->n_lots; i++) {
        if (passes(&state->lots[i], filter))
            sum += state->lots[i].remaining; // S1 bounds the sum by the wallet
    }
    return sum;
}

static enum err make_room(struct taking *taking, struct arena *arena, size_t n)
{
    if (taking->allocations)
        return OK;
    taking->allocations = arena_try_array(arena, n, sizeof *taking->allocations);
    taking->lots = arena_try_array(arena, n, sizeof *taking->lots);
    taking->room = n;
    return taking->allocations && taking->lots ? OK : ERR_MEMORY;
}

static void take(struct taking *taking, const struct lot *lot, int64_t units)
{
    CHECK(taking->n < taking->room);
    CHECK(units > 0 && units <= lot->remaining);
    taking->allocations[taking->n] = (struct allocation){.lot_seq = lot->seq, .units = units};
    taking->lots[taking->n] = *lot;
    taking->n++;
    taking->units += units;
}

enum err lots_take(const struct member_state *state, struct arena *arena,
                   const struct lot_filter *filter, int64_t units, struct taking *taking)
{
    enum err e = make_room(taking, arena, state->n_lots);
    if (e)
        return e;
    int64_t left = units;
    for (size_t i = 0; i < state->n_lots && left > 0; i++) { // L1
        const struct lot *lot = &state->lots[i];
        if (!passes(lot, filter))
            continue;
        int64_t taken = lot->remaining < left ? lot->remaining : left;
        take(taking, lot, taken);
        left -= taken;
    }
    return OK;
}
