// SPDX-License-Identifier: Apache-2.0
// fn_format.c - string.format(list): %s %d %f %e %b %o %x %X %%, with a precision for %f and %e.
//
// Layer: cel (pure).  Tests: tests/cel/format_test.c
#include "cel/fn.h"

#include "base/sort.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PRECISION_DEFAULT 6
#define PRECISION_MAX 100
#define DEPTH_MAX 64

struct format {
    struct cel_call *call;
    struct buf buf;
    struct cel_value error; // CEL_ERROR once something went wrong
    int depth;
};

static bool refuse(struct format *f, struct cel_value error)
{
    f->error = error;
    return false;
}

static bool refuse_kind(struct format *f, char verb, struct cel_value v)
{
    return refuse(f, cel_refuse(f->call, CEL_E_ARGUMENT, "%%%c cannot write a value of type %.*s",
                                verb, STR_FMT(cel_type_name(v))));
}

// ---- %s

static bool put_value(struct format *f, struct cel_value v);

static bool put_list(struct format *f, struct cel_value list)
{
    buf_char(&f->buf, '[');
    for (uint32_t i = 0; i < list.len; i++) {
        if (i)
            buf_str(&f->buf, STR(", "));
        if (!put_value(f, list.items[i]))
            return false;
    }
    buf_char(&f->buf, ']');
    return true;
}

struct entry {
    struct str key;
    const struct cel_value *value;
};

static int order_entries(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    return str_cmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

// Entries in the order of their keys as text: maps have no order of their own.
static bool put_entries(struct format *f, struct entry *entries, struct entry *scratch, size_t n)
{
    sort_stable(entries, scratch, n, sizeof *entries, order_entries, NULL);
    buf_char(&f->buf, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_str(&f->buf, STR(", "));
        buf_str(&f->buf, entries[i].key);
        buf_str(&f->buf, STR(": "));
        if (!put_value(f, *entries[i].value))
            return false;
    }
    buf_char(&f->buf, '}');
    return true;
}

static bool key_text(struct format *f, struct cel_value key, struct str *ret_text)
{
    struct buf buf;
    buf_init(&buf, f->call->arena);
    if (!cel_scalar_put(&buf, key))
        return refuse_kind(f, 's', key);
    *ret_text = buf_text(&buf);
    return true;
}

static bool put_map(struct format *f, struct cel_value map)
{
    struct entry *entries = arena_try_array(f->call->arena, (size_t)map.len * 2, sizeof *entries);
    if (!entries && map.len)
        return refuse(f, cel_error_memory());
    size_t n = 0;
    for (uint32_t i = 0; i < map.len; i++) {
        if (map.tag == CEL_RECORD) {
            if (map.record->slot[i].tag == CEL_ABSENT)
                continue;
            entries[n].key = map.record->type->fields[i].name;
            entries[n].value = &map.record->slot[i];
        } else {
            if (!key_text(f, map.items[2 * i], &entries[n].key))
                return false;
            entries[n].value = &map.items[2 * i + 1];
        }
        n++;
    }
    return put_entries(f, entries, entries + map.len, n);
}

static bool put_value(struct format *f, struct cel_value v)
{
    bool put;
    switch (v.tag) {
    case CEL_NULL:
        buf_str(&f->buf, STR("null"));
        return true;
    case CEL_LIST:
    case CEL_MAP:
    case CEL_RECORD:
        if (++f->depth > DEPTH_MAX)
            return refuse(f, cel_error(CEL_E_DEPTH, "the value is nested too deeply"));
        put = v.tag == CEL_LIST ? put_list(f, v) : put_map(f, v);
        f->depth--;
        return put;
    default:
        return cel_scalar_put(&f->buf, v) || refuse_kind(f, 's', v);
    }
}

// ---- numbers

// What the C library wrote, with whatever it has for a decimal point (the locale may change it)
// replaced by '.'.
static void put_number(struct buf *buf, const char *text, int n)
{
    bool pointed = false;
    for (int i = 0; i < n; i++) {
        bool plain = (text[i] >= '0' && text[i] <= '9') || strchr("-+e", text[i]);
        if (plain)
            buf_char(buf, text[i]);
        else if (!pointed)
            buf_char(buf, '.');
        pointed = !plain;
    }
}

// A number with precision digits behind its point.
static bool put_double(struct format *f, char verb, int precision, struct cel_value v)
{
    if (v.tag != CEL_INT && v.tag != CEL_UINT && v.tag != CEL_DOUBLE)
        return refuse_kind(f, verb, v);
    double d = v.tag == CEL_INT ? (double)v.i : v.tag == CEL_UINT ? (double)v.u : v.d;
    if (!isfinite(d))
        return cel_scalar_put(&f->buf, cel_double(d));
    char text[PRECISION_MAX + 330];
    int n = verb == 'f' ? snprintf(text, sizeof text, "%.*f", precision, d)
                        : snprintf(text, sizeof text, "%.*e", precision, d);
    CHECK(n > 0 && (size_t)n < sizeof text);
    put_number(&f->buf, text, n);
    return true;
}

static void put_base(struct buf *buf, uint64_t value, unsigned base, const char *digits)
{
    char text[64];
    size_t at = sizeof text;
    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    buf_put(buf, text + at, sizeof text - at);
}

static bool put_integer(struct format *f, char verb, unsigned base, struct cel_value v)
{
    const char *digits = verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    if (v.tag == CEL_UINT) {
        put_base(&f->buf, v.u, base, digits);
    } else if (v.tag == CEL_INT) {
        if (v.i < 0)
            buf_char(&f->buf, '-');
        put_base(&f->buf, v.i < 0 ? -(uint64_t)v.i : (uint64_t)v.i, base, digits);
    } else if (v.tag == CEL_BOOL && verb == 'b') {
        buf_char(&f->buf, v.b ? '1' : '0');
    } else if (v.tag == CEL_DOUBLE && verb == 'd' && !isfinite(v.d)) {
        return cel_scalar_put(&f->buf, v);
    } else {
        return refuse_kind(f, verb, v);
    }
    return true;
}

static bool put_hex(struct format *f, char verb, struct cel_value v)
{
    if (v.tag != CEL_STRING && v.tag != CEL_BYTES)
        return put_integer(f, verb, 16, v);
    const char *digits = verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    for (uint32_t i = 0; i < v.len; i++) {
        buf_char(&f->buf, digits[(unsigned char)v.s[i] >> 4]);
        buf_char(&f->buf, digits[(unsigned char)v.s[i] & 15]);
    }
    return true;
}

// ---- clauses

static bool put_clause(struct format *f, char verb, int precision, struct cel_value v)
{
    switch (verb) {
    case 's':
        return put_value(f, v);
    case 'd':
        return put_integer(f, verb, 10, v);
    case 'b':
        return put_integer(f, verb, 2, v);
    case 'o':
        return put_integer(f, verb, 8, v);
    case 'x':
    case 'X':
        return put_hex(f, verb, v);
    case 'f':
    case 'e':
        return put_double(f, verb, precision, v);
    default:
        return refuse(f, cel_refuse(f->call, CEL_E_ARGUMENT, "%%%c is no formatting clause", verb));
    }
}

// ".3" at *at, PRECISION_DEFAULT when there is none.
static bool read_precision(struct format *f, struct str s, size_t *at, int *ret_precision)
{
    *ret_precision = PRECISION_DEFAULT;
    if (*at >= s.n || s.p[*at] != '.')
        return true;
    int precision = 0;
    size_t start = ++*at;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at) {
        precision = precision * 10 + (s.p[*at] - '0');
        if (precision > PRECISION_MAX)
            return refuse(f, cel_error(CEL_E_ARGUMENT, "a precision is at most 100"));
    }
    *ret_precision = precision;
    return *at > start || refuse(f, cel_error(CEL_E_ARGUMENT, "a precision needs digits"));
}

static bool put_all(struct format *f, struct str s, struct cel_value list)
{
    uint32_t used = 0;
    for (size_t at = 0; at < s.n; at++) {
        if (s.p[at] != '%') {
            buf_char(&f->buf, s.p[at]);
            continue;
        }
        int precision;
        at++;
        if (at < s.n && s.p[at] == '%') {
            buf_char(&f->buf, '%');
            continue;
        }
        if (!read_precision(f, s, &at, &precision))
            return false;
        if (at >= s.n)
            return refuse(f, cel_error(CEL_E_ARGUMENT, "the format ends inside of a clause"));
        if (used == list.len)
            return refuse(f, cel_error(CEL_E_INDEX, "the format has more clauses than values"));
        if (!put_clause(f, s.p[at], precision, list.items[used++]))
            return false;
    }
    return true;
}

struct cel_value cel_fn_format(struct cel_call *call, const struct cel_value *args)
{
    struct format f = {.call = call};
    buf_init(&f.buf, call->arena);
    if (!put_all(&f, cel_text(args[0]), args[1]))
        return f.error.tag == CEL_ERROR ? f.error : cel_error_memory();
    return cel_finish_text(&f.buf);
}
