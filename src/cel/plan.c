// SPDX-License-Identifier: Apache-2.0
// plan.c - a checked tree to steps: resolved fields, fused paths, folded constants, prepared
// literals.
//
// Layer: cel.  Tests: tests/cel/eval_test.c, the conformance run
#include "cel/step.h"

#include <string.h>

// Constants larger than this are computed each time.
#define FOLD_BYTES 4096u
#define FOLD_COST 10000u

struct planner {
    const struct cel_env *env;
    struct cel_source *source;
    struct arena *arena;
    bool checked;
    struct cel_value *locals; // for folding
};

static struct cel_step *plan(struct planner *p, struct cel_node *node);

static struct cel_step *step(struct planner *p, const struct cel_node *node,
                             struct cel_value (*run)(struct cel_frame *, const struct cel_step *),
                             struct cel_node *const *args, uint32_t n)
{
    struct cel_step *s = ARENA_NEW(p->arena, struct cel_step);
    s->run = run;
    s->start = node->start;
    s->end = node->end;
    s->op = node->op;
    s->traced = true;
    const struct cel_step **steps = n ? arena_try_array(p->arena, n, sizeof *steps) : NULL;
    for (uint32_t i = 0; steps && i < n; i++)
        steps[i] = plan(p, args[i]);
    s->args = steps;
    s->n = steps ? n : 0;
    return s;
}

static struct cel_step *constant(struct planner *p, const struct cel_node *node,
                                 struct cel_value value)
{
    struct cel_step *s = step(p, node, cel_run_literal, NULL, 0);
    s->value = value;
    if (value.tag == CEL_STRING || value.tag == CEL_BYTES || value.tag == CEL_TYPE) {
        struct str text = str_dup(p->arena, cel_text(value));
        s->value.s = text.p;
    }
    s->traced = node->kind != CEL_N_LITERAL;
    return s;
}

static struct cel_step *nothing(struct planner *p, const struct cel_node *node, enum cel_code code,
                                const char *text)
{
    struct cel_step *s = step(p, node, cel_run_nothing, NULL, 0);
    s->field = code;
    s->value.s = text;
    return s;
}

static struct cel_step *name(struct planner *p, const struct cel_node *node)
{
    if (node->found == CEL_FOUND_TYPE)
        return constant(p, node, node->value);
    if (node->found != CEL_FOUND_VAR && node->found != CEL_FOUND_LOCAL)
        return nothing(p, node, CEL_E_UNKNOWN_NAME, "this name is not known");
    struct cel_step *s =
        step(p, node, node->found == CEL_FOUND_VAR ? cel_run_var : cel_run_local, NULL, 0);
    s->slot = node->slot;
    return s;
}

static struct cel_step *select(struct planner *p, const struct cel_node *node)
{
    if (node->found == CEL_FOUND_VAR || node->found == CEL_FOUND_TYPE)
        return name(p, node);
    bool optional = node->flags & CEL_F_OPTIONAL;
    bool fixed =
        node->found == CEL_FOUND_FIELD && !optional && node->args[0]->type->kind == CEL_T_RECORD;
    struct cel_step *s =
        step(p, node, fixed ? cel_run_field : cel_run_select, node->args, node->n_args);
    s->negate = optional;
    s->value = cel_string(str_dup(p->arena, node->name));
    s->field = node->slot;
    if (fixed && (s->args[0]->run == cel_run_var || s->args[0]->run == cel_run_local)) {
        s->run = s->args[0]->run == cel_run_var ? cel_run_var_field : cel_run_local_field;
        s->slot = s->args[0]->slot;
        s->n = 0;
    }
    return s;
}

// Remembers which elements were written with '?'.
static void note_if_there(struct planner *p, const struct cel_node *node, struct cel_step *s)
{
    bool any = false;
    for (uint32_t i = 0; i < node->n_args; i++)
        any |= (node->args[i]->flags & CEL_F_IF_THERE) != 0;
    if (!any)
        return;
    s->if_there = arena_try_array(p->arena, node->n_args, sizeof *s->if_there);
    for (uint32_t i = 0; s->if_there && i < node->n_args; i++)
        s->if_there[i] = node->args[i]->flags & CEL_F_IF_THERE;
}

static struct cel_step *aggregate(struct planner *p, const struct cel_node *node)
{
    struct cel_step *s = step(p, node, node->kind == CEL_N_LIST ? cel_run_list : cel_run_map,
                              node->args, node->n_args);
    note_if_there(p, node, s);
    return s;
}

// ---- calls

static void refuse(struct planner *p, const struct cel_node *literal,
                   const struct cel_prepared *prepared)
{
    uint32_t start = literal->start;
    uint32_t end = literal->end;
    // Inside of a plain literal the fault has a place of its own.
    if (prepared->at && literal->kind == CEL_N_LITERAL && start + 1 + prepared->at < end)
        start += 1 + prepared->at;
    cel_report(p->source, (struct cel_report){.code = CEL_D_LITERAL,
                                              .start = start,
                                              .end = end,
                                              .a = str_of(prepared->refused)});
}

// Makes the pattern or time zone ready that the call names by a literal.
static void prepare(struct planner *p, const struct cel_node *node, struct cel_step *s,
                    struct cel_node *const *args)
{
    const struct cel_overload *o = s->overload;
    if (!o || !o->prepare || (uint32_t)o->literal >= s->n)
        return;
    const struct cel_step *arg = s->args[o->literal];
    if (arg->run != cel_run_literal || arg->value.tag != CEL_STRING) {
        if (p->checked && str_eq(node->name, STR("matches")))
            cel_report(p->source, (struct cel_report){.code = CEL_D_PATTERN,
                                                      .start = args[o->literal]->start,
                                                      .end = args[o->literal]->end});
        return;
    }
    struct cel_prepared prepared = o->prepare(p->arena, cel_text(arg->value));
    s->prepared = prepared.ready;
    if (!prepared.ready && prepared.refused && p->checked)
        refuse(p, args[o->literal], &prepared);
}

static struct cel_step *call(struct planner *p, const struct cel_node *node)
{
    uint32_t skip = node->flags & CEL_F_SPACE ? 1 : 0;
    struct cel_node *const *args = node->spread ? &node->spread : node->args + skip;
    uint32_t n = node->spread ? 1 : node->n_args - skip;
    if (n > CEL_ARGS_MAX || node->found == CEL_FOUND_NOTHING)
        return nothing(p, node, CEL_E_NO_OVERLOAD, "there is no such function");
    struct cel_step *s = step(p, node, cel_run_call, args, n);
    s->overload = node->overload;
    s->function = str_dup(p->arena, node->function);
    s->member = (node->flags & CEL_F_MEMBER) && !skip;
    bool sums = s->member && n == 1 && str_eq(node->function, STR("sum"));
    if (sums && node->type->kind == CEL_T_INT && s->args[0]->run == cel_run_collect)
        s->run = cel_run_sum;
    prepare(p, node, s, args);
    return s;
}

static struct cel_step *operation(struct planner *p, const struct cel_node *node)
{
    static struct cel_value (*const runs[CEL_OP_COUNT])(struct cel_frame *,
                                                        const struct cel_step *) = {
        [CEL_OP_COND] = cel_run_condition, [CEL_OP_OR] = cel_run_or,
        [CEL_OP_AND] = cel_run_and,        [CEL_OP_EQ] = cel_run_equal,
        [CEL_OP_NE] = cel_run_equal,       [CEL_OP_LT] = cel_run_order,
        [CEL_OP_LE] = cel_run_order,       [CEL_OP_GT] = cel_run_order,
        [CEL_OP_GE] = cel_run_order,       [CEL_OP_IN] = cel_run_in,
        [CEL_OP_ADD] = cel_run_add,        [CEL_OP_SUB] = cel_run_subtract,
        [CEL_OP_MUL] = cel_run_multiply,   [CEL_OP_DIV] = cel_run_call,
        [CEL_OP_MOD] = cel_run_call,       [CEL_OP_NOT] = cel_run_invert,
        [CEL_OP_NEG] = cel_run_call,
    };
    struct cel_step *s = step(p, node, runs[node->op], node->args, node->n_args);
    s->negate = node->op == CEL_OP_NE;
    s->overload = node->overload;
    s->function = str_of(cel_ops[node->op].name);
    return s;
}

static struct cel_step *macro(struct planner *p, struct cel_node *node)
{
    static struct cel_value (*const runs[CEL_M_COUNT])(struct cel_frame *,
                                                       const struct cel_step *) = {
        [CEL_M_HAS] = cel_run_has,
        [CEL_M_ALL] = cel_run_all,
        [CEL_M_EXISTS] = cel_run_exists,
        [CEL_M_EXISTS_ONE] = cel_run_exists_one,
        [CEL_M_MAP] = cel_run_collect,
        [CEL_M_FILTER] = cel_run_collect,
        [CEL_M_TRANSFORM_LIST] = cel_run_collect,
        [CEL_M_TRANSFORM_MAP] = cel_run_collect_map,
        [CEL_M_TRANSFORM_ENTRY] = cel_run_collect_map,
        [CEL_M_BIND] = cel_run_bind,
        [CEL_M_OPT_MAP] = cel_run_opt_map,
        [CEL_M_OPT_FLAT_MAP] = cel_run_opt_map,
        [CEL_M_SORT_BY] = cel_run_sort_by,
    };
    struct cel_step *s = step(p, node, runs[node->op], NULL, 0);
    if (node->op == CEL_M_HAS) {
        struct cel_node *field = node->args[0];
        struct cel_step *inner = step(p, field, cel_run_select, field->args, field->n_args);
        inner->value = cel_string(str_dup(p->arena, field->name));
        const struct cel_step **args = arena_try_array(p->arena, 1, sizeof *args);
        if (args)
            args[0] = inner;
        s->args = args;
        s->n = args ? 1 : 0;
        return s;
    }
    s = step(p, node, runs[node->op], node->args, node->n_args);
    s->slot = node->slot;
    s->n_vars = node->n_vars;
    s->function = STR("@sortByKeys"); // of sortBy
    s->member = true;
    return s;
}

// ---- constants

static bool small(struct cel_value v)
{
    switch (v.tag) {
    case CEL_LIST:
        for (uint32_t i = 0; i < v.len && v.len <= 64; i++)
            if (!small(v.items[i]))
                return false;
        return v.len <= 64;
    case CEL_MAP:
        for (uint32_t i = 0; i < v.len * 2 && v.len <= 32; i++)
            if (!small(v.items[i]))
                return false;
        return v.len <= 32;
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TYPE:
        return v.len <= FOLD_BYTES;
    case CEL_OPTIONAL:
        return !v.box || small(*v.box);
    default:
        return v.tag != CEL_ERROR && v.tag != CEL_RECORD;
    }
}

static bool calls_host(const struct cel_step *s)
{
    if (s->overload && !s->overload->doc.p)
        return true;
    for (uint32_t i = 0; i < s->n; i++)
        if (calls_host(s->args[i]))
            return true;
    return false;
}

// What is constant is computed once, here.  A constant that fails stays: it may be absorbed.
static struct cel_step *fold(struct planner *p, const struct cel_node *node, struct cel_step *s)
{
    if (!(node->flags & CEL_F_CONSTANT) || s->run == cel_run_literal || s->run == cel_run_nothing ||
        calls_host(s))
        return s;
    struct cel_frame frame = {.call = {.arena = p->arena, .env = p->env, .cost_max = FOLD_COST},
                              .locals = p->locals};
    struct cel_value v = s->run(&frame, s);
    bool first = true; // not the failure of a part, which was reported
    for (uint32_t i = 0; i < s->n; i++)
        first &= s->args[i]->run == cel_run_literal;
    if (cel_is_error(v) && v.aux != CEL_E_COST && first && p->checked)
        cel_report(p->source, (struct cel_report){.code = CEL_D_FAILS,
                                                  .start = node->start,
                                                  .end = node->end,
                                                  .a = str_of(v.s)});
    if (!small(v))
        return s;
    return constant(p, node, v);
}

static enum cel_quick quick(const struct cel_step *s)
{
    return s->run == cel_run_literal       ? CEL_Q_LITERAL
           : s->run == cel_run_local       ? CEL_Q_LOCAL
           : s->run == cel_run_var_field   ? CEL_Q_VAR_FIELD
           : s->run == cel_run_local_field ? CEL_Q_LOCAL_FIELD
                                           : CEL_Q_NONE;
}

static struct cel_step *plan_kind(struct planner *p, struct cel_node *node)
{
    switch ((enum cel_kind)node->kind) {
    case CEL_N_LITERAL:
        return constant(p, node, node->value);
    case CEL_N_NAME:
        return name(p, node);
    case CEL_N_SELECT:
        return fold(p, node, select(p, node));
    case CEL_N_INDEX: {
        struct cel_step *s = step(p, node, cel_run_index, node->args, node->n_args);
        s->negate = node->flags & CEL_F_OPTIONAL;
        return fold(p, node, s);
    }
    case CEL_N_OP:
        return fold(p, node, operation(p, node));
    case CEL_N_CALL:
        return fold(p, node, call(p, node));
    case CEL_N_LIST:
    case CEL_N_MAP:
        return fold(p, node, aggregate(p, node));
    case CEL_N_MACRO:
        return fold(p, node, macro(p, node));
    default:
        return nothing(p, node, CEL_E_UNKNOWN_NAME, "this could not be read");
    }
}

static struct cel_step *plan(struct planner *p, struct cel_node *node)
{
    struct cel_step *s = plan_kind(p, node);
    s->quick = (uint8_t)quick(s);
    return s;
}

static void report_always(struct planner *p, const struct cel_node *node, bool value)
{
    cel_report(p->source, (struct cel_report){.code = CEL_D_ALWAYS,
                                              .start = node->start,
                                              .end = node->end,
                                              .a = value ? STR("true") : STR("false")});
}

static bool is_logic(const struct cel_node *node)
{
    return node->kind == CEL_N_OP && (node->op == CEL_OP_AND || node->op == CEL_OP_OR ||
                                      node->op == CEL_OP_NOT || node->op == CEL_OP_COND);
}

// true in ||, false in &&
static bool decides(const struct cel_node *node, const struct cel_node *arg)
{
    bool known = arg->kind == CEL_N_LITERAL && arg->value.tag == CEL_BOOL;
    return known && node->op == (arg->value.b ? CEL_OP_OR : CEL_OP_AND);
}

// A condition that was computed while planning holds always or never.
static void warn_always(struct planner *p, const struct cel_node *node, const struct cel_step *s)
{
    bool known = s->run == cel_run_literal && s->value.tag == CEL_BOOL;
    if (known && node->kind != CEL_N_LITERAL && node->type->kind == CEL_T_BOOL) {
        report_always(p, node, s->value.b);
        return;
    }
    for (uint32_t i = 0; is_logic(node) && i < s->n && i < node->n_args; i++) {
        if (decides(node, node->args[i]))
            report_always(p, node, node->args[i]->value.b);
        warn_always(p, node->args[i], s->args[i]);
    }
}

struct cel_step *cel_plan(const struct cel_env *env, struct cel_source *source,
                          struct cel_node *root, struct arena *arena, bool checked)
{
    struct planner p = {.env = env, .source = source, .arena = arena, .checked = checked};
    p.locals = arena_try_array(source->scratch, (size_t)CEL_DEPTH_MAX * 2, sizeof *p.locals);
    if (!p.locals)
        return NULL;
    struct cel_step *s = plan(&p, root);
    if (checked)
        warn_always(&p, root, s);
    return s;
}
