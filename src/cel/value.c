// SPDX-License-Identifier: Apache-2.0
// value.c - when two values are the same, which one is less, and what lies under a key.
//
// int, uint and double share one number line.  Numbers of different kinds are compared exactly:
// converting an int64 to a double first would make 9007199254740993 equal to 9007199254740992.0.
//
// Layer: cel (pure).  Tests: tests/cel/value_test.c
#include "cel/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str cel_type_name(struct cel_value v)
{
    static const struct str names[] = {
        [CEL_NULL] = STR("null_type"),
        [CEL_BOOL] = STR("bool"),
        [CEL_INT] = STR("int"),
        [CEL_UINT] = STR("uint"),
        [CEL_DOUBLE] = STR("double"),
        [CEL_STRING] = STR("string"),
        [CEL_BYTES] = STR("bytes"),
        [CEL_TIMESTAMP] = STR("google.protobuf.Timestamp"),
        [CEL_DURATION] = STR("google.protobuf.Duration"),
        [CEL_TYPE] = STR("type"),
        [CEL_LIST] = STR("list"),
        [CEL_MAP] = STR("map"),
        [CEL_OPTIONAL] = STR("optional_type"),
        [CEL_ERROR] = STR("error"),
    };
    if (v.tag == CEL_RECORD)
        return v.record->type->name;
    CHECK(v.tag < sizeof names / sizeof *names && names[v.tag].p);
    return names[v.tag];
}

// ---- the number line

static enum cel_order order_of(int sign)
{
    return sign < 0 ? CEL_LESS : sign > 0 ? CEL_GREATER : CEL_SAME;
}

static enum cel_order turned(enum cel_order order)
{
    if (order == CEL_LESS)
        return CEL_GREATER;
    return order == CEL_GREATER ? CEL_LESS : order;
}

static enum cel_order order_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return CEL_UNORDERED;
    return order_of((a > b) - (a < b));
}

static enum cel_order order_int_uint(int64_t a, uint64_t b)
{
    if (a < 0)
        return CEL_LESS;
    return order_of(((uint64_t)a > b) - ((uint64_t)a < b));
}

// The whole part of b is compared as an integer, then what lies behind its point.  One pair is not
// exact, because the conformance suite has it so: 2^63 as a double equals the largest int, which
// is what that int becomes as a double.
static enum cel_order order_int_double(int64_t a, double b)
{
    if (isnan(b))
        return CEL_UNORDERED;
    if (b >= 0x1p63)
        return b == 0x1p63 && a == INT64_MAX ? CEL_SAME : CEL_LESS;
    if (b < -0x1p63)
        return CEL_GREATER;
    int64_t whole = (int64_t)b;
    if (a != whole)
        return a < whole ? CEL_LESS : CEL_GREATER;
    return order_doubles(0, b - (double)whole);
}

static enum cel_order order_uint_double(uint64_t a, double b)
{
    if (isnan(b))
        return CEL_UNORDERED;
    if (b >= 0x1p64)
        return CEL_LESS;
    if (b < 0)
        return CEL_GREATER;
    uint64_t whole = (uint64_t)b;
    if (a != whole)
        return a < whole ? CEL_LESS : CEL_GREATER;
    return order_doubles(0, b - (double)whole);
}

static bool is_number(struct cel_value v)
{
    return v.tag == CEL_INT || v.tag == CEL_UINT || v.tag == CEL_DOUBLE;
}

static enum cel_order order_numbers(struct cel_value a, struct cel_value b)
{
    if (a.tag == b.tag) {
        if (a.tag == CEL_INT)
            return order_of((a.i > b.i) - (a.i < b.i));
        if (a.tag == CEL_UINT)
            return order_of((a.u > b.u) - (a.u < b.u));
        return order_doubles(a.d, b.d);
    }
    if (a.tag > b.tag)
        return turned(order_numbers(b, a));
    if (b.tag == CEL_UINT)
        return order_int_uint(a.i, b.u);
    return a.tag == CEL_INT ? order_int_double(a.i, b.d) : order_uint_double(a.u, b.d);
}

// ---- order and equality

enum cel_order cel_compare(struct cel_value a, struct cel_value b)
{
    if (is_number(a) && is_number(b))
        return order_numbers(a, b);
    if (a.tag != b.tag)
        return CEL_NO_ORDER;
    switch (a.tag) {
    case CEL_BOOL:
        return order_of(a.b - b.b);
    case CEL_STRING:
    case CEL_BYTES:
        return order_of(str_cmp(cel_text(a), cel_text(b)));
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        if (a.i != b.i)
            return a.i < b.i ? CEL_LESS : CEL_GREATER;
        return order_of((a.len > b.len) - (a.len < b.len));
    default:
        return CEL_NO_ORDER;
    }
}

static bool equal_lists(struct cel_value a, struct cel_value b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++)
        if (!cel_equal(a.items[i], b.items[i]))
            return false;
    return true;
}

static bool equal_maps(struct cel_value a, struct cel_value b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++) {
        const struct cel_value *other = cel_map_find(b, a.items[2 * i]);
        if (!other || !cel_equal(a.items[2 * i + 1], *other))
            return false;
    }
    return true;
}

static bool equal_records(const struct cel_record *a, const struct cel_record *b)
{
    if (a->type != b->type)
        return false;
    for (uint32_t i = 0; i < a->type->n_fields; i++)
        if (!cel_equal(a->slot[i], b->slot[i]))
            return false;
    return true;
}

// A record is a map whose keys are known beforehand; a value built by hand may be a plain map.
static bool equal_map_record(struct cel_value map, const struct cel_record *record)
{
    uint32_t present = 0;
    for (uint32_t i = 0; i < record->type->n_fields; i++) {
        if (record->slot[i].tag == CEL_ABSENT)
            continue;
        present++;
        const struct cel_value *other = cel_map_find(map, cel_string(record->type->fields[i].name));
        if (!other || !cel_equal(record->slot[i], *other))
            return false;
    }
    return present == map.len;
}

static bool equal_optionals(const struct cel_value *a, const struct cel_value *b)
{
    if (!a || !b)
        return a == b;
    return cel_equal(*a, *b);
}

bool cel_equal(struct cel_value a, struct cel_value b)
{
    if (a.tag != b.tag) {
        if (a.tag == CEL_MAP && b.tag == CEL_RECORD)
            return equal_map_record(a, b.record);
        if (a.tag == CEL_RECORD && b.tag == CEL_MAP)
            return equal_map_record(b, a.record);
        return is_number(a) && is_number(b) && order_numbers(a, b) == CEL_SAME;
    }
    switch (a.tag) {
    case CEL_ABSENT:
    case CEL_NULL:
        return true;
    case CEL_TYPE:
        return str_eq(cel_text(a), cel_text(b));
    case CEL_LIST:
        return equal_lists(a, b);
    case CEL_MAP:
        return equal_maps(a, b);
    case CEL_RECORD:
        return equal_records(a.record, b.record);
    case CEL_OPTIONAL:
        return equal_optionals(a.box, b.box);
    default:
        return cel_compare(a, b) == CEL_SAME;
    }
}

// ---- lookup

int cel_field_index(const struct cel_record_type *type, struct str name)
{
    for (uint32_t i = 0; i < type->n_fields; i++)
        if (str_eq(type->fields[i].name, name))
            return (int)i;
    return -1;
}

const struct cel_value *cel_map_find(struct cel_value map, struct cel_value key)
{
    if (map.tag == CEL_RECORD) {
        int i = key.tag == CEL_STRING ? cel_field_index(map.record->type, cel_text(key)) : -1;
        return i < 0 || map.record->slot[i].tag == CEL_ABSENT ? NULL : &map.record->slot[i];
    }
    CHECK(map.tag == CEL_MAP);
    for (uint32_t i = 0; i < map.len; i++)
        if (cel_equal(map.items[2 * i], key))
            return &map.items[2 * i + 1];
    return NULL;
}

// ---- doubles as text

// Decimal digits and the power of ten of the first one.
struct decimal {
    char digits[18];
    int n;
    int exponent;
};

// d rounded to n significant digits.  Neither this nor the way back writes or reads a decimal
// point, which is the one character that a locale may change.
static struct decimal round_to(double d, int n)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", n - 1, d);
    struct decimal decimal = {.n = 0};
    const char *p = text;
    for (; *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            decimal.digits[decimal.n++] = *p;
    decimal.exponent = (int)strtol(p + 1, NULL, 10);
    while (decimal.n > 1 && decimal.digits[decimal.n - 1] == '0')
        decimal.n--;
    decimal.digits[decimal.n] = '\0';
    return decimal;
}

static bool reads_back(const struct decimal *decimal, double d)
{
    char text[40];
    snprintf(text, sizeof text, "%se%d", decimal->digits, decimal->exponent - decimal->n + 1);
    return strtod(text, NULL) == d;
}

static struct decimal shortest(double d)
{
    // A normal double that has a decimal of at most 15 digits is found at 15; only the gaps
    // between subnormal ones are so wide that fewer digits may do.
    int n = d < 0x1p-1022 ? 1 : 15;
    struct decimal decimal = round_to(d, n);
    while (n < 17 && !reads_back(&decimal, d))
        decimal = round_to(d, ++n);
    return decimal;
}

// Plain notation from 1e-6 to below 1e21, as JavaScript prints numbers.
static size_t put_decimal(const struct decimal *decimal, char *out, size_t room)
{
    int e = decimal->exponent;
    int n = decimal->n;
    const char *digits = decimal->digits;
    int written;
    if (e < -6 || e >= 21)
        written = snprintf(out, room, "%c%s%se%+d", digits[0], n > 1 ? "." : "", digits + 1, e);
    else if (e < 0)
        written = snprintf(out, room, "0.%.*s%s", -e - 1, "00000", digits);
    else if (n <= e + 1)
        written = snprintf(out, room, "%s%.*s", digits, e + 1 - n, "00000000000000000000"); // zeros
    else
        written = snprintf(out, room, "%.*s.%s", e + 1, digits, digits + e + 1);
    return (size_t)written;
}

size_t cel_double_text(double d, char out[CEL_DOUBLE_TEXT])
{
    if (isnan(d) || isinf(d)) {
        const char *word = isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity";
        return (size_t)snprintf(out, CEL_DOUBLE_TEXT, "%s", word);
    }
    size_t n = 0;
    if (signbit(d))
        out[n++] = '-';
    if (d == 0) {
        out[n++] = '0';
        out[n] = '\0';
        return n;
    }
    struct decimal decimal = shortest(fabs(d));
    return n + put_decimal(&decimal, out + n, CEL_DOUBLE_TEXT - n);
}
