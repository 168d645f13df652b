// SPDX-License-Identifier: Apache-2.0
// rate_test.c - laws of rate_apply: one rounding step, shares that sum, remainders that stay.
#include "engine/earn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

__extension__ typedef __int128 wide;

static struct arena arena;
static uint64_t state = 11;

static int64_t draw(int64_t below)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((state >> 33) % (uint64_t)below);
}

static int begin(void **unused)
{
    (void)unused;
    arena_init(&arena, (size_t)256 << 20);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    arena_release(&arena);
    return 0;
}

static struct selection select_amounts(const int64_t *amounts, size_t n)
{
    static bool counts[16];
    struct selection selection = {.amounts = amounts, .counts = counts, .n = n};
    for (size_t i = 0; i < n; i++) {
        counts[i] = true;
        selection.total += amounts[i];
        selection.n_selected++;
    }
    return selection;
}

// The schoolbook's rounding.
static int64_t rounded(wide n, wide per, enum rounding mode)
{
    wide below = n / per, rest = n % per;
    switch (mode) {
    case ROUND_FLOOR:
        return (int64_t)below;
    case ROUND_CEIL:
        return (int64_t)(below + (rest > 0));
    case ROUND_HALF_UP:
        return (int64_t)(below + (2 * rest >= per));
    case ROUND_HALF_EVEN:
        return (int64_t)(below + (2 * rest > per || (2 * rest == per && below % 2 == 1)));
    }
    return -1;
}

static void test_an_order_is_rounded_once_and_shared_out(void **unused)
{
    (void)unused;
    for (int run = 0; run < 4000; run++) {
        int64_t amounts[5];
        for (int i = 0; i < 5; i++)
            amounts[i] = draw(4) ? draw(100000) : 0;
        struct selection selection = select_amounts(amounts, 5);
        struct rate rate = {.units = 1 + draw(50),
                            .per = 1 + draw(2000),
                            .rounding = (enum rounding)draw(4)};
        struct rated rated;
        assert_int_equal(rate_apply(&arena, &rate, &selection, 0, &rated), OK);
        wide exact = (wide)selection.total * rate.units;
        assert_int_equal(rated.units, rounded(exact, rate.per, rate.rounding));
        int64_t sum = 0;
        for (int i = 0; rated.line_units && i < 5; i++) {
            sum += rated.line_units[i];
            if (amounts[i] == 0)
                assert_int_equal(rated.line_units[i], 0);
        }
        assert_int_equal(sum, rated.line_units ? rated.units : 0);
        if (rated.units > 0)
            assert_non_null(rated.line_units);
    }
}

static void test_each_line_is_rounded_by_itself_when_asked(void **unused)
{
    (void)unused;
    for (int run = 0; run < 2000; run++) {
        int64_t amounts[4], sum = 0;
        for (int i = 0; i < 4; i++)
            amounts[i] = draw(3000);
        struct selection selection = select_amounts(amounts, 4);
        struct rate rate = {.units = 1 + draw(9),
                            .per = 1 + draw(500),
                            .rounding = (enum rounding)draw(4),
                            .per_line = true};
        struct rated rated;
        assert_int_equal(rate_apply(&arena, &rate, &selection, 0, &rated), OK);
        for (int i = 0; i < 4; i++) {
            int64_t line = rounded((wide)amounts[i] * rate.units, rate.per, rate.rounding);
            sum += line;
            if (rated.line_units)
                assert_int_equal(rated.line_units[i], line);
        }
        assert_int_equal(rated.units, sum);
    }
}

static void test_remainders_make_the_sum_exact(void **unused)
{
    (void)unused;
    for (int run = 0; run < 200; run++) {
        struct rate rate = {.units = 1 + draw(20), .per = 1 + draw(7000), .carry = true};
        int64_t carry = 0, earned = 0;
        wide all = 0;
        for (int i = 0; i < 30; i++) {
            int64_t amount = draw(9000);
            struct selection selection = select_amounts(&amount, 1);
            struct rated rated;
            assert_int_equal(rate_apply(&arena, &rate, &selection, carry, &rated), OK);
            carry = rated.carry_out;
            earned += rated.units;
            all += (wide)amount * rate.units;
            assert_true(carry >= 0 && carry < rate.per);
            assert_true((wide)earned * rate.per + carry == all);
        }
    }
}

static void test_what_cannot_be_counted_is_refused(void **unused)
{
    (void)unused;
    int64_t amount = AMOUNT_MAX;
    struct selection selection = select_amounts(&amount, 1);
    struct rated rated = {.units = 42};
    struct rate rate = {.units = 2, .per = 1};
    assert_int_equal(rate_apply(&arena, &rate, &selection, 0, &rated), ERR_OUT_OF_RANGE);
    rate.per_line = true;
    assert_int_equal(rate_apply(&arena, &rate, &selection, 0, &rated), ERR_OUT_OF_RANGE);
    rate.carry = true;
    assert_int_equal(rate_apply(&arena, &rate, &selection, 0, &rated), ERR_OUT_OF_RANGE);
    assert_int_equal(rated.units, 42);
    rate = (struct rate){.units = AMOUNT_MAX, .per = AMOUNT_MAX};
    assert_int_equal(rate_apply(&arena, &rate, &selection, 0, &rated), OK);
    assert_int_equal(rated.units, AMOUNT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_is_rounded_once_and_shared_out),
        cmocka_unit_test(test_each_line_is_rounded_by_itself_when_asked),
        cmocka_unit_test(test_remainders_make_the_sum_exact),
        cmocka_unit_test(test_what_cannot_be_counted_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
