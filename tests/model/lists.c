// SPDX-License-Identifier: Apache-2.0
// lists.c - the lists that grow, and everything that is added up from them.  See model.h.
#include "model/model.h"

#include <string.h>

static void *room_for(struct arena *arena, int n, size_t size)
{
    void *list = arena_try_array(arena, (size_t)n, size);
    CHECK(list != NULL);
    return list;
}

void model_init(struct model *model, struct arena *arena, int room)
{
    *model = (struct model){.arena = arena};
    model->members = room_for(arena, room, sizeof *model->members);
    model->events = room_for(arena, room, sizeof *model->events);
    model->entries = room_for(arena, room * 8, sizeof *model->entries);
    model->takes = room_for(arena, room * 32, sizeof *model->takes);
    model->counts = room_for(arena, room * 16, sizeof *model->counts);
    model->redemptions = room_for(arena, room, sizeof *model->redemptions);
}

int model_enrol(struct model *model, int64_t at_us)
{
    model->members[model->n_members] = (struct model_member){.enrolled_us = at_us};
    return model->n_members++;
}

// ---- counts

static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
    return hash;
}

uint64_t model_key(enum limit_scope scope, int member, struct str store, const char *name,
                   int64_t period)
{
    uint64_t hash = mix(14695981039346656037u, &scope, sizeof scope);
    if (scope == LIMIT_MEMBER)
        hash = mix(hash, &member, sizeof member);
    if (scope == LIMIT_STORE)
        hash = mix(hash, store.p, store.n);
    hash = mix(hash, name, strlen(name) + 1);
    return mix(hash, &period, sizeof period);
}

int64_t model_counted(const struct model *model, int n_counts, uint64_t key)
{
    int64_t sum = 0;
    for (int i = 0; i < n_counts; i++)
        if (model->counts[i].key == key)
            sum += model->counts[i].delta;
    return sum;
}

void model_count(struct model *model, uint64_t key, int64_t delta)
{
    if (delta != 0)
        model->counts[model->n_counts++] = (struct model_count){key, delta};
}

// ---- entries

struct model_entry *model_add(struct model *model, int member, int currency, enum model_kind kind,
                              int64_t units, int64_t at_us)
{
    struct model_entry *entry = &model->entries[model->n_entries++];
    *entry = (struct model_entry){.member = member,
                                  .currency = currency,
                                  .kind = kind,
                                  .units = units,
                                  .at_us = at_us,
                                  .order = -1,
                                  .redemption = -1,
                                  .ref = -1,
                                  .take = model->n_takes};
    return entry;
}

static bool opens_lot(const struct model_entry *entry)
{
    return entry->kind == MODEL_EARN || entry->kind == MODEL_EARN_PENDING ||
           entry->kind == MODEL_ADJUST_UP;
}

int64_t model_left(const struct model *model, int lot)
{
    int64_t left = model->entries[lot].units;
    for (int i = lot + 1; i < model->n_entries; i++) {
        const struct model_entry *entry = &model->entries[i];
        bool returns = entry->kind == MODEL_RELEASE || entry->kind == MODEL_RETURN;
        for (int t = entry->take; t < entry->take + entry->n_takes; t++)
            if (model->takes[t].lot == lot)
                left += returns ? model->takes[t].units : -model->takes[t].units;
    }
    return left;
}

bool model_is_pending(const struct model *model, int lot)
{
    if (model->entries[lot].kind != MODEL_EARN_PENDING)
        return false;
    for (int i = lot + 1; i < model->n_entries; i++)
        if (model->entries[i].kind == MODEL_ACTIVATE && model->entries[i].ref == lot)
            return false;
    return true;
}

static bool is_before(const struct lot *a, const struct lot *b)
{
    if (a->expires_us != b->expires_us)
        return a->expires_us < b->expires_us;
    if (a->activates_us != b->activates_us)
        return a->activates_us < b->activates_us;
    return a->seq < b->seq;
}

int model_lots(const struct model *model, int member, struct lot *lots, int room)
{
    int n = 0;
    for (int i = 0; i < model->n_entries; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->member != member || !opens_lot(entry) || model_left(model, i) == 0)
            continue;
        struct lot lot = {.seq = i,
                          .currency = entry->currency,
                          .units = entry->units,
                          .remaining = model_left(model, i),
                          .pending = model_is_pending(model, i),
                          .activates_us = entry->activates_us,
                          .expires_us = entry->expires_us};
        if (entry->order >= 0)
            lot.order_id = model->events[entry->order].event->id;
        CHECK(n < room);
        int at = n++;
        for (; at > 0 && is_before(&lot, &lots[at - 1]); at--)
            lots[at] = lots[at - 1];
        lots[at] = lot;
    }
    return n;
}

// ---- sums

// What an entry of this kind does to the four accounts of a member: -1, 0 or +1 of its units.
static int64_t moves(enum model_kind kind, enum account account)
{
    static const struct {
        enum account debit, credit;
    } kinds[MODEL_KINDS] = {
#define EFFECT(number, name, code, debit, credit, lots)                                            \
    [number] = {ACCOUNT_##debit, ACCOUNT_##credit},
#include "effects.def"
#undef EFFECT
    };
    return (kinds[kind].credit == account) - (kinds[kind].debit == account);
}

static int64_t account_sum(const struct model *model, int member, int currency,
                           enum account account)
{
    int64_t sum = 0;
    for (int i = 0; i < model->n_entries; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->member == member && entry->currency == currency)
            sum += moves(entry->kind, account) * entry->units;
    }
    return sum;
}

struct wallet model_wallet(const struct model *model, int member, int currency)
{
    return (struct wallet){
        .available = account_sum(model, member, currency, ACCOUNT_AVAILABLE),
        .pending = account_sum(model, member, currency, ACCOUNT_PENDING),
        .held = account_sum(model, member, currency, ACCOUNT_HELD),
        // The member's account goes below zero by what is owed.
        .debt = -account_sum(model, member, currency, ACCOUNT_DEBT),
    };
}

int64_t model_total(const struct model *model, int member, int currency, enum model_kind kind)
{
    int64_t sum = 0;
    for (int i = 0; i < model->n_entries; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->member == member && entry->currency == currency && entry->kind == kind)
            sum += entry->units;
    }
    return sum;
}

// ---- taking

int64_t model_take(struct model *model, struct model_taking taking, int64_t units)
{
    struct lot lots[1024];
    int n = model_lots(model, taking.member, lots, 1024);
    int64_t left = units;
    int first = model->n_takes, n_takes = 0;
    for (int i = 0; i < n && left > 0; i++) {
        const struct lot *lot = &lots[i];
        if (lot->currency != taking.currency || lot->pending != taking.pending ||
            (taking.order >= 0 && model->entries[lot->seq].order != taking.order))
            continue;
        int64_t taken = lot->remaining < left ? lot->remaining : left;
        model->takes[first + n_takes++] = (struct model_take){(int)lot->seq, taken};
        left -= taken;
    }
    if (left == units)
        return 0;
    struct model_entry *entry =
        model_add(model, taking.member, taking.currency, taking.kind, units - left, taking.at_us);
    entry->take = first;
    entry->n_takes = n_takes;
    entry->redemption = taking.redemption;
    entry->order = taking.order;
    model->n_takes += n_takes;
    return units - left;
}

// What became available pays debt first.
void model_repay(struct model *model, int member, int currency, int64_t units, int64_t at_us)
{
    int64_t debt = model_wallet(model, member, currency).debt;
    int64_t available = model_wallet(model, member, currency).available;
    if (units > debt)
        units = debt;
    if (units > available)
        units = available;
    if (units > 0)
        model_take(model,
                   (struct model_taking){.member = member,
                                         .currency = currency,
                                         .kind = MODEL_REPAY,
                                         .at_us = at_us,
                                         .order = -1,
                                         .redemption = -1},
                   units);
}
