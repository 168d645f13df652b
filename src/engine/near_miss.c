// SPDX-License-Identifier: Apache-2.0
// near_miss.c - "+20 if you add 3.10": what a slightly larger order would earn.
//
// Where an amount is missing (the next step of a rate, a threshold of a condition) the order is
// decided again with one more line of that amount; what the rule then gives more is the near miss.
// So limits, caps and groups have their say, and nothing is promised that would not be given.
//
// Layer: engine (pure).  Tests: tests/scenarios/
#include "base/check.h"
#include "base/checked.h"
#include "engine/bind.h"
#include "engine/earn.h"
#include "engine/grow.h"

#include <string.h>

__extension__ typedef __int128 wide;

#define THRESHOLDS_MAX 8
// Each question decides the whole order again: a programme of a thousand rules gets the first.
#define ASKED_MAX 40

struct asking {
    struct earning now; // the order as it is
    struct decision *decision;
    size_t room;
    int n_asked;
};

// ---- a larger order

static enum err larger(struct arena *arena, const struct order *order, int64_t missing,
                       struct order **ret_order)
{
    struct order *more = arena_try(arena, sizeof *more);
    struct order_line *lines = arena_try_array(arena, order->n_lines + 1, sizeof *lines);
    if (!more || !lines)
        return ERR_MEMORY;
    *more = *order;
    memcpy(lines, order->lines, order->n_lines * sizeof *lines);
    lines[order->n_lines] = (struct order_line){
        .quantity = 1,
        .unit_amount = missing,
        .eligible = true,
        .gross = missing,
        .net = missing,
        .paid = missing,
    };
    more->lines = lines;
    more->n_lines++;
    enum err e = amount_add(more->gross, missing, &more->gross);
    if (!e)
        e = amount_add(more->net, missing, &more->net);
    if (!e)
        e = amount_add(more->paid, missing, &more->paid);
    *ret_order = more;
    return e;
}

static int64_t given_by(const struct earning *earning, const struct program_rule *rule)
{
    const struct grant *grant = earn_grant_of(earning, rule);
    return grant ? grant->units : 0;
}

static enum err add_miss(struct asking *asking, const struct near_miss *miss)
{
    struct decision *decision = asking->decision;
    struct near_miss *list = grown(decision->arena, decision->near_misses, decision->n_near_misses,
                                   &asking->room, sizeof *list);
    if (!list)
        return ERR_MEMORY;
    decision->near_misses = list;
    list[decision->n_near_misses++] = *miss;
    return OK;
}

// What the rule gives more when the order is larger by that much.
static enum err ask(struct asking *asking, const struct program_rule *rule, int64_t missing,
                    int64_t threshold)
{
    if (missing <= 0 || !amount_valid(missing) || asking->n_asked++ >= ASKED_MAX)
        return OK;
    struct event event = *asking->now.event;
    struct event_facts facts = *asking->now.facts;
    struct earning then = {
        .arena = asking->now.arena,
        .program = asking->now.program,
        .event = &event,
        .facts = &facts,
        .state = asking->now.state,
        .shared = asking->now.shared,
        .room_used = facts.n_used, // what it collects is its own
    };
    enum err e = larger(then.arena, asking->now.event->order, missing, &event.order);
    if (!e)
        e = earn_decide(&then);
    if (e)
        return e == ERR_OUT_OF_RANGE ? OK : e;
    int64_t more = given_by(&then, rule) - given_by(&asking->now, rule);
    struct near_miss miss = {
        .rule_id = rule->id,
        .rule_name = rule->name,
        .currency = rule->currency,
        .units = more,
        .missing = missing,
        .threshold = threshold,
    };
    return more > 0 ? add_miss(asking, &miss) : OK;
}

// ---- the next step of a rate

// Twice the smallest amount x units, in 1/per units, that is rounded to more than `units`.
static wide twice_enough(const struct rate *rate, int64_t units)
{
    wide per = rate->per;
    if (rate->carry)
        return 2 * (units + 1) * per;
    switch (rate->rounding) {
    case ROUND_FLOOR:
        return 2 * (units + 1) * per;
    case ROUND_CEIL:
        return 2 * (units * per + 1);
    case ROUND_HALF_UP:
        return (2 * (wide)units + 1) * per;
    case ROUND_HALF_EVEN:
        return (2 * (wide)units + 1) * per + (units % 2 == 0); // a tie goes to the even neighbour
    }
    CHECK(false);
}

// Money that is missing to one unit more than `units`, which were earned on `amount`.
static int64_t next_step(const struct rate *rate, int64_t amount, int64_t carry_in, int64_t units)
{
    wide there = 2 * ((wide)amount * rate->units + carry_in);
    wide missing = twice_enough(rate, units) - there;
    wide step = 2 * (wide)rate->units;
    wide money = (missing + step - 1) / step;
    CHECK(missing > 0);
    return money <= AMOUNT_MAX ? (int64_t)money : 0;
}

static enum err ask_rate(struct asking *asking, const struct program_rule *rule)
{
    const struct rate *rate = &rule->amount.rate;
    struct selection selection;
    int64_t carry_in = 0;
    struct rated rated;
    enum err e = select_lines(&asking->now, rule, rate->of, &selection);
    if (!e && rate->carry)
        e = limits_counter(&asking->now, LIMIT_MEMBER, limits_carry_name(asking->now.arena, rule),
                           0, &carry_in);
    if (!e && rate->per_line && !rate->carry)
        return ask(asking, rule, next_step(rate, 0, 0, 0), 0); // one more line
    if (!e)
        e = rate_apply(asking->now.arena, rate, &selection, carry_in, &rated);
    if (e)
        return e;
    return ask(asking, rule, next_step(rate, selection.total, carry_in, rated.units), 0);
}

// ---- thresholds of a condition

// The smallest that makes the rule give something is the one to tell.
static enum err ask_thresholds(struct asking *asking, const struct program_rule *rule)
{
    struct threshold list[THRESHOLDS_MAX];
    size_t n = bind_thresholds(&asking->now, rule, list, THRESHOLDS_MAX);
    size_t before = asking->decision->n_near_misses;
    for (size_t i = 0; i < n && asking->decision->n_near_misses == before; i++) {
        enum err e = ask(asking, rule, list[i].missing, list[i].amount);
        if (e)
            return e;
    }
    return OK;
}

// ---- the whole

static enum err ask_rule(struct asking *asking, const struct program_rule *rule)
{
    bool earns = rule->phase == PHASE_BASE || rule->phase == PHASE_BONUS;
    int64_t at_us = asking->now.event->occurred_us;
    if (rule->phase == PHASE_CAP || at_us < rule->active_from_us || at_us >= rule->active_until_us)
        return OK;
    if (rule->when && !bind_when(&asking->now, rule))
        return ask_thresholds(asking, rule);
    return earns && rule->amount.kind == AMOUNT_RATE ? ask_rate(asking, rule) : OK;
}

enum err engine_near_misses(const struct program *program, const struct member_state *state,
                            const struct shared_counters *shared, const struct event *event,
                            const struct event_facts *facts, struct decision *decision)
{
    CHECK(decision->n_near_misses == 0);
    if (!event->order)
        return OK;
    struct event_facts collected = *facts;
    struct asking asking = {
        .decision = decision,
        .now = {.arena = decision->arena,
                .program = program,
                .event = event,
                .facts = &collected,
                .state = state,
                .shared = shared,
                .room_used = facts->n_used},
    };
    enum err e = earn_decide(&asking.now);
    struct event_rules rules = program_rules_for(program, event->type);
    for (size_t i = 0; i < rules.n && !e; i++)
        e = ask_rule(&asking, rules.rules[i]);
    if (e)
        decision->n_near_misses = 0;
    return e;
}
