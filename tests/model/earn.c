// SPDX-License-Identifier: Apache-2.0
// earn.c - what an event earns, and what a return takes back.  See model.h.
#include "model/model.h"

#include <stdio.h>
#include <string.h>

#define RULES_MAX 32
#define NAME_ROOM 160

// What one rule gives.
struct grant {
    const struct program_rule *rule;
    bool takes_part;
    int64_t wanted, units;       // before and after its limits
    int64_t carry_in, carry_out; // 0 unless the rule carries
};

struct verdict {
    struct grant grants[RULES_MAX];
    size_t n;
};

struct judging {
    const struct model *model;
    const struct program *program;
    const struct model_order *order;
    struct model_facts facts;
    int member;
    int n_counts;               // the facts are those of the first so many counts
    const struct verdict *then; // only what gave something then takes part; NULL: all
    struct verdict verdict;
};

// ---- limits

static int64_t window_start(const struct program *program, enum limit_window window, int64_t us)
{
    static const enum calendar_unit units[] = {[WINDOW_DAY] = CALENDAR_DAY,
                                               [WINDOW_WEEK] = CALENDAR_WEEK,
                                               [WINDOW_MONTH] = CALENDAR_MONTH,
                                               [WINDOW_YEAR] = CALENDAR_YEAR};
    if (window == WINDOW_EVER || window == WINDOW_EVENT)
        return 0;
    return calendar_start(program->tz, us, units[window]);
}

static uint64_t limit_key(const struct judging *judging, const struct program_rule *rule,
                          const struct limit *limit)
{
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "limit:%.*s:%d/%d/%d", STR_FMT(rule->id), (int)limit->scope,
             (int)limit->window, limit->counts_units);
    const struct event *event = judging->facts.event;
    return model_key(limit->scope, judging->member, event->store, name,
                     window_start(judging->program, limit->window, event->occurred_us));
}

static int64_t limited(const struct judging *judging, const struct program_rule *rule,
                       int64_t units)
{
    for (size_t i = 0; i < rule->n_limits; i++) {
        const struct limit *limit = &rule->limits[i];
        int64_t used = 0;
        if (limit->window != WINDOW_EVENT)
            used =
                model_counted(judging->model, judging->n_counts, limit_key(judging, rule, limit));
        int64_t rest = limit->max > used ? limit->max - used : 0;
        if (limit->counts_units)
            units = units < rest ? units : rest;
        else if (rest == 0)
            units = 0;
    }
    return units;
}

// ---- amounts

static int64_t line_amount(const struct model_line *line, enum earning_base of)
{
    switch (of) {
    case BASE_GROSS:
        return line->gross;
    case BASE_NET:
        return line->net;
    case BASE_NET_OF_TAX:
        return line->net - line->tax;
    case BASE_PAID:
        break;
    }
    return line->paid;
}

static bool counts(const struct judging *judging, const struct program_rule *rule, size_t i)
{
    const struct model_line *line = &judging->order->lines[i];
    return line->eligible && line->quantity > 0 &&
           (rule->lines == NULL ||
            judging->model->wants_line(rule, &judging->facts.event->order->lines[i], line));
}

static uint64_t carry_key(const struct judging *judging, const struct program_rule *rule)
{
    char name[NAME_ROOM];
    snprintf(name, sizeof name, "carry:%.*s:%lld", STR_FMT(rule->id),
             (long long)rule->amount.rate.per);
    return model_key(LIMIT_MEMBER, judging->member, STR_NONE, name, 0);
}

static int64_t rated(const struct judging *judging, struct grant *grant)
{
    const struct rate *rate = &grant->rule->amount.rate;
    int64_t base = 0, by_line = 0;
    for (size_t i = 0; judging->order != NULL && i < judging->order->n; i++) {
        if (!counts(judging, grant->rule, i))
            continue;
        int64_t amount = line_amount(&judging->order->lines[i], rate->of);
        base += amount;
        by_line += model_round(amount, rate->units, rate->per, rate->rounding);
    }
    if (rate->per_line)
        return by_line;
    if (!rate->carry)
        return model_round(base, rate->units, rate->per, rate->rounding);
    int64_t in = model_counted(judging->model, judging->n_counts, carry_key(judging, grant->rule));
    int64_t exact = base * rate->units + in;
    grant->carry_in = in;
    grant->carry_out = exact % rate->per;
    return exact / rate->per;
}

static int64_t sum_of(const struct verdict *verdict, int currency, bool multiplied)
{
    int64_t sum = 0;
    for (size_t i = 0; i < verdict->n; i++) {
        const struct program_rule *rule = verdict->grants[i].rule;
        if (rule->currency == currency &&
            (rule->phase == PHASE_BASE || (multiplied && rule->phase == PHASE_MULTIPLIER)))
            sum += verdict->grants[i].units;
    }
    return sum;
}

// ---- rules

static bool applies(const struct judging *judging, const struct program_rule *rule)
{
    const struct event *event = judging->facts.event;
    return str_eq(rule->on, event->type) && event->occurred_us >= rule->active_from_us &&
           event->occurred_us < rule->active_until_us &&
           (rule->when == NULL || judging->model->when(rule, &judging->facts));
}

static void cap(struct verdict *verdict, const struct program_rule *rule)
{
    int64_t over = -rule->cap;
    for (size_t i = 0; i < verdict->n; i++)
        if (verdict->grants[i].rule->currency == rule->currency)
            over += verdict->grants[i].units;
    for (size_t i = verdict->n; i-- > 0 && over > 0;) {
        struct grant *grant = &verdict->grants[i];
        if (grant->rule->currency != rule->currency)
            continue;
        int64_t cut = grant->units < over ? grant->units : over;
        grant->units -= cut;
        over -= cut;
    }
}

static int64_t wanted(const struct judging *judging, struct grant *grant)
{
    const struct program_rule *rule = grant->rule;
    if (rule->phase == PHASE_MULTIPLIER)
        return model_round(sum_of(&judging->verdict, rule->currency, rule->compound),
                           rule->multiply_num - rule->multiply_den, rule->multiply_den,
                           rule->multiply_rounding);
    return rule->amount.kind == AMOUNT_FIXED ? rule->amount.fixed : rated(judging, grant);
}

static const struct grant *grant_of(const struct verdict *verdict, const struct program_rule *rule)
{
    for (size_t i = 0; i < verdict->n; i++)
        if (verdict->grants[i].rule == rule)
            return &verdict->grants[i];
    return NULL;
}

// An order without a line that the rule looks at gives it no reason to earn.
static bool has_reason(const struct judging *judging, const struct program_rule *rule)
{
    if (judging->order == NULL || rule->phase == PHASE_MULTIPLIER)
        return true;
    for (size_t i = 0; i < judging->order->n; i++)
        if (counts(judging, rule, i))
            return true;
    return false;
}

static struct grant try_rule(const struct judging *judging, const struct program_rule *rule)
{
    struct grant grant = {.rule = rule};
    grant.takes_part =
        applies(judging, rule) && (judging->then == NULL || grant_of(judging->then, rule) != NULL);
    if (grant.takes_part && has_reason(judging, rule))
        grant.wanted = wanted(judging, &grant);
    grant.units = limited(judging, rule, grant.wanted);
    return grant;
}

static bool is_in_group(const struct program_rule *rule, struct str group)
{
    return rule->exclusive_group.n > 0 && str_eq(rule->exclusive_group, group);
}

static bool group_has_given(const struct verdict *verdict, struct str group)
{
    for (size_t i = 0; i < verdict->n; i++)
        if (verdict->grants[i].units > 0 && is_in_group(verdict->grants[i].rule, group))
            return true;
    return false;
}

// The rule itself, or whichever of its group gives most from here on in this phase.
static struct grant best_of(const struct judging *judging, size_t from)
{
    const struct program_rule *rules = judging->program->rules;
    struct grant best = try_rule(judging, &rules[from]);
    for (size_t i = from + 1; rules[from].group_best && i < judging->program->n_rules; i++) {
        if (rules[i].phase != rules[from].phase ||
            !is_in_group(&rules[i], rules[from].exclusive_group))
            continue;
        struct grant other = try_rule(judging, &rules[i]);
        if (other.takes_part && (!best.takes_part || other.units > best.units))
            best = other;
    }
    return best;
}

// A group whose best gives is decided once, in the place of its first rule.
static bool was_decided(const struct program *program, size_t at)
{
    const struct program_rule *rule = &program->rules[at];
    for (size_t i = 0; rule->group_best && i < at; i++)
        if (program->rules[i].phase == rule->phase &&
            is_in_group(&program->rules[i], rule->exclusive_group))
            return true;
    return false;
}

static void judge(struct judging *judging)
{
    struct verdict *verdict = &judging->verdict;
    verdict->n = 0;
    for (size_t i = 0; i < judging->program->n_rules; i++) {
        const struct program_rule *rule = &judging->program->rules[i];
        if (rule->phase == PHASE_CAP) {
            if (applies(judging, rule))
                cap(verdict, rule);
            continue;
        }
        if (group_has_given(verdict, rule->exclusive_group) || was_decided(judging->program, i))
            continue;
        struct grant grant = best_of(judging, i);
        // What a limit refused altogether leaves no remainder either.
        if (grant.units > 0 || (grant.wanted == 0 && grant.carry_out != grant.carry_in))
            verdict->grants[verdict->n++] = grant;
    }
}

static uint64_t own_key(int member, const char *name)
{
    return model_key(LIMIT_MEMBER, member, STR_NONE, name, 0);
}

static struct judging judging_of(const struct model *model, int index,
                                 const struct model_order *order)
{
    const struct model_event *at = &model->events[index];
    struct judging judging = {.model = model,
                              .program = at->program,
                              .order = order,
                              .member = at->member,
                              .n_counts = at->n_counts};
    judging.facts = (struct model_facts){
        .event = at->event,
        .order = order,
        .orders = model_counted(model, at->n_counts, own_key(at->member, "orders")),
        .spend = model_counted(model, at->n_counts, own_key(at->member, "spend")),
        .visits = model_counted(model, at->n_counts, own_key(at->member, "visits")),
        .enrolled_us = model->members[at->member].enrolled_us};
    return judging;
}

// ---- events

static void credit(struct model *model, int index, const struct program_rule *rule, int64_t units,
                   int64_t at_us)
{
    const struct model_event *at = &model->events[index];
    const struct program_currency *currency = &at->program->currencies[rule->currency];
    struct period pending = rule->has_pending ? rule->pending : currency->pending;
    const struct expiry *expiry = rule->has_expiry ? &rule->expiry : &currency->expiry;
    int64_t activates_us;
    CHECK(calendar_add(at->program->tz, at->event->occurred_us, pending, &activates_us) == OK);
    bool waits = activates_us > at_us;
    int lot = model->n_entries;
    struct model_entry *entry = model_add(model, at->member, rule->currency,
                                          waits ? MODEL_EARN_PENDING : MODEL_EARN, units, at_us);
    entry->order = index;
    entry->activates_us = activates_us;
    entry->expires_us = model_expiry(at->program, expiry, activates_us);
    if (entry->expires_us <= at_us)
        model_expire(model, lot, at_us);
    if (!waits)
        model_repay(model, at->member, rule->currency, units, at_us);
}

// Changes of limits, by what each rule gave before and gives now.
static void count_grant(struct model *model, const struct judging *judging,
                        const struct program_rule *rule, int64_t before, int64_t after)
{
    for (size_t i = 0; i < rule->n_limits; i++) {
        const struct limit *limit = &rule->limits[i];
        if (limit->window != WINDOW_EVENT)
            model_count(model, limit_key(judging, rule, limit),
                        limit->counts_units ? after - before : (after > 0) - (before > 0));
    }
}

static void count_sums(struct model *model, int member, int64_t visits, int64_t orders,
                       int64_t spend)
{
    model_count(model, own_key(member, "visits"), visits);
    model_count(model, own_key(member, "orders"), orders);
    model_count(model, own_key(member, "spend"), spend);
}

int model_event(struct model *model, int member, const struct program *program,
                const struct event *event)
{
    int index = model->n_events++;
    model->events[index] = (struct model_event){.member = member,
                                                .event = event,
                                                .program = program,
                                                .n_counts = model->n_counts,
                                                .n_entries = model->n_entries,
                                                .visible = true};
    struct model_order order;
    if (event->order != NULL)
        model_price(event, program, &order);
    struct judging judging = judging_of(model, index, event->order != NULL ? &order : NULL);
    judge(&judging);
    for (size_t i = 0; i < judging.verdict.n; i++) {
        const struct grant *grant = &judging.verdict.grants[i];
        if (grant->units > 0)
            credit(model, index, grant->rule, grant->units, event->occurred_us);
        count_grant(model, &judging, grant->rule, 0, grant->units);
        if (grant->rule->amount.rate.carry)
            model_count(model, carry_key(&judging, grant->rule),
                        grant->carry_out - grant->carry_in);
    }
    if (str_eq(event->type, STR("order.paid")))
        count_sums(model, member, 1, 1, order.paid);
    if (str_eq(event->type, STR("visit")))
        count_sums(model, member, 1, 0, 0);
    return index;
}

// ---- returns

// What the rule gives for what is kept; never more than it gave at first.
static int64_t target(const struct judging *judging, const struct grant *whole)
{
    const struct grant *grant = grant_of(&judging->verdict, whole->rule);
    int64_t units = grant != NULL ? grant->units : 0;
    return units < whole->units ? units : whole->units;
}

static int64_t carried_by(const struct verdict *verdict, const struct program_rule *rule,
                          int64_t otherwise)
{
    const struct grant *grant = grant_of(verdict, rule);
    return grant != NULL ? grant->carry_out : otherwise;
}

// The remainder goes back as well; where the member's is too small for that, a unit that it had
// filled up is taken too.  Returns these units.
static int64_t uncarry(struct model *model, const struct judging *before,
                       const struct judging *after, const struct program_rule *rule)
{
    if (rule->amount.kind != AMOUNT_RATE || !rule->amount.rate.carry || !applies(before, rule))
        return 0;
    uint64_t key = carry_key(before, rule);
    int64_t in = model_counted(model, before->n_counts, key);
    int64_t delta = carried_by(&after->verdict, rule, in) - carried_by(&before->verdict, rule, in);
    int64_t rest = model_counted(model, model->n_counts, key) + delta;
    int64_t units = 0, per = rule->amount.rate.per;
    for (; rest < 0; rest += per, delta += per)
        units++;
    for (; rest >= per; rest -= per, delta -= per)
        units--;
    model_count(model, key, delta);
    return units;
}

static void claw_back(struct model *model, const struct program *now, int index, int currency,
                      int64_t left, int64_t at_us)
{
    int member = model->events[index].member;
    struct model_taking taking = {.member = member,
                                  .currency = currency,
                                  .kind = MODEL_CLAWBACK_PENDING,
                                  .at_us = at_us,
                                  .order = index,
                                  .pending = true,
                                  .redemption = -1};
    left -= model_take(model, taking, left);
    taking.kind = MODEL_CLAWBACK;
    taking.pending = false;
    left -= model_take(model, taking, left);
    taking.order = -1;
    left -= model_take(model, taking, left);
    const struct program_currency *rules = &now->currencies[currency];
    if (left > 0 && rules->shortfall == SHORTFALL_DEBT) {
        int64_t room = rules->debt_max - model_wallet(model, member, currency).debt;
        int64_t owed = left < room ? left : room;
        if (owed > 0) {
            model_add(model, member, currency, MODEL_CLAWBACK_DEBT, owed, at_us)->order = index;
            left -= owed;
        }
    }
    model->forgiven += left;
}

static void refund_rule(struct model *model, const struct program *now, int index,
                        const struct judging *before, const struct judging *after,
                        const struct grant *whole, int64_t at_us)
{
    int64_t had = target(before, whole), has = target(after, whole);
    int64_t units = had - has + uncarry(model, before, after, whole->rule);
    if (units > 0)
        claw_back(model, now, index, whole->rule->currency, units, at_us);
    else if (units < 0)
        credit(model, index, whole->rule, -units, at_us);
    count_grant(model, before, whole->rule, had, has);
}

enum err model_refund(struct model *model, const struct program *now, int index,
                      const int64_t *returned, int64_t at_us)
{
    struct model_event *at = &model->events[index];
    struct model_order orders[3]; // whole, without what came back before, and without this too
    int64_t sum[MODEL_LINES];
    bool all = true;
    model_price(at->event, at->program, &orders[0]);
    for (size_t i = 0; i < orders[0].n; i++) {
        sum[i] = at->returned[i] + returned[i];
        if (sum[i] > orders[0].lines[i].quantity)
            return ERR_REFUND_EXCEEDS_ORDER;
        all = all && sum[i] == orders[0].lines[i].quantity;
    }
    model_without(at->event, &orders[0], at->returned, &orders[1]);
    model_without(at->event, &orders[0], sum, &orders[2]);
    struct judging judging[3];
    for (int i = 0; i < 3; i++) {
        judging[i] = judging_of(model, index, &orders[i]);
        judging[i].then = i > 0 ? &judging[0].verdict : NULL;
        judge(&judging[i]);
    }
    for (size_t i = 0; i < judging[0].verdict.n; i++)
        refund_rule(model, now, index, &judging[1], &judging[2], &judging[0].verdict.grants[i],
                    at_us);
    count_sums(model, at->member, 0, all ? -1 : 0, orders[2].paid - orders[1].paid);
    memcpy(at->returned, sum, sizeof sum);
    return OK;
}
