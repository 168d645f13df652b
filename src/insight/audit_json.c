// SPDX-License-Identifier: Apache-2.0
// audit_json.c - reading what is kept as JSON: derivations, payloads, replies, programmes.
//
// Layer: insight.  Tests: tests/insight/
#include "insight/audit_replay.h"

const struct json *audit_parse(struct audit *audit, struct arena *arena, struct str text)
{
    struct problems problems;
    problems_init(&problems, arena);
    const struct json *json;
    return json_parse(arena, text, &json_limits_bulk, &problems, &json) == OK ? json : NULL;
}

int64_t audit_json_i64(const struct json *object, const char *name, int64_t otherwise)
{
    const struct json *value = json_get(object, name);
    int64_t number;
    return value && value->type == JSON_TYPE_NUMBER && str_to_i64(value->text, &number) ? number
                                                                                        : otherwise;
}

struct str audit_json_text(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, name);
    return value && value->type == JSON_TYPE_STRING ? value->text : STR_NONE;
}

static const struct json *derivation(struct replay *replay)
{
    struct audit *audit = replay->audit;
    if (!replay->json) {
        arena_clear(&audit->scratch);
        replay->json = audit_parse(audit, &audit->scratch, replay->row->derivation);
    }
    return replay->json;
}

int64_t replay_until(struct replay *replay)
{
    return audit_json_i64(derivation(replay), "until_us", 0);
}

int64_t replay_carried(struct replay *replay)
{
    int64_t kind = replay->row->kind;
    if (kind != EFFECT_CLAWBACK && kind != EFFECT_CLAWBACK_PENDING && kind != EFFECT_CLAWBACK_DEBT)
        return 0;
    int64_t carried = audit_json_i64(derivation(replay), "carried", 0);
    return carried > 0 ? carried : 0;
}
