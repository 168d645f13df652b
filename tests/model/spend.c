// SPDX-License-Identifier: Apache-2.0
// spend.c - rewards, holds, reversals and corrections by hand.  See model.h.
#include "model/model.h"

#include <stdio.h>

static uint64_t reward_key(const struct program_reward *reward, enum limit_scope scope, int member)
{
    char name[160];
    snprintf(name, sizeof name, "reward:%.*s", STR_FMT(reward->id));
    return model_key(scope, member, STR_NONE, name, 0);
}

static void count_reward(struct model *model, const struct program_reward *reward, int member,
                         int64_t delta)
{
    model_count(model, reward_key(reward, LIMIT_MEMBER, member), delta);
    model_count(model, reward_key(reward, LIMIT_PROGRAM, member), delta);
}

static enum err check_reward(const struct model *model, int member,
                             const struct program_reward *reward, int64_t at_us)
{
    if (at_us < reward->active_from_us)
        return ERR_NOT_YET_VALID;
    if (at_us >= reward->active_until_us)
        return ERR_EXPIRED;
    int64_t all = model_counted(model, model->n_counts, reward_key(reward, LIMIT_PROGRAM, member));
    if (reward->stock > 0 && all >= reward->stock)
        return ERR_OUT_OF_STOCK;
    int64_t mine = model_counted(model, model->n_counts, reward_key(reward, LIMIT_MEMBER, member));
    if (reward->per_member > 0 && mine >= reward->per_member)
        return ERR_MEMBER_LIMIT_REACHED;
    for (size_t i = 0; i < reward->n_costs; i++)
        if (model_wallet(model, member, reward->costs[i].currency).available <
            reward->costs[i].units)
            return ERR_INSUFFICIENT_BALANCE;
    return OK;
}

enum err model_redeem(struct model *model, int member, const struct program *program, int index,
                      int64_t at_us, int64_t hold_until_us, int *ret_redemption)
{
    const struct program_reward *reward = &program->rewards[index];
    enum err e = check_reward(model, member, reward, at_us);
    if (e)
        return e;
    int redemption = model->n_redemptions++;
    model->redemptions[redemption] = (struct model_redemption){.member = member,
                                                               .reward = index,
                                                               .program = program,
                                                               .hold_until_us = hold_until_us};
    enum model_kind kind = hold_until_us != 0 ? MODEL_HOLD : MODEL_REDEEM;
    for (size_t i = 0; i < reward->n_costs; i++) {
        const struct reward_cost *cost = &reward->costs[i];
        struct model_taking taking = {.member = member,
                                      .currency = cost->currency,
                                      .kind = kind,
                                      .at_us = at_us,
                                      .order = -1,
                                      .redemption = redemption};
        CHECK(model_take(model, taking, cost->units) == cost->units);
    }
    count_reward(model, reward, member, 1);
    *ret_redemption = redemption;
    return OK;
}

static const struct program_reward *reward_of(const struct model *model, int redemption)
{
    const struct model_redemption *it = &model->redemptions[redemption];
    return &it->program->rewards[it->reward];
}

enum err model_capture(struct model *model, int redemption, int64_t at_us)
{
    if (model_held(model, redemption, -1) == 0)
        return ERR_HOLD_ENDED;
    for (int i = 0, n = model->n_entries; i < n; i++) {
        const struct model_entry *hold = &model->entries[i];
        if (hold->kind != MODEL_HOLD || hold->redemption != redemption)
            continue;
        struct model_entry *entry =
            model_add(model, hold->member, hold->currency, MODEL_CAPTURE, hold->units, at_us);
        entry->ref = i;
        entry->redemption = redemption;
    }
    return OK;
}

// Gives back to the lots what this entry had taken; units of a lot that is over expire at once.
static void give_back(struct model *model, int taker, enum model_kind kind, int64_t at_us)
{
    const struct model_entry from = model->entries[taker];
    struct model_entry *entry =
        model_add(model, from.member, from.currency, kind, from.units, at_us);
    entry->ref = taker;
    entry->redemption = from.redemption;
    entry->n_takes = from.n_takes;
    for (int i = 0; i < from.n_takes; i++)
        model->takes[model->n_takes++] = model->takes[from.take + i];
    for (int i = 0; i < from.n_takes; i++) {
        int lot = model->takes[from.take + i].lot;
        if (model->entries[lot].expires_us <= at_us && model_left(model, lot) > 0)
            model_expire(model, lot, at_us);
    }
    model_repay(model, from.member, from.currency, from.units, at_us);
}

enum err model_release(struct model *model, int redemption, int64_t at_us)
{
    if (model_held(model, redemption, -1) == 0)
        return ERR_HOLD_ENDED;
    for (int i = 0, n = model->n_entries; i < n; i++)
        if (model->entries[i].kind == MODEL_HOLD && model->entries[i].redemption == redemption)
            give_back(model, i, MODEL_RELEASE, at_us);
    count_reward(model, reward_of(model, redemption), model->redemptions[redemption].member, -1);
    return OK;
}

enum err model_reverse(struct model *model, int redemption, int64_t at_us)
{
    int n = model->n_entries;
    bool spent = false;
    for (int i = 0; i < n; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->redemption != redemption)
            continue;
        if (entry->kind == MODEL_RETURN)
            return ERR_ALREADY_REVERSED;
        spent = spent || entry->kind == MODEL_REDEEM || entry->kind == MODEL_CAPTURE;
    }
    if (!spent)
        return ERR_NOT_REVERSIBLE;
    for (int i = 0; i < n; i++) {
        const struct model_entry *entry = &model->entries[i];
        if (entry->redemption == redemption &&
            (entry->kind == MODEL_REDEEM || entry->kind == MODEL_HOLD))
            give_back(model, i, MODEL_RETURN, at_us);
    }
    count_reward(model, reward_of(model, redemption), model->redemptions[redemption].member, -1);
    return OK;
}

enum err model_adjust(struct model *model, int member, const struct program *program, int currency,
                      int64_t units, int64_t at_us)
{
    if (units > 0) {
        struct model_entry *entry =
            model_add(model, member, currency, MODEL_ADJUST_UP, units, at_us);
        entry->activates_us = at_us;
        entry->expires_us = model_expiry(program, &program->currencies[currency].expiry, at_us);
        model_repay(model, member, currency, units, at_us);
        return OK;
    }
    if (model_wallet(model, member, currency).available < -units)
        return ERR_INSUFFICIENT_BALANCE;
    struct model_taking taking = {.member = member,
                                  .currency = currency,
                                  .kind = MODEL_ADJUST_DOWN,
                                  .at_us = at_us,
                                  .order = -1,
                                  .redemption = -1};
    model_take(model, taking, -units);
    return OK;
}
