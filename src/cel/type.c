// SPDX-License-Identifier: Apache-2.0
// type.c - types: names, text, and assigning one to another with type variables.
//
// The rules of assignment are those of the CEL specification and of cel-go, whose deduced types are
// the reference: a variable takes the first type it meets, and the more general one when it meets a
// second that fits.
//
// Layer: cel.  Tests: the conformance run compares deduced types
#include "cel/internal.h"

#include <string.h>

const struct cel_type cel_t_error = {.kind = CEL_T_ERROR};
const struct cel_type cel_t_dyn = {.kind = CEL_T_DYN};
const struct cel_type cel_t_null = {.kind = CEL_T_NULL};
const struct cel_type cel_t_bool = {.kind = CEL_T_BOOL};
const struct cel_type cel_t_int = {.kind = CEL_T_INT};
const struct cel_type cel_t_uint = {.kind = CEL_T_UINT};
const struct cel_type cel_t_double = {.kind = CEL_T_DOUBLE};
const struct cel_type cel_t_string = {.kind = CEL_T_STRING};
const struct cel_type cel_t_bytes = {.kind = CEL_T_BYTES};
const struct cel_type cel_t_timestamp = {.kind = CEL_T_TIMESTAMP};
const struct cel_type cel_t_duration = {.kind = CEL_T_DURATION};
const struct cel_type cel_t_type = {.kind = CEL_T_TYPE,
                                    .n_params = 1,
                                    .param = {&cel_t_dyn, NULL, NULL}};

static const struct cel_type plain_type = {.kind = CEL_T_TYPE}; // what the word type names

static const struct cel_type any_list = {.kind = CEL_T_LIST,
                                         .n_params = 1,
                                         .param = {&cel_t_dyn, NULL, NULL}};
static const struct cel_type any_map = {.kind = CEL_T_MAP,
                                        .n_params = 2,
                                        .param = {&cel_t_dyn, &cel_t_dyn, NULL}};
static const struct cel_type any_optional = {.kind = CEL_T_OPTIONAL,
                                             .n_params = 1,
                                             .param = {&cel_t_dyn, NULL, NULL}};

// Names in signatures and schemas, then those that only expressions write.
static const struct {
    struct str name;
    const struct cel_type *type;
} names[] = {
    {STR("dyn"), &cel_t_dyn},
    {STR("null"), &cel_t_null},
    {STR("bool"), &cel_t_bool},
    {STR("int"), &cel_t_int},
    {STR("uint"), &cel_t_uint},
    {STR("double"), &cel_t_double},
    {STR("string"), &cel_t_string},
    {STR("date"), &cel_t_string}, // YYYY-MM-DD
    {STR("bytes"), &cel_t_bytes},
    {STR("timestamp"), &cel_t_timestamp},
    {STR("duration"), &cel_t_duration},
    {STR("type"), &cel_t_type},
    {STR("list"), &any_list},
    {STR("map"), &any_map},
    {STR("optional_type"), &any_optional},
    {STR("null_type"), &cel_t_null},
    {STR("google.protobuf.Timestamp"), &cel_t_timestamp},
    {STR("google.protobuf.Duration"), &cel_t_duration},
};
#define N_NAMES (sizeof names / sizeof *names)

const struct cel_type *cel_t_named(struct str name)
{
    for (size_t i = 2; i < N_NAMES; i++) {
        const struct cel_type *type = names[i].type;
        bool internal = str_eq(names[i].name, STR("date")) ||
                        str_eq(names[i].name, STR("timestamp")) ||
                        str_eq(names[i].name, STR("duration"));
        if (!internal && str_eq(names[i].name, name))
            return type == &cel_t_type ? &plain_type : type;
    }
    return NULL;
}

const struct cel_type *cel_t_new(struct arena *arena, enum cel_type_kind kind,
                                 const struct cel_type *a, const struct cel_type *b)
{
    struct cel_type *type = ARENA_NEW(arena, struct cel_type);
    type->kind = (uint8_t)kind;
    type->param[0] = a;
    type->param[1] = b;
    type->n_params = (uint8_t)((a ? 1 : 0) + (b ? 1 : 0));
    return type;
}

bool cel_t_same(const struct cel_type *a, const struct cel_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n_params != b->n_params || a->id != b->id ||
        a->record != b->record || !str_eq(a->name, b->name))
        return false;
    for (unsigned i = 0; i < a->n_params; i++)
        if (!cel_t_same(a->param[i], b->param[i]))
            return false;
    return true;
}

static void print_params(const struct cel_type *type, struct buf *out)
{
    for (unsigned i = 0; i < type->n_params; i++) {
        buf_str(out, i ? STR(", ") : STR("("));
        cel_t_print(type->param[i], out);
    }
    if (type->n_params)
        buf_char(out, ')');
}

void cel_t_print(const struct cel_type *type, struct buf *out)
{
    switch (type->kind) {
    case CEL_T_ERROR:
        buf_str(out, STR("unknown"));
        break;
    case CEL_T_RECORD:
        buf_str(out, type->record->name);
        break;
    case CEL_T_OPAQUE:
        buf_str(out, type->name);
        print_params(type, out);
        break;
    case CEL_T_PARAM:
        buf_char(out, (char)type->id);
        break;
    case CEL_T_VAR:
        buf_str(out, STR("dyn"));
        break;
    case CEL_T_TYPE:
    case CEL_T_LIST:
    case CEL_T_MAP:
    case CEL_T_OPTIONAL:
        buf_str(out, type->kind == CEL_T_TYPE   ? STR("type")
                     : type->kind == CEL_T_LIST ? STR("list")
                     : type->kind == CEL_T_MAP  ? STR("map")
                                                : STR("optional_type"));
        print_params(type, out);
        break;
    default:
        for (size_t i = 0; i < N_NAMES; i++) {
            if (names[i].type->kind == type->kind) {
                buf_str(out, names[i].name);
                return;
            }
        }
    }
}

// ---- reading

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct str take_word(struct str *text)
{
    *text = str_trim(*text);
    size_t n = 0;
    while (n < text->n && name_char(text->p[n]))
        n++;
    struct str word = {.p = text->p, .n = n};
    *text = str_skip(*text, n);
    return word;
}

static bool take_params(const struct cel_env *env, struct arena *arena, struct str *text,
                        struct cel_type *type)
{
    type->n_params = 0;
    if (!text->n || text->p[0] != '(')
        return true;
    do {
        *text = str_skip(*text, 1);
        if (type->n_params == 3)
            return false;
        const struct cel_type *param = cel_t_parse(env, arena, text);
        if (!param)
            return false;
        type->param[type->n_params++] = param;
        *text = str_trim(*text);
    } while (text->n && text->p[0] == ',');
    if (!text->n || text->p[0] != ')')
        return false;
    *text = str_skip(*text, 1);
    return true;
}

static const struct cel_type *record_named(const struct cel_env *env, struct str name)
{
    for (uint32_t i = 0; env && i < env->n_records; i++)
        if (str_eq(env->records[i]->type.name, name))
            return &env->records[i]->own;
    return NULL;
}

static const struct cel_type *parametric(const struct cel_env *env, struct arena *arena,
                                         const struct cel_type *base, struct str *text)
{
    unsigned wanted = base->n_params;
    struct cel_type *type = ARENA_NEW(arena, struct cel_type);
    *type = *base;
    if (!text->n || text->p[0] != '(')
        return base; // list alone: list(dyn)
    if (!take_params(env, arena, text, type) || type->n_params != wanted)
        return NULL;
    return type;
}

const struct cel_type *cel_t_parse(const struct cel_env *env, struct arena *arena, struct str *text)
{
    struct str word = take_word(text);
    if (!word.n)
        return NULL;
    if (word.n == 1 && word.p[0] >= 'A' && word.p[0] <= 'Z') {
        struct cel_type *param = ARENA_NEW(arena, struct cel_type);
        *param = (struct cel_type){.kind = CEL_T_PARAM, .id = (uint32_t)word.p[0]};
        return param;
    }
    for (size_t i = 0; i < N_NAMES; i++) {
        if (str_eq(names[i].name, word))
            return names[i].type->n_params ? parametric(env, arena, names[i].type, text)
                                           : names[i].type;
    }
    const struct cel_type *record = record_named(env, word);
    if (record)
        return record;
    if (!text->n || text->p[0] != '(')
        return NULL;
    struct cel_type *opaque = ARENA_NEW(arena, struct cel_type);
    *opaque = (struct cel_type){.kind = CEL_T_OPAQUE, .name = str_dup(arena, word)};
    return take_params(env, arena, text, opaque) ? opaque : NULL;
}

// ---- assignment

struct cel_trail {
    uint32_t var;
    const struct cel_type *before;
};

const struct cel_type *cel_t_fresh(struct cel_unify *u)
{
    if (u->n_vars == u->room) {
        uint32_t room = u->room ? u->room * 2 : 32;
        const struct cel_type **bigger = arena_try_array(u->scratch, room, sizeof *bigger);
        if (!bigger)
            return &cel_t_dyn;
        if (u->n_vars)
            memcpy(bigger, u->bound, u->n_vars * sizeof *bigger);
        u->bound = bigger;
        u->room = room;
    }
    struct cel_type *type = ARENA_NEW(u->arena, struct cel_type);
    *type = (struct cel_type){.kind = CEL_T_VAR, .id = u->n_vars++};
    return type;
}

#define TRAIL_MAX 4096u

// The trail is short-lived: it lasts one cel_t_assign.
static bool bind(struct cel_unify *u, uint32_t var, const struct cel_type *type)
{
    if (!u->trail)
        u->trail = arena_try_array(u->scratch, TRAIL_MAX, sizeof *u->trail);
    if (!u->trail || u->n_trail == TRAIL_MAX)
        return false;
    u->trail[u->n_trail++] = (struct cel_trail){.var = var, .before = u->bound[var]};
    u->bound[var] = type;
    return true;
}

static bool mentions(const struct cel_unify *u, const struct cel_type *type, uint32_t var)
{
    if (type->kind == CEL_T_VAR) {
        if (type->id == var)
            return true;
        return u->bound[type->id] && mentions(u, u->bound[type->id], var);
    }
    for (unsigned i = 0; i < type->n_params; i++)
        if (mentions(u, type->param[i], var))
            return true;
    return false;
}

static bool less_specific(const struct cel_type *a, const struct cel_type *b)
{
    if (a->kind == CEL_T_DYN || a->kind == CEL_T_ERROR || a->kind == CEL_T_VAR)
        return true;
    if (b->kind == CEL_T_DYN || b->kind == CEL_T_ERROR || b->kind == CEL_T_VAR)
        return false;
    if (a->kind != b->kind || a->n_params != b->n_params || a->record != b->record ||
        !str_eq(a->name, b->name))
        return false;
    if (a->kind == CEL_T_TYPE)
        return true;
    for (unsigned i = 0; i < a->n_params; i++)
        if (!less_specific(a->param[i], b->param[i]))
            return false;
    return true;
}

const struct cel_type *cel_t_general(const struct cel_type *a, const struct cel_type *b)
{
    if (b->kind == CEL_T_NULL) // null was assignable to a, so a says more
        return a;
    return less_specific(a, b) ? a : b;
}

static bool assign(struct cel_unify *u, const struct cel_type *a, const struct cel_type *b);

// Can the variable stand for type?  *ret_bound tells whether it stood for something before.
static bool substitute(struct cel_unify *u, const struct cel_type *type, const struct cel_type *var,
                       bool *ret_bound)
{
    *ret_bound = true;
    if (type->kind == CEL_T_VAR && type->id == var->id)
        return true;
    const struct cel_type *bound = u->bound[var->id];
    if (!bound) {
        *ret_bound = false;
        return !mentions(u, type, var->id) && bind(u, var->id, type);
    }
    if (cel_t_same(type, bound))
        return true;
    if (!assign(u, type, bound))
        return false;
    const struct cel_type *general = cel_t_general(type, bound);
    if (general != bound && !mentions(u, general, var->id))
        return bind(u, var->id, general);
    return true;
}

// null stands for a missing timestamp, duration, record or host value.
static bool nullable(const struct cel_type *type)
{
    return type->kind == CEL_T_NULL || type->kind == CEL_T_TIMESTAMP ||
           type->kind == CEL_T_DURATION || type->kind == CEL_T_RECORD ||
           type->kind == CEL_T_OPAQUE || type->kind == CEL_T_OPTIONAL;
}

static bool wild(const struct cel_type *type)
{
    return type->kind == CEL_T_DYN || type->kind == CEL_T_ERROR;
}

// Of two types that are no variables.
static bool assign_known(struct cel_unify *u, const struct cel_type *a, const struct cel_type *b)
{
    if (wild(a) || wild(b))
        return true;
    if (a->kind == CEL_T_NULL || b->kind == CEL_T_NULL)
        return nullable(a->kind == CEL_T_NULL ? b : a);
    if (a->kind != b->kind || a->record != b->record || !str_eq(a->name, b->name))
        return false;
    if (a->kind == CEL_T_TYPE)
        return true;
    if (a->n_params != b->n_params)
        return false;
    for (unsigned i = 0; i < a->n_params; i++)
        if (!assign(u, a->param[i], b->param[i]))
            return false;
    return true;
}

static bool assign(struct cel_unify *u, const struct cel_type *a, const struct cel_type *b)
{
    bool bound = false;
    if (b->kind == CEL_T_VAR) {
        if (substitute(u, a, b, &bound))
            return true;
        if (bound)
            return false;
    }
    if (a->kind == CEL_T_VAR)
        return substitute(u, b, a, &bound);
    return assign_known(u, a, b);
}

static void undo(struct cel_unify *u, uint32_t to)
{
    while (u->n_trail > to) {
        u->n_trail--;
        u->bound[u->trail[u->n_trail].var] = u->trail[u->n_trail].before;
    }
}

bool cel_t_assign(struct cel_unify *u, const struct cel_type *a, const struct cel_type *b)
{
    u->n_trail = 0;
    if (assign(u, a, b))
        return true;
    undo(u, 0);
    return false;
}

bool cel_t_assign_all(struct cel_unify *u, struct cel_node *const *args,
                      const struct cel_type *const *params, uint32_t n)
{
    u->n_trail = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!assign(u, args[i]->type, params[i])) {
            undo(u, 0);
            return false;
        }
    }
    return true;
}

const struct cel_type *cel_t_resolve(struct cel_unify *u, const struct cel_type *type,
                                     bool free_to_dyn)
{
    if (type->kind == CEL_T_VAR) {
        if (u->bound[type->id])
            return cel_t_resolve(u, u->bound[type->id], free_to_dyn);
        return free_to_dyn ? &cel_t_dyn : type;
    }
    struct cel_type copy = *type;
    bool changed = false;
    for (unsigned i = 0; i < type->n_params; i++) {
        copy.param[i] = cel_t_resolve(u, type->param[i], free_to_dyn);
        changed |= copy.param[i] != type->param[i];
    }
    if (!changed)
        return type;
    struct cel_type *fresh = ARENA_NEW(u->arena, struct cel_type);
    *fresh = copy;
    return fresh;
}

const struct cel_type *cel_t_instance(struct cel_unify *u, const struct cel_type *type,
                                      const struct cel_type **letters)
{
    if (type->kind == CEL_T_PARAM) {
        const struct cel_type **letter = &letters[type->id - 'A'];
        if (!*letter)
            *letter = cel_t_fresh(u);
        return *letter;
    }
    struct cel_type copy = *type;
    bool changed = false;
    for (unsigned i = 0; i < type->n_params; i++) {
        copy.param[i] = cel_t_instance(u, type->param[i], letters);
        changed |= copy.param[i] != type->param[i];
    }
    if (!changed)
        return type;
    struct cel_type *fresh = ARENA_NEW(u->arena, struct cel_type);
    *fresh = copy;
    return fresh;
}
