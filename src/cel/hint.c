// SPDX-License-Identifier: Apache-2.0
// hint.c - what to say when something does not fit, and what to write instead.
//
// Layer: cel.  Tests: tests/cel/diagnostics.golden
#include "cel/check.h"

#include <string.h>

#define CANDIDATES_MAX 400

struct candidates {
    struct str list[CANDIDATES_MAX];
    size_t n;
};

static void add(struct candidates *all, struct str word)
{
    if (all->n < CANDIDATES_MAX)
        all->list[all->n++] = word;
}

// NULL once there are more faults than are kept: a suggestion nobody sees is not looked for.
static struct candidates *none(struct cel_checker *c)
{
    if (c->source->diags->n_errors > CEL_DIAGS_MAX)
        return NULL;
    return arena_try(c->arena, sizeof(struct candidates));
}

// What other languages call it.
static struct str synonym(struct str word)
{
    static const char *const words[][2] = {
        {"length", "size"},      {"len", "size"},          {"count", "size"},
        {"any", "exists"},       {"some", "exists"},       {"every", "all"},
        {"where", "filter"},     {"includes", "contains"}, {"toLowerCase", "lowerAscii"},
        {"lower", "lowerAscii"}, {"upper", "upperAscii"},  {"toUpperCase", "upperAscii"},
        {"isEmpty", "size"},     {"total", "sum"},         {"average", "sum"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(word, str_of(words[i][0])))
            return str_of(words[i][1]);
    return STR_NONE;
}

static struct str nearest(const struct candidates *all, struct str word)
{
    struct str other = synonym(word);
    for (size_t i = 0; all && other.p && i < all->n; i++)
        if (str_eq(all->list[i], other))
            return other;
    return all ? str_nearest(word, all->list, all->n) : STR_NONE;
}

struct str cel_type_text(struct cel_checker *c, const struct cel_type *type)
{
    struct buf out;
    buf_init(&out, c->arena);
    cel_t_print(cel_t_resolve(&c->unify, type, true), &out);
    return buf_text(&out);
}

struct str cel_source_text(struct cel_checker *c, const struct cel_node *node)
{
    struct str text = c->source->text;
    if (node->end <= node->start || node->end > text.n)
        return STR("x");
    return (struct str){.p = text.p + node->start, .n = node->end - node->start};
}

// The text of a node as an operand of something that binds as tightly as a call.
static struct str operand_text(struct cel_checker *c, const struct cel_node *node)
{
    struct str text = cel_source_text(c, node);
    return node->kind == CEL_N_OP ? str_printf(c->arena, "(%.*s)", STR_FMT(text)) : text;
}

static void report_at(struct cel_checker *c, const struct cel_node *node, struct cel_report report)
{
    report.start = node->at;
    report.end = node->at_end;
    cel_report(c->source, report);
}

// ---- names and fields

// "amount" to "order.amount" when exactly one variable has such a field.
static struct str field_of_variable(struct cel_checker *c, struct str name)
{
    struct str found = STR_NONE;
    for (uint32_t i = 0; i < c->env->n_vars; i++) {
        const struct cel_var *var = &c->env->vars[i];
        if (var->type->kind != CEL_T_RECORD || cel_field_index(var->type->record, name) < 0)
            continue;
        if (found.p)
            return STR_NONE;
        found = str_printf(c->arena, "%.*s.%.*s", STR_FMT(var->name), STR_FMT(name));
    }
    return found;
}

static struct str suggest_name(struct cel_checker *c, struct str name)
{
    struct candidates *all = none(c);
    for (uint32_t i = c->n_locals; all && i > 0; i--)
        add(all, c->locals[i - 1].name);
    for (uint32_t i = 0; all && i < c->env->n_vars; i++)
        add(all, c->env->vars[i].name);
    if (all) {
        add(all, STR("true"));
        add(all, STR("false"));
        add(all, STR("null"));
    }
    struct str near = nearest(all, name);
    return near.p ? near : field_of_variable(c, name);
}

void cel_hint_name(struct cel_checker *c, struct cel_node *node)
{
    report_at(c, node,
              (struct cel_report){.code = CEL_D_UNKNOWN_NAME,
                                  .a = node->name,
                                  .fix = suggest_name(c, node->name)});
}

bool cel_hint_unquoted(struct cel_checker *c, struct cel_node *word, struct cel_node *other)
{
    if (!c->checked || word->kind != CEL_N_NAME || (word->flags & CEL_F_ROOT) ||
        cel_known_type(c, other)->kind != CEL_T_STRING || cel_is_text(other) ||
        cel_local_find(c, word->name) || cel_env_find(c->env, word->name) ||
        cel_t_named(word->name) || suggest_name(c, word->name).p)
        return false;
    word->type = &cel_t_error;
    report_at(c, word,
              (struct cel_report){.code = CEL_D_UNQUOTED,
                                  .a = word->name,
                                  .fix = str_printf(c->arena, "\"%.*s\"", STR_FMT(word->name))});
    return true;
}

void cel_hint_field(struct cel_checker *c, struct cel_node *node,
                    const struct cel_record_type *record)
{
    struct candidates *all = none(c);
    for (uint32_t i = 0; all && i < record->n_fields; i++)
        add(all, record->fields[i].name);
    struct str on = node->args[0]->kind == CEL_N_NAME || node->args[0]->kind == CEL_N_SELECT
                        ? cel_source_text(c, node->args[0])
                        : record->name;
    report_at(c, node,
              (struct cel_report){.code = CEL_D_UNKNOWN_FIELD,
                                  .a = on,
                                  .b = node->name,
                                  .fix = nearest(all, node->name)});
}

void cel_hint_no_fields(struct cel_checker *c, struct cel_node *node, const struct cel_type *type)
{
    struct str fix = STR_NONE;
    const struct cel_type *item = type->kind == CEL_T_LIST ? type->param[0] : NULL;
    struct str on = cel_source_text(c, node->args[0]);
    if (item && item->kind == CEL_T_RECORD && cel_field_index(item->record, node->name) >= 0) {
        report_at(c, node,
                  (struct cel_report){.code = CEL_D_ITEM_FIELD,
                                      .a = on,
                                      .b = str_printf(c->arena, "%.*s.exists(i, i.%.*s ...)",
                                                      STR_FMT(on), STR_FMT(node->name))});
        return;
    }
    if (str_eq(node->name, STR("size")) || str_eq(node->name, STR("length")))
        fix = str_printf(c->arena, "%.*s.size()", STR_FMT(on));
    cel_report(c->source, (struct cel_report){.code = CEL_D_NO_FIELDS,
                                              .start = node->at,
                                              .end = node->at_end,
                                              .a = cel_type_text(c, type),
                                              .fix = fix,
                                              .fix_start = node->start,
                                              .fix_end = node->end});
}

// ---- functions

static bool takes_receiver(const struct cel_overload *o, const struct cel_type *on)
{
    const struct cel_type *wanted = o->arg[0];
    return !on || on->kind == CEL_T_DYN || on->kind == CEL_T_ERROR || on->kind == CEL_T_VAR ||
           wanted->kind == CEL_T_PARAM || wanted->kind == CEL_T_DYN || wanted->kind == on->kind;
}

// The functions that could stand here; on: type of the receiver, NULL for a global call.
static struct candidates *callable(struct cel_checker *c, const struct cel_type *on)
{
    struct candidates *all = none(c);
    for (size_t i = 0; all && i < cel_n_macros; i++)
        if ((cel_macros[i].n_vars && cel_macros[i].macro != CEL_M_BIND) == (on != NULL))
            add(all, cel_macros[i].name);
    for (size_t h = 0; all && h < CEL_NAMES; h++)
        for (const struct cel_overload *o = c->env->by_name[h]; o; o = o->next)
            if (o->member == (on != NULL) && (!on || takes_receiver(o, on)) &&
                ((o->name.p[0] | 0x20) >= 'a' && (o->name.p[0] | 0x20) <= 'z'))
                add(all, o->name);
    return all;
}

static void visit_from(struct cel_checker *c, struct cel_node *node, uint32_t from)
{
    for (uint32_t i = from; i < node->n_args; i++)
        cel_visit(c, node->args[i]);
}

// contains(a, b) where a.contains(b) is meant, or the other way round.
static bool wrong_style(struct cel_checker *c, struct cel_node *node, bool member)
{
    const struct cel_overload *o = cel_env_overloads(c->env, node->name);
    if (!o || node->n_args == 0)
        return false;
    visit_from(c, node, 0);
    struct buf fix;
    buf_init(&fix, c->arena);
    if (!member) {
        buf_str(&fix, operand_text(c, node->args[0]));
        buf_char(&fix, '.');
    }
    buf_str(&fix, node->name);
    buf_char(&fix, '(');
    for (uint32_t i = member ? 0 : 1; i < node->n_args; i++) {
        buf_str(&fix, cel_source_text(c, node->args[i]));
        if (i + 1 < node->n_args)
            buf_str(&fix, STR(", "));
    }
    buf_char(&fix, ')');
    report_at(c, node,
              (struct cel_report){.code = member ? CEL_D_NOT_A_METHOD : CEL_D_A_METHOD,
                                  .a = node->name,
                                  .fix = buf_text(&fix),
                                  .fix_start = node->start,
                                  .fix_end = node->end});
    return true;
}

static bool hint_now(struct cel_checker *c, struct cel_node *node)
{
    if (node->n_args || (!str_eq(node->name, STR("now")) && !str_eq(node->name, STR("today"))))
        return false;
    const struct cel_var *now = cel_env_find(c->env, STR("now"));
    report_at(c, node,
              (struct cel_report){.code = CEL_D_NOW,
                                  .fix = now ? STR("now") : STR("event.time"),
                                  .fix_start = node->start,
                                  .fix_end = node->end});
    return true;
}

// list.contains(x) is x in list.
static bool hint_contains(struct cel_checker *c, struct cel_node *node, const struct cel_type *on)
{
    if (!on || on->kind != CEL_T_LIST || node->n_args != 2 ||
        (!str_eq(node->name, STR("contains")) && !str_eq(node->name, STR("includes"))))
        return false;
    struct str fix =
        str_printf(c->arena, "%.*s in %.*s", STR_FMT(cel_source_text(c, node->args[1])),
                   STR_FMT(cel_source_text(c, node->args[0])));
    report_at(c, node,
              (struct cel_report){.code = CEL_D_UNKNOWN_METHOD,
                                  .a = node->name,
                                  .b = cel_type_text(c, on),
                                  .fix = fix,
                                  .fix_start = node->start,
                                  .fix_end = node->end});
    return true;
}

// A macro whose arguments are too few or too many.
static bool hint_macro(struct cel_checker *c, struct cel_node *node, bool member)
{
    const struct cel_macro_info *macro = cel_macro_find(node->name, -1, 0);
    if (!macro || member != (macro->n_vars > 0))
        return false;
    if (member)
        cel_visit(c, node->args[0]);
    report_at(c, node,
              (struct cel_report){.code = CEL_D_MACRO_USE,
                                  .a = node->name,
                                  .b = str_of(macro->usage)});
    return true;
}

// maths.abs: there is math.abs.
static bool hint_namespace(struct cel_checker *c, struct cel_node *node)
{
    bool root;
    struct str dotted = cel_dotted(c, node->args[0], &root);
    if (!dotted.p || cel_env_find(c->env, dotted))
        return false;
    struct str full = str_printf(c->arena, "%.*s.%.*s", STR_FMT(dotted), STR_FMT(node->name));
    struct str near = nearest(callable(c, NULL), full);
    if (!near.p || !memchr(near.p, '.', near.n))
        return false;
    report_at(c, node,
              (struct cel_report){.code = CEL_D_UNKNOWN_FUNCTION,
                                  .a = full,
                                  .fix = near,
                                  .fix_start = node->start,
                                  .fix_end = node->at_end});
    visit_from(c, node, 1);
    return true;
}

static void hint_method(struct cel_checker *c, struct cel_node *node)
{
    cel_visit(c, node->args[0]);
    const struct cel_type *on = cel_known_type(c, node->args[0]);
    if (hint_contains(c, node, on)) {
        visit_from(c, node, 1);
        return;
    }
    struct str near = nearest(callable(c, on), node->name);
    if (on->kind != CEL_T_ERROR) // the receiver was reported
        report_at(c, node,
                  (struct cel_report){.code = CEL_D_UNKNOWN_METHOD,
                                      .a = node->name,
                                      .b = cel_type_text(c, on),
                                      .fix = near});
    // The arguments of a misspelt macro name variables that do not exist.
    bool maybe_macro = node->n_args > 2 && node->args[1]->kind == CEL_N_NAME;
    if (!maybe_macro && !(near.p && cel_macro_find(near, -1, 0)))
        visit_from(c, node, 1);
}

void cel_hint_function(struct cel_checker *c, struct cel_node *node)
{
    bool member = (node->flags & CEL_F_MEMBER) && node->n_args;
    if (hint_now(c, node) || hint_macro(c, node, member) || wrong_style(c, node, member))
        return;
    if (member) {
        if (!hint_namespace(c, node))
            hint_method(c, node);
        return;
    }
    report_at(c, node,
              (struct cel_report){.code = CEL_D_UNKNOWN_FUNCTION,
                                  .a = node->name,
                                  .fix = nearest(callable(c, NULL), node->name)});
    visit_from(c, node, 0);
}

// The overload that was most likely meant: right style and receiver, then right number; or NULL.
static const struct cel_overload *most_likely(struct cel_checker *c, struct str name, bool member,
                                              const struct cel_type *on, uint32_t n)
{
    const struct cel_overload *best = NULL;
    for (const struct cel_overload *o = cel_env_overloads(c->env, name); o;
         o = cel_overload_next(o)) {
        if (o->member != member || (member && !takes_receiver(o, on)))
            continue;
        if (!best || (best->n_args != n && o->n_args == n))
            best = o;
    }
    return best;
}

void cel_hint_arguments(struct cel_checker *c, struct cel_node *node, struct str name)
{
    bool member = (node->flags & CEL_F_MEMBER) && !(node->flags & CEL_F_SPACE);
    uint32_t skip = (node->flags & CEL_F_SPACE) || member ? 1 : 0;
    const struct cel_type *on = member ? cel_known_type(c, node->args[0]) : NULL;
    const struct cel_overload *best =
        most_likely(c, name, member, on, node->n_args - (member ? 0 : skip));
    if (!best) {
        if (hint_contains(c, node, on))
            return;
        report_at(c, node,
                  (struct cel_report){.code = CEL_D_UNKNOWN_METHOD,
                                      .a = node->name,
                                      .b = cel_type_text(c, on ? on : &cel_t_dyn),
                                      .fix = nearest(callable(c, on), node->name)});
        return;
    }
    struct buf given;
    buf_init(&given, c->arena);
    for (uint32_t i = skip; i < node->n_args; i++) {
        buf_str(&given, i > skip ? STR(", ") : STR(""));
        buf_str(&given, cel_type_text(c, node->args[i]->type));
    }
    report_at(c, node,
              (struct cel_report){
                  .code = CEL_D_ARGUMENTS, .a = name, .b = buf_text(&given), .c = best->signature});
}
