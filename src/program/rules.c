// SPDX-License-Identifier: Apache-2.0
// rules.c - what is earned for what: each rule, their order, and the index by event type.
//
// Layer: program.  Tests: tests/program/program_test.c, tests/program/bad_documents.json
#include "base/sort.h"
#include "program/compile.h"
#include "program/expression.h"

// ---- events

struct known_event {
    struct str type;
    bool has_order, refers_to_order;
};

static const struct known_event known_events[] = {
#define EVENT(name, type, has_order, refers_to_order, en, fr)                                      \
    {STR(type), has_order, refers_to_order},
#include "events.def"
#undef EVENT
};
#define N_KNOWN_EVENTS (sizeof known_events / sizeof known_events[0])

static const struct known_event *known_event(struct str type)
{
    for (size_t i = 0; i < N_KNOWN_EVENTS; i++)
        if (str_eq(known_events[i].type, type))
            return &known_events[i];
    return NULL;
}

// Any other type may be sent too, so a near miss of a known one is only suspicious.
static void warn_of_typo(struct compiler *c, struct str type, const struct json *on)
{
    struct str known[N_KNOWN_EVENTS];
    for (size_t i = 0; i < N_KNOWN_EVENTS; i++)
        known[i] = known_events[i].type;
    struct str near = str_nearest(type, known, N_KNOWN_EVENTS);
    if (!near.n)
        return;
    json_problem(&c->warnings, on, "unusual_event_type",
                 "is an event type of your own; did you mean \"%.*s\"?", STR_FMT(near));
    problem_suggest(&c->warnings, near);
}

static void compile_event(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                          struct program_rule *rule)
{
    const struct json *on = json_get(at, "on");
    const struct known_event *event = known_event(doc->on);
    rule->on = keep_str(c, doc->on);
    if (!event)
        warn_of_typo(c, doc->on, on);
    else if (event->refers_to_order)
        json_problem(&c->errors, on, "earns_nothing",
                     "cannot earn: what the order earned is taken back without a rule");
}

bool rule_event_has_order(struct str type)
{
    const struct known_event *event = known_event(type);
    return event && event->has_order;
}

// ---- one rule

static void compile_when(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                         struct program_rule *rule)
{
    bool has_order = rule_event_has_order(rule->on);
    rule->when_text = keep_str(c, doc->when);
    rule->lines_text = keep_str(c, doc->lines);
    if (doc->when.n)
        rule->when = expression_compile(c, json_get(at, "when"), "bool",
                                        has_order ? SEES_ORDER : SEES_EVENT);
    if (!doc->lines.n)
        return;
    const struct json *lines = json_get(at, "lines");
    if (!has_order)
        json_problem(&c->errors, lines, "no_order", "means nothing: %.*s has no order",
                     STR_FMT(doc->on));
    else if (rule->phase == PHASE_CAP)
        json_problem(&c->errors, lines, "not_with_this", "means nothing in a cap");
    else
        rule->lines = expression_compile(c, lines, "bool", SEES_ITEM);
}

static void compile_group(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                          struct program_rule *rule)
{
    const struct json *group = json_get(at, "group");
    rule->exclusive_group = keep_str(c, doc->exclusive_group);
    rule->group_best = doc->group == 1;
    if (group && !doc->exclusive_group.n)
        json_problem(&c->errors, group, "not_with_this", "means nothing without exclusive_group");
    if (doc->exclusive_group.n && rule->phase == PHASE_CAP)
        json_problem(&c->errors, json_get(at, "exclusive_group"), "not_with_this",
                     "means nothing in a cap: every cap counts");
}

static void compile_overrides(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                              struct program_rule *rule)
{
    bool earns = rule->phase == PHASE_BASE || rule->phase == PHASE_BONUS;
    const char *const names[] = {"pending", "expiry"};
    for (size_t i = 0; i < 2 && !earns; i++)
        if (json_get(at, names[i]))
            json_problem(&c->errors, json_get(at, names[i]), "not_with_this",
                         "belongs to a rule that earns");
    rule->has_pending = doc->pending != NULL;
    rule->has_expiry = doc->expiry != NULL;
    if (doc->pending)
        rule->pending = doc->pending->lasts;
    if (doc->expiry)
        compile_expiry(c, doc->expiry, json_get(at, "expiry"), &rule->expiry);
}

// Which of earn, multiply and cap the rule has decides its phase; "bonus" is an earn by choice.
static bool compile_phase(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                          struct program_rule *rule)
{
    const char *const verbs[] = {"earn", "multiply", "cap"};
    const enum phase phases[] = {PHASE_BASE, PHASE_MULTIPLIER, PHASE_CAP};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++)
        if (json_get(at, verbs[i]) && ++n)
            rule->phase = phases[i];
    if (n != 1) {
        json_problem(&c->errors, at, n ? "too_many" : "required",
                     "must have earn, multiply or cap, one of them");
        return false;
    }
    enum phase stated = (enum phase)doc->phase;
    if (doc->phase < 0)
        return true;
    if (stated == rule->phase || (stated == PHASE_BONUS && rule->phase == PHASE_BASE)) {
        rule->phase = stated;
        return true;
    }
    const char *const words[] = {"base or bonus", "multiplier", "base or bonus", "cap"};
    json_problem(&c->errors, json_get(at, "phase"), "wrong_phase", "must be %s for a rule with %s",
                 words[rule->phase],
                 rule->phase == PHASE_BASE  ? "earn"
                 : rule->phase == PHASE_CAP ? "cap"
                                            : "multiply");
    return false;
}

static void compile_rule(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                         struct program_rule *rule)
{
    rule->id = keep_str(c, doc->id);
    rule->name = keep_bilingual(c, doc->name);
    rule->priority = (int)doc->priority;
    compile_event(c, doc, at, rule);
    compile_active(c, doc->active, at, &rule->active_from_us, &rule->active_until_us);
    if (!compile_phase(c, doc, at, rule))
        return;
    compile_when(c, doc, at, rule);
    compile_amount(c, doc, at, rule, rule_event_has_order(rule->on));
    compile_limits(c, doc, at, rule);
    compile_group(c, doc, at, rule);
    compile_overrides(c, doc, at, rule);
}

// ---- order and index

static int compare_rules(const void *a, const void *b, void *ctx)
{
    const struct program_rule *left = a, *right = b;
    if (left->phase != right->phase)
        return (int)left->phase - (int)right->phase;
    if (left->priority != right->priority)
        return left->priority - right->priority;
    return str_cmp(left->id, right->id);
}

static int compare_events(const void *a, const void *b, void *ctx)
{
    const struct program_rule *const *left = a, *const *right = b;
    return str_cmp((*left)->on, (*right)->on);
}

static bool begins_event(const struct program_rule *const *rules, size_t i)
{
    return i == 0 || !str_eq(rules[i]->on, rules[i - 1]->on);
}

// All rules by event type in one array, each type a slice of it; the sort is stable, so that inside
// a type the rules keep the order of P2.
static void index_rules(struct compiler *c, const struct program_rule *rules, size_t n)
{
    const struct program_rule **list = keep_array(c, n, sizeof *list);
    const struct program_rule **scratch = arena_try_array(c->arena, n ? n : 1, sizeof *scratch);
    size_t n_events = 0;
    if (!list || !scratch)
        return;
    for (size_t i = 0; i < n; i++)
        list[i] = &rules[i];
    sort_stable(list, scratch, n, sizeof *list, compare_events, NULL);
    for (size_t i = 0; i < n; i++)
        n_events += begins_event(list, i);
    struct event_rules *events = keep_array(c, n_events, sizeof *events);
    if (!events)
        return;
    struct event_rules *event = events - 1;
    for (size_t i = 0; i < n; i++) {
        if (begins_event(list, i))
            *++event = (struct event_rules){.on = list[i]->on, .rules = &list[i]};
        event->n++;
    }
    c->program->rules_by_event = events;
    c->program->n_rules_by_event = n_events;
}

void compile_rules(struct compiler *c)
{
    const struct json *list = json_get(c->root, "rules");
    size_t n = c->doc.rules.n, n_good = 0;
    const struct doc_rule *docs = c->doc.rules.items;
    struct program_rule *rules = keep_array(c, n, sizeof *rules);
    struct program_rule *scratch = arena_try_array(c->arena, n ? n : 1, sizeof *scratch);
    if (!rules || !scratch)
        return;
    // Rules with faults are left out, so that the checks of the whole see complete ones only.
    for (size_t i = 0; i < n; i++) {
        const struct json *at = &list->items[i];
        bool faulty = compiler_has_fault(c, at);
        if (compiler_duplicate(c, list, i) || faulty)
            continue;
        rules[n_good] = (struct program_rule){.index = i};
        compile_rule(c, &docs[i], at, &rules[n_good]);
        n_good += !compiler_has_fault(c, at);
    }
    sort_stable(rules, scratch, n_good, sizeof *rules, compare_rules, NULL);
    check_rules(c, rules, n_good, n_good == n);
    for (size_t i = 0; i < n_good; i++)
        rules[i].index = i;
    c->program->rules = rules;
    c->program->n_rules = n_good;
    index_rules(c, rules, n_good);
}
