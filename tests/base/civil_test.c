// SPDX-License-Identifier: Apache-2.0
// civil_test.c - laws of src/base/civil.h.
#include "base/civil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

// The calendar as a child learns it: one day after the other.
static struct date next_day(struct date d)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t y = d.year;
    int leap = d.month == 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
    if (d.day < days[d.month - 1] + leap)
        return (struct date){y, d.month, d.day + 1};
    return d.month < 12 ? (struct date){y, d.month + 1, 1} : (struct date){y + 1, 1, 1};
}

static void test_days_and_dates_agree_on_every_day_of_ten_thousand_years(void **state)
{
    (void)state;
    struct date d = {.year = -100, .month = 1, .day = 1};
    int64_t day = civil_day(d);
    int64_t first_of_year = day;
    int weekday = civil_weekday(day);
    while (d.year < 10100) {
        struct date back = civil_date(day);
        assert_true(back.year == d.year && back.month == d.month && back.day == d.day);
        assert_true(civil_day(d) == day && civil_weekday(day) == weekday);
        assert_true(civil_year_day(day) == day - first_of_year);
        d = next_day(d);
        day++;
        weekday = (weekday + 1) % 7;
        if (d.month == 1 && d.day == 1)
            first_of_year = day;
    }
    assert_int_equal(civil_day((struct date){1970, 1, 1}), 0);
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_day((struct date){1, 1, 1}) * DAY_S, CIVIL_FIRST_S);
    assert_int_equal(civil_day((struct date){10000, 1, 1}) * DAY_S - 1, CIVIL_LAST_S);
}

static void assert_months(struct date from, int64_t n, struct date to)
{
    struct date got = civil_add_months(from, n);
    assert_true(got.year == to.year && got.month == to.month && got.day == to.day);
}

static void test_month_arithmetic_rounds_down(void **state)
{
    (void)state;
    assert_months((struct date){2023, 1, 31}, 1, (struct date){2023, 2, 28});
    assert_months((struct date){2024, 1, 31}, 1, (struct date){2024, 2, 29});
    assert_months((struct date){2024, 2, 29}, 12, (struct date){2025, 2, 28});
    assert_months((struct date){2024, 2, 29}, 48, (struct date){2028, 2, 29});
    assert_months((struct date){2024, 3, 31}, -1, (struct date){2024, 2, 29});
    assert_months((struct date){2024, 12, 31}, 2, (struct date){2025, 2, 28});
    assert_months((struct date){2024, 1, 15}, -1, (struct date){2023, 12, 15});
    assert_months((struct date){2024, 1, 15}, -13, (struct date){2022, 12, 15});
    assert_months((struct date){2024, 5, 5}, 0, (struct date){2024, 5, 5});
}

static void test_months_move_the_month_and_never_the_day_upwards(void **state)
{
    (void)state;
    for (int64_t day = -1000; day < 1000; day += 7) {
        for (int64_t n = -30; n <= 30; n++) {
            struct date from = civil_date(day);
            struct date to = civil_add_months(from, n);
            assert_int_equal(to.year * 12 + to.month, from.year * 12 + from.month + n);
            int last = civil_month_days(to.year, to.month);
            assert_int_equal(to.day, from.day < last ? from.day : last);
        }
    }
}

static void test_instants_are_read_with_offsets_and_nanoseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t s;
        int32_t ns;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2009-02-13T23:31:30Z", 1234567890, 0},
        {"2009-02-14T00:31:30+01:00", 1234567890, 0},
        {"2009-02-13T18:01:30.000000001-05:30", 1234567890, 1},
        {"1969-12-31T23:59:59.5Z", -1, 500000000},
        {"0001-01-01T00:00:00Z", CIVIL_FIRST_S, 0},
        {"9999-12-31T23:59:59.999999999Z", CIVIL_LAST_S, 999999999},
        {"2024-02-29t12:00:00z", 1709208000, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct instant instant;
        assert_true(civil_parse(str_of(rows[i].text), &instant));
        assert_int_equal(instant.s, rows[i].s);
        assert_int_equal(instant.ns, rows[i].ns);
    }
}

static void test_what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2024-02-29",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.0000000001Z",
        "2024-01-01T00:00:00+1:00",
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+01:60",
        "2024-01-01T00:00:00Z ",
        "+2024-01-01T00:00:00Z",
        "20240-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
    };
    struct instant instant = {.s = 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(civil_parse(str_of(bad[i]), &instant));
    assert_int_equal(instant.s, 7);
}

static void test_instants_are_written_with_the_decimals_they_need(void **state)
{
    (void)state;
    char text[CIVIL_TEXT_ROOM];
    assert_string_equal(civil_format((struct instant){1234567890, 0}, text).p,
                        "2009-02-13T23:31:30Z");
    assert_string_equal(civil_format((struct instant){-1, 500000000}, text).p,
                        "1969-12-31T23:59:59.5Z");
    assert_string_equal(civil_format((struct instant){CIVIL_FIRST_S, 1}, text).p,
                        "0001-01-01T00:00:00.000000001Z");
    assert_string_equal(civil_format_us(-1, text).p, "1969-12-31T23:59:59.999999Z");
    int64_t us;
    assert_true(civil_parse_us(STR("1969-12-31T23:59:59.9999999Z"), &us));
    assert_int_equal(us, -1);
}

static void test_instants_written_are_read_back(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        uint64_t range = (uint64_t)(CIVIL_LAST_S - CIVIL_FIRST_S + 1) * 1000000;
        int64_t us = (int64_t)(seed % range) + CIVIL_FIRST_S * 1000000;
        char text[CIVIL_TEXT_ROOM];
        int64_t back;
        assert_true(civil_parse_us(civil_format_us(us, text), &back));
        assert_int_equal(back, us);
    }
}

static void test_dates_are_read_and_written(void **state)
{
    (void)state;
    struct date date;
    char text[CIVIL_DATE_ROOM];
    assert_true(civil_parse_date(STR("2024-02-29"), &date));
    assert_string_equal(civil_format_date(date, text).p, "2024-02-29");
    static const char *const bad[] = {"2023-02-29", "2024-2-9", "2024-02-29T",
                                      "0000-01-01", "",         "2024/02/29"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(civil_parse_date(str_of(bad[i]), &date));
}

static void test_periods_are_read_and_written(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    static const struct {
        const char *text;
        struct period period;
        const char *shortest;
    } rows[] = {
        {"P12M", {12, 0, 0}, "P1Y"},
        {"P0D", {0, 0, 0}, "P0D"},
        {"P1Y", {12, 0, 0}, "P1Y"},
        {"P7D", {0, 7, 0}, "P7D"},
        {"P2W", {0, 14, 0}, "P14D"},
        {"PT1H", {0, 0, 3600}, "PT1H"},
        {"PT90M", {0, 0, 5400}, "PT1H30M"},
        {"P1Y2M3W4DT5H6M7S", {14, 25, 18367}, "P1Y2M25DT5H6M7S"},
        {"P1MT1M", {1, 0, 60}, "P1MT1M"},
        {"PT0S", {0, 0, 0}, "P0D"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct period period;
        assert_true(period_parse(str_of(rows[i].text), &period));
        assert_memory_equal(&period, &rows[i].period, sizeof period);
        assert_string_equal(period_text(&arena, period).p, rows[i].shortest);
        struct period back;
        assert_true(period_parse(period_text(&arena, period), &back));
        assert_memory_equal(&back, &period, sizeof period);
    }
    arena_release(&arena);
}

static void test_what_is_no_period_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",        "P",       "PT",
                                      "P1",      "1D",      "P1H",
                                      "P-1D",    "-P1D",    "P1.5D",
                                      "P1D1M",   "P1M1M",   "PT1D",
                                      "P1DT",    "P1D ",    "p1d",
                                      "PT1HT1M", "P10001Y", "P99999999999999999999D"};
    struct period period;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(period_parse(str_of(bad[i]), &period));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_and_dates_agree_on_every_day_of_ten_thousand_years),
        cmocka_unit_test(test_month_arithmetic_rounds_down),
        cmocka_unit_test(test_months_move_the_month_and_never_the_day_upwards),
        cmocka_unit_test(test_instants_are_read_with_offsets_and_nanoseconds),
        cmocka_unit_test(test_what_is_no_instant_is_refused),
        cmocka_unit_test(test_instants_are_written_with_the_decimals_they_need),
        cmocka_unit_test(test_instants_written_are_read_back),
        cmocka_unit_test(test_dates_are_read_and_written),
        cmocka_unit_test(test_periods_are_read_and_written),
        cmocka_unit_test(test_what_is_no_period_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
