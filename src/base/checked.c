// SPDX-License-Identifier: Apache-2.0
// checked.c - whole numbers that never wrap.
//
// Layer: base (pure).  Tests: tests/base/checked_test.c
#include "base/checked.h"

#include "base/sort.h"

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

// How far the truncated quotient has to move: -1, 0 or 1.  c is positive, rest has n's sign.
static int rounding_step(wide quotient, wide rest, wide c, enum rounding mode)
{
    if (rest == 0)
        return 0;
    int away = rest < 0 ? -1 : 1;
    wide twice = (rest < 0 ? -rest : rest) * 2;
    switch (mode) {
    case ROUND_FLOOR:
        return away < 0 ? -1 : 0;
    case ROUND_CEIL:
        return away > 0 ? 1 : 0;
    case ROUND_HALF_EVEN:
        return twice > c || (twice == c && quotient % 2 != 0) ? away : 0;
    case ROUND_HALF_UP:
        return twice >= c ? away : 0;
    }
    CHECK(!"a rounding mode");
    return 0;
}

bool muldiv(int64_t a, int64_t b, int64_t c, enum rounding mode, int64_t *ret_value)
{
    if (c == 0)
        return false;
    wide n = (wide)a * b;
    wide divisor = c;
    if (divisor < 0) {
        n = -n;
        divisor = -divisor;
    }
    wide quotient = n / divisor;
    quotient += rounding_step(quotient, n % divisor, divisor, mode);
    if (quotient < INT64_MIN || quotient > INT64_MAX)
        return false;
    *ret_value = (int64_t)quotient;
    return true;
}

static enum err keep_amount(bool fits, int64_t value, int64_t *ret_value)
{
    if (!fits || !amount_valid(value))
        return ERR_OUT_OF_RANGE;
    *ret_value = value;
    return OK;
}

enum err amount_add(int64_t a, int64_t b, int64_t *ret_sum)
{
    int64_t sum = 0;
    bool fits = checked_add(a, b, &sum);
    return keep_amount(fits, sum, ret_sum);
}

enum err amount_sub(int64_t a, int64_t b, int64_t *ret_difference)
{
    int64_t difference = 0;
    bool fits = checked_sub(a, b, &difference);
    return keep_amount(fits, difference, ret_difference);
}

enum err amount_mul(int64_t a, int64_t b, int64_t *ret_product)
{
    int64_t product = 0;
    bool fits = checked_mul(a, b, &product);
    return keep_amount(fits, product, ret_product);
}

enum err amount_muldiv(int64_t a, int64_t b, int64_t c, enum rounding mode, int64_t *ret_value)
{
    int64_t value = 0;
    bool fits = muldiv(a, b, c, mode, &value);
    return keep_amount(fits, value, ret_value);
}

struct remainder {
    uwide rest;
    size_t index;
};

// Largest remainder first.  The sort is stable, so equal ones keep the order of their index.
static int order_remainders(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    const struct remainder *left = a;
    const struct remainder *right = b;
    return (left->rest < right->rest) - (left->rest > right->rest);
}

static enum err sum_weights(const int64_t *weights, size_t n, uwide *ret_sum)
{
    uwide sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (weights[i] < 0)
            return ERR_OUT_OF_RANGE;
        sum += (uwide)(uint64_t)weights[i];
    }
    *ret_sum = sum;
    return OK;
}

// size * weight / sum, and what is left over.  Most amounts are small: 128 bits only when needed.
static uint64_t divide(uint64_t size, uint64_t weight, uwide sum, uwide *ret_rest)
{
    uint64_t small;
    if (sum <= UINT64_MAX && !__builtin_mul_overflow(size, weight, &small)) {
        *ret_rest = small % (uint64_t)sum;
        return small / (uint64_t)sum;
    }
    uwide exact = (uwide)size * weight;
    *ret_rest = exact % sum;
    return (uint64_t)(exact / sum);
}

enum err split_by_weight(struct arena *arena, int64_t total, const int64_t *weights, size_t n,
                         int64_t *ret_shares)
{
    uwide sum = 0;
    enum err e = sum_weights(weights, n, &sum);
    if (e)
        return e;
    if (sum == 0 && total != 0)
        return ERR_OUT_OF_RANGE;
    struct remainder *rests = arena_try_array(arena, n * 2, sizeof *rests);
    if (!rests && n)
        return ERR_MEMORY;

    uint64_t size = total < 0 ? -(uint64_t)total : (uint64_t)total;
    uint64_t left = size;
    for (size_t i = 0; i < n; i++) {
        uwide rest = 0;
        uint64_t share = sum ? divide(size, (uint64_t)weights[i], sum, &rest) : 0;
        rests[i] = (struct remainder){.rest = rest, .index = i};
        ret_shares[i] = total < 0 ? (int64_t)-share : (int64_t)share;
        left -= share;
    }
    if (left == 0)
        return OK;
    CHECK(left < n); // each floor lost less than 1
    sort_stable(rests, rests + n, n, sizeof *rests, order_remainders, NULL);
    for (size_t i = 0; i < left; i++)
        ret_shares[rests[i].index] += total < 0 ? -1 : 1;
    return OK;
}
