// SPDX-License-Identifier: Apache-2.0
// warn.c - what compiles but is probably not meant.
//
// Layer: cel.  Tests: tests/cel/diagnostics.golden
#include "cel/check.h"

#include <string.h>

// ---- fields that may be missing

static void add_guard(struct cel_checker *c, const struct cel_node *field)
{
    if (c->n_guards < CEL_GUARDS_MAX)
        c->guards[c->n_guards++] = field;
}

// has(a) && b, !has(a) || b, has(a) ? b : c, and nestings of these.
void cel_guard(struct cel_checker *c, const struct cel_node *node, bool when)
{
    if (node->kind == CEL_N_MACRO && node->op == CEL_M_HAS && when)
        add_guard(c, node->args[0]);
    if (node->kind != CEL_N_OP)
        return;
    if (node->op == CEL_OP_NOT)
        cel_guard(c, node->args[0], !when);
    if ((node->op == CEL_OP_AND && when) || (node->op == CEL_OP_OR && !when))
        for (uint32_t i = 0; i < node->n_args; i++)
            cel_guard(c, node->args[i], when);
}

const char *cel_nothing_of(const struct cel_type *type)
{
    switch (type->kind) {
    case CEL_T_INT:
        return "0";
    case CEL_T_DOUBLE:
        return "0.0";
    case CEL_T_STRING:
        return "\"\"";
    case CEL_T_BOOL:
        return "false";
    case CEL_T_LIST:
        return "[]";
    default:
        return NULL;
    }
}

void cel_warn_unguarded(struct cel_checker *c, struct cel_node *node)
{
    for (uint32_t i = 0; i < c->n_guards; i++)
        if (cel_node_same(c->guards[i], node))
            return;
    const char *nothing = cel_nothing_of(cel_field_of(node)->type);
    struct str fix = STR_NONE;
    if (nothing)
        fix = str_printf(c->arena, "%.*s.?%.*s.orValue(%s)",
                         STR_FMT(cel_source_text(c, node->args[0])), STR_FMT(node->name), nothing);
    cel_report(c->source, (struct cel_report){.code = CEL_D_UNGUARDED,
                                              .start = node->start,
                                              .end = node->end,
                                              .a = cel_source_text(c, node),
                                              .fix = fix});
}

// ---- money

void cel_warn_division(struct cel_checker *c, const struct cel_node *node)
{
    const struct cel_node *amount = node->args[0];
    if (!(amount->flags & CEL_F_MONEY) || cel_known_type(c, node)->kind != CEL_T_INT)
        return;
    struct str above = cel_source_text(c, amount);
    struct str below = cel_source_text(c, node->args[1]);
    struct str times = STR("1");
    if (amount->kind == CEL_N_OP && amount->op == CEL_OP_MUL) {
        above = cel_source_text(c, amount->args[0]);
        times = cel_source_text(c, amount->args[1]);
    }
    cel_report(c->source,
               (struct cel_report){.code = CEL_D_CENTS,
                                   .start = node->at,
                                   .end = node->at_end,
                                   .fix =
                                       str_printf(c->arena, "math.mulDiv(%.*s, %.*s, %.*s)",
                                                  STR_FMT(above), STR_FMT(times), STR_FMT(below)),
                                   .fix_start = node->start,
                                   .fix_end = node->end});
}

// ---- words

static void check_word(struct cel_checker *c, const struct cel_field *field,
                       const struct cel_node *path, const struct cel_node *word)
{
    if (!cel_is_text(word))
        return;
    for (uint32_t i = 0; i < field->n_words; i++)
        if (str_eq(field->words[i], cel_text(word->value)))
            return;
    struct str near = str_nearest(cel_text(word->value), field->words, field->n_words);
    struct str fix = near.p ? str_printf(c->arena, "\"%.*s\"", STR_FMT(near)) : STR_NONE;
    cel_report(c->source, (struct cel_report){.code = CEL_D_WORD,
                                              .start = word->start,
                                              .end = word->end,
                                              .a = cel_source_text(c, path),
                                              .b = cel_text(word->value),
                                              .fix = fix});
}

// event.channel == "onlin", event.channel in ["onlin"], "vp" in member.segments
void cel_warn_words(struct cel_checker *c, const struct cel_node *node)
{
    if (node->op != CEL_OP_EQ && node->op != CEL_OP_NE && node->op != CEL_OP_IN)
        return;
    for (unsigned i = 0; i < 2; i++) {
        const struct cel_node *path = node->args[i];
        const struct cel_node *other = node->args[1 - i];
        const struct cel_field *field = cel_field_of(path);
        if (!field || !field->n_words)
            continue;
        check_word(c, field, path, other);
        for (uint32_t k = 0;
             node->op == CEL_OP_IN && i == 0 && other->kind == CEL_N_LIST && k < other->n_args; k++)
            check_word(c, field, path, other->args[k]);
    }
}

// ---- conditions that cannot fail, or cannot hold

static void always(struct cel_checker *c, const struct cel_node *node, bool value)
{
    cel_report(c->source, (struct cel_report){.code = CEL_D_ALWAYS,
                                              .start = node->start,
                                              .end = node->end,
                                              .a = value ? STR("true") : STR("false")});
}

// Does it read only fields and variables, so that two of the same text are the same value?
static bool is_path(const struct cel_node *node)
{
    while (node->kind == CEL_N_SELECT)
        node = node->args[0];
    return node->kind == CEL_N_NAME;
}

// path == literal, either way round.
static bool equation(const struct cel_node *node, const struct cel_node **ret_path,
                     const struct cel_node **ret_literal)
{
    if (node->kind != CEL_N_OP || node->op != CEL_OP_EQ)
        return false;
    bool swapped = node->args[0]->kind == CEL_N_LITERAL;
    *ret_path = node->args[swapped ? 1 : 0];
    *ret_literal = node->args[swapped ? 0 : 1];
    return is_path(*ret_path) && (*ret_literal)->kind == CEL_N_LITERAL;
}

static void contradictions(struct cel_checker *c, const struct cel_node *node)
{
    const struct cel_node *path, *other, *literal, *second;
    uint32_t n = node->n_args < 32 ? node->n_args : 32;
    for (uint32_t i = 0; i < n; i++) {
        if (!equation(node->args[i], &path, &literal))
            continue;
        for (uint32_t k = i + 1; k < n; k++) {
            if (equation(node->args[k], &other, &second) && cel_node_same(path, other) &&
                literal->value.tag == second->value.tag && !cel_node_same(literal, second)) {
                always(c, node, false);
                return;
            }
        }
    }
}

void cel_warn_same(struct cel_checker *c, const struct cel_node *node)
{
    if (!c->checked)
        return;
    if (node->op == CEL_OP_AND) {
        contradictions(c, node);
        return;
    }
    if (node->op < CEL_OP_EQ || node->op > CEL_OP_GE || !is_path(node->args[0]) ||
        !cel_node_same(node->args[0], node->args[1]) ||
        cel_known_type(c, node->args[0])->kind == CEL_T_DOUBLE)
        return;
    always(c, node, node->op == CEL_OP_EQ || node->op == CEL_OP_LE || node->op == CEL_OP_GE);
}
