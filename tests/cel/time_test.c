// SPDX-License-Identifier: Apache-2.0
// time_test.c - laws of src/cel/fn_time.c.
#include "base/civil.h"
#include "base/tz.h"

#include "call.h"

static struct cel_value at(const char *rfc_3339)
{
    return CALL(to_timestamp, text(rfc_3339));
}

static struct cel_value lasting(const char *duration)
{
    return CALL(to_duration, text(duration));
}

// A call with a literal zone, as the planner makes it: the zone was loaded beforehand.
static struct cel_value in_zone(cel_fn *fn, const char *zone, const struct cel_value *args,
                                size_t n)
{
    struct cel_prepared prepared = cel_prepare_zone(&test_arena, str_of(zone));
    assert_non_null(prepared.ready);
    struct cel_value all[4];
    memcpy(all, args, n * sizeof *args);
    all[n] = text(zone);
    return call_prepared(fn, prepared.ready, all, n + 1);
}

static void expect_at(struct cel_value v, const char *expected)
{
    expect_text(CALL(to_string, v), expected);
}

static void test_durations_are_read_and_written(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"0", "0s"},
        {"1h2m3.5s", "3723.5s"},
        {"-1.5h", "-5400s"},
        {"+300ms", "0.3s"},
        {"1us1ns", "0.000001001s"},
        {"-1ns", "-0.000000001s"},
        {".5s", "0.5s"},
        {"1.s", "1s"},
        {"1\xc2\xb5s", "0.000001s"},
        {"9223372036.854775807s", "9223372036.854775807s"},
        {"0.0000000009s", "0s"},
        {"100m", "6000s"},
        {"0.3333333333333333333333h", "1199.999999999s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_at(lasting(rows[i][0]), rows[i][1]);
    static const char *const bad[] = {"",     "1",     "s",           "-",
                                      "1h ",  " 1h",   "1d",          "1h-2m",
                                      ".s",   "1..5s", "9223372037s", "320000000000s",
                                      "--1s", "1e3s",  "00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(lasting(bad[i]), CEL_E_ARGUMENT);
}

static void test_parts_of_a_duration_go_towards_zero(void **state)
{
    (void)state;
    expect_int(CALL(duration_hours, lasting("10000s")), 2);
    expect_int(CALL(duration_hours, lasting("-10000s")), -2);
    expect_int(CALL(duration_minutes, lasting("-90s")), -1);
    expect_int(CALL(duration_seconds, lasting("-1.5s")), -1);
    expect_int(CALL(duration_milliseconds, lasting("123.321456789s")), 321);
    expect_int(CALL(duration_milliseconds, lasting("-1.5s")), -500);
}

static void test_arithmetic_stays_in_range_or_fails(void **state)
{
    (void)state;
    expect_at(CALL(time_add, at("2024-02-28T23:59:59.5Z"), lasting("1s")),
              "2024-02-29T00:00:00.5Z");
    expect_at(CALL(time_add, lasting("-1ns"), at("1970-01-01T00:00:00Z")),
              "1969-12-31T23:59:59.999999999Z");
    expect_at(CALL(time_subtract, at("2024-03-01T00:00:00Z"), lasting("24h")),
              "2024-02-29T00:00:00Z");
    expect_at(CALL(time_between, at("2024-03-01T00:00:00Z"), at("2024-03-01T00:00:00.25Z")),
              "-0.25s");
    expect_error(CALL(time_add, at("9999-12-31T23:59:59.999999999Z"), lasting("1ns")), CEL_E_RANGE);
    expect_error(CALL(time_subtract, at("0001-01-01T00:00:00Z"), lasting("1ns")), CEL_E_RANGE);
    expect_error(CALL(time_between, at("9999-12-31T23:59:59Z"), at("0001-01-01T00:00:00Z")),
                 CEL_E_RANGE);
    expect_error(CALL(duration_add, lasting("9223372036s"), lasting("1s")), CEL_E_RANGE);
    expect_error(CALL(duration_subtract, lasting("-9223372036s"), lasting("1s")), CEL_E_RANGE);
    // A host may hand in durations longer than ours.
    expect_error(CALL(duration_add, cel_duration(INT64_MAX, 0), lasting("1s")), CEL_E_RANGE);
    expect_error(CALL(time_add, at("2024-01-01T00:00:00Z"), cel_duration(INT64_MAX, 0)),
                 CEL_E_RANGE);
    expect_error(CALL(time_subtract, at("2024-01-01T00:00:00Z"), cel_duration(INT64_MIN, 1)),
                 CEL_E_RANGE);
}

static struct cel_value random_time(void)
{
    return cel_timestamp((int64_t)(next_random() % 4000000000) - 1000000000,
                         (uint32_t)(next_random() % 1000000000));
}

static void test_adding_and_subtracting_undo_each_other(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct cel_value a = random_time();
        struct cel_value b = random_time();
        struct cel_value d = CALL(time_between, a, b);
        assert_int_equal(d.tag, CEL_DURATION);
        expect_same(CALL(time_add, b, d), a);
        expect_same(CALL(time_subtract, a, d), b);
        expect_same(lasting((const char *)CALL(to_string, d).s), d);
        struct cel_value twice = CALL(duration_add, d, d);
        expect_same(CALL(duration_subtract, twice, d), d);
        arena_clear(&test_arena);
    }
}

static void test_getters_count_as_cel_says(void **state)
{
    (void)state;
    struct cel_value t = at("2009-02-13T23:31:20.123456789Z");
    expect_int(CALL(get_full_year, t), 2009);
    expect_int(CALL(get_month, t), 1);
    expect_int(CALL(month, t), 2);
    expect_int(CALL(get_date, t), 13);
    expect_int(CALL(get_day_of_month, t), 12);
    expect_int(CALL(get_day_of_week, t), 5);
    expect_int(CALL(get_day_of_year, t), 43);
    expect_int(CALL(get_hours, t), 23);
    expect_int(CALL(get_minutes, t), 31);
    expect_int(CALL(get_seconds, t), 20);
    expect_int(CALL(get_milliseconds, t), 123);
}

static void test_getters_follow_the_zone(void **state)
{
    (void)state;
    struct cel_value t = at("2009-02-13T23:31:30Z");
    expect_int(in_zone(cel_fn_get_date, "Australia/Sydney", &t, 1), 14);
    expect_int(in_zone(cel_fn_get_minutes, "Asia/Kathmandu", &t, 1), 16);
    expect_int(CALL(get_hours, t, text("02:00")), 1);
    expect_int(CALL(get_hours, t, text("-00:31")), 23);
    expect_int(CALL(get_minutes, t, text("-00:32")), 59);
    expect_int(CALL(get_hours, t, text("UTC")), 23);
    expect_error(CALL(get_hours, t, text("Mars/Olympus")), CEL_E_ZONE);
    assert_null(cel_prepare_zone(&test_arena, STR("Mars/Olympus")).ready);
    assert_non_null(cel_prepare_zone(&test_arena, STR("../../etc/passwd")).refused);
}

static void test_getters_agree_with_the_calendar(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct cel_value t = random_time();
        int64_t day = (t.i + 4000000000 * DAY_S) / DAY_S - 4000000000;
        struct date date = civil_date(day);
        expect_int(CALL(get_full_year, t), date.year);
        expect_int(CALL(month, t), date.month);
        expect_int(CALL(get_date, t), date.day);
        expect_int(CALL(get_day_of_week, t), civil_weekday(day));
        int64_t second = t.i - day * DAY_S;
        assert_int_equal(CALL(get_hours, t).i * 3600 + CALL(get_minutes, t).i * 60 +
                             CALL(get_seconds, t).i,
                         second);
    }
}

static void test_months_are_added_on_the_calendar_of_a_place(void **state)
{
    (void)state;
    struct cel_value args[] = {at("2023-01-30T23:30:00Z"), cel_int(1)};
    expect_at(call_prepared(cel_fn_add_months, NULL, args, 2), "2023-02-28T23:30:00Z");
    expect_at(in_zone(cel_fn_add_months, "Europe/Paris", args, 2), "2023-02-27T23:30:00Z");
    args[0] = at("2024-03-31T12:00:00.5Z");
    args[1] = cel_int(-1);
    expect_at(call_prepared(cel_fn_add_months, NULL, args, 2), "2024-02-29T12:00:00.5Z");
    args[1] = cel_int(INT64_MAX);
    expect_error(call_prepared(cel_fn_add_months, NULL, args, 2), CEL_E_RANGE);
    args[1] = cel_int(100000);
    expect_error(call_prepared(cel_fn_add_months, NULL, args, 2), CEL_E_RANGE);
    struct cel_value t = at("2024-03-31T21:59:59.9Z");
    expect_at(in_zone(cel_fn_start_of_day, "Europe/Paris", &t, 1), "2024-03-30T23:00:00Z");
    expect_at(CALL(start_of_day, t), "2024-03-31T00:00:00Z");
}

static void test_a_birthday_lasts_its_local_day(void **state)
{
    (void)state;
    struct cel_value args[] = {at("2024-05-14T22:00:00Z"), text("1988-05-15")};
    expect_bool(in_zone(cel_fn_is_birthday, "Europe/Paris", args, 2), true);
    expect_bool(call_prepared(cel_fn_is_birthday, NULL, args, 2), false);
    args[1] = text("2024-05-14");
    expect_bool(call_prepared(cel_fn_is_birthday, NULL, args, 2), true);
    args[1] = text("2025-05-14");
    expect_bool(call_prepared(cel_fn_is_birthday, NULL, args, 2), false);
    struct cel_value leap = text("1988-02-29");
    expect_bool(CALL(is_birthday, at("2023-02-28T12:00:00Z"), leap), true);
    expect_bool(CALL(is_birthday, at("2024-02-28T12:00:00Z"), leap), false);
    expect_bool(CALL(is_birthday, at("2024-02-29T12:00:00Z"), leap), true);
    expect_bool(CALL(is_birthday, at("2023-03-01T12:00:00Z"), leap), false);
    expect_error(CALL(is_birthday, args[0], text("15.5.1988")), CEL_E_ARGUMENT);
    expect_error(CALL(is_birthday, args[0], text("")), CEL_E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations_are_read_and_written),
        cmocka_unit_test(test_parts_of_a_duration_go_towards_zero),
        cmocka_unit_test(test_arithmetic_stays_in_range_or_fails),
        cmocka_unit_test(test_adding_and_subtracting_undo_each_other),
        cmocka_unit_test(test_getters_count_as_cel_says),
        cmocka_unit_test(test_getters_follow_the_zone),
        cmocka_unit_test(test_getters_agree_with_the_calendar),
        cmocka_unit_test(test_months_are_added_on_the_calendar_of_a_place),
        cmocka_unit_test(test_a_birthday_lasts_its_local_day),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
