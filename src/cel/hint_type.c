// SPDX-License-Identifier: Apache-2.0
// hint_type.c - what to say about values of the wrong type.
//
// Layer: cel.  Tests: tests/cel/diagnostics.golden
#include "cel/check.h"

#include <math.h>
#include <string.h>

static enum cel_type_kind kind_of(struct cel_checker *c, const struct cel_node *node)
{
    return (enum cel_type_kind)cel_known_type(c, node)->kind;
}

static bool is_number(enum cel_type_kind kind)
{
    return kind == CEL_T_INT || kind == CEL_T_UINT || kind == CEL_T_DOUBLE;
}

static bool is_literal(const struct cel_node *node, enum cel_tag tag)
{
    return node->kind == CEL_N_LITERAL && node->value.tag == tag;
}

static struct str wrapped(struct cel_checker *c, const char *function, const struct cel_node *node)
{
    return str_printf(c->arena, "%s(%.*s)", function, STR_FMT(cel_source_text(c, node)));
}

// 1.5 is 3/2; false when it is no short decimal.
static bool fraction(double d, int64_t *ret_above, int64_t *ret_below)
{
    int64_t below = 1;
    while (below < 1000000 && d * (double)below != floor(d * (double)below))
        below *= 10;
    double above = d * (double)below;
    if (below == 1000000 || above <= 0 || above > 1e12)
        return false;
    int64_t a = (int64_t)above;
    int64_t b = below;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    *ret_above = (int64_t)above / a;
    *ret_below = below / a;
    return true;
}

// order.amount * 1.5: money must not pass through a double.
static bool hint_factor(struct cel_checker *c, struct cel_node *node)
{
    unsigned literal = is_literal(node->args[0], CEL_DOUBLE) ? 0 : 1;
    struct cel_node *factor = node->args[literal];
    struct cel_node *amount = node->args[1 - literal];
    int64_t above, below;
    if (!is_literal(factor, CEL_DOUBLE) || kind_of(c, amount) != CEL_T_INT ||
        (node->op == CEL_OP_DIV && literal == 0) || !fraction(factor->value.d, &above, &below))
        return false;
    if (node->op == CEL_OP_DIV) {
        int64_t swap = above;
        above = below;
        below = swap;
    }
    struct str fix =
        str_printf(c->arena, "points.perAmount(%.*s, %lld, %lld)",
                   STR_FMT(cel_source_text(c, amount)), (long long)above, (long long)below);
    cel_report(c->source, (struct cel_report){.code = CEL_D_AMOUNT_FACTOR,
                                              .start = node->start,
                                              .end = node->end,
                                              .c = str_of(cel_ops[node->op].text),
                                              .fix = fix});
    return true;
}

// The literal written as the other side's kind of number: 50.0 beside an int is 50.
static struct str as_kind(struct cel_checker *c, const struct cel_node *node,
                          enum cel_type_kind wanted)
{
    const struct cel_value *v = &node->value;
    struct str text = cel_source_text(c, node);
    if (is_literal(node, CEL_DOUBLE) && v->d == floor(v->d) && fabs(v->d) < 1e15) {
        if (wanted == CEL_T_INT)
            return str_printf(c->arena, "%lld", (long long)v->d);
        if (wanted == CEL_T_UINT && v->d >= 0)
            return str_printf(c->arena, "%lldu", (long long)v->d);
    }
    if (is_literal(node, CEL_INT) && wanted == CEL_T_DOUBLE)
        return str_printf(c->arena, "%.*s.0", STR_FMT(text));
    if (is_literal(node, CEL_INT) && wanted == CEL_T_UINT && v->i >= 0)
        return str_printf(c->arena, "%.*su", STR_FMT(text));
    if (is_literal(node, CEL_UINT) && wanted == CEL_T_INT && v->u <= INT64_MAX)
        return str_printf(c->arena, "%llu", (unsigned long long)v->u);
    return STR_NONE;
}

static void hint_mixed(struct cel_checker *c, struct cel_node *node, struct cel_report report)
{
    struct cel_node *left = node->args[0];
    struct cel_node *right = node->args[1];
    report.code = CEL_D_MIXED;
    report.fix = as_kind(c, right, kind_of(c, left));
    const struct cel_node *changed = right;
    if (!report.fix.p) {
        report.fix = as_kind(c, left, kind_of(c, right));
        changed = left;
    }
    if (!report.fix.p) {
        bool left_double = kind_of(c, left) == CEL_T_DOUBLE;
        bool to_double = left_double || kind_of(c, right) == CEL_T_DOUBLE;
        changed = to_double ? (left_double ? right : left)
                            : (kind_of(c, left) == CEL_T_UINT ? left : right);
        report.fix = wrapped(c, to_double ? "double" : "int", changed);
    }
    report.fix_start = changed->start;
    report.fix_end = changed->end;
    cel_report(c->source, report);
}

// A text where the other side is something else: what the text should have been.
static struct str from_text(struct cel_checker *c, const struct cel_node *text,
                            enum cel_type_kind wanted, enum cel_op op)
{
    struct str s = cel_text(text->value);
    int64_t number;
    if (is_literal(text, CEL_INT) && wanted == CEL_T_STRING && op != CEL_OP_ADD)
        return str_printf(c->arena, "\"%lld\"", (long long)text->value.i);
    if (!is_literal(text, CEL_STRING))
        return STR_NONE;
    if (wanted == CEL_T_INT && op != CEL_OP_ADD && str_to_i64(s, &number))
        return str_dup(c->arena, s);
    if (wanted == CEL_T_TIMESTAMP)
        return wrapped(c, "timestamp", text);
    if (wanted == CEL_T_DURATION)
        return wrapped(c, "duration", text);
    if (wanted == CEL_T_BOOL && (str_eq(s, STR("true")) || str_eq(s, STR("false"))))
        return str_dup(c->arena, s);
    return STR_NONE;
}

static void suggest_for_text(struct cel_checker *c, struct cel_node *node,
                             struct cel_report *report)
{
    for (unsigned i = 0; i < 2 && !report->fix.p; i++) {
        struct cel_node *text = node->args[i];
        struct cel_node *other = node->args[1 - i];
        if (kind_of(c, text) != CEL_T_STRING && kind_of(c, other) != CEL_T_STRING)
            continue;
        struct cel_node *changed = text;
        report->fix = from_text(c, text, kind_of(c, other), (enum cel_op)node->op);
        if (!report->fix.p && node->op == CEL_OP_ADD && kind_of(c, text) == CEL_T_STRING &&
            is_number(kind_of(c, other))) {
            changed = other;
            report->fix = wrapped(c, "string", other);
        }
        report->fix_start = changed->start;
        report->fix_end = changed->end;
    }
}

// order.?discount > 5
static void suggest_for_optional(struct cel_checker *c, struct cel_node *node,
                                 struct cel_report *report)
{
    for (unsigned i = 0; i < 2 && !report->fix.p; i++) {
        const struct cel_type *type = cel_known_type(c, node->args[i]);
        const char *nothing = type->kind == CEL_T_OPTIONAL ? cel_nothing_of(type->param[0]) : NULL;
        if (!nothing)
            continue;
        report->fix = str_printf(c->arena, "%.*s.orValue(%s)",
                                 STR_FMT(cel_source_text(c, node->args[i])), nothing);
        report->fix_start = node->args[i]->start;
        report->fix_end = node->args[i]->end;
    }
}

// order.items == "x" and "x" in order.note
static void suggest_for_list(struct cel_checker *c, struct cel_node *node,
                             struct cel_report *report)
{
    struct str left = cel_source_text(c, node->args[0]);
    struct str right = cel_source_text(c, node->args[1]);
    if (report->fix.p)
        return;
    if (node->op == CEL_OP_EQ && kind_of(c, node->args[0]) == CEL_T_LIST)
        report->fix = str_printf(c->arena, "%.*s in %.*s", STR_FMT(right), STR_FMT(left));
    else if (node->op == CEL_OP_IN && kind_of(c, node->args[0]) == CEL_T_STRING &&
             kind_of(c, node->args[1]) == CEL_T_STRING)
        report->fix = str_printf(c->arena, "%.*s.contains(%.*s)", STR_FMT(right), STR_FMT(left));
    else
        return;
    report->fix_start = node->start;
    report->fix_end = node->end;
}

void cel_hint_operands(struct cel_checker *c, struct cel_node *node)
{
    struct cel_report report = {.code = CEL_D_OPERAND,
                                .start = node->at,
                                .end = node->at_end,
                                .a = cel_type_text(c, node->args[0]->type),
                                .c = str_of(cel_ops[node->op].text)};
    if (node->n_args == 1) {
        cel_report(c->source, report);
        return;
    }
    report.code = CEL_D_OPERANDS;
    report.b = cel_type_text(c, node->args[1]->type);
    bool numbers = is_number(kind_of(c, node->args[0])) && is_number(kind_of(c, node->args[1]));
    bool scales = node->op == CEL_OP_MUL || node->op == CEL_OP_DIV;
    if (numbers && kind_of(c, node->args[0]) != kind_of(c, node->args[1])) {
        if (!(scales && hint_factor(c, node)))
            hint_mixed(c, node, report);
        return;
    }
    suggest_for_text(c, node, &report);
    suggest_for_list(c, node, &report);
    suggest_for_optional(c, node, &report);
    cel_report(c->source, report);
}

// The test that a value of another type probably stands for.
static struct str as_test(struct cel_checker *c, const struct cel_node *node)
{
    struct str text = cel_source_text(c, node);
    if (node->kind == CEL_N_OP)
        text = str_printf(c->arena, "(%.*s)", STR_FMT(text));
    switch (kind_of(c, node)) {
    case CEL_T_INT:
        return str_printf(c->arena, "%.*s != 0", STR_FMT(text));
    case CEL_T_STRING:
        return str_printf(c->arena, "%.*s != \"\"", STR_FMT(text));
    case CEL_T_LIST:
    case CEL_T_MAP:
        return str_printf(c->arena, "%.*s.size() > 0", STR_FMT(text));
    case CEL_T_OPTIONAL:
        return str_printf(c->arena, "%.*s.hasValue()", STR_FMT(text));
    default:
        return STR_NONE;
    }
}

void cel_hint_not_bool(struct cel_checker *c, const struct cel_node *node, struct str where)
{
    struct str fix = as_test(c, node);
    if (fix.p && str_eq(where, STR("!")))
        fix = str_printf(c->arena, "(%.*s)", STR_FMT(fix));
    cel_report(c->source, (struct cel_report){.code = CEL_D_NOT_BOOL,
                                              .start = node->start,
                                              .end = node->end,
                                              .a = cel_type_text(c, node->type),
                                              .c = where,
                                              .fix = fix});
}

void cel_hint_wanted(struct cel_checker *c, const struct cel_node *root, const char *want)
{
    struct str text = str_of(want);
    const struct cel_type *wanted = cel_t_parse(c->env, c->arena, &text);
    CHECK(wanted); // a type that the host wrote
    const struct cel_type *got = cel_known_type(c, root);
    if (cel_t_assign(&c->unify, got, wanted) && got->kind != CEL_T_NULL)
        return;
    struct str fix = STR_NONE;
    struct str source = cel_source_text(c, root);
    if (wanted->kind == CEL_T_BOOL)
        fix = as_test(c, root);
    else if (wanted->kind == CEL_T_INT && got->kind == CEL_T_DOUBLE)
        fix = str_printf(c->arena, "int(math.round(%.*s))", STR_FMT(source));
    else if (wanted->kind == CEL_T_INT && got->kind == CEL_T_UINT)
        fix = wrapped(c, "int", root);
    else if (wanted->kind == CEL_T_INT && got->kind == CEL_T_BOOL)
        fix = str_printf(c->arena, "(%.*s) ? 1 : 0", STR_FMT(source));
    else if (wanted->kind == CEL_T_STRING && is_number((enum cel_type_kind)got->kind))
        fix = wrapped(c, "string", root);
    cel_report(c->source, (struct cel_report){.code = CEL_D_WANTED,
                                              .start = root->start,
                                              .end = root->end,
                                              .a = str_of(want),
                                              .b = cel_type_text(c, got),
                                              .fix = fix});
}
