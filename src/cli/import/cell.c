// SPDX-License-Identifier: Apache-2.0
// cell.c - amounts, numbers and times from text.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/import/cell.h"

#include "base/calendar.h"
#include "base/checked.h"
#include "base/civil.h"
#include "base/money.h"

#include <string.h>

#define NUMBER_ROOM 40
#define NO_HALF (-1)

// ---- numbers

bool cell_amount(struct str cell, char mark, unsigned exponent, int64_t *ret_amount)
{
    char text[NUMBER_ROOM];
    if (cell.n == 0 || cell.n >= sizeof text)
        return false;
    size_t point = cell.n;
    for (size_t i = 0; i < cell.n; i++) {
        text[i] = cell.p[i];
        if (cell.p[i] == mark) {
            text[i] = '.';
            point = i;
        } else if (cell.p[i] == '.') {
            return false; // grouping, or the wrong mark
        }
    }
    size_t n = cell.n;
    while (n > point + 1 + exponent && text[n - 1] == '0')
        n--;
    if (point < cell.n && n == point + 1 && cell.n > n)
        n = point; // "6.00" of a currency without decimals
    return money_parse((struct str){text, n}, exponent, ret_amount);
}

bool cell_whole(struct str cell, char mark, int64_t *ret_number)
{
    return cell_amount(cell, mark, 0, ret_number);
}

// ---- times

struct clock_time {
    struct date date;
    int hour, minute, second;
    int half; // 0: before noon, 12: after, NO_HALF
};

static bool read_number(struct str *text, size_t digits_min, size_t digits_max, int *ret_number)
{
    size_t n = 0;
    int number = 0;
    while (n < text->n && n < digits_max && text->p[n] >= '0' && text->p[n] <= '9')
        number = number * 10 + (text->p[n++] - '0');
    if (n < digits_min)
        return false;
    *text = str_skip(*text, n);
    *ret_number = number;
    return true;
}

static bool read_half(struct str *text, int *ret_half)
{
    bool has_m = text->n >= 2 && (text->p[1] == 'm' || text->p[1] == 'M');
    char c = has_m ? text->p[0] : '\0';
    if (c != 'a' && c != 'A' && c != 'p' && c != 'P')
        return false;
    *ret_half = c == 'p' || c == 'P' ? 12 : 0;
    *text = str_skip(*text, 2);
    return true;
}

static bool read_part(char letter, struct str *text, struct clock_time *time)
{
    int year;
    switch (letter) {
    case 'Y':
        if (!read_number(text, 4, 4, &year))
            return false;
        time->date.year = year;
        return true;
    case 'm':
        return read_number(text, 1, 2, &time->date.month);
    case 'd':
        return read_number(text, 1, 2, &time->date.day);
    case 'H':
    case 'I':
        return read_number(text, 1, 2, &time->hour);
    case 'M':
        return read_number(text, 2, 2, &time->minute);
    case 'S':
        return read_number(text, 2, 2, &time->second);
    case 'p':
        return read_half(text, &time->half);
    default:
        return false;
    }
}

static bool clock_valid(struct clock_time *time)
{
    if (time->half != NO_HALF) {
        if (time->hour < 1 || time->hour > 12)
            return false;
        time->hour = time->hour % 12 + time->half;
    }
    return civil_is_date(time->date) && time->hour < 24 && time->minute < 60 && time->second < 60;
}

static bool read_clock(struct str cell, struct str format, struct clock_time *ret_time)
{
    struct clock_time time = {.half = NO_HALF};
    for (size_t i = 0; i < format.n; i++) {
        if (format.p[i] == '%' && i + 1 < format.n) {
            if (!read_part(format.p[++i], &cell, &time))
                return false;
        } else if (cell.n == 0 || cell.p[0] != format.p[i]) {
            return false;
        } else {
            cell = str_skip(cell, 1);
        }
    }
    if (cell.n || !clock_valid(&time))
        return false;
    *ret_time = time;
    return true;
}

static bool read_unix(struct str cell, int64_t *ret_us)
{
    int64_t s;
    if (!str_to_i64(cell, &s) || s < CIVIL_FIRST_S || s > CIVIL_LAST_S)
        return false;
    *ret_us = s * SECOND_US;
    return true;
}

bool cell_time(struct str cell, struct str format, const struct tz *tz, int64_t *ret_us)
{
    if (str_eq(format, STR("rfc3339")))
        return civil_parse_us(cell, ret_us);
    if (str_eq(format, STR("unix")))
        return read_unix(cell, ret_us);
    struct clock_time time;
    if (!read_clock(cell, format, &time))
        return false;
    int64_t local_s =
        civil_day(time.date) * DAY_S + time.hour * 3600 + time.minute * 60 + time.second;
    *ret_us = tz_unix(tz, local_s, TZ_GAP_SHIFT, TZ_FOLD_FIRST) * SECOND_US;
    return true;
}

bool cell_format_valid(struct str format)
{
    if (str_eq(format, STR("rfc3339")) || str_eq(format, STR("unix")))
        return true;
    bool year = false, month = false, day = false, half = false, twelve = false;
    for (size_t i = 0; i < format.n; i++) {
        if (format.p[i] != '%')
            continue;
        if (++i == format.n || !strchr("YmdHIMSp", format.p[i]))
            return false;
        year |= format.p[i] == 'Y';
        month |= format.p[i] == 'm';
        day |= format.p[i] == 'd';
        half |= format.p[i] == 'p';
        twelve |= format.p[i] == 'I';
    }
    return year && month && day && half == twelve;
}
