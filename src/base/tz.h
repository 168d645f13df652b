// SPDX-License-Identifier: Apache-2.0
// tz.h - time zones: which offset from UTC a place has at an instant.
//
// A struct tz is read once from the system's time zone files (TZif version 2 or later, RFC 9636:
// 64-bit transitions and the POSIX rule of the years after them) and never changes.  Only tz_load
// touches a file; everything else is pure and safe from any thread.
//
//   Z1  Offsets are seconds east of UTC, |offset| < 26 hours.
//   Z2  A local time that a transition skipped or repeated is resolved as the caller states.
//
// Layer: base.  Tests: tests/base/tz_test.c, tests/base/tz_zones.py (every zone)
#pragma once

#include "base/civil.h"

// One day of the year on which a POSIX rule changes the offset.
struct tz_day {
    char kind;  // 'M' month-week-weekday, 'J' 1-365 without 29 February, 'N' 0-365 with it
    int month;  // 'M': 1-12
    int week;   // 'M': 1-5, 5 is the last
    int day;    // 'M': 0 = Sunday; otherwise the day of the year
    int time_s; // local seconds after midnight, -167 h to 167 h
};

struct tz_rule {
    bool known; // the file has a rule; without, the last offset stays
    bool has_summer;
    int32_t offset_s;
    int32_t summer_offset_s;
    struct tz_day summer_start; // in the offset before it, as the end is
    struct tz_day summer_end;
};

struct tz {
    struct str name;
    int32_t first_offset_s;  // before the first transition
    size_t n;                // transitions
    const int64_t *at;       // ascending unix seconds
    const int32_t *offset_s; // from at[i] on
    struct tz_rule rule;     // from the last transition on
};

// How a local time is resolved that occurs never (the clock jumped over it) or twice.
enum tz_gap {
    TZ_GAP_SHIFT, // as if the clock had not jumped: 02:30 becomes 03:30
    TZ_GAP_END,   // the first instant after the jump
};
enum tz_fold { TZ_FOLD_FIRST, TZ_FOLD_SECOND };

// UTC, always there.
const struct tz *tz_utc(void);
// A zone with one offset for ever.
struct tz tz_fixed(int32_t offset_s);
// "+11:00", "-02:30", "02:00": at most 23:59.
MUST_CHECK bool tz_parse_offset(struct str text, int32_t *ret_offset_s);

// True for a name that may be looked up: [A-Za-z0-9_+/-], 1 to 64, no leading or double '/'.
bool tz_name_valid(struct str name);
// Reads a zone by its name ("Europe/Paris"; "UTC" and fixed offsets need no file) into the arena.
// ERR_INPUT_INVALID when the name is not valid or there is no such zone or file of ours.
MUST_CHECK enum err tz_load(struct arena *arena, struct str name, const struct tz **ret_tz);
// The zone in these bytes of a TZif file.  Pure.
MUST_CHECK enum err tz_parse(struct arena *arena, struct str file, struct tz *ret_tz);

// Seconds east of UTC at this instant.
int32_t tz_offset_at(const struct tz *tz, int64_t unix_s);
// The first instant after unix_s at which the offset may change; false when there is none.
bool tz_next_transition(const struct tz *tz, int64_t unix_s, int64_t *ret_unix_s);
// Local seconds (day * DAY_S + seconds of that day's clock) to the instant they name.
int64_t tz_unix(const struct tz *tz, int64_t local_s, enum tz_gap gap, enum tz_fold fold);
// The first instant of a local day, midnight or not.
int64_t tz_day_start(const struct tz *tz, int64_t day);
