// SPDX-License-Identifier: Apache-2.0
// checked.h - whole numbers that never wrap, and the one place where a ratio is rounded.
//
// Money, points and counters are int64_t.  Sums and products go through these functions; a ratio is
// computed with a 128-bit intermediate and rounded once, in a mode the caller names.
//
//   N1  A function that answers false or an error leaves its ret_ argument untouched.
//   N2  An amount that a rule, a request or the ledger may hold satisfies |x| <= AMOUNT_MAX, so
//       that it survives every JSON reader and a sum of two never leaves int64_t.
//
// Layer: base (pure).  Tests: tests/base/checked_test.c
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The largest whole number that a double, and so every JSON reader, holds exactly.
#define AMOUNT_MAX (((int64_t)1 << 53) - 1)

enum rounding {
    ROUND_FLOOR,     // towards minus infinity
    ROUND_CEIL,      // towards plus infinity
    ROUND_HALF_EVEN, // to the nearest; a tie to the even neighbour
    ROUND_HALF_UP,   // to the nearest; a tie away from zero, as cash registers do
};

// True when the exact result fits into int64_t.
MUST_CHECK static inline bool checked_add(int64_t a, int64_t b, int64_t *ret_sum)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret_sum = sum;
    return true;
}

MUST_CHECK static inline bool checked_sub(int64_t a, int64_t b, int64_t *ret_difference)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference))
        return false;
    *ret_difference = difference;
    return true;
}

MUST_CHECK static inline bool checked_mul(int64_t a, int64_t b, int64_t *ret_product)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *ret_product = product;
    return true;
}

// a * b / c, exact until it is rounded once.  False when c is 0 or the result does not fit.
MUST_CHECK bool muldiv(int64_t a, int64_t b, int64_t c, enum rounding mode, int64_t *ret_value);

static inline bool amount_valid(int64_t amount)
{
    return amount >= -AMOUNT_MAX && amount <= AMOUNT_MAX;
}

// The same with the bound of N2: ERR_OUT_OF_RANGE when the result is no valid amount.
MUST_CHECK enum err amount_add(int64_t a, int64_t b, int64_t *ret_sum);
MUST_CHECK enum err amount_sub(int64_t a, int64_t b, int64_t *ret_difference);
MUST_CHECK enum err amount_mul(int64_t a, int64_t b, int64_t *ret_product);
MUST_CHECK enum err amount_muldiv(int64_t a, int64_t b, int64_t c, enum rounding mode,
                                  int64_t *ret_value);

// Splits total over n weights by largest remainder: the shares sum to total exactly, each is the
// floor or the ceiling of its exact share, and of equal remainders the smaller index is served
// first.  A negative total gives the shares of -total, negated.
// ERR_OUT_OF_RANGE when a weight is negative or all are 0 (unless total is 0 as well), ERR_MEMORY
// when the arena is exhausted.
MUST_CHECK enum err split_by_weight(struct arena *arena, int64_t total, const int64_t *weights,
                                    size_t n, int64_t *ret_shares);
