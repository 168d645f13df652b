// SPDX-License-Identifier: Apache-2.0
// earning.c - one rule's amount: what it earns, by what it multiplies or what it cuts off, and its
// limits.
//
// Layer: program.  Tests: tests/program/program_test.c, tests/program/bad_documents.json
#include "program/compile.h"
#include "program/expression.h"

// ---- earn

static void compile_rate(struct compiler *c, const struct doc_rate *doc, const struct json *at,
                         struct rate *rate)
{
    int64_t most;
    *rate = (struct rate){.of = (enum earning_base)doc->of,
                          .units = doc->units,
                          .per = doc->per,
                          .rounding = (enum rounding)doc->rounding,
                          .per_line = doc->per_line,
                          .carry = doc->carry};
    if (amount_muldiv(ORDER_AMOUNT_EXPECTED_MAX, rate->units, rate->per, ROUND_CEIL, &most) != OK)
        json_problem(&c->errors, json_get(at, "units"), "overflow",
                     "is too much for so little: a large order would earn more than can be "
                     "counted");
    if (rate->carry && rate->per_line)
        json_problem(&c->errors, json_get(at, "carry"), "not_with_this",
                     "does not go together with per_line");
    if (rate->carry && rate->rounding != ROUND_FLOOR)
        json_problem(&c->errors, json_get(at, "carry"), "not_with_this",
                     "needs the rounding \"floor\": what is rounded up leaves nothing to keep");
}

static void compile_earn(struct compiler *c, const struct doc_rule *doc, struct program_rule *rule,
                         bool has_order)
{
    const struct doc_earn *earn = &doc->earn;
    rule->currency = compiler_currency(c, earn->at);
    rule->amount.kind = earn->kind;
    if (earn->kind == AMOUNT_FIXED) {
        rule->amount.fixed = earn->fixed;
    } else if (earn->kind == AMOUNT_RATE && !has_order) {
        json_problem(&c->errors, earn->at, "no_order", "needs an order, and %.*s has none",
                     STR_FMT(doc->on));
    } else if (earn->kind == AMOUNT_RATE) {
        compile_rate(c, &earn->rate, earn->at, &rule->amount.rate);
    } else {
        rule->amount.text = keep_str(c, earn->text);
        rule->amount.expression =
            expression_compile(c, earn->at, "int", has_order ? SEES_ORDER : SEES_EVENT);
    }
}

// ---- multiply, cap

static void compile_multiply(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                             struct program_rule *rule)
{
    rule->multiply_num = doc->multiply.num;
    rule->multiply_den = doc->multiply.den;
    rule->compound = doc->compound;
    rule->multiply_rounding = (enum rounding)doc->rounding;
    if (doc->multiply.at)
        rule->currency = compiler_currency(c, doc->multiply.at);
    else if (c->doc.currencies.n != 1)
        json_problem(&c->errors, json_get(at, "multiply"), "which_currency",
                     "must say which currency, such as {\"points\": \"2.0\"}");
}

static void compile_cap(struct compiler *c, const struct doc_rule *doc, struct program_rule *rule)
{
    const struct json *cap = doc->cap.at;
    if (cap->n != 1) {
        json_problem(&c->errors, cap, "too_many",
                     "must name one currency; write a rule for each of them");
        return;
    }
    rule->currency = compiler_currency(c, &cap->items[0]);
    CHECK(json_to_i64(&cap->items[0], &rule->cap)); // read_units saw to it
}

void compile_amount(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                    struct program_rule *rule, bool has_order)
{
    const char *const of_multiplier[] = {"compound", "rounding"};
    for (size_t i = 0; i < 2; i++)
        if (rule->phase != PHASE_MULTIPLIER && json_get(at, of_multiplier[i]))
            json_problem(&c->errors, json_get(at, of_multiplier[i]), "not_with_this",
                         "belongs to a rule with multiply");
    if (rule->phase == PHASE_MULTIPLIER)
        compile_multiply(c, doc, at, rule);
    else if (rule->phase == PHASE_CAP)
        compile_cap(c, doc, rule);
    else
        compile_earn(c, doc, rule, has_order);
}

// ---- limits

static bool same_limit(const struct limit *a, const struct limit *b)
{
    return a->scope == b->scope && a->window == b->window && a->counts_units == b->counts_units;
}

static void compile_limit(struct compiler *c, const struct doc_limit *doc, const struct json *at,
                          struct limit *limit)
{
    *limit = (struct limit){.scope = (enum limit_scope)doc->per,
                            .window = (enum limit_window)doc->within,
                            .counts_units = doc->units > 0,
                            .max = doc->units > 0 ? doc->units : doc->times};
    if ((doc->units > 0) == (doc->times > 0))
        json_problem(&c->errors, at, doc->units ? "too_many" : "required",
                     "must have times or units, one of them");
    else if (!limit->counts_units && limit->window == WINDOW_EVENT)
        json_problem(&c->errors, at, "not_with_this",
                     "means nothing: a rule applies at most once to one event");
}

void compile_limits(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                    struct program_rule *rule)
{
    size_t n = doc->limits.n;
    const struct doc_limit *docs = doc->limits.items;
    const struct json *list = json_get(at, "limits");
    if (n && rule->phase == PHASE_CAP) {
        json_problem(&c->errors, list, "not_with_this",
                     "means nothing in a cap, which is a limit itself");
        return;
    }
    struct limit *limits = keep_array(c, n, sizeof *limits);
    for (size_t i = 0; i < n; i++) {
        compile_limit(c, &docs[i], &list->items[i], &limits[i]);
        for (size_t before = 0; before < i; before++)
            if (same_limit(&limits[before], &limits[i]))
                json_problem(&c->errors, &list->items[i], "duplicate_limit",
                             "counts the same as the limit %zu of this rule; keep the smaller one",
                             before + 1);
    }
    rule->limits = limits;
    rule->n_limits = n;
}
