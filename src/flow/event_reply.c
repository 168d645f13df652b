// SPDX-License-Identifier: Apache-2.0
// event_reply.c - what an event answers; kept with it, so that a replay has the same bytes.
//
// Layer: flow.  Tests: tests/flow/ingest_test.c, tests/api/events.http
#include "base/civil.h"
#include "base/json_out.h"
#include "flow/ingest.h"
#include "flow/json.h"

static void write_effect(struct arena *arena, struct json_out *out, const struct program *program,
                         const struct effect *effect)
{
    json_object(out);
    json_put_c(out, "type", effect_info(effect->kind)->code);
    json_put_str(out, "currency", program->currencies[effect->currency].id);
    json_put_i64(out, "units", effect->units);
    json_put_i64(out, "seq", effect->seq);
    if (effect->rule_id.n)
        json_put_str(out, "rule_id", effect->rule_id);
    if (effect_info(effect->kind)->lots == LOTS_OPENS) {
        json_put_time(out, "activates_at", effect->activates_us);
        json_put_time(out, "expires_at", effect->expires_us);
    }
    json_put_object(out, "sentence");
    json_put_str(out, "en", effect_sentence(arena, program, effect, STR("en")));
    json_put_str(out, "fr", effect_sentence(arena, program, effect, STR("fr")));
    json_end(out);
    json_key(out, "derivation");
    derivation_json(out, effect);
    json_end(out);
}

struct str event_reply_json(struct arena *arena, const struct event_reply *reply)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_c(&out, "object", "event");
    json_put_str(&out, "id", id_text(arena, reply->event_id, "evt"));
    if (!id_is_nil(reply->member_id))
        json_put_str(&out, "member_id", id_text(arena, reply->member_id, "mbr"));
    json_put_c(&out, "status", reply->parked ? "parked" : "applied");
    json_put_str(&out, "type", reply->type);
    json_put_str(&out, "source", reply->source);
    json_put_str(&out, "external_id", reply->external_id);
    json_put_time(&out, "occurred_at", reply->occurred_us);
    json_put_array(&out, "effects");
    for (size_t i = 0; reply->decision && i < reply->decision->n_effects; i++)
        write_effect(arena, &out, reply->program, &reply->decision->effects[i]);
    json_end(&out);
    if (reply->state) {
        json_key(&out, "balances");
        json_balances(&out, reply->program, reply->state->wallets);
    }
    json_end(&out);
    return buf_text(&text);
}
