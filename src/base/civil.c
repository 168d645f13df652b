// SPDX-License-Identifier: Apache-2.0
// civil.c - the Gregorian calendar and its texts.
//
// Layer: base (pure).  Tests: tests/base/civil_test.c
#include "base/civil.h"

#include <inttypes.h>
#include <stdio.h>

// The calendar repeats after 400 years; counting from 1 March puts the leap day at the end.
#define ERA_DAYS 146097
#define EPOCH_FROM_MARCH_0000 719468

static int64_t floor_divide(int64_t n, int64_t by)
{
    int64_t quotient = n / by;
    return n % by < 0 ? quotient - 1 : quotient;
}

static int floor_rest(int64_t n, int by)
{
    int rest = (int)(n % by);
    return rest < 0 ? rest + by : rest;
}

bool civil_is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    CHECK(month >= 1 && month <= 12);
    return month == 2 && civil_is_leap(year) ? 29 : days[month - 1];
}

bool civil_is_date(struct date date)
{
    return date.year >= 1 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
           date.day >= 1 && date.day <= civil_month_days(date.year, date.month);
}

int64_t civil_day(struct date date)
{
    CHECK(date.year >= -CIVIL_YEAR_MAX && date.year <= CIVIL_YEAR_MAX);
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = floor_divide(year, 400);
    int year_of_era = floor_rest(year, 400);
    int month_from_march = (date.month + 9) % 12;
    int day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_FROM_MARCH_0000;
}

struct date civil_date(int64_t day)
{
    CHECK(day >= -CIVIL_YEAR_MAX * 366 && day <= CIVIL_YEAR_MAX * 366);
    day += EPOCH_FROM_MARCH_0000;
    int64_t era = floor_divide(day, ERA_DAYS);
    int day_of_era = floor_rest(day, ERA_DAYS);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    struct date date = {
        .month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9,
        .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
    };
    date.year = era * 400 + year_of_era + (date.month <= 2);
    return date;
}

int civil_weekday(int64_t day)
{
    return floor_rest(day + 4, 7); // 1970-01-01 was a Thursday
}

int civil_year_day(int64_t day)
{
    struct date first = {.year = civil_date(day).year, .month = 1, .day = 1};
    return (int)(day - civil_day(first));
}

struct date civil_add_months(struct date date, int64_t n)
{
    CHECK(n >= -CIVIL_YEAR_MAX && n <= CIVIL_YEAR_MAX);
    int64_t months = date.year * 12 + (date.month - 1) + n;
    struct date sum = {.year = floor_divide(months, 12), .month = floor_rest(months, 12) + 1};
    int last = civil_month_days(sum.year, sum.month);
    sum.day = date.day < last ? date.day : last;
    return sum;
}

// ---- text

// Exactly n digits at *at; moves on.
static bool read_digits(struct str text, size_t *at, size_t n, int *ret_value)
{
    if (text.n - *at < n)
        return false;
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text.p[*at + i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += n;
    *ret_value = value;
    return true;
}

static bool read_char(struct str text, size_t *at, char c)
{
    if (*at >= text.n || text.p[*at] != c)
        return false;
    ++*at;
    return true;
}

static bool read_date(struct str text, size_t *at, struct date *ret_date)
{
    int year = 0;
    struct date date;
    if (!read_digits(text, at, 4, &year) || !read_char(text, at, '-') ||
        !read_digits(text, at, 2, &date.month) || !read_char(text, at, '-') ||
        !read_digits(text, at, 2, &date.day))
        return false;
    date.year = year;
    *ret_date = date;
    return civil_is_date(date);
}

// "23:59:59", as seconds of the day.
static bool read_clock(struct str text, size_t *at, int *ret_s)
{
    int hour;
    int minute;
    int second;
    if (!read_digits(text, at, 2, &hour) || !read_char(text, at, ':') ||
        !read_digits(text, at, 2, &minute) || !read_char(text, at, ':') ||
        !read_digits(text, at, 2, &second))
        return false;
    *ret_s = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}

// An optional '.' and one to nine digits, as nanoseconds.
static bool read_fraction(struct str text, size_t *at, int32_t *ret_ns)
{
    *ret_ns = 0;
    if (!read_char(text, at, '.'))
        return true;
    int32_t unit = 100000000;
    size_t start = *at;
    int digit;
    while (unit && read_digits(text, at, 1, &digit)) {
        *ret_ns += digit * unit;
        unit /= 10;
    }
    return *at > start;
}

// 'Z' or "+01:00", as seconds east of UTC.
static bool read_offset(struct str text, size_t *at, int *ret_offset_s)
{
    *ret_offset_s = 0;
    if (read_char(text, at, 'Z') || read_char(text, at, 'z'))
        return true;
    int sign = read_char(text, at, '+') ? 1 : read_char(text, at, '-') ? -1 : 0;
    int hours;
    int minutes;
    if (!sign || !read_digits(text, at, 2, &hours) || !read_char(text, at, ':') ||
        !read_digits(text, at, 2, &minutes))
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

bool civil_parse_date(struct str text, struct date *ret_date)
{
    size_t at = 0;
    struct date date;
    if (!read_date(text, &at, &date) || at != text.n)
        return false;
    *ret_date = date;
    return true;
}

struct str civil_format_date(struct date date, char ret_text[CIVIL_DATE_ROOM])
{
    CHECK(civil_is_date(date));
    int n =
        snprintf(ret_text, CIVIL_DATE_ROOM, "%04d-%02d-%02d", (int)date.year, date.month, date.day);
    return (struct str){.p = ret_text, .n = (size_t)n};
}

bool civil_parse(struct str text, struct instant *ret_instant)
{
    size_t at = 0;
    struct date date;
    int clock_s;
    int offset_s;
    int32_t ns;
    if (!read_date(text, &at, &date) || !(read_char(text, &at, 'T') || read_char(text, &at, 't')) ||
        !read_clock(text, &at, &clock_s) || !read_fraction(text, &at, &ns) ||
        !read_offset(text, &at, &offset_s) || at != text.n)
        return false;
    int64_t s = civil_day(date) * DAY_S + clock_s - offset_s;
    if (s < CIVIL_FIRST_S || s > CIVIL_LAST_S)
        return false;
    *ret_instant = (struct instant){.s = s, .ns = ns};
    return true;
}

struct str civil_format(struct instant instant, char ret_text[CIVIL_TEXT_ROOM])
{
    CHECK(instant.s >= CIVIL_FIRST_S && instant.s <= CIVIL_LAST_S);
    CHECK(instant.ns >= 0 && instant.ns < 1000000000);
    int64_t day = floor_divide(instant.s, DAY_S);
    int second = floor_rest(instant.s, (int)DAY_S);
    struct date date = civil_date(day);
    int n = snprintf(ret_text, CIVIL_TEXT_ROOM, "%04d-%02d-%02dT%02d:%02d:%02d", (int)date.year,
                     date.month, date.day, second / 3600, second / 60 % 60, second % 60);
    if (instant.ns) {
        n += snprintf(ret_text + n, CIVIL_TEXT_ROOM - (size_t)n, ".%09d", instant.ns);
        while (ret_text[n - 1] == '0')
            n--;
    }
    ret_text[n++] = 'Z';
    ret_text[n] = '\0';
    return (struct str){.p = ret_text, .n = (size_t)n};
}

bool civil_parse_us(struct str text, int64_t *ret_us)
{
    struct instant instant;
    if (!civil_parse(text, &instant))
        return false;
    *ret_us = instant.s * 1000000 + instant.ns / 1000;
    return true;
}

struct str civil_format_us(int64_t us, char ret_text[CIVIL_TEXT_ROOM])
{
    return civil_format((struct instant){.s = floor_divide(us, 1000000),
                                         .ns = floor_rest(us, 1000000) * 1000},
                        ret_text);
}

// ---- periods

struct designator {
    char letter;
    bool clock; // after the 'T'
    int64_t max;
};

static const struct designator designators[] = {
    {'Y', false, 10000},       {'M', false, 120000},  {'W', false, 520000},
    {'D', false, 3660000},     {'H', true, 87840000}, {'M', true, 5270400000},
    {'S', true, 316224000000},
};
#define N_DESIGNATORS (sizeof designators / sizeof *designators)

// One "12M"; *next is the first designator that may still come.
static bool read_part(struct str text, size_t *at, bool clock, size_t *next, int64_t *parts)
{
    int64_t value = 0;
    size_t start = *at;
    int digit;
    while (read_digits(text, at, 1, &digit)) {
        value = value * 10 + digit;
        if (value > 1000000000000)
            return false;
    }
    if (*at == start || *at == text.n)
        return false;
    char letter = text.p[(*at)++];
    for (size_t i = *next; i < N_DESIGNATORS; i++) {
        if (designators[i].letter == letter && designators[i].clock == clock) {
            *next = i + 1;
            parts[i] = value;
            return value <= designators[i].max;
        }
    }
    return false;
}

bool period_parse(struct str text, struct period *ret_period)
{
    int64_t parts[N_DESIGNATORS] = {0};
    size_t at = 0;
    size_t next = 0;
    bool clock = false;
    if (!read_char(text, &at, 'P'))
        return false;
    do {
        if (!clock && read_char(text, &at, 'T'))
            clock = true;
        if (!read_part(text, &at, clock, &next, parts))
            return false;
    } while (at < text.n);
    *ret_period = (struct period){
        .months = (int32_t)(parts[0] * 12 + parts[1]),
        .days = (int32_t)(parts[2] * 7 + parts[3]),
        .seconds = parts[4] * 3600 + parts[5] * 60 + parts[6],
    };
    return true;
}

static void put_part(struct str *text, struct arena *arena, int64_t value, char letter)
{
    if (value)
        *text = str_printf(arena, "%.*s%" PRId64 "%c", STR_FMT(*text), value, letter);
}

struct str period_text(struct arena *arena, struct period period)
{
    struct str text = STR("P");
    put_part(&text, arena, period.months / 12, 'Y');
    put_part(&text, arena, period.months % 12, 'M');
    put_part(&text, arena, period.days, 'D');
    if (period.seconds) {
        text = str_printf(arena, "%.*sT", STR_FMT(text));
        put_part(&text, arena, period.seconds / 3600, 'H');
        put_part(&text, arena, period.seconds / 60 % 60, 'M');
        put_part(&text, arena, period.seconds % 60, 'S');
    }
    return text.n > 1 ? text : STR("P0D");
}
