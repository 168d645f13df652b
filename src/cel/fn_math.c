// SPDX-License-Identifier: Apache-2.0
// fn_math.c - the math.* functions, and the integer ratios that points and money are made of.
//
// Layer: cel (pure).  Tests: tests/cel/math_test.c
#include "cel/fn.h"

#include "base/checked.h"

#include <math.h>

// ---- extremes

// The first of n values (or of the elements of one list) that none is less than; wanted is
// CEL_LESS or CEL_GREATER.
static struct cel_value extreme(struct cel_call *call, const struct cel_value *args,
                                enum cel_order wanted)
{
    uint32_t n = call->n_args;
    if (n == 1 && args[0].tag == CEL_LIST) {
        n = args[0].len;
        args = args[0].items;
    }
    if (n == 0)
        return cel_error(CEL_E_ARGUMENT, "an empty list has no least or greatest value");
    struct cel_value best = args[0];
    for (uint32_t i = 0; i < n; i++) {
        if (args[i].tag != CEL_INT && args[i].tag != CEL_UINT && args[i].tag != CEL_DOUBLE)
            return cel_no_overload();
        enum cel_order order = cel_compare(args[i], best);
        if (order == CEL_UNORDERED)
            return cel_double(NAN);
        if (order == wanted)
            best = args[i];
    }
    return best;
}

struct cel_value cel_fn_greatest(struct cel_call *call, const struct cel_value *args)
{
    return extreme(call, args, CEL_GREATER);
}

struct cel_value cel_fn_least(struct cel_call *call, const struct cel_value *args)
{
    return extreme(call, args, CEL_LESS);
}

// ---- doubles

struct cel_value cel_fn_math_ceil(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_double(ceil(args[0].d));
}

struct cel_value cel_fn_math_floor(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_double(floor(args[0].d));
}

// Ties away from zero.
struct cel_value cel_fn_math_round(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_double(round(args[0].d));
}

struct cel_value cel_fn_math_trunc(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_double(trunc(args[0].d));
}

struct cel_value cel_fn_math_sqrt(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    struct cel_value v = args[0];
    if (v.tag == CEL_INT)
        return cel_double(sqrt((double)v.i));
    return cel_double(sqrt(v.tag == CEL_UINT ? (double)v.u : v.d));
}

struct cel_value cel_fn_math_is_nan(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(isnan(args[0].d));
}

struct cel_value cel_fn_math_is_inf(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(isinf(args[0].d));
}

struct cel_value cel_fn_math_is_finite(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(isfinite(args[0].d));
}

// ---- any number

struct cel_value cel_fn_math_abs(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    struct cel_value v = args[0];
    if (v.tag == CEL_DOUBLE)
        return cel_double(fabs(v.d));
    if (v.tag == CEL_UINT)
        return v;
    if (v.i == INT64_MIN)
        return cel_overflow();
    return cel_int(v.i < 0 ? -v.i : v.i);
}

struct cel_value cel_fn_math_sign(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    struct cel_value v = args[0];
    if (v.tag == CEL_UINT)
        return cel_uint(v.u > 0);
    if (v.tag == CEL_INT)
        return cel_int((v.i > 0) - (v.i < 0));
    return isnan(v.d) || v.d == 0 ? v : cel_double(v.d > 0 ? 1 : -1);
}

// ---- bits: int and uint have the same 64

static struct cel_value with_bits(struct cel_value like, uint64_t bits)
{
    like.u = bits;
    return like;
}

struct cel_value cel_fn_bit_and(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return with_bits(args[0], args[0].u & args[1].u);
}

struct cel_value cel_fn_bit_or(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return with_bits(args[0], args[0].u | args[1].u);
}

struct cel_value cel_fn_bit_xor(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return with_bits(args[0], args[0].u ^ args[1].u);
}

struct cel_value cel_fn_bit_not(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return with_bits(args[0], ~args[0].u);
}

static struct cel_value shift(const struct cel_value *args, bool left)
{
    int64_t by = args[1].i;
    if (by < 0)
        return cel_error(CEL_E_ARGUMENT, "a shift cannot be negative");
    if (by > 63)
        return with_bits(args[0], 0);
    // To the right the sign is a bit like any other.
    return with_bits(args[0], left ? args[0].u << by : args[0].u >> by);
}

struct cel_value cel_fn_bit_shift_left(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return shift(args, true);
}

struct cel_value cel_fn_bit_shift_right(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return shift(args, false);
}

// ---- ratios of integers, rounded once

static struct cel_value ratio(int64_t a, int64_t b, int64_t c, enum rounding mode)
{
    int64_t value;
    if (c == 0)
        return cel_error(CEL_E_DIVIDE_BY_ZERO, "division by zero");
    return muldiv(a, b, c, mode, &value) ? cel_int(value) : cel_overflow();
}

struct cel_value cel_fn_mul_div(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return ratio(args[0].i, args[1].i, args[2].i, ROUND_FLOOR);
}

struct cel_value cel_fn_mul_div_up(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return ratio(args[0].i, args[1].i, args[2].i, ROUND_CEIL);
}

struct cel_value cel_fn_mul_div_half_up(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return ratio(args[0].i, args[1].i, args[2].i, ROUND_HALF_UP);
}

struct cel_value cel_fn_mul_div_half_even(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return ratio(args[0].i, args[1].i, args[2].i, ROUND_HALF_EVEN);
}

struct cel_value cel_fn_percent(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return ratio(args[0].i, args[1].i, 100, ROUND_FLOOR);
}
