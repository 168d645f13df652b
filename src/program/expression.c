// SPDX-License-Identifier: Apache-2.0
// expression.c - conditions and amounts of a document, handed to the rule language.
//
// Layer: program.  Tests: tests/program/expression_test.c
#include "program/expression.h"

#include "cel/cel.h"
#include "program/facts.h"

// What one evaluation may cost, by the sizes facts and lists can have; RULES: save-time bound.
#define COST_MAX 100000
#define MACRO_NESTING_MAX 3

struct fact_line {
    enum fact_variable record;
    const char *name, *type;
    enum cel_presence presence;
    bool money;
    const char *label;
};

static const struct fact_line fact_lines[] = {
#define PRESENCE_REQUIRED CEL_REQUIRED, false
#define PRESENCE_MONEY CEL_REQUIRED, true
#define PRESENCE_OPTIONAL CEL_OPTIONAL_FIELD, false
#define FACT(record, field, name, type, presence, en, fr)                                          \
    {VARIABLE_##record, name, type, PRESENCE_##presence, en},
#include "facts.def"
#undef FACT
#undef PRESENCE_REQUIRED
#undef PRESENCE_MONEY
#undef PRESENCE_OPTIONAL
};

// In the order of enum fact_variable; every one but now is a record of the same name.
static const char *const variables[N_VARIABLES] = {"event",  "order",   "item",
                                                   "member", "program", "now"};

static void declare_record(struct cel_env *env, enum fact_variable record)
{
    struct cel_field_spec fields[N_FACTS] = {0};
    size_t n = 0;
    for (size_t i = 0; i < N_FACTS; i++) {
        const struct fact_line *line = &fact_lines[i];
        if (line->record == record)
            fields[n++] = (struct cel_field_spec){.name = line->name,
                                                  .type = line->type,
                                                  .presence = line->presence,
                                                  .money = line->money,
                                                  .label = line->label};
    }
    cel_env_record(env, variables[record], fields, n);
}

enum err expression_environment(struct compiler *c)
{
    struct cel_env *env = cel_env_new(c->keep);
    for (unsigned v = 0; v < N_VARIABLES; v++) {
        bool is_record = v != VARIABLE_NOW;
        if (is_record)
            declare_record(env, (enum fact_variable)v);
        unsigned slot = cel_env_var(env, variables[v], is_record ? variables[v] : "timestamp");
        CHECK(slot == v); // F1 of facts.h
    }
    cel_env_nesting(env, MACRO_NESTING_MAX);
    cel_env_cost(env, COST_MAX);
    // program.timezone is a variable to the language, so its zone is loaded by name.
    if (c->program->tz && cel_env_zone(env, c->program->timezone) != OK)
        json_problem(&c->errors, json_get(c->root, "timezone"), "unknown_timezone",
                     "cannot be read");
    if (arena_overflowed(c->keep))
        return ERR_MEMORY;
    CHECK(cel_env_seal(env) == OK); // the table names only types that exist
    c->program->cel = env;
    return OK;
}

// ---- diagnostics

// "unknown-field" -> "expression_unknown_field": codes of a document are snake_case.
static const char *problem_code(struct arena *arena, const char *code)
{
    struct buf buf;
    buf_init(&buf, arena);
    buf_str(&buf, STR("expression_"));
    for (const char *p = code; *p; p++)
        buf_char(&buf, *p == '-' ? '_' : *p);
    return str_c(arena, buf_text(&buf));
}

// The whole expression with the part replaced.
static struct str mended(struct arena *arena, const struct cel_diag *diag, struct str text)
{
    struct buf buf;
    CHECK(diag->fix_start <= diag->fix_end && diag->fix_end <= text.n);
    buf_init(&buf, arena);
    buf_str(&buf, (struct str){text.p, diag->fix_start});
    buf_str(&buf, str_of(diag->fix));
    buf_str(&buf, str_skip(text, diag->fix_end));
    return buf_text(&buf);
}

static void tell(struct compiler *c, const struct json *at, const struct cel_diag *diag)
{
    struct problems *problems = diag->severity == CEL_WARNING ? &c->warnings : &c->errors;
    json_problem(problems, at, problem_code(c->arena, diag->code), "%u:%u: %s", diag->line,
                 diag->column, diag->message);
    problem_span(problems, diag->start, diag->end);
    if (diag->fix)
        problem_suggest(problems, mended(c->arena, diag, at->text));
}

// ---- what the expression asks

struct sight_check {
    struct compiler *c;
    const struct json *at;
    enum expression_sight sight;
    const struct expression_refusal *told; // the refusal that was told last: each once
};

static bool path_begins(struct str path, const char *name)
{
    struct str first = str_of(name);
    return str_starts(path, first) && (path.n == first.n || path.p[first.n] == '.');
}

static const struct expression_refusal
    not_in_reward = {"may ask about member, program and now: who may have a reward is no matter of "
                     "one event",
                     "peut interroger member, program et now : l'accès à une récompense ne dépend "
                     "pas d'un événement"},
    no_order = {"asks about the order: this event has none",
                "interroge la commande : cet événement n'en a pas"},
    no_item = {"asks about a line: only lines does; write order.items.exists(i, ...)",
               "interroge une ligne : seul lines le fait ; écrivez order.items.exists(i, ...)"};

const struct expression_refusal *expression_refusal(struct str path, enum expression_sight sight)
{
    bool order = sight < SEES_ORDER && path_begins(path, "order");
    bool item = sight < SEES_ITEM && path_begins(path, "item");
    if (!order && !item && !(sight < SEES_EVENT && path_begins(path, "event")))
        return NULL;
    if (sight == SEES_MEMBER)
        return &not_in_reward;
    return order ? &no_order : &no_item;
}

static void check_path(void *ctx, struct str path)
{
    struct sight_check *check = ctx;
    const struct expression_refusal *refusal = expression_refusal(path, check->sight);
    if (refusal && refusal != check->told)
        json_problem(&check->c->errors, check->at, "expression_not_here", "%s", refusal->en);
    if (refusal)
        check->told = refusal;
    if (path_begins(path, "member.attributes"))
        check->c->program->uses_member_attributes = true;
}

const struct cel_prog *expression_compile(struct compiler *c, const struct json *at,
                                          const char *want, enum expression_sight sight)
{
    struct cel_diags diags;
    cel_diags_init(&diags, c->arena);
    const struct cel_prog *prog = cel_compile(c->program->cel, c->keep, at->text, want, &diags);
    for (uint32_t i = 0; i < diags.n; i++)
        tell(c, at, &diags.list[i]);
    if (!prog)
        return NULL;
    struct sight_check check = {.c = c, .at = at, .sight = sight};
    cel_refs(prog, check_path, &check);
    return prog;
}
