// SPDX-License-Identifier: Apache-2.0
// overloads.c - the lines of overloads.def as data: what the checker, the planner and the
// documentation read.
//
// Layer: cel.  Tests: tests/cel/env_test.c
#include "cel/internal.h"

#include <string.h>

struct line {
    const char *signature;
    struct cel_value (*fn)(struct cel_call *call, const struct cel_value *args);
    uint8_t cost;
    uint8_t size;
    int8_t literal;
    struct cel_prepared (*prepare)(struct arena *arena, struct str literal);
    const char *doc;
};

static const struct line lines[] = {
#define OVERLOAD(signature, fn, cost, size, doc)                                                   \
    {signature, cel_fn_##fn, CEL_COST_##cost, CEL_SIZE_##size, -1, NULL, doc},
#define OVERLOAD_LITERAL(signature, fn, cost, size, argument, prepare, doc)                        \
    {signature, cel_fn_##fn, CEL_COST_##cost, CEL_SIZE_##size, argument, cel_prepare_##prepare,    \
     doc},
#include "cel/overloads.def"
#undef OVERLOAD
#undef OVERLOAD_LITERAL
};

static uint32_t name_hash(struct str name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (unsigned char)name.p[i]) * 16777619u;
    return h % CEL_NAMES;
}

static void append(struct cel_env *env, struct cel_overload *overload)
{
    struct cel_overload **place = &env->by_name[name_hash(overload->name)];
    while (*place)
        place = &(*place)->next;
    *place = overload;
}

const struct cel_overload *cel_env_overloads(const struct cel_env *env, struct str name)
{
    const struct cel_overload *o = env->by_name[name_hash(name)];
    while (o && !str_eq(o->name, name))
        o = o->next;
    return o;
}

const struct cel_overload *cel_overload_next(const struct cel_overload *overload)
{
    const struct cel_overload *o = overload->next;
    while (o && !str_eq(o->name, overload->name))
        o = o->next;
    return o;
}

uint32_t cel_kinds_of(const struct cel_type *type)
{
    static const uint8_t tags[] = {
        [CEL_T_NULL] = CEL_NULL,         [CEL_T_BOOL] = CEL_BOOL,
        [CEL_T_INT] = CEL_INT,           [CEL_T_UINT] = CEL_UINT,
        [CEL_T_DOUBLE] = CEL_DOUBLE,     [CEL_T_STRING] = CEL_STRING,
        [CEL_T_BYTES] = CEL_BYTES,       [CEL_T_TIMESTAMP] = CEL_TIMESTAMP,
        [CEL_T_DURATION] = CEL_DURATION, [CEL_T_TYPE] = CEL_TYPE,
        [CEL_T_LIST] = CEL_LIST,         [CEL_T_MAP] = CEL_MAP,
        [CEL_T_OPTIONAL] = CEL_OPTIONAL, [CEL_T_RECORD] = CEL_RECORD,
    };
    if (type->kind >= sizeof tags || !tags[type->kind])
        return UINT32_MAX;
    uint32_t kinds = 1u << tags[type->kind];
    return type->kind == CEL_T_MAP ? kinds | 1u << CEL_RECORD : kinds;
}

// "(int, list(T)): T" behind the name.
static bool read_parameters(struct cel_env *env, struct str rest, struct cel_overload *o)
{
    if (!rest.n || rest.p[0] != '(')
        return false;
    rest = str_trim(str_skip(rest, 1));
    while (rest.n && rest.p[0] != ')') {
        if (o->n_args == CEL_ARGS_MAX)
            return false;
        o->arg[o->n_args] = cel_t_parse(env, env->arena, &rest);
        if (!o->arg[o->n_args++])
            return false;
        rest = str_trim(rest);
        if (rest.n && rest.p[0] == ',')
            rest = str_trim(str_skip(rest, 1));
    }
    rest = str_trim(str_skip(rest, 1));
    if (!rest.n || rest.p[0] != ':')
        return false;
    rest = str_skip(rest, 1);
    o->result = cel_t_parse(env, env->arena, &rest);
    for (unsigned i = 0; i < o->n_args; i++)
        o->kinds[i] = cel_kinds_of(o->arg[i]);
    return o->result && !str_trim(rest).n;
}

struct cel_overload *cel_overload_add(struct cel_env *env, const char *signature)
{
    struct cel_overload *o = ARENA_NEW(env->arena, struct cel_overload);
    struct str text = str_of(signature);
    o->signature = text;
    o->literal = -1;
    struct str rest = text;
    const struct cel_type *receiver = cel_t_parse(env, env->arena, &rest);
    if (receiver && rest.n && rest.p[0] == '.') {
        o->member = true;
        o->arg[o->n_args++] = receiver;
        text = str_skip(rest, 1);
    }
    size_t n = 0;
    while (n < text.n && text.p[n] != '(')
        n++;
    o->name = (struct str){.p = text.p, .n = n};
    if (!n || !read_parameters(env, str_skip(text, n), o))
        return NULL;
    append(env, o);
    return o;
}

void cel_overloads_declare(struct cel_env *env)
{
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct cel_overload *o = cel_overload_add(env, lines[i].signature);
        CHECK(o); // a line of the table that is no signature
        o->fn = lines[i].fn;
        o->cost = lines[i].cost;
        o->size = lines[i].size;
        o->literal = lines[i].literal;
        o->prepare = lines[i].prepare;
        o->doc = str_of(lines[i].doc);
    }
}
