// SPDX-License-Identifier: Apache-2.0
// hostile_test.c - texts of 64 KB made to take long: each compiles or is refused in no time.
//
// The bar is 50 ms for the optimised build; sanitizers take some ten times as long.
//
// Layer: tests.
#include "cel/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define BYTES 65536
#ifdef __OPTIMIZE__
#define SECONDS 0.05
#else
#define SECONDS 1.0
#endif

static struct arena env_arena;
static struct cel_env *env;
static int n_slow;

static int setup(void **state)
{
    (void)state;
    arena_init(&env_arena, (size_t)16 * 1024 * 1024);
    env = cel_env_new(&env_arena);
    cel_env_var(env, "a", "map(string, dyn)");
    cel_env_var(env, "l", "list(int)");
    return cel_env_seal(env) != OK;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&env_arena);
    return 0;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// before, then part as often as there is room, then after.
static void try(const char *before, const char *part, const char *after)
{
    struct arena arena;
    arena_init(&arena, (size_t)256 * 1024 * 1024);
    struct buf text;
    buf_init(&text, &arena);
    buf_str(&text, str_of(before));
    while (text.n + strlen(part) + strlen(after) < BYTES)
        buf_str(&text, str_of(part));
    buf_str(&text, str_of(after));
    struct cel_diags *diags = ARENA_NEW(&arena, struct cel_diags);
    cel_diags_init(diags, &arena);
    double start = seconds();
    struct cel_prog *prog = cel_compile(env, &arena, buf_text(&text), NULL, diags);
    double took = seconds() - start;
    if (took > SECONDS)
        print_error("%s%s...: %.0f ms\n", before, part, took * 1e3);
    n_slow += took > SECONDS;
    assert_true(prog || diags->n_errors || arena_overflowed(&arena));
    arena_release(&arena);
}

static void test_deep_texts_are_refused(void **state)
{
    (void)state;
    try("", "(", "");
    try("", "[", "");
    try("", "{1:", "");
    try("", "!", "true");
    try("", "-", "a");
    try("", "a[", "");
    try("", "f(", "");
    try("", "true?1:", "2");
    try("", "l.map(x,", "");
    try("", "cel.bind(x,1,", "");
    try("1", "+1", "");
    try("a", ".b", "");
    try("a", "[0]", "");
    try("l", ".reverse()", "");
    assert_int_equal(n_slow, 0);
}

static void test_wide_texts_are_quick(void **state)
{
    (void)state;
    try("true", " && true", "");
    try("a.b == 1", " || a.b == 1", "");
    try("[1", ",1", "]");
    try("[l", ",l", "]");
    try("[[]", ",[]", "]");
    try("{1:1", ",1:1", "}");
    try("\"", "x", "\"");
    try("'", "\\n", "'");
    try("math.greatest(1", ",1", ")");
    try("f(1", ",1", ")");
    try("[{'a':1}", ",{'a':1}", "]");
    try("[l.map(x, x)", ",l.map(x, x)", "]");
    try("//", "x", "\n1");
    try("", "\n", "1");
    assert_int_equal(n_slow, 0);
}

static void test_many_faults_are_quick(void **state)
{
    (void)state;
    try("x", "||x", "");
    try("l.f()", "||l.f()", "");
    try("abc.exist(i,j)", "||abc.exist(i,j)", "");
    try("g()", "||g()", "");
    try("1+'a'", ",1+'a'", "");
    try("[1+1.5", ",1+1.5", "]");
    try("", "@", "");
    try("", "''", "");
    try("", "\"", "");
    try("", ")", "");
    try("", "a b ", "");
    try("", "\xe2\x80\x9c", "");
    try("xxxxxxxxxxxxxxxxxxxx", "x", "");
    try("a.", "y", "()");
    try("", "1 and ", "1");
    try("'a'.matches('", "(a*)*", "')");
    assert_int_equal(n_slow, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_texts_are_refused),
        cmocka_unit_test(test_wide_texts_are_quick),
        cmocka_unit_test(test_many_faults_are_quick),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
