// SPDX-License-Identifier: Apache-2.0
// calendar.c - spans and periods in a zone.
//
// Layer: base (pure).  Tests: tests/base/calendar_test.c
#include "base/calendar.h"

static int64_t floor_seconds(int64_t us)
{
    return us / SECOND_US - (us % SECOND_US < 0);
}

static int64_t local_seconds(const struct tz *tz, int64_t us)
{
    int64_t s = floor_seconds(us);
    return s + tz_offset_at(tz, s);
}

static int64_t floor_day(int64_t local_s)
{
    return local_s / DAY_S - (local_s % DAY_S < 0);
}

static int64_t day_start_us(const struct tz *tz, int64_t day)
{
    return tz_day_start(tz, day) * SECOND_US;
}

// A clock that was put back across midnight shows yesterday's date again after today had begun.
// Such an instant belongs to today, or C1 would not hold.
static int64_t day_containing(const struct tz *tz, int64_t us)
{
    int64_t day = floor_day(local_seconds(tz, us));
    while (day_start_us(tz, day + 1) <= us)
        day++;
    return day;
}

// The first day of the unit that contains day.
static int64_t unit_day(int64_t day, enum calendar_unit unit)
{
    if (unit == CALENDAR_DAY)
        return day;
    if (unit == CALENDAR_WEEK)
        return day - (civil_weekday(day) + 6) % 7;
    static const int months[] = {[CALENDAR_MONTH] = 1,
                                 [CALENDAR_QUARTER] = 3,
                                 [CALENDAR_HALF_YEAR] = 6,
                                 [CALENDAR_YEAR] = 12};
    struct date date = civil_date(day);
    date.month -= (date.month - 1) % months[unit];
    date.day = 1;
    return civil_day(date);
}

// The first day of the unit after the one that begins on day.
static int64_t next_unit_day(int64_t day, enum calendar_unit unit)
{
    static const int longest[] = {
        [CALENDAR_DAY] = 1,      [CALENDAR_WEEK] = 7,        [CALENDAR_MONTH] = 31,
        [CALENDAR_QUARTER] = 92, [CALENDAR_HALF_YEAR] = 184, [CALENDAR_YEAR] = 366};
    return unit_day(day + longest[unit], unit);
}

struct date calendar_date(const struct tz *tz, int64_t us)
{
    return civil_date(day_containing(tz, us));
}

int64_t calendar_at(const struct tz *tz, struct date date)
{
    CHECK(civil_is_date(date));
    return day_start_us(tz, civil_day(date));
}

int64_t calendar_start(const struct tz *tz, int64_t us, enum calendar_unit unit)
{
    return day_start_us(tz, unit_day(day_containing(tz, us), unit));
}

int64_t calendar_end(const struct tz *tz, int64_t us, enum calendar_unit unit)
{
    int64_t first = unit_day(day_containing(tz, us), unit);
    return day_start_us(tz, next_unit_day(first, unit));
}

// Moves by months and days at the same clock time.
static int64_t move_date(const struct tz *tz, int64_t us, int64_t months, int64_t days)
{
    if (months == 0 && days == 0)
        return us;
    int64_t local_s = local_seconds(tz, us);
    int64_t day = floor_day(local_s);
    int64_t moved = civil_day(civil_add_months(civil_date(day), months)) + days;
    int64_t s = tz_unix(tz, local_s + (moved - day) * DAY_S, TZ_GAP_SHIFT, TZ_FOLD_FIRST);
    return s * SECOND_US + (us - floor_seconds(us) * SECOND_US);
}

static enum err keep_us(int64_t us, int64_t *ret_us)
{
    if (us < CIVIL_FIRST_S * SECOND_US || us >= (CIVIL_LAST_S + 1) * SECOND_US)
        return ERR_OUT_OF_RANGE;
    *ret_us = us;
    return OK;
}

// With parts of at most 10,000 years nothing below leaves int64_t.
static bool can_move(int64_t us, struct period period)
{
    return us >= CIVIL_FIRST_S * SECOND_US && us < (CIVIL_LAST_S + 1) * SECOND_US &&
           period.months >= 0 && period.months <= 120000 && period.days >= 0 &&
           period.days <= 3660000 && period.seconds >= 0 && period.seconds <= 316224000000;
}

enum err calendar_add(const struct tz *tz, int64_t us, struct period period, int64_t *ret_us)
{
    if (!can_move(us, period))
        return ERR_OUT_OF_RANGE;
    return keep_us(move_date(tz, us, period.months, period.days) + period.seconds * SECOND_US,
                   ret_us);
}

enum err calendar_subtract(const struct tz *tz, int64_t us, struct period period, int64_t *ret_us)
{
    if (!can_move(us, period))
        return ERR_OUT_OF_RANGE;
    int64_t earlier = us - period.seconds * SECOND_US;
    earlier = move_date(tz, earlier, 0, -(int64_t)period.days);
    return keep_us(move_date(tz, earlier, -(int64_t)period.months, 0), ret_us);
}
