// SPDX-License-Identifier: Apache-2.0
// attributes.c - free attributes of events and members, as the rule language sees them.
//
// Layer: flow.  Tests: tests/flow/attributes_test.c
#include "flow/attributes.h"

#include "base/json_in.h"
#include "cel/value.h"

#include <stdlib.h>

static struct cel_value value_of(struct arena *arena, const struct json *json);

// A number that is no integer of 64 bits is a double.
static struct cel_value number_of(struct arena *arena, struct str text)
{
    int64_t integer;
    if (str_to_i64(text, &integer))
        return cel_int(integer);
    return cel_double(strtod(str_c(arena, text), NULL));
}

static struct cel_value list_of(struct arena *arena, const struct json *json)
{
    struct cel_value *items = arena_try_array(arena, json->n, sizeof *items);
    for (uint32_t i = 0; items && i < json->n; i++)
        items[i] = value_of(arena, &json->items[i]);
    return items ? cel_list(items, json->n) : cel_null();
}

static struct cel_value map_of(struct arena *arena, const struct json *json)
{
    struct cel_value *pairs = arena_try_array(arena, json->n, 2 * sizeof *pairs);
    for (uint32_t i = 0; pairs && i < json->n; i++) {
        pairs[2 * i] = cel_string(json->items[i].key);
        pairs[2 * i + 1] = value_of(arena, &json->items[i]);
    }
    return pairs ? cel_map(pairs, json->n) : cel_null();
}

// The depth is bounded by the parser's limits.
static struct cel_value value_of(struct arena *arena, const struct json *json)
{
    switch (json->type) {
    case JSON_TYPE_BOOL:
        return cel_bool(json->truth);
    case JSON_TYPE_NUMBER:
        return number_of(arena, json->text);
    case JSON_TYPE_STRING:
        return cel_string(json->text);
    case JSON_TYPE_ARRAY:
        return list_of(arena, json);
    case JSON_TYPE_OBJECT:
        return map_of(arena, json);
    case JSON_TYPE_NULL:
        break;
    }
    return cel_null();
}

enum err attributes_bind(struct arena *arena, struct str json, const struct cel_value **ret_value)
{
    *ret_value = NULL;
    if (!json.p || str_eq(json, STR("{}")))
        return OK;
    struct problems problems;
    problems_init(&problems, arena);
    const struct json *object;
    if (json_parse(arena, json, &json_limits_request, &problems, &object) ||
        object->type != JSON_TYPE_OBJECT)
        return ERR_STORE_CORRUPT;
    struct cel_value *value = ARENA_NEW(arena, struct cel_value);
    *value = map_of(arena, object);
    *ret_value = value;
    return arena_overflowed(arena) ? ERR_MEMORY : OK;
}
