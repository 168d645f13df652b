// SPDX-License-Identifier: Apache-2.0
// draft.c - a decision in the making.
//
// Layer: engine (pure).  Tests: tests/engine/bounds_test.c, tests/engine/laws_test.c
#include "engine/draft.h"

#include "base/check.h"
#include "base/checked.h"
#include "engine/grow.h"

#include <string.h>

// A copy with room for more.
static void *copied(struct arena *arena, const void *items, size_t n, size_t more, size_t size)
{
    void *copy = arena_try_array(arena, n + more, size);
    if (copy && n)
        memcpy(copy, items, n * size);
    return copy;
}

static enum err copy_state(struct member_state *copy, struct arena *arena, size_t n_effects)
{
    copy->arena = arena;
    copy->wallets = copied(arena, copy->wallets, copy->n_wallets, 0, sizeof *copy->wallets);
    copy->lots = copied(arena, copy->lots, copy->n_lots, n_effects, sizeof *copy->lots);
    copy->holds = copied(arena, copy->holds, copy->n_holds, 0, sizeof *copy->holds);
    copy->room_lots = copy->n_lots + n_effects;
    copy->room_holds = copy->n_holds;
    return copy->wallets && copy->lots && copy->holds ? OK : ERR_MEMORY;
}

static bool has_currency(const struct member_state *state, int currency)
{
    return currency >= 0 && (size_t)currency < state->n_wallets;
}

// S2, S3, and no currency that there is not.
static bool lots_agree(const struct member_state *state)
{
    for (size_t i = 0; i < state->n_holds; i++) {
        if (!has_currency(state, state->holds[i].currency))
            return false;
    }
    for (size_t i = 0; i < state->n_lots; i++) {
        const struct lot *lot = &state->lots[i];
        if (lot->remaining <= 0 || lot->remaining > lot->units ||
            !has_currency(state, lot->currency))
            return false;
        if (i > 0 && state->lots[i - 1].expires_us > lot->expires_us)
            return false;
    }
    return true;
}

// S1: the wallet is what its lots and holds say.
static bool wallet_agrees(const struct member_state *state, int currency)
{
    struct wallet sum = state->wallets[currency];
    bool in_range = amount_valid(sum.available) && amount_valid(sum.pending) &&
                    amount_valid(sum.held) && sum.debt >= 0 && amount_valid(sum.debt);
    for (size_t i = 0; in_range && i < state->n_lots; i++) {
        const struct lot *lot = &state->lots[i];
        if (lot->currency == currency)
            *(lot->pending ? &sum.pending : &sum.available) -= lot->remaining;
    }
    for (size_t i = 0; in_range && i < state->n_holds; i++) {
        if (state->holds[i].currency == currency)
            sum.held -= state->holds[i].units;
    }
    return in_range && sum.available == 0 && sum.pending == 0 && sum.held == 0;
}

// What was loaded may be damaged; from here on a contradiction is a bug of ours.
static bool agrees(const struct member_state *state)
{
    bool agree = lots_agree(state);
    for (size_t i = 0; agree && i < state->n_wallets; i++)
        agree = wallet_agrees(state, (int)i);
    return agree;
}

enum err draft_begin(struct draft *draft, const struct program *program,
                     const struct member_state *state, int64_t at_us, size_t n_effects,
                     struct decision *decision)
{
    CHECK(decision->n_effects == 0 && decision->n_counters == 0);
    CHECK(state->n_wallets == program->n_currencies);
    *draft =
        (struct draft){.program = program, .decision = decision, .state = *state, .at_us = at_us};
    decision->effects = arena_try_array(decision->arena, n_effects, sizeof *decision->effects);
    decision->room_effects = n_effects;
    enum err e = agrees(state) ? OK : ERR_STORE_CORRUPT; // D3
    if (!e)
        e = copy_state(&draft->state, decision->arena, n_effects);
    if (!decision->effects)
        e = ERR_MEMORY;
    return e;
}

enum err draft_post(struct draft *draft, const struct effect *effect)
{
    struct decision *decision = draft->decision;
    CHECK(effect->why); // every unit is explained
    CHECK(effect->seq == 0);
    struct effect *list = grown(decision->arena, decision->effects, decision->n_effects,
                                &decision->room_effects, sizeof *list);
    if (!list)
        return ERR_MEMORY;
    decision->effects = list;
    struct effect *posted = &list[decision->n_effects++];
    *posted = *effect;
    posted->seq = draft->state.last_seq + 1;
    posted->effective_us = draft->at_us;
    return ledger_carry_out(&draft->state, posted);
}

// The change, cut so that the member's counter stays at 0 or above.
static enum err bounded(const struct draft *draft, const struct counter_change *change,
                        int64_t *ret_delta)
{
    *ret_delta = change->delta;
    if (change->owner != LIMIT_MEMBER)
        return OK;
    int64_t value = counters_get(&draft->state.counters, change->name, change->period);
    if (*ret_delta < -value)
        *ret_delta = -value;
    return amount_valid(value + *ret_delta) ? OK : ERR_OUT_OF_RANGE;
}

enum err draft_count(struct draft *draft, const struct counter_change *change)
{
    struct decision *decision = draft->decision;
    if (arena_overflowed(decision->arena))
        return ERR_MEMORY; // the name may have been cut
    CHECK(change->name.n > 0);
    CHECK(amount_valid(change->delta));
    int64_t delta;
    enum err e = bounded(draft, change, &delta);
    if (e || delta == 0)
        return e;
    struct counter_change *list = grown(decision->arena, decision->counters, decision->n_counters,
                                        &decision->room_counters, sizeof *list);
    if (!list)
        return ERR_MEMORY;
    decision->counters = list;
    list[decision->n_counters] = *change;
    list[decision->n_counters++].delta = delta;
    return OK;
}

enum err draft_count_member(struct draft *draft, struct str name, int64_t delta)
{
    struct counter_change change = {.owner = LIMIT_MEMBER, .name = name, .delta = delta};
    return draft_count(draft, &change);
}

enum err draft_end(struct draft *draft, enum err e)
{
    struct decision *decision = draft->decision;
    if (!e && arena_overflowed(decision->arena))
        e = ERR_MEMORY;
    if (e)
        decision_init(decision, decision->arena); // D2
    return e;
}
