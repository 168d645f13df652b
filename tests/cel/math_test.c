// SPDX-License-Identifier: Apache-2.0
// math_test.c - laws of src/cel/fn_math.c.
#include "call.h"

#include <math.h>

__extension__ typedef __int128 wide;

static void test_extremes_over_all_kinds_of_numbers(void **state)
{
    (void)state;
    expect_int(CALL(greatest, cel_int(-7), cel_int(5)), 5);
    expect_same(CALL(least, cel_double(-5), cel_uint(3)), cel_double(-5));
    expect_same(CALL(greatest, cel_int(INT64_MAX), cel_double(0x1p64)), cel_double(0x1p64));
    expect_same(CALL(greatest, cel_int(1), cel_double(1)), cel_int(1)); // the first of equals
    struct cel_value list = LIST(cel_double(5.4), cel_int(10), cel_uint(3), cel_double(-5));
    expect_int(CALL(greatest, list), 10);
    expect_same(CALL(least, list), cel_double(-5));
    assert_true(isnan(CALL(greatest, cel_double(NAN), cel_int(1)).d));
    assert_true(isnan(CALL(least, cel_int(1), cel_double(NAN)).d));
    expect_error(CALL(greatest, LIST(text("a"))), CEL_E_NO_OVERLOAD);
    expect_error(CALL(greatest, cel_list(NULL, 0)), CEL_E_ARGUMENT);
}

static void test_rounding_of_doubles(void **state)
{
    (void)state;
    assert_true(CALL(math_ceil, cel_double(-1.2)).d == -1);
    assert_true(CALL(math_floor, cel_double(-1.2)).d == -2);
    assert_true(CALL(math_round, cel_double(-1.5)).d == -2);
    assert_true(CALL(math_round, cel_double(2.5)).d == 3);
    assert_true(CALL(math_trunc, cel_double(-1.9)).d == -1);
    assert_true(CALL(math_sqrt, cel_int(49)).d == 7 && CALL(math_sqrt, cel_uint(9)).d == 3);
    assert_true(isnan(CALL(math_sqrt, cel_double(-1)).d));
    expect_bool(CALL(math_is_nan, cel_double(NAN)), true);
    expect_bool(CALL(math_is_inf, cel_double(-INFINITY)), true);
    expect_bool(CALL(math_is_finite, cel_double(INFINITY)), false);
}

static void test_abs_and_sign_keep_the_kind(void **state)
{
    (void)state;
    expect_int(CALL(math_abs, cel_int(-11)), 11);
    expect_same(CALL(math_abs, cel_uint(UINT64_MAX)), cel_uint(UINT64_MAX));
    expect_same(CALL(math_abs, cel_double(-1.5)), cel_double(1.5));
    expect_error(CALL(math_abs, cel_int(INT64_MIN)), CEL_E_OVERFLOW);
    expect_int(CALL(math_sign, cel_int(INT64_MIN)), -1);
    expect_same(CALL(math_sign, cel_uint(7)), cel_uint(1));
    expect_same(CALL(math_sign, cel_double(-0.5)), cel_double(-1));
    assert_true(isnan(CALL(math_sign, cel_double(NAN)).d));
}

static void test_bits(void **state)
{
    (void)state;
    expect_int(CALL(bit_and, cel_int(1), cel_int(-1)), 1);
    expect_int(CALL(bit_or, cel_int(4), cel_int(-2)), -2);
    expect_same(CALL(bit_xor, cel_uint(1), cel_uint(3)), cel_uint(2));
    expect_same(CALL(bit_not, cel_uint(0)), cel_uint(UINT64_MAX));
    expect_int(CALL(bit_shift_left, cel_int(1), cel_int(63)), INT64_MIN);
    expect_int(CALL(bit_shift_left, cel_int(-1), cel_int(64)), 0);
    expect_int(CALL(bit_shift_right, cel_int(-1024), cel_int(3)), 2305843009213693824);
    expect_same(CALL(bit_shift_right, cel_uint(1024), cel_int(INT64_MAX)), cel_uint(0));
    expect_error(CALL(bit_shift_left, cel_uint(1), cel_int(-1)), CEL_E_ARGUMENT);
}

// ---- the ratios

static wide floor_of(wide n, wide c)
{
    wide q = n / c;
    return n % c != 0 && (n < 0) != (c < 0) ? q - 1 : q;
}

static void expect_ratio(struct cel_value got, wide expected)
{
    if (expected < INT64_MIN || expected > INT64_MAX)
        expect_error(got, CEL_E_OVERFLOW);
    else
        expect_int(got, (int64_t)expected);
}

static void check_ratio(int64_t a, int64_t b, int64_t c)
{
    struct cel_value args[] = {cel_int(a), cel_int(b), cel_int(c)};
    wide n = (wide)a * b;
    wide below = floor_of(n, c);
    bool exact = n % c == 0;
    wide positive = c < 0 ? -(wide)c : c;
    wide twice_rest = (c < 0 ? -n : n) * 2 - below * positive * 2;
    wide half_up = below + (twice_rest > positive || (twice_rest == positive && below >= 0));
    wide half_even = below + (twice_rest > positive || (twice_rest == positive && below % 2 != 0));
    expect_ratio(call_prepared(cel_fn_mul_div, NULL, args, 3), below);
    expect_ratio(call_prepared(cel_fn_mul_div_up, NULL, args, 3), below + !exact);
    expect_ratio(call_prepared(cel_fn_mul_div_half_up, NULL, args, 3), half_up);
    expect_ratio(call_prepared(cel_fn_mul_div_half_even, NULL, args, 3), half_even);
}

static void test_ratios_equal_the_schoolbook(void **state)
{
    (void)state;
    for (int64_t a = -20; a <= 20; a++)
        for (int64_t c = -9; c <= 9; c++)
            if (c)
                check_ratio(a, 1, c);
    for (int i = 0; i < 30000; i++) {
        int64_t a = (int64_t)next_random() >> (next_random() % 64);
        int64_t b = (int64_t)next_random() >> (32 + next_random() % 32);
        int64_t c = (int64_t)next_random() >> (next_random() % 64);
        if (c)
            check_ratio(a, b, c);
    }
}

static void test_points_per_amount_are_what_the_sign_at_the_till_says(void **state)
{
    (void)state;
    // "3 points per 2.00": 5.99 earns 8, and 9 when rounded up.
    expect_int(CALL(mul_div, cel_int(599), cel_int(3), cel_int(200)), 8);
    expect_int(CALL(mul_div_up, cel_int(599), cel_int(3), cel_int(200)), 9);
    expect_int(CALL(mul_div_half_up, cel_int(599), cel_int(3), cel_int(200)), 9);
    expect_int(CALL(percent, cel_int(100), cel_int(29)), 29);
    expect_int(CALL(percent, cel_int(-1), cel_int(50)), -1);
    expect_error(CALL(mul_div, cel_int(1), cel_int(1), cel_int(0)), CEL_E_DIVIDE_BY_ZERO);
    expect_error(CALL(percent, cel_int(INT64_MAX), cel_int(101)), CEL_E_OVERFLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extremes_over_all_kinds_of_numbers),
        cmocka_unit_test(test_rounding_of_doubles),
        cmocka_unit_test(test_abs_and_sign_keep_the_kind),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_ratios_equal_the_schoolbook),
        cmocka_unit_test(test_points_per_amount_are_what_the_sign_at_the_till_says),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
