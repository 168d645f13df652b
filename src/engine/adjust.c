// SPDX-License-Identifier: Apache-2.0
// adjust.c - a correction by hand, with the reason somebody gave.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/bounds_test.c
#include "base/check.h"
#include "base/checked.h"
#include "engine/engine.h"
#include "engine/expiry.h"
#include "engine/move.h"

static enum err adjust_up(struct draft *draft, struct effect *effect)
{
    const struct program_currency *currency = &draft->program->currencies[effect->currency];
    effect->kind = EFFECT_ADJUST_UP;
    effect->activates_us = draft->at_us;
    enum err e =
        expiry_instant(draft->program->tz, &currency->expiry, draft->at_us, &effect->expires_us);
    return e ? e : move_credit(draft, effect);
}

static enum err adjust_down(struct draft *draft, struct effect *effect)
{
    effect->kind = EFFECT_ADJUST_DOWN;
    effect->units = -effect->units;
    CHECK(effect->units > 0);
    if (move_spendable(draft, effect->currency) < effect->units)
        return ERR_INSUFFICIENT_BALANCE;
    return move_debit(draft, effect);
}

enum err engine_decide_adjust(const struct program *program, const struct member_state *state,
                              int currency, int64_t units, struct str note, int64_t at_us,
                              struct decision *decision)
{
    CHECK(currency >= 0 && (size_t)currency < program->n_currencies);
    CHECK(units != 0);
    if (!amount_valid(units))
        return ERR_OUT_OF_RANGE;
    struct draft draft;
    struct derivation *why = NULL;
    enum err e = draft_begin(&draft, program, state, at_us, 1, decision);
    if (!e)
        e = move_reason(&draft, REASON_ADJUSTMENT, &why);
    if (!e) {
        why->note = note;
        struct effect effect = {.currency = currency, .units = units, .why = why};
        e = units > 0 ? adjust_up(&draft, &effect) : adjust_down(&draft, &effect);
    }
    return draft_end(&draft, e);
}
