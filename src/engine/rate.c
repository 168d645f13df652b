// SPDX-License-Identifier: Apache-2.0
// rate.c - "10 points per 1.00": the one place where an amount becomes units.
//
//   R1  One rounding step per order, or one per line; nothing is rounded twice.
//   R2  With carry, earned x per + remainder = sum of amount x units over all events.
//
// Layer: engine (pure).  Tests: tests/engine/rate_test.c
#include "base/check.h"
#include "base/checked.h"
#include "engine/earn.h"

__extension__ typedef __int128 wide;

// Every line by itself; their sum is the order's.
static enum err by_line(const struct rate *rate, const struct selection *selection,
                        int64_t *line_units, int64_t *ret_units)
{
    int64_t sum = 0;
    for (size_t i = 0; i < selection->n; i++) {
        enum err e = amount_muldiv(selection->amounts[i], rate->units, rate->per, rate->rounding,
                                   &line_units[i]);
        if (!e)
            e = amount_add(sum, line_units[i], &sum);
        if (e)
            return e;
    }
    *ret_units = sum;
    return OK;
}

// Whole units out of the amount and what was left over before; the rest is carried on (R2).
static enum err with_carry(const struct rate *rate, int64_t amount, int64_t carry_in,
                           struct rated *rated)
{
    wide exact = (wide)amount * rate->units + carry_in;
    wide units = exact / rate->per;
    if (units > AMOUNT_MAX)
        return ERR_OUT_OF_RANGE;
    rated->units = (int64_t)units;
    rated->carry_out = (int64_t)(exact % rate->per);
    CHECK(rated->carry_out >= 0 && rated->carry_out < rate->per);
    return OK;
}

static enum err by_order(const struct rate *rate, const struct selection *selection,
                         int64_t carry_in, struct rated *rated)
{
    if (rate->carry)
        return with_carry(rate, selection->total, carry_in, rated);
    return amount_muldiv(selection->total, rate->units, rate->per, rate->rounding, &rated->units);
}

enum err rate_apply(struct arena *arena, const struct rate *rate, const struct selection *selection,
                    int64_t carry_in, struct rated *ret_rated)
{
    CHECK(rate->units > 0 && rate->per > 0);
    CHECK(carry_in >= 0);
    struct rated rated = {0};
    int64_t *line_units = arena_try_array(arena, selection->n, sizeof *line_units);
    if (!line_units)
        return ERR_MEMORY;
    enum err e;
    if (rate->per_line && !rate->carry) {
        e = by_line(rate, selection, line_units, &rated.units);
    } else {
        e = by_order(rate, selection, carry_in, &rated);
        if (!e && rated.units > 0 && selection->total > 0)
            e = split_by_weight(arena, rated.units, selection->amounts, selection->n, line_units);
    }
    if (e)
        return e;
    if (rated.units > 0 && selection->total > 0)
        rated.line_units = line_units;
    *ret_rated = rated;
    return OK;
}
