// SPDX-License-Identifier: Apache-2.0
// quote.c - what a basket would earn, what is missing for more, and which rewards are in reach.
//
// The engine decides exactly as it will when the order is paid; only nothing is written.
//
// Layer: flow.  Tests: tests/flow/quote_test.c, tests/api/quote.http
#include "flow/attributes.h"
#include "flow/members.h"
#include "store/members.h"

// A stranger's basket is judged as a new member's.
static enum err load_or_imagine(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                const struct program *program, const struct event_in *in,
                                struct problems *problems, struct tx_member **ret_member)
{
    struct id member_id;
    enum err e = member_resolve(tx, arena, tenant_id, &in->member, problems, &member_id);
    if (!e)
        e = tx_member_load(tx, tenant_id, member_id, program, ret_member);
    if (e != ERR_NOT_FOUND)
        return e;
    return tx_member_new(tx, tenant_id, ID_NIL, program, tx->now_us, ret_member);
}

static enum err check_rewards(struct tx *tx, struct arena *arena, struct tx_member *member,
                              struct quote_out *out)
{
    const struct program *program = member->program;
    struct quote_reward *rewards = arena_try_array(arena, program->n_rewards, sizeof *rewards);
    if (!rewards)
        return ERR_MEMORY;
    struct shared_counters shared = tx_shared_counters(tx, member->tenant_id);
    for (size_t i = 0; i < program->n_rewards; i++) {
        struct reward_check check;
        engine_check_reward(program, &member->state, &shared, arena, (int)i, tx->now_us, &check);
        rewards[i] = (struct quote_reward){.reward = (int)i,
                                           .affordable = check.err == OK,
                                           .refusal = check.err ? str_of(err_info(check.err)->code)
                                                                : STR_NONE,
                                           .required = check.required,
                                           .available = check.available,
                                           .missing = check.missing};
    }
    out->rewards = rewards;
    return OK;
}

enum err flow_rewards(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id member_id,
                      struct rewards_view *ret_rewards)
{
    struct tx_member *member;
    enum err e = member_now(tx, tenant_id, member_id, &member);
    struct quote_out out;
    if (!e)
        e = check_rewards(tx, arena, member, &out);
    if (e)
        return e;
    *ret_rewards = (struct rewards_view){.program = member->program, .rewards = out.rewards};
    return OK;
}

static enum err explain(struct arena *arena, struct quote_out *out)
{
    struct quote_earn *earns = arena_try_array(arena, out->decision.n_effects, sizeof *earns);
    if (!earns)
        return ERR_MEMORY;
    for (size_t i = 0; i < out->decision.n_effects; i++) {
        const struct effect *effect = &out->decision.effects[i];
        earns[i] = (struct quote_earn){
            .effect = effect,
            .type = effect_info(effect->kind)->code,
            .sentence = {effect_sentence(arena, out->program, effect, STR("en")),
                         effect_sentence(arena, out->program, effect, STR("fr"))}};
    }
    out->earns = earns;
    return OK;
}

static enum err price(struct arena *arena, const struct program *program, struct order *order,
                      struct problems *problems)
{
    if (!order)
        return OK;
    if (!order->currency.p)
        order->currency = str_of(program->money->code);
    bool foreign = !str_eq(order->currency, str_of(program->money->code));
    if (foreign)
        problem_add(problems, STR("/order/currency"), "currency", "The programme counts in %s.",
                    program->money->code);
    return foreign ? ERR_INPUT_INVALID : event_price(arena, order, program);
}

enum err flow_quote(struct tx *tx, struct arena *arena, int64_t tenant_id,
                    const struct event_in *in, struct problems *problems, struct quote_out *ret_out)
{
    const struct program *program;
    enum err e = tx_program(tx, tenant_id, tx->now_us, &program);
    if (!e)
        e = price(arena, program, in->order, problems);
    struct tx_member *member;
    if (!e)
        e = load_or_imagine(tx, arena, tenant_id, program, in, problems, &member);
    if (!e)
        e = tx_advance(tx, member, tx->now_us);
    if (e)
        return e;
    struct event event = {.source = in->source,
                          .external_id = in->external_id,
                          .type = in->type,
                          .store = in->store,
                          .channel = in->channel,
                          .occurred_us = in->occurred_us == WHEN_NOW ? tx->now_us : in->occurred_us,
                          .order = in->order,
                          .attributes = in->attributes};
    e = attributes_bind(arena, in->attributes, &event.attributes_value);
    struct quote_out out = {.member_id = member->state.member_id,
                            .program = program,
                            .wallets = member->state.wallets};
    decision_init(&out.decision, arena);
    struct event_facts facts;
    struct shared_counters shared = tx_shared_counters(tx, tenant_id);
    if (!e)
        e = engine_decide_event(program, &member->state, &shared, &event, &out.decision, &facts);
    if (!e)
        e = engine_near_misses(program, &member->state, &shared, &event, &facts, &out.decision);
    if (!e)
        e = explain(arena, &out);
    if (!e)
        e = check_rewards(tx, arena, member, &out);
    if (e)
        return e;
    *ret_out = out;
    return OK;
}
