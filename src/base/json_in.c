// SPDX-License-Identifier: Apache-2.0
// json_in.c - reading JSON, strictly: the parser.  What is asked of the tree is in json_tree.c.
//
// Items are collected on one stack for the whole document; when an array or object closes, its
// items move to an array of their own, and only then can their own children learn who the parent
// is.
//
// Layer: base.  Tests: tests/base/json_in_test.c
#include "base/json_in.h"

#include <string.h>

const struct json_limits json_limits_request = {.depth = 32, .keys = 256, .values = 20000};
const struct json_limits json_limits_bulk = {.depth = 32, .keys = 256, .values = 200000};

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    const struct json_limits *limits;
    struct problems *problems;
    struct json *stack;
    size_t n_stack;
    size_t room;
    uint32_t depth;
    uint32_t n_values;
    enum err err; // of the first fault
};

static bool parse_value(struct parser *p, struct json *value);

static bool refuse(struct parser *p, enum err err, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < p->at && i < p->text.n; i++) {
        if (p->text.p[i] == '\n') {
            line++;
            column = 1;
        } else {
            column += ((unsigned char)p->text.p[i] & 0xC0) != 0x80;
        }
    }
    problem_add(p->problems, STR(""), err_info(err)->code, "line %zu, column %zu: %s", line, column,
                what);
    p->err = err;
    return false;
}

static bool out_of_memory(struct parser *p)
{
    p->err = ERR_MEMORY;
    return false;
}

static char peek(const struct parser *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : '\0'; // the text holds no NUL
}

static void skip_space(struct parser *p)
{
    while (p->at < p->text.n) {
        char c = p->text.p[p->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
        p->at++;
    }
}

// ---- strings

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The four digits after \u, or a negative number.
static int32_t unicode_escape(struct parser *p)
{
    int32_t unit = 0;
    if (p->text.n - p->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p->text.p[p->at + (size_t)i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    p->at += 4;
    return unit;
}

static size_t put_code_point(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | (c >> 6));
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | (c >> 12));
        to[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | (c >> 18));
    to[1] = (char)(0x80 | ((c >> 12) & 0x3F));
    to[2] = (char)(0x80 | ((c >> 6) & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

// After \u: one code point, out of two escapes when the first is a surrogate.
static bool decode_unicode(struct parser *p, uint32_t *ret_code_point)
{
    int32_t high = unicode_escape(p);
    if (high < 0)
        return refuse(p, ERR_JSON_SYNTAX, "four hexadecimal digits must follow \\u");
    if (high == 0)
        return refuse(p, ERR_JSON_SYNTAX, "a string must not contain NUL");
    *ret_code_point = (uint32_t)high;
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    if (high < 0xDC00 && p->text.n - p->at >= 6 && memcmp(p->text.p + p->at, "\\u", 2) == 0) {
        p->at += 2;
        int32_t low = unicode_escape(p);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *ret_code_point =
                0x10000 + (((uint32_t)high - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
            return true;
        }
    }
    return refuse(p, ERR_JSON_SYNTAX, "a surrogate must be one of a pair");
}

static bool decode_escape(struct parser *p, char *to, size_t *n)
{
    static const char from[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    char c = peek(p);
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        p->at++;
        to[(*n)++] = meant[known - from];
        return true;
    }
    if (c != 'u')
        return refuse(p, ERR_JSON_SYNTAX, "there is no such escape");
    p->at++;
    uint32_t code_point = 0;
    if (!decode_unicode(p, &code_point))
        return false;
    *n += put_code_point(to + *n, code_point);
    return true;
}

// The string from start (after its quote) holds an escape at p->at: decodes the whole of it.
static bool decode_string(struct parser *p, size_t start, struct str *ret_text)
{
    const char *quote = p->text.p + p->at;
    const char *end = p->text.p + p->text.n;
    while (quote < end && *quote != '"')
        quote += *quote == '\\' ? 2 : 1;
    if (quote >= end)
        return refuse(p, ERR_JSON_SYNTAX, "the string does not end");

    // An escape is never shorter than what it stands for.
    char *to = arena_try(p->arena, (size_t)(quote - (p->text.p + start)) + 1);
    if (!to)
        return out_of_memory(p);
    size_t n = p->at - start;
    memcpy(to, p->text.p + start, n);
    while (peek(p) != '"') {
        char c = peek(p);
        if ((unsigned char)c < 0x20)
            return refuse(p, ERR_JSON_SYNTAX, "a control character must be escaped");
        p->at++;
        if (c != '\\')
            to[n++] = c;
        else if (!decode_escape(p, to, &n))
            return false;
    }
    p->at++;
    *ret_text = (struct str){to, n};
    return true;
}

// At the opening quote.
static bool parse_string(struct parser *p, struct str *ret_text)
{
    size_t start = ++p->at;
    while (p->at < p->text.n) {
        unsigned char c = (unsigned char)p->text.p[p->at];
        if (c == '"') {
            *ret_text = (struct str){p->text.p + start, p->at - start};
            p->at++;
            return true;
        }
        if (c == '\\')
            return decode_string(p, start, ret_text);
        if (c < 0x20)
            return refuse(p, ERR_JSON_SYNTAX, "a control character must be escaped");
        p->at++;
    }
    return refuse(p, ERR_JSON_SYNTAX, "the string does not end");
}

// ---- numbers and words

static size_t skip_digits(struct parser *p)
{
    size_t from = p->at;
    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return p->at - from;
}

static bool parse_number(struct parser *p, struct json *value)
{
    size_t start = p->at;
    value->type = JSON_TYPE_NUMBER;
    p->at += peek(p) == '-';
    bool zero = peek(p) == '0';
    size_t digits = skip_digits(p);
    bool good = digits == 1 || (digits > 1 && !zero);
    if (good && peek(p) == '.') {
        p->at++;
        good = skip_digits(p) > 0;
    }
    if (good && (peek(p) == 'e' || peek(p) == 'E')) {
        p->at++;
        p->at += peek(p) == '+' || peek(p) == '-';
        good = skip_digits(p) > 0;
    }
    value->text = (struct str){p->text.p + start, p->at - start};
    return good || refuse(p, ERR_JSON_SYNTAX, "this is no number");
}

static bool parse_word(struct parser *p, struct json *value)
{
    static const struct {
        struct str word;
        enum json_type type;
        bool truth;
    } words[] = {{STR("true"), JSON_TYPE_BOOL, true},
                 {STR("false"), JSON_TYPE_BOOL, false},
                 {STR("null"), JSON_TYPE_NULL, false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (str_starts(str_skip(p->text, p->at), words[i].word)) {
            p->at += words[i].word.n;
            value->type = words[i].type;
            value->truth = words[i].truth;
            return true;
        }
    }
    return refuse(p, ERR_JSON_SYNTAX, "a value was expected");
}

// ---- arrays and objects

static bool push(struct parser *p, const struct json *value)
{
    if (p->n_stack == p->room) {
        size_t room = p->room ? p->room * 2 : 32;
        struct json *stack = arena_try_array(p->arena, room, sizeof *stack);
        if (!stack)
            return out_of_memory(p);
        if (p->n_stack)
            memcpy(stack, p->stack, p->n_stack * sizeof *stack);
        p->stack = stack;
        p->room = room;
    }
    p->stack[p->n_stack++] = *value;
    return true;
}

static void adopt(struct json *parent)
{
    for (uint32_t i = 0; i < parent->n; i++)
        parent->items[i].parent = parent;
}

// Moves what is on the stack from base on into value.
static bool close_items(struct parser *p, size_t base, struct json *value)
{
    size_t n = p->n_stack - base;
    if (n == 0)
        return true;
    struct json *items = arena_try_array(p->arena, n, sizeof *items);
    if (!items)
        return out_of_memory(p);
    memcpy(items, p->stack + base, n * sizeof *items);
    for (size_t i = 0; i < n; i++)
        adopt(&items[i]);
    p->n_stack = base;
    value->items = items;
    value->n = (uint32_t)n;
    return true;
}

static bool enter(struct parser *p)
{
    if (p->depth >= p->limits->depth)
        return refuse(p, ERR_TOO_DEEP, "too many objects and arrays inside one another");
    p->depth++;
    p->at++;
    skip_space(p);
    return true;
}

// After an item: steps over the comma or the closing bracket.
static bool parse_separator(struct parser *p, char closing, bool *ret_closed)
{
    skip_space(p);
    *ret_closed = peek(p) == closing;
    if (!*ret_closed && peek(p) != ',')
        return refuse(p, ERR_JSON_SYNTAX,
                      closing == ']' ? "a comma or ] was expected" : "a comma or } was expected");
    p->at++;
    skip_space(p);
    return true;
}

static bool parse_array(struct parser *p, struct json *value)
{
    size_t base = p->n_stack;
    value->type = JSON_TYPE_ARRAY;
    if (!enter(p))
        return false;
    bool closed = peek(p) == ']';
    p->at += closed;
    while (!closed) {
        struct json item = {0};
        if (!parse_value(p, &item) || !push(p, &item) || !parse_separator(p, ']', &closed))
            return false;
    }
    p->depth--;
    return close_items(p, base, value);
}

static uint32_t hash_key(struct str key)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < key.n; i++)
        hash = (hash ^ (unsigned char)key.p[i]) * 16777619u;
    return hash;
}

// The members so far are at most limits->keys, so comparing with each of them is bounded.  The
// hash only saves comparing bytes: who forges collisions gains a comparison of two short keys.
static bool check_key(struct parser *p, size_t base, struct json *member)
{
    if (p->n_stack - base >= p->limits->keys)
        return refuse(p, ERR_TOO_DEEP, "the object has too many members");
    member->key_hash = hash_key(member->key);
    for (size_t i = base; i < p->n_stack; i++)
        if (p->stack[i].key_hash == member->key_hash && str_eq(p->stack[i].key, member->key))
            return refuse(p, ERR_JSON_SYNTAX, "this name is there twice in one object");
    return true;
}

static bool parse_member(struct parser *p, size_t base, struct json *member)
{
    size_t start = p->at;
    if (peek(p) != '"')
        return refuse(p, ERR_JSON_SYNTAX, "a name in quotes was expected");
    if (!parse_string(p, &member->key))
        return false;
    size_t end = p->at;
    p->at = start; // a fault of the name is shown where the name is
    if (!check_key(p, base, member))
        return false;
    p->at = end;
    skip_space(p);
    if (peek(p) != ':')
        return refuse(p, ERR_JSON_SYNTAX, "a colon was expected");
    p->at++;
    skip_space(p);
    return parse_value(p, member);
}

static bool parse_object(struct parser *p, struct json *value)
{
    size_t base = p->n_stack;
    value->type = JSON_TYPE_OBJECT;
    if (!enter(p))
        return false;
    bool closed = peek(p) == '}';
    p->at += closed;
    while (!closed) {
        struct json member = {0};
        if (!parse_member(p, base, &member) || !push(p, &member) ||
            !parse_separator(p, '}', &closed))
            return false;
    }
    p->depth--;
    return close_items(p, base, value);
}

static bool parse_value(struct parser *p, struct json *value)
{
    if (p->n_values++ >= p->limits->values)
        return refuse(p, ERR_TOO_DEEP, "the document has too many values");
    value->offset = (uint32_t)p->at;
    char c = peek(p);
    if (c == '{')
        return parse_object(p, value);
    if (c == '[')
        return parse_array(p, value);
    if (c == '"') {
        value->type = JSON_TYPE_STRING;
        return parse_string(p, &value->text);
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return parse_number(p, value);
    return parse_word(p, value);
}

// Where the first byte is that is not UTF-8, or is NUL.
static size_t utf8_until(struct str text)
{
    size_t at = 0, length = 1;
    while (length <= 4 && length <= text.n - at) {
        if (str_is_utf8((struct str){text.p + at, length})) {
            at += length;
            length = 1;
        } else {
            length++;
        }
    }
    return at;
}

enum err json_parse(struct arena *arena, struct str text, const struct json_limits *limits,
                    struct problems *problems, const struct json **ret_value)
{
    struct parser p = {.arena = arena, .text = text, .limits = limits, .problems = problems};
    struct json *root = ARENA_NEW(arena, struct json);
    if (text.n >= UINT32_MAX)
        return ERR_BODY_TOO_LARGE;
    if (!str_is_utf8(text)) {
        p.at = utf8_until(text);
        refuse(&p, ERR_JSON_SYNTAX, "the text is not UTF-8, or holds NUL");
        return p.err;
    }
    skip_space(&p);
    if (!parse_value(&p, root))
        return p.err;
    adopt(root);
    skip_space(&p);
    if (p.at < text.n) {
        refuse(&p, ERR_JSON_SYNTAX, "nothing may follow the document");
        return p.err;
    }
    *ret_value = root;
    return OK;
}
