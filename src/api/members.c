// SPDX-License-Identifier: Apache-2.0
// members.c - HTTP face of joining, finding and changing members.
//
//   POST  /v1/members        member_create()
//   GET   /v1/members        member_list()
//   GET   /v1/members/{id}   member_get()
//   PATCH /v1/members/{id}   member_update()
//
// Layer: api.  Tests: tests/api/members.http
#include "api/cursor.h"
#include "api/objects.h"

struct member_body {
    struct str external_id, email, phone, card, name;
    const struct json *attributes, *metadata;
    int64_t enrolled_at;
};

static const struct field member_fields[] = {
    FIELD(struct member_body, external_id, STR, .min = 1, .max = 255, .help = "Your own id"),
    FIELD(struct member_body, email, STR, .min = 3, .max = 254),
    FIELD(struct member_body, phone, STR, .min = 3, .max = 32),
    FIELD(struct member_body, card, STR, .min = 1, .max = 64, .help = "A registered card"),
    FIELD(struct member_body, name, STR, .min = 1, .max = 200),
    FIELD(struct member_body, attributes, MAP, .max = 64, .help = "What your rules ask about"),
    FIELD(struct member_body, metadata, MAP, .max = 50, .help = "Whatever you want to keep here"),
    FIELD(struct member_body, enrolled_at, TIME, .absent = WHEN_NOW, .help = "Now when absent"),
};
const struct shape shape_member_in =
    SHAPE_LIKE("member_in", struct member_body, member_fields,
               "{\"external_id\":\"c-17850\",\"email\":\"ada@example.org\",\"name\":\"Ada\","
               "\"attributes\":{\"vip\":true}}");

static const struct field member_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", STR, .required = true, .help = "mbr_..."),
    FIELD_OUT("status", STR, .required = true, .help = "active, merged or closed"),
    FIELD_OUT("external_id", STR),
    FIELD_OUT("email", STR),
    FIELD_OUT("phone", STR),
    FIELD_OUT("card", STR),
    FIELD_OUT("code", STR),
    FIELD_OUT("name", STR),
    FIELD_OUT("attributes", MAP, .max = 64, .required = true),
    FIELD_OUT("metadata", MAP, .max = 50, .required = true),
    FIELD_OUT("enrolled_at", TIME, .required = true),
    FIELD_OUT("created_at", TIME, .required = true),
    FIELD_OUT("updated_at", TIME, .required = true),
};
const struct shape shape_member_out = SHAPE_OUT("member", member_out_fields);

static const struct field member_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_member_out, .max = 100),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_member_list_out = SHAPE_OUT("member_list", member_list_fields);

struct member_query {
    struct str external_id, email, phone, card, code;
    struct page_query page;
};

static const struct field query_fields[] = {
    FIELD(struct member_query, external_id, STR, .min = 1, .max = 255),
    FIELD(struct member_query, email, STR, .min = 3, .max = 254),
    FIELD(struct member_query, phone, STR, .min = 3, .max = 32),
    FIELD(struct member_query, card, STR, .min = 1, .max = 64),
    FIELD(struct member_query, code, STR, .min = 1, .max = 32),
    PAGE_FIELDS(struct member_query),
};
const struct shape shape_member_query = SHAPE("member_query", struct member_query, query_fields);

static struct str as_text(struct arena *arena, const struct json *object)
{
    if (!object)
        return STR_NONE;
    struct buf text;
    struct json_out out;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_canonical(&out, arena, object);
    return buf_text(&text);
}

// The version of a member is the instant of its last change.
static enum err answer(struct request *req, int status, const struct member_view *member)
{
    write_member(reply_json(req, status), req->arena, member);
    reply_etag(req, member->updated_us);
    return OK;
}

static struct member_in in_of(struct request *req)
{
    const struct member_body *body = req->in;
    return (struct member_in){.external_id = body->external_id,
                              .email = body->email,
                              .phone = body->phone,
                              .card = body->card,
                              .name = body->name,
                              .attributes = as_text(req->arena, body->attributes),
                              .metadata = as_text(req->arena, body->metadata),
                              .enrolled_us = body->enrolled_at};
}

struct member_ref member_joining(const struct request *req)
{
    const struct member_body *body = req->in;
    return (struct member_ref){.external_id = body->external_id,
                               .email = body->email,
                               .phone = body->phone,
                               .card = body->card};
}

enum err member_create(struct request *req)
{
    struct member_in in = in_of(req);
    struct member_view member;
    bool created;
    enum err e = flow_enrol(req->tx, req->arena, request_caller(req), &in, &req->problems, &member,
                            &created);
    if (e)
        return e;
    return answer(req, created ? 201 : 200, &member);
}

enum err member_get(struct request *req)
{
    struct member_ref ref = {0};
    struct member_view member;
    enum err e = path_id(req, 0, "mbr", &ref.id);
    if (!e)
        e = flow_member_find(req->tx, req->arena, req->actor.tenant_id, &ref, &member);
    return e ? e : answer(req, 200, &member);
}

enum err member_update(struct request *req)
{
    struct member_ref ref = {0};
    struct member_view member;
    enum err e = path_id(req, 0, "mbr", &ref.id);
    if (!e && req->if_match.n) {
        e = flow_member_find(req->tx, req->arena, req->actor.tenant_id, &ref, &member);
        if (!e)
            e = request_if_match(req, member.updated_us);
    }
    if (e)
        return e;
    struct member_in in = in_of(req);
    e = flow_member_update(req->tx, req->arena, request_caller(req), ref.id, &in, &req->problems,
                           &member);
    return e ? e : answer(req, 200, &member);
}

// A list of one or none.
static enum err find_one(struct request *req, const struct member_ref *ref)
{
    struct member_view member;
    enum err e = flow_member_find(req->tx, req->arena, req->actor.tenant_id, ref, &member);
    if (e && e != ERR_NOT_FOUND)
        return e;
    struct json_out *out = reply_list(req);
    if (!e)
        write_member(out, req->arena, &member);
    reply_list_end(req, STR_NONE);
    return OK;
}

enum err member_list(struct request *req)
{
    const struct member_query *query = req->query;
    struct member_ref ref = {.external_id = query->external_id,
                             .email = query->email,
                             .phone = query->phone,
                             .card = query->card,
                             .code = query->code};
    if (ref.external_id.p || ref.email.p || ref.phone.p || ref.card.p || ref.code.p)
        return find_one(req, &ref);
    struct id after = ID_NIL;
    enum err e = OK;
    if (query->page.cursor.p)
        e = cursor_decode(req, query->page.cursor, after.b, sizeof after.b);
    int limit = (int)query->page.limit;
    struct member_view *members;
    size_t n;
    if (!e)
        e = flow_member_list(req->tx, req->arena, req->actor.tenant_id, after, limit + 1, &members,
                             &n);
    if (e)
        return e;
    bool more = page_has_more(&n, limit);
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++)
        write_member(out, req->arena, &members[i]);
    reply_list_end(req, more ? cursor_encode(req, members[n - 1].id.b, sizeof after.b) : STR_NONE);
    return OK;
}
