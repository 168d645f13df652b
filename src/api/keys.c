// SPDX-License-Identifier: Apache-2.0
// keys.c - HTTP face of API keys.
//
//   GET    /v1/keys        key_list()
//   POST   /v1/keys        key_create()
//   DELETE /v1/keys/{id}   key_revoke()
//
// Layer: api.  Tests: tests/api/keys.http
#include "api/objects.h"
#include "base/scope.h"
#include "flow/json.h"

struct key_body {
    struct str name;
    struct str scopes;
    int64_t expires_at;
};
static const struct field key_fields[] = {
    FIELD(struct key_body, name, STR, .required = true, .min = 1, .max = 100,
          .help = "Who or what uses it"),
    FIELD(struct key_body, scopes, STR, .required = true, .min = 1, .max = 500,
          .help = "Words divided by spaces, or all"),
    FIELD(struct key_body, expires_at, TIME, .help = "Never when absent"),
};
const struct shape shape_key_in =
    SHAPE_LIKE("key_in", struct key_body, key_fields,
               "{\"name\":\"Till 7\",\"scopes\":\"events:write members:read\"}");

static const struct field key_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("name", STR, .required = true),
    FIELD_OUT("last4", STR, .required = true, .help = "End of the key"),
    FIELD_OUT("scopes", STR, .required = true),
    FIELD_OUT("created_at", TIME, .required = true),
    FIELD_OUT("expires_at", TIME),
    FIELD_OUT("revoked_at", TIME),
};
static const struct shape shape_key_out = SHAPE_OUT("key", key_out_fields);
static const struct field key_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_key_out, .max = 10000),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_key_list_out = SHAPE_OUT("key_list", key_list_fields);
static const struct field key_created_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("key", JSON, .required = true),
    FIELD_OUT("secret", STR, .required = true, .help = "Shown once: keep it"),
};
const struct shape shape_key_created_out = SHAPE_OUT("key_created", key_created_fields);

static void write_key(struct json_out *out, const struct key_view *key)
{
    json_object(out);
    json_put_c(out, "object", "key");
    json_put_i64(out, "id", key->key_id);
    json_put_str(out, "name", key->name);
    json_put_str(out, "last4", key->last4);
    json_put_str(out, "scopes", key->scopes);
    json_put_time(out, "created_at", key->created_us);
    json_put_time(out, "expires_at", key->expires_us);
    json_put_time(out, "revoked_at", key->revoked_us);
    json_end(out);
}

enum err key_list(struct request *req)
{
    struct key_view *keys;
    size_t n;
    enum err e = flow_key_list(req->tx, req->arena, req->actor.tenant_id, &keys, &n);
    if (e)
        return e;
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++)
        write_key(out, &keys[i]);
    reply_list_end(req, STR_NONE);
    return OK;
}

// Nobody can hand on more than they have.
static enum err read_scopes(struct request *req, const struct key_body *body, uint64_t *ret_scopes)
{
    struct str unknown;
    if (scopes_parse(body->scopes, ret_scopes, &unknown)) {
        problem_field(req, "/scopes", "unknown", "There is no scope '%.*s'.", STR_FMT(unknown));
        return ERR_INPUT_INVALID;
    }
    if (*ret_scopes & ~req->actor.scopes) {
        problem_field(req, "/scopes", "forbidden", "A key cannot give scopes it does not have.");
        return ERR_FORBIDDEN;
    }
    return OK;
}

enum err key_create(struct request *req)
{
    const struct key_body *body = req->in;
    struct key_in in = {.name = body->name, .expires_us = body->expires_at};
    enum err e = read_scopes(req, body, &in.scopes);
    struct key_view key;
    struct str secret;
    if (!e)
        e = flow_key_create(req->tx, req->arena, request_caller(req), &in, &key, &secret);
    if (e)
        return e;
    struct json_out *out = reply_json(req, 201);
    json_object(out);
    json_put_c(out, "object", "key_created");
    json_key(out, "key");
    write_key(out, &key);
    json_put_str(out, "secret", secret);
    json_end(out);
    return OK;
}

enum err key_revoke(struct request *req)
{
    int64_t key_id;
    enum err e = path_number(req, 0, &key_id);
    if (!e)
        e = flow_key_revoke(req->tx, request_caller(req), key_id);
    if (e)
        return e;
    reply_empty(req);
    return OK;
}
