// SPDX-License-Identifier: Apache-2.0
// check.c - types, bottom-up, in one pass; every fault is reported, none twice.
//
//   K1  A node that was reported has the type error, which fits everywhere.
//   K2  After cel_check without errors every name, field and call is resolved and no type has
//       variables left.
//   K3  Unchecked, the same walk resolves names and gives every node dyn; nothing is reported.
//
// Layer: cel.  Tests: tests/cel/diagnostics.golden, the conformance run
#include "cel/check.h"

#include <string.h>

const struct cel_type *cel_known_type(struct cel_checker *c, const struct cel_node *node)
{
    return cel_t_resolve(&c->unify, node->type, false);
}

struct cel_local *cel_local_find(struct cel_checker *c, struct str name)
{
    for (uint32_t i = c->n_locals; i > 0; i--)
        if (str_eq(c->locals[i - 1].name, name))
            return &c->locals[i - 1];
    return NULL;
}

static struct cel_local *declare(struct cel_checker *c, struct str name,
                                 const struct cel_type *type)
{
    struct cel_local *local = &c->locals[c->n_locals];
    *local = (struct cel_local){.name = name, .type = type, .slot = c->n_locals};
    c->n_locals++;
    if (c->n_locals > c->max_locals)
        c->max_locals = c->n_locals;
    return local;
}

static const struct cel_type *boolean(const struct cel_checker *c)
{
    return c->checked ? &cel_t_bool : &cel_t_dyn;
}

// ---- names

struct str cel_dotted(struct cel_checker *c, const struct cel_node *node, bool *ret_root)
{
    if (node->kind == CEL_N_NAME) {
        *ret_root = node->flags & CEL_F_ROOT;
        return *ret_root || !cel_local_find(c, node->name) ? node->name : STR_NONE;
    }
    if (node->kind != CEL_N_SELECT || (node->flags & CEL_F_OPTIONAL))
        return STR_NONE;
    struct str head = cel_dotted(c, node->args[0], ret_root);
    if (!head.p)
        return STR_NONE;
    return str_printf(c->arena, "%.*s.%.*s", STR_FMT(head), STR_FMT(node->name));
}

static bool found_as(struct cel_checker *c, struct cel_node *node, struct str name)
{
    const struct cel_var *var = cel_env_find(c->env, name);
    if (var) {
        node->found = CEL_FOUND_VAR;
        node->slot = var->slot;
        node->type = c->checked ? var->type : &cel_t_dyn;
        return true;
    }
    const struct cel_type *type = cel_t_named(name);
    if (!type)
        return false;
    node->found = CEL_FOUND_TYPE;
    node->flags |= CEL_F_CONSTANT;
    node->value = cel_type_value(str_eq(name, STR("null")) ? STR("null_type") : name);
    node->type = c->checked ? cel_t_new(c->arena, CEL_T_TYPE, type, NULL) : &cel_t_dyn;
    return true;
}

// The container's names come first, the innermost before all.
static bool find_name(struct cel_checker *c, struct cel_node *node, struct str name, bool root)
{
    struct str container = root ? STR_NONE : c->env->container;
    while (container.n) {
        struct str full = str_printf(c->arena, "%.*s.%.*s", STR_FMT(container), STR_FMT(name));
        if (found_as(c, node, full))
            return true;
        while (container.n && container.p[container.n - 1] != '.')
            container.n--;
        if (container.n)
            container.n--;
    }
    return found_as(c, node, name);
}

static void check_name(struct cel_checker *c, struct cel_node *node)
{
    bool root = node->flags & CEL_F_ROOT;
    struct cel_local *local = root ? NULL : cel_local_find(c, node->name);
    if (local) {
        local->used = true;
        node->found = CEL_FOUND_LOCAL;
        node->slot = local->slot;
        node->type = local->type;
        node->flags |= local->money ? CEL_F_MONEY : 0;
        return;
    }
    if (find_name(c, node, node->name, root))
        return;
    node->found = CEL_FOUND_NOTHING;
    node->type = &cel_t_error;
    if (c->checked)
        cel_hint_name(c, node);
}

// ---- fields

const struct cel_field *cel_field_of(const struct cel_node *node)
{
    if (node->kind != CEL_N_SELECT || node->found != CEL_FOUND_FIELD)
        return NULL;
    const struct cel_type *on = node->args[0]->type;
    if (on->kind == CEL_T_OPTIONAL)
        on = on->param[0];
    return on->kind == CEL_T_RECORD && node->slot < on->record->n_fields
               ? &on->record->fields[node->slot]
               : NULL;
}

static const struct cel_type *record_field(struct cel_checker *c, struct cel_node *node,
                                           const struct cel_record_type *record)
{
    int slot = cel_field_index(record, node->name);
    if (slot < 0) {
        cel_hint_field(c, node, record);
        return &cel_t_error;
    }
    const struct cel_field *field = &record->fields[slot];
    node->found = CEL_FOUND_FIELD;
    node->slot = (uint32_t)slot;
    node->flags |= field->money ? CEL_F_MONEY : 0;
    return field->type;
}

static const struct cel_type *field_type(struct cel_checker *c, struct cel_node *node,
                                         const struct cel_type *on)
{
    switch (on->kind) {
    case CEL_T_MAP:
        return on->param[1];
    case CEL_T_RECORD:
        return record_field(c, node, on->record);
    case CEL_T_VAR: // from here on it is dyn: its type is not known when the field is read
        if (!cel_t_assign(&c->unify, &cel_t_dyn, on))
            return &cel_t_error;
        return &cel_t_dyn;
    case CEL_T_DYN:
    case CEL_T_ERROR:
        return on;
    default:
        cel_hint_no_fields(c, node, on);
        return &cel_t_error;
    }
}

// Field selection; testing: inside has().
static void check_select(struct cel_checker *c, struct cel_node *node, bool testing)
{
    bool root = false;
    struct str name = testing ? STR_NONE : cel_dotted(c, node, &root);
    if (name.p && find_name(c, node, name, root))
        return;
    cel_visit(c, node->args[0]);
    if (!c->checked) {
        node->type = &cel_t_dyn;
        return;
    }
    const struct cel_type *on = cel_known_type(c, node->args[0]);
    bool was_optional = on->kind == CEL_T_OPTIONAL;
    const struct cel_type *type = field_type(c, node, was_optional ? on->param[0] : on);
    const struct cel_field *field = cel_field_of(node);
    if (field && field->presence == CEL_OPTIONAL_FIELD && !testing && !was_optional &&
        !(node->flags & CEL_F_OPTIONAL))
        cel_warn_unguarded(c, node);
    if (was_optional || (node->flags & CEL_F_OPTIONAL))
        type = type->kind == CEL_T_ERROR ? type : cel_t_new(c->arena, CEL_T_OPTIONAL, type, NULL);
    node->type = type;
}

static void check_index(struct cel_checker *c, struct cel_node *node)
{
    cel_visit(c, node->args[0]);
    cel_visit(c, node->args[1]);
    struct str name = node->flags & CEL_F_OPTIONAL ? STR("_[?_]") : STR("_[_]");
    if (cel_resolve(c, node, name, false))
        return;
    cel_report(c->source, (struct cel_report){.code = CEL_D_NOT_INDEXED,
                                              .start = node->args[1]->start,
                                              .end = node->args[1]->end,
                                              .a = cel_type_text(c, node->args[0]->type),
                                              .b = cel_type_text(c, node->args[1]->type)});
}

// ---- operators

// The argument must be bool; says so otherwise.
static void need_bool(struct cel_checker *c, struct cel_node *node, struct str where)
{
    if (c->checked && !cel_t_assign(&c->unify, node->type, &cel_t_bool))
        cel_hint_not_bool(c, node, where);
}

static void check_logic(struct cel_checker *c, struct cel_node *node)
{
    uint32_t guards = c->n_guards;
    for (uint32_t i = 0; i < node->n_args; i++) {
        cel_visit(c, node->args[i]);
        need_bool(c, node->args[i], str_of(cel_ops[node->op].text));
        cel_guard(c, node->args[i], node->op == CEL_OP_AND);
    }
    c->n_guards = guards;
    node->type = boolean(c);
    cel_warn_same(c, node);
}

static void check_condition(struct cel_checker *c, struct cel_node *node)
{
    uint32_t guards = c->n_guards;
    cel_visit(c, node->args[0]);
    need_bool(c, node->args[0], STR("?"));
    cel_guard(c, node->args[0], true);
    cel_visit(c, node->args[1]);
    c->n_guards = guards;
    cel_guard(c, node->args[0], false);
    cel_visit(c, node->args[2]);
    c->n_guards = guards;
    const struct cel_type *either = c->checked ? cel_t_fresh(&c->unify) : &cel_t_dyn;
    const struct cel_type *params[] = {either, either};
    if (!c->checked || cel_t_assign_all(&c->unify, node->args + 1, params, 2)) {
        node->type = either;
        if ((node->args[1]->flags & CEL_F_MONEY) || (node->args[2]->flags & CEL_F_MONEY))
            node->flags |= CEL_F_MONEY;
        return;
    }
    node->type = &cel_t_error;
    cel_report(c->source, (struct cel_report){.code = CEL_D_BRANCHES,
                                              .start = node->args[1]->start,
                                              .end = node->args[2]->end,
                                              .a = cel_type_text(c, node->args[1]->type),
                                              .b = cel_type_text(c, node->args[2]->type)});
}

static void visit_operands(struct cel_checker *c, struct cel_node *node)
{
    bool compares = node->op == CEL_OP_EQ || node->op == CEL_OP_NE;
    struct cel_node *left = node->args[0];
    if (compares && left->kind == CEL_N_NAME) {
        cel_visit(c, node->args[1]);
        if (!cel_hint_unquoted(c, left, node->args[1]))
            cel_visit(c, left);
        return;
    }
    cel_visit(c, left);
    if (node->n_args == 2 && !(compares && cel_hint_unquoted(c, node->args[1], left)))
        cel_visit(c, node->args[1]);
}

static void check_op(struct cel_checker *c, struct cel_node *node)
{
    if (node->op == CEL_OP_AND || node->op == CEL_OP_OR) {
        check_logic(c, node);
        return;
    }
    if (node->op == CEL_OP_COND) {
        check_condition(c, node);
        return;
    }
    visit_operands(c, node);
    if (node->op == CEL_OP_NOT) {
        need_bool(c, node->args[0], STR("!"));
        node->type = boolean(c);
        return;
    }
    if (!cel_resolve(c, node, str_of(cel_ops[node->op].name), false)) {
        cel_hint_operands(c, node);
        return;
    }
    for (uint32_t i = 0; i < node->n_args; i++)
        if (node->op >= CEL_OP_ADD && (node->args[i]->flags & CEL_F_MONEY))
            node->flags |= CEL_F_MONEY;
    if (node->op == CEL_OP_DIV)
        cel_warn_division(c, node);
    cel_warn_words(c, node);
    cel_warn_same(c, node);
}

// ---- literals

static const struct cel_type *join(struct cel_checker *c, const struct cel_type *so_far,
                                   const struct cel_type *next)
{
    if (!so_far)
        return next;
    if (!cel_t_assign(&c->unify, so_far, next))
        return &cel_t_dyn;
    return cel_t_general(so_far, next);
}

// The type of an element; [?x] takes what is inside of an optional.
static const struct cel_type *element(struct cel_checker *c, const struct cel_node *node,
                                      bool if_there)
{
    const struct cel_type *type = cel_known_type(c, node);
    if (!if_there)
        return node->type;
    if (type->kind == CEL_T_OPTIONAL)
        return type->param[0];
    if (type->kind != CEL_T_DYN && type->kind != CEL_T_ERROR)
        cel_report(c->source, (struct cel_report){.code = CEL_D_NOT_OPTIONAL,
                                                  .start = node->start,
                                                  .end = node->end,
                                                  .a = cel_type_text(c, type)});
    return &cel_t_dyn;
}

static void check_list(struct cel_checker *c, struct cel_node *node)
{
    const struct cel_type *items = NULL;
    for (uint32_t i = 0; i < node->n_args; i++) {
        struct cel_node *item = node->args[i];
        cel_visit(c, item);
        if (c->checked)
            items = join(c, items, element(c, item, item->flags & CEL_F_IF_THERE));
    }
    if (!c->checked) {
        node->type = &cel_t_dyn;
        return;
    }
    node->type = cel_t_new(c->arena, CEL_T_LIST, items ? items : cel_t_fresh(&c->unify), NULL);
}

static void check_key(struct cel_checker *c, const struct cel_node *key)
{
    switch (cel_known_type(c, key)->kind) {
    case CEL_T_ERROR:
    case CEL_T_DYN:
    case CEL_T_VAR:
    case CEL_T_BOOL:
    case CEL_T_INT:
    case CEL_T_UINT:
    case CEL_T_STRING:
        return;
    default:
        cel_report(c->source, (struct cel_report){.code = CEL_D_MAP_KEY,
                                                  .start = key->start,
                                                  .end = key->end,
                                                  .a = cel_type_text(c, key->type)});
    }
}

static void check_map(struct cel_checker *c, struct cel_node *node)
{
    const struct cel_type *keys = NULL;
    const struct cel_type *values = NULL;
    for (uint32_t i = 0; i + 1 < node->n_args; i += 2) {
        struct cel_node *key = node->args[i];
        cel_visit(c, key);
        cel_visit(c, node->args[i + 1]);
        if (!c->checked)
            continue;
        check_key(c, key);
        keys = join(c, keys, key->type);
        values = join(c, values, element(c, node->args[i + 1], key->flags & CEL_F_IF_THERE));
    }
    if (!c->checked) {
        node->type = &cel_t_dyn;
        return;
    }
    node->type = cel_t_new(c->arena, CEL_T_MAP, keys ? keys : cel_t_fresh(&c->unify),
                           values ? values : cel_t_fresh(&c->unify));
}

static const struct cel_type *literal_type(struct cel_value value)
{
    switch (value.tag) {
    case CEL_NULL:
        return &cel_t_null;
    case CEL_BOOL:
        return &cel_t_bool;
    case CEL_INT:
        return &cel_t_int;
    case CEL_UINT:
        return &cel_t_uint;
    case CEL_DOUBLE:
        return &cel_t_double;
    case CEL_BYTES:
        return &cel_t_bytes;
    default:
        return &cel_t_string;
    }
}

bool cel_is_text(const struct cel_node *node)
{
    return node->kind == CEL_N_LITERAL && node->value.tag == CEL_STRING;
}

// ---- macros

// What the variables of a macro over this range are: element, or key and value, or index and value.
static bool range_types(struct cel_checker *c, struct cel_node *node, unsigned n_vars,
                        const struct cel_type *types[2])
{
    const struct cel_type *range = cel_known_type(c, node->args[0]);
    types[0] = types[1] = &cel_t_dyn;
    switch (range->kind) {
    case CEL_T_LIST:
        types[0] = n_vars == 2 ? &cel_t_int : range->param[0];
        types[1] = range->param[0];
        return true;
    case CEL_T_MAP:
        types[0] = range->param[0];
        types[1] = range->param[1];
        return true;
    case CEL_T_VAR:
        return cel_t_assign(&c->unify, &cel_t_dyn, range);
    case CEL_T_DYN:
    case CEL_T_ERROR:
        return true;
    default:
        if (c->checked)
            cel_report(c->source, (struct cel_report){.code = CEL_D_NOT_A_RANGE,
                                                      .start = node->args[0]->start,
                                                      .end = node->args[0]->end,
                                                      .a = cel_type_text(c, range),
                                                      .b = node->name});
        types[0] = types[1] = &cel_t_error;
        return false;
    }
}

// The type of transformMap and the like: keys are the range's unless the body makes entries.
static const struct cel_type *map_result(struct cel_checker *c, const struct cel_node *node,
                                         const struct cel_type *key, const struct cel_node *body)
{
    if (node->op == CEL_M_TRANSFORM_MAP)
        return cel_t_new(c->arena, CEL_T_MAP, key, body->type);
    const struct cel_type *entry = cel_known_type(c, body);
    if (entry->kind == CEL_T_MAP || entry->kind == CEL_T_DYN || entry->kind == CEL_T_ERROR)
        return entry;
    cel_report(c->source, (struct cel_report){.code = CEL_D_NOT_A_RANGE,
                                              .start = body->start,
                                              .end = body->end,
                                              .a = cel_type_text(c, entry),
                                              .b = node->name});
    return &cel_t_error;
}

static const struct cel_type *macro_type(struct cel_checker *c, struct cel_node *node,
                                         const struct cel_type *const types[2])
{
    struct cel_node *body = node->args[node->n_args - 1];
    switch (node->op) {
    case CEL_M_MAP:
    case CEL_M_TRANSFORM_LIST:
        return cel_t_new(c->arena, CEL_T_LIST, body->type, NULL);
    case CEL_M_FILTER:
    case CEL_M_SORT_BY:
        return cel_t_new(c->arena, CEL_T_LIST, types[0], NULL);
    case CEL_M_TRANSFORM_MAP:
    case CEL_M_TRANSFORM_ENTRY:
        return map_result(c, node, types[0], body);
    default:
        return &cel_t_bool;
    }
}

static bool is_predicate(const struct cel_node *node, uint32_t arg)
{
    bool tests = node->op == CEL_M_ALL || node->op == CEL_M_EXISTS ||
                 node->op == CEL_M_EXISTS_ONE || node->op == CEL_M_FILTER;
    return tests || arg + 1 < node->n_args; // map(i, condition, value)
}

static void check_range_macro(struct cel_checker *c, struct cel_node *node)
{
    const struct cel_type *types[2];
    cel_visit(c, node->args[0]);
    range_types(c, node, node->n_vars, types);
    uint32_t locals = c->n_locals;
    node->slot = locals;
    for (unsigned i = 0; i < node->n_vars; i++)
        declare(c, node->vars[i], types[i]);
    // order.amounts.all(a, a / 3 ...): elements of money are money
    c->locals[c->n_locals - 1].money = node->args[0]->flags & CEL_F_MONEY;
    uint32_t guards = c->n_guards;
    for (uint32_t i = 1; i < node->n_args; i++) {
        cel_visit(c, node->args[i]);
        if (is_predicate(node, i)) {
            need_bool(c, node->args[i], node->name);
            cel_guard(c, node->args[i], true);
        }
    }
    c->n_guards = guards;
    c->n_locals = locals;
    bool amounts = node->op == CEL_M_FILTER ? (node->args[0]->flags & CEL_F_MONEY) != 0
                                            : (node->args[node->n_args - 1]->flags & CEL_F_MONEY);
    node->flags |= amounts ? CEL_F_MONEY : 0;
    node->type = c->checked ? macro_type(c, node, types) : &cel_t_dyn;
}

// cel.bind, optMap, optFlatMap: one variable, one body.
static void check_bind_macro(struct cel_checker *c, struct cel_node *node)
{
    struct cel_node *body = node->args[1];
    cel_visit(c, node->args[0]);
    const struct cel_type *on = cel_known_type(c, node->args[0]);
    const struct cel_type *inside = node->args[0]->type;
    bool optional = node->op != CEL_M_BIND;
    if (optional) {
        inside = on->kind == CEL_T_OPTIONAL ? on->param[0] : &cel_t_dyn;
        if (on->kind != CEL_T_OPTIONAL && on->kind != CEL_T_DYN && on->kind != CEL_T_ERROR)
            element(c, node->args[0], true); // reports
    }
    node->slot = c->n_locals;
    struct cel_local *local = declare(c, node->vars[0], inside);
    local->money = node->args[0]->flags & CEL_F_MONEY;
    cel_visit(c, body);
    c->n_locals--;
    if (!local->used && c->checked && node->op == CEL_M_BIND)
        cel_report(c->source, (struct cel_report){.code = CEL_D_UNUSED,
                                                  .start = node->at,
                                                  .end = node->at_end,
                                                  .a = node->vars[0]});
    node->flags |= body->flags & CEL_F_MONEY;
    node->type = body->type;
    if (node->op == CEL_M_OPT_MAP && c->checked)
        node->type = cel_t_new(c->arena, CEL_T_OPTIONAL, body->type, NULL);
    if (node->op == CEL_M_OPT_FLAT_MAP)
        element(c, body, true);
}

static void check_macro(struct cel_checker *c, struct cel_node *node)
{
    if (node->op == CEL_M_HAS) {
        check_select(c, node->args[0], true);
        node->type = boolean(c);
        return;
    }
    if (c->env->nesting && c->nesting == c->env->nesting)
        cel_report(c->source, (struct cel_report){.code = CEL_D_NESTING,
                                                  .start = node->at,
                                                  .end = node->at_end,
                                                  .a = node->name,
                                                  .b = str_printf(c->arena, "%u", c->nesting)});
    c->nesting++;
    if (node->op == CEL_M_BIND || node->op == CEL_M_OPT_MAP || node->op == CEL_M_OPT_FLAT_MAP)
        check_bind_macro(c, node);
    else
        check_range_macro(c, node);
    c->nesting--;
}

// ---- the walk

static bool constant(const struct cel_node *node)
{
    if (node->kind == CEL_N_LITERAL)
        return true;
    if (node->kind == CEL_N_NAME || node->kind == CEL_N_BROKEN ||
        (node->kind == CEL_N_SELECT && node->found == CEL_FOUND_VAR))
        return node->flags & CEL_F_CONSTANT;
    for (uint32_t i = 0; i < node->n_args; i++)
        if (!(node->args[i]->flags & CEL_F_CONSTANT))
            return node->flags & CEL_F_CONSTANT;
    return true;
}

void cel_visit(struct cel_checker *c, struct cel_node *node)
{
    switch ((enum cel_kind)node->kind) {
    case CEL_N_BROKEN:
        node->type = &cel_t_error;
        break;
    case CEL_N_LITERAL:
        node->type = c->checked ? literal_type(node->value) : &cel_t_dyn;
        break;
    case CEL_N_NAME:
        check_name(c, node);
        break;
    case CEL_N_SELECT:
        check_select(c, node, false);
        break;
    case CEL_N_INDEX:
        check_index(c, node);
        break;
    case CEL_N_OP:
        check_op(c, node);
        break;
    case CEL_N_CALL:
        cel_check_call(c, node);
        break;
    case CEL_N_LIST:
        check_list(c, node);
        break;
    case CEL_N_MAP:
        check_map(c, node);
        break;
    case CEL_N_MACRO:
        check_macro(c, node);
        break;
    }
    if (constant(node))
        node->flags |= CEL_F_CONSTANT;
}

// K2: no variables are left in any type.
static void settle(struct cel_checker *c, struct cel_node *node)
{
    node->type = cel_t_resolve(&c->unify, node->type, true);
    for (uint32_t i = 0; i < node->n_args; i++)
        settle(c, node->args[i]);
}

struct cel_checked cel_check(const struct cel_env *env, struct cel_source *source,
                             struct cel_node *root, const char *want, bool checked)
{
    struct cel_checker *c = arena_try(source->scratch, sizeof *c);
    if (!c)
        return (struct cel_checked){.type = &cel_t_error};
    c->env = env;
    c->source = source;
    c->arena = source->arena;
    c->checked = checked;
    c->unify.arena = source->arena;
    c->unify.scratch = source->scratch;
    cel_visit(c, root);
    if (checked && want)
        cel_hint_wanted(c, root, want);
    settle(c, root);
    struct str text = want ? str_of(want) : STR_NONE;
    const struct cel_type *wanted = want ? cel_t_parse(env, source->arena, &text) : NULL;
    return (struct cel_checked){.type = root->type,
                                .n_locals = c->max_locals,
                                .want = wanted ? cel_kinds_of(wanted) : 0};
}
