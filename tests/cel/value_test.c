// SPDX-License-Identifier: Apache-2.0
// value_test.c - laws of src/cel/value.h.
#include "call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// A long double of x86 has 64 bits of mantissa: every int64, uint64 and double fits exactly.
static long double exact(struct cel_value v)
{
    if (v.tag == CEL_INT)
        return (long double)v.i;
    return v.tag == CEL_UINT ? (long double)v.u : (long double)v.d;
}

static struct cel_value random_number(void)
{
    static const double edges[] = {0.0,       -0.0,   0x1p53, 0x1p53 + 2, 0x1p63,
                                   -0x1p63,   0x1p64, 1e300,  -1e300,     INFINITY,
                                   -INFINITY, 0.5,    -0.5,   0x1p-1074,  0x1p62 + 1024};
    static const int64_t near[] = {
        0, 1, -1, INT64_MAX, INT64_MIN, (int64_t)1 << 53, ((int64_t)1 << 53) + 1, (int64_t)1 << 62};
    uint64_t r = next_random();
    int64_t i = near[r % 8] + (int64_t)((uint64_t)(r >> 8) % 3) * (r & 0x10000 ? 1 : 0);
    switch (r >> 20 & 7) {
    case 0:
        return cel_int(near[r % 8]);
    case 1:
        return cel_int((int64_t)next_random() >> (r % 64));
    case 2:
        return cel_uint(next_random() >> (r % 64));
    case 3:
        return cel_uint(r & 64 ? UINT64_MAX : (uint64_t)INT64_MAX + (r & 1));
    case 4:
        return cel_double(edges[r % 15]);
    case 5:
        return cel_double((double)near[r % 8]);
    case 6:
        return cel_double((double)((int64_t)next_random() >> (r % 64)) / 4);
    default:
        return i == INT64_MIN ? cel_int(0) : cel_int(i);
    }
}

// See order_int_double in value.c.
static bool is_exception(struct cel_value a, struct cel_value b)
{
    return a.tag == CEL_INT && a.i == INT64_MAX && b.tag == CEL_DOUBLE && b.d == 0x1p63;
}

static void test_all_numbers_lie_on_one_exact_line(void **state)
{
    (void)state;
    for (int k = 0; k < 300000; k++) {
        struct cel_value a = random_number();
        struct cel_value b = random_number();
        if (is_exception(a, b) || is_exception(b, a))
            continue;
        long double x = exact(a);
        long double y = exact(b);
        enum cel_order expected = x < y ? CEL_LESS : x > y ? CEL_GREATER : CEL_SAME;
        assert_int_equal(cel_compare(a, b), expected);
        assert_int_equal(cel_equal(a, b), expected == CEL_SAME);
    }
}

static void test_neighbours_beyond_2_to_53_are_not_equal(void **state)
{
    (void)state;
    assert_false(cel_equal(cel_int(9007199254740993), cel_double(9007199254740992.0)));
    assert_int_equal(cel_compare(cel_int(INT64_MAX), cel_double(0x1p63)), CEL_SAME);
    assert_int_equal(cel_compare(cel_int(INT64_MAX - 1), cel_double(0x1p63)), CEL_LESS);
    assert_int_equal(cel_compare(cel_uint(UINT64_MAX), cel_double(0x1p64)), CEL_LESS);
    assert_int_equal(cel_compare(cel_int(-1), cel_uint(UINT64_MAX)), CEL_LESS);
    assert_true(cel_equal(cel_double(-0.0), cel_int(0)));
}

static void test_nan_equals_nothing_and_has_no_order(void **state)
{
    (void)state;
    struct cel_value nan = cel_double(NAN);
    static const int tags = 3;
    struct cel_value others[] = {cel_int(0), cel_uint(0), nan};
    for (int i = 0; i < tags; i++) {
        assert_false(cel_equal(nan, others[i]));
        assert_int_equal(cel_compare(nan, others[i]), CEL_UNORDERED);
        assert_int_equal(cel_compare(others[i], nan), CEL_UNORDERED);
    }
}

static void test_different_kinds_are_not_equal_and_not_ordered(void **state)
{
    (void)state;
    struct cel_value kinds[] = {cel_null(),         cel_bool(true),      cel_int(1),
                                text("1"),          cel_bytes(STR("1")), cel_timestamp(1, 0),
                                cel_duration(1, 0), LIST(cel_int(1)),    cel_type_value(STR("int")),
                                cel_map(NULL, 0),   cel_optional(NULL)};
    size_t n = sizeof kinds / sizeof *kinds;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(cel_equal(kinds[i], kinds[k]), i == k);
            if (i != k)
                assert_int_equal(cel_compare(kinds[i], kinds[k]), CEL_NO_ORDER);
        }
    }
}

static struct cel_value map_of(const struct cel_value *pairs, size_t n)
{
    return cel_map(list_of(pairs, n).items, n / 2);
}
#define MAP(...) map_of(ARGS(__VA_ARGS__))

static void test_maps_are_equal_in_any_order_and_across_kinds_of_keys(void **state)
{
    (void)state;
    struct cel_value a = MAP(cel_int(1), text("a"), text("k"), cel_int(2));
    struct cel_value b = MAP(text("k"), cel_double(2), cel_uint(1), text("a"));
    struct cel_value c = MAP(text("k"), cel_double(2), cel_uint(2), text("a"));
    assert_true(cel_equal(a, b) && cel_equal(b, a));
    assert_false(cel_equal(a, c) || cel_equal(c, a));
    expect_text(*cel_map_find(a, cel_double(1.0)), "a");
    expect_text(*cel_map_find(b, cel_int(1)), "a");
    assert_null(cel_map_find(a, cel_double(1.5)));
    assert_null(cel_map_find(a, text("none")));
}

static void test_a_record_is_a_map_of_the_fields_that_are_there(void **state)
{
    (void)state;
    const struct cel_field fields[] = {{.name = STR("name")}, {.name = STR("age")}};
    const struct cel_record_type type = {.name = STR("person"), .n_fields = 2, .fields = fields};
    struct cel_record *record =
        arena_new(&test_arena, sizeof *record + 2 * sizeof(struct cel_value));
    record->type = &type;
    record->slot[0] = text("Ann");
    struct cel_value v = cel_record_value(record);
    expect_text(*cel_map_find(v, text("name")), "Ann");
    assert_null(cel_map_find(v, text("age")));
    assert_null(cel_map_find(v, text("other")));
    assert_null(cel_map_find(v, cel_int(0)));
    assert_int_equal(cel_field_index(&type, STR("age")), 1);
    assert_int_equal(cel_field_index(&type, STR("ag")), -1);
    struct cel_value same = MAP(text("name"), text("Ann"));
    struct cel_value more = MAP(text("name"), text("Ann"), text("age"), cel_int(3));
    assert_true(cel_equal(v, same) && cel_equal(same, v) && cel_equal(v, v));
    assert_false(cel_equal(v, more) || cel_equal(more, v));
    assert_true(str_eq(cel_type_name(v), STR("person")));
}

static void test_lists_and_optionals_are_equal_by_content(void **state)
{
    (void)state;
    struct cel_value one = cel_int(1);
    struct cel_value same = cel_double(1);
    assert_true(cel_equal(LIST(one, text("a")), LIST(same, text("a"))));
    assert_false(cel_equal(LIST(one), LIST(one, one)));
    assert_true(cel_equal(cel_optional(&one), cel_optional(&same)));
    assert_false(cel_equal(cel_optional(&one), cel_optional(NULL)));
}

static void test_known_doubles_have_their_known_text(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.01, "0.01"},
        {123.456, "123.456"},
        {-0.0045, "-0.0045"},
        {1e6, "1000000"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e21, "1e+21"},
        {1.5e300, "1.5e+300"},
        {1e-6, "0.000001"},
        {1.5e-7, "1.5e-7"},
        {5e-324, "5e-324"},
        {2.5e-320, "2.5e-320"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0.30000000000000004, "0.30000000000000004"},
        {9007199254740993.0, "9007199254740992"},
        {NAN, "NaN"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {12345678901234567890.0, "12345678901234567000"},
        {100, "100"},
        {0.5, "0.5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[CEL_DOUBLE_TEXT];
        size_t n = cel_double_text(rows[i].d, out);
        assert_string_equal(out, rows[i].text);
        assert_int_equal(n, strlen(rows[i].text));
    }
}

static int significant_digits(const char *s)
{
    int n = 0;
    int zeros = 0;
    for (; *s && *s != 'e'; s++) {
        if (*s < '0' || *s > '9' || (n == 0 && *s == '0'))
            continue;
        zeros = *s == '0' ? zeros + 1 : 0;
        n++;
    }
    return n - zeros;
}

static void test_the_text_of_a_double_is_the_shortest_that_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < 30000; i++) {
        uint64_t bits = next_random();
        double d;
        if (i % 3 == 0)
            d = (double)((int64_t)bits >> 40) / 100;
        else
            memcpy(&d, &bits, sizeof d);
        if (i % 7 == 0)
            d *= 0x1p-1000;
        if (!isfinite(d) || d == 0)
            continue;
        char out[CEL_DOUBLE_TEXT];
        size_t length = cel_double_text(d, out);
        assert_int_equal(length, strlen(out));
        assert_true(strtod(out, NULL) == d);
        int digits = significant_digits(out);
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*e", digits > 1 ? digits - 2 : 0, d);
        assert_true(digits == 1 || strtod(shorter, NULL) != d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_numbers_lie_on_one_exact_line),
        cmocka_unit_test(test_neighbours_beyond_2_to_53_are_not_equal),
        cmocka_unit_test(test_nan_equals_nothing_and_has_no_order),
        cmocka_unit_test(test_different_kinds_are_not_equal_and_not_ordered),
        cmocka_unit_test(test_maps_are_equal_in_any_order_and_across_kinds_of_keys),
        cmocka_unit_test(test_a_record_is_a_map_of_the_fields_that_are_there),
        cmocka_unit_test(test_lists_and_optionals_are_equal_by_content),
        cmocka_unit_test(test_known_doubles_have_their_known_text),
        cmocka_unit_test(test_the_text_of_a_double_is_the_shortest_that_reads_back),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
