// SPDX-License-Identifier: Apache-2.0
// fn_convert.c - int(), uint(), double(), string(), bytes(), bool(), timestamp(), duration().
//
// A conversion that would change the value by more than its fraction is an error; none depends on
// the locale.
//
// Layer: cel (pure).  Tests: tests/cel/convert_test.c
#include "cel/fn.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cel_value cel_refuse(struct cel_call *call, enum cel_code code, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    struct str kept = str_dup(call->arena, (struct str){.p = text, .n = n < 0 ? 0 : length});
    return kept.p ? cel_error(code, kept.p) : cel_error_memory();
}

struct cel_value cel_finish_text(const struct buf *buf)
{
    if (arena_overflowed(buf->arena))
        return cel_error_memory();
    return cel_string(buf_text(buf));
}

static struct cel_value not_in_range(struct cel_call *call, const char *type)
{
    return cel_refuse(call, CEL_E_RANGE, "the value is outside the range of %s", type);
}

static struct cel_value not_a(struct cel_call *call, struct str text, const char *what)
{
    int shown = text.n < 40 ? (int)text.n : 40;
    return cel_refuse(call, CEL_E_ARGUMENT, "'%.*s' is not %s", shown, text.n ? text.p : "", what);
}

// ---- whole numbers

// Digits only, at least one; false on overflow.
static bool read_uint(struct str s, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return s.n > 0;
}

static struct cel_value int_of_text(struct cel_call *call, struct str text)
{
    bool negative = str_starts(text, STR("-"));
    bool has_sign = negative || str_starts(text, STR("+"));
    uint64_t size;
    uint64_t max = (uint64_t)INT64_MAX + negative;
    if (!read_uint(str_skip(text, has_sign), &size) || size > max)
        return not_a(call, text, "an int");
    return cel_int((int64_t)(negative ? -size : size));
}

struct cel_value cel_fn_to_int(struct cel_call *call, const struct cel_value *args)
{
    struct cel_value v = args[0];
    switch (v.tag) {
    case CEL_INT:
        return v;
    case CEL_UINT:
        return v.u <= INT64_MAX ? cel_int((int64_t)v.u) : not_in_range(call, "int");
    case CEL_DOUBLE:
        // Open at both ends: the doubles next to 2^63 say nothing about the integers there.
        if (!(v.d > -0x1p63 && v.d < 0x1p63))
            return not_in_range(call, "int");
        return cel_int((int64_t)v.d);
    case CEL_STRING:
        return int_of_text(call, cel_text(v));
    case CEL_TIMESTAMP:
        return cel_int(v.i);
    default:
        return cel_no_overload();
    }
}

struct cel_value cel_fn_to_uint(struct cel_call *call, const struct cel_value *args)
{
    struct cel_value v = args[0];
    uint64_t value;
    switch (v.tag) {
    case CEL_UINT:
        return v;
    case CEL_INT:
        return v.i >= 0 ? cel_uint((uint64_t)v.i) : not_in_range(call, "uint");
    case CEL_DOUBLE:
        if (!(v.d >= 0 && v.d < 0x1p64))
            return not_in_range(call, "uint");
        return cel_uint((uint64_t)v.d);
    case CEL_STRING:
        if (!read_uint(cel_text(v), &value))
            return not_a(call, cel_text(v), "a uint");
        return cel_uint(value);
    default:
        return cel_no_overload();
    }
}

// ---- doubles

// Digits without their point, and how far it was moved.
#define DIGITS_MAX 800 // more than any double needs to be told from its neighbours

struct parts {
    char digits[DIGITS_MAX + 1];
    int n;
    long exponent;
    bool any;
};

static void take_digit(struct parts *parts, char c, bool after_point)
{
    parts->any = true;
    if (parts->n == 0 && c == '0') {
        parts->exponent -= after_point;
    } else if (parts->n < DIGITS_MAX) {
        parts->digits[parts->n++] = c;
        parts->exponent -= after_point;
    } else {
        // What is cut off only matters as "a little more".
        if (c != '0')
            parts->digits[DIGITS_MAX - 1] = '1';
        parts->exponent += !after_point;
    }
}

static bool read_exponent(struct str s, long *ret_exponent)
{
    bool negative = str_starts(s, STR("-"));
    uint64_t value;
    if (!read_uint(str_skip(s, negative || str_starts(s, STR("+"))), &value))
        return false;
    long exponent = value > 100000 ? 100000 : (long)value;
    *ret_exponent = negative ? -exponent : exponent;
    return true;
}

static bool read_decimal(struct str s, double *ret_value)
{
    struct parts parts = {.n = 0};
    bool after_point = false;
    size_t i = 0;
    for (; i < s.n; i++) {
        if (s.p[i] == '.' && !after_point)
            after_point = true;
        else if (s.p[i] >= '0' && s.p[i] <= '9')
            take_digit(&parts, s.p[i], after_point);
        else
            break;
    }
    long exponent = 0;
    if (!parts.any)
        return false;
    if (i < s.n) {
        if ((s.p[i] != 'e' && s.p[i] != 'E') || !read_exponent(str_skip(s, i + 1), &exponent))
            return false;
    }
    // strtod on digits and an exponent alone: a decimal point would depend on the locale.
    char text[DIGITS_MAX + 32];
    snprintf(text, sizeof text, "%.*se%ld", parts.n ? parts.n : 1, parts.n ? parts.digits : "0",
             parts.exponent + exponent);
    *ret_value = strtod(text, NULL);
    return true;
}

static bool is_word(struct str s, struct str word)
{
    if (s.n != word.n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] | 0x20) != word.p[i])
            return false;
    return true;
}

static struct cel_value double_of_text(struct cel_call *call, struct str text)
{
    bool negative = str_starts(text, STR("-"));
    struct str s = str_skip(text, negative || str_starts(text, STR("+")));
    double value;
    if (is_word(s, STR("inf")) || is_word(s, STR("infinity")))
        value = INFINITY;
    else if (is_word(text, STR("nan")))
        value = NAN;
    else if (!read_decimal(s, &value))
        return not_a(call, text, "a double");
    else if (isinf(value))
        return not_in_range(call, "double");
    return cel_double(negative ? -value : value);
}

struct cel_value cel_fn_to_double(struct cel_call *call, const struct cel_value *args)
{
    struct cel_value v = args[0];
    switch (v.tag) {
    case CEL_DOUBLE:
        return v;
    case CEL_INT:
        return cel_double((double)v.i);
    case CEL_UINT:
        return cel_double((double)v.u);
    case CEL_STRING:
        return double_of_text(call, cel_text(v));
    default:
        return cel_no_overload();
    }
}

// ---- texts

bool cel_scalar_put(struct buf *buf, struct cel_value value)
{
    char text[CIVIL_TEXT_ROOM > CEL_DOUBLE_TEXT ? CIVIL_TEXT_ROOM : CEL_DOUBLE_TEXT];
    switch (value.tag) {
    case CEL_BOOL:
        buf_str(buf, value.b ? STR("true") : STR("false"));
        return true;
    case CEL_INT:
        buf_i64(buf, value.i);
        return true;
    case CEL_UINT:
        buf_printf(buf, "%" PRIu64, value.u);
        return true;
    case CEL_DOUBLE:
        buf_put(buf, text, cel_double_text(value.d, text));
        return true;
    case CEL_STRING:
    case CEL_TYPE:
        buf_str(buf, cel_text(value));
        return true;
    case CEL_BYTES:
        buf_str(buf, cel_text(value));
        return str_is_utf8(cel_text(value));
    case CEL_TIMESTAMP:
        buf_str(buf, civil_format((struct instant){value.i, (int32_t)value.len}, text));
        return true;
    case CEL_DURATION:
        cel_duration_put(buf, value);
        return true;
    default:
        return false;
    }
}

struct cel_value cel_fn_to_string(struct cel_call *call, const struct cel_value *args)
{
    if (args[0].tag == CEL_STRING)
        return args[0];
    if (args[0].tag == CEL_BYTES) {
        if (!str_is_utf8(cel_text(args[0])))
            return cel_error(CEL_E_ARGUMENT, "the bytes are not well-formed UTF-8");
        return cel_string(cel_text(args[0]));
    }
    struct buf buf;
    buf_init(&buf, call->arena);
    if (!cel_scalar_put(&buf, args[0]))
        return cel_no_overload();
    return cel_finish_text(&buf);
}

struct cel_value cel_fn_to_bytes(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bytes(cel_text(args[0]));
}

struct cel_value cel_fn_to_bool(struct cel_call *call, const struct cel_value *args)
{
    static const struct {
        struct str word;
        bool value;
    } words[] = {
        {STR("true"), true}, {STR("True"), true},   {STR("TRUE"), true},   {STR("t"), true},
        {STR("1"), true},    {STR("false"), false}, {STR("False"), false}, {STR("FALSE"), false},
        {STR("f"), false},   {STR("0"), false},
    };
    if (args[0].tag == CEL_BOOL)
        return args[0];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(cel_text(args[0]), words[i].word))
            return cel_bool(words[i].value);
    return not_a(call, cel_text(args[0]), "a bool");
}

// ---- times

struct cel_value cel_fn_to_timestamp(struct cel_call *call, const struct cel_value *args)
{
    struct instant instant;
    switch (args[0].tag) {
    case CEL_TIMESTAMP:
        return args[0];
    case CEL_INT:
        if (!cel_timestamp_valid(args[0].i))
            return not_in_range(call, "timestamp");
        return cel_timestamp(args[0].i, 0);
    case CEL_STRING:
        if (!civil_parse(cel_text(args[0]), &instant))
            return not_a(call, cel_text(args[0]), "a timestamp such as 2026-02-28T12:00:00Z");
        return cel_timestamp(instant.s, (uint32_t)instant.ns);
    default:
        return cel_no_overload();
    }
}

struct cel_value cel_fn_to_duration(struct cel_call *call, const struct cel_value *args)
{
    struct cel_value duration;
    if (args[0].tag == CEL_DURATION)
        return args[0];
    if (!cel_duration_parse(cel_text(args[0]), &duration))
        return not_a(call, cel_text(args[0]), "a duration such as 1h30m");
    return duration;
}
