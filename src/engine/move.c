// SPDX-License-Identifier: Apache-2.0
// move.c - the few movements that every decision is made of.
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/scenarios/
#include "engine/move.h"

#include "base/check.h"

enum err move_reason(struct draft *draft, enum reason reason, struct derivation **ret_why)
{
    struct derivation *why = arena_try(draft->decision->arena, sizeof *why);
    if (!why)
        return ERR_MEMORY;
    *why = (struct derivation){.reason = reason, .version = draft->program->version};
    *ret_why = why;
    return OK;
}

static struct lot_filter spendable(const struct draft *draft, int currency)
{
    return (struct lot_filter){.currency = currency, .at_us = draft->at_us};
}

int64_t move_spendable(const struct draft *draft, int currency)
{
    struct lot_filter filter = spendable(draft, currency);
    return lots_sum(&draft->state, &filter);
}

enum err move_debit(struct draft *draft, const struct effect *effect)
{
    CHECK(effect_info(effect->kind)->lots == LOTS_TAKES);
    struct lot_filter filter = spendable(draft, effect->currency);
    struct taking taking = {0};
    enum err e = lots_take(&draft->state, draft->decision->arena, &filter, effect->units, &taking);
    if (e)
        return e;
    CHECK(taking.units == effect->units); // the caller looked before
    struct effect posted = *effect;
    posted.allocations = taking.allocations;
    posted.lots = taking.lots;
    posted.n_allocations = taking.n;
    return draft_post(draft, &posted);
}

enum err move_repay(struct draft *draft, int currency)
{
    int64_t owed = draft->state.wallets[currency].debt;
    if (owed == 0)
        return OK;
    int64_t there = move_spendable(draft, currency);
    int64_t units = owed < there ? owed : there;
    if (units == 0)
        return OK;
    struct derivation *why;
    enum err e = move_reason(draft, REASON_DEBT, &why);
    if (e)
        return e;
    why->before = owed;
    why->after = owed - units;
    struct effect repay = {.kind = EFFECT_REPAY, .currency = currency, .units = units, .why = why};
    return move_debit(draft, &repay);
}

static enum err expire_lot(struct draft *draft, const struct lot *lot)
{
    CHECK(lot->expires_us <= draft->at_us && !lot->pending);
    struct allocation *all = arena_try(draft->decision->arena, sizeof *all);
    struct derivation *why;
    enum err e = move_reason(draft, REASON_EXPIRED, &why);
    if (e || !all)
        return ERR_MEMORY;
    why->until_us = lot->expires_us;
    *all = (struct allocation){.lot_seq = lot->seq, .units = lot->remaining};
    struct effect expire = {
        .kind = EFFECT_EXPIRE,
        .currency = lot->currency,
        .units = lot->remaining,
        .order_id = lot->order_id,
        .ref_seq = lot->seq,
        .allocations = all,
        .n_allocations = 1,
        .why = why,
    };
    return draft_post(draft, &expire);
}

enum err move_expire(struct draft *draft)
{
    // An expired lot is gone afterwards, so the place i has the next one.
    for (size_t i = 0; i < draft->state.n_lots;) {
        const struct lot *lot = &draft->state.lots[i];
        if (lot->expires_us > draft->at_us)
            break; // S2: all that follow last longer
        if (lot->pending) {
            i++; // its activation is due first
            continue;
        }
        enum err e = expire_lot(draft, lot);
        if (e)
            return e;
    }
    return OK;
}

enum err move_credit(struct draft *draft, const struct effect *effect)
{
    CHECK(effect_info(effect->kind)->lots == LOTS_OPENS);
    enum err e = draft_post(draft, effect);
    if (e || effect->kind == EFFECT_EARN_PENDING)
        return e;
    e = move_expire(draft); // M2
    if (!e)
        e = move_repay(draft, effect->currency); // M1
    return e;
}

enum err move_back(struct draft *draft, const struct effect *effect)
{
    CHECK(effect_info(effect->kind)->lots == LOTS_RETURNS);
    enum err e = draft_post(draft, effect);
    if (!e)
        e = move_expire(draft); // M2
    if (!e)
        e = move_repay(draft, effect->currency); // M1
    return e;
}
