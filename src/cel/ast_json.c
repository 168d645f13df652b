// SPDX-License-Identifier: Apache-2.0
// ast_json.c - trees as JSON, both ways, for the no-code builder.
//
//   {"int":"5000"} {"uint":"1"} {"double":"0.1"} {"string":"x"} {"bytes":"00ff"} {"bool":true}
//   {"null":null}
//   {"path":["order","amount"]}                     names and plain fields
//   {"field":"f","of":E}  {"index":[E,E]}           with "optional":true for .? and [?
//   {"op":"&&","args":[E,E,E]}  {"op":"?:","args":[E,E,E]}
//   {"call":"startsWith","on":E,"args":[E]}  {"call":"size","args":[E]}
//   {"macro":"exists","on":E,"vars":["i"],"args":[E]}
//   {"list":[E]}  {"map":[[E,E]]}                   with "ifThere":true on an element or key
//
//   A1  from_json(to_json(tree)) is the same tree.
//
// Layer: cel.  Tests: tests/cel/laws_test.c, tests/fuzz/cel_ast_json.c
#include "base/json_in.h"
#include "cel/internal.h"

#include <stdlib.h>
#include <string.h>

// ---- writing

struct writer {
    struct buf *out;
    bool annotated;
};

static void write_node(const struct writer *w, const struct cel_node *node);

static void text(const struct writer *w, struct str s)
{
    cel_json_text(s, w->out);
}

static void key(const struct writer *w, const char *name)
{
    buf_printf(w->out, ",\"%s\":", name);
}

static void write_list(const struct writer *w, struct cel_node *const *args, uint32_t n)
{
    buf_char(w->out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            buf_char(w->out, ',');
        write_node(w, args[i]);
    }
    buf_char(w->out, ']');
}

// A double's text is its shortest one; what no text names has its bits.
static void write_literal(const struct writer *w, struct cel_value v)
{
    char number[CEL_DOUBLE_TEXT];
    switch (v.tag) {
    case CEL_BOOL:
        buf_printf(w->out, "{\"bool\":%s", v.b ? "true" : "false");
        break;
    case CEL_INT:
        buf_printf(w->out, "{\"int\":\"%lld\"", (long long)v.i);
        break;
    case CEL_UINT:
        buf_printf(w->out, "{\"uint\":\"%llu\"", (unsigned long long)v.u);
        break;
    case CEL_DOUBLE:
        number[cel_double_text(v.d, number)] = '\0';
        buf_printf(w->out, "{\"double\":\"%s\"", number);
        break;
    case CEL_STRING:
        if (!v.len || !memchr(v.s, 0, v.len)) {
            buf_str(w->out, STR("{\"string\":"));
            text(w, cel_text(v));
            break;
        }
        __attribute__((fallthrough)); // JSON readers stumble over NUL
    case CEL_BYTES:
        buf_str(w->out, v.tag == CEL_BYTES ? STR("{\"bytes\":\"") : STR("{\"stringHex\":\""));
        buf_hex(w->out, v.s, v.len);
        buf_char(w->out, '"');
        break;
    default:
        buf_str(w->out, STR("{\"null\":null"));
    }
}

static bool is_path(const struct cel_node *node)
{
    if (node->kind == CEL_N_SELECT && !(node->flags & (CEL_F_OPTIONAL)))
        return !(node->args[0]->flags & CEL_F_IF_THERE) && is_path(node->args[0]);
    return node->kind == CEL_N_NAME;
}

static void write_path(const struct writer *w, const struct cel_node *node)
{
    if (node->kind == CEL_N_SELECT) {
        write_path(w, node->args[0]);
        buf_char(w->out, ',');
        text(w, node->name);
        return;
    }
    // A leading dot stays with the name; no name holds one otherwise.
    text(w, node->flags & CEL_F_ROOT ? str_printf(w->out->arena, ".%.*s", STR_FMT(node->name))
                                     : node->name);
}

static void write_call(const struct writer *w, const struct cel_node *node)
{
    uint32_t skip = node->flags & CEL_F_MEMBER ? 1 : 0;
    buf_str(w->out, STR("{\"call\":"));
    text(w, node->name);
    if (skip) {
        key(w, "on");
        write_node(w, node->args[0]);
    }
    key(w, "args");
    write_list(w, node->args + skip, node->n_args - skip);
}

static void write_macro(const struct writer *w, const struct cel_node *node)
{
    buf_str(w->out, STR("{\"macro\":"));
    text(w, node->name);
    key(w, "on");
    write_node(w, node->args[0]);
    key(w, "vars");
    buf_char(w->out, '[');
    for (uint32_t i = 0; i < node->n_vars; i++) {
        if (i)
            buf_char(w->out, ',');
        text(w, node->vars[i]);
    }
    buf_char(w->out, ']');
    key(w, "args");
    write_list(w, node->args + 1, node->n_args - 1);
}

static void write_map(const struct writer *w, const struct cel_node *node)
{
    buf_str(w->out, STR("{\"map\":["));
    for (uint32_t i = 0; i + 1 < node->n_args; i += 2) {
        if (i)
            buf_char(w->out, ',');
        write_list(w, node->args + i, 2);
    }
    buf_char(w->out, ']');
}

static void write_inside(const struct writer *w, const struct cel_node *node)
{
    switch ((enum cel_kind)node->kind) {
    case CEL_N_SELECT:
        buf_str(w->out, STR("{\"field\":"));
        text(w, node->name);
        key(w, "of");
        write_node(w, node->args[0]);
        break;
    case CEL_N_INDEX:
        buf_str(w->out, STR("{\"index\":"));
        write_list(w, node->args, 2);
        break;
    case CEL_N_OP:
        buf_printf(w->out, "{\"op\":\"%s\",\"args\":",
                   node->op == CEL_OP_COND ? "?:" : cel_ops[node->op].text);
        write_list(w, node->args, node->n_args);
        break;
    case CEL_N_CALL:
        write_call(w, node);
        break;
    case CEL_N_MACRO:
        write_macro(w, node);
        break;
    case CEL_N_LIST:
        buf_str(w->out, STR("{\"list\":"));
        write_list(w, node->args, node->n_args);
        break;
    case CEL_N_MAP:
        write_map(w, node);
        break;
    default:
        write_literal(w, node->value);
    }
}

static void write_node(const struct writer *w, const struct cel_node *node)
{
    if (is_path(node)) {
        buf_str(w->out, STR("{\"path\":["));
        write_path(w, node);
        buf_char(w->out, ']');
    } else {
        write_inside(w, node);
    }
    if (node->flags & CEL_F_OPTIONAL)
        buf_str(w->out, STR(",\"optional\":true"));
    if (node->flags & CEL_F_IF_THERE)
        buf_str(w->out, STR(",\"ifThere\":true"));
    if (w->annotated) {
        struct buf type;
        buf_init(&type, w->out->arena);
        cel_t_print(node->type, &type);
        key(w, "type");
        text(w, buf_text(&type));
        buf_printf(w->out, ",\"span\":[%u,%u]", node->start, node->end);
    }
    buf_char(w->out, '}');
}

void cel_node_json(const struct cel_node *node, bool annotated, struct buf *out)
{
    struct writer w = {.out = out, .annotated = annotated};
    write_node(&w, node);
}

// ---- reading

struct reader {
    struct cel_source *source;
    struct arena *arena;
    bool failed;
};

static struct cel_node *read_node(struct reader *r, const struct json *json, unsigned depth);

static struct cel_node *refuse(struct reader *r, const char *what)
{
    if (!r->failed)
        cel_report(r->source, (struct cel_report){.code = CEL_D_JSON, .a = str_of(what)});
    r->failed = true;
    return cel_node_new(r->arena, CEL_N_BROKEN, 0);
}

static bool is(const struct json *json, enum json_type type)
{
    return json && json->type == type;
}

static bool is_true(const struct json *json)
{
    return is(json, JSON_TYPE_BOOL) && json->truth;
}

static size_t count(const struct json *json)
{
    return is(json, JSON_TYPE_ARRAY) ? json->n : 0;
}

static const struct json *item(const struct json *json, size_t i)
{
    return i < count(json) ? &json->items[i] : NULL;
}

static struct str string_of(struct reader *r, const struct json *json)
{
    if (!is(json, JSON_TYPE_STRING))
        return STR_NONE;
    return json->text.n ? str_dup(r->arena, json->text) : STR("");
}

static void read_args(struct reader *r, const struct json *list, struct cel_node *node,
                      uint32_t from, unsigned depth)
{
    for (uint32_t i = from; i < node->n_args; i++)
        node->args[i] = read_node(r, item(list, i - from), depth);
}

static struct cel_node *node_with(struct reader *r, enum cel_kind kind, size_t n)
{
    struct cel_node *node = cel_node_new(r->arena, kind, (uint32_t)n);
    return node->n_args == n ? node : refuse(r, "it is too large");
}

static bool integer_of(struct str s, bool is_signed, struct cel_value *ret)
{
    int64_t i;
    if (is_signed) {
        if (!str_to_i64(s, &i))
            return false;
        *ret = cel_int(i);
        return true;
    }
    uint64_t u = 0;
    for (size_t k = 0; k < s.n; k++) {
        if (s.p[k] < '0' || s.p[k] > '9' || __builtin_mul_overflow(u, 10u, &u) ||
            __builtin_add_overflow(u, (unsigned)(s.p[k] - '0'), &u))
            return false;
    }
    *ret = cel_uint(u);
    return s.n > 0;
}

static bool bytes_of(struct reader *r, struct str hex, struct cel_value *ret)
{
    struct buf out;
    buf_init(&out, r->arena);
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        char pair[3] = {hex.p[i], hex.p[i + 1], '\0'};
        char *end;
        if (!strchr("0123456789abcdefABCDEF", pair[0]))
            return false;
        buf_char(&out, (char)strtoul(pair, &end, 16));
        if (*end)
            return false;
    }
    struct str bytes = buf_text(&out);
    *ret = cel_bytes(bytes.p ? bytes : STR(""));
    return hex.n % 2 == 0;
}

static bool double_of(struct reader *r, struct str s, struct cel_value *ret)
{
    const char *c = str_c(r->arena, s);
    char *end;
    *ret = cel_double(strtod(c, &end));
    return s.n && !*end && __builtin_isfinite(ret->d);
}

// True when the object is a literal; *ret_good tells whether it is a right one.
static bool literal_of(struct reader *r, const struct json *json, struct cel_value *ret,
                       bool *ret_good)
{
    const struct json *v;
    *ret_good = true;
    if ((v = json_get(json, "int")) || (v = json_get(json, "uint"))) {
        *ret_good = integer_of(string_of(r, v), json_get(json, "int") != NULL, ret);
    } else if ((v = json_get(json, "double"))) {
        *ret_good = double_of(r, string_of(r, v), ret);
    } else if ((v = json_get(json, "string"))) {
        *ret = cel_string(string_of(r, v));
        *ret_good = is(v, JSON_TYPE_STRING);
    } else if ((v = json_get(json, "bytes"))) {
        *ret_good = is(v, JSON_TYPE_STRING) && bytes_of(r, string_of(r, v), ret);
    } else if ((v = json_get(json, "stringHex"))) {
        *ret_good = is(v, JSON_TYPE_STRING) && bytes_of(r, string_of(r, v), ret) &&
                    cel_well_formed(cel_text(*ret));
        ret->tag = CEL_STRING;
    } else if ((v = json_get(json, "bool"))) {
        *ret = cel_bool(is_true(v));
        *ret_good = is(v, JSON_TYPE_BOOL);
    } else if ((v = json_get(json, "null"))) {
        *ret = cel_null();
        *ret_good = is(v, JSON_TYPE_NULL);
    } else {
        return false;
    }
    return true;
}

static bool is_field_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '_' && c != '.' && c != '-' && c != '/' && c != ' ')
            return false;
    }
    return s.n > 0;
}

static bool is_variable(struct str s)
{
    return cel_is_identifier(s) && !cel_is_reserved(s);
}

static struct cel_node *read_path(struct reader *r, const struct json *list)
{
    struct str first = string_of(r, item(list, 0));
    bool root = first.n && first.p[0] == '.';
    if (root)
        first = str_skip(first, 1);
    if (!is_variable(first))
        return refuse(r, "a path begins with a name");
    struct cel_node *node = node_with(r, CEL_N_NAME, 0);
    node->name = first;
    node->flags = root ? CEL_F_ROOT : 0;
    for (size_t i = 1; i < count(list) && !r->failed; i++) {
        struct cel_node *select = node_with(r, CEL_N_SELECT, 1);
        if (r->failed || i > CEL_DEPTH_MAX)
            return refuse(r, "it is too deep");
        select->args[0] = node;
        select->name = string_of(r, item(list, i));
        if (!is_field_name(select->name))
            return refuse(r, "a path holds names");
        node = select;
    }
    return node;
}

static struct cel_node *read_op(struct reader *r, const struct json *json, unsigned depth)
{
    struct str op = string_of(r, json_get(json, "op"));
    const struct json *args = json_get(json, "args");
    size_t n = count(args);
    for (int i = CEL_OP_COND; i < CEL_OP_COUNT; i++) {
        const char *spelt = i == CEL_OP_COND ? "?:" : cel_ops[i].text;
        bool flat = i == CEL_OP_OR || i == CEL_OP_AND;
        bool count = flat ? n >= 2 : n == (size_t)cel_ops[i].n_args;
        if (!str_eq(op, str_of(spelt)) || !count)
            continue;
        struct cel_node *node = node_with(r, CEL_N_OP, n);
        node->op = (uint8_t)i;
        read_args(r, args, node, 0, depth);
        return node;
    }
    return refuse(r, "there is no such operator, or its arguments are too few or too many");
}

static struct cel_node *read_call(struct reader *r, const struct json *json, unsigned depth)
{
    const struct json *on = json_get(json, "on");
    const struct json *args = json_get(json, "args");
    struct str name = string_of(r, json_get(json, "call"));
    if (!(on ? cel_is_identifier(name) : is_variable(name)))
        return refuse(r, "a call has a name");
    struct cel_node *node = node_with(r, CEL_N_CALL, count(args) + (on ? 1 : 0));
    node->name = name;
    if (r->failed)
        return node;
    if (on) {
        node->flags |= CEL_F_MEMBER;
        node->args[0] = read_node(r, on, depth);
    }
    read_args(r, args, node, on ? 1 : 0, depth);
    // Its text would be read as a macro.
    bool macro = false;
    for (size_t i = 0; i < cel_n_macros; i++) {
        const struct cel_macro_info *m = &cel_macros[i];
        uint32_t n = 1u + m->n_vars + m->n_bodies;
        macro |= str_eq(m->name, name) && node->n_args == n && (m->n_vars > 0) == (on != NULL);
    }
    return macro ? refuse(r, "a macro is written with \"macro\"") : node;
}

static struct cel_node *read_macro(struct reader *r, const struct json *json, unsigned depth)
{
    struct str name = string_of(r, json_get(json, "macro"));
    const struct json *vars = json_get(json, "vars");
    const struct json *args = json_get(json, "args");
    int n_vars = (int)count(vars);
    const struct cel_macro_info *macro = cel_macro_find(name, n_vars, (int)count(args));
    if (!macro || n_vars > 2)
        return refuse(r, "there is no such macro");
    struct cel_node *node = node_with(r, CEL_N_MACRO, 1u + macro->n_bodies);
    if (r->failed)
        return node;
    node->op = macro->macro;
    node->name = macro->name;
    node->n_vars = macro->n_vars;
    for (int i = 0; i < n_vars; i++) {
        node->vars[i] = string_of(r, item(vars, (size_t)i));
        if (!is_variable(node->vars[i]))
            return refuse(r, "a macro's variables are names");
    }
    if (n_vars == 2 && str_eq(node->vars[0], node->vars[1]))
        return refuse(r, "a macro's variables differ");
    node->args[0] = read_node(r, json_get(json, "on"), depth);
    read_args(r, args, node, 1, depth);
    if (node->op == CEL_M_HAS && node->args[0]->kind != CEL_N_SELECT)
        return refuse(r, "has takes a field");
    return node;
}

static struct cel_node *read_map(struct reader *r, const struct json *list, unsigned depth)
{
    struct cel_node *node = node_with(r, CEL_N_MAP, count(list) * 2);
    for (uint32_t i = 0; i + 1 < node->n_args && !r->failed; i += 2) {
        const struct json *pair = item(list, i / 2);
        node->args[i] = read_node(r, item(pair, 0), depth);
        node->args[i + 1] = read_node(r, item(pair, 1), depth);
    }
    return node;
}

static struct cel_node *read_inside(struct reader *r, const struct json *json, unsigned depth)
{
    const struct json *v;
    struct cel_node *node;
    if ((v = json_get(json, "path")))
        return read_path(r, v);
    if (json_get(json, "op"))
        return read_op(r, json, depth);
    if (json_get(json, "call"))
        return read_call(r, json, depth);
    if (json_get(json, "macro"))
        return read_macro(r, json, depth);
    if ((v = json_get(json, "map")))
        return read_map(r, v, depth);
    if ((v = json_get(json, "list")) || (v = json_get(json, "index"))) {
        bool list = json_get(json, "list") != NULL;
        if (!list && count(v) != 2)
            return refuse(r, "an index has two parts");
        node = node_with(r, list ? CEL_N_LIST : CEL_N_INDEX, count(v));
        read_args(r, v, node, 0, depth);
        return node;
    }
    if ((v = json_get(json, "field"))) {
        node = node_with(r, CEL_N_SELECT, 1);
        node->name = string_of(r, v);
        read_args(r, NULL, node, 1, depth);
        if (!r->failed)
            node->args[0] = read_node(r, json_get(json, "of"), depth);
        return is_field_name(node->name) ? node : refuse(r, "a field has a name");
    }
    return refuse(r, "a part is neither literal, path, operator, call, macro, list nor map");
}

// [?e] and {?k: v} exist only in lists and on the keys of maps.
static void keep_if_there_in_lists(struct cel_node *node)
{
    for (uint32_t i = 0; i < node->n_args; i++)
        if (node->kind != CEL_N_LIST && (node->kind != CEL_N_MAP || i % 2))
            node->args[i]->flags &= (uint8_t)~CEL_F_IF_THERE;
}

static struct cel_node *read_node(struct reader *r, const struct json *json, unsigned depth)
{
    struct cel_value value = {0};
    bool good;
    if (r->failed || depth > CEL_DEPTH_MAX || !is(json, JSON_TYPE_OBJECT))
        return refuse(r, depth > CEL_DEPTH_MAX ? "it is too deep" : "a part is missing");
    struct cel_node *node;
    if (literal_of(r, json, &value, &good)) {
        if (!good)
            return refuse(r, "a literal is wrong");
        node = node_with(r, CEL_N_LITERAL, 0);
        node->value = value;
    } else {
        node = read_inside(r, json, depth + 1);
    }
    if (!r->failed)
        keep_if_there_in_lists(node);
    bool may = node->kind == CEL_N_SELECT || node->kind == CEL_N_INDEX;
    if (may && is_true(json_get(json, "optional")))
        node->flags |= CEL_F_OPTIONAL;
    if (is_true(json_get(json, "ifThere")))
        node->flags |= CEL_F_IF_THERE;
    return node;
}

struct cel_node *cel_node_from_json(struct cel_source *source)
{
    static const struct json_limits limits = {.depth = CEL_DEPTH_MAX * 4,
                                              .keys = 16,
                                              .values = 4 * CEL_TEXT_MAX};
    struct reader r = {.source = source, .arena = source->arena};
    struct problems problems;
    const struct json *json;
    problems_init(&problems, source->arena);
    if (json_parse(source->arena, source->text, &limits, &problems, &json)) {
        refuse(&r, problems.first ? str_c(source->arena, problems.first->detail) : "no JSON");
        return NULL;
    }
    struct cel_node *node = read_node(&r, json, 0);
    return r.failed ? NULL : node;
}
