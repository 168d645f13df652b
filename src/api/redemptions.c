// SPDX-License-Identifier: Apache-2.0
// redemptions.c - HTTP face of rewards and of spending units on them.
//
//   GET  /v1/rewards                     reward_list()
//   GET  /v1/members/{id}/rewards        member_rewards()
//   GET  /v1/members/{id}/redemptions    member_redemptions()
//   POST /v1/redemptions                 redemption_create()
//   GET  /v1/redemptions/{id}            redemption_get()
//   POST /v1/redemptions/{id}/capture    redemption_capture()
//   POST /v1/redemptions/{id}/cancel     redemption_cancel()
//   POST /v1/redemptions/{id}/reverse    redemption_reverse()
//
// Layer: api.  Tests: tests/api/redemptions.http
#include "api/cursor.h"
#include "api/objects.h"
#include "flow/json.h"

// ---- rewards

static const struct field reward_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", STR, .required = true),
    FIELD_OUT("name", JSON, .required = true, .help = "en, fr"),
    FIELD_OUT("cost", JSON, .required = true, .help = "Units by currency"),
    FIELD_OUT("gives", JSON, .required = true, .help = "What the till hands over"),
};
static const struct shape shape_reward_out = SHAPE_OUT("reward", reward_fields);
static const struct field reward_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_reward_out, .max = 1000),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_reward_list_out = SHAPE_OUT("reward_list", reward_list_fields);

static const struct field member_reward_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", STR, .required = true),
    FIELD_OUT("name", JSON, .required = true, .help = "en, fr"),
    FIELD_OUT("cost", JSON, .required = true, .help = "Units by currency"),
    FIELD_OUT("gives", JSON, .required = true),
    FIELD_OUT("affordable", BOOL, .required = true),
    FIELD_OUT("refusal", STR, .help = "Why not, when not"),
    FIELD_OUT("missing", I64, .min = 0, .max = JSON_I64_MAX, .help = "Units"),
};
static const struct shape shape_member_reward_out =
    SHAPE_OUT("member_reward", member_reward_fields);
static const struct field member_reward_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_member_reward_out, .max = 1000),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_member_reward_list_out =
    SHAPE_OUT("member_reward_list", member_reward_list_fields);

// Leaves the object open.
static void begin_reward(struct json_out *out, const struct program *program,
                         const struct program_reward *reward)
{
    json_object(out);
    json_put_c(out, "object", "reward");
    json_put_str(out, "id", reward->id);
    json_put_bilingual(out, "name", reward->name);
    json_put_object(out, "cost");
    for (size_t i = 0; i < reward->n_costs; i++) {
        json_key_str(out, program->currencies[reward->costs[i].currency].id);
        json_i64(out, reward->costs[i].units);
    }
    json_end(out);
    json_key(out, "gives");
    json_raw(out, reward->gives);
}

void write_reward_check(struct json_out *out, const struct program *program,
                        const struct quote_reward *check, bool quoted)
{
    begin_reward(out, program, &program->rewards[check->reward]);
    json_put_bool(out, "affordable", check->affordable);
    if (!check->affordable) {
        json_put_str(out, "refusal", check->refusal);
        if (check->missing)
            json_put_i64(out, "missing", check->missing);
    }
    if (quoted)
        json_put_bool(out, "reached", check->reached);
    json_end(out);
}

enum err reward_list(struct request *req)
{
    const struct program *program;
    enum err e = tx_program(req->tx, req->actor.tenant_id, req->tx->now_us, &program);
    if (e)
        return e;
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < program->n_rewards; i++) {
        begin_reward(out, program, &program->rewards[i]);
        json_end(out);
    }
    reply_list_end(req, STR_NONE);
    return OK;
}

enum err member_rewards(struct request *req)
{
    struct member_ref ref = {0};
    struct rewards_view view;
    enum err e = path_id(req, 0, "mbr", &ref.id);
    if (!e)
        e = flow_rewards(req->tx, req->arena, req->actor.tenant_id, ref.id, &view);
    if (e)
        return e;
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < view.program->n_rewards; i++)
        write_reward_check(out, view.program, &view.rewards[i], false);
    reply_list_end(req, STR_NONE);
    return OK;
}

// ---- redemptions

struct redemption_body {
    struct id member_id;
    struct str reward_id;
    bool hold;
};
static const struct field redemption_fields[] = {
    FIELD(struct redemption_body, member_id, ID, .required = true, .prefix = "mbr"),
    FIELD(struct redemption_body, reward_id, STR, .required = true, .min = 1, .max = 64),
    FIELD(struct redemption_body, hold, BOOL,
          .help = "Reserve now, capture or cancel later; a hold ends by itself"),
};
const struct shape shape_redemption_in =
    SHAPE_LIKE("redemption_in", struct redemption_body, redemption_fields,
               "{\"member_id\":\"mbr_01k806899hej8vn1yzv49a125h\",\"reward_id\":\"coffee\"}");

struct id redemption_member(const struct request *req)
{
    const struct redemption_body *body = req->in;
    return body->member_id;
}

static const struct field redemption_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", STR, .required = true, .help = "rdm_..."),
    FIELD_OUT("member_id", STR, .required = true),
    FIELD_OUT("reward_id", STR, .required = true),
    FIELD_OUT("status", STR, .required = true,
              .help = "held, redeemed, released, expired or reversed"),
    FIELD_OUT("name", JSON, .help = "en, fr"),
    FIELD_OUT("gives", JSON),
    FIELD_OUT("cost", JSON),
    FIELD_OUT("expires_at", TIME, .help = "Of a hold"),
    FIELD_OUT("created_at", TIME, .required = true),
    FIELD_OUT("updated_at", TIME, .required = true),
    FIELD_OUT("balances", JSON, .help = "Afterwards; not in lists"),
};
const struct shape shape_redemption_out = SHAPE_OUT("redemption", redemption_out_fields);
static const struct field redemption_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_redemption_out, .max = 100),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_redemption_list_out = SHAPE_OUT("redemption_list", redemption_list_fields);

enum err redemption_create(struct request *req)
{
    const struct redemption_body *body = req->in;
    struct redeem_in in = {.member = {.id = body->member_id},
                           .reward_id = body->reward_id,
                           .hold = body->hold};
    struct redemption_view redemption;
    struct shortage shortage;
    enum err e = flow_redeem(req->tx, req->arena, request_caller(req), &in, &redemption, &shortage);
    if (e == ERR_INSUFFICIENT_BALANCE) {
        problem_text(req, "currency", shortage.currency);
        problem_number(req, "required", shortage.required);
        problem_number(req, "available", shortage.available);
        problem_number(req, "missing", shortage.missing);
    }
    if (e == ERR_MEMBER_UNKNOWN)
        problem_field(req, "/member_id", "unknown", "There is no such member.");
    if (e == ERR_REWARD_UNKNOWN)
        problem_field(req, "/reward_id", "unknown", "The programme has no such reward.");
    if (e)
        return e;
    write_redemption(reply_json(req, 201), req->arena, &redemption);
    return OK;
}

static enum err take_step(struct request *req,
                          enum err (*step)(struct tx *tx, struct arena *arena, struct caller by,
                                           struct id redemption_id,
                                           struct redemption_view *ret_redemption))
{
    struct id id;
    struct redemption_view redemption;
    enum err e = path_id(req, 0, "rdm", &id);
    if (!e)
        e = step(req->tx, req->arena, request_caller(req), id, &redemption);
    if (e)
        return e;
    write_redemption(reply_json(req, 200), req->arena, &redemption);
    return OK;
}

enum err redemption_capture(struct request *req)
{
    return take_step(req, flow_capture);
}

enum err redemption_cancel(struct request *req)
{
    return take_step(req, flow_release);
}

enum err redemption_reverse(struct request *req)
{
    return take_step(req, flow_reverse);
}

enum err redemption_get(struct request *req)
{
    struct id id;
    struct redemption_view redemption;
    enum err e = path_id(req, 0, "rdm", &id);
    if (!e)
        e = flow_redemption_get(req->tx, req->arena, req->actor.tenant_id, id, &redemption);
    if (e)
        return e;
    write_redemption(reply_json(req, 200), req->arena, &redemption);
    return OK;
}

enum err member_redemptions(struct request *req)
{
    struct history_in in;
    struct redemption_view *redemptions;
    size_t n;
    enum err e = history_of(req, &in);
    if (!e)
        e = flow_redemption_list(req->tx, req->arena, req->actor.tenant_id, &in, &redemptions, &n);
    if (e)
        return e;
    bool more = page_has_more(&n, in.limit - 1);
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++) {
        redemptions[i].wallets = NULL; // of now, not of then
        write_redemption(out, req->arena, &redemptions[i]);
    }
    reply_list_end(req, more ? cursor_encode(req, redemptions[n - 1].id.b, sizeof in.before.b)
                             : STR_NONE);
    return OK;
}
