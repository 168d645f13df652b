// SPDX-License-Identifier: Apache-2.0
// earn.c - the rules of an event, phase by phase: base, multiplier, bonus, cap.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/laws_test.c
#include "engine/bind.h"
#include "engine/earn.h"

#include "base/check.h"
#include "base/checked.h"
#include "engine/grow.h"

const struct grant *earn_grant_of(const struct earning *earning, const struct program_rule *rule)
{
    for (size_t i = 0; i < earning->n_grants; i++) {
        if (earning->grants[i].rule == rule)
            return &earning->grants[i];
    }
    return NULL;
}

// ---- what a rule would give

// The zeroed derivation gets its head.
static void explain(struct derivation *why, const struct earning *earning,
                    const struct program_rule *rule, enum reason reason)
{
    why->reason = reason;
    why->version = earning->program->version;
    why->rule_id = rule->id;
    why->rule_name = rule->name;
}

static enum err carried_in(struct earning *earning, const struct program_rule *rule,
                           int64_t *ret_carry)
{
    *ret_carry = 0;
    if (!rule->amount.rate.carry)
        return OK;
    struct str name = limits_carry_name(earning->arena, rule);
    enum err e = limits_counter(earning, LIMIT_MEMBER, name, 0, ret_carry);
    if (!e && (*ret_carry < 0 || *ret_carry >= rule->amount.rate.per))
        e = ERR_STORE_CORRUPT; // a remainder is less than a unit
    return e;
}

static enum err give_rate(struct earning *earning, const struct program_rule *rule,
                          const struct selection *selection, struct grant *grant)
{
    const struct rate *rate = &rule->amount.rate;
    int64_t carry_in;
    struct rated rated = {0};
    enum err e = carried_in(earning, rule, &carry_in);
    if (!e)
        e = rate_apply(earning->arena, rate, selection, carry_in, &rated);
    if (e)
        return e;
    grant->units = rated.units;
    grant->line_units = rated.line_units;
    struct derivation *why = grant->why;
    explain(why, earning, rule, REASON_RULE_RATE);
    why->of = rate->of;
    why->base = selection->total;
    why->units = rate->units;
    why->per = rate->per;
    why->rounding = rate->carry ? ROUND_FLOOR : rate->rounding;
    why->per_line = rate->per_line && !rate->carry;
    why->carry = rate->carry;
    why->carry_in = carry_in;
    why->carry_out = rated.carry_out;
    why->money = earning->event->order ? earning->event->order->currency : STR_NONE;
    return OK;
}

// A fixed amount or the value of an expression, shared out over the selected lines.
static enum err give_amount(struct earning *earning, const struct program_rule *rule,
                            const struct selection *selection, struct grant *grant)
{
    bool fixed = rule->amount.kind == AMOUNT_FIXED;
    explain(grant->why, earning, rule, fixed ? REASON_RULE_FIXED : REASON_RULE_EXPRESSION);
    int64_t units = rule->amount.fixed;
    if (!fixed && !bind_amount(earning, rule, &units))
        return OK; // the rule gives nothing, the event goes on
    grant->units = units > 0 ? units : 0;
    grant->why->base = selection->total;
    return select_spread(earning, selection, grant->units, &grant->line_units);
}

static enum err give_earned(struct earning *earning, const struct program_rule *rule,
                            struct grant *grant)
{
    struct selection selection;
    enum earning_base of = rule->amount.kind == AMOUNT_RATE ? rule->amount.rate.of : BASE_PAID;
    enum err e = select_lines(earning, rule, of, &selection);
    // An order without a line that the rule looks at gives it no reason to earn: neither do gift
    // cards alone, nor what was returned in full.
    if (e || (earning->event->order && selection.n_selected == 0))
        return e;
    if (rule->amount.kind == AMOUNT_RATE)
        return give_rate(earning, rule, &selection, grant);
    return give_amount(earning, rule, &selection, grant);
}

// What the rule gives after its limits; units 0 when it gives nothing.
static enum err candidate(struct earning *earning, const struct program_rule *rule,
                          struct grant *ret_grant)
{
    *ret_grant = (struct grant){.rule = rule};
    ret_grant->why = arena_try(earning->arena, sizeof *ret_grant->why);
    if (!ret_grant->why)
        return ERR_MEMORY;
    enum err e = rule->phase == PHASE_MULTIPLIER ? multiply_apply(earning, rule, ret_grant)
                                                 : give_earned(earning, rule, ret_grant);
    if (e)
        return e;
    if (!amount_valid(ret_grant->units))
        return ERR_OUT_OF_RANGE;
    ret_grant->why->exact = ret_grant->units;
    return limits_clip(earning, ret_grant);
}

// ---- which rules take part

static bool group_taken(const struct earning *earning, struct str group)
{
    for (size_t i = 0; i < earning->n_taken; i++) {
        if (str_eq(earning->taken[i], group))
            return true;
    }
    return false;
}

static enum err take_group(struct earning *earning, struct str group)
{
    if (group.n == 0 || group_taken(earning, group))
        return OK;
    struct str *taken = grown(earning->arena, (void *)earning->taken, earning->n_taken,
                              &earning->room_taken, sizeof *taken);
    if (!taken)
        return ERR_MEMORY;
    taken[earning->n_taken++] = group;
    earning->taken = taken;
    return OK;
}

// A rule that gave nothing then gives nothing now, and stands in no other rule's way.
static bool took_part_then(const struct earning *earning, const struct program_rule *rule)
{
    return !earning->then || rule->phase == PHASE_CAP || earn_grant_of(earning->then, rule);
}

static bool takes_part(struct earning *earning, const struct program_rule *rule)
{
    int64_t at_us = earning->event->occurred_us;
    if (at_us < rule->active_from_us || at_us >= rule->active_until_us)
        return false;
    if (!took_part_then(earning, rule) || group_taken(earning, rule->exclusive_group))
        return false;
    return !rule->when || bind_when(earning, rule);
}

// ---- giving

static enum err add_grant(struct earning *earning, const struct grant *grant)
{
    // A remainder that is carried on is kept although it gave nothing yet.  A clip to nothing is
    // the limit's no.
    bool carries = grant->why->carry && grant->why->n_clips == 0;
    if (grant->units == 0 && !carries)
        return OK;
    CHECK(!earn_grant_of(earning, grant->rule)); // G2
    struct grant *grants = grown(earning->arena, earning->grants, earning->n_grants,
                                 &earning->room_grants, sizeof *grants);
    if (!grants)
        return ERR_MEMORY;
    earning->grants = grants;
    grants[earning->n_grants++] = *grant;
    return grant->units > 0 ? take_group(earning, grant->rule->exclusive_group) : OK;
}

static enum err give(struct earning *earning, const struct program_rule *rule)
{
    struct grant grant;
    enum err e = candidate(earning, rule, &grant);
    return e ? e : add_grant(earning, &grant);
}

// The rule of the group that gives most, from here on in this phase; of equals the first.
static enum err give_best(struct earning *earning, struct event_rules rules, size_t from)
{
    const struct program_rule *first = rules.rules[from];
    struct grant best = {0};
    for (size_t i = from; i < rules.n && rules.rules[i]->phase == first->phase; i++) {
        const struct program_rule *rule = rules.rules[i];
        if (!str_eq(rule->exclusive_group, first->exclusive_group) || !takes_part(earning, rule))
            continue;
        struct grant grant;
        enum err e = candidate(earning, rule, &grant);
        if (e)
            return e;
        if (!best.rule || grant.units > best.units)
            best = grant;
    }
    return best.rule ? add_grant(earning, &best) : OK;
}

// An event earns at most so many units of the currency: what was given first stays.
static enum err cap(struct earning *earning, const struct program_rule *rule)
{
    CHECK(rule->cap >= 0);
    int64_t used = 0;
    for (size_t i = 0; i < earning->n_grants; i++) {
        struct grant *grant = &earning->grants[i];
        if (grant->rule->currency != rule->currency)
            continue;
        int64_t left = rule->cap - used;
        if (grant->units > left) {
            struct clip clip = {.by = CLIP_CAP,
                                .rule_id = rule->id,
                                .counts_units = true,
                                .max = rule->cap,
                                .used = used,
                                .wanted = grant->units,
                                .given = left};
            enum err e = limits_reduce(earning, grant, &clip);
            if (e)
                return e;
        }
        used += grant->units;
        CHECK(used <= rule->cap);
    }
    return OK;
}

static bool is_first_of_group(struct event_rules rules, size_t at)
{
    const struct program_rule *rule = rules.rules[at];
    for (size_t i = 0; i < at; i++) {
        if (rules.rules[i]->phase == rule->phase &&
            str_eq(rules.rules[i]->exclusive_group, rule->exclusive_group))
            return false;
    }
    return true;
}

static enum err decide_rule(struct earning *earning, struct event_rules rules, size_t at)
{
    const struct program_rule *rule = rules.rules[at];
    // The best of a group gives in the place of the group's first rule, whether or not that one
    // takes part: a refund must find the grants in the same order, or a cap would cut others.
    if (rule->exclusive_group.n > 0 && rule->group_best)
        return is_first_of_group(rules, at) ? give_best(earning, rules, at) : OK;
    if (!takes_part(earning, rule))
        return OK;
    return rule->phase == PHASE_CAP ? cap(earning, rule) : give(earning, rule);
}

enum err earn_decide(struct earning *earning)
{
    CHECK(earning->n_grants == 0);
    struct event_rules rules = program_rules_for(earning->program, earning->event->type);
    for (size_t i = 0; i < rules.n; i++) {
        CHECK(i == 0 || rules.rules[i - 1]->phase <= rules.rules[i]->phase); // program.h P2
        enum err e = decide_rule(earning, rules, i);
        if (e)
            return e;
    }
    return OK;
}

// ---- attribution

static enum err attribute(struct earning *earning, struct grant *grant)
{
    const struct order *order = earning->event->order;
    if (!grant->line_units)
        return OK;
    struct line_share *shares = arena_try_array(earning->arena, order->n_lines, sizeof *shares);
    if (!shares)
        return ERR_MEMORY;
    size_t n = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < order->n_lines; i++) {
        if (grant->line_units[i] == 0)
            continue;
        shares[n++] =
            (struct line_share){.line_id = order->lines[i].id, .units = grant->line_units[i]};
        sum += grant->line_units[i];
    }
    CHECK(sum == grant->units); // G1, decision.h D3
    grant->why->shares = shares;
    grant->why->n_shares = n;
    return OK;
}

enum err earn_attribute(struct earning *earning)
{
    for (size_t i = 0; i < earning->n_grants; i++) {
        enum err e = attribute(earning, &earning->grants[i]);
        if (e)
            return e;
    }
    return OK;
}
