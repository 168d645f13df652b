// SPDX-License-Identifier: Apache-2.0
// json_tree.c - what is asked of a JSON tree, and writing it again.
//
// Layer: base.  Tests: tests/base/json_in_test.c
#include "base/json_in.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INTEGER_DIGITS_MAX 16

const struct json *json_get_str(const struct json *value, struct str name)
{
    if (!value || value->type != JSON_TYPE_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < value->n; i++)
        if (str_eq(value->items[i].key, name))
            return &value->items[i];
    return NULL;
}

const struct json *json_get(const struct json *value, const char *name)
{
    return json_get_str(value, str_of(name));
}

// The pointer's last step: "/" and the name with ~ and / escaped.
static void put_step(struct buf *buf, struct str name)
{
    buf_char(buf, '/');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '~')
            buf_str(buf, STR("~0"));
        else if (name.p[i] == '/')
            buf_str(buf, STR("~1"));
        else
            buf_char(buf, name.p[i]);
    }
}

static void put_pointer(struct buf *buf, const struct json *value)
{
    const struct json *parent = value->parent;
    if (!parent)
        return;
    put_pointer(buf, parent); // as deep as the document: limits->depth
    if (parent->type == JSON_TYPE_OBJECT) {
        put_step(buf, value->key);
        return;
    }
    buf_char(buf, '/');
    buf_i64(buf, value - parent->items);
}

struct str json_pointer(struct arena *arena, const struct json *value)
{
    struct buf buf;
    buf_init(&buf, arena);
    put_pointer(&buf, value);
    return buf_text(&buf);
}

struct str json_pointer_to(struct arena *arena, const struct json *object, struct str name)
{
    struct buf buf;
    buf_init(&buf, arena);
    put_pointer(&buf, object);
    put_step(&buf, name);
    return buf_text(&buf);
}

bool json_to_i64(const struct json *value, int64_t *ret_value)
{
    struct str text = value->text;
    bool negative = text.n && text.p[0] == '-';
    if (value->type != JSON_TYPE_NUMBER || text.n > INTEGER_DIGITS_MAX + (size_t)negative)
        return false;
    return str_to_i64(text, ret_value); // refuses '.', 'e' and what is too large
}

const char *json_type_name(enum json_type type)
{
    switch (type) {
    case JSON_TYPE_NULL:
        return "null";
    case JSON_TYPE_BOOL:
        return "true or false";
    case JSON_TYPE_NUMBER:
        return "a number";
    case JSON_TYPE_STRING:
        return "a string";
    case JSON_TYPE_ARRAY:
        return "an array";
    case JSON_TYPE_OBJECT:
        return "an object";
    }
    CHECK(!"a type of JSON value");
    return "";
}

void json_problem(struct problems *problems, const struct json *value, const char *code,
                  const char *format, ...)
{
    char detail[512];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    problem_add(problems, json_pointer(problems->arena, value), code, "%s", detail);
}

static void write_plain(struct json_out *out, const struct json *value)
{
    if (value->type == JSON_TYPE_NULL)
        json_null(out);
    else if (value->type == JSON_TYPE_BOOL)
        json_bool(out, value->truth);
    else if (value->type == JSON_TYPE_NUMBER)
        json_raw(out, value->text);
    else
        json_str(out, value->text);
}

void json_copy(struct json_out *out, const struct json *value)
{
    if (value->type != JSON_TYPE_ARRAY && value->type != JSON_TYPE_OBJECT) {
        write_plain(out, value);
        return;
    }
    bool object = value->type == JSON_TYPE_OBJECT;
    if (object)
        json_object(out);
    else
        json_array(out);
    for (uint32_t i = 0; i < value->n; i++) {
        if (object)
            json_key_str(out, value->items[i].key);
        json_copy(out, &value->items[i]);
    }
    json_end(out);
}

static int by_key(const void *a, const void *b)
{
    const struct json *const *left = a, *const *right = b;
    return str_cmp((*left)->key, (*right)->key);
}

void json_canonical(struct json_out *out, struct arena *arena, const struct json *value)
{
    if (value->type == JSON_TYPE_ARRAY) {
        json_array(out);
        for (uint32_t i = 0; i < value->n; i++)
            json_canonical(out, arena, &value->items[i]);
        json_end(out);
        return;
    }
    if (value->type != JSON_TYPE_OBJECT) {
        write_plain(out, value);
        return;
    }
    json_object(out);
    const struct json **members = arena_try_array(arena, value->n, sizeof(struct json *));
    if (members && value->n) {
        for (uint32_t i = 0; i < value->n; i++)
            members[i] = &value->items[i];
        qsort(members, value->n, sizeof members[0], by_key);
        for (uint32_t i = 0; i < value->n; i++) {
            json_key_str(out, members[i]->key);
            json_canonical(out, arena, members[i]);
        }
    }
    json_end(out);
}
