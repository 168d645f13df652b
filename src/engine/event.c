// SPDX-License-Identifier: Apache-2.0
// event.c - an event of now: facts are collected, rules give, the ledger gets it.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/laws_test.c
#include "base/check.h"
#include "base/checked.h"
#include "engine/award.h"

// ---- facts

enum err earn_facts(const struct program *program, const struct member_state *state, int64_t at_us,
                    struct arena *arena, struct event_facts *ret_facts)
{
    int64_t *balances = arena_try_array(arena, state->n_wallets, sizeof *balances);
    if (!balances)
        return ERR_MEMORY;
    for (size_t i = 0; i < state->n_wallets; i++) {
        struct lot_filter filter = {.currency = (int)i, .at_us = at_us};
        balances[i] = lots_sum(state, &filter);
    }
    *ret_facts = (struct event_facts){
        .version = program->version,
        .enrolled_us = state->enrolled_us,
        .orders = counters_get(&state->counters, STR("orders"), 0),
        .spend = counters_get(&state->counters, STR("spend"), 0),
        .visits = counters_get(&state->counters, STR("visits"), 0),
        .balances = balances,
        .attributes = state->attributes,
        .attributes_value = state->attributes_value,
    };
    return OK;
}

// ---- from grants to the ledger

enum err award_terms(const struct program *program, const struct program_rule *rule,
                     int64_t occurred_us, struct terms *ret_terms)
{
    const struct program_currency *currency = &program->currencies[rule->currency];
    struct period pending = rule->has_pending ? rule->pending : currency->pending;
    const struct expiry *expiry = rule->has_expiry ? &rule->expiry : &currency->expiry;
    struct terms terms = {.pending = !period_is_zero(pending), .activates_us = occurred_us};
    enum err e = OK;
    if (terms.pending)
        e = calendar_add(program->tz, occurred_us, pending, &terms.activates_us);
    if (!e)
        e = expiry_instant(program->tz, expiry, terms.activates_us, &terms.expires_us);
    if (e)
        return e;
    CHECK(terms.expires_us > terms.activates_us);
    *ret_terms = terms;
    return OK;
}

// Most rules of a programme credit by the same terms: those of the rule before are kept.
struct awarding {
    struct draft *draft;
    struct earning *earning;
    const struct program_rule *rule; // whose terms these are; NULL: none yet
    struct terms terms;
};

static bool same_terms(const struct program_rule *a, const struct program_rule *b)
{
    return a->currency == b->currency && !a->has_pending && !b->has_pending && !a->has_expiry &&
           !b->has_expiry;
}

static enum err terms_of(struct awarding *awarding, const struct program_rule *rule)
{
    if (awarding->rule && same_terms(awarding->rule, rule))
        return OK;
    awarding->rule = rule;
    return award_terms(awarding->draft->program, rule, awarding->earning->event->occurred_us,
                       &awarding->terms);
}

static enum err credit(struct awarding *awarding, const struct grant *grant)
{
    if (grant->units == 0)
        return OK;
    enum err e = terms_of(awarding, grant->rule);
    if (e)
        return e;
    const struct terms *terms = &awarding->terms;
    struct effect earn = {
        .kind = terms->pending ? EFFECT_EARN_PENDING : EFFECT_EARN,
        .currency = grant->rule->currency,
        .units = grant->units,
        .activates_us = terms->activates_us,
        .expires_us = terms->expires_us,
        .order_id = awarding->earning->event->id,
        .rule_id = grant->rule->id,
        .why = grant->why,
    };
    return move_credit(awarding->draft, &earn);
}

// ---- counters

enum err award_count_limits(struct draft *draft, struct earning *earning,
                            const struct program_rule *rule, int64_t units, int64_t times)
{
    for (size_t i = 0; i < rule->n_limits; i++) {
        const struct limit *limit = &rule->limits[i];
        if (limit->window == WINDOW_EVENT)
            continue;
        struct counter_change change = {
            .owner = limit->scope,
            .store = limit->scope == LIMIT_STORE ? earning->event->store : STR_NONE,
            .name = limits_name(draft->decision->arena, rule, limit),
            .period = limits_period(earning, limit->window),
            .delta = limit->counts_units ? units : times,
            .max = limit->max,
        };
        enum err e = draft_count(draft, &change);
        if (e)
            return e;
    }
    return OK;
}

static enum err count_grant(struct awarding *awarding, const struct grant *grant)
{
    struct draft *draft = awarding->draft;
    enum err e =
        award_count_limits(draft, awarding->earning, grant->rule, grant->units, grant->units > 0);
    if (e || !grant->why->carry)
        return e;
    struct str name = limits_carry_name(draft->decision->arena, grant->rule);
    return draft_count_member(draft, name, grant->why->carry_out - grant->why->carry_in);
}

// What the rule language knows of a member's history.
static enum err count_history(struct draft *draft, const struct event *event)
{
    bool paid = str_eq(event->type, STR("order.paid")) && event->order;
    bool visit = paid || str_eq(event->type, STR("visit"));
    enum err e = OK;
    if (visit)
        e = draft_count_member(draft, STR("visits"), 1);
    if (paid && !e)
        e = draft_count_member(draft, STR("orders"), 1);
    if (paid && !e)
        e = draft_count_member(draft, STR("spend"), event->order->paid);
    return e;
}

// ---- the whole

static enum err award(struct draft *draft, struct earning *earning)
{
    struct awarding awarding = {.draft = draft, .earning = earning};
    enum err e = OK;
    for (size_t i = 0; i < earning->n_grants && !e; i++) {
        e = credit(&awarding, &earning->grants[i]);
        if (!e)
            e = count_grant(&awarding, &earning->grants[i]);
    }
    return e ? e : count_history(draft, earning->event);
}

// What the rules give; changes nothing.
static enum err judge(struct earning *earning)
{
    enum err e = earn_facts(earning->program, earning->state, earning->event->occurred_us,
                            earning->arena, earning->facts);
    if (!e)
        e = earn_decide(earning);
    return e ? e : earn_attribute(earning);
}

enum err engine_decide_event(const struct program *program, const struct member_state *state,
                             const struct shared_counters *shared, const struct event *event,
                             struct decision *decision, struct event_facts *ret_facts)
{
    struct draft draft;
    struct event_facts facts = {0};
    struct earning earning = {
        .arena = decision->arena,
        .program = program,
        .event = event,
        .facts = &facts,
        .state = state,
        .shared = shared,
    };
    enum err e = judge(&earning);
    if (e)
        return e;
    e = draft_begin(&draft, program, state, event->occurred_us, earning.n_grants, decision);
    if (!e)
        e = award(&draft, &earning);
    e = draft_end(&draft, e);
    if (!e)
        *ret_facts = facts;
    return e;
}
