// SPDX-License-Identifier: Apache-2.0
// calendar.h - days, weeks, months and periods of a place, on microseconds since 1970.
//
// What the engine asks: when does "12 months later" begin in the programme's zone, which day, week
// or month is this.  Every span is half-open: [start, end).
//
//   C1  calendar_start(t) <= t < calendar_end(t), and the end of a span is the start of the next.
//   C2  Month arithmetic rounds down: 31 January and one month is the end of February.
//   C3  A local time that a clock change skipped moves on by the jump; of two equal ones the first
//       counts.
//
// Layer: base (pure).  Tests: tests/base/calendar_test.c
#pragma once

#include "base/civil.h"
#include "base/tz.h"

#define SECOND_US ((int64_t)1000000)
#define DAY_US (DAY_S * SECOND_US)

enum calendar_unit {
    CALENDAR_DAY,
    CALENDAR_WEEK, // begins on Monday
    CALENDAR_MONTH,
    CALENDAR_QUARTER,
    CALENDAR_HALF_YEAR,
    CALENDAR_YEAR,
};

// The local date whose day contains the instant.
struct date calendar_date(const struct tz *tz, int64_t us);
// The first instant of a local date.  The date must be in the years 1 to 9999.
int64_t calendar_at(const struct tz *tz, struct date date);

// The span of that unit that contains the instant.
int64_t calendar_start(const struct tz *tz, int64_t us, enum calendar_unit unit);
int64_t calendar_end(const struct tz *tz, int64_t us, enum calendar_unit unit);

// The instant a period later: months, then days by the local calendar with the same clock time,
// then seconds that pass.  ERR_OUT_OF_RANGE outside of the years 1 to 9999.
MUST_CHECK enum err calendar_add(const struct tz *tz, int64_t us, struct period period,
                                 int64_t *ret_us);
// The same backwards: seconds first, then days, then months.
MUST_CHECK enum err calendar_subtract(const struct tz *tz, int64_t us, struct period period,
                                      int64_t *ret_us);
