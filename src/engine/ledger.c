// SPDX-License-Identifier: Apache-2.0
// ledger.c - what one effect does to a member: wallet, lots, holds, sequence.
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/scenarios/
#include "engine/ledger.h"

#include "base/check.h"
#include "base/checked.h"
#include "engine/grow.h"

#include <string.h>

// ---- accounts

static enum err change(int64_t *balance, int64_t units)
{
    int64_t sum;
    enum err e = amount_add(*balance, units, &sum);
    if (e)
        return e;
    CHECK(sum >= 0); // S1
    *balance = sum;
    return OK;
}

// Units arrive in the account (or leave it, when negative).
static enum err move(struct wallet *wallet, enum account account, int64_t units)
{
    switch (account) {
    case ACCOUNT_AVAILABLE:
        return change(&wallet->available, units);
    case ACCOUNT_PENDING:
        return change(&wallet->pending, units);
    case ACCOUNT_HELD:
        return change(&wallet->held, units);
    case ACCOUNT_DEBT:
        return change(&wallet->debt, -units); // the account's balance is what is owed, negative
    case ACCOUNT_ISSUANCE:
    case ACCOUNT_REDEMPTION:
    case ACCOUNT_BREAKAGE:
    case ACCOUNT_ADJUSTMENT:
    case ACCOUNT_TRANSFER:
        return OK; // the other side, not the member's
    }
    CHECK(false);
}

// ---- lots

struct lot *ledger_lot(const struct member_state *state, int64_t seq)
{
    for (size_t i = 0; i < state->n_lots; i++) {
        if (state->lots[i].seq == seq)
            return &state->lots[i];
    }
    return NULL;
}

static bool consumed_before(const struct lot *a, const struct lot *b) // S2
{
    if (a->expires_us != b->expires_us)
        return a->expires_us < b->expires_us;
    if (a->activates_us != b->activates_us)
        return a->activates_us < b->activates_us;
    return a->seq < b->seq;
}

static enum err insert_lot(struct member_state *state, const struct lot *lot)
{
    CHECK(lot->remaining > 0 && lot->remaining <= lot->units); // L2
    struct lot *lots =
        grown(state->arena, state->lots, state->n_lots, &state->room_lots, sizeof *lots);
    if (!lots)
        return ERR_MEMORY;
    size_t at = state->n_lots;
    while (at > 0 && consumed_before(lot, &lots[at - 1]))
        at--;
    memmove(&lots[at + 1], &lots[at], (state->n_lots - at) * sizeof *lots);
    lots[at] = *lot;
    state->lots = lots;
    state->n_lots++;
    return OK;
}

static void remove_lot(struct member_state *state, struct lot *lot)
{
    size_t at = (size_t)(lot - state->lots);
    CHECK(at < state->n_lots);
    state->n_lots--;
    memmove(lot, lot + 1, (state->n_lots - at) * sizeof *lot);
}

static enum err open_lot(struct member_state *state, const struct effect *effect)
{
    CHECK(effect->expires_us > effect->activates_us);
    struct lot lot = {
        .seq = effect->seq,
        .currency = effect->currency,
        .units = effect->units,
        .remaining = effect->units,
        .pending = effect->kind == EFFECT_EARN_PENDING,
        .activates_us = effect->activates_us,
        .expires_us = effect->expires_us,
        .order_id = effect->order_id,
    };
    return insert_lot(state, &lot);
}

static void take_from_lots(struct member_state *state, const struct effect *effect)
{
    int64_t sum = 0;
    for (size_t i = 0; i < effect->n_allocations; i++) {
        const struct allocation *taken = &effect->allocations[i];
        struct lot *lot = ledger_lot(state, taken->lot_seq);
        CHECK(lot && lot->currency == effect->currency);
        CHECK(taken->units > 0 && taken->units <= lot->remaining); // L2
        sum += taken->units;
        lot->remaining -= taken->units;
        if (lot->remaining == 0)
            remove_lot(state, lot); // S3
    }
    CHECK(sum == effect->units); // D2
}

static enum err give_back_to_lot(struct member_state *state, const struct lot *opened,
                                 int64_t units)
{
    struct lot *lot = ledger_lot(state, opened->seq);
    if (lot) {
        CHECK(units > 0 && units <= lot->units - lot->remaining); // L2
        lot->remaining += units;
        return OK;
    }
    struct lot reopened = *opened;
    reopened.remaining = units;
    reopened.pending = false;
    return insert_lot(state, &reopened);
}

static enum err give_back_to_lots(struct member_state *state, const struct effect *effect)
{
    int64_t sum = 0;
    for (size_t i = 0; i < effect->n_allocations; i++) {
        const struct allocation *given = &effect->allocations[i];
        CHECK(effect->lots[i].seq == given->lot_seq);
        sum += given->units;
        enum err e = give_back_to_lot(state, &effect->lots[i], given->units);
        if (e)
            return e;
    }
    CHECK(sum == effect->units); // D2
    return OK;
}

static void activate_lot(struct member_state *state, const struct effect *effect)
{
    struct lot *lot = ledger_lot(state, effect->ref_seq);
    CHECK(lot && lot->pending);
    CHECK(lot->remaining == effect->units);
    lot->pending = false;
}

// ---- holds

const struct hold *ledger_hold(const struct member_state *state, int64_t seq)
{
    for (size_t i = 0; i < state->n_holds; i++) {
        if (state->holds[i].seq == seq)
            return &state->holds[i];
    }
    return NULL;
}

// What a hold refers to must live as long as the state.
static enum err copy_hold(struct member_state *state, const struct effect *effect,
                          struct hold *hold)
{
    size_t n = effect->n_allocations;
    struct allocation *allocations = arena_try_array(state->arena, n, sizeof *allocations);
    struct lot *lots = arena_try_array(state->arena, n, sizeof *lots);
    if (!allocations || !lots)
        return ERR_MEMORY;
    memcpy(allocations, effect->allocations, n * sizeof *allocations);
    memcpy(lots, effect->lots, n * sizeof *lots);
    *hold = (struct hold){
        .seq = effect->seq,
        .currency = effect->currency,
        .units = effect->units,
        .redemption_id = effect->redemption_id,
        .reward_id = str_dup(state->arena, effect->why->reward_id),
        .expires_us = effect->expires_us,
        .allocations = allocations,
        .lots = lots,
        .n_allocations = n,
    };
    return OK;
}

static enum err open_hold(struct member_state *state, const struct effect *effect)
{
    CHECK(effect->lots && effect->n_allocations > 0);
    struct hold *holds =
        grown(state->arena, state->holds, state->n_holds, &state->room_holds, sizeof *holds);
    if (!holds)
        return ERR_MEMORY;
    state->holds = holds;
    enum err e = copy_hold(state, effect, &holds[state->n_holds]);
    if (!e)
        state->n_holds++;
    return e;
}

static void end_hold(struct member_state *state, const struct effect *effect)
{
    const struct hold *hold = ledger_hold(state, effect->ref_seq);
    CHECK(hold && hold->units == effect->units); // a hold ends once, and whole
    size_t at = (size_t)(hold - state->holds);
    state->n_holds--;
    memmove(&state->holds[at], &state->holds[at + 1], (state->n_holds - at) * sizeof *hold);
}

// ---- effects

static enum err carry_out_lots(struct member_state *state, const struct effect *effect)
{
    switch (effect_info(effect->kind)->lots) {
    case LOTS_OPENS:
        return open_lot(state, effect);
    case LOTS_TAKES:
        take_from_lots(state, effect);
        return OK;
    case LOTS_RETURNS:
        return give_back_to_lots(state, effect);
    case LOTS_NONE:
        return OK;
    }
    CHECK(false);
}

enum err ledger_carry_out(struct member_state *state, const struct effect *effect)
{
    CHECK(effect->units > 0);                  // D1
    CHECK(effect->seq == state->last_seq + 1); // S4, D4
    CHECK(effect->currency >= 0 && (size_t)effect->currency < state->n_wallets);
    const struct effect_info *info = effect_info(effect->kind);
    struct wallet *wallet = &state->wallets[effect->currency];
    enum err e = move(wallet, info->debit, -effect->units); // L1
    if (!e)
        e = move(wallet, info->credit, effect->units);
    if (!e)
        e = carry_out_lots(state, effect);
    if (!e && effect->kind == EFFECT_HOLD)
        e = open_hold(state, effect);
    if (e)
        return e;
    if (effect->kind == EFFECT_ACTIVATE)
        activate_lot(state, effect);
    if (effect->kind == EFFECT_CAPTURE || effect->kind == EFFECT_RELEASE)
        end_hold(state, effect);
    state->last_seq = effect->seq;
    return OK;
}
