// SPDX-License-Identifier: Apache-2.0
// cost.c - the most an expression can cost, from the sizes that the schema declares.
//
//   N1  No evaluation of values within the declared sizes costs more than the estimate.
//
// The units are those that eval.c counts: one a step, and what the line of overloads.def says for
// a call.  Loops multiply: elements times what one round costs.
//
// Layer: cel.  Tests: tests/cel/cost_test.c, the conformance run, tests/fuzz/cel_eval.c
#include "cel/internal.h"

#include <string.h>

#define MUCH ((uint64_t)1 << 40)
#define RESULT_MAX ((uint64_t)256 * 1024) // bytes or elements that a call's result may have

// How large a value can be: bytes of a text or elements of a list; inside: of an element.
struct extent {
    uint64_t size;
    const struct extent *inside;
};

struct estimator {
    const struct cel_env *env;
    struct arena *arena;
    struct extent locals[CEL_DEPTH_MAX * 2];
};

struct estimate {
    uint64_t cost;
    struct extent extent;
};

static struct estimate estimate(struct estimator *e, const struct cel_node *node);

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a + b > MUCH ? MUCH : a + b;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t r;
    return __builtin_mul_overflow(a, b, &r) || r > MUCH ? MUCH : r;
}

static const struct extent *boxed(struct estimator *e, struct extent extent)
{
    struct extent *box = arena_try(e->arena, sizeof *box);
    if (box)
        *box = extent;
    return box;
}

// What a type says about size when nothing else is known.
static struct extent of_type(struct estimator *e, const struct cel_type *type, uint64_t size,
                             unsigned depth)
{
    switch (type->kind) {
    case CEL_T_STRING:
    case CEL_T_BYTES:
        return (struct extent){.size = size ? size : CEL_STRING_SIZE};
    case CEL_T_LIST:
    case CEL_T_MAP: {
        const struct cel_type *item = type->param[type->n_params - 1];
        struct extent inside = depth < 8 ? of_type(e, item, 0, depth + 1) : (struct extent){0};
        return (struct extent){.size = size ? size : CEL_LIST_SIZE, .inside = boxed(e, inside)};
    }
    case CEL_T_OPTIONAL:
        return depth < 8 ? of_type(e, type->param[0], size, depth + 1) : (struct extent){0};
    case CEL_T_DYN:
    case CEL_T_ERROR:
        return (struct extent){.size = size ? size : CEL_STRING_SIZE};
    default:
        return (struct extent){.size = 1};
    }
}

static struct extent inside_of(struct estimator *e, struct extent extent,
                               const struct cel_type *type)
{
    return extent.inside ? *extent.inside : of_type(e, type, 0, 0);
}

static struct extent larger(struct estimator *e, struct extent a, struct extent b)
{
    struct extent r = {.size = a.size > b.size ? a.size : b.size};
    if (a.inside && b.inside)
        r.inside = boxed(e, larger(e, *a.inside, *b.inside));
    else
        r.inside = a.inside ? a.inside : b.inside;
    return r;
}

static const struct cel_field *field_of(const struct cel_node *node)
{
    if (node->kind != CEL_N_SELECT || node->found != CEL_FOUND_FIELD)
        return NULL;
    const struct cel_type *on = node->args[0]->type;
    on = on->kind == CEL_T_OPTIONAL ? on->param[0] : on;
    return on->kind == CEL_T_RECORD ? &on->record->fields[node->slot] : NULL;
}

static struct estimate select(struct estimator *e, const struct cel_node *node)
{
    if (node->found == CEL_FOUND_VAR || node->found == CEL_FOUND_TYPE)
        return (struct estimate){.cost = 1, .extent = of_type(e, node->type, 0, 0)};
    struct estimate on = estimate(e, node->args[0]);
    const struct cel_field *field = field_of(node);
    const struct cel_type *type = field ? field->type : node->type;
    struct extent extent = of_type(e, type, field ? field->size_max : 0, 0);
    if (!field && on.extent.inside && node->args[0]->type->kind == CEL_T_MAP)
        extent = *on.extent.inside;
    return (struct estimate){.cost = plus(on.cost, 1), .extent = extent};
}

static struct extent literal_extent(struct cel_value v)
{
    bool text = v.tag == CEL_STRING || v.tag == CEL_BYTES;
    return (struct extent){.size = text ? v.len : 1};
}

static struct estimate aggregate(struct estimator *e, const struct cel_node *node)
{
    struct estimate all = {.cost = 1};
    struct extent items = {0};
    bool map = node->kind == CEL_N_MAP;
    for (uint32_t i = 0; i < node->n_args; i++) {
        struct estimate one = estimate(e, node->args[i]);
        all.cost = plus(all.cost, one.cost);
        if (!map || i % 2)
            items = larger(e, items, one.extent);
    }
    all.extent.size = map ? node->n_args / 2 : node->n_args;
    all.extent.inside = boxed(e, items);
    if (map)
        all.cost = plus(all.cost, times(all.extent.size, all.extent.size / 16 + 1));
    return all;
}

// ---- calls

static uint64_t price(const struct cel_overload *o, uint64_t sum, const uint64_t sizes[2])
{
    switch ((enum cel_cost)o->cost) {
    case CEL_COST_TEXT:
        return plus(2, sum / 10);
    case CEL_COST_LIST:
        return plus(2, sum);
    case CEL_COST_SQUARE:
        return plus(2, times(sum, sum));
    case CEL_COST_REGEX:
        return plus(101, times(sizes[0] / 10 + 1, sizes[1] / 4 + 1));
    default:
        return 2;
    }
}

static struct extent result(struct estimator *e, const struct cel_node *node,
                            const struct cel_overload *o, struct extent first, uint64_t sum,
                            uint64_t product)
{
    struct extent extent = of_type(e, node->type, 0, 0);
    switch ((enum cel_size)o->size) {
    case CEL_SIZE_SHORT:
        extent.size = 64;
        break;
    case CEL_SIZE_FIRST:
        extent.size = first.size;
        break;
    case CEL_SIZE_ITEM:
        return first.inside ? *first.inside : extent;
    case CEL_SIZE_SUM:
        extent.size = sum;
        break;
    case CEL_SIZE_PRODUCT:
        extent.size = product;
        break;
    case CEL_SIZE_LARGE:
        extent.size = RESULT_MAX;
        break;
    }
    if (extent.size > RESULT_MAX)
        extent.size = RESULT_MAX;
    if (first.inside && node->type->kind == CEL_T_LIST)
        extent.inside = first.inside;
    else if (o->size == CEL_SIZE_FIRST && node->type->kind == CEL_T_LIST)
        extent.inside = boxed(e, (struct extent){.size = first.size}); // the parts of a text
    return extent;
}

static struct estimate call(struct estimator *e, const struct cel_node *node)
{
    struct cel_node *const *args = node->args + (node->flags & CEL_F_SPACE ? 1 : 0);
    uint32_t n = node->n_args - (node->flags & CEL_F_SPACE ? 1 : 0);
    struct estimate all = {.cost = 1, .extent = {.size = CEL_STRING_SIZE}};
    struct extent first = {0};
    uint64_t sum = 0;
    uint64_t product = 1;
    uint64_t sizes[2] = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        struct estimate one = estimate(e, args[i]);
        all.cost = plus(all.cost, one.cost);
        sum = plus(sum, one.extent.size);
        product = times(product, one.extent.size ? one.extent.size : 1);
        if (i < 2)
            sizes[i] = one.extent.size;
        if (i == 0)
            first = one.extent;
    }
    if (!node->overload) {
        all.cost = plus(all.cost, sum);
        return all;
    }
    // A call that dyn leaves open may run any overload: the dearest counts.
    uint64_t dearest = 0;
    for (const struct cel_overload *o = cel_env_overloads(e->env, node->overload->name); o;
         o = cel_overload_next(o)) {
        uint64_t one = price(o, sum, sizes);
        bool may_run = o == node->overload || node->found == CEL_FOUND_CALLS;
        if (may_run && one > dearest)
            dearest = one;
    }
    all.cost = plus(all.cost, dearest);
    all.extent = result(e, node, node->overload, first, sum, product);
    return all;
}

static struct estimate index_of(struct estimator *e, const struct cel_node *node)
{
    struct estimate on = estimate(e, node->args[0]);
    struct estimate key = estimate(e, node->args[1]);
    return (struct estimate){.cost = plus(plus(on.cost, key.cost), 2),
                             .extent = inside_of(e, on.extent, node->type)};
}

// What the operator itself costs, operands apart.
static uint64_t operator_price(const struct cel_node *node, uint64_t sum, uint64_t widest)
{
    enum cel_type_kind left = (enum cel_type_kind)node->args[0]->type->kind;
    if (node->op == CEL_OP_ADD)
        return plus(2, sum);
    if (node->op > CEL_OP_ADD)
        return 2;
    if (node->op < CEL_OP_EQ)
        return 0;
    if (node->op != CEL_OP_IN && left >= CEL_T_NULL && left <= CEL_T_DURATION)
        return 0;
    bool maps = left == CEL_T_MAP || left == CEL_T_DYN;
    return maps ? times(widest, widest / 16 + 1) : widest;
}

static struct estimate operation(struct estimator *e, const struct cel_node *node)
{
    struct estimate all = {.cost = 1, .extent = {.size = 1}};
    uint64_t sum = 0;
    uint64_t widest = 0;
    struct extent both = {0};
    for (uint32_t i = 0; i < node->n_args; i++) {
        struct estimate one = estimate(e, node->args[i]);
        all.cost = plus(all.cost, one.cost);
        sum = plus(sum, one.extent.size);
        widest = one.extent.size > widest ? one.extent.size : widest;
        if (node->op != CEL_OP_COND || i > 0)
            both = larger(e, both, one.extent);
    }
    if (node->op == CEL_OP_COND)
        all.extent = both;
    if (node->op == CEL_OP_ADD) {
        all.extent = both;
        all.extent.size = sum > RESULT_MAX ? RESULT_MAX : sum;
    }
    all.cost = plus(all.cost, operator_price(node, sum, widest));
    return all;
}

// ---- macros

static struct estimate over_range(struct estimator *e, const struct cel_node *node)
{
    struct estimate range = estimate(e, node->args[0]);
    struct extent item = inside_of(e, range.extent, &cel_t_dyn);
    for (unsigned i = 0; i < node->n_vars; i++)
        e->locals[node->slot + i] = item;
    uint64_t round = 2;
    struct estimate body = {0};
    for (uint32_t i = 1; i < node->n_args; i++) {
        body = estimate(e, node->args[i]);
        round = plus(round, body.cost);
    }
    struct estimate all = {.extent = {.size = 1}};
    bool makes_map = node->op == CEL_M_TRANSFORM_MAP || node->op == CEL_M_TRANSFORM_ENTRY;
    if (makes_map)
        round = plus(round, range.extent.size / 16);
    all.cost = plus(plus(range.cost, 2), times(range.extent.size, round));
    if (node->op == CEL_M_SORT_BY)
        all.cost = plus(all.cost, plus(2, times(range.extent.size, 2)));
    if (node->op == CEL_M_FILTER || node->op == CEL_M_SORT_BY)
        all.extent = range.extent;
    else if (node->type->kind == CEL_T_LIST || node->type->kind == CEL_T_MAP || makes_map ||
             node->op == CEL_M_MAP || node->op == CEL_M_TRANSFORM_LIST)
        all.extent = (struct extent){.size = range.extent.size, .inside = boxed(e, body.extent)};
    return all;
}

static struct estimate macro(struct estimator *e, const struct cel_node *node)
{
    if (node->op == CEL_M_HAS) {
        struct estimate on = estimate(e, node->args[0]->args[0]);
        return (struct estimate){.cost = plus(on.cost, 2), .extent = {.size = 1}};
    }
    if (node->op != CEL_M_BIND && node->op != CEL_M_OPT_MAP && node->op != CEL_M_OPT_FLAT_MAP)
        return over_range(e, node);
    struct estimate value = estimate(e, node->args[0]);
    e->locals[node->slot] = value.extent;
    struct estimate body = estimate(e, node->args[1]);
    body.cost = plus(plus(body.cost, value.cost), 2);
    return body;
}

static struct estimate estimate(struct estimator *e, const struct cel_node *node)
{
    switch ((enum cel_kind)node->kind) {
    case CEL_N_LITERAL:
        return (struct estimate){.cost = 1, .extent = literal_extent(node->value)};
    case CEL_N_NAME:
        return (struct estimate){.cost = 1,
                                 .extent = node->found == CEL_FOUND_LOCAL
                                               ? e->locals[node->slot]
                                               : of_type(e, node->type, 0, 0)};
    case CEL_N_SELECT:
        return select(e, node);
    case CEL_N_INDEX:
        return index_of(e, node);
    case CEL_N_OP:
        return operation(e, node);
    case CEL_N_CALL:
        return call(e, node);
    case CEL_N_LIST:
    case CEL_N_MAP:
        return aggregate(e, node);
    case CEL_N_MACRO:
        return macro(e, node);
    default:
        return (struct estimate){.cost = 1};
    }
}

uint64_t cel_estimate(const struct cel_env *env, struct arena *scratch, const struct cel_node *root)
{
    struct estimator *e = arena_try(scratch, sizeof *e);
    if (!e)
        return MUCH;
    e->env = env;
    e->arena = scratch;
    return estimate(e, root).cost;
}
