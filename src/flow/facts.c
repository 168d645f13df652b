// SPDX-License-Identifier: Apache-2.0
// facts.c - the facts an event was judged by, as JSON in event.facts and back.
//
// {"version":1,"enrolled_us":...,"orders":3,"spend":12000,"visits":4,"balances":{"points":90},
//  "attributes":{...},"used":[{"name":"carry:spend","period":0,"value":30}]}
//
// Layer: flow.  Tests: tests/flow/facts_test.c
#include "flow/facts.h"

struct str facts_write(struct arena *arena, const struct program *program,
                       const struct event_facts *facts)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_i64(&out, "version", facts->version);
    json_put_i64(&out, "enrolled_us", facts->enrolled_us);
    json_put_i64(&out, "orders", facts->orders);
    json_put_i64(&out, "spend", facts->spend);
    json_put_i64(&out, "visits", facts->visits);
    json_put_object(&out, "balances");
    for (size_t i = 0; i < program->n_currencies; i++) {
        json_key_str(&out, program->currencies[i].id);
        json_i64(&out, facts->balances[i]);
    }
    json_end(&out);
    if (facts->attributes.p) {
        json_key(&out, "attributes");
        json_raw(&out, facts->attributes);
    }
    if (facts->n_used) {
        json_put_array(&out, "used");
        for (size_t i = 0; i < facts->n_used; i++) {
            json_object(&out);
            json_put_str(&out, "name", facts->used[i].name);
            json_put_i64(&out, "period", facts->used[i].period);
            json_put_i64(&out, "value", facts->used[i].value);
            json_end(&out);
        }
        json_end(&out);
    }
    json_end(&out);
    return buf_text(&text);
}

static bool read_i64(const struct json *json, const char *name, int64_t *ret_value)
{
    const struct json *value = json_get(json, name);
    return value && value->type == JSON_TYPE_NUMBER && str_to_i64(value->text, ret_value);
}

static enum err read_used(struct arena *arena, const struct json *list, struct event_facts *facts)
{
    if (!list)
        return OK;
    facts->used = arena_try_array(arena, list->n, sizeof *facts->used);
    if (!facts->used)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct json *name = json_get(&list->items[i], "name");
        struct counter *counter = &facts->used[i];
        if (!name || !read_i64(&list->items[i], "period", &counter->period) ||
            !read_i64(&list->items[i], "value", &counter->value))
            return ERR_STORE_CORRUPT;
        counter->name = name->text;
    }
    facts->n_used = list->n;
    return OK;
}

static enum err read_balances(struct arena *arena, const struct program *program,
                              const struct json *balances, struct event_facts *facts)
{
    int64_t *values = arena_try_array(arena, program->n_currencies, sizeof *values);
    if (!values)
        return ERR_MEMORY;
    for (size_t i = 0; i < program->n_currencies; i++) {
        const struct json *value = json_get_str(balances, program->currencies[i].id);
        if (value && !str_to_i64(value->text, &values[i]))
            return ERR_STORE_CORRUPT;
    }
    facts->balances = values;
    return OK;
}

enum err facts_read(struct arena *arena, const struct program *program, struct str text,
                    struct event_facts *ret_facts)
{
    struct problems problems;
    problems_init(&problems, arena);
    const struct json *json;
    if (json_parse(arena, text, &json_limits_bulk, &problems, &json))
        return ERR_STORE_CORRUPT;
    struct event_facts facts = {0};
    bool complete = read_i64(json, "version", &facts.version) &&
                    read_i64(json, "enrolled_us", &facts.enrolled_us) &&
                    read_i64(json, "orders", &facts.orders) &&
                    read_i64(json, "spend", &facts.spend) &&
                    read_i64(json, "visits", &facts.visits);
    if (!complete)
        return ERR_STORE_CORRUPT;
    enum err e = read_balances(arena, program, json_get(json, "balances"), &facts);
    if (e)
        return e;
    const struct json *attributes = json_get(json, "attributes");
    if (attributes) {
        struct buf copy;
        struct json_out out;
        buf_init(&copy, arena);
        json_init(&out, &copy);
        json_copy(&out, attributes);
        facts.attributes = buf_text(&copy);
    }
    e = read_used(arena, json_get(json, "used"), &facts);
    if (e)
        return e;
    *ret_facts = facts;
    return OK;
}
