// SPDX-License-Identifier: Apache-2.0
// text.c - strings that know their length.
//
// Layer: base.  Tests: tests/base/text_test.c
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct str str_of(const char *c_string)
{
    return c_string ? (struct str){.p = c_string, .n = strlen(c_string)} : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_skip(s, s.n - suffix.n), suffix);
}

struct str str_skip(struct str s, size_t n)
{
    if (n > s.n)
        n = s.n;
    return (struct str){.p = s.p + n, .n = s.n - n};
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0]))
        s = str_skip(s, 1);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_dup(struct arena *arena, struct str s)
{
    char *copy = arena_try(arena, s.n + 1);
    if (!copy)
        return STR_NONE;
    if (s.n)
        memcpy(copy, s.p, s.n);
    return (struct str){.p = copy, .n = s.n};
}

const char *str_c(struct arena *arena, struct str s)
{
    struct str copy = str_dup(arena, s);
    return copy.p ? copy.p : "";
}

struct str str_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(length >= 0);
    size_t n = (size_t)length;
    if (n >= ARENA_SINK_BYTES)
        n = ARENA_SINK_BYTES - 1;
    char *text = arena_new(arena, n + 1);
    vsnprintf(text, n + 1, format, again);
    va_end(again);
    return (struct str){.p = text, .n = n};
}

// Whether the second byte, a continuation byte, makes the sequence neither overlong nor a surrogate
// nor larger than U+10FFFF.
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second < 0xA0;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second < 0x90;
    default:
        return true;
    }
}

// Length of the well-formed sequence at p (1-4), or 0.
static size_t sequence_length(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return p[0] ? 1 : 0;
    size_t length = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return second_fits(p[0], p[1]) ? length : 0;
}

bool str_is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        size_t length = sequence_length(p + i, s.n - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

size_t str_code_points(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        count += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return count;
}

bool str_to_i64(struct str s, int64_t *ret_value)
{
    bool negative = s.n && s.p[0] == '-';
    struct str digits = str_skip(s, negative);
    if (digits.n == 0 || (digits.n > 1 && digits.p[0] == '0'))
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        int64_t digit = digits.p[i] - '0';
        // Counting down from zero reaches INT64_MIN, counting up would not.
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, value, &value))
        return false;
    *ret_value = value;
    return true;
}

#define LONGEST_COMPARED ((size_t)64)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t str_distance(struct str a, struct str b, size_t limit)
{
    if (a.n > LONGEST_COMPARED || b.n > LONGEST_COMPARED)
        return str_eq(a, b) ? 0 : limit + 1;
    size_t rows[3][LONGEST_COMPARED + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t replaced = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return least(rows[a.n % 3][b.n], limit + 1);
}

struct str str_nearest(struct str word, const struct str *candidates, size_t n)
{
    size_t limit = word.n < 5 ? 1 : 2;
    size_t best = limit + 1;
    struct str found = STR_NONE;
    for (size_t i = 0; i < n; i++) {
        size_t distance = str_distance(word, candidates[i], limit);
        if (distance < best) {
            best = distance;
            found = candidates[i];
        }
    }
    return found;
}
