// SPDX-License-Identifier: Apache-2.0
// tree.c - tables of operators and macros, nodes, and how a diagnostic is put into words.
//
// Layer: cel.  Tests: tests/cel/parse_test.c, tests/cel/diagnostics.golden
#include "cel/internal.h"

#include "base/json_out.h"

#include <stdlib.h>
#include <string.h>

const struct cel_op_info cel_ops[CEL_OP_COUNT] = {
    [CEL_OP_COND] = {"?", "_?_:_", 1, 3}, [CEL_OP_OR] = {"||", "_||_", 2, 2},
    [CEL_OP_AND] = {"&&", "_&&_", 3, 2},  [CEL_OP_EQ] = {"==", "_==_", 4, 2},
    [CEL_OP_NE] = {"!=", "_!=_", 4, 2},   [CEL_OP_LT] = {"<", "_<_", 4, 2},
    [CEL_OP_LE] = {"<=", "_<=_", 4, 2},   [CEL_OP_GT] = {">", "_>_", 4, 2},
    [CEL_OP_GE] = {">=", "_>=_", 4, 2},   [CEL_OP_IN] = {"in", "@in", 4, 2},
    [CEL_OP_ADD] = {"+", "_+_", 5, 2},    [CEL_OP_SUB] = {"-", "_-_", 5, 2},
    [CEL_OP_MUL] = {"*", "_*_", 6, 2},    [CEL_OP_DIV] = {"/", "_/_", 6, 2},
    [CEL_OP_MOD] = {"%", "_%_", 6, 2},    [CEL_OP_NOT] = {"!", "!_", 7, 1},
    [CEL_OP_NEG] = {"-", "-_", 7, 1},
};

// has and cel.bind come first and last: they are no methods of a range.
const struct cel_macro_info cel_macros[] = {
    {STR("has"), CEL_M_HAS, 0, 0, "has(order.field)"},
    {STR("all"), CEL_M_ALL, 1, 1, "list.all(i, condition)"},
    {STR("all"), CEL_M_ALL, 2, 1, "list.all(index, i, condition)"},
    {STR("exists"), CEL_M_EXISTS, 1, 1, "list.exists(i, condition)"},
    {STR("exists"), CEL_M_EXISTS, 2, 1, "list.exists(index, i, condition)"},
    {STR("exists_one"), CEL_M_EXISTS_ONE, 1, 1, "list.exists_one(i, condition)"},
    {STR("existsOne"), CEL_M_EXISTS_ONE, 1, 1, "list.existsOne(i, condition)"},
    {STR("existsOne"), CEL_M_EXISTS_ONE, 2, 1, "list.existsOne(index, i, condition)"},
    {STR("map"), CEL_M_MAP, 1, 1, "list.map(i, value)"},
    {STR("map"), CEL_M_MAP, 1, 2, "list.map(i, condition, value)"},
    {STR("filter"), CEL_M_FILTER, 1, 1, "list.filter(i, condition)"},
    {STR("transformList"), CEL_M_TRANSFORM_LIST, 2, 1, "list.transformList(index, i, value)"},
    {STR("transformList"), CEL_M_TRANSFORM_LIST, 2, 2,
     "list.transformList(index, i, condition, value)"},
    {STR("transformMap"), CEL_M_TRANSFORM_MAP, 2, 1, "map.transformMap(key, v, value)"},
    {STR("transformMap"), CEL_M_TRANSFORM_MAP, 2, 2, "map.transformMap(key, v, condition, value)"},
    {STR("transformMapEntry"), CEL_M_TRANSFORM_ENTRY, 2, 1,
     "map.transformMapEntry(key, v, {newKey: value})"},
    {STR("transformMapEntry"), CEL_M_TRANSFORM_ENTRY, 2, 2,
     "map.transformMapEntry(key, v, condition, {newKey: value})"},
    {STR("sortBy"), CEL_M_SORT_BY, 1, 1, "list.sortBy(i, key)"},
    {STR("optMap"), CEL_M_OPT_MAP, 1, 1, "optional.optMap(v, value)"},
    {STR("optFlatMap"), CEL_M_OPT_FLAT_MAP, 1, 1, "optional.optFlatMap(v, optionalValue)"},
    {STR("cel.bind"), CEL_M_BIND, 1, 1, "cel.bind(name, value, expression)"},
};
const size_t cel_n_macros = sizeof cel_macros / sizeof *cel_macros;

const struct cel_macro_info *cel_macro_find(struct str name, int n_vars, int n_bodies)
{
    for (size_t i = 0; i < cel_n_macros; i++) {
        const struct cel_macro_info *m = &cel_macros[i];
        if (str_eq(m->name, name) &&
            (n_vars < 0 || (m->n_vars == n_vars && m->n_bodies == n_bodies)))
            return m;
    }
    return NULL;
}

struct cel_node *cel_node_new(struct arena *arena, enum cel_kind kind, uint32_t n_args)
{
    struct cel_node *node = ARENA_NEW(arena, struct cel_node);
    node->kind = (uint8_t)kind;
    node->type = &cel_t_dyn;
    node->args = n_args ? arena_try_array(arena, n_args, sizeof *node->args) : NULL;
    node->n_args = node->args ? n_args : 0;
    return node;
}

static bool same_literal(struct cel_value a, struct cel_value b)
{
    if (a.tag != b.tag)
        return false;
    if (a.tag == CEL_STRING || a.tag == CEL_BYTES)
        return str_eq(cel_text(a), cel_text(b));
    return a.u == b.u; // NaN and -0.0 by their bits
}

bool cel_node_same(const struct cel_node *a, const struct cel_node *b)
{
    uint8_t written = CEL_F_MEMBER | CEL_F_OPTIONAL | CEL_F_IF_THERE | CEL_F_ROOT;
    if (a->kind != b->kind || a->op != b->op || (a->flags & written) != (b->flags & written) ||
        a->n_args != b->n_args || a->n_vars != b->n_vars || !str_eq(a->name, b->name) ||
        !str_eq(a->vars[0], b->vars[0]) || !str_eq(a->vars[1], b->vars[1]))
        return false;
    if (a->kind == CEL_N_LITERAL && !same_literal(a->value, b->value))
        return false;
    for (uint32_t i = 0; i < a->n_args; i++)
        if (!cel_node_same(a->args[i], b->args[i]))
            return false;
    return true;
}

// ---- diagnostics

void cel_diags_init(struct cel_diags *diags, struct arena *arena)
{
    *diags = (struct cel_diags){.arena = arena};
}

static const struct {
    enum cel_severity severity;
    const char *code;
    const char *english;
    const char *french;
} sayings[] = {
#define DIAG(name, severity, code, english, french) {severity, code, english, french},
#include "cel/diags.def"
#undef DIAG
};

static struct str cut(struct str s)
{
    if (s.n <= 200)
        return s;
    s.n = 200;
    while (s.n && ((unsigned char)s.p[s.n] & 0xC0) == 0x80)
        s.n--;
    return s;
}

static const char *phrase(struct cel_source *source, const char *format,
                          const struct cel_report *report)
{
    struct buf out;
    buf_init(&out, source->diags->arena);
    bool skipping = false;
    for (const char *p = format; *p; p++) {
        if (*p == '[' && strchr(p, ']') && p[1] != ']') {
            skipping = !report->fix.p;
        } else if (*p == ']') {
            skipping = false;
        } else if (skipping) {
            continue;
        } else if (*p == '{' && p[1] >= 'a' && p[1] <= 'c' && p[2] == '}') {
            buf_str(&out, cut(p[1] == 'a' ? report->a : p[1] == 'b' ? report->b : report->c));
            p += 2;
        } else if (strncmp(p, "{fix}", 5) == 0) {
            buf_str(&out, cut(report->fix));
            p += 4;
        } else {
            buf_char(&out, *p);
        }
    }
    return str_c(source->diags->arena, buf_text(&out));
}

static void place(struct str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column)
{
    uint32_t line = 1;
    uint32_t column = 1;
    for (uint32_t i = 0; i < at && i < text.n; i++) {
        if (text.p[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.p[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}

void cel_report(struct cel_source *source, struct cel_report report)
{
    struct cel_diags *diags = source->diags;
    bool is_error = sayings[report.code].severity == CEL_ERROR_DIAG;
    if (is_error)
        diags->n_errors++;
    if (diags->n == CEL_DIAGS_MAX) {
        // Warnings make room: what stops the expression must be seen.
        if (!is_error || diags->list[diags->n - 1].severity == CEL_ERROR_DIAG)
            return;
        diags->n--;
    }
    if (report.end > source->text.n)
        report.end = (uint32_t)source->text.n;
    struct cel_diag diag = {
        .severity = sayings[report.code].severity,
        .code = sayings[report.code].code,
        .start = report.start,
        .end = report.end,
        .message = phrase(source, sayings[report.code].english, &report),
        .message_fr = phrase(source, sayings[report.code].french, &report),
        .fix = report.fix.p ? str_c(diags->arena, report.fix) : NULL,
        .fix_start = report.fix_end ? report.fix_start : report.start,
        .fix_end = report.fix_end ? report.fix_end : report.end,
    };
    place(source->text, report.start, &diag.line, &diag.column);
    uint32_t i = diags->n++;
    for (; i > 0 && diags->list[i - 1].start > diag.start; i--)
        diags->list[i] = diags->list[i - 1];
    diags->list[i] = diag;
}

void cel_diag_print(const struct cel_diag *diag, struct str text, struct buf *out)
{
    buf_printf(out, "%u:%u: %s%s\n", diag->line, diag->column,
               diag->severity == CEL_WARNING ? "warning: " : "", diag->message);
    size_t from = diag->start < text.n ? diag->start : text.n;
    size_t to = from;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    while (to < text.n && text.p[to] != '\n')
        to++;
    if (from == to)
        return;
    buf_printf(out, " | %.*s\n | ", (int)(to - from), text.p + from);
    for (size_t i = from; i < diag->start && i < to; i++)
        if (((unsigned char)text.p[i] & 0xC0) != 0x80)
            buf_char(out, text.p[i] == '\t' ? '\t' : ' ');
    buf_char(out, '^');
    for (size_t i = (size_t)diag->start + 1; i < diag->end && i < to; i++)
        if (((unsigned char)text.p[i] & 0xC0) != 0x80)
            buf_char(out, '^');
    buf_char(out, '\n');
}

void cel_diags_json(const struct cel_diags *diags, struct buf *buf)
{
    struct json_out out;
    json_init(&out, buf);
    json_array(&out);
    for (uint32_t i = 0; i < diags->n; i++) {
        const struct cel_diag *d = &diags->list[i];
        json_object(&out);
        json_put_c(&out, "code", d->code);
        json_put_c(&out, "severity", d->severity == CEL_WARNING ? "warning" : "error");
        json_put_i64(&out, "start", d->start);
        json_put_i64(&out, "end", d->end);
        json_put_i64(&out, "line", d->line);
        json_put_i64(&out, "column", d->column);
        json_put_object(&out, "message");
        json_put_c(&out, "en", d->message);
        json_put_c(&out, "fr", d->message_fr);
        json_end(&out);
        if (d->fix) {
            json_put_object(&out, "fix");
            json_put_c(&out, "text", d->fix);
            json_put_i64(&out, "start", d->fix_start);
            json_put_i64(&out, "end", d->fix_end);
            json_end(&out);
        }
        json_end(&out);
    }
    json_end(&out);
}
