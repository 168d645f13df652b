// SPDX-License-Identifier: Apache-2.0
// fn_string.c - functions on strings and bytes.
//
// Positions count code points, never bytes.  format() is fn_format.c, matches() fn_regex.c.
//
// Layer: cel (pure).  Tests: tests/cel/string_test.c
#include "cel/fn.h"

#include <string.h>

static struct str slice(struct str s, size_t from, size_t to)
{
    return (struct str){.p = s.p + from, .n = to - from};
}

// The byte at which code point n begins; false when the string has fewer than n.
static bool byte_of(struct str s, int64_t n, size_t *ret_byte)
{
    size_t at = 0;
    if (n < 0)
        return false;
    for (; n > 0 && at < s.n; n--)
        at += cel_point_bytes(s.p + at);
    *ret_byte = at;
    return n == 0;
}

static struct cel_value bad_index(struct cel_call *call, int64_t index)
{
    return cel_refuse(call, CEL_E_INDEX, "index out of range: %lld", (long long)index);
}

// The first byte at or after from where part begins, or SIZE_MAX.
static size_t find(struct str s, struct str part, size_t from)
{
    if (part.n == 0)
        return from;
    const char *hit = from < s.n ? memmem(s.p + from, s.n - from, part.p, part.n) : NULL;
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

// ---- size

struct cel_value cel_fn_string_size(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_int((int64_t)str_code_points(cel_text(args[0])));
}

struct cel_value cel_fn_bytes_size(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_int(args[0].len);
}

// ---- searching

struct cel_value cel_fn_contains(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(find(cel_text(args[0]), cel_text(args[1]), 0) != SIZE_MAX);
}

struct cel_value cel_fn_starts_with(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(str_starts(cel_text(args[0]), cel_text(args[1])));
}

struct cel_value cel_fn_ends_with(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(str_ends(cel_text(args[0]), cel_text(args[1])));
}

static struct cel_value point_at_byte(struct str s, size_t byte)
{
    return cel_int(byte == SIZE_MAX ? -1 : (int64_t)str_code_points(slice(s, 0, byte)));
}

struct cel_value cel_fn_index_of(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    size_t from = 0;
    if (call->n_args > 2 && !byte_of(s, args[2].i, &from))
        return bad_index(call, args[2].i);
    return point_at_byte(s, find(s, cel_text(args[1]), from));
}

static void copy_reversed(char *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        out[i] = s.p[s.n - 1 - i];
}

// The last byte at or before last where part begins, or SIZE_MAX.  Found as the first one of
// the reversed texts, because memmem takes linear time and going backwards would not.
static bool find_last(struct cel_call *call, struct str s, struct str part, size_t last,
                      size_t *ret_byte)
{
    *ret_byte = SIZE_MAX;
    if (part.n > s.n)
        return true;
    struct str head = slice(s, 0, last < s.n - part.n ? last + part.n : s.n);
    char *room = arena_try(call->arena, head.n + part.n + 1);
    if (!room)
        return false;
    copy_reversed(room, head);
    copy_reversed(room + head.n, part);
    size_t at = find((struct str){room, head.n}, (struct str){room + head.n, part.n}, 0);
    if (at != SIZE_MAX)
        *ret_byte = head.n - at - part.n;
    return true;
}

struct cel_value cel_fn_last_index_of(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    size_t last = s.n;
    size_t at;
    if (call->n_args > 2 && !byte_of(s, args[2].i, &last))
        return bad_index(call, args[2].i);
    if (!find_last(call, s, cel_text(args[1]), last, &at))
        return cel_error_memory();
    return point_at_byte(s, at);
}

// ---- parts

struct cel_value cel_fn_char_at(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    size_t at;
    if (!byte_of(s, args[1].i, &at))
        return bad_index(call, args[1].i);
    return cel_string(slice(s, at, at < s.n ? at + cel_point_bytes(s.p + at) : at));
}

struct cel_value cel_fn_substring(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    size_t from;
    size_t to = s.n;
    if (!byte_of(s, args[1].i, &from))
        return bad_index(call, args[1].i);
    if (call->n_args > 2) {
        if (!byte_of(s, args[2].i, &to))
            return bad_index(call, args[2].i);
        if (to < from)
            return cel_refuse(call, CEL_E_INDEX, "substring ends at %lld before it starts at %lld",
                              (long long)args[2].i, (long long)args[1].i);
    }
    return cel_string(slice(s, from, to));
}

static uint32_t point_at(const char *p)
{
    size_t n = cel_point_bytes(p);
    uint32_t point = (unsigned char)p[0] & (n == 1 ? 0x7FU : 0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++)
        point = point << 6 | ((unsigned char)p[i] & 0x3FU);
    return point;
}

// Unicode's White_Space.
static bool is_space(uint32_t point)
{
    return point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85 || point == 0xA0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
           point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

struct cel_value cel_fn_trim(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    struct str s = cel_text(args[0]);
    while (s.n && is_space(point_at(s.p)))
        s = str_skip(s, cel_point_bytes(s.p));
    while (s.n) {
        size_t last = s.n - 1;
        while (last > 0 && ((unsigned char)s.p[last] & 0xC0) == 0x80)
            last--;
        if (!is_space(point_at(s.p + last)))
            break;
        s.n = last;
    }
    return cel_string(s);
}

// ---- new strings

// Room for n bytes of a result, or NULL.
static char *result_room(struct cel_call *call, size_t n)
{
    return n > UINT32_MAX ? NULL : arena_try(call->arena, n + 1);
}

static struct cel_value map_letters(struct cel_call *call, struct cel_value v, char first,
                                    char last)
{
    char *p = result_room(call, v.len);
    if (!p)
        return cel_error_memory();
    for (uint32_t i = 0; i < v.len; i++)
        p[i] = (char)(v.s[i] >= first && v.s[i] <= last ? v.s[i] ^ 0x20 : v.s[i]);
    return cel_string((struct str){.p = p, .n = v.len});
}

struct cel_value cel_fn_lower_ascii(struct cel_call *call, const struct cel_value *args)
{
    return map_letters(call, args[0], 'A', 'Z');
}

struct cel_value cel_fn_upper_ascii(struct cel_call *call, const struct cel_value *args)
{
    return map_letters(call, args[0], 'a', 'z');
}

struct cel_value cel_fn_string_reverse(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    char *p = result_room(call, s.n);
    if (!p)
        return cel_error_memory();
    for (size_t at = 0; at < s.n;) {
        size_t n = cel_point_bytes(s.p + at);
        memcpy(p + s.n - at - n, s.p + at, n);
        at += n;
    }
    return cel_string((struct str){.p = p, .n = s.n});
}

// Where the next piece to be replaced or split at begins, from `from` on: an empty separator lies
// between any two code points (and for replace at both ends).
static size_t next_cut(struct str s, struct str separator, size_t from, bool first)
{
    if (separator.n)
        return find(s, separator, from);
    if (first)
        return from;
    return from < s.n ? from + cel_point_bytes(s.p + from) : SIZE_MAX;
}

struct cel_value cel_fn_replace(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    struct str old = cel_text(args[1]);
    struct str new = cel_text(args[2]);
    int64_t limit = call->n_args > 3 ? args[3].i : -1;
    struct buf buf;
    buf_init(&buf, call->arena);
    size_t from = 0; // copied until here
    for (int64_t done = 0; limit < 0 || done < limit; done++) {
        size_t at = next_cut(s, old, from, done == 0);
        if (at == SIZE_MAX || arena_overflowed(call->arena))
            break;
        buf_str(&buf, slice(s, from, at));
        buf_str(&buf, new);
        from = at + old.n;
    }
    buf_str(&buf, slice(s, from, s.n));
    return cel_finish_text(&buf);
}

// How many pieces split gives, and the pieces themselves when out is not NULL.
static size_t split_pieces(struct str s, struct str separator, int64_t limit, struct cel_value *out)
{
    size_t n = 0;
    size_t from = 0;
    if (limit == 0 || (separator.n == 0 && s.n == 0))
        return 0;
    while (limit < 0 || (int64_t)n < limit - 1) {
        size_t at = next_cut(s, separator, from, false);
        if (at == SIZE_MAX || (separator.n == 0 && at == s.n))
            break;
        if (out)
            out[n] = cel_string(slice(s, from, at));
        n++;
        from = at + separator.n;
    }
    if (out)
        out[n] = cel_string(slice(s, from, s.n));
    return n + 1;
}

struct cel_value cel_fn_split(struct cel_call *call, const struct cel_value *args)
{
    struct str s = cel_text(args[0]);
    struct str separator = cel_text(args[1]);
    int64_t limit = call->n_args > 2 ? args[2].i : -1;
    size_t n = split_pieces(s, separator, limit, NULL);
    if (n == 0)
        return cel_list(NULL, 0);
    struct cel_value *pieces = arena_try_array(call->arena, n, sizeof *pieces);
    if (!pieces)
        return cel_error_memory();
    split_pieces(s, separator, limit, pieces);
    return cel_list(pieces, n);
}

struct cel_value cel_fn_join(struct cel_call *call, const struct cel_value *args)
{
    struct str separator = call->n_args > 1 ? cel_text(args[1]) : STR("");
    struct buf buf;
    buf_init(&buf, call->arena);
    for (uint32_t i = 0; i < args[0].len; i++) {
        struct cel_value item = args[0].items[i];
        if (item.tag != CEL_STRING)
            return cel_no_overload();
        if (i)
            buf_str(&buf, separator);
        buf_str(&buf, cel_text(item));
    }
    return cel_finish_text(&buf);
}

struct cel_value cel_fn_quote(struct cel_call *call, const struct cel_value *args)
{
    static const char plain[] = "\a\b\f\n\r\t\v\\\"";
    static const char letters[] = "abfnrtv\\\"";
    struct buf buf;
    buf_init(&buf, call->arena);
    buf_char(&buf, '"');
    for (uint32_t i = 0; i < args[0].len; i++) {
        char c = args[0].s[i];
        const char *escaped = c ? strchr(plain, c) : NULL;
        if (escaped)
            buf_char(&buf, '\\');
        buf_char(&buf, escaped ? letters[escaped - plain] : c);
    }
    buf_char(&buf, '"');
    return cel_finish_text(&buf);
}

// ---- base64

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct cel_value cel_fn_base64_encode(struct cel_call *call, const struct cel_value *args)
{
    const unsigned char *in = (const unsigned char *)args[0].s;
    size_t n = args[0].len;
    size_t length = (n + 2) / 3 * 4;
    char *out = result_room(call, length);
    if (!out)
        return cel_error_memory();
    for (size_t i = 0, k = 0; i < n; i += 3, k += 4) {
        uint32_t bits = (uint32_t)in[i] << 16;
        bits |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= i + 2 < n ? (uint32_t)in[i + 2] : 0;
        out[k] = base64[bits >> 18];
        out[k + 1] = base64[bits >> 12 & 63];
        out[k + 2] = i + 1 < n ? base64[bits >> 6 & 63] : '=';
        out[k + 3] = i + 2 < n ? base64[bits & 63] : '=';
    }
    return cel_string((struct str){.p = out, .n = length});
}

// With or without its '=' at the end.
struct cel_value cel_fn_base64_decode(struct cel_call *call, const struct cel_value *args)
{
    static const char refused[] = "this is not base64";
    struct str in = cel_text(args[0]);
    if (in.n % 4 == 0)
        for (int i = 0; i < 2 && str_ends(in, STR("=")); i++)
            in.n--;
    if (in.n % 4 == 1)
        return cel_error(CEL_E_ARGUMENT, refused);
    size_t length = in.n * 3 / 4;
    char *out = result_room(call, length + 3);
    if (!out)
        return cel_error_memory();
    uint32_t bits = 0;
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        const char *digit = in.p[i] ? strchr(base64, in.p[i]) : NULL;
        if (!digit)
            return cel_error(CEL_E_ARGUMENT, refused);
        bits = bits << 6 | (uint32_t)(digit - base64);
        // 8 bits are complete after the second, third and fourth digit of each group.
        if (i % 4 != 0)
            out[n++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
    }
    CHECK(n == length);
    return cel_bytes((struct str){.p = out, .n = n});
}
