// SPDX-License-Identifier: Apache-2.0
// refund.c - an order is decided again without what came back, and the difference is taken back.
//
// What an order earned is a function of what is kept of it and of the facts of then.  A refund from
// `before` to `after` takes target(before) - target(after), rule by rule:
//
//   R1  Differences of one function add up: returning in any parts takes what returning at once
//       does.
//   R2  0 <= target <= what the rule gave at first: a return never earns, and never takes more than
//       was earned.
//   R3  A remainder that was carried on is carried back: earned x per + remainder = sum of amount x
//       units, over all that members kept.  The unit that makes this true may be one that another
//       order's event had posted.
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/scenarios/
#include "base/check.h"
#include "base/checked.h"
#include "engine/award.h"

// The three times the order is decided: as it was, without `before`, without `after`.
struct judgement {
    struct event event; // the order's, with what is kept
    struct event_facts facts;
    struct earning earning;
};

struct refunding {
    const struct refund *refund;
    struct draft *draft;
    struct judgement whole, before, after;
};

// ---- deciding again

static enum err judge(struct judgement *judgement, struct arena *arena, const struct refund *refund,
                      const struct order *kept, const struct earning *then)
{
    judgement->event = *refund->order;
    judgement->event.order = (struct order *)kept;
    judgement->facts = *refund->facts;
    judgement->earning = (struct earning){
        .arena = arena,
        .program = refund->program,
        .event = &judgement->event,
        .facts = &judgement->facts,
        .then = then,
    };
    return earn_decide(&judgement->earning);
}

static enum err judge_without(struct judgement *judgement, struct refunding *refunding,
                              const struct returned *returned, size_t n)
{
    struct arena *arena = refunding->draft->decision->arena;
    struct order *kept;
    enum err e = order_without(arena, refunding->refund->order->order, returned, n, &kept);
    if (e)
        return e;
    return judge(judgement, arena, refunding->refund, kept, &refunding->whole.earning);
}

static enum err judge_all(struct refunding *refunding)
{
    const struct refund *refund = refunding->refund;
    enum err e = judge(&refunding->whole, refunding->draft->decision->arena, refund,
                       refund->order->order, NULL);
    if (!e)
        e = judge_without(&refunding->before, refunding, refund->before, refund->n_before);
    if (!e)
        e = judge_without(&refunding->after, refunding, refund->after, refund->n_after);
    return e;
}

// ---- the difference

// Units of one rule, by what was kept.
struct target {
    int64_t units;
    const int64_t *line_units;
    const struct order *order; // whose lines they are
    int64_t carry;
};

static struct target target_of(const struct judgement *judgement, const struct grant *whole)
{
    const struct grant *grant = earn_grant_of(&judgement->earning, whole->rule);
    struct target target = {.order = judgement->event.order, .carry = whole->why->carry_in};
    if (!grant)
        return target;
    CHECK(grant->units >= 0);
    target.units = grant->units < whole->units ? grant->units : whole->units; // R2
    target.line_units = grant->line_units;
    if (grant->why->carry)
        target.carry = grant->why->carry_out;
    return target;
}

// The units of the next line; 0 when it is gone from the target's order.  What is kept of an order
// has its lines in the order of the whole, so one walk finds them all.
static int64_t units_of_line(const struct target *target, size_t *at, struct str line_id)
{
    const struct order *order = target->order;
    if (*at >= order->n_lines || !str_eq(order->lines[*at].id, line_id))
        return 0;
    size_t line = (*at)++;
    return target->line_units ? target->line_units[line] : 0;
}

// By line, what the order earned less what it earns; of the lines where that changed.
static enum err attribute(const struct refunding *refunding, const struct target *before,
                          const struct target *after, struct derivation *why)
{
    const struct order *order = refunding->refund->order->order;
    struct line_share *shares =
        arena_try_array(refunding->draft->decision->arena, order->n_lines, sizeof *shares);
    if (!shares)
        return ERR_MEMORY;
    size_t at_before = 0, at_after = 0;
    for (size_t i = 0; i < order->n_lines; i++) {
        struct str id = order->lines[i].id;
        int64_t units = units_of_line(before, &at_before, id);
        units -= units_of_line(after, &at_after, id);
        if (units != 0)
            shares[why->n_shares++] = (struct line_share){.line_id = id, .units = units};
    }
    why->shares = shares;
    return OK;
}

// R3: the member's remainder now, less what this order had added to it.  A remainder is in
// [0, per), so one that leaves this range gives or takes a whole unit.
static enum err carry_back(struct refunding *refunding, const struct grant *whole,
                           const struct target *before, const struct target *after,
                           int64_t *ret_units)
{
    *ret_units = 0;
    if (!whole->why->carry || before->carry == after->carry)
        return OK;
    struct draft *draft = refunding->draft;
    struct str name = limits_carry_name(draft->decision->arena, whole->rule);
    int64_t now = counters_get(&draft->state.counters, name, 0);
    int64_t next = now + after->carry - before->carry;
    int64_t per = whole->rule->amount.rate.per;
    if (now < 0 || now >= per)
        return ERR_STORE_CORRUPT;
    if (next < 0) {
        next += per;
        *ret_units = 1;
    } else if (next >= per) {
        next -= per;
        *ret_units = -1;
    }
    CHECK(next >= 0 && next < per);
    return draft_count_member(draft, name, next - now);
}

// ---- taking back

static int currency_now(const struct refunding *refunding, int currency_then)
{
    struct str id = refunding->refund->program->currencies[currency_then].id;
    return program_currency_index(refunding->draft->program, id);
}

static struct effect effect_of(const struct refunding *refunding, const struct grant *whole,
                               enum effect_kind kind, int64_t units)
{
    return (struct effect){
        .kind = kind,
        .currency = currency_now(refunding, whole->rule->currency),
        .units = units,
        .order_id = refunding->refund->order->id,
        .rule_id = whole->rule->id,
    };
}

// Posts the effect with what was taken; nothing taken is no effect.
static enum err post_taking(struct draft *draft, struct effect *effect, const struct taking *taking)
{
    if (taking->n == 0)
        return OK;
    effect->units = taking->units;
    effect->allocations = taking->allocations;
    effect->lots = taking->lots;
    effect->n_allocations = taking->n;
    return draft_post(draft, effect);
}

static enum err take_pending(struct draft *draft, struct effect effect, int64_t *left)
{
    struct lot_filter own = {.currency = effect.currency,
                             .pending = true,
                             .at_us = draft->at_us,
                             .order_id = effect.order_id};
    struct taking taking = {0};
    enum err e = lots_take(&draft->state, draft->decision->arena, &own, *left, &taking);
    if (e)
        return e;
    *left -= taking.units;
    return post_taking(draft, &effect, &taking);
}

// The order's own lots, then all others in the order of consumption.
static enum err take_available(struct draft *draft, struct effect effect, int64_t *left)
{
    struct lot_filter own = {.currency = effect.currency,
                             .at_us = draft->at_us,
                             .order_id = effect.order_id};
    struct lot_filter others = {.currency = effect.currency,
                                .at_us = draft->at_us,
                                .not_order = effect.order_id};
    struct taking taking = {0};
    struct arena *arena = draft->decision->arena;
    enum err e = lots_take(&draft->state, arena, &own, *left, &taking);
    if (!e)
        e = lots_take(&draft->state, arena, &others, *left - taking.units, &taking);
    if (e)
        return e;
    *left -= taking.units;
    return post_taking(draft, &effect, &taking);
}

// What is not there is owed or forgiven, by the currency's policy of now.
static enum err owe(struct draft *draft, struct effect effect, int64_t *left)
{
    const struct program_currency *currency = &draft->program->currencies[effect.currency];
    int64_t owed = draft->state.wallets[effect.currency].debt;
    if (currency->shortfall != SHORTFALL_DEBT || owed >= currency->debt_max || *left == 0)
        return OK;
    int64_t room = currency->debt_max - owed;
    effect.units = *left < room ? *left : room;
    *left -= effect.units;
    return draft_post(draft, &effect);
}

static enum err take_back(struct refunding *refunding, const struct grant *whole, int64_t units,
                          struct derivation *why)
{
    struct draft *draft = refunding->draft;
    struct effect effect = effect_of(refunding, whole, EFFECT_CLAWBACK_PENDING, units);
    effect.why = why;
    int64_t left = units;
    enum err e = OK;
    if (effect.currency >= 0) {
        e = take_pending(draft, effect, &left);
        effect.kind = EFFECT_CLAWBACK;
        if (!e)
            e = take_available(draft, effect, &left);
        effect.kind = EFFECT_CLAWBACK_DEBT;
        if (!e)
            e = owe(draft, effect, &left);
    }
    CHECK(left >= 0 && left <= units);
    why->forgiven = left;
    draft->decision->shortfall_forgiven += left;
    return e;
}

// The target rose: a rule that asks for small orders, or a remainder that is whole again.
static enum err give_again(struct refunding *refunding, const struct grant *whole, int64_t units,
                           struct derivation *why)
{
    struct terms terms;
    enum err e = award_terms(refunding->refund->program, whole->rule,
                             refunding->refund->order->occurred_us, &terms);
    if (e)
        return e;
    bool waits = terms.activates_us > refunding->draft->at_us;
    struct effect effect =
        effect_of(refunding, whole, waits ? EFFECT_EARN_PENDING : EFFECT_EARN, units);
    effect.activates_us = terms.activates_us;
    effect.expires_us = terms.expires_us;
    effect.why = why;
    return effect.currency < 0 ? OK : move_credit(refunding->draft, &effect);
}

static enum err settle(struct refunding *refunding, const struct grant *whole, int64_t units,
                       struct derivation *why)
{
    if (units > 0)
        return take_back(refunding, whole, units, why);
    return units < 0 ? give_again(refunding, whole, -units, why) : OK;
}

static enum err refund_rule(struct refunding *refunding, const struct grant *whole)
{
    struct draft *draft = refunding->draft;
    struct target before = target_of(&refunding->before, whole);
    struct target after = target_of(&refunding->after, whole);
    int64_t carried;
    struct derivation *why;
    enum err e = carry_back(refunding, whole, &before, &after, &carried);
    if (!e)
        e = move_reason(draft, REASON_REFUND, &why);
    if (!e)
        e = attribute(refunding, &before, &after, why);
    if (e)
        return e;
    why->version = refunding->refund->program->version;
    why->rule_id = whole->rule->id;
    why->rule_name = whole->rule->name;
    why->before = before.units;
    why->after = after.units;
    why->carried = carried;
    why->exact = before.units - after.units + carried;
    e = settle(refunding, whole, why->exact, why);
    if (e)
        return e;
    return award_count_limits(draft, &refunding->whole.earning, whole->rule,
                              after.units - before.units, (after.units > 0) - (before.units > 0));
}

// ---- the member's history

static enum err give_history_back(const struct refunding *refunding)
{
    const struct order *before = refunding->before.event.order;
    const struct order *after = refunding->after.event.order;
    if (!str_eq(refunding->refund->order->type, STR("order.paid")))
        return OK;
    CHECK(after->paid <= before->paid);
    enum err e = draft_count_member(refunding->draft, STR("spend"), after->paid - before->paid);
    if (!e && before->n_lines > 0 && after->n_lines == 0)
        e = draft_count_member(refunding->draft, STR("orders"), -1);
    return e;
}

enum err engine_decide_refund(const struct program *program, const struct member_state *state,
                              const struct refund *refund, struct decision *decision)
{
    CHECK(refund->order->order);
    struct draft draft;
    struct refunding refunding = {.refund = refund, .draft = &draft};
    enum err e = draft_begin(&draft, program, state, refund->at_us, 1, decision);
    if (!e)
        e = judge_all(&refunding);
    const struct earning *whole = &refunding.whole.earning;
    for (size_t i = 0; i < whole->n_grants && !e; i++)
        e = refund_rule(&refunding, &whole->grants[i]);
    if (!e)
        e = give_history_back(&refunding);
    return draft_end(&draft, e);
}
