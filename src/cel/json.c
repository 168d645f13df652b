// SPDX-License-Identifier: Apache-2.0
// json.c - declarations and data from JSON.
//
//   {"records": {"item": {"sku": "string",
//                         "price": {"type": "int", "unit": "money"},
//                         "brand": {"type": "string", "presence": "optional", "max": 80,
//                                   "words": ["a", "b"], "label": "Brand"},
//                         "qty": {"type": "int", "default": 1}}},
//    "variables": {"order": "order", "now": "timestamp"},
//    "zones": ["Europe/Paris"], "nesting": 3, "cost": 100000}
//
// Data is typed by the declarations: a number for an int is read as one, whatever its size; where
// nothing is declared (dyn), whole numbers are int and others double.
//
// Layer: cel.  Tests: tests/cel/env_test.c
#include "base/json_in.h"
#include "cel/fn.h"
#include "cel/internal.h"

#include <stdlib.h>
#include <string.h>

static const struct json_limits limits = {.depth = 64, .keys = 4096, .values = 200000};

struct binder {
    const struct cel_env *env;
    struct arena *arena;
    struct cel_source *source;
    bool failed;
};

// Where in the data we are; put into words only when something is wrong there.
struct place {
    const struct place *parent;
    struct str name;
};

static struct cel_value bind(struct binder *b, const struct json *json, const struct cel_type *type,
                             const struct place *where);

static struct str place_text(struct binder *b, const struct place *where)
{
    if (!where->parent)
        return where->name;
    return str_printf(b->arena, "%.*s.%.*s", STR_FMT(place_text(b, where->parent)),
                      STR_FMT(where->name));
}

static struct cel_value wrong(struct binder *b, const struct place *where,
                              const struct cel_type *type)
{
    struct buf wanted;
    buf_init(&wanted, b->arena);
    cel_t_print(type, &wanted);
    cel_report(b->source, (struct cel_report){.code = CEL_D_DATA,
                                              .a = place_text(b, where),
                                              .b = buf_text(&wanted)});
    b->failed = true;
    return cel_null();
}

static struct cel_value bind_record(struct binder *b, const struct json *json,
                                    const struct cel_record_type *type, const struct place *where)
{
    struct cel_record *record = cel_record_new(b->arena, type);
    if (!record || json->type != JSON_TYPE_OBJECT) {
        if (record)
            return wrong(b, where, type->type);
        b->failed = true;
        return cel_null();
    }
    for (uint32_t i = 0; i < type->n_fields; i++) {
        const struct cel_field *field = &type->fields[i];
        const struct json *value = json_get_str(json, field->name);
        struct place here = {.parent = where, .name = field->name};
        if (value && value->type != JSON_TYPE_NULL) {
            record->slot[i] = bind(b, value, field->type, &here);
        } else if (field->presence == CEL_DEFAULTED) {
            record->slot[i] = field->fallback;
        } else if (field->presence == CEL_REQUIRED) {
            cel_report(b->source,
                       (struct cel_report){.code = CEL_D_DATA_MISSING, .a = place_text(b, &here)});
            b->failed = true;
        }
    }
    return cel_record_value(record);
}

static struct cel_value bind_items(struct binder *b, const struct json *json,
                                   const struct cel_type *item, bool map, const struct place *where)
{
    size_t each = map ? 2 : 1;
    struct cel_value *items = arena_try_array(b->arena, json->n * each + 1, sizeof *items);
    for (uint32_t i = 0; items && i < json->n && !b->failed; i++) {
        const struct json *value = &json->items[i];
        if (map)
            items[(size_t)i * 2] = cel_string(value->key);
        items[i * each + each - 1] = bind(b, value, item, where);
    }
    b->failed |= !items;
    if (!items)
        return cel_null();
    return map ? cel_map(items, json->n) : cel_list(items, json->n);
}

static struct cel_value bind_number(struct binder *b, struct str text, const struct cel_type *type,
                                    const struct place *where)
{
    int64_t i;
    bool whole = str_to_i64(text, &i);
    bool any = type->kind == CEL_T_DYN;
    if (whole && (type->kind == CEL_T_INT || any))
        return cel_int(i);
    if (whole && type->kind == CEL_T_UINT && i >= 0)
        return cel_uint((uint64_t)i);
    if (whole && type->kind == CEL_T_TIMESTAMP && cel_timestamp_valid(i))
        return cel_timestamp(i, 0);
    if (type->kind == CEL_T_DOUBLE || any)
        return cel_double(strtod(str_c(b->arena, text), NULL));
    return wrong(b, where, type);
}

static struct cel_value bind_text(struct binder *b, struct str text, const struct cel_type *type,
                                  const struct place *where)
{
    struct instant instant;
    struct cel_value duration;
    switch (type->kind) {
    case CEL_T_STRING:
    case CEL_T_DYN:
        return cel_string(text);
    case CEL_T_BYTES:
        return cel_bytes(text);
    case CEL_T_TIMESTAMP:
        return civil_parse(text, &instant) ? cel_timestamp(instant.s, (uint32_t)instant.ns)
                                           : wrong(b, where, type);
    case CEL_T_DURATION:
        return cel_duration_parse(text, &duration) ? duration : wrong(b, where, type);
    default:
        return wrong(b, where, type);
    }
}

static struct cel_value bind(struct binder *b, const struct json *json, const struct cel_type *type,
                             const struct place *where)
{
    bool any = type->kind == CEL_T_DYN;
    if (type->kind == CEL_T_RECORD)
        return bind_record(b, json, type->record, where);
    switch (json->type) {
    case JSON_TYPE_NULL:
        return any || type->kind == CEL_T_NULL ? cel_null() : wrong(b, where, type);
    case JSON_TYPE_BOOL:
        return any || type->kind == CEL_T_BOOL ? cel_bool(json->truth) : wrong(b, where, type);
    case JSON_TYPE_NUMBER:
        return bind_number(b, json->text, type, where);
    case JSON_TYPE_STRING:
        return bind_text(b, json->text, type, where);
    case JSON_TYPE_ARRAY:
        if (any || type->kind == CEL_T_LIST)
            return bind_items(b, json, any ? type : type->param[0], false, where);
        return wrong(b, where, type);
    default:
        if (any || (type->kind == CEL_T_MAP &&
                    (type->param[0]->kind == CEL_T_STRING || type->param[0]->kind == CEL_T_DYN)))
            return bind_items(b, json, any ? type : type->param[1], true, where);
        return wrong(b, where, type);
    }
}

enum err cel_bind_json(const struct cel_env *env, struct arena *arena, struct str json,
                       struct cel_value *vars, struct cel_diags *diags)
{
    const struct json *root;
    struct problems problems;
    struct cel_source source = {.text = STR(""), .diags = diags, .arena = arena};
    struct binder b = {.env = env, .arena = arena, .source = &source};
    problems_init(&problems, arena);
    enum err e = json_parse(arena, json, &limits, &problems, &root);
    if (e)
        return e;
    for (uint32_t i = 0; i < env->n_vars; i++) {
        const struct json *value = json_get_str(root, env->vars[i].name);
        struct place here = {.name = env->vars[i].name};
        vars[i] = value ? bind(&b, value, env->vars[i].type, &here)
                        : (struct cel_value){.tag = CEL_ABSENT};
    }
    if (arena_overflowed(arena))
        return ERR_MEMORY;
    return b.failed ? ERR_INPUT_INVALID : OK;
}

// ---- declarations

static const char *c_string(struct cel_env *env, const struct json *json)
{
    return json && json->type == JSON_TYPE_STRING ? str_c(env->arena, json->text) : NULL;
}

static bool has_text(const struct json *json, const char *text)
{
    return json && json->type == JSON_TYPE_STRING && str_eq(json->text, str_of(text));
}

// A default has the kind that it is written with; cel_env_seal knows no better.
static struct cel_value fallback(struct cel_env *env, const struct json *json)
{
    struct cel_diags *diags = arena_try(env->arena, sizeof *diags);
    if (!diags)
        return cel_null();
    cel_diags_init(diags, env->arena);
    struct cel_source source = {.text = STR(""), .diags = diags, .arena = env->arena};
    struct binder b = {.env = env, .arena = env->arena, .source = &source};
    struct place here = {.name = STR("default")};
    return bind(&b, json, &cel_t_dyn, &here);
}

static void read_field(struct cel_env *env, const struct json *json, struct cel_field_spec *spec)
{
    int64_t max = 0;
    spec->name = str_c(env->arena, json->key);
    spec->type = c_string(env, json->type == JSON_TYPE_STRING ? json : json_get(json, "type"));
    if (!spec->type)
        spec->type = "?"; // cel_env_seal says that this is no type
    if (has_text(json_get(json, "presence"), "optional"))
        spec->presence = CEL_OPTIONAL_FIELD;
    spec->money = has_text(json_get(json, "unit"), "money");
    spec->label = c_string(env, json_get(json, "label"));
    if (json_get(json, "max") && json_to_i64(json_get(json, "max"), &max) && max > 0 &&
        max < INT32_MAX)
        spec->size_max = (uint32_t)max;
    const struct json *given = json_get(json, "default");
    if (given) {
        spec->presence = CEL_DEFAULTED;
        spec->fallback = fallback(env, given);
    }
    const struct json *words = json_get(json, "words");
    const char **list = words ? arena_try_array(env->arena, words->n + 1u, sizeof *list) : NULL;
    for (uint32_t i = 0, n = 0; list && i < words->n; i++) {
        list[n] = c_string(env, &words->items[i]);
        n += list[n] != NULL;
    }
    spec->words = list;
}

static enum err read_zones(struct cel_env *env, const struct json *zones)
{
    for (uint32_t i = 0; zones && i < zones->n; i++) {
        enum err e = cel_env_zone(env, zones->items[i].text);
        if (e) {
            env->problem = str_c(env->arena, str_printf(env->arena, "not a time zone: '%.*s'",
                                                        STR_FMT(zones->items[i].text)));
            return e;
        }
    }
    return OK;
}

static void read_records(struct cel_env *env, const struct json *records)
{
    for (uint32_t i = 0; records && i < records->n; i++) {
        const struct json *record = &records->items[i];
        struct cel_field_spec *specs = arena_try_array(env->arena, record->n + 1u, sizeof *specs);
        for (uint32_t k = 0; specs && k < record->n; k++)
            read_field(env, &record->items[k], &specs[k]);
        if (specs)
            cel_env_record(env, str_c(env->arena, record->key), specs, record->n);
    }
}

// A positive number, or 0.
static int64_t number_of(const struct json *json)
{
    int64_t number = 0;
    return json && json_to_i64(json, &number) && number > 0 ? number : 0;
}

enum err cel_env_from_json(struct cel_env *env, struct str text)
{
    const struct json *root;
    struct problems problems;
    problems_init(&problems, env->arena);
    enum err e = json_parse(env->arena, text, &limits, &problems, &root);
    if (e) {
        env->problem = "not JSON";
        return e;
    }
    const struct json *vars = json_get(root, "variables");
    read_records(env, json_get(root, "records"));
    for (uint32_t i = 0; vars && i < vars->n; i++) {
        const char *type = c_string(env, &vars->items[i]);
        cel_env_var(env, str_c(env->arena, vars->items[i].key), type ? type : "?");
    }
    env->nesting = (unsigned)number_of(json_get(root, "nesting"));
    env->cost_max = (uint64_t)number_of(json_get(root, "cost"));
    e = read_zones(env, json_get(root, "zones"));
    return e ? e : cel_env_seal(env);
}
