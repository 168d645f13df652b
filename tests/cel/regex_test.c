// SPDX-License-Identifier: Apache-2.0
// regex_test.c - laws of src/cel/fn_regex.c.
#include "call.h"

#include <stdio.h>

static struct cel_value match(const char *subject, const char *pattern)
{
    struct cel_prepared prepared = cel_prepare_regex(&test_arena, str_of(pattern));
    if (!prepared.ready)
        fail_msg("'%s' refused: %s", pattern, prepared.refused);
    return call_prepared(cel_fn_matches, prepared.ready, ARGS(text(subject), text(pattern)));
}

static void test_a_pattern_matches_any_part(void **state)
{
    (void)state;
    static const struct {
        const char *subject;
        const char *pattern;
        bool matches;
    } rows[] = {
        {"hubba", "ubb", true},
        {"", "foo|bar", false},
        {"", "", true},
        {"banana", "ba(na)*", true},
        {"ma\xc3\xb1"
         "ana",
         "a+\xc3\xb1+a+", true},
        {"\xf0\x9f\x90\xb1\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "(a|\xf0\x9f\x98\x80){2}", true},
        {"\xc3\xa9", "^.$", true}, // a code point, not two bytes
        {"SKU-123", "^SKU-[0-9]{3}$", true},
        {"SKU-123\n", "^SKU-[0-9]{3}$", false}, // '$' is the very end
        {"a\nb", "a.b", false},
        {"a\nb", "(?s)a.b", true},
        {"A", "(?i:a)", true},
        {"x", "(?P<name>x)", true},
        {"]", "[]]", true},
        {"a-b", "[[:alpha:]]-[^[:digit:]]", true},
        {"\xce\xb1", "\\p{Greek}", true},
        {"a.b", "a\\.b", true},
        {"a{b", "a{b", true},
        {"aaa", "^a{2,}?a$", true},
        {"+", "[+]", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_bool(match(rows[i].subject, rows[i].pattern), rows[i].matches);
}

static void test_what_re2_does_not_have_is_refused_where_it_stands(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        unsigned at;
    } rows[] = {
        {"(a)\\1", 3},   {"x(?=a)", 1},    {"(?!a)", 0},   {"(?<=a)b", 0},   {"(?<!a)b", 0},
        {"(?P=n)", 0},   {"(?P>n)", 0},    {"(?>a)", 0},   {"(?R)", 0},      {"(?1)", 0},
        {"(?&n)", 0},    {"(?|a|b)", 0},   {"(?#c)", 0},   {"(?(1)a|b)", 0}, {"(?C1)", 0},
        {"(*UTF)a", 0},  {"a*+", 1},       {"a++", 1},     {"a?+", 1},       {"a{2}+", 1},
        {"a**", 1},      {"a\\K", 1},      {"\\G", 0},     {"\\X", 0},       {"\\R", 0},
        {"\\C", 0},      {"\\g1", 0},      {"\\k<n>", 0},  {"\\Qa", 0},      {"\\h", 0},
        {"\\v", 0},      {"\\N", 0},       {"\\Z", 0},     {"\\cA", 0},      {"\\o{7}", 0},
        {"\\u1234", 0},  {"[\\b]", 0},     {"[[.a.]]", 0}, {"[a", 0},        {"a\\", 1},
        {"a{1001}", 1},  {"a{1,1001}", 1}, {"(?x)a b", 0}, {"(?J)a", 0},     {"(?^)a", 0},
        {"(?P'n'a)", 0}, {"(?'n'a)", 0},   {"a{2}{3}", 1}, {"[[:alpha", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cel_prepared prepared = cel_prepare_regex(&test_arena, str_of(rows[i].pattern));
        if (prepared.ready)
            fail_msg("'%s' was let through", rows[i].pattern);
        assert_non_null(prepared.refused);
        if (prepared.at != rows[i].at)
            fail_msg("'%s' refused at %u", rows[i].pattern, prepared.at);
    }
}

static void test_syntax_errors_are_found_when_saved(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "(a", "a)", "*a", "[b-a]", "\\p{Nonsense}", "(?P<1>a)", "[[:nonsense:]]", "\\x{110000}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cel_prepared prepared = cel_prepare_regex(&test_arena, str_of(bad[i]));
        assert_null(prepared.ready);
        assert_non_null(prepared.refused);
        assert_true(prepared.at <= strlen(bad[i]));
    }
    char longest[2002];
    memset(longest, 'a', sizeof longest);
    assert_null(cel_prepare_regex(&test_arena, (struct str){longest, 2001}).ready);
    assert_non_null(cel_prepare_regex(&test_arena, (struct str){longest, 2000}).ready);
}

static void test_a_pattern_that_runs_away_is_stopped(void **state)
{
    (void)state;
    char subject[2000];
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = '\0';
    static const char *const slow[] = {"^(a+)+$b", "^(a|a)*b", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)b$",
                                       "^(?:a?){30}a{30}b"};
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
        struct cel_value v = match(subject, slow[i]);
        // An optimisation of PCRE2 may see at once that there is no 'b'.
        if (v.tag != CEL_BOOL)
            expect_error(v, CEL_E_COST);
        else
            expect_bool(v, false);
    }
    expect_error(match("aaaaaaaaaaaaaaaaaaaaaaaaaaaab", "^(a+)+$"), CEL_E_COST);
}

static void test_a_long_harmless_text_is_matched(void **state)
{
    (void)state;
    char subject[1025];
    for (size_t i = 0; i < 1024; i++)
        subject[i] = "ab"[i % 2];
    subject[1024] = '\0';
    expect_bool(match(subject, "^[ab]*$"), true);
    expect_bool(match(subject, "^.*b$"), true);
    expect_bool(match(subject, "^(?:ab)+$"), true);
    subject[800] = '\0';
    expect_bool(match(subject, "^(?:ab|ba)+$"), true); // 400 times round the group
}

static void test_a_match_leaves_the_arena_alone(void **state)
{
    (void)state;
    struct cel_prepared prepared = cel_prepare_regex(&test_arena, STR("^(?:ab|ba)+$"));
    char subject[800];
    for (size_t i = 0; i < sizeof subject; i++)
        subject[i] = "ab"[i % 2];
    size_t used = test_arena.used;
    struct cel_value v = cel_string((struct str){subject, sizeof subject});
    expect_bool(call_prepared(cel_fn_matches, prepared.ready, ARGS(v, v)), true);
    assert_int_equal(test_arena.used, used);
}

static void test_a_pattern_must_be_a_literal(void **state)
{
    (void)state;
    expect_error(CALL(matches, text("a"), text("a")), CEL_E_REGEX);
}

static void test_a_small_arena_is_an_error(void **state)
{
    (void)state;
    struct arena small;
    arena_init(&small, 64);
    assert_null(cel_prepare_regex(&small, STR("(a|b)*c")).ready);
    arena_release(&small);
}

// Random patterns of the characters that matter: refused or compiled and run, nothing else.
static void test_no_pattern_breaks_the_gate(void **state)
{
    (void)state;
    static const char alphabet[] = "ab()[]{}*+?|^$.\\?P<>:=!-,1dpsz";
    int compiled = 0;
    for (int i = 0; i < 30000; i++) {
        char pattern[12];
        size_t n = 1 + next_random() % 10;
        for (size_t k = 0; k < n; k++)
            pattern[k] = alphabet[next_random() % (sizeof alphabet - 1)];
        struct str s = {pattern, n};
        struct cel_prepared prepared = cel_prepare_regex(&test_arena, s);
        assert_true(!prepared.ready == !!prepared.refused);
        if (prepared.ready) {
            compiled++;
            struct cel_value v = call_prepared(cel_fn_matches, prepared.ready,
                                               ARGS(text("aababb-1<>"), cel_string(s)));
            assert_true(v.tag == CEL_BOOL || v.tag == CEL_ERROR);
        }
        arena_clear(&test_arena);
    }
    assert_true(compiled > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pattern_matches_any_part),
        cmocka_unit_test(test_what_re2_does_not_have_is_refused_where_it_stands),
        cmocka_unit_test(test_syntax_errors_are_found_when_saved),
        cmocka_unit_test(test_a_pattern_that_runs_away_is_stopped),
        cmocka_unit_test(test_a_long_harmless_text_is_matched),
        cmocka_unit_test(test_a_match_leaves_the_arena_alone),
        cmocka_unit_test(test_a_pattern_must_be_a_literal),
        cmocka_unit_test(test_a_small_arena_is_an_error),
        cmocka_unit_test(test_no_pattern_breaks_the_gate),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
