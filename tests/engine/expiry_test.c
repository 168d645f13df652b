// SPDX-License-Identifier: Apache-2.0
// expiry_test.c - laws of expiry_instant, in zones whose days are odd.
#include "engine/expiry.h"
#include "engine/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static uint64_t seed = 5;

// Days of 23 and 25 hours, days that begin at 01:00, a day that never was, half hours.
static const char *const zones[] = {"Europe/Paris",       "America/Sao_Paulo",
                                    "Pacific/Apia",       "Asia/Kathmandu",
                                    "Pacific/Kiritimati", "Australia/Lord_Howe",
                                    "Africa/Casablanca",  "UTC"};
#define N_ZONES (sizeof zones / sizeof zones[0])

static int64_t draw(int64_t below)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

static int begin(void **unused)
{
    (void)unused;
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    arena_release(&arena);
    return 0;
}

static const struct tz *zone(size_t i)
{
    const struct tz *tz;
    assert_int_equal(tz_load(&arena, str_of(zones[i]), &tz), OK);
    return tz;
}

// Somewhere from 2000 to 2040.
static int64_t any_instant(void)
{
    return 946684800 * SECOND_US + draw(40 * 365) * DAY_US + draw(24 * 3600) * SECOND_US;
}

static int64_t instant_of(const struct tz *tz, const struct expiry *expiry, int64_t activates_us)
{
    int64_t expires_us = 0;
    assert_int_equal(expiry_instant(tz, expiry, activates_us, &expires_us), OK);
    assert_true(expires_us > activates_us); // E2
    return expires_us;
}

static void test_the_last_day_counts_in_full(void **unused)
{
    (void)unused;
    for (size_t z = 0; z < N_ZONES; z++) {
        const struct tz *tz = zone(z);
        for (int run = 0; run < 2000; run++) {
            struct expiry expiry = {
                .policy = EXPIRY_ROLLING,
                .after = {.months = (int32_t)draw(30), .days = (int32_t)draw(40)},
                .round = (enum expiry_round)draw(5),
            };
            int64_t activates_us = any_instant(), later_us;
            int64_t expires_us = instant_of(tz, &expiry, activates_us);
            assert_int_equal(calendar_add(tz, activates_us, expiry.after, &later_us), OK);
            assert_true(expires_us > later_us);
            // It is the first instant of a local day, and the day before it had begun by then.
            assert_true(calendar_start(tz, expires_us, CALENDAR_DAY) == expires_us);
            if (expiry.round == EXPIRY_EXACT)
                assert_true(calendar_start(tz, expires_us - 1, CALENDAR_DAY) <= later_us);
            if (expiry.round == EXPIRY_MONTH)
                assert_int_equal(calendar_date(tz, expires_us).day, 1);
        }
    }
}

static void test_a_later_credit_never_expires_earlier(void **unused)
{
    static const struct month_day dates[] = {{2, 29}, {6, 30}, {12, 31}};
    (void)unused;
    for (size_t z = 0; z < N_ZONES; z++) {
        const struct tz *tz = zone(z);
        for (int run = 0; run < 500; run++) {
            struct expiry expiry = {
                .policy = draw(2) ? EXPIRY_ROLLING : EXPIRY_CALENDAR,
                .after = {.months = (int32_t)draw(14), .days = (int32_t)draw(9)},
                .round = (enum expiry_round)draw(5),
                .dates = dates,
                .n_dates = 3,
            };
            int64_t first_us = any_instant();
            int64_t second_us = first_us + draw(90) * DAY_US + draw(86400) * SECOND_US;
            assert_true(instant_of(tz, &expiry, first_us) <= instant_of(tz, &expiry, second_us));
        }
    }
}

static void test_calendar_days_come_round_every_year(void **unused)
{
    static const struct month_day dates[] = {{1, 31}, {2, 29}, {4, 30}};
    struct expiry expiry = {.policy = EXPIRY_CALENDAR, .dates = dates, .n_dates = 3};
    const struct tz *tz = zone(0);
    (void)unused;
    for (int run = 0; run < 2000; run++) {
        int64_t activates_us = any_instant();
        struct date next = calendar_date(tz, instant_of(tz, &expiry, activates_us));
        bool after_january = next.month == 2 && next.day == 1;
        bool after_february = next.month == 3 && next.day == 1;
        bool after_april = next.month == 5 && next.day == 1;
        assert_true(after_january || after_february || after_april);
    }
}

static void test_what_never_expires_never_expires(void **unused)
{
    struct expiry never = {.policy = EXPIRY_NONE, .after = {.months = 1}};
    (void)unused;
    assert_true(instant_of(tz_utc(), &never, any_instant()) == NEVER_US);
}

static void test_beyond_the_calendar_is_refused(void **unused)
{
    int64_t expires_us = 42, last_us = CIVIL_LAST_S * SECOND_US;
    struct expiry far = {.policy = EXPIRY_ROLLING, .after = {.months = 12}};
    static const struct month_day dates[] = {{12, 31}};
    struct expiry year_end = {.policy = EXPIRY_CALENDAR, .dates = dates, .n_dates = 1};
    (void)unused;
    assert_int_equal(expiry_instant(tz_utc(), &far, last_us, &expires_us), ERR_OUT_OF_RANGE);
    assert_int_equal(expiry_instant(tz_utc(), &year_end, last_us, &expires_us), ERR_OUT_OF_RANGE);
    assert_int_equal(expires_us, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_day_counts_in_full),
        cmocka_unit_test(test_a_later_credit_never_expires_earlier),
        cmocka_unit_test(test_calendar_days_come_round_every_year),
        cmocka_unit_test(test_what_never_expires_never_expires),
        cmocka_unit_test(test_beyond_the_calendar_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
