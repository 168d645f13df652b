// SPDX-License-Identifier: Apache-2.0
// tz.c - which offset holds at an instant, and which instant a local time names.
//
// Reading the files is tz_file.c.  Layer: base (pure).  Tests: tests/base/tz_test.c
#include "base/tz.h"

#include <stdlib.h>

#define OFFSET_MAX_S (26 * 3600)

const struct tz *tz_utc(void)
{
    static const struct tz utc = {.name = {.p = "UTC", .n = 3}};
    return &utc;
}

struct tz tz_fixed(int32_t offset_s)
{
    CHECK(abs(offset_s) < OFFSET_MAX_S);
    return (struct tz){.first_offset_s = offset_s};
}

static bool read_two(struct str text, size_t at, int limit, int *ret_value)
{
    char tens = text.p[at];
    char ones = text.p[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9')
        return false;
    *ret_value = (tens - '0') * 10 + (ones - '0');
    return *ret_value < limit;
}

bool tz_parse_offset(struct str text, int32_t *ret_offset_s)
{
    bool west = str_starts(text, STR("-"));
    if (west || str_starts(text, STR("+")))
        text = str_skip(text, 1);
    int hours;
    int minutes;
    if (text.n != 5 || text.p[2] != ':' || !read_two(text, 0, 24, &hours) ||
        !read_two(text, 3, 60, &minutes))
        return false;
    int32_t offset_s = hours * 3600 + minutes * 60;
    *ret_offset_s = west ? -offset_s : offset_s;
    return true;
}

// ---- the rule of the years after the table

// Midnight of the day that d names in this year, as local seconds, and the time added.
static int64_t rule_local_s(const struct tz_day *d, int64_t year)
{
    int64_t day = civil_day((struct date){.year = year, .month = 1, .day = 1});
    if (d->kind == 'N')
        return (day + d->day) * DAY_S + d->time_s;
    if (d->kind == 'J') {
        bool after_leap_day = d->day >= 60 && civil_is_leap(year);
        return (day + d->day - 1 + after_leap_day) * DAY_S + d->time_s;
    }
    day = civil_day((struct date){.year = year, .month = d->month, .day = 1});
    int64_t after = day + civil_month_days(year, d->month);
    day += (d->day - civil_weekday(day) + 7) % 7 + 7 * (d->week - 1);
    return (day < after ? day : day - 7) * DAY_S + d->time_s;
}

struct change {
    int64_t at;
    int32_t offset_s;
};

#define N_CHANGES 6

// The changes of the year of unix_s and of its neighbours, ascending.
static void list_changes(const struct tz_rule *rule, int64_t unix_s,
                         struct change changes[N_CHANGES])
{
    int64_t days = unix_s / DAY_S - (unix_s % DAY_S < 0);
    int64_t year = civil_date(days).year - 1;
    for (int i = 0; i < N_CHANGES; i += 2, year++) {
        struct change start = {.at = rule_local_s(&rule->summer_start, year) - rule->offset_s,
                               .offset_s = rule->summer_offset_s};
        struct change end = {.at = rule_local_s(&rule->summer_end, year) - rule->summer_offset_s,
                             .offset_s = rule->offset_s};
        bool north = start.at < end.at;
        changes[i] = north ? start : end;
        changes[i + 1] = north ? end : start;
    }
    // Summer time all year round is written as an end that meets the next start.
    for (int i = 0; i + 1 < N_CHANGES; i++)
        if (changes[i].at >= changes[i + 1].at)
            changes[i] = changes[i + 1];
}

static int32_t rule_offset_at(const struct tz_rule *rule, int64_t unix_s)
{
    if (!rule->has_summer)
        return rule->offset_s;
    struct change changes[N_CHANGES];
    list_changes(rule, unix_s, changes);
    int i = N_CHANGES - 1;
    while (i > 0 && changes[i].at > unix_s)
        i--;
    return changes[i].offset_s;
}

static bool rule_next_change(const struct tz_rule *rule, int64_t unix_s, int64_t *ret_unix_s)
{
    if (!rule->known || !rule->has_summer)
        return false;
    struct change changes[N_CHANGES];
    list_changes(rule, unix_s, changes);
    for (int i = 0; i < N_CHANGES; i++) {
        if (changes[i].at > unix_s) {
            *ret_unix_s = changes[i].at;
            return true;
        }
    }
    CHECK(!"the year after has a change");
    return false;
}

// ---- lookups

// How many transitions are at or before unix_s.
static size_t transitions_until(const struct tz *tz, int64_t unix_s)
{
    size_t from = 0;
    size_t to = tz->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (tz->at[middle] <= unix_s)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

int32_t tz_offset_at(const struct tz *tz, int64_t unix_s)
{
    size_t i = transitions_until(tz, unix_s);
    if (i == tz->n && tz->rule.known)
        return rule_offset_at(&tz->rule, unix_s);
    return i ? tz->offset_s[i - 1] : tz->first_offset_s;
}

bool tz_next_transition(const struct tz *tz, int64_t unix_s, int64_t *ret_unix_s)
{
    size_t i = transitions_until(tz, unix_s);
    if (i == tz->n)
        return rule_next_change(&tz->rule, unix_s, ret_unix_s);
    *ret_unix_s = tz->at[i];
    return true;
}

// Walks over the stretches of constant offset around the local time and asks each whether the
// local time falls into it.
int64_t tz_unix(const struct tz *tz, int64_t local_s, enum tz_gap gap, enum tz_fold fold)
{
    int64_t from = local_s - OFFSET_MAX_S;
    bool found = false;
    bool jumped = false;
    int64_t match = 0;
    int64_t beside = 0;
    for (;;) {
        int64_t guess = local_s - tz_offset_at(tz, from);
        int64_t end;
        bool has_end = tz_next_transition(tz, from, &end) && end <= local_s + OFFSET_MAX_S;
        if (guess >= from && (!has_end || guess < end)) {
            if (fold == TZ_FOLD_FIRST)
                return guess;
            found = true;
            match = guess;
        }
        if (!has_end)
            break;
        if (!jumped && guess >= end && local_s - tz_offset_at(tz, end) < end) {
            jumped = true;
            beside = gap == TZ_GAP_END ? end : guess;
        }
        from = end;
    }
    CHECK(found || jumped);
    return found ? match : beside;
}

int64_t tz_day_start(const struct tz *tz, int64_t day)
{
    return tz_unix(tz, day * DAY_S, TZ_GAP_END, TZ_FOLD_FIRST);
}
