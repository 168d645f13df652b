// SPDX-License-Identifier: Apache-2.0
// print.c - a tree as text, in one style and with the parentheses it needs; values as text and
// JSON.
//
//   T1  parse(print(tree)) is the same tree.
//   T2  print(parse(print(tree))) is the same text.
//
// Layer: cel.  Tests: tests/cel/laws_test.c
#include "cel/internal.h"

#include "base/json_out.h"
#include "cel/fn.h"

#include <math.h>
#include <string.h>

// ---- literals

static void print_escape(unsigned char c, bool bytes, char quote, struct buf *out)
{
    static const char short_forms[] = "\aa\bb\ff\nn\rr\tt\vv\\\\";
    for (size_t i = 0; i + 1 < sizeof short_forms; i += 2) {
        if ((unsigned char)short_forms[i] == c) {
            buf_char(out, '\\');
            buf_char(out, short_forms[i + 1]);
            return;
        }
    }
    if (c == (unsigned char)quote) {
        buf_char(out, '\\');
        buf_char(out, quote);
    } else if (c < 0x20 || c == 0x7F || (bytes && c >= 0x80)) {
        buf_str(out, STR("\\x"));
        buf_hex(out, &c, 1);
    } else {
        buf_char(out, (char)c);
    }
}

void cel_print_string(struct str text, char prefix, struct buf *out)
{
    // Whatever needs fewer backslashes.
    bool single = memchr(text.p ? text.p : "", '"', text.n) && !memchr(text.p, '\'', text.n);
    char quote = single ? '\'' : '"';
    if (prefix)
        buf_char(out, prefix);
    buf_char(out, quote);
    for (size_t i = 0; i < text.n; i++)
        print_escape((unsigned char)text.p[i], prefix == 'b', quote, out);
    buf_char(out, quote);
}

static void print_double(double d, struct buf *out)
{
    char text[CEL_DOUBLE_TEXT];
    size_t n = cel_double_text(d, text);
    buf_put(out, text, n);
    // 5.0 must not come back as the int 5.
    if (!memchr(text, '.', n) && !memchr(text, 'e', n) && !memchr(text, 'n', n) &&
        !memchr(text, 'N', n))
        buf_str(out, STR(".0"));
}

static void print_literal(struct cel_value v, struct buf *out)
{
    switch (v.tag) {
    case CEL_BOOL:
        buf_str(out, v.b ? STR("true") : STR("false"));
        break;
    case CEL_INT:
        buf_i64(out, v.i);
        break;
    case CEL_UINT:
        buf_printf(out, "%lluu", (unsigned long long)v.u);
        break;
    case CEL_DOUBLE:
        print_double(v.d, out);
        break;
    case CEL_STRING:
        cel_print_string(cel_text(v), 0, out);
        break;
    case CEL_BYTES:
        cel_print_string(cel_text(v), 'b', out);
        break;
    default:
        buf_str(out, STR("null"));
    }
}

// ---- trees

#define LEVEL_PRIMARY 9

static int level_of(const struct cel_node *node)
{
    return node->kind == CEL_N_OP ? cel_ops[node->op].level : LEVEL_PRIMARY;
}

// In parentheses when it binds less tightly than its place demands.
static void print_at(const struct cel_node *node, int level, struct buf *out)
{
    bool parentheses = level_of(node) < level;
    if (parentheses)
        buf_char(out, '(');
    cel_print_node(node, out);
    if (parentheses)
        buf_char(out, ')');
}

static void print_args(struct cel_node *const *args, uint32_t n, struct buf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_str(out, STR(", "));
        cel_print_node(args[i], out);
    }
}

static bool is_number(const struct cel_node *node)
{
    return node->kind == CEL_N_LITERAL &&
           (node->value.tag == CEL_INT || node->value.tag == CEL_DOUBLE);
}

static void print_unary(const struct cel_node *node, struct buf *out)
{
    const struct cel_node *arg = node->args[0];
    buf_str(out, str_of(cel_ops[node->op].text));
    // -(5) is not the literal -5, and in -5.f() the minus belongs to the literal.
    const struct cel_node *first = arg;
    while ((first->kind == CEL_N_SELECT || first->kind == CEL_N_INDEX ||
            (first->kind == CEL_N_CALL && (first->flags & CEL_F_MEMBER)) ||
            (first->kind == CEL_N_MACRO && first->op != CEL_M_HAS && first->op != CEL_M_BIND)) &&
           first->n_args)
        first = first->args[0];
    bool clash = node->op == CEL_OP_NEG && is_number(first);
    if (clash)
        buf_char(out, '(');
    print_at(arg, clash ? 0 : cel_ops[node->op].level, out);
    if (clash)
        buf_char(out, ')');
}

static void print_op(const struct cel_node *node, struct buf *out)
{
    int level = cel_ops[node->op].level;
    if (node->n_args == 1) {
        print_unary(node, out);
        return;
    }
    if (node->op == CEL_OP_COND) {
        print_at(node->args[0], level + 1, out);
        buf_str(out, STR(" ? "));
        print_at(node->args[1], level + 1, out);
        buf_str(out, STR(" : "));
        print_at(node->args[2], level, out);
        return;
    }
    bool flat = node->op == CEL_OP_AND || node->op == CEL_OP_OR;
    for (uint32_t i = 0; i < node->n_args; i++) {
        if (i) {
            buf_char(out, ' ');
            buf_str(out, str_of(cel_ops[node->op].text));
            buf_char(out, ' ');
        }
        print_at(node->args[i], level + (i > 0 || flat ? 1 : 0), out);
    }
}

static void print_field_name(struct str name, struct buf *out)
{
    if (cel_is_identifier(name)) {
        buf_str(out, name);
    } else {
        buf_char(out, '`');
        buf_str(out, name);
        buf_char(out, '`');
    }
}

static void print_on(const struct cel_node *on, struct buf *out)
{
    print_at(on, LEVEL_PRIMARY, out);
}

static void print_call(const struct cel_node *node, struct buf *out)
{
    uint32_t skip = node->flags & CEL_F_MEMBER ? 1 : 0;
    if (skip) {
        print_on(node->args[0], out);
        buf_char(out, '.');
    }
    buf_str(out, node->name);
    buf_char(out, '(');
    print_args(node->args + skip, node->n_args - skip, out);
    buf_char(out, ')');
}

static void print_macro(const struct cel_node *node, struct buf *out)
{
    if (node->op == CEL_M_HAS) {
        buf_str(out, STR("has("));
        cel_print_node(node->args[0], out);
        buf_char(out, ')');
        return;
    }
    if (node->op != CEL_M_BIND) {
        print_on(node->args[0], out);
        buf_char(out, '.');
    }
    buf_str(out, node->op == CEL_M_BIND ? STR("cel.bind") : node->name);
    buf_char(out, '(');
    for (uint32_t i = 0; i < node->n_vars; i++) {
        buf_str(out, node->vars[i]);
        buf_str(out, STR(", "));
    }
    uint32_t skip = node->op == CEL_M_BIND ? 0 : 1;
    print_args(node->args + skip, node->n_args - skip, out);
    buf_char(out, ')');
}

static void print_list(const struct cel_node *node, struct buf *out)
{
    bool map = node->kind == CEL_N_MAP;
    buf_char(out, map ? '{' : '[');
    for (uint32_t i = 0; i < node->n_args; i++) {
        bool value = map && i % 2;
        if (i)
            buf_str(out, value ? STR(": ") : STR(", "));
        if (!value && (node->args[i]->flags & CEL_F_IF_THERE))
            buf_char(out, '?');
        cel_print_node(node->args[i], out);
    }
    buf_char(out, map ? '}' : ']');
}

void cel_print_node(const struct cel_node *node, struct buf *out)
{
    switch ((enum cel_kind)node->kind) {
    case CEL_N_BROKEN:
        buf_str(out, STR("?"));
        break;
    case CEL_N_LITERAL:
        print_literal(node->value, out);
        break;
    case CEL_N_NAME:
        buf_str(out, node->flags & CEL_F_ROOT ? STR(".") : STR(""));
        buf_str(out, node->name);
        break;
    case CEL_N_SELECT:
        print_on(node->args[0], out);
        buf_str(out, node->flags & CEL_F_OPTIONAL ? STR(".?") : STR("."));
        print_field_name(node->name, out);
        break;
    case CEL_N_INDEX:
        print_on(node->args[0], out);
        buf_str(out, node->flags & CEL_F_OPTIONAL ? STR("[?") : STR("["));
        cel_print_node(node->args[1], out);
        buf_char(out, ']');
        break;
    case CEL_N_OP:
        print_op(node, out);
        break;
    case CEL_N_CALL:
        print_call(node, out);
        break;
    case CEL_N_LIST:
    case CEL_N_MAP:
        print_list(node, out);
        break;
    case CEL_N_MACRO:
        print_macro(node, out);
        break;
    }
}

// ---- values

static void time_text(struct cel_value v, struct buf *out)
{
    char text[CIVIL_TEXT_ROOM];
    struct instant instant = {.s = v.i, .ns = (int32_t)v.len};
    if (v.tag == CEL_DURATION)
        cel_duration_put(out, v);
    else
        buf_str(out, civil_format(instant, text));
}

static void print_items(struct cel_value v, struct buf *out)
{
    bool map = v.tag == CEL_MAP;
    buf_char(out, map ? '{' : '[');
    for (uint32_t i = 0; i < v.len; i++) {
        if (i)
            buf_str(out, STR(", "));
        if (map) {
            cel_value_print(v.items[(size_t)i * 2], out);
            buf_str(out, STR(": "));
        }
        cel_value_print(v.items[map ? (size_t)i * 2 + 1 : i], out);
    }
    buf_char(out, map ? '}' : ']');
}

static void print_record(const struct cel_record *record, struct buf *out)
{
    buf_str(out, record->type->name);
    buf_char(out, '{');
    bool first = true;
    for (uint32_t i = 0; i < record->type->n_fields; i++) {
        if (record->slot[i].tag == CEL_ABSENT)
            continue;
        buf_str(out, first ? STR("") : STR(", "));
        buf_str(out, record->type->fields[i].name);
        buf_str(out, STR(": "));
        cel_value_print(record->slot[i], out);
        first = false;
    }
    buf_char(out, '}');
}

void cel_value_print(struct cel_value v, struct buf *out)
{
    switch ((enum cel_tag)v.tag) {
    case CEL_ABSENT:
        buf_str(out, STR("(missing)"));
        break;
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        buf_str(out, v.tag == CEL_TIMESTAMP ? STR("timestamp(\"") : STR("duration(\""));
        time_text(v, out);
        buf_str(out, STR("\")"));
        break;
    case CEL_TYPE:
        buf_str(out, cel_text(v));
        break;
    case CEL_LIST:
    case CEL_MAP:
        print_items(v, out);
        break;
    case CEL_RECORD:
        print_record(v.record, out);
        break;
    case CEL_OPTIONAL:
        buf_str(out, v.box ? STR("optional.of(") : STR("optional.none()"));
        if (v.box) {
            cel_value_print(*v.box, out);
            buf_char(out, ')');
        }
        break;
    case CEL_ERROR:
        buf_printf(out, "error: %s", v.s);
        break;
    default:
        print_literal(v, out);
    }
}

void cel_json_text(struct str text, struct buf *out)
{
    struct json_out json;
    json_init(&json, out);
    json_str(&json, text);
}

static void json_text_key(struct cel_value key, struct buf *out)
{
    struct json_out json;
    json_init(&json, out);
    if (key.tag == CEL_STRING) {
        json_str(&json, cel_text(key));
        return;
    }
    buf_char(out, '"');
    cel_value_print(key, out);
    buf_char(out, '"');
}

static void json_items(struct cel_value v, struct buf *out)
{
    bool map = v.tag == CEL_MAP;
    buf_char(out, map ? '{' : '[');
    for (uint32_t i = 0; i < v.len; i++) {
        if (i)
            buf_char(out, ',');
        if (map) {
            json_text_key(v.items[(size_t)i * 2], out);
            buf_char(out, ':');
        }
        cel_value_json(v.items[map ? (size_t)i * 2 + 1 : i], out);
    }
    buf_char(out, map ? '}' : ']');
}

static void json_record(const struct cel_record *record, struct buf *out)
{
    bool first = true;
    buf_char(out, '{');
    for (uint32_t i = 0; i < record->type->n_fields; i++) {
        if (record->slot[i].tag == CEL_ABSENT)
            continue;
        buf_str(out, first ? STR("") : STR(","));
        json_text_key(cel_string(record->type->fields[i].name), out);
        buf_char(out, ':');
        cel_value_json(record->slot[i], out);
        first = false;
    }
    buf_char(out, '}');
}

void cel_value_json(struct cel_value v, struct buf *out)
{
    struct json_out json;
    struct buf text;
    json_init(&json, out);
    switch ((enum cel_tag)v.tag) {
    case CEL_STRING:
        json_str(&json, cel_text(v));
        break;
    case CEL_LIST:
    case CEL_MAP:
        json_items(v, out);
        break;
    case CEL_RECORD:
        json_record(v.record, out);
        break;
    case CEL_BOOL:
    case CEL_INT:
        print_literal(v, out);
        break;
    case CEL_DOUBLE:
        if (isfinite(v.d))
            print_double(v.d, out);
        else
            buf_str(out, STR("null"));
        break;
    case CEL_UINT:
        buf_printf(out, "%llu", (unsigned long long)v.u);
        break;
    case CEL_OPTIONAL:
        if (v.box)
            cel_value_json(*v.box, out);
        else
            json_null(&json);
        break;
    case CEL_ABSENT:
    case CEL_NULL:
        json_null(&json);
        break;
    default: // times, types, bytes and errors as text
        buf_init(&text, out->arena);
        if (v.tag == CEL_TIMESTAMP || v.tag == CEL_DURATION)
            time_text(v, &text);
        else
            cel_value_print(v, &text);
        json_str(&json, buf_text(&text));
    }
}
