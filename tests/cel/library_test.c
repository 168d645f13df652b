// SPDX-License-Identifier: Apache-2.0
// library_test.c - the functions that CEL itself does not have, from text to value: overloads.def
// names each with the right types, and literal zones and patterns are looked at when compiled.
#include "call.h"

#include "cel/cel.h"

static struct cel_prog *compile(const char *expr, const char *want, struct cel_diags *diags)
{
    struct cel_env *env = cel_env_new(&test_arena);
    cel_env_var(env, "zone", "string");
    assert_int_equal(cel_env_zone(env, STR("Europe/Paris")), OK);
    assert_int_equal(cel_env_seal(env), OK);
    cel_diags_init(diags, &test_arena);
    return cel_compile(env, &test_arena, str_of(expr), want, diags);
}

static struct cel_value evaluate(const char *expr, const char *type, const char *zone)
{
    static struct cel_diags diags;
    struct cel_prog *prog = compile(expr, NULL, &diags);
    if (!prog)
        fail_msg("%s: %s", expr, diags.n ? diags.list[0].message : "no program");
    if (strcmp(cel_result_type(prog), type) != 0)
        fail_msg("%s is of type %s", expr, cel_result_type(prog));
    struct cel_value vars[] = {text(zone)};
    return cel_eval(prog, vars, &test_arena, NULL, NULL);
}

struct row {
    const char *expr;
    const char *type;
    const char *value; // as printed
};

static void expect_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buf out;
        buf_init(&out, &test_arena);
        cel_value_print(evaluate(rows[i].expr, rows[i].type, "Europe/Paris"), &out);
        if (!str_eq(buf_text(&out), str_of(rows[i].value)))
            fail_msg("%s is %.*s", rows[i].expr, STR_FMT(buf_text(&out)));
        arena_clear(&test_arena);
    }
}
#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const struct row rows[] = {__VA_ARGS__};                                            \
        expect_rows(rows, sizeof rows / sizeof *rows);                                             \
    } while (0)

static void test_money_and_points_are_ints(void **state)
{
    (void)state;
    EXPECT({"points.perAmount(599, 3, 200)", "int", "8"},
           {"points.perAmountUp(599, 3, 200)", "int", "9"},
           {"points.perAmountHalfUp(-599, 3, 200)", "int", "-9"},
           {"math.mulDiv(9007199254740991, 9007199254740991, 9007199254740991)", "int",
            "9007199254740991"},
           {"math.mulDivUp(1, 1, 3)", "int", "1"}, {"math.mulDivHalfUp(5, 1, 2)", "int", "3"},
           {"math.mulDivHalfEven(5, 1, 2)", "int", "2"}, {"percent(1999, 10)", "int", "199"},
           {"math.greatest(1, 2, 3)", "int", "3"}, {"math.least(1.5, 2.5)", "double", "1.5"},
           {"math.sqrt(49)", "double", "7.0"});
}

static void test_lists(void **state)
{
    (void)state;
    EXPECT({"[1, 2, 3].sum()", "int", "6"}, {"[1.5, 2.5].sum()", "double", "4.0"},
           {"[[1, 2], [3]].map(l, l.sum()).sum()", "int", "6"},
           {"[1, 2, 3, 4].filter(i, i % 2 == 0).map(i, i * 10).sum()", "int", "60"},
           {"['b', 'a'].min()", "string", "\"a\""}, {"[1, 5, 2].max()", "int", "5"},
           {"[3, 1, 2].sort()", "list(int)", "[1, 2, 3]"},
           {"['bb', 'a', 'cc'].sortBy(s, s.size())", "list(string)", "[\"a\", \"bb\", \"cc\"]"},
           {"[1, 2, 3].filter(i, i > 1).sortBy(i, -i).first().orValue(0)", "int", "3"},
           {"[1, 2, 1].distinct()", "list(int)", "[1, 2]"},
           {"[1, 2, 3].slice(1, 2)", "list(int)", "[2]"},
           {"[1, 2].reverse()", "list(int)", "[2, 1]"},
           {"lists.range(3)", "list(int)", "[0, 1, 2]"}, {"[1, 2].first().orValue(0)", "int", "1"},
           {"[1, 2].last().orValue(0)", "int", "2"},
           {"[1].filter(i, i > 1).first().orValue(0)", "int", "0"},
           {"sets.contains(['a', 'b'], ['a'])", "bool", "true"},
           {"sets.equivalent([1, 1], [1])", "bool", "true"},
           {"sets.intersects([1], [2])", "bool", "false"});
}

static void test_the_calendar(void **state)
{
    (void)state;
    EXPECT({"timestamp('2023-01-31T12:00:00Z').addMonths(1)", "timestamp",
            "timestamp(\"2023-02-28T12:00:00Z\")"},
           {"timestamp('2023-01-30T23:30:00Z').addMonths(1, 'Europe/Paris')", "timestamp",
            "timestamp(\"2023-02-27T23:30:00Z\")"},
           {"timestamp('2024-05-14T23:30:00Z').startOfDay(zone)", "timestamp",
            "timestamp(\"2024-05-14T22:00:00Z\")"},
           {"timestamp('2024-05-14T23:30:00Z').isBirthday('1988-05-15', zone)", "bool", "true"},
           {"timestamp('2024-05-14T23:30:00Z').month('+02:00')", "int", "5"},
           {"timestamp('2024-05-14T23:30:00Z').getDayOfWeek(zone) in [0, 6]", "bool", "false"});
}

static void test_a_zone_that_was_not_loaded_is_an_error_of_the_evaluation(void **state)
{
    (void)state;
    expect_error(evaluate("timestamp('2024-05-14T23:30:00Z').getHours(zone)", "int", "Asia/Tokyo"),
                 CEL_E_ZONE);
    expect_error(evaluate("timestamp('2024-05-14T23:30:00Z').getHours(zone)", "int", "../x"),
                 CEL_E_ZONE);
}

static void test_what_a_call_costs_stays_below_the_static_bound(void **state)
{
    (void)state;
    static const char *const exprs[] = {
        "[l, l].max().contains('x') && [l, l].first().orValue('').contains('xxxx')",
        "l.split('').map(c, c + c).join() == l",
        "l.split('a').exists(p, p.contains('b'))",
        "[l].last().orValue('').replace('a', l.substring(0, 9)).size() > 5",
        "[3, 1, 2].sort().reverse().sum() == lists.range(4).sum()",
        "l.lastIndexOf('a') > l.indexOf('a')",
        "'%s %s'.format([l, [l, l]]).size() > 5",
        "sets.contains(l.split(''), ['a']) && l.split('').distinct().size() < 3",
    };
    static char longest[1025];
    memset(longest, 'a', 1024);
    longest[500] = 'b';
    for (size_t i = 0; i < sizeof exprs / sizeof *exprs; i++) {
        static struct cel_diags diags;
        struct cel_env *env = cel_env_new(&test_arena);
        cel_env_var(env, "l", "string");
        assert_int_equal(cel_env_seal(env), OK);
        cel_diags_init(&diags, &test_arena);
        struct cel_prog *prog = cel_compile(env, &test_arena, str_of(exprs[i]), "bool", &diags);
        assert_non_null(prog);
        struct cel_value vars[] = {text(longest)};
        uint64_t cost = 0;
        struct cel_limits limits = {.cost = 100000000};
        struct cel_value v = cel_eval(prog, vars, &test_arena, &limits, &cost);
        if (v.tag != CEL_BOOL || cost > cel_cost_max(prog))
            fail_msg("%s: %s, cost %llu of %llu", exprs[i], v.tag == CEL_ERROR ? v.s : "ok",
                     (unsigned long long)cost, (unsigned long long)cel_cost_max(prog));
        arena_clear(&test_arena);
    }
}

static void test_literals_that_cannot_work_are_found_when_compiled(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "timestamp(0).getHours('Mars/Olympus')",
        "timestamp(0).getHours('../../etc/passwd')",
        "'a'.matches('(a)\\\\1')",
        "'a'.matches('a(?=b)')",
        "matches('a', '(')",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct cel_diags diags;
        if (compile(bad[i], NULL, &diags))
            fail_msg("%s compiles", bad[i]);
        assert_true(diags.n_errors > 0);
    }
}

static void test_functions_refuse_other_types(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "points.perAmount(1.5, 3, 200)",
        "percent(1u, 2)",
        "[1, 2].join()",
        "['a'].sum()",
        "[{}].sort()",
        "math.abs('a')",
        "lists.range(1.0)",
        "'a'.addMonths(1)",
        "sets.contains([1], 1)",

        "math.greatest('a', 'b')",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct cel_diags diags;
        if (compile(bad[i], NULL, &diags))
            fail_msg("%s compiles", bad[i]);
        assert_true(diags.n_errors > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_and_points_are_ints),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_the_calendar),
        cmocka_unit_test(test_a_zone_that_was_not_loaded_is_an_error_of_the_evaluation),
        cmocka_unit_test(test_what_a_call_costs_stays_below_the_static_bound),
        cmocka_unit_test(test_literals_that_cannot_work_are_found_when_compiled),
        cmocka_unit_test(test_functions_refuse_other_types),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
