// SPDX-License-Identifier: Apache-2.0
// schema.c - the environment: variables, record types, functions, zones.
//
// Layer: cel.  Tests: tests/cel/env_test.c
#include "base/tz.h"
#include "cel/internal.h"

#include <string.h>

struct cel_env *cel_env_new(struct arena *arena)
{
    struct cel_env *env = ARENA_NEW(arena, struct cel_env);
    env->arena = arena;
    cel_overloads_declare(env);
    return env;
}

static void problem(struct cel_env *env, const char *what, struct str name)
{
    if (!env->problem)
        env->problem = str_c(env->arena, str_printf(env->arena, "%s '%.*s'", what, STR_FMT(name)));
}

// Room for one more element; *list is moved when it is full.
static bool grow(struct arena *arena, void *list, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return true;
    uint32_t bigger = *room ? *room * 2 : 8;
    void *fresh = arena_try_array(arena, bigger, size);
    if (!fresh)
        return false;
    void **place = list;
    if (n)
        memcpy(fresh, *place, n * size);
    *place = fresh;
    *room = bigger;
    return true;
}

void cel_env_record(struct cel_env *env, const char *name, const struct cel_field_spec *fields,
                    size_t n)
{
    CHECK(!env->sealed);
    struct cel_record_decl *decl = ARENA_NEW(env->arena, struct cel_record_decl);
    struct cel_field_spec *copy = arena_try_array(env->arena, n ? n : 1, sizeof *copy);
    if (!copy || !grow(env->arena, &env->records, env->n_records, &env->room_records, sizeof decl))
        return; // the arena's overflow mark tells
    memcpy(copy, fields, n * sizeof *copy);
    decl->specs = copy;
    decl->type.name = str_dup(env->arena, str_of(name));
    decl->type.n_fields = (uint32_t)n;
    decl->type.type = &decl->own;
    decl->own = (struct cel_type){.kind = CEL_T_RECORD, .record = &decl->type};
    env->records[env->n_records++] = decl;
}

unsigned cel_env_var(struct cel_env *env, const char *name, const char *type)
{
    CHECK(!env->sealed);
    if (!grow(env->arena, &env->vars, env->n_vars, &env->room_vars, sizeof *env->vars))
        return 0;
    uint32_t slot = env->n_vars++;
    env->vars[slot] = (struct cel_var){.name = str_dup(env->arena, str_of(name)),
                                       .type_text = str_c(env->arena, str_of(type)),
                                       .type = &cel_t_dyn,
                                       .slot = slot};
    return slot;
}

enum err cel_env_func(struct cel_env *env, const char *signature,
                      struct cel_value (*fn)(struct cel_call *, const struct cel_value *),
                      void *ctx)
{
    CHECK(!env->sealed);
    struct cel_overload *overload = cel_overload_add(env, signature);
    if (!overload) {
        problem(env, "not a signature:", str_of(signature));
        return ERR_INPUT_INVALID;
    }
    overload->fn = fn;
    overload->ctx = ctx;
    return OK;
}

void cel_env_container(struct cel_env *env, const char *container)
{
    env->container = str_dup(env->arena, str_of(container));
}

void cel_env_nesting(struct cel_env *env, unsigned macros)
{
    env->nesting = macros;
}

void cel_env_cost(struct cel_env *env, uint64_t units)
{
    env->cost_max = units;
}

enum err cel_env_zone(struct cel_env *env, struct str name)
{
    CHECK(!env->sealed);
    const struct tz *tz;
    enum err e = tz_load(env->arena, name, &tz);
    if (e)
        return e;
    struct cel_zone *zone = ARENA_NEW(env->arena, struct cel_zone);
    *zone = (struct cel_zone){.name = str_dup(env->arena, name), .tz = tz, .next = env->zones};
    env->zones = zone;
    return OK;
}

const struct tz *cel_find_zone(const struct cel_env *env, struct str name)
{
    for (const struct cel_zone *zone = env->zones; zone; zone = zone->next)
        if (str_eq(zone->name, name))
            return zone->tz;
    return NULL;
}

// ---- sealing

static const struct cel_type *whole_type(struct cel_env *env, const char *text)
{
    struct str rest = str_of(text);
    const struct cel_type *type = cel_t_parse(env, env->arena, &rest);
    if (!type || str_trim(rest).n) {
        problem(env, "not a type:", str_of(text));
        return &cel_t_dyn;
    }
    return type;
}

static void seal_field(struct cel_env *env, const struct cel_field_spec *spec,
                       struct cel_field *field)
{
    *field = (struct cel_field){.name = str_dup(env->arena, str_of(spec->name)),
                                .type = whole_type(env, spec->type),
                                .presence = spec->presence,
                                .money = spec->money,
                                .size_max = spec->size_max,
                                .label = spec->label ? str_dup(env->arena, str_of(spec->label))
                                                     : STR_NONE,
                                .fallback = spec->fallback};
    // A default is written as people write numbers: 0 for 0.0.
    if (field->fallback.tag == CEL_INT && field->type->kind == CEL_T_DOUBLE)
        field->fallback = cel_double((double)field->fallback.i);
    if (field->fallback.tag == CEL_INT && field->type->kind == CEL_T_UINT)
        field->fallback.tag = CEL_UINT;
    if (spec->presence == CEL_DEFAULTED && !(cel_kinds_of(field->type) >> field->fallback.tag & 1))
        problem(env, "the default has another type:", field->name);
    uint32_t n = 0;
    while (spec->words && spec->words[n])
        n++;
    struct str *words = n ? arena_try_array(env->arena, n, sizeof *words) : NULL;
    for (uint32_t i = 0; words && i < n; i++)
        words[i] = str_dup(env->arena, str_of(spec->words[i]));
    field->words = words;
    field->n_words = words ? n : 0;
}

enum err cel_env_seal(struct cel_env *env)
{
    for (uint32_t i = 0; i < env->n_records; i++) {
        struct cel_record_decl *decl = env->records[i];
        uint32_t n = decl->type.n_fields;
        struct cel_field *fields = arena_try_array(env->arena, n ? n : 1, sizeof *fields);
        if (!fields)
            return ERR_MEMORY;
        for (uint32_t f = 0; f < n; f++)
            seal_field(env, &decl->specs[f], &fields[f]);
        decl->type.fields = fields;
    }
    for (uint32_t i = 0; i < env->n_vars; i++)
        env->vars[i].type = whole_type(env, env->vars[i].type_text);
    env->sealed = true;
    if (arena_overflowed(env->arena))
        return ERR_MEMORY;
    return env->problem ? ERR_INPUT_INVALID : OK;
}

const char *cel_env_problem(const struct cel_env *env)
{
    return env->problem ? env->problem : "";
}

// ---- looking up

const struct cel_record_type *cel_env_record_type(const struct cel_env *env, const char *name)
{
    for (uint32_t i = 0; i < env->n_records; i++)
        if (str_eq(env->records[i]->type.name, str_of(name)))
            return &env->records[i]->type;
    return NULL;
}

size_t cel_env_n_vars(const struct cel_env *env)
{
    return env->n_vars;
}

const struct cel_var *cel_env_find(const struct cel_env *env, struct str name)
{
    for (uint32_t i = 0; i < env->n_vars; i++)
        if (str_eq(env->vars[i].name, name))
            return &env->vars[i];
    return NULL;
}

int cel_env_slot(const struct cel_env *env, struct str name)
{
    const struct cel_var *var = cel_env_find(env, name);
    return var ? (int)var->slot : -1;
}

struct cel_record *cel_record_new(struct arena *arena, const struct cel_record_type *type)
{
    size_t size = sizeof(struct cel_record) + type->n_fields * sizeof(struct cel_value);
    struct cel_record *record = arena_try(arena, size);
    if (record)
        record->type = type;
    return record;
}
