// SPDX-License-Identifier: Apache-2.0
// calendar_test.c - laws of src/base/calendar.h.
#include "base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static uint64_t seed = 11;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 22);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static uint64_t next_random(void)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return seed >> 20;
}

static const struct tz *zone(const char *name)
{
    const struct tz *tz = NULL;
    assert_int_equal(tz_load(&arena, str_of(name), &tz), OK);
    return tz;
}

static int64_t at(const char *text)
{
    int64_t us;
    assert_true(civil_parse_us(str_of(text), &us));
    return us;
}

static void assert_us(int64_t us, const char *expected)
{
    char text[CIVIL_TEXT_ROOM];
    assert_string_equal(civil_format_us(us, text).p, expected);
}

static struct period period(const char *text)
{
    struct period p;
    assert_true(period_parse(str_of(text), &p));
    return p;
}

static void test_periods_are_added_by_the_local_calendar(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *from;
        const char *period;
        const char *to;
    } rows[] = {
        {"UTC", "2023-01-31T12:00:00Z", "P1M", "2023-02-28T12:00:00Z"},
        {"UTC", "2024-02-29T12:00:00Z", "P12M", "2025-02-28T12:00:00Z"},
        {"UTC", "2024-01-31T00:00:00.000001Z", "P1M1D", "2024-03-01T00:00:00.000001Z"},
        // 31 January 00:30 in Paris is 30 January in UTC.
        {"Europe/Paris", "2023-01-30T23:30:00Z", "P1M", "2023-02-27T23:30:00Z"},
        // Twelve o'clock stays twelve o'clock when summer begins; 24 hours are 24 hours.
        {"Europe/Paris", "2024-03-30T11:00:00Z", "P1D", "2024-03-31T10:00:00Z"},
        {"Europe/Paris", "2024-03-30T11:00:00Z", "PT24H", "2024-03-31T11:00:00Z"},
        // Into the skipped hour, and into the repeated one.
        {"Europe/Paris", "2024-03-30T01:30:00Z", "P1D", "2024-03-31T01:30:00Z"},
        {"Europe/Paris", "2024-10-26T00:30:00Z", "P1D", "2024-10-27T00:30:00Z"},
        {"Europe/Paris", "2024-06-15T10:00:00Z", "P6M", "2024-12-15T11:00:00Z"},
        {"Europe/Paris", "2024-06-15T10:00:00Z", "P0D", "2024-06-15T10:00:00Z"},
        {"Pacific/Kiritimati", "2024-12-31T09:59:59Z", "P2M", "2025-02-28T09:59:59Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t to;
        assert_int_equal(calendar_add(zone(rows[i].zone), at(rows[i].from), period(rows[i].period),
                                      &to),
                         OK);
        assert_us(to, rows[i].to);
    }
}

static void test_periods_outside_the_years_are_refused(void **state)
{
    (void)state;
    int64_t us = 7;
    const struct tz *utc = tz_utc();
    assert_int_equal(calendar_add(utc, at("9999-12-31T00:00:00Z"), period("P1D"), &us),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(calendar_add(utc, at("2024-01-01T00:00:00Z"), period("P9999Y"), &us),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(calendar_subtract(utc, at("0001-01-01T00:00:00Z"), period("PT1S"), &us),
                     ERR_OUT_OF_RANGE);
    assert_int_equal(calendar_add(utc, INT64_MAX, period("P1D"), &us), ERR_OUT_OF_RANGE);
    assert_int_equal(calendar_add(utc, 0, (struct period){.months = -1}, &us), ERR_OUT_OF_RANGE);
    assert_int_equal(us, 7);
}

static void test_spans_of_known_instants(void **state)
{
    (void)state;
    const struct tz *paris = zone("Europe/Paris");
    // Wednesday, 2024-05-15 01:30 in Paris, still Tuesday in UTC.
    int64_t us = at("2024-05-14T23:30:00Z");
    assert_us(calendar_start(paris, us, CALENDAR_DAY), "2024-05-14T22:00:00Z");
    assert_us(calendar_end(paris, us, CALENDAR_DAY), "2024-05-15T22:00:00Z");
    assert_us(calendar_start(paris, us, CALENDAR_WEEK), "2024-05-12T22:00:00Z");
    assert_us(calendar_end(paris, us, CALENDAR_WEEK), "2024-05-19T22:00:00Z");
    assert_us(calendar_start(paris, us, CALENDAR_MONTH), "2024-04-30T22:00:00Z");
    assert_us(calendar_end(paris, us, CALENDAR_MONTH), "2024-05-31T22:00:00Z");
    assert_us(calendar_start(paris, us, CALENDAR_QUARTER), "2024-03-31T22:00:00Z");
    assert_us(calendar_end(paris, us, CALENDAR_QUARTER), "2024-06-30T22:00:00Z");
    assert_us(calendar_start(paris, us, CALENDAR_HALF_YEAR), "2023-12-31T23:00:00Z");
    assert_us(calendar_end(paris, us, CALENDAR_HALF_YEAR), "2024-06-30T22:00:00Z");
    assert_us(calendar_start(paris, us, CALENDAR_YEAR), "2023-12-31T23:00:00Z");
    assert_us(calendar_end(paris, us, CALENDAR_YEAR), "2024-12-31T23:00:00Z");
    struct date date = calendar_date(paris, us);
    assert_true(date.year == 2024 && date.month == 5 && date.day == 15);
    assert_us(calendar_at(paris, date), "2024-05-14T22:00:00Z");
}

static void test_a_span_begins_at_its_start_and_its_end_is_the_next(void **state)
{
    (void)state;
    const struct tz *paris = zone("Europe/Paris");
    int64_t end = calendar_end(paris, at("2024-12-31T12:00:00Z"), CALENDAR_YEAR);
    assert_us(end, "2024-12-31T23:00:00Z");
    assert_int_equal(calendar_end(paris, end - 1, CALENDAR_YEAR), end);
    assert_us(calendar_end(paris, end, CALENDAR_YEAR), "2025-12-31T23:00:00Z");
}

// C1, at instants that are likely to break it: around changes of offset, and anywhere.
static void check_spans(const struct tz *tz, int64_t us)
{
    for (int unit = CALENDAR_DAY; unit <= CALENDAR_YEAR; unit++) {
        enum calendar_unit u = (enum calendar_unit)unit;
        int64_t start = calendar_start(tz, us, u);
        int64_t end = calendar_end(tz, us, u);
        assert_true(start <= us && us < end);
        assert_int_equal(calendar_start(tz, start, u), start);
        assert_int_equal(calendar_end(tz, end - 1, u), end);
        assert_int_equal(calendar_start(tz, end - 1, u), start);
        assert_int_equal(calendar_start(tz, end, u), end);
    }
}

static const char *const awkward[] = {
    "UTC",         "Europe/Paris",       "America/St_Johns",  "America/Sao_Paulo",
    "Asia/Beirut", "Africa/Cairo",       "America/Havana",    "Australia/Lord_Howe",
    "Asia/Gaza",   "Antarctica/Troll",   "Africa/Casablanca", "America/Scoresbysund",
    "Asia/Tehran", "Pacific/Kiritimati", "America/Toronto",   "Atlantic/Azores",
};

static void test_spans_tile_the_time_line_in_awkward_zones(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof awkward / sizeof *awkward; k++) {
        const struct tz *tz = zone(awkward[k]);
        int64_t s = INT64_C(-1000000000);
        while (tz_next_transition(tz, s, &s) && s < INT64_C(3000000000)) {
            static const int around[] = {-3600, -1, 0, 59, 60, 3599, 3600, 86399};
            for (size_t i = 0; i < sizeof around / sizeof *around; i++)
                check_spans(tz, (s + around[i]) * SECOND_US + (int64_t)(next_random() % 1000000));
        }
        for (int i = 0; i < 200; i++)
            check_spans(tz, (int64_t)(next_random() % 4000000000) * SECOND_US);
    }
}

static void test_adding_months_rounds_down_and_keeps_order(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof awkward / sizeof *awkward; k++) {
        const struct tz *tz = zone(awkward[k]);
        for (int i = 0; i < 500; i++) {
            int64_t us = (int64_t)(next_random() % 4000000000) * SECOND_US;
            // Noon is never skipped or repeated in these zones.
            us = calendar_start(tz, us, CALENDAR_DAY) + DAY_US / 2;
            struct period months = {.months = (int32_t)(next_random() % 40)};
            int64_t to;
            int64_t later;
            assert_int_equal(calendar_add(tz, us, months, &to), OK);
            struct date from_date = calendar_date(tz, us);
            struct date expected = civil_add_months(from_date, months.months);
            struct date got = calendar_date(tz, to);
            assert_int_equal(civil_day(got), civil_day(expected));
            assert_int_equal(calendar_add(tz, us + DAY_US, months, &later), OK);
            // Both may be cut to one last day; the clock may differ by the change of offset.
            assert_true(civil_day(calendar_date(tz, later)) >= civil_day(got));
        }
    }
}

static void test_subtracting_undoes_adding_where_no_day_was_cut(void **state)
{
    (void)state;
    const struct tz *utc = tz_utc();
    for (int i = 0; i < 5000; i++) {
        int64_t us = (int64_t)(next_random() % 4000000000) * SECOND_US;
        if (calendar_date(utc, us).day > 28)
            continue;
        struct period p = {.months = (int32_t)(next_random() % 100),
                           .days = (int32_t)(next_random() % 100),
                           .seconds = (int64_t)(next_random() % 1000000)};
        int64_t there;
        int64_t back;
        assert_int_equal(calendar_add(utc, us, p, &there), OK);
        assert_int_equal(calendar_subtract(utc, there, p, &back), OK);
        assert_int_equal(back, us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods_are_added_by_the_local_calendar),
        cmocka_unit_test(test_periods_outside_the_years_are_refused),
        cmocka_unit_test(test_spans_of_known_instants),
        cmocka_unit_test(test_a_span_begins_at_its_start_and_its_end_is_the_next),
        cmocka_unit_test(test_spans_tile_the_time_line_in_awkward_zones),
        cmocka_unit_test(test_adding_months_rounds_down_and_keeps_order),
        cmocka_unit_test(test_subtracting_undoes_adding_where_no_day_was_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
