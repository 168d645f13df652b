// SPDX-License-Identifier: Apache-2.0
// money_test.c - laws of src/base/money.h.
#include "base/money.h"

#include "base/checked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_currencies_have_the_exponent_of_iso_4217(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int exponent;
    } rows[] = {{"EUR", 2}, {"USD", 2}, {"JPY", 0}, {"KWD", 3}, {"TND", 3}, {"CLF", 4},
                {"UYW", 4}, {"ISK", 0}, {"XOF", 0}, {"HUF", 2}, {"AED", 2}, {"ZWG", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct money_info *money = money_find(str_of(rows[i].code));
        assert_non_null(money);
        assert_string_equal(money->code, rows[i].code);
        assert_int_equal(money->exponent, rows[i].exponent);
    }
    static const char *const none[] = {"", "EU", "EURO", "eur", "XAU", "DEM", "AAA", "ZZZ"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(money_find(str_of(none[i])));
}

static void test_every_currency_is_found_and_the_table_is_ordered(void **state)
{
    (void)state;
    size_t n;
    const struct money_info *table = money_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_ptr_equal(money_find(str_of(table[i].code)), &table[i]);
        assert_true(i == 0 || strcmp(table[i - 1].code, table[i].code) < 0);
    }
}

static void test_amounts_are_written_and_read_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    static const struct {
        int64_t amount;
        unsigned exponent;
        const char *text;
    } rows[] = {
        {0, 2, "0.00"},
        {-5, 2, "-0.05"},
        {1234, 0, "1234"},
        {3250, 3, "3.250"},
        {-123456, 2, "-1234.56"},
        {1, 4, "0.0001"},
        {AMOUNT_MAX, 2, "90071992547409.91"},
        {-AMOUNT_MAX, 0, "-9007199254740991"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str text = money_text(&arena, rows[i].amount, rows[i].exponent);
        assert_string_equal(text.p, rows[i].text);
        int64_t back;
        assert_true(money_parse(text, rows[i].exponent, &back));
        assert_int_equal(back, rows[i].amount);
    }
    assert_string_equal(money_text(&arena, INT64_MIN, 2).p, "-92233720368547758.08");
    arena_release(&arena);
}

static void test_parse_takes_fewer_decimals_but_never_more(void **state)
{
    (void)state;
    int64_t amount = 7;
    assert_true(money_parse(STR("12"), 2, &amount));
    assert_int_equal(amount, 1200);
    assert_true(money_parse(STR("12.5"), 2, &amount));
    assert_int_equal(amount, 1250);
    static const char *const bad[] = {
        "",      "-",     ".",
        ".5",    "5.",    "1.234",
        "1,5",   "1 000", "1e3",
        "+1",    "--1",   "0x1",
        "1.2.3", "NaN",   "90071992547409.92",
        "1.-5",  "1.5 ",  "99999999999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(money_parse(str_of(bad[i]), 2, &amount));
    assert_false(money_parse(STR("1.0"), 0, &amount));
    assert_int_equal(amount, 1250);
}

static void test_any_amount_survives_the_way_to_text_and_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint64_t seed = 9;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        int64_t amount = (int64_t)seed >> (11 + i % 53);
        int64_t back;
        unsigned exponent = (unsigned)i % 5;
        assert_true(money_parse(money_text(&arena, amount, exponent), exponent, &back));
        assert_int_equal(back, amount);
        arena_clear(&arena);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_currencies_have_the_exponent_of_iso_4217),
        cmocka_unit_test(test_every_currency_is_found_and_the_table_is_ordered),
        cmocka_unit_test(test_amounts_are_written_and_read_back),
        cmocka_unit_test(test_parse_takes_fewer_decimals_but_never_more),
        cmocka_unit_test(test_any_amount_survives_the_way_to_text_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
