// SPDX-License-Identifier: Apache-2.0
// convert_test.c - laws of src/cel/fn_convert.c.
#include "call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void test_int_is_exact_or_an_error(void **state)
{
    (void)state;
    expect_int(CALL(to_int, text("-9223372036854775808")), INT64_MIN);
    expect_int(CALL(to_int, text("+7")), 7);
    expect_int(CALL(to_int, text("007")), 7);
    expect_int(CALL(to_int, cel_double(-7.9)), -7);
    expect_int(CALL(to_int, cel_uint(INT64_MAX)), INT64_MAX);
    expect_int(CALL(to_int, cel_timestamp(-5, 999999999)), -5);
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1e3",
                                      "--1",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(CALL(to_int, text(bad[i])), CEL_E_ARGUMENT);
    expect_error(CALL(to_int, cel_double(0x1p63)), CEL_E_RANGE);
    expect_error(CALL(to_int, cel_double(-0x1p63)), CEL_E_RANGE);
    expect_error(CALL(to_int, cel_double(NAN)), CEL_E_RANGE);
    expect_error(CALL(to_int, cel_uint((uint64_t)INT64_MAX + 1)), CEL_E_RANGE);
}

static void test_uint_is_never_negative(void **state)
{
    (void)state;
    expect_same(CALL(to_uint, text("18446744073709551615")), cel_uint(UINT64_MAX));
    expect_same(CALL(to_uint, cel_double(3.9)), cel_uint(3));
    expect_error(CALL(to_uint, text("18446744073709551616")), CEL_E_ARGUMENT);
    expect_error(CALL(to_uint, text("-0")), CEL_E_ARGUMENT);
    expect_error(CALL(to_uint, cel_int(-1)), CEL_E_RANGE);
    expect_error(CALL(to_uint, cel_double(-0.5)), CEL_E_RANGE);
    expect_error(CALL(to_uint, cel_double(0x1p64)), CEL_E_RANGE);
    expect_error(CALL(to_uint, cel_double(NAN)), CEL_E_RANGE);
}

static void test_double_reads_what_strtod_reads(void **state)
{
    (void)state;
    for (int i = 0; i < 30000; i++) {
        char number[80];
        uint64_t r = next_random();
        int exponent = (int)(r >> 8 & 1023) - 512;
        if (i % 2)
            snprintf(number, sizeof number, "%s%llu.%0*llu", r & 1 ? "-" : "",
                     (unsigned long long)(next_random() >> (r >> 20 & 63)), (int)(r >> 30 & 31),
                     (unsigned long long)next_random());
        else
            snprintf(number, sizeof number, "%llu.%lluE%+d", (unsigned long long)(r >> 60),
                     (unsigned long long)next_random(), exponent);
        double expected = strtod(number, NULL);
        struct cel_value got = CALL(to_double, text(number));
        if (isinf(expected))
            expect_error(got, CEL_E_RANGE);
        else
            assert_true(got.tag == CEL_DOUBLE && got.d == expected);
        arena_clear(&test_arena);
    }
}

static void test_doubles_of_many_digits_are_rounded_once(void **state)
{
    (void)state;
    // 2^53 + 1 lies between two doubles; a 1 after 900 zeros decides.
    char number[1000];
    int n = snprintf(number, sizeof number, "9007199254740993.");
    memset(number + n, '0', 900);
    number[n + 900] = '\0';
    assert_true(CALL(to_double, text(number)).d == 9007199254740992.0);
    number[n + 899] = '1';
    assert_true(CALL(to_double, text(number)).d == 9007199254740994.0);
    memset(number, '0', 400);
    strcpy(number + 400, "1.5");
    assert_true(CALL(to_double, text(number)).d == 1.5);
    memset(number, '9', 999);
    number[999] = '\0';
    expect_error(CALL(to_double, text(number)), CEL_E_RANGE);
}

static void test_double_knows_its_words_and_refuses_others(void **state)
{
    (void)state;
    assert_true(isnan(CALL(to_double, text("NaN")).d));
    assert_true(CALL(to_double, text("Infinity")).d == INFINITY);
    assert_true(CALL(to_double, text("-inf")).d == -INFINITY);
    assert_true(signbit(CALL(to_double, text("-0.0")).d));
    assert_true(CALL(to_double, text(".5")).d == 0.5 && CALL(to_double, text("5.")).d == 5);
    static const char *const bad[] = {"",     ".",   "-",  "1,5", "1.5.2", "1e", "e5",
                                      "0x10", "1e+", " 1", "1 ",  "infin", "1f", "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(CALL(to_double, text(bad[i])), CEL_E_ARGUMENT);
    expect_error(CALL(to_double, text("1e309")), CEL_E_RANGE);
    assert_true(CALL(to_double, text("1e-999999999999")).d == 0);
}

static void test_every_kind_has_its_text(void **state)
{
    (void)state;
    expect_text(CALL(to_string, cel_bool(true)), "true");
    expect_text(CALL(to_string, cel_int(INT64_MIN)), "-9223372036854775808");
    expect_text(CALL(to_string, cel_uint(UINT64_MAX)), "18446744073709551615");
    expect_text(CALL(to_string, cel_double(0.1)), "0.1");
    expect_text(CALL(to_string, cel_bytes(STR("\xc3\xbf"))), "\xc3\xbf");
    expect_text(CALL(to_string, cel_timestamp(1234567890, 500000000)), "2009-02-13T23:31:30.5Z");
    expect_text(CALL(to_string, cel_duration(-2, 500000000)), "-1.5s");
    expect_error(CALL(to_string, cel_bytes(STR("\xff"))), CEL_E_ARGUMENT);
    expect_error(CALL(to_string, cel_null()), CEL_E_NO_OVERLOAD);
}

static void test_numbers_survive_the_way_to_text_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        int64_t n = (int64_t)next_random() >> (i % 64);
        expect_int(CALL(to_int, CALL(to_string, cel_int(n))), n);
        double d = (double)n / 1000;
        assert_true(CALL(to_double, CALL(to_string, cel_double(d))).d == d);
        arena_clear(&test_arena);
    }
}

static void test_bool_bytes_and_times_are_read(void **state)
{
    (void)state;
    expect_bool(CALL(to_bool, text("True")), true);
    expect_bool(CALL(to_bool, text("0")), false);
    expect_error(CALL(to_bool, text("TrUe")), CEL_E_ARGUMENT);
    expect_same(CALL(to_bytes, text("abc")), cel_bytes(STR("abc")));
    expect_same(CALL(to_timestamp, cel_int(5)), cel_timestamp(5, 0));
    expect_same(CALL(to_timestamp, text("1970-01-01T01:00:00.25+01:00")),
                cel_timestamp(0, 250000000));
    expect_error(CALL(to_timestamp, cel_int(253402300800)), CEL_E_RANGE);
    expect_error(CALL(to_timestamp, cel_int(INT64_MIN)), CEL_E_RANGE);
    expect_error(CALL(to_timestamp, text("yesterday")), CEL_E_ARGUMENT);
    expect_error(CALL(to_duration, text("1 h")), CEL_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int_is_exact_or_an_error),
        cmocka_unit_test(test_uint_is_never_negative),
        cmocka_unit_test(test_double_reads_what_strtod_reads),
        cmocka_unit_test(test_doubles_of_many_digits_are_rounded_once),
        cmocka_unit_test(test_double_knows_its_words_and_refuses_others),
        cmocka_unit_test(test_every_kind_has_its_text),
        cmocka_unit_test(test_numbers_survive_the_way_to_text_and_back),
        cmocka_unit_test(test_bool_bytes_and_times_are_read),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
