// SPDX-License-Identifier: Apache-2.0
// advance.c - time is an event: what falls due between then and now.
//
// Instant after instant; at one instant activation, then expiry, then the end of holds, so that the
// outcome does not depend on how often anybody looked.
//
// Layer: engine (pure).  Tests: tests/engine/instants_test.c, laws_test.c, tests/scenarios/
#include "base/check.h"
#include "engine/engine.h"
#include "engine/redeem.h"

static int64_t due(const struct lot *lot)
{
    return lot->pending ? lot->activates_us : lot->expires_us;
}

int64_t engine_next_due(const struct member_state *state)
{
    int64_t next = NEVER_US;
    for (size_t i = 0; i < state->n_lots; i++) {
        if (due(&state->lots[i]) < next)
            next = due(&state->lots[i]);
    }
    for (size_t i = 0; i < state->n_holds; i++) {
        if (state->holds[i].expires_us < next)
            next = state->holds[i].expires_us;
    }
    return next;
}

static enum err activate(struct draft *draft, const struct lot *lot)
{
    struct derivation *why;
    enum err e = move_reason(draft, REASON_ACTIVATED, &why);
    if (e)
        return e;
    struct effect effect = {
        .kind = EFFECT_ACTIVATE,
        .currency = lot->currency,
        .units = lot->remaining,
        .order_id = lot->order_id,
        .ref_seq = lot->seq,
        .why = why,
    };
    return draft_post(draft, &effect);
}

// The pending lot that was opened first among those due, or NULL.
static const struct lot *next_pending(const struct draft *draft)
{
    const struct lot *next = NULL;
    for (size_t i = 0; i < draft->state.n_lots; i++) {
        const struct lot *lot = &draft->state.lots[i];
        if (lot->pending && lot->activates_us <= draft->at_us && (!next || lot->seq < next->seq))
            next = lot;
    }
    return next;
}

static enum err activate_due(struct draft *draft)
{
    for (const struct lot *lot; (lot = next_pending(draft));) {
        int currency = lot->currency;
        enum err e = activate(draft, lot);
        if (!e)
            e = move_repay(draft, currency);
        if (e)
            return e;
    }
    return OK;
}

static const struct hold *next_hold(const struct draft *draft)
{
    for (size_t i = 0; i < draft->state.n_holds; i++) {
        if (draft->state.holds[i].expires_us <= draft->at_us)
            return &draft->state.holds[i];
    }
    return NULL;
}

static enum err release_due(struct draft *draft)
{
    for (const struct hold *hold; (hold = next_hold(draft));) {
        enum err e = redeem_release(draft, hold->redemption_id, REASON_HOLD_EXPIRED);
        if (e)
            return e;
    }
    return OK;
}

enum err engine_advance(const struct program *program, const struct member_state *state,
                        int64_t to_us, struct decision *decision)
{
    int64_t next = engine_next_due(state);
    if (next > to_us || next == NEVER_US)
        return OK; // the usual case copies nothing
    struct draft draft;
    enum err e = draft_begin(&draft, program, state, next, 1, decision);
    while (!e && next <= to_us && next != NEVER_US) {
        CHECK(next >= draft.at_us); // time goes one way
        draft.at_us = next;
        e = activate_due(&draft);
        if (!e)
            e = move_expire(&draft);
        if (!e)
            e = release_due(&draft);
        next = engine_next_due(&draft.state);
        CHECK(e || next > draft.at_us);
    }
    return draft_end(&draft, e);
}

void engine_apply(struct member_state *state, const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_effects; i++) {
        enum err e = ledger_carry_out(state, &decision->effects[i]);
        CHECK(!e || (e == ERR_MEMORY && arena_overflowed(state->arena))); // N2
        if (e)
            return;
    }
    for (size_t i = 0; i < decision->n_counters; i++) {
        const struct counter_change *change = &decision->counters[i];
        if (change->owner == LIMIT_MEMBER)
            counters_add(&state->counters, state->arena, change->name, change->period,
                         change->delta);
    }
}
