// SPDX-License-Identifier: Apache-2.0
// check.c - what is wrong with rules beside one another, though each is right by itself.
//
// Layer: program.  Tests: tests/program/bad_documents.json
#include "program/compile.h"

static const struct json *rule_at(const struct compiler *c, const struct program_rule *rule)
{
    return &json_get(c->root, "rules")->items[rule->index]; // until sorting is done: where it stood
}

static bool earns(const struct program_rule *rule)
{
    return rule->phase == PHASE_BASE || rule->phase == PHASE_BONUS;
}

// A multiplier multiplies what base rules earn on the same event, a cap cuts off what any earns.
static bool has_work(const struct program_rule *rule, const struct program_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool wanted = rule->phase == PHASE_CAP ? earns(&rules[i]) : rules[i].phase == PHASE_BASE;
        if (wanted && rules[i].currency == rule->currency && str_eq(rules[i].on, rule->on))
            return true;
    }
    return false;
}

static void check_work(struct compiler *c, const struct program_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct program_rule *rule = &rules[i];
        const struct json *at = rule_at(c, rule);
        if (earns(rule) || has_work(rule, rules, n))
            continue;
        struct str currency = c->program->currencies[rule->currency].id;
        if (rule->phase == PHASE_CAP)
            json_problem(&c->errors, json_get(at, "cap"), "nothing_to_cap",
                         "cuts off nothing: no rule earns %.*s on %.*s", STR_FMT(currency),
                         STR_FMT(rule->on));
        else
            json_problem(&c->errors, json_get(at, "multiply"), "nothing_to_multiply",
                         "multiplies nothing: no base rule earns %.*s on %.*s", STR_FMT(currency),
                         STR_FMT(rule->on));
    }
}

// One word, one meaning: the rules of a group agree on how one of them is chosen, and compete for
// the same event, phase and currency.
static void check_group(struct compiler *c, const struct program_rule *first,
                        const struct program_rule *rule)
{
    const struct json *at = rule_at(c, rule);
    const struct json *group = json_get(at, "group");
    struct str other = first->id;
    if (first->group_best != rule->group_best)
        json_problem(&c->errors, group ? group : json_get(at, "exclusive_group"), "group_differs",
                     "must be the same as in rule %.*s of this group", STR_FMT(other));
    if (first->phase != rule->phase || first->currency != rule->currency ||
        !str_eq(first->on, rule->on))
        json_problem(&c->errors, json_get(at, "exclusive_group"), "group_differs",
                     "must be a group of rules on one event, in one phase and currency; rule %.*s "
                     "is another",
                     STR_FMT(other));
}

static void check_groups(struct compiler *c, const struct program_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str word = rules[i].exclusive_group;
        for (size_t before = 0; word.n && before < i; before++)
            if (str_eq(rules[before].exclusive_group, word)) {
                check_group(c, &rules[before], &rules[i]);
                break;
            }
    }
}

// The most that a rule's own arithmetic gives on any order that is to be expected.
static int64_t most_units(const struct program_rule *rule)
{
    int64_t most = 0;
    if (rule->amount.kind == AMOUNT_FIXED)
        return rule->amount.fixed;
    if (rule->amount.kind == AMOUNT_RATE)
        (void)!amount_muldiv(ORDER_AMOUNT_EXPECTED_MAX, rule->amount.rate.units,
                             rule->amount.rate.per, ROUND_CEIL, &most);
    return most; // an expression's overflow is found when it is evaluated
}

static void check_overflow(struct compiler *c, const struct program_rule *rules, size_t n)
{
    for (size_t m = 0; m < n; m++) {
        const struct program_rule *multiplier = &rules[m];
        int64_t most;
        if (multiplier->phase != PHASE_MULTIPLIER)
            continue;
        for (size_t i = 0; i < n && rules[i].phase == PHASE_BASE; i++) {
            if (rules[i].currency != multiplier->currency || !str_eq(rules[i].on, multiplier->on) ||
                amount_muldiv(most_units(&rules[i]), multiplier->multiply_num,
                              multiplier->multiply_den, ROUND_CEIL, &most) == OK)
                continue;
            json_problem(&c->errors, json_get(rule_at(c, multiplier), "multiply"), "overflow",
                         "is too much: rule %.*s could earn more than can be counted",
                         STR_FMT(rules[i].id));
            break;
        }
    }
}

void check_rules(struct compiler *c, const struct program_rule *rules, size_t n, bool all)
{
    check_groups(c, rules, n);
    check_overflow(c, rules, n);
    // A rule that is missing for a fault of its own may be the one that earns.
    if (all)
        check_work(c, rules, n);
}
