// SPDX-License-Identifier: Apache-2.0
// redeem.c - units for a reward: at once, or reserved first; and all of it back.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/instants_test.c
#include "engine/redeem.h"

#include "base/check.h"
#include "base/checked.h"
#include "engine/bind.h"
#include "engine/engine.h"

// ---- may the member have it

static struct str counter_name(struct arena *arena, struct str reward_id)
{
    return str_printf(arena, "reward:%.*s", STR_FMT(reward_id));
}

static enum err check_limits(const struct member_state *state, struct arena *arena,
                             const struct shared_counters *shared,
                             const struct program_reward *reward)
{
    struct str name = counter_name(arena, reward->id);
    if (reward->stock > 0 &&
        shared->get(shared->ctx, LIMIT_PROGRAM, STR_NONE, name, 0) >= reward->stock)
        return ERR_OUT_OF_STOCK;
    if (reward->per_member > 0 && counters_get(&state->counters, name, 0) >= reward->per_member)
        return ERR_MEMBER_LIMIT_REACHED;
    return OK;
}

static enum err check_costs(const struct member_state *state, const struct program_reward *reward,
                            int64_t at_us, struct reward_check *check)
{
    for (size_t i = 0; i < reward->n_costs; i++) {
        const struct reward_cost *cost = &reward->costs[i];
        struct lot_filter filter = {.currency = cost->currency, .at_us = at_us};
        int64_t available = lots_sum(state, &filter);
        CHECK(cost->units > 0 && available >= 0);
        if (available >= cost->units)
            continue;
        check->currency = cost->currency;
        check->required = cost->units;
        check->available = available;
        check->missing = cost->units - available;
        return ERR_INSUFFICIENT_BALANCE;
    }
    return OK;
}

// Refusals in the order of precedence: what nobody may have, what this member may not have, what
// he cannot pay.
static enum err check_reward(const struct program *program, const struct member_state *state,
                             struct arena *arena, const struct shared_counters *shared, int reward,
                             int64_t at_us, struct reward_check *check)
{
    if (reward < 0 || (size_t)reward >= program->n_rewards)
        return ERR_REWARD_UNKNOWN;
    const struct program_reward *wanted = &program->rewards[reward];
    if (at_us < wanted->active_from_us)
        return ERR_NOT_YET_VALID;
    if (at_us >= wanted->active_until_us)
        return ERR_EXPIRED;
    if (wanted->when && !bind_reward(program, state, arena, wanted, at_us))
        return ERR_NOT_ELIGIBLE;
    enum err e = check_limits(state, arena, shared, wanted);
    return e ? e : check_costs(state, wanted, at_us, check);
}

void engine_check_reward(const struct program *program, const struct member_state *state,
                         const struct shared_counters *shared, struct arena *arena, int reward,
                         int64_t at_us, struct reward_check *ret_check)
{
    struct reward_check check = {0};
    check.err = check_reward(program, state, arena, shared, reward, at_us, &check);
    *ret_check = check;
}

// ---- paying

static enum err count_reward(struct draft *draft, struct str reward_id, int64_t delta)
{
    struct str name = counter_name(draft->decision->arena, reward_id);
    int reward = program_reward_index(draft->program, reward_id);
    struct counter_change all = {.owner = LIMIT_PROGRAM, .name = name, .delta = delta};
    if (reward >= 0)
        all.max = draft->program->rewards[reward].stock;
    enum err e = draft_count_member(draft, name, delta);
    return e ? e : draft_count(draft, &all);
}

static enum err reward_why(struct draft *draft, enum reason reason, struct str reward_id,
                           struct derivation **ret_why)
{
    struct derivation *why;
    enum err e = move_reason(draft, reason, &why);
    if (e)
        return e;
    why->reward_id = reward_id;
    int reward = program_reward_index(draft->program, reward_id);
    if (reward >= 0)
        why->reward_name = draft->program->rewards[reward].name;
    *ret_why = why;
    return OK;
}

static enum err pay(struct draft *draft, const struct program_reward *reward,
                    const struct effect *how)
{
    struct derivation *why;
    enum err e = reward_why(draft, REASON_REWARD, reward->id, &why);
    if (e)
        return e;
    why->until_us = how->expires_us;
    for (size_t i = 0; i < reward->n_costs && !e; i++) {
        struct effect effect = *how;
        effect.currency = reward->costs[i].currency;
        effect.units = reward->costs[i].units;
        effect.why = why;
        e = move_debit(draft, &effect);
    }
    return e ? e : count_reward(draft, reward->id, 1);
}

static enum err decide_pay(const struct program *program, const struct member_state *state,
                           const struct shared_counters *shared, const struct claim *claim,
                           const struct effect *how, struct decision *decision)
{
    struct reward_check check;
    engine_check_reward(program, state, shared, decision->arena, claim->reward, claim->at_us,
                        &check);
    if (check.err)
        return check.err;
    struct draft draft;
    enum err e = draft_begin(&draft, program, state, claim->at_us, 1, decision);
    if (!e)
        e = pay(&draft, &program->rewards[claim->reward], how);
    return draft_end(&draft, e);
}

enum err engine_decide_redeem(const struct program *program, const struct member_state *state,
                              const struct shared_counters *shared, const struct claim *claim,
                              struct decision *decision)
{
    struct effect how = {.kind = EFFECT_REDEEM, .redemption_id = claim->redemption_id};
    return decide_pay(program, state, shared, claim, &how, decision);
}

enum err engine_decide_hold(const struct program *program, const struct member_state *state,
                            const struct shared_counters *shared, const struct claim *claim,
                            struct decision *decision)
{
    CHECK(claim->expires_us > claim->at_us);
    struct effect how = {.kind = EFFECT_HOLD,
                         .redemption_id = claim->redemption_id,
                         .expires_us = claim->expires_us};
    return decide_pay(program, state, shared, claim, &how, decision);
}

// ---- the end of a hold

// The first open hold of the redemption, or NULL.
static const struct hold *hold_of(const struct member_state *state, struct id redemption_id)
{
    for (size_t i = 0; i < state->n_holds; i++) {
        if (id_eq(state->holds[i].redemption_id, redemption_id))
            return &state->holds[i];
    }
    return NULL;
}

// A hold is over at its instant, whether or not anybody carried that out.
static bool held_at(const struct member_state *state, struct id redemption_id, int64_t at_us)
{
    const struct hold *hold = hold_of(state, redemption_id);
    return hold && hold->expires_us > at_us;
}

static enum err capture(struct draft *draft, const struct hold *hold)
{
    struct derivation *why;
    enum err e = reward_why(draft, REASON_REWARD, hold->reward_id, &why);
    if (e)
        return e;
    struct effect effect = {
        .kind = EFFECT_CAPTURE,
        .currency = hold->currency,
        .units = hold->units,
        .redemption_id = hold->redemption_id,
        .ref_seq = hold->seq,
        .why = why,
    };
    return draft_post(draft, &effect);
}

static enum err release(struct draft *draft, const struct hold *hold, enum reason reason)
{
    struct derivation *why;
    enum err e = reward_why(draft, reason, hold->reward_id, &why);
    if (e)
        return e;
    struct effect effect = {
        .kind = EFFECT_RELEASE,
        .currency = hold->currency,
        .units = hold->units,
        .redemption_id = hold->redemption_id,
        .ref_seq = hold->seq,
        .allocations = hold->allocations,
        .lots = hold->lots,
        .n_allocations = hold->n_allocations,
        .why = why,
    };
    return move_back(draft, &effect);
}

enum err redeem_release(struct draft *draft, struct id redemption_id, enum reason reason)
{
    const struct hold *hold = hold_of(&draft->state, redemption_id);
    CHECK(hold);
    struct str reward_id = hold->reward_id;
    for (; hold; hold = hold_of(&draft->state, redemption_id)) {
        enum err e = release(draft, hold, reason);
        if (e)
            return e;
    }
    return count_reward(draft, reward_id, -1);
}

enum err engine_decide_capture(const struct program *program, const struct member_state *state,
                               struct id redemption_id, int64_t at_us, struct decision *decision)
{
    if (!held_at(state, redemption_id, at_us))
        return ERR_HOLD_ENDED;
    struct draft draft;
    enum err e = draft_begin(&draft, program, state, at_us, 1, decision);
    for (const struct hold *hold; !e && (hold = hold_of(&draft.state, redemption_id));)
        e = capture(&draft, hold);
    return draft_end(&draft, e);
}

enum err engine_decide_release(const struct program *program, const struct member_state *state,
                               struct id redemption_id, int64_t at_us, struct decision *decision)
{
    if (!held_at(state, redemption_id, at_us))
        return ERR_HOLD_ENDED;
    struct draft draft;
    enum err e = draft_begin(&draft, program, state, at_us, 1, decision);
    if (!e)
        e = redeem_release(&draft, redemption_id, REASON_HOLD_RELEASED);
    return draft_end(&draft, e);
}

// ---- reversal

static enum err give_back(struct draft *draft, struct str reward_id, struct id redemption_id,
                          const struct spent *spent)
{
    CHECK(spent->n_allocations > 0 && spent->lots);
    struct derivation *why;
    enum err e = reward_why(draft, REASON_REVERSED, reward_id, &why);
    if (e)
        return e;
    struct effect effect = {
        .kind = EFFECT_RETURN,
        .currency = spent->currency,
        .units = spent->units,
        .redemption_id = redemption_id,
        .ref_seq = spent->seq,
        .allocations = spent->allocations,
        .lots = spent->lots,
        .n_allocations = spent->n_allocations,
        .why = why,
    };
    return move_back(draft, &effect);
}

enum err engine_decide_reverse(const struct program *program, const struct member_state *state,
                               const struct reversal *reversal, struct decision *decision)
{
    struct draft draft;
    enum err e = draft_begin(&draft, program, state, reversal->at_us, 1, decision);
    for (size_t i = 0; i < reversal->n_spent && !e; i++)
        e = give_back(&draft, reversal->reward_id, reversal->redemption_id, &reversal->spent[i]);
    if (!e)
        e = count_reward(&draft, reversal->reward_id, -1);
    return draft_end(&draft, e);
}
