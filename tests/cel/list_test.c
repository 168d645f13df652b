// SPDX-License-Identifier: Apache-2.0
// list_test.c - laws of src/cel/fn_list.c.
#include "call.h"

#include <math.h>

static const struct cel_value none = {.tag = CEL_LIST};

static struct cel_value random_list(unsigned longest, unsigned kinds)
{
    struct cel_value items[32];
    size_t n = next_random() % (longest + 1);
    for (size_t i = 0; i < n; i++)
        items[i] = cel_int((int64_t)(next_random() % kinds));
    return list_of(items, n);
}

static void test_sums_keep_the_kind_and_fail_on_overflow(void **state)
{
    (void)state;
    expect_int(CALL(list_sum, none), 0);
    expect_int(CALL(list_sum, LIST(cel_int(1), cel_int(2), cel_int(-7))), -4);
    expect_same(CALL(list_sum, LIST(cel_uint(1), cel_uint(2))), cel_uint(3));
    expect_same(CALL(list_sum, LIST(cel_double(0.5), cel_double(0.25))), cel_double(0.75));
    expect_same(CALL(list_sum, LIST(cel_duration(1, 600000000), cel_duration(1, 600000000))),
                cel_duration(3, 200000000));
    expect_error(CALL(list_sum, LIST(cel_int(INT64_MAX), cel_int(1))), CEL_E_OVERFLOW);
    expect_error(CALL(list_sum, LIST(cel_uint(UINT64_MAX), cel_uint(1))), CEL_E_OVERFLOW);
    expect_error(CALL(list_sum, LIST(cel_int(1), cel_double(1))), CEL_E_NO_OVERLOAD);
    expect_error(CALL(list_sum, LIST(text("a"))), CEL_E_NO_OVERLOAD);
}

static void test_extremes_of_anything_that_has_an_order(void **state)
{
    (void)state;
    expect_text(CALL(list_min, LIST(text("b"), text("a"), text("c"))), "a");
    expect_same(CALL(list_max, LIST(cel_timestamp(1, 5), cel_timestamp(1, 6))),
                cel_timestamp(1, 6));
    expect_error(CALL(list_min, none), CEL_E_ARGUMENT);
    expect_error(CALL(list_max, LIST(cel_int(1), text("a"))), CEL_E_NO_OVERLOAD);
    expect_error(CALL(list_max, LIST(cel_null())), CEL_E_NO_OVERLOAD);
    assert_true(isnan(CALL(list_min, LIST(cel_double(1), cel_double(NAN))).d));
}

static void test_parts_of_a_list(void **state)
{
    (void)state;
    struct cel_value list = LIST(cel_int(1), cel_int(2), cel_int(3));
    expect_int(*CALL(list_first, list).box, 1);
    expect_int(*CALL(list_last, list).box, 3);
    assert_null(CALL(list_first, none).box);
    assert_null(CALL(list_last, none).box);
    expect_same(CALL(list_slice, list, cel_int(1), cel_int(3)), LIST(cel_int(2), cel_int(3)));
    expect_same(CALL(list_slice, list, cel_int(3), cel_int(3)), none);
    expect_error(CALL(list_slice, list, cel_int(-1), cel_int(2)), CEL_E_INDEX);
    expect_error(CALL(list_slice, list, cel_int(2), cel_int(1)), CEL_E_INDEX);
    expect_error(CALL(list_slice, list, cel_int(0), cel_int(4)), CEL_E_INDEX);
    expect_same(CALL(list_reverse, list), LIST(cel_int(3), cel_int(2), cel_int(1)));
}

static void test_flatten_opens_the_levels_asked_for(void **state)
{
    (void)state;
    struct cel_value deep = LIST(cel_int(1), LIST(cel_int(2), LIST(cel_int(3), none)));
    expect_same(CALL(list_flatten, deep), LIST(cel_int(1), cel_int(2), LIST(cel_int(3), none)));
    expect_same(CALL(list_flatten, deep, cel_int(0)), deep);
    expect_same(CALL(list_flatten, deep, cel_int(9)), LIST(cel_int(1), cel_int(2), cel_int(3)));
    expect_error(CALL(list_flatten, deep, cel_int(-1)), CEL_E_ARGUMENT);
}

static void test_ranges_are_bounded(void **state)
{
    (void)state;
    expect_same(CALL(list_range, cel_int(3)), LIST(cel_int(0), cel_int(1), cel_int(2)));
    assert_int_equal(CALL(list_range, cel_int(0)).len, 0);
    expect_error(CALL(list_range, cel_int(-1)), CEL_E_ARGUMENT);
    expect_error(CALL(list_range, cel_int(INT64_MAX)), CEL_E_ARGUMENT);
}

static void test_sorting_orders_keeps_equals_in_place_and_loses_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct cel_value keys = random_list(20, 6);
        struct cel_value *places = arena_try_array(&test_arena, 21, sizeof *places);
        for (uint32_t k = 0; k < keys.len; k++)
            places[k] = cel_int(k);
        struct cel_value sorted = CALL(list_sort_by_keys, cel_list(places, keys.len), keys);
        assert_int_equal(sorted.len, keys.len);
        for (uint32_t k = 1; k < sorted.len; k++) {
            int64_t before = sorted.items[k - 1].i;
            int64_t after = sorted.items[k].i;
            int64_t a = keys.items[before].i;
            int64_t b = keys.items[after].i;
            assert_true(a < b || (a == b && before < after));
        }
        expect_same(CALL(list_sum, sorted), CALL(list_sum, cel_list(places, keys.len)));
        struct cel_value plain = CALL(list_sort, keys);
        for (uint32_t k = 0; k < keys.len; k++)
            expect_same(plain.items[k], keys.items[sorted.items[k].i]);
        arena_clear(&test_arena);
    }
}

static void test_what_has_no_order_cannot_be_sorted(void **state)
{
    (void)state;
    expect_error(CALL(list_sort, LIST(cel_int(1), text("a"))), CEL_E_ARGUMENT);
    expect_error(CALL(list_sort, LIST(cel_double(NAN), cel_double(1))), CEL_E_ARGUMENT);
    expect_error(CALL(list_sort, LIST(cel_null())), CEL_E_NO_OVERLOAD);
    expect_same(CALL(list_sort, none), none);
    expect_error(CALL(list_sort_by_keys, LIST(cel_int(1)), none), CEL_E_ARGUMENT);
}

static void test_sets_behave_as_sets(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct cel_value a = random_list(6, 6);
        struct cel_value b = random_list(6, 6);
        // Bit masks are sets, too.
        unsigned in_a = 0;
        unsigned in_b = 0;
        for (uint32_t k = 0; k < a.len; k++)
            in_a |= 1U << a.items[k].i;
        for (uint32_t k = 0; k < b.len; k++)
            in_b |= 1U << b.items[k].i;
        expect_bool(CALL(set_contains, a, b), (in_b & ~in_a) == 0);
        expect_bool(CALL(set_equivalent, a, b), in_a == in_b);
        expect_bool(CALL(set_intersects, a, b), (in_a & in_b) != 0);
        struct cel_value once = CALL(list_distinct, a);
        assert_int_equal(once.len, __builtin_popcount(in_a));
        expect_bool(CALL(set_equivalent, a, once), true);
        arena_clear(&test_arena);
    }
    expect_bool(CALL(set_contains, LIST(cel_int(1)), LIST(cel_double(1))), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_keep_the_kind_and_fail_on_overflow),
        cmocka_unit_test(test_extremes_of_anything_that_has_an_order),
        cmocka_unit_test(test_parts_of_a_list),
        cmocka_unit_test(test_flatten_opens_the_levels_asked_for),
        cmocka_unit_test(test_ranges_are_bounded),
        cmocka_unit_test(test_sorting_orders_keeps_equals_in_place_and_loses_nothing),
        cmocka_unit_test(test_what_has_no_order_cannot_be_sorted),
        cmocka_unit_test(test_sets_behave_as_sets),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
