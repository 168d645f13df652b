// SPDX-License-Identifier: Apache-2.0
// check_call.c - which overloads a call can mean, and what it gives.
//
// All overloads whose parameters take the arguments are kept in mind; when they give different
// types the call is dyn.  Which one runs is decided by the kinds of the values.
//
// Layer: cel.  Tests: tests/cel/diagnostics.golden, the conformance run
#include "cel/check.h"

#include <string.h>

// The arguments a function sees: a namespace is none.
static struct cel_node *const *arguments(const struct cel_node *node, uint32_t *ret_n)
{
    if (node->spread) {
        *ret_n = 1;
        return &node->spread;
    }
    uint32_t skip = node->flags & CEL_F_SPACE ? 1 : 0;
    *ret_n = node->n_args - skip;
    return node->args + skip;
}

static void unchecked(struct cel_checker *c, struct cel_node *node, struct str name, bool member,
                      uint32_t n)
{
    const struct cel_overload *o = cel_env_overloads(c->env, name);
    while (o && (o->member != member || o->n_args != n))
        o = cel_overload_next(o);
    node->overload = o;
    node->found = o ? CEL_FOUND_CALLS : CEL_FOUND_NOTHING;
    node->type = &cel_t_dyn;
}

bool cel_resolve(struct cel_checker *c, struct cel_node *node, struct str name, bool member)
{
    uint32_t n;
    struct cel_node *const *args = arguments(node, &n);
    if (!c->checked) {
        unchecked(c, node, name, member, n);
        return true;
    }
    const struct cel_type *result = NULL;
    node->found = CEL_FOUND_NOTHING;
    for (const struct cel_overload *o = cel_env_overloads(c->env, name); o;
         o = cel_overload_next(o)) {
        if (o->member != member || o->n_args != n)
            continue;
        const struct cel_type *letters[26] = {NULL};
        const struct cel_type *params[CEL_ARGS_MAX];
        for (uint32_t i = 0; i < n; i++)
            params[i] = cel_t_instance(&c->unify, o->arg[i], letters);
        if (!cel_t_assign_all(&c->unify, args, params, n))
            continue;
        const struct cel_type *one =
            cel_t_resolve(&c->unify, cel_t_instance(&c->unify, o->result, letters), false);
        if (!result) {
            result = one;
            node->overload = o;
            node->found = CEL_FOUND_CALL;
        } else {
            node->found = CEL_FOUND_CALLS;
            if (result->kind != CEL_T_DYN && !cel_t_same(one, result))
                result = &cel_t_dyn;
        }
    }
    node->type = result ? result : &cel_t_error;
    return result != NULL;
}

// "math" and "abs" to "math.abs", innermost container first; STR_NONE when there is no such
// function.
static struct str namespaced(struct cel_checker *c, struct str dotted, struct str name, bool root)
{
    struct str container = root ? STR_NONE : c->env->container;
    for (;;) {
        struct str full = dotted.n
                              ? str_printf(c->arena, "%.*s%s%.*s.%.*s", STR_FMT(container),
                                           container.n ? "." : "", STR_FMT(dotted), STR_FMT(name))
                              : str_printf(c->arena, "%.*s%s%.*s", STR_FMT(container),
                                           container.n ? "." : "", STR_FMT(name));
        const struct cel_overload *o = cel_env_overloads(c->env, full);
        if (o && !o->member)
            return full;
        if (!container.n)
            return STR_NONE;
        while (container.n && container.p[container.n - 1] != '.')
            container.n--;
        if (container.n)
            container.n--;
    }
}

static bool has_style(const struct cel_env *env, struct str name, bool member)
{
    for (const struct cel_overload *o = cel_env_overloads(env, name); o; o = cel_overload_next(o))
        if (o->member == member)
            return true;
    return false;
}

// math.greatest takes any number of arguments: three and more are one list.
static void spread(struct cel_checker *c, struct cel_node *node)
{
    bool any_number =
        str_eq(node->function, STR("math.greatest")) || str_eq(node->function, STR("math.least"));
    if (!any_number || node->n_args < 4 || !(node->flags & CEL_F_SPACE))
        return;
    struct cel_node *list = cel_node_new(c->arena, CEL_N_LIST, node->n_args - 1);
    if (list->n_args != node->n_args - 1)
        return;
    memcpy(list->args, node->args + 1, list->n_args * sizeof *list->args);
    list->start = node->start;
    list->end = node->end;
    const struct cel_type *items = list->args[0]->type;
    for (uint32_t i = 1; i < list->n_args; i++) {
        bool fits = cel_t_assign(&c->unify, items, list->args[i]->type);
        items = fits ? cel_t_general(items, list->args[i]->type) : &cel_t_dyn;
    }
    list->type = cel_t_new(c->arena, CEL_T_LIST, items, NULL);
    if (node->flags & CEL_F_CONSTANT)
        list->flags |= CEL_F_CONSTANT;
    node->spread = list;
}

// sum(), min(), orValue() and math.abs() of an amount are amounts; a size or points made of it are
// none.
static bool keeps_unit(const struct cel_node *node)
{
    static const char *const words[] = {"sum", "min",   "max",  "orValue",  "value",
                                        "abs", "first", "last", "greatest", "least"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(node->name, str_of(words[i])))
            return true;
    return false;
}

// Decides whether x.f() is a function f of x or x is a namespace; answers whether it is the former.
static bool resolve_name(struct cel_checker *c, struct cel_node *node)
{
    bool member = node->flags & CEL_F_MEMBER;
    bool root = false;
    struct str dotted = member && node->n_args ? cel_dotted(c, node->args[0], &root) : STR("");
    node->function = dotted.p ? namespaced(c, dotted, node->name, root) : STR_NONE;
    if (node->function.p && member) {
        node->flags |= CEL_F_SPACE;
        member = false;
    } else if (!node->function.p) {
        node->function = node->name;
    }
    return member;
}

void cel_check_call(struct cel_checker *c, struct cel_node *node)
{
    bool member = resolve_name(c, node);
    if (c->checked && !has_style(c->env, node->function, member)) {
        node->type = &cel_t_error;
        cel_hint_function(c, node);
        return;
    }
    uint32_t n;
    struct cel_node *const *args = arguments(node, &n);
    bool money = false;
    for (uint32_t i = 0; i < n; i++) {
        cel_visit(c, args[i]);
        money |= (args[i]->flags & CEL_F_MONEY) != 0;
    }
    spread(c, node);
    if (!cel_resolve(c, node, node->function, member))
        cel_hint_arguments(c, node, node->function);
    else if (money && keeps_unit(node))
        node->flags |= CEL_F_MONEY;
}
