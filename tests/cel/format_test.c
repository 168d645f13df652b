// SPDX-License-Identifier: Apache-2.0
// format_test.c - laws of src/cel/fn_format.c.
#include "call.h"

#include <math.h>
#include <stdio.h>

static struct cel_value format(const char *clauses, struct cel_value list)
{
    return CALL(format, text(clauses), list);
}

static void test_every_clause_writes_its_kinds(void **state)
{
    (void)state;
    expect_text(format("%d%% of %s", LIST(cel_int(5), text("all"))), "5% of all");
    expect_text(format("%d %d", LIST(cel_int(INT64_MIN), cel_uint(UINT64_MAX))),
                "-9223372036854775808 18446744073709551615");
    expect_text(format("%b %b %b", LIST(cel_int(-5), cel_uint(6), cel_bool(true))), "-101 110 1");
    expect_text(format("%o %x %X", LIST(cel_int(8), cel_int(-30), cel_uint(30))), "10 -1e 1E");
    expect_text(format("%x %X", LIST(text("Hi!"), cel_bytes(STR("\xff")))), "486921 FF");
    expect_text(format("%f %.1f %.0f", LIST(cel_int(2), cel_double(0.25), cel_double(2.5))),
                "2.000000 0.2 2");
    expect_text(format("%e %.2e", LIST(cel_double(1052.03), cel_uint(3))), "1.052030e+03 3.00e+00");
    expect_text(format("%d %f %e",
                       LIST(cel_double(NAN), cel_double(INFINITY), cel_double(-INFINITY))),
                "NaN Infinity -Infinity");
}

static void test_s_writes_any_value_maps_ordered_by_key(void **state)
{
    (void)state;
    struct cel_value inner = LIST(cel_int(9), cel_null(), cel_timestamp(0, 0));
    expect_text(format("%s", LIST(inner)), "[9, null, 1970-01-01T00:00:00Z]");
    struct cel_value pairs = LIST(text("b"), cel_duration(7200, 0), cel_int(6), cel_double(1.5),
                                  cel_bool(true), cel_bytes(STR("x")));
    expect_text(format("%s", LIST(cel_map(pairs.items, 3))), "{6: 1.5, b: 7200s, true: x}");
    expect_text(format("%s", LIST(cel_map(NULL, 0))), "{}");
}

static void test_what_does_not_fit_is_an_error(void **state)
{
    (void)state;
    static const char *const clauses[] = {"%d", "%b", "%o", "%x", "%f", "%e"};
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++)
        expect_error(format(clauses[i], LIST(cel_null())), CEL_E_ARGUMENT);
    expect_error(format("%d", LIST(cel_double(1.5))), CEL_E_ARGUMENT);
    expect_error(format("%s", LIST(cel_optional(NULL))), CEL_E_ARGUMENT);
    expect_error(format("%s", LIST(cel_bytes(STR("\xff")))), CEL_E_ARGUMENT);
    expect_error(format("%a", LIST(cel_int(1))), CEL_E_ARGUMENT);
    expect_error(format("%", LIST(cel_int(1))), CEL_E_ARGUMENT);
    expect_error(format("%.", LIST(cel_int(1))), CEL_E_ARGUMENT);
    expect_error(format("%.f", LIST(cel_int(1))), CEL_E_ARGUMENT);
    expect_error(format("%.101f", LIST(cel_int(1))), CEL_E_ARGUMENT);
    expect_error(format("%.99999999999999999999f", LIST(cel_int(1))), CEL_E_ARGUMENT);
    expect_error(format("%d %d", LIST(cel_int(1))), CEL_E_INDEX);
}

static void test_a_value_nested_too_deeply_is_refused(void **state)
{
    (void)state;
    struct cel_value v = cel_int(1);
    for (int i = 0; i < 64; i++)
        v = LIST(v);
    assert_int_equal(format("%s", LIST(v)).tag, CEL_STRING);
    expect_error(format("%s", LIST(LIST(v))), CEL_E_DEPTH);
}

static void test_numbers_are_written_as_printf_does(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        char clauses[40];
        char expected[1000];
        int precision = (int)(next_random() % 20);
        int64_t n = (int64_t)next_random() >> (i % 64);
        double d = (double)n / 1000;
        if (i % 50 == 0)
            d *= 1e290;
        snprintf(clauses, sizeof clauses, "%%d %%x %%.%df %%.%de", precision, precision);
        snprintf(expected, sizeof expected, "%lld %s%llx %.*f %.*e", (long long)n, n < 0 ? "-" : "",
                 (unsigned long long)(n < 0 ? -(uint64_t)n : (uint64_t)n), precision, d, precision,
                 d);
        expect_text(format(clauses, LIST(cel_int(n), cel_int(n), cel_double(d), cel_double(d))),
                    expected);
        arena_clear(&test_arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_clause_writes_its_kinds),
        cmocka_unit_test(test_s_writes_any_value_maps_ordered_by_key),
        cmocka_unit_test(test_what_does_not_fit_is_an_error),
        cmocka_unit_test(test_a_value_nested_too_deeply_is_refused),
        cmocka_unit_test(test_numbers_are_written_as_printf_does),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
