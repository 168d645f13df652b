// SPDX-License-Identifier: Apache-2.0
// fn_core.c - operators as functions, type(), dyn() and optional values.
//
// Layer: cel (no I/O, no malloc).  Tests: the conformance run
#include "cel/step.h"

#include <math.h>
#include <string.h>

#define FN(name) struct cel_value cel_fn_##name(struct cel_call *call, const struct cel_value *args)

static struct cel_value overflow(void)
{
    return cel_error(CEL_E_OVERFLOW, "the result is too large for its type");
}

static struct cel_value by_zero(void)
{
    return cel_error(CEL_E_DIVIDE_BY_ZERO, "division by zero");
}

FN(add_int)
{
    int64_t r;
    return __builtin_add_overflow(args[0].i, args[1].i, &r) ? overflow() : cel_int(r);
}

FN(subtract_int)
{
    int64_t r;
    return __builtin_sub_overflow(args[0].i, args[1].i, &r) ? overflow() : cel_int(r);
}

FN(multiply_int)
{
    int64_t r;
    return __builtin_mul_overflow(args[0].i, args[1].i, &r) ? overflow() : cel_int(r);
}

FN(divide_int)
{
    if (args[1].i == 0)
        return by_zero();
    if (args[0].i == INT64_MIN && args[1].i == -1)
        return overflow();
    return cel_int(args[0].i / args[1].i);
}

FN(modulo_int)
{
    if (args[1].i == 0)
        return by_zero();
    if (args[1].i == -1)
        return args[0].i == INT64_MIN ? overflow() : cel_int(0);
    return cel_int(args[0].i % args[1].i);
}

FN(negate_int)
{
    int64_t r;
    return __builtin_sub_overflow((int64_t)0, args[0].i, &r) ? overflow() : cel_int(r);
}

FN(add_uint)
{
    uint64_t r;
    return __builtin_add_overflow(args[0].u, args[1].u, &r) ? overflow() : cel_uint(r);
}

FN(subtract_uint)
{
    uint64_t r;
    return __builtin_sub_overflow(args[0].u, args[1].u, &r) ? overflow() : cel_uint(r);
}

FN(multiply_uint)
{
    uint64_t r;
    return __builtin_mul_overflow(args[0].u, args[1].u, &r) ? overflow() : cel_uint(r);
}

FN(divide_uint)
{
    return args[1].u ? cel_uint(args[0].u / args[1].u) : by_zero();
}

FN(modulo_uint)
{
    return args[1].u ? cel_uint(args[0].u % args[1].u) : by_zero();
}

FN(add_double)
{
    return cel_double(args[0].d + args[1].d);
}

FN(subtract_double)
{
    return cel_double(args[0].d - args[1].d);
}

FN(multiply_double)
{
    return cel_double(args[0].d * args[1].d);
}

// Dividing a double by zero gives an infinity or NaN, as IEEE 754 says.
__attribute__((no_sanitize("float-divide-by-zero"))) FN(divide_double)
{
    return cel_double(args[0].d / args[1].d);
}

FN(negate_double)
{
    return cel_double(-args[0].d);
}

static struct cel_value join(struct cel_call *call, const struct cel_value *args)
{
    size_t n = (size_t)args[0].len + args[1].len;
    char *bytes = n <= UINT32_MAX ? arena_try(call->arena, n + 1) : NULL;
    if (!bytes)
        return cel_error_memory();
    if (args[0].len)
        memcpy(bytes, args[0].s, args[0].len);
    if (args[1].len)
        memcpy(bytes + args[0].len, args[1].s, args[1].len);
    struct cel_value v = args[0];
    v.s = bytes;
    v.len = (uint32_t)n;
    return v;
}

FN(add_string)
{
    return join(call, args);
}

FN(add_list)
{
    size_t n = (size_t)args[0].len + args[1].len;
    struct cel_value *items = arena_try_array(call->arena, n + 1, sizeof *items);
    if (!items || n > UINT32_MAX)
        return cel_error_memory();
    if (args[0].len)
        memcpy(items, args[0].items, args[0].len * sizeof *items);
    if (args[1].len)
        memcpy(items + args[0].len, args[1].items, args[1].len * sizeof *items);
    return cel_list(items, n);
}

FN(equal)
{
    return cel_bool(cel_equal(args[0], args[1]));
}

FN(differ)
{
    return cel_bool(!cel_equal(args[0], args[1]));
}

// Comparisons, in and [] have steps of their own; these lines exist for the checker and the
// documentation and are reached only through dispatch by kind, which those steps never use.
FN(stepped)
{
    (void)call;
    (void)args;
    return cel_error(CEL_E_NO_OVERLOAD, "this operator runs as a step");
}

FN(dyn)
{
    return args[0];
}

FN(type)
{
    return cel_type_value(cel_type_name(args[0]));
}

// ---- optionals

static bool is_zero(struct cel_value v)
{
    switch (v.tag) {
    case CEL_NULL:
        return true;
    case CEL_BOOL:
        return !v.b;
    case CEL_INT:
    case CEL_UINT:
        return v.u == 0;
    case CEL_DOUBLE:
        return v.d == 0;
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_LIST:
    case CEL_MAP:
        return v.len == 0;
    case CEL_DURATION:
    case CEL_TIMESTAMP:
        return v.i == 0 && v.len == 0;
    case CEL_OPTIONAL:
        return !v.box;
    default:
        return false;
    }
}

FN(optional_of)
{
    return cel_some(call, args[0]);
}

FN(optional_non_zero)
{
    return is_zero(args[0]) ? cel_optional(NULL) : cel_some(call, args[0]);
}

FN(optional_none)
{
    return cel_optional(NULL);
}

FN(optional_has_value)
{
    return cel_bool(args[0].box != NULL);
}

FN(optional_value)
{
    return args[0].box ? *args[0].box : cel_error(CEL_E_NONE, "optional.none() has no value");
}

FN(optional_or)
{
    return args[0].box ? args[0] : args[1];
}

FN(optional_or_value)
{
    return args[0].box ? *args[0].box : args[1];
}
