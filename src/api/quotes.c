// SPDX-License-Identifier: Apache-2.0
// quotes.c - HTTP face of asking before paying.
//
//   POST /v1/quotes   quote_create()
//
// Layer: api.  Tests: tests/api/quotes.http
#include "api/objects.h"
#include "flow/event_in.h"
#include "flow/json.h"

struct quote_body {
    struct event_body_member *member;
    struct str type, store, channel;
    int64_t occurred_at;
    struct event_body_order *order;
    const struct json *attributes;
};
static const struct field quote_fields[] = {
    FIELD(struct quote_body, member, OBJECT, .required = true, .shape = &shape_event_member_in,
          .help = "Whoever is not known is judged as a new member"),
    FIELD(struct quote_body, type, STR, .min = 1, .max = 64, .help = "order.paid when absent"),
    FIELD(struct quote_body, occurred_at, TIME, .absent = WHEN_NOW, .help = "Now when absent"),
    FIELD(struct quote_body, store, STR, .max = 128),
    FIELD(struct quote_body, channel, STR, .max = 64),
    FIELD(struct quote_body, order, OBJECT, .shape = &shape_event_order_in,
          .help = "What order.paid carries, and no other type"),
    FIELD(struct quote_body, attributes, MAP, .max = 64),
};
const struct shape shape_quote_in = SHAPE_LIKE(
    "quote_in", struct quote_body, quote_fields,
    "{\"member\":{\"external_id\":\"c-17850\"},\"order\":{\"currency\":\"EUR\",\"lines\":["
    "{\"id\":\"1\",\"sku\":\"LATTE\",\"quantity\":1,\"unit_amount\":462}]}}");

static const struct field quote_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("member_id", STR, .help = "Absent for a stranger"),
    FIELD_OUT("earns", ARRAY, .required = true, .items = FIELD_JSON, .max = 1000,
              .help = "What the order would earn, each with its sentence"),
    FIELD_OUT("near_misses", ARRAY, .required = true, .items = FIELD_JSON, .max = 1000,
              .help = "What a little more would earn, each with its sentence"),
    FIELD_OUT("rewards", ARRAY, .required = true, .items = FIELD_JSON, .max = 1000,
              .help = "Every reward: affordable now, or reached by the order"),
    FIELD_OUT("balances", JSON, .required = true, .help = "Now, before the order"),
    FIELD_OUT("balances_after", JSON, .required = true, .help = "When the order has been paid"),
};
const struct shape shape_quote_out = SHAPE_OUT("quote", quote_out_fields);

static void write_earn(struct json_out *out, const struct quote_earn *earn)
{
    json_object(out);
    json_put_c(out, "type", earn->type);
    json_put_str(out, "currency", earn->currency);
    json_put_i64(out, "units", earn->units);
    if (earn->rule_id.n)
        json_put_str(out, "rule_id", earn->rule_id);
    json_put_bilingual(out, "sentence", earn->sentence);
    json_end(out);
}

static void write_near_miss(struct json_out *out, const struct quote_near_miss *miss)
{
    json_object(out);
    json_put_str(out, "rule_id", miss->rule_id);
    json_put_str(out, "currency", miss->currency);
    json_put_i64(out, "units", miss->units);
    json_put_i64(out, "missing", miss->missing);
    json_put_bilingual(out, "sentence", miss->sentence);
    json_end(out);
}

static void write_quote(struct json_out *out, struct arena *arena, const struct quote_out *quote)
{
    const struct program *program = quote->program;
    json_object(out);
    json_put_c(out, "object", "quote");
    if (!id_is_nil(quote->member_id))
        json_put_str(out, "member_id", id_text(arena, quote->member_id, "mbr"));
    json_put_array(out, "earns");
    for (size_t i = 0; i < quote->n_earns; i++)
        write_earn(out, &quote->earns[i]);
    json_end(out);
    json_put_array(out, "near_misses");
    for (size_t i = 0; i < quote->n_near_misses; i++)
        write_near_miss(out, &quote->near_misses[i]);
    json_end(out);
    json_put_array(out, "rewards");
    for (size_t i = 0; i < program->n_rewards; i++)
        write_reward_check(out, program, &quote->rewards[i], true);
    json_end(out);
    json_key(out, "balances");
    json_balances(out, program, quote->wallets);
    json_key(out, "balances_after");
    json_balances(out, program, quote->after);
    json_end(out);
}

enum err quote_create(struct request *req)
{
    const struct quote_body *body = req->in;
    struct event_body event = {.source = STR("quote"),
                               .external_id = STR("quote"),
                               .type = body->type.p ? body->type : STR("order.paid"),
                               .occurred_at = body->occurred_at,
                               .member = body->member,
                               .store = body->store,
                               .channel = body->channel,
                               .order = body->order,
                               .attributes = body->attributes};
    struct event_in in;
    if (event_refers_to_order(event.type)) {
        problem_field(req, "/type", "not_allowed", "A return gives nothing that could be quoted.");
        return ERR_INPUT_INVALID;
    }
    if (!event_in_of(req->arena, &event, req->json, STR_NONE, &req->problems, &in))
        return ERR_INPUT_INVALID;
    struct quote_out quote;
    enum err e = flow_quote(req->tx, req->arena, req->actor.tenant_id, &in, &req->problems, &quote);
    if (e)
        return e;
    write_quote(reply_json(req, 200), req->arena, &quote);
    return OK;
}
