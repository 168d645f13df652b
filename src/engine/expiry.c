// SPDX-License-Identifier: Apache-2.0
// expiry.c - until when units can be spent.
//
// Layer: engine (pure).  Tests: tests/engine/expiry_test.c
#include "engine/expiry.h"

#include "base/check.h"
#include "engine/state.h"

static enum calendar_unit rounded_to(enum expiry_round round)
{
    switch (round) {
    case EXPIRY_EXACT:
        return CALENDAR_DAY;
    case EXPIRY_MONTH:
        return CALENDAR_MONTH;
    case EXPIRY_QUARTER:
        return CALENDAR_QUARTER;
    case EXPIRY_HALF_YEAR:
        return CALENDAR_HALF_YEAR;
    case EXPIRY_YEAR:
        return CALENDAR_YEAR;
    }
    CHECK(false);
}

// The date in that year; 29 February and the 31st give way to the last day of a shorter month.
static struct date date_in(int64_t year, struct month_day last)
{
    int days = civil_month_days(year, last.month);
    return (struct date){year, last.month, last.day < days ? last.day : days};
}

// The first of the dates that is not before that day.
static struct date next_date(const struct expiry *expiry, struct date from)
{
    CHECK(expiry->n_dates > 0);
    for (size_t i = 0; i < expiry->n_dates; i++) {
        struct date date = date_in(from.year, expiry->dates[i]);
        if (civil_day(date) >= civil_day(from))
            return date;
    }
    return date_in(from.year + 1, expiry->dates[0]);
}

enum err expiry_instant(const struct tz *tz, const struct expiry *expiry, int64_t activates_us,
                        int64_t *ret_expires_us)
{
    if (expiry->policy == EXPIRY_NONE) {
        *ret_expires_us = NEVER_US;
        return OK;
    }
    int64_t last_us;
    enum err e = calendar_add(tz, activates_us, expiry->after, &last_us);
    if (e)
        return e;
    if (expiry->policy == EXPIRY_CALENDAR) {
        struct date last = next_date(expiry, calendar_date(tz, last_us));
        if (last.year > 9998) // the day after must exist
            return ERR_OUT_OF_RANGE;
        last_us = calendar_at(tz, last);
        *ret_expires_us = calendar_end(tz, last_us, CALENDAR_DAY);
    } else {
        *ret_expires_us = calendar_end(tz, last_us, rounded_to(expiry->round));
    }
    CHECK(*ret_expires_us > activates_us); // E2
    return OK;
}
