// SPDX-License-Identifier: Apache-2.0
// call.h - calling one function of the language from a test, without any expression.
#pragma once

#include "cel/function.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct arena test_arena;

static inline int arena_set_up(void **state)
{
    (void)state;
    arena_init(&test_arena, (size_t)8 << 20);
    return 0;
}

static inline int arena_tear_down(void **state)
{
    (void)state;
    arena_release(&test_arena);
    return 0;
}

typedef struct cel_value cel_fn(struct cel_call *call, const struct cel_value *args);

static inline struct cel_value call_prepared(cel_fn *fn, const void *prepared,
                                             const struct cel_value *args, size_t n)
{
    struct cel_call call = {.arena = &test_arena,
                            .prepared = prepared,
                            .n_args = (uint32_t)n,
                            .cost_max = 1000000};
    return fn(&call, args);
}

#define ARGS(...)                                                                                  \
    (const struct cel_value[]){__VA_ARGS__},                                                       \
        sizeof((struct cel_value[]){__VA_ARGS__}) / sizeof(struct cel_value)
// CALL(trim, text("x")): cel_fn_trim with these arguments.
#define CALL(name, ...) call_prepared(cel_fn_##name, NULL, ARGS(__VA_ARGS__))

static inline struct cel_value text(const char *c)
{
    return cel_string(str_of(c));
}

// A list of items that live as long as the arena.
static inline struct cel_value list_of(const struct cel_value *items, size_t n)
{
    struct cel_value *copy = arena_try_array(&test_arena, n ? n : 1, sizeof *copy);
    assert_non_null(copy);
    if (n)
        memcpy(copy, items, n * sizeof *copy);
    return cel_list(copy, n);
}
#define LIST(...) list_of(ARGS(__VA_ARGS__))

static inline void expect_error(struct cel_value v, enum cel_code code)
{
    assert_int_equal(v.tag, CEL_ERROR);
    assert_int_equal(v.aux, code);
    assert_non_null(v.s);
    assert_true(strlen(v.s) > 0);
}

static inline void expect_text(struct cel_value v, const char *expected)
{
    if (v.tag == CEL_ERROR)
        fail_msg("error '%s' instead of '%s'", v.s, expected);
    assert_int_equal(v.tag, CEL_STRING);
    if (!str_eq(cel_text(v), str_of(expected)))
        fail_msg("'%.*s' instead of '%s'", (int)v.len, v.s, expected);
}

static inline void expect_int(struct cel_value v, int64_t expected)
{
    if (v.tag == CEL_ERROR)
        fail_msg("error '%s'", v.s);
    assert_int_equal(v.tag, CEL_INT);
    assert_int_equal(v.i, expected);
}

static inline void expect_bool(struct cel_value v, bool expected)
{
    assert_int_equal(v.tag, CEL_BOOL);
    assert_int_equal(v.b, expected);
}

static inline void expect_same(struct cel_value v, struct cel_value expected)
{
    assert_int_equal(v.tag, expected.tag);
    assert_true(cel_equal(v, expected));
}

static inline uint64_t next_random(void)
{
    static uint64_t seed = 88172645463325252U;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}
