// SPDX-License-Identifier: Apache-2.0
// time.c - what becomes due by itself, and when units expire.  See model.h.
#include "model/model.h"

// The day that contains the end of the period is the last valid one; so is the month, the
// quarter...
int64_t model_expiry(const struct program *program, const struct expiry *expiry,
                     int64_t activates_us)
{
    static const enum calendar_unit units[] = {CALENDAR_DAY, CALENDAR_MONTH, CALENDAR_QUARTER,
                                               CALENDAR_HALF_YEAR, CALENDAR_YEAR};
    int64_t last_us;
    if (expiry->policy == EXPIRY_NONE)
        return NEVER_US;
    CHECK(calendar_add(program->tz, activates_us, expiry->after, &last_us) == OK);
    if (expiry->policy == EXPIRY_ROLLING)
        return calendar_end(program->tz, last_us, units[expiry->round]);
    for (int64_t day = civil_day(calendar_date(program->tz, last_us));; day++) {
        struct date date = civil_date(day);
        for (size_t i = 0; i < expiry->n_dates; i++) {
            int last = civil_month_days(date.year, expiry->dates[i].month);
            if (expiry->dates[i].month == date.month &&
                date.day == (expiry->dates[i].day < last ? expiry->dates[i].day : last))
                return calendar_at(program->tz, civil_date(day + 1));
        }
    }
}

// The hold of this entry is over: captured, or given back.
static bool has_ended(const struct model *model, int hold)
{
    for (int i = hold + 1; i < model->n_entries; i++)
        if (model->entries[i].ref == hold &&
            (model->entries[i].kind == MODEL_CAPTURE || model->entries[i].kind == MODEL_RELEASE))
            return true;
    return false;
}

int64_t model_held(const struct model *model, int redemption, int currency)
{
    int64_t held = 0;
    for (int i = 0; i < model->n_entries; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->kind == MODEL_HOLD && entry->redemption == redemption &&
            (currency < 0 || entry->currency == currency) && !has_ended(model, i))
            held += entry->units;
    }
    return held;
}

// What is due first: the instant and a rank inside it, so that the smallest comes first.
struct due {
    int64_t at_us;
    int rank; // 0 activate, 1 expire, 2 end of a hold
    int entry;
};

static void consider(struct due *first, int64_t at_us, int rank, int entry)
{
    if (at_us < first->at_us ||
        (at_us == first->at_us &&
         (rank < first->rank || (rank == first->rank && entry < first->entry))))
        *first = (struct due){at_us, rank, entry};
}

static struct due find_due(const struct model *model, int member)
{
    struct due first = {NEVER_US, 9, -1};
    struct lot lots[1024];
    int n = model_lots(model, member, lots, 1024);
    for (int i = 0; i < n; i++) {
        if (lots[i].pending)
            consider(&first, lots[i].activates_us, 0, (int)lots[i].seq);
        else
            consider(&first, lots[i].expires_us, 1, (int)lots[i].seq);
    }
    for (int i = 0; i < model->n_entries; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->kind == MODEL_HOLD && entry->member == member && !has_ended(model, i))
            consider(&first, model->redemptions[entry->redemption].hold_until_us, 2,
                     entry->redemption);
    }
    return first;
}

void model_expire(struct model *model, int lot, int64_t at_us)
{
    const struct model_entry *from = &model->entries[lot];
    struct model_entry *entry =
        model_add(model, from->member, from->currency, MODEL_EXPIRE, model_left(model, lot), at_us);
    model->takes[model->n_takes++] = (struct model_take){lot, entry->units};
    entry->n_takes = 1;
}

void model_advance(struct model *model, int member, int64_t to_us)
{
    for (;;) {
        struct due due = find_due(model, member);
        if (due.entry < 0 || due.at_us > to_us)
            return;
        if (due.rank == 0) {
            int64_t units = model_left(model, due.entry);
            int currency = model->entries[due.entry].currency;
            model_add(model, member, currency, MODEL_ACTIVATE, units, due.at_us)->ref = due.entry;
            model_repay(model, member, currency, units, due.at_us);
        } else if (due.rank == 1) {
            model_expire(model, due.entry, due.at_us);
        } else {
            CHECK(model_release(model, due.entry, due.at_us) == OK);
        }
    }
}
