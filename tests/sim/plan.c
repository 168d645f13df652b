// SPDX-License-Identifier: Apache-2.0
// plan.c - swarm configuration: each seed switches features on or off and draws a programme.
#include "sim/plan.h"

#include "base/buf.h"
#include "base/json_out.h"

#include <stdio.h>

#define US_S ((int64_t)1000000)
#define US_DAY (86400 * US_S)

static const char *const zones[] = {"Europe/Paris", "UTC", "Pacific/Kiritimati", "America/New_York",
                                    "Australia/Lord_Howe"};
static const char *const periods[] = {"P1D", "P3D", "P1W", "P1M", "P3M", "P12M"};
static const char *const roundings[] = {"floor", "ceil", "half_even"};
static const char *const bases[] = {"paid", "gross", "net", "net_of_tax"};
static const char *const scopes[] = {"member", "program", "store"};
static const char *const windows[] = {"event", "day", "week", "month", "year", "ever"};

#define PICK(rng, list) ((list)[rng_below((rng), (int64_t)(sizeof(list) / sizeof *(list)))])

static void draw_weights(struct plan *plan)
{
    static const int base[OP_KINDS] = {
        [OP_ORDER] = 30,  [OP_VISIT] = 5,  [OP_REFUND] = 12, [OP_REFUND_ALL] = 4,
        [OP_REDEEM] = 12, [OP_HOLD] = 8,   [OP_CAPTURE] = 5, [OP_RELEASE] = 3,
        [OP_REVERSE] = 5, [OP_ADJUST] = 5, [OP_ADVANCE] = 6, [OP_CLOCK_BACK] = 2,
        [OP_PROGRAM] = 1, [OP_RETRY] = 4,  [OP_RESTART] = 2, [OP_EARLY_REFUND] = 2,
    };
    for (int kind = 0; kind < OP_KINDS; kind++) {
        int64_t factor = rng_below(&plan->rng, 4); // 0: this seed never does it
        plan->weights[kind] = base[kind] * (int)factor;
    }
    plan->weights[OP_ORDER] += 15;
}

static void draw_joining(struct plan *plan, uint64_t seed)
{
    static const int64_t groups[] = {1, 1, 3, 12, 50};
    struct rng *rng = &plan->joining;
    *rng = (struct rng){~seed * 0xbf58476d1ce4e5b9u};
    plan->group_max = (int)PICK(rng, groups);
    plan->fate_percent = rng_chance(rng, 40) ? 3 : 0;
    plan->keyed_percent = rng_chance(rng, 50) ? 40 : 0;
    plan->person_percent = rng_chance(rng, 50) ? 5 : 0;
}

void plan_init(struct plan *plan, uint64_t seed)
{
    *plan = (struct plan){.rng = {seed * 0x9e3779b97f4a7c15u + 1}};
    struct rng *rng = &plan->rng;
    static const int64_t steps[] = {US_S, 3600 * US_S, US_DAY, 10 * US_DAY, 60 * US_DAY};
    draw_weights(plan);
    plan->n_members = (int)rng_between(rng, 1, 6);
    plan->step_us_max = PICK(rng, steps);
    plan->late_percent = rng_chance(rng, 50) ? 20 : 0;
    plan->n_currencies = rng_chance(rng, 30) ? 2 : 1;
    plan->n_rules = (int)rng_between(rng, 1, 8);
    plan->n_rewards = (int)rng_between(rng, 1, 3);
    plan->debt = rng_chance(rng, 50);
    plan->pending = rng_chance(rng, 50);
    plan->carry = rng_chance(rng, 40);
    plan->limits = rng_chance(rng, 60);
    plan->multipliers = rng_chance(rng, 50);
    plan->groups = rng_chance(rng, 30);
    plan->discounts = rng_chance(rng, 60);
    plan->rule_expiry = rng_chance(rng, 30);
    plan->expressions = rng_chance(rng, 50);
    plan->timezone = PICK(rng, zones);
    plan->shape_seed = rng_next(rng);
    draw_joining(plan, seed);
}

struct op plan_op(struct plan *plan)
{
    struct rng *joining = &plan->joining;
    int sum = 0;
    for (int kind = 0; kind < OP_KINDS; kind++)
        sum += plan->weights[kind];
    int64_t at = rng_below(&plan->rng, sum);
    int kind = 0;
    while (at >= plan->weights[kind])
        at -= plan->weights[kind++];
    struct op op = {.kind = (enum op_kind)kind, .seed = rng_next(&plan->rng)};
    op.joins = plan->group_left > 0;
    plan->group_left = op.joins ? plan->group_left - 1 : (int)rng_below(joining, plan->group_max);
    op.keyed = rng_chance(joining, plan->keyed_percent);
    if (rng_chance(joining, plan->fate_percent))
        op.fate = rng_chance(joining, 50) ? FATE_FAILS : FATE_MEETS;
    if (rng_chance(joining, plan->person_percent))
        op.kind = OP_PERSON;
    op.foreseen = rng_chance(joining, 80);
    return op;
}

// ---- the programme: shape draws what all versions share, value what each has of its own

struct drawing {
    const struct plan *plan;
    struct rng shape, value;
    struct json_out *out;
};

static void put_expiry(struct drawing *drawing)
{
    static const char *const rounds[] = {"none", "month", "quarter", "half_year", "year"};
    struct rng *rng = &drawing->value;
    if (rng_chance(rng, 25))
        return;
    json_put_object(drawing->out, "expiry");
    if (rng_chance(rng, 30)) {
        json_put_c(drawing->out, "policy", "calendar");
        json_put_c(drawing->out, "after", PICK(rng, periods));
        json_put_array(drawing->out, "dates");
        json_str(drawing->out, STR("03-31"));
        if (rng_chance(rng, 50))
            json_str(drawing->out, STR("12-31"));
        json_end(drawing->out);
    } else {
        json_put_c(drawing->out, "policy", "rolling");
        json_put_c(drawing->out, "after", PICK(rng, periods));
        json_put_c(drawing->out, "round", PICK(rng, rounds));
    }
    json_end(drawing->out);
}

static void put_pending(struct drawing *drawing)
{
    static const char *const waits[] = {"P0D", "PT1H", "P2D", "P14D", "P1M"};
    if (!drawing->plan->pending || rng_chance(&drawing->value, 50))
        return;
    json_put_object(drawing->out, "pending");
    json_put_c(drawing->out, "for", PICK(&drawing->value, waits));
    json_end(drawing->out);
}

static void put_currency(struct drawing *drawing, int i)
{
    struct json_out *out = drawing->out;
    json_object(out);
    json_put_c(out, "id", i == 0 ? "points" : "stars");
    json_put_object(out, "unit");
    json_put_array(out, "en");
    json_str(out, i == 0 ? STR("point") : STR("star"));
    json_str(out, i == 0 ? STR("points") : STR("stars"));
    json_end(out);
    json_end(out);
    put_pending(drawing);
    put_expiry(drawing);
    if (drawing->plan->debt) {
        json_put_c(out, "shortfall", "debt");
        if (rng_chance(&drawing->value, 40))
            json_put_i64(out, "debt_max", rng_between(&drawing->value, 1, 300));
    }
    json_end(out);
}

static void put_when(struct drawing *drawing, bool order)
{
    struct rng *rng = &drawing->shape;
    char text[120];
    int64_t which = rng_below(rng, order ? 12 : 3);
    int64_t n = rng_between(&drawing->value, 1, 4);
    switch (which) {
    case 0:
        snprintf(text, sizeof text, "member.orders >= %lld", (long long)n);
        break;
    case 1:
        snprintf(text, sizeof text, "member.spend < %lld", (long long)n * 5000);
        break;
    case 2:
        snprintf(text, sizeof text, "member.visits >= %lld", (long long)n);
        break;
    case 3:
    case 4:
        snprintf(text, sizeof text, "order.paid >= %lld", (long long)n * 1000);
        break;
    case 5:
        snprintf(text, sizeof text, "order.items.exists(i, i.category == 'c%lld')", (long long)n);
        break;
    default:
        return;
    }
    if (drawing->plan->expressions)
        json_put_c(drawing->out, "when", text);
}

static void put_rate(struct drawing *drawing)
{
    struct json_out *out = drawing->out;
    struct rng *rng = &drawing->value;
    static const int64_t pers[] = {1, 7, 100, 100, 100, 250, 1000};
    json_object(out);
    json_put_i64(out, "units", rng_between(rng, 1, 12));
    json_put_i64(out, "per", PICK(&drawing->shape, pers));
    json_put_c(out, "of", PICK(rng, bases));
    bool carry = drawing->plan->carry && rng_chance(&drawing->shape, 50);
    bool per_line = !carry && rng_chance(&drawing->shape, 25);
    json_put_c(out, "rounding", carry ? "floor" : PICK(rng, roundings));
    json_put_bool(out, "per_line", per_line);
    json_put_bool(out, "carry", carry);
    json_end(out);
}

static void put_limits(struct drawing *drawing)
{
    struct rng *rng = &drawing->shape;
    if (!drawing->plan->limits || !rng_chance(rng, 50))
        return;
    json_put_array(drawing->out, "limits");
    int64_t n = rng_between(rng, 1, 2);
    for (int64_t i = 0; i < n; i++) {
        bool units = rng_chance(rng, 60);
        json_object(drawing->out);
        json_put_i64(drawing->out, units ? "units" : "times",
                     rng_between(&drawing->value, 1, units ? 400 : 6));
        // The second limit of a rule counts over another window.
        int64_t window = i == 0 ? rng_between(rng, 0, 2) : rng_between(rng, 3, 5);
        json_put_c(drawing->out, "per", PICK(rng, scopes));
        json_put_c(drawing->out, "within", windows[units ? window : (window ? window : 1)]);
        json_end(drawing->out);
    }
    json_end(drawing->out);
}

static void put_amount(struct drawing *drawing, const char *currency, bool order)
{
    json_put_object(drawing->out, "earn");
    json_key(drawing->out, currency);
    if (!order || rng_chance(&drawing->shape, 30))
        json_i64(drawing->out, rng_between(&drawing->value, 1, 200));
    else
        put_rate(drawing);
    json_end(drawing->out);
}

static void put_multiply(struct drawing *drawing, const char *currency)
{
    static const char *const by[] = {"2.0", "3", "1.5", "1.1", "2.25"};
    json_put_object(drawing->out, "multiply");
    json_put_c(drawing->out, currency, PICK(&drawing->value, by));
    json_end(drawing->out);
    json_put_bool(drawing->out, "compound", rng_chance(&drawing->shape, 40));
    json_put_c(drawing->out, "rounding", PICK(&drawing->value, roundings));
}

static void put_cap(struct drawing *drawing, const char *currency)
{
    json_put_object(drawing->out, "cap");
    json_put_i64(drawing->out, currency, rng_between(&drawing->value, 50, 600));
    json_end(drawing->out);
}

enum rule_kind { RULE_BASE, RULE_BONUS, RULE_MULTIPLIER, RULE_CAP };

static enum rule_kind draw_kind(struct drawing *drawing, int i)
{
    int64_t what = i == 0 ? 0 : rng_below(&drawing->shape, 10);
    if (what < 4 || (what < 9 && what >= 6 && !drawing->plan->multipliers))
        return RULE_BASE;
    return what < 6 ? RULE_BONUS : what < 9 ? RULE_MULTIPLIER : RULE_CAP;
}

static void put_group(struct drawing *drawing)
{
    if (!drawing->plan->groups || !rng_chance(&drawing->shape, 60))
        return;
    json_put_c(drawing->out, "exclusive_group", "only-one");
    json_put_c(drawing->out, "group", drawing->plan->shape_seed % 2 ? "first" : "best");
}

// What only rules that earn by themselves may say.
static void put_earning(struct drawing *drawing, bool order, bool in_group)
{
    struct rng *rng = &drawing->shape;
    if (order && rng_chance(rng, 20) && drawing->plan->expressions)
        json_put_c(drawing->out, "lines",
                   rng_chance(rng, 50) ? "item.category == 'c1'" : "item.quantity >= 2");
    put_limits(drawing);
    put_pending(drawing);
    if (drawing->plan->rule_expiry && rng_chance(rng, 50))
        put_expiry(drawing);
    if (in_group)
        put_group(drawing);
}

static void put_giving(struct drawing *drawing, enum rule_kind kind, const char *currency,
                       bool order)
{
    if (kind == RULE_MULTIPLIER)
        put_multiply(drawing, currency);
    else if (kind == RULE_CAP)
        put_cap(drawing, currency);
    else
        put_amount(drawing, currency, order);
}

static void put_rule(struct drawing *drawing, int i)
{
    struct rng *rng = &drawing->shape;
    struct json_out *out = drawing->out;
    char id[24];
    snprintf(id, sizeof id, "rule-%d", i);
    enum rule_kind kind = draw_kind(drawing, i);
    bool earns = kind == RULE_BASE || kind == RULE_BONUS;
    bool stars = i > 0 && earns && drawing->plan->n_currencies > 1 && rng_chance(rng, 40);
    const char *currency = stars ? "stars" : "points";
    bool order = i == 0 || !earns || !rng_chance(rng, 15);
    json_object(out);
    json_put_c(out, "id", id);
    json_put_c(out, "on", order ? "order.paid" : "visit");
    json_put_i64(out, "priority", rng_between(rng, -1, 1));
    if (kind == RULE_BONUS)
        json_put_c(out, "phase", "bonus");
    put_giving(drawing, kind, currency, order);
    if (i > 0)
        put_when(drawing, order);
    if (earns)
        put_earning(drawing, order, kind == RULE_BASE && order && !stars);
    json_end(out);
}

static void put_reward(struct drawing *drawing, int i)
{
    struct json_out *out = drawing->out;
    struct rng *rng = &drawing->value;
    char id[24];
    snprintf(id, sizeof id, "reward-%d", i);
    json_object(out);
    json_put_c(out, "id", id);
    json_put_c(out, "name", id);
    json_put_object(out, "cost");
    json_put_i64(out, "points", rng_between(rng, 1, 300));
    if (drawing->plan->n_currencies > 1 && i == 1)
        json_put_i64(out, "stars", rng_between(rng, 1, 100));
    json_end(out);
    json_put_object(out, "gives");
    json_put_c(out, "type", "product");
    json_put_c(out, "sku", "COFFEE");
    json_end(out);
    if (drawing->plan->limits && rng_chance(&drawing->shape, 50)) {
        json_put_object(out, "limits");
        if (rng_chance(&drawing->shape, 50))
            json_put_i64(out, "per_member", rng_between(rng, 1, 5));
        json_put_i64(out, "stock", rng_between(rng, 1, 12));
        json_end(out);
    }
    json_put_c(out, "hold_for", rng_chance(rng, 50) ? "PT15M" : "P3D");
    json_end(out);
}

struct str plan_document(const struct plan *plan, struct arena *arena, int version)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, arena);
    json_init(&out, &buf);
    struct drawing drawing = {.plan = plan,
                              .shape = {plan->shape_seed},
                              .value = {plan->shape_seed + (uint64_t)version * 7919},
                              .out = &out};
    json_object(&out);
    json_put_c(&out, "id", "simulated");
    json_put_str(&out, "name", str_printf(arena, "Simulated %d", version));
    json_put_c(&out, "timezone", plan->timezone);
    json_put_c(&out, "money", "EUR");
    json_put_c(&out, "back_dating", "P10Y");
    json_put_array(&out, "currencies");
    for (int i = 0; i < plan->n_currencies; i++)
        put_currency(&drawing, i);
    json_end(&out);
    json_put_object(&out, "excluded");
    json_put_array(&out, "categories");
    json_str(&out, STR("c0"));
    json_end(&out);
    json_put_array(&out, "skus");
    json_str(&out, STR("gift_*"));
    json_end(&out);
    json_end(&out);
    json_put_array(&out, "rules");
    for (int i = 0; i < plan->n_rules; i++)
        put_rule(&drawing, i);
    json_end(&out);
    json_put_array(&out, "rewards");
    for (int i = 0; i < plan->n_rewards; i++)
        put_reward(&drawing, i);
    json_end(&out);
    json_end(&out);
    return buf_text(&buf);
}

// ---- the expressions as C

static int64_t number_in(struct str text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] >= '0' && text.p[i] <= '9')
            n = n * 10 + (text.p[i] - '0');
    return n;
}

static bool has_category(const struct model_facts *facts, char digit)
{
    for (size_t i = 0; i < facts->order->n; i++) {
        struct str category = facts->event->order->lines[i].category;
        if (facts->order->lines[i].quantity > 0 && category.n == 2 && category.p[1] == digit)
            return true;
    }
    return false;
}

bool plan_when(const struct program_rule *rule, const struct model_facts *facts)
{
    struct str text = rule->when_text;
    int64_t n = number_in(text);
    if (str_starts(text, STR("member.orders")))
        return facts->orders >= n;
    if (str_starts(text, STR("member.spend")))
        return facts->spend < n;
    if (str_starts(text, STR("member.visits")))
        return facts->visits >= n;
    if (str_starts(text, STR("order.paid")))
        return facts->order->paid >= n;
    CHECK(str_starts(text, STR("order.items.exists")));
    return has_category(facts, (char)('0' + n));
}

bool plan_wants_line(const struct program_rule *rule, const struct order_line *line,
                     const struct model_line *kept)
{
    if (str_starts(rule->lines_text, STR("item.category")))
        return str_eq(line->category, STR("c1"));
    CHECK(str_starts(rule->lines_text, STR("item.quantity")));
    return kept->quantity >= 2;
}
