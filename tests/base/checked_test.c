// SPDX-License-Identifier: Apache-2.0
// checked_test.c - laws of src/base/checked.h.
#include "base/checked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed = 88172645463325252U;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

// Numbers of every size, the edges of int64_t included.
static int64_t next_number(void)
{
    uint64_t r = next_random();
    if (r % 16 == 0)
        return r & 16 ? INT64_MAX : INT64_MIN;
    return (int64_t)next_random() >> (r % 64);
}

static void test_sums_and_products_fail_instead_of_wrapping(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(checked_add(INT64_MAX, 0, &value));
    assert_int_equal(value, INT64_MAX);
    assert_false(checked_add(INT64_MAX, 1, &value));
    assert_false(checked_sub(INT64_MIN, 1, &value));
    assert_false(checked_mul(INT64_MIN, -1, &value));
    assert_int_equal(value, INT64_MAX); // untouched
    assert_true(checked_sub(-1, INT64_MAX, &value));
    assert_int_equal(value, INT64_MIN);
}

// Division with a remainder that is never negative: the schoolbook, in wider numbers.
__extension__ typedef __int128 wide;

static wide floor_divide(wide n, wide c, wide *ret_rest)
{
    wide quotient = n / c;
    wide rest = n % c;
    if (rest != 0 && (rest < 0) != (c < 0)) {
        quotient--;
        rest += c;
    }
    *ret_rest = rest;
    return quotient;
}

static wide naive(wide n, wide c, enum rounding mode)
{
    if (c < 0) {
        n = -n;
        c = -c;
    }
    wide rest;
    wide below = floor_divide(n, c, &rest);
    if (rest == 0 || mode == ROUND_FLOOR)
        return below;
    if (mode == ROUND_CEIL)
        return below + 1;
    if (rest * 2 != c)
        return rest * 2 < c ? below : below + 1;
    if (mode == ROUND_HALF_EVEN)
        return below % 2 == 0 ? below : below + 1;
    return n < 0 ? below : below + 1;
}

static void check_muldiv(int64_t a, int64_t b, int64_t c)
{
    for (int mode = ROUND_FLOOR; mode <= ROUND_HALF_UP; mode++) {
        int64_t value = 42;
        bool fits = muldiv(a, b, c, (enum rounding)mode, &value);
        if (c == 0) {
            assert_false(fits);
            continue;
        }
        wide expected = naive((wide)a * b, c, (enum rounding)mode);
        assert_int_equal(fits, expected >= INT64_MIN && expected <= INT64_MAX);
        if (fits)
            assert_true(value == expected);
        else
            assert_int_equal(value, 42);
    }
}

static void test_muldiv_equals_the_schoolbook_in_every_mode(void **state)
{
    (void)state;
    for (int64_t a = -12; a <= 12; a++)
        for (int64_t b = -6; b <= 6; b++)
            for (int64_t c = -8; c <= 8; c++)
                check_muldiv(a, b, c);
    for (int i = 0; i < 100000; i++)
        check_muldiv(next_number(), next_number(), next_number());
}

static void test_modes_differ_only_where_they_say(void **state)
{
    (void)state;
    static const struct {
        int64_t a, c;
        int64_t floor, ceil, half_even, half_up;
    } rows[] = {
        {5, 2, 2, 3, 2, 3},      {7, 2, 3, 4, 4, 4},   {-5, 2, -3, -2, -2, -3},
        {-7, 2, -4, -3, -4, -4}, {9, 4, 2, 3, 2, 2},   {11, 4, 2, 3, 3, 3},
        {-9, 4, -3, -2, -2, -2}, {6, 2, 3, 3, 3, 3},   {5, -2, -3, -2, -2, -3},
        {1, 3, 0, 1, 0, 0},      {-1, 3, -1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t got[4];
        for (int mode = 0; mode < 4; mode++)
            assert_true(muldiv(rows[i].a, 1, rows[i].c, (enum rounding)mode, &got[mode]));
        assert_int_equal(got[ROUND_FLOOR], rows[i].floor);
        assert_int_equal(got[ROUND_CEIL], rows[i].ceil);
        assert_int_equal(got[ROUND_HALF_EVEN], rows[i].half_even);
        assert_int_equal(got[ROUND_HALF_UP], rows[i].half_up);
    }
}

static void test_percentages_that_doubles_get_wrong_are_exact(void **state)
{
    (void)state;
    // floor(cents * 0.29) as a double is 28 for 100 cents.
    for (int64_t cents = 0; cents <= 100000; cents++) {
        int64_t value;
        assert_true(muldiv(cents, 29, 100, ROUND_FLOOR, &value));
        assert_int_equal(value, cents * 29 / 100);
    }
}

static void test_amounts_stay_inside_what_json_holds(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_int_equal(amount_add(AMOUNT_MAX, 1, &value), ERR_OUT_OF_RANGE);
    assert_int_equal(amount_sub(-AMOUNT_MAX, 1, &value), ERR_OUT_OF_RANGE);
    assert_int_equal(amount_mul(AMOUNT_MAX, 2, &value), ERR_OUT_OF_RANGE);
    assert_int_equal(amount_mul(INT64_MAX, 2, &value), ERR_OUT_OF_RANGE);
    assert_int_equal(amount_muldiv(AMOUNT_MAX, 3, 2, ROUND_FLOOR, &value), ERR_OUT_OF_RANGE);
    assert_int_equal(amount_muldiv(1, 1, 0, ROUND_FLOOR, &value), ERR_OUT_OF_RANGE);
    assert_int_equal(value, 7);
    assert_int_equal(amount_add(AMOUNT_MAX, 0, &value), OK);
    assert_int_equal(value, 9007199254740991);
    assert_int_equal(amount_muldiv(AMOUNT_MAX, AMOUNT_MAX, AMOUNT_MAX, ROUND_CEIL, &value), OK);
    assert_int_equal(value, AMOUNT_MAX);
}

static void assert_split(int64_t total, const int64_t *weights, size_t n, const int64_t *expected)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    int64_t shares[8];
    assert_int_equal(split_by_weight(&arena, total, weights, n, shares), OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(shares[i], expected[i]);
    arena_release(&arena);
}

static void test_ties_go_to_the_smaller_index(void **state)
{
    (void)state;
    assert_split(10, (int64_t[]){1, 1, 1}, 3, (int64_t[]){4, 3, 3});
    assert_split(11, (int64_t[]){1, 1, 1}, 3, (int64_t[]){4, 4, 3});
    assert_split(-11, (int64_t[]){1, 1, 1}, 3, (int64_t[]){-4, -4, -3});
    assert_split(5, (int64_t[]){0, 3, 0, 1}, 4, (int64_t[]){0, 4, 0, 1});
    assert_split(0, (int64_t[]){0, 0}, 2, (int64_t[]){0, 0});
    assert_split(INT64_MAX, (int64_t[]){INT64_MAX, INT64_MAX}, 2,
                 (int64_t[]){INT64_MAX / 2 + 1, INT64_MAX / 2});
    assert_split(INT64_MIN, (int64_t[]){5}, 1, (int64_t[]){INT64_MIN});
}

static void test_split_refuses_weights_that_are_none(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    int64_t shares[2];
    assert_int_equal(split_by_weight(&arena, 1, (int64_t[]){0, 0}, 2, shares), ERR_OUT_OF_RANGE);
    assert_int_equal(split_by_weight(&arena, 1, (int64_t[]){2, -1}, 2, shares), ERR_OUT_OF_RANGE);
    assert_int_equal(split_by_weight(&arena, 1, NULL, 0, shares), ERR_OUT_OF_RANGE);
    assert_int_equal(split_by_weight(&arena, 0, NULL, 0, shares), OK);
    arena_release(&arena);
}

#define LINES_MAX 40

// Sum, bounds, and that nobody with a smaller remainder was served before a larger one.
static void check_split(struct arena *arena, int64_t total, const int64_t *weights, size_t n)
{
    int64_t shares[LINES_MAX];
    int64_t sum_weights = 0;
    for (size_t i = 0; i < n; i++)
        sum_weights += weights[i];
    enum err e = split_by_weight(arena, total, weights, n, shares);
    if (sum_weights == 0) {
        assert_int_equal(e, total == 0 ? OK : ERR_OUT_OF_RANGE);
        return;
    }
    assert_int_equal(e, OK);
    int64_t sum = 0;
    wide least_served = sum_weights;
    wide most_unserved = -1;
    for (size_t i = 0; i < n; i++) {
        wide rest;
        wide below = floor_divide((wide)total * weights[i], sum_weights, &rest);
        sum += shares[i];
        if (shares[i] == below) {
            most_unserved = rest > most_unserved ? rest : most_unserved;
        } else {
            assert_true(shares[i] == below + 1);
            least_served = rest < least_served ? rest : least_served;
        }
        if (total <= sum_weights)
            assert_true(shares[i] <= weights[i]); // a discount never exceeds its line
    }
    assert_int_equal(sum, total);
    assert_true(most_unserved <= least_served);
}

static void test_split_shares_sum_to_the_total(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        int64_t weights[LINES_MAX];
        size_t n = 1 + next_random() % LINES_MAX;
        uint64_t size = 1 + next_random() % 1000000;
        for (size_t k = 0; k < n; k++)
            weights[k] = next_random() % 4 == 0 ? 0 : (int64_t)(next_random() % size);
        check_split(&arena, (int64_t)(next_random() % 5000000), weights, n);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_and_products_fail_instead_of_wrapping),
        cmocka_unit_test(test_muldiv_equals_the_schoolbook_in_every_mode),
        cmocka_unit_test(test_modes_differ_only_where_they_say),
        cmocka_unit_test(test_percentages_that_doubles_get_wrong_are_exact),
        cmocka_unit_test(test_amounts_stay_inside_what_json_holds),
        cmocka_unit_test(test_ties_go_to_the_smaller_index),
        cmocka_unit_test(test_split_refuses_weights_that_are_none),
        cmocka_unit_test(test_split_shares_sum_to_the_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
