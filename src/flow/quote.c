// SPDX-License-Identifier: Apache-2.0
// quote.c - what a basket would earn, what is missing for more, and which rewards are in reach.
//
// The engine decides exactly as it will when the order is paid; only nothing is written.
//
// Layer: flow.  Tests: tests/api/quotes.http
#include "flow/attributes.h"
#include "flow/ingest.h"
#include "flow/members.h"
#include "store/members.h"

#include <string.h>

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
                              struct quote_reward **ret_rewards)
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
    *ret_rewards = rewards;
    return OK;
}

enum err flow_rewards(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id member_id,
                      struct rewards_view *ret_rewards)
{
    struct tx_member *member;
    enum err e = member_now(tx, tenant_id, member_id, &member);
    struct quote_reward *rewards;
    if (!e)
        e = check_rewards(tx, arena, member, &rewards);
    if (e)
        return e;
    *ret_rewards = (struct rewards_view){.program = member->program, .rewards = rewards};
    return OK;
}

// ---- what the decision says

static struct bilingual sentence_of(struct arena *arena, const struct program *program,
                                    const struct effect *effect)
{
    return (struct bilingual){effect_sentence(arena, program, effect, STR("en")),
                              effect_sentence(arena, program, effect, STR("fr"))};
}

static enum err tell_earns(struct arena *arena, const struct decision *decision,
                           struct quote_out *out)
{
    struct quote_earn *earns = arena_try_array(arena, decision->n_effects, sizeof *earns);
    if (!earns)
        return ERR_MEMORY;
    for (size_t i = 0; i < decision->n_effects; i++) {
        const struct effect *effect = &decision->effects[i];
        earns[i] = (struct quote_earn){.type = effect_info(effect->kind)->code,
                                       .currency = out->program->currencies[effect->currency].id,
                                       .rule_id = effect->rule_id,
                                       .units = effect->units,
                                       .sentence = sentence_of(arena, out->program, effect)};
    }
    out->earns = earns;
    out->n_earns = decision->n_effects;
    return OK;
}

static enum err tell_near_misses(struct arena *arena, const struct decision *decision,
                                 struct quote_out *out)
{
    struct quote_near_miss *told = arena_try_array(arena, decision->n_near_misses, sizeof *told);
    if (!told)
        return ERR_MEMORY;
    for (size_t i = 0; i < decision->n_near_misses; i++) {
        const struct near_miss *miss = &decision->near_misses[i];
        told[i] = (struct quote_near_miss){
            .currency = out->program->currencies[miss->currency].id,
            .rule_id = miss->rule_id,
            .units = miss->units,
            .missing = miss->missing,
            .sentence = {near_miss_sentence(arena, out->program, miss, STR("en")),
                         near_miss_sentence(arena, out->program, miss, STR("fr"))}};
    }
    out->near_misses = told;
    out->n_near_misses = decision->n_near_misses;
    return OK;
}

static void move_units(struct wallet *wallet, enum account account, int64_t units)
{
    if (account == ACCOUNT_AVAILABLE)
        wallet->available += units;
    else if (account == ACCOUNT_PENDING)
        wallet->pending += units;
    else if (account == ACCOUNT_HELD)
        wallet->held += units;
    else if (account == ACCOUNT_DEBT)
        wallet->debt -= units; // what is put there is paid back
}

// The balances once the effects have been applied; the state itself stays as it is (V1).
static enum err tell_after(struct arena *arena, const struct decision *decision,
                           struct quote_out *out)
{
    size_t n = out->program->n_currencies;
    struct wallet *after = arena_try_array(arena, n, sizeof *after);
    if (!after)
        return ERR_MEMORY;
    memcpy(after, out->wallets, n * sizeof *after);
    for (size_t i = 0; i < decision->n_effects; i++) {
        const struct effect *effect = &decision->effects[i];
        struct wallet *wallet = &after[effect->currency];
        move_units(wallet, effect_info(effect->kind)->debit, -effect->units);
        move_units(wallet, effect_info(effect->kind)->credit, effect->units);
    }
    out->after = after;
    return OK;
}

static bool covers(const struct wallet *wallets, const struct program_reward *reward)
{
    for (size_t i = 0; i < reward->n_costs; i++) {
        const struct wallet *wallet = &wallets[reward->costs[i].currency];
        if (wallet->available - wallet->debt < reward->costs[i].units)
            return false;
    }
    return true;
}

// Only the balance kept it away, and after the order the balance is enough.
static void mark_reached(struct quote_reward *rewards, const struct quote_out *out)
{
    struct str short_of = str_of(err_info(ERR_INSUFFICIENT_BALANCE)->code);
    for (size_t i = 0; i < out->program->n_rewards; i++)
        rewards[i].reached = !rewards[i].affordable && str_eq(rewards[i].refusal, short_of) &&
                             covers(out->after, &out->program->rewards[i]);
}

// ---- the use case

#define QUOTE_SPAN_US (366 * DAY_US)

// "What would it earn on Saturday?" is a question, "in the year 9999" is a mistake.
static enum err check_time(const struct tx *tx, const struct event_in *in,
                           struct problems *problems)
{
    if (in->occurred_us == WHEN_NOW || (in->occurred_us > tx->now_us - QUOTE_SPAN_US &&
                                        in->occurred_us < tx->now_us + QUOTE_SPAN_US))
        return OK;
    problem_add(problems, STR("/occurred_at"), "range",
                "A quote looks at most a year back or ahead.");
    return ERR_INPUT_INVALID;
}

static enum err decide(struct tx *tx, struct arena *arena, struct tx_member *member,
                       const struct event_in *in, struct decision *decision)
{
    struct event event = {.source = in->source,
                          .external_id = in->external_id,
                          .type = in->type,
                          .store = in->store,
                          .channel = in->channel,
                          .occurred_us = in->occurred_us == WHEN_NOW ? tx->now_us : in->occurred_us,
                          .order = in->order,
                          .attributes = in->attributes};
    struct event_facts facts;
    struct shared_counters shared = tx_shared_counters(tx, member->tenant_id);
    decision_init(decision, arena);
    enum err e = attributes_bind(arena, in->attributes, &event.attributes_value);
    if (!e)
        e = engine_decide_event(member->program, &member->state, &shared, &event, decision, &facts);
    if (!e)
        e = engine_near_misses(member->program, &member->state, &shared, &event, &facts, decision);
    return e;
}

enum err flow_quote(struct tx *tx, struct arena *arena, int64_t tenant_id,
                    const struct event_in *in, struct problems *problems, struct quote_out *ret_out)
{
    const struct program *program;
    enum err e = tx_program(tx, tenant_id, tx->now_us, &program);
    if (!e)
        e = check_time(tx, in, problems);
    if (!e)
        e = order_check(arena, program, in->order, problems);
    struct tx_member *member;
    if (!e)
        e = load_or_imagine(tx, arena, tenant_id, program, in, problems, &member);
    if (!e)
        e = tx_advance(tx, member, tx->now_us);
    if (e)
        return e;
    struct quote_out out = {.member_id = member->state.member_id,
                            .program = program,
                            .wallets = member->state.wallets};
    struct decision decision;
    struct quote_reward *rewards;
    e = decide(tx, arena, member, in, &decision);
    if (!e)
        e = tell_earns(arena, &decision, &out);
    if (!e)
        e = tell_near_misses(arena, &decision, &out);
    if (!e)
        e = tell_after(arena, &decision, &out);
    if (!e)
        e = check_rewards(tx, arena, member, &rewards);
    if (e)
        return e;
    mark_reached(rewards, &out);
    out.rewards = rewards;
    *ret_out = out;
    return OK;
}
