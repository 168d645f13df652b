// SPDX-License-Identifier: Apache-2.0
// civil.h - dates and times as people write them.
//
// The proleptic Gregorian calendar without zones: days <-> date, RFC 3339 text, ISO 8601 periods.
// Zones are tz.h, arithmetic with both is calendar.h.
//
//   D1  day 0 is 1970-01-01; every function takes any day of the years -/+ CIVIL_YEAR_MAX.
//   D2  An instant that was parsed or is formatted lies in the years 0001 to 9999 (UTC).
//
// Layer: base (pure).  Tests: tests/base/civil_test.c
#pragma once

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_YEAR_MAX ((int64_t)1000000000000)
#define DAY_S ((int64_t)86400)
// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
#define CIVIL_FIRST_S ((int64_t)-62135596800)
#define CIVIL_LAST_S ((int64_t)253402300799)

struct date {
    int64_t year;
    int month; // 1-12
    int day;   // 1-31
};

// A point in time: seconds since 1970 rounded down, and 0..999,999,999 nanoseconds.
struct instant {
    int64_t s;
    int32_t ns;
};

bool civil_is_leap(int64_t year);
int civil_month_days(int64_t year, int month);
// True for a date that exists, in the years 1 to 9999.
bool civil_is_date(struct date date);

int64_t civil_day(struct date date);
struct date civil_date(int64_t day);
// 0 = Sunday.
int civil_weekday(int64_t day);
// 0 = 1 January.
int civil_year_day(int64_t day);
// n months later (earlier when negative), the day cut down to the last one of its month:
// 31 January and one month is 28 or 29 February.  |n| <= CIVIL_YEAR_MAX.
struct date civil_add_months(struct date date, int64_t n);

// "2026-02-28", exactly; years 0001 to 9999.
MUST_CHECK bool civil_parse_date(struct str text, struct date *ret_date);
#define CIVIL_DATE_ROOM 11
struct str civil_format_date(struct date date, char ret_text[CIVIL_DATE_ROOM]);

// RFC 3339: "2026-02-28T23:59:59.5+01:00"; up to nine decimals, offset up to 23:59, no second 60.
MUST_CHECK bool civil_parse(struct str text, struct instant *ret_instant);
#define CIVIL_TEXT_ROOM 40
// In UTC with 'Z', with the decimals that are needed.  CHECKs D2.
struct str civil_format(struct instant instant, char ret_text[CIVIL_TEXT_ROOM]);

// The same on microseconds since 1970, what everything above base counts in; parsing cuts off what
// is finer.
MUST_CHECK bool civil_parse_us(struct str text, int64_t *ret_us);
struct str civil_format_us(int64_t us, char ret_text[CIVIL_TEXT_ROOM]);

// ISO 8601: calendar parts and clock parts, never negative.
struct period {
    int32_t months;
    int32_t days;
    int64_t seconds;
};

// "P12M", "P1Y6M", "P2W", "P0D", "PT1H30M".  Whole numbers, each designator at most once and in
// order, at most 10,000 years of each part.
MUST_CHECK bool period_parse(struct str text, struct period *ret_period);
// The shortest text with the same parts; "P0D" when there is none.
struct str period_text(struct arena *arena, struct period period);

static inline bool period_is_zero(struct period period)
{
    return period.months == 0 && period.days == 0 && period.seconds == 0;
}
