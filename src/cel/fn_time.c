// SPDX-License-Identifier: Apache-2.0
// fn_time.c - timestamps, durations and the calendar of a place.
//
// A timestamp lies in the years 1 to 9999; a duration is less than 2^63 nanoseconds long (292
// years).  What leaves these ranges is an error.  A zone is a name or an offset such as "+01:00".
//
// Layer: cel (pure; preparing a literal zone reads its file).  Tests: tests/cel/time_test.c
#include "cel/fn.h"

#include "base/checked.h"
#include "base/tz.h"

#include <inttypes.h>

#define NANOS 1000000000

static int64_t floor_divide(int64_t n, int64_t by)
{
    return n / by - (n % by < 0);
}

// ---- durations

// Nanoseconds as a duration, V3.
static struct cel_value duration_of(int64_t ns)
{
    int64_t s = floor_divide(ns, NANOS);
    return cel_duration(s, (uint32_t)(ns - s * NANOS));
}

// Out of range when the nanoseconds do not fit.  A duration that a host hands in may not.
static bool nanos_of(struct cel_value d, int64_t *ret_ns)
{
    int64_t ns;
    // Whole seconds towards zero, so that -2^63 nanoseconds fit as well.
    int64_t s = d.i < 0 && d.len ? d.i + 1 : d.i;
    int64_t rest = d.i < 0 && d.len ? (int64_t)d.len - NANOS : (int64_t)d.len;
    return checked_mul(s, NANOS, &ns) && checked_add(ns, rest, ret_ns);
}

static struct cel_value out_of_range(void)
{
    return cel_error(CEL_E_RANGE, "the duration is longer than 292 years");
}

struct unit {
    struct str name;
    int64_t ns;
};

// Longer names before those that begin them.
static const struct unit units[] = {
    {STR("ms"), 1000000},     {STR("us"), 1000}, {STR("\xc2\xb5s"), 1000},
    {STR("\xce\xbcs"), 1000}, {STR("ns"), 1},    {STR("h"), 3600000000000},
    {STR("m"), 60000000000},  {STR("s"), NANOS},
};

static const struct unit *take_unit(struct str *s)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (str_starts(*s, units[i].name)) {
            *s = str_skip(*s, units[i].name.n);
            return &units[i];
        }
    }
    return NULL;
}

static bool take_digit(struct str *s, int64_t *ret_digit)
{
    if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
        return false;
    *ret_digit = s->p[0] - '0';
    *s = str_skip(*s, 1);
    return true;
}

// "1.5h" as nanoseconds; what is finer than one is cut off.
static bool take_part(struct str *s, int64_t *ret_ns)
{
    int64_t whole = 0;
    int64_t fraction = 0;
    int64_t scale = 1;
    int64_t digit;
    bool any = false;
    for (; take_digit(s, &digit); any = true)
        if (!checked_mul(whole, 10, &whole) || !checked_add(whole, digit, &whole))
            return false;
    if (str_starts(*s, STR("."))) {
        *s = str_skip(*s, 1);
        for (; take_digit(s, &digit); any = true) {
            if (scale > INT64_MAX / 100)
                continue;
            fraction = fraction * 10 + digit;
            scale *= 10;
        }
    }
    const struct unit *unit = any ? take_unit(s) : NULL;
    int64_t part;
    if (!unit || !checked_mul(whole, unit->ns, &whole) ||
        !muldiv(fraction, unit->ns, scale, ROUND_FLOOR, &part))
        return false;
    return checked_add(whole, part, ret_ns);
}

bool cel_duration_parse(struct str text, struct cel_value *ret_duration)
{
    bool negative = str_starts(text, STR("-"));
    struct str s = str_skip(text, negative || str_starts(text, STR("+")));
    int64_t sum = 0;
    if (s.n == 0)
        return false;
    if (!str_eq(s, STR("0"))) {
        while (s.n) {
            int64_t part;
            if (!take_part(&s, &part) || !checked_add(sum, part, &sum))
                return false;
        }
    }
    *ret_duration = duration_of(negative ? -sum : sum);
    return true;
}

void cel_duration_put(struct buf *buf, struct cel_value duration)
{
    bool negative = duration.i < 0;
    uint64_t s = negative ? -(uint64_t)duration.i : (uint64_t)duration.i;
    uint32_t ns = duration.len;
    if (negative && ns) {
        s--;
        ns = NANOS - ns;
    }
    buf_printf(buf, "%s%" PRIu64, negative ? "-" : "", s);
    if (ns) {
        int digits = 9;
        for (; ns % 10 == 0; ns /= 10)
            digits--;
        buf_printf(buf, ".%0*" PRIu32, digits, ns);
    }
    buf_char(buf, 's');
}

// ---- arithmetic

struct cel_value cel_fn_duration_add(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    int64_t a;
    int64_t b;
    if (!nanos_of(args[0], &a) || !nanos_of(args[1], &b) || !checked_add(a, b, &a))
        return out_of_range();
    return duration_of(a);
}

struct cel_value cel_fn_duration_subtract(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    int64_t a;
    int64_t b;
    if (!nanos_of(args[0], &a) || !nanos_of(args[1], &b) || !checked_sub(a, b, &a))
        return out_of_range();
    return duration_of(a);
}

// s seconds and ns (-NANOS < ns < 2 * NANOS) as a timestamp.
static struct cel_value timestamp_of(int64_t s, int64_t ns)
{
    s += floor_divide(ns, NANOS);
    ns -= floor_divide(ns, NANOS) * NANOS;
    if (!cel_timestamp_valid(s))
        return cel_error(CEL_E_RANGE, "the time is outside of the years 1 to 9999");
    return cel_timestamp(s, (uint32_t)ns);
}

struct cel_value cel_fn_time_add(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    bool swapped = args[0].tag == CEL_DURATION;
    struct cel_value t = args[swapped];
    struct cel_value d = args[!swapped];
    int64_t s;
    if (!checked_add(t.i, d.i, &s) || !amount_valid(s))
        return out_of_range();
    return timestamp_of(s, (int64_t)t.len + d.len);
}

struct cel_value cel_fn_time_subtract(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    int64_t s;
    if (!checked_sub(args[0].i, args[1].i, &s) || !amount_valid(s))
        return out_of_range();
    return timestamp_of(s, (int64_t)args[0].len - args[1].len);
}

struct cel_value cel_fn_time_between(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    int64_t ns;
    if (!checked_mul(args[0].i - args[1].i, NANOS, &ns) ||
        !checked_add(ns, (int64_t)args[0].len - args[1].len, &ns))
        return out_of_range();
    return duration_of(ns);
}

// ---- zones

struct cel_prepared cel_prepare_zone(struct arena *arena, struct str literal)
{
    const struct tz *tz;
    if (tz_load(arena, literal, &tz) == OK)
        return (struct cel_prepared){.ready = tz};
    struct str text = str_printf(arena, "there is no time zone '%.*s'", STR_FMT(literal));
    return (struct cel_prepared){.refused = text.p};
}

// The zone of a call whose argument n names it, UTC when the call has no such argument.  fixed is
// room for one that is an offset.
static const struct tz *zone_of(struct cel_call *call, const struct cel_value *args, uint32_t n,
                                struct tz *fixed)
{
    if (n >= call->n_args)
        return tz_utc();
    if (call->prepared)
        return call->prepared;
    struct str name = cel_text(args[n]);
    int32_t offset_s;
    if (str_eq(name, STR("UTC")))
        return tz_utc();
    if (tz_parse_offset(name, &offset_s)) {
        *fixed = tz_fixed(offset_s);
        return fixed;
    }
    return call->env ? cel_find_zone(call->env, name) : NULL;
}

static struct cel_value no_zone(struct cel_call *call, struct cel_value name)
{
    int shown = name.len < 64 ? (int)name.len : 64;
    return cel_refuse(call, CEL_E_ZONE, "the time zone '%.*s' is not known here", shown, name.s);
}

// ---- getters

struct local {
    int64_t day;
    int second; // of the day
    struct date date;
};

// False when there is no such zone.
static bool local_of(struct cel_call *call, const struct cel_value *args, struct local *ret_local)
{
    struct tz fixed;
    const struct tz *tz = zone_of(call, args, 1, &fixed);
    if (!tz)
        return false;
    int64_t s = args[0].i + tz_offset_at(tz, args[0].i);
    int64_t day = floor_divide(s, DAY_S);
    *ret_local =
        (struct local){.day = day, .second = (int)(s - day * DAY_S), .date = civil_date(day)};
    return true;
}

enum part {
    FULL_YEAR,
    MONTH_FROM_0,
    MONTH,
    DATE,
    DAY_FROM_0,
    DAY_OF_WEEK,
    DAY_OF_YEAR,
    HOURS,
    MINUTES,
    SECONDS
};

static int64_t part_of(const struct local *local, enum part part)
{
    switch (part) {
    case FULL_YEAR:
        return local->date.year;
    case MONTH_FROM_0:
        return local->date.month - 1;
    case MONTH:
        return local->date.month;
    case DATE:
        return local->date.day;
    case DAY_FROM_0:
        return local->date.day - 1;
    case DAY_OF_WEEK:
        return civil_weekday(local->day);
    case DAY_OF_YEAR:
        return civil_year_day(local->day);
    case HOURS:
        return local->second / 3600;
    case MINUTES:
        return local->second / 60 % 60;
    case SECONDS:
        break;
    }
    return local->second % 60;
}

static struct cel_value get(struct cel_call *call, const struct cel_value *args, enum part part)
{
    struct local local;
    if (!local_of(call, args, &local))
        return no_zone(call, args[1]);
    return cel_int(part_of(&local, part));
}

struct cel_value cel_fn_get_full_year(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, FULL_YEAR);
}

struct cel_value cel_fn_get_month(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, MONTH_FROM_0);
}

struct cel_value cel_fn_month(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, MONTH);
}

struct cel_value cel_fn_get_date(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, DATE);
}

struct cel_value cel_fn_get_day_of_month(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, DAY_FROM_0);
}

struct cel_value cel_fn_get_day_of_week(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, DAY_OF_WEEK);
}

struct cel_value cel_fn_get_day_of_year(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, DAY_OF_YEAR);
}

struct cel_value cel_fn_get_hours(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, HOURS);
}

struct cel_value cel_fn_get_minutes(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, MINUTES);
}

struct cel_value cel_fn_get_seconds(struct cel_call *call, const struct cel_value *args)
{
    return get(call, args, SECONDS);
}

struct cel_value cel_fn_get_milliseconds(struct cel_call *call, const struct cel_value *args)
{
    struct local local;
    if (!local_of(call, args, &local))
        return no_zone(call, args[1]);
    return cel_int(args[0].len / 1000000);
}

// Whole units towards zero.
static struct cel_value duration_in(struct cel_value d, int64_t unit_ns)
{
    int64_t ns;
    return nanos_of(d, &ns) ? cel_int(ns / unit_ns) : out_of_range();
}

struct cel_value cel_fn_duration_hours(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return duration_in(args[0], 3600000000000);
}

struct cel_value cel_fn_duration_minutes(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return duration_in(args[0], 60000000000);
}

struct cel_value cel_fn_duration_seconds(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return duration_in(args[0], NANOS);
}

// What is left of the last second.
struct cel_value cel_fn_duration_milliseconds(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    int64_t ns;
    return nanos_of(args[0], &ns) ? cel_int(ns % NANOS / 1000000) : out_of_range();
}

// ---- the calendar

// t.addMonths(n, zone): the same clock time n months later, on the last day of a month that is too
// short.
struct cel_value cel_fn_add_months(struct cel_call *call, const struct cel_value *args)
{
    struct tz fixed;
    const struct tz *tz = zone_of(call, args, 2, &fixed);
    if (!tz)
        return no_zone(call, args[2]);
    int64_t months = args[1].i;
    if (months < -120000 || months > 120000)
        return cel_error(CEL_E_RANGE, "the time is outside of the years 1 to 9999");
    int64_t local_s = args[0].i + tz_offset_at(tz, args[0].i);
    int64_t day = floor_divide(local_s, DAY_S);
    int64_t moved = civil_day(civil_add_months(civil_date(day), months));
    int64_t s = tz_unix(tz, local_s + (moved - day) * DAY_S, TZ_GAP_SHIFT, TZ_FOLD_FIRST);
    return timestamp_of(s, args[0].len);
}

struct cel_value cel_fn_start_of_day(struct cel_call *call, const struct cel_value *args)
{
    struct tz fixed;
    const struct tz *tz = zone_of(call, args, 1, &fixed);
    if (!tz)
        return no_zone(call, args[1]);
    int64_t local_s = args[0].i + tz_offset_at(tz, args[0].i);
    return timestamp_of(tz_day_start(tz, floor_divide(local_s, DAY_S)), 0);
}

// t.isBirthday("1988-02-29", zone): the local date has the day and month of the birth date.  Who
// was born on 29 February has it on the 28th in other years, as month arithmetic rounds down.
struct cel_value cel_fn_is_birthday(struct cel_call *call, const struct cel_value *args)
{
    struct tz fixed;
    const struct tz *tz = zone_of(call, args, 2, &fixed);
    if (!tz)
        return no_zone(call, args[2]);
    struct date birth;
    if (!civil_parse_date(cel_text(args[1]), &birth))
        return cel_error(CEL_E_ARGUMENT, "a birth date is written as 1988-02-29");
    int64_t local_s = args[0].i + tz_offset_at(tz, args[0].i);
    struct date today = civil_date(floor_divide(local_s, DAY_S));
    if (today.year < birth.year)
        return cel_bool(false);
    int last = civil_month_days(today.year, birth.month);
    int day = birth.day < last ? birth.day : last;
    return cel_bool(today.month == birth.month && today.day == day);
}
