// SPDX-License-Identifier: Apache-2.0
// percent.c - decoding what stands in an address, once.
//
// Layer: api.  Tests: tests/api/route_test.c
#include "api/percent.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return str_is_utf8(s);
}

bool percent_decode(struct str s, bool plus, struct arena *arena, struct str *ret_text)
{
    bool encoded = s.n && (memchr(s.p, '%', s.n) || (plus && memchr(s.p, '+', s.n)));
    if (!encoded) {
        *ret_text = s;
        return is_clean(s);
    }
    char *to = arena_try(arena, s.n);
    size_t n = 0;
    if (!to)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            to[n++] = plus && s.p[i] == '+' ? ' ' : s.p[i];
            continue;
        }
        int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        to[n++] = (char)(high * 16 + low);
        i += 2;
    }
    *ret_text = (struct str){to, n};
    return is_clean(*ret_text);
}

static struct str cut_at(struct str *rest, char divider)
{
    const char *found = rest->n ? memchr(rest->p, divider, rest->n) : NULL;
    struct str piece = {rest->p, found ? (size_t)(found - rest->p) : rest->n};
    *rest = str_skip(*rest, piece.n + 1);
    return piece;
}

bool query_split(struct str query, struct arena *arena, struct text_pair ret_pairs[QUERY_PAIRS_MAX],
                 size_t *ret_n)
{
    size_t n = 0;
    while (query.n) {
        struct str value = cut_at(&query, '&');
        if (value.n == 0)
            continue;
        struct str name = cut_at(&value, '=');
        if (n == QUERY_PAIRS_MAX || name.n == 0)
            return false;
        if (!percent_decode(name, true, arena, &ret_pairs[n].name) ||
            !percent_decode(value, true, arena, &ret_pairs[n].value))
            return false;
        n++;
    }
    *ret_n = n;
    return true;
}
