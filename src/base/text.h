// SPDX-License-Identifier: Apache-2.0
// text.h - strings that know their length.
//
// struct str is a view: it owns nothing and need not end in a NUL byte.  Whoever made the bytes
// (an arena, a request body, a literal) decides how long they live.  The empty string has n == 0;
// a missing string has p == NULL as well.
//
// Layer: base.  Tests: tests/base/text_test.c
#pragma once

#include "base/arena.h"
#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){.p = ("" literal), .n = sizeof(literal) - 1})
#define STR_NONE ((struct str){0})
// For printf's "%.*s".
#define STR_FMT(s) (int)(s).n, (s).p ? (s).p : ""

// A view of a C string; NULL gives STR_NONE.
struct str str_of(const char *c_string);
bool str_eq(struct str a, struct str b);
// Byte order: negative, 0 or positive, as memcmp.
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
// s without its first n bytes; n may exceed its length.
struct str str_skip(struct str s, size_t n);
// s without ASCII white space at both ends.
struct str str_trim(struct str s);
// A NUL-terminated copy in the arena (the NUL is not counted).
struct str str_dup(struct arena *arena, struct str s);
const char *str_c(struct arena *arena, struct str s);
// Formats into the arena.  Longest result: ARENA_SINK_BYTES - 1, cut there.
struct str str_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms) without NUL.
bool str_is_utf8(struct str s);
// Code points in well-formed UTF-8.
size_t str_code_points(struct str s);
// An optional '-' and decimal digits without leading zeros, the whole of s, inside int64_t.
MUST_CHECK bool str_to_i64(struct str s, int64_t *ret_value);
// Optimal string alignment distance of two short strings, at most limit + 1: for "did you mean".
size_t str_distance(struct str a, struct str b, size_t limit);
// The nearest of n candidates within two edits (one when the word is shorter than 5), or STR_NONE.
struct str str_nearest(struct str word, const struct str *candidates, size_t n);
