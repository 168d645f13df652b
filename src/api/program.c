// SPDX-License-Identifier: Apache-2.0
// program.c - HTTP face of the programme document: plan, apply, versions.
//
//   GET  /v1/program                       program_get()
//   POST /v1/program/plan                  program_plan()
//   GET  /v1/program/versions              version_list()
//   POST /v1/program/versions              version_create()
//   GET  /v1/program/versions/{version}    version_get()
//
// Layer: api.  Tests: tests/api/program.http
#include "api/cursor.h"
#include "api/objects.h"
#include "flow/json.h"

struct version_body {
    const struct json *document;
    struct str note;
};
static const struct field version_fields[] = {
    FIELD(struct version_body, document, JSON, .required = true,
          .help = "The programme; `habitue schema` prints its JSON Schema"),
    FIELD(struct version_body, note, TEXT, .max = 1000, .help = "Why it changes"),
};
const struct shape shape_version_in = SHAPE("version_in", struct version_body, version_fields);
static const struct field plan_fields[] = {
    FIELD(struct version_body, document, JSON, .required = true),
};
const struct shape shape_plan_in = SHAPE("plan_in", struct version_body, plan_fields);

static const struct field version_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("version", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("author", STR, .required = true),
    FIELD_OUT("note", STR, .required = true),
    FIELD_OUT("valid_from", TIME, .required = true),
    FIELD_OUT("created_at", TIME, .required = true),
    FIELD_OUT("sha256", STR, .required = true, .help = "Of the document"),
    FIELD_OUT("document", JSON, .help = "Not in lists"),
};
const struct shape shape_version_out = SHAPE_OUT("program_version", version_out_fields);
static const struct field version_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_version_out, .max = 100),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_version_list_out = SHAPE_OUT("program_version_list", version_list_fields);

static const struct field change_fields[] = {
    FIELD_OUT("pointer", STR, .required = true),
    FIELD_OUT("kind", STR, .required = true, .help = "added, removed or changed"),
    FIELD_OUT("sentence", JSON, .required = true, .help = "en, fr"),
    FIELD_OUT("before", JSON),
    FIELD_OUT("after", JSON),
};
static const struct shape shape_change_out = SHAPE_OUT("program_change", change_fields);
static const struct field plan_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("current_version", I64, .required = true, .min = 0, .max = JSON_I64_MAX),
    FIELD_OUT("changes", ARRAY, .required = true, .shape = &shape_change_out, .max = 10000),
    FIELD_OUT("warnings", JSON, .required = true,
              .help = "pointer, code, detail, suggestion, start, end"),
};
const struct shape shape_plan_out = SHAPE_OUT("program_plan", plan_out_fields);

static struct str document_text(struct request *req)
{
    const struct version_body *body = req->in;
    struct buf text;
    struct json_out out;
    buf_init(&text, req->arena);
    json_init(&out, &text);
    json_copy(&out, body->document);
    return buf_text(&text);
}

static void write_version(struct request *req, struct json_out *out,
                          const struct version_view *version)
{
    json_object(out);
    json_put_c(out, "object", "program_version");
    json_put_i64(out, "version", version->version);
    json_put_str(out, "author", version->author);
    json_put_str(out, "note", version->note);
    json_put_time(out, "valid_from", version->valid_from_us);
    json_put_time(out, "created_at", version->recorded_us);
    struct buf hex;
    buf_init(&hex, req->arena);
    buf_hex(&hex, version->sha256.b, sizeof version->sha256.b);
    json_put_str(out, "sha256", buf_text(&hex));
    if (version->document.p) {
        json_key(out, "document");
        json_raw(out, version->document);
    }
    json_end(out);
}

static enum err answer_version(struct request *req, int64_t number)
{
    struct version_view version;
    enum err e = flow_version_get(req->tx, req->arena, req->actor.tenant_id, number, &version);
    if (e)
        return e;
    write_version(req, reply_json(req, 200), &version);
    reply_etag(req, version.version);
    return OK;
}

enum err program_get(struct request *req)
{
    return answer_version(req, 0);
}

enum err version_get(struct request *req)
{
    int64_t number;
    enum err e = path_number(req, 0, &number);
    return e ? e : answer_version(req, number);
}

// Faults are told at their place in the request, where the document is a member.
static void tell_errors(struct request *req, const struct program_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct program_problem *problem = &problems->list[i];
        if (problem->warning)
            continue;
        const char *pointer =
            str_c(req->arena, str_printf(req->arena, "/document%.*s", STR_FMT(problem->pointer)));
        problem_field(req, pointer, str_c(req->arena, problem->code), "%.*s",
                      STR_FMT(problem->detail));
        problem_suggest(&req->problems, problem->suggestion);
        problem_span(&req->problems, problem->start, problem->end);
    }
}

static void write_warnings(struct json_out *out, const struct program_problems *problems)
{
    json_put_array(out, "warnings");
    for (size_t i = 0; i < problems->n; i++) {
        const struct program_problem *problem = &problems->list[i];
        json_object(out);
        json_put_str(out, "pointer", problem->pointer);
        json_put_str(out, "code", problem->code);
        json_put_str(out, "detail", problem->detail);
        if (problem->suggestion.n)
            json_put_str(out, "suggestion", problem->suggestion);
        if (problem->end) {
            json_put_i64(out, "start", problem->start);
            json_put_i64(out, "end", problem->end);
        }
        json_end(out);
    }
    json_end(out);
}

static void write_change(struct json_out *out, const struct program_change *change)
{
    json_object(out);
    json_put_str(out, "pointer", change->pointer);
    json_put_str(out, "kind", change->kind);
    json_put_bilingual(out, "sentence", change->sentence);
    if (change->before.p) {
        json_key(out, "before");
        json_raw(out, change->before);
    }
    if (change->after.p) {
        json_key(out, "after");
        json_raw(out, change->after);
    }
    json_end(out);
}

enum err program_plan(struct request *req)
{
    struct plan_view plan = {0};
    enum err e = flow_plan(req->tx, req->arena, req->actor.tenant_id, document_text(req), &plan);
    if (e == ERR_PROGRAM_INVALID)
        tell_errors(req, &plan.problems);
    if (e)
        return e;
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_c(out, "object", "program_plan");
    json_put_i64(out, "current_version", plan.current_version);
    json_put_array(out, "changes");
    for (size_t i = 0; i < plan.n_changes; i++)
        write_change(out, &plan.changes[i]);
    json_end(out);
    write_warnings(out, &plan.problems);
    json_end(out);
    return OK;
}

// If-Match names the version the document was made from: who was slower must look again.
static enum err check_if_match(struct request *req)
{
    struct version_view newest = {0};
    if (!req->if_match.n)
        return OK;
    enum err e = flow_version_get(req->tx, req->arena, req->actor.tenant_id, 0, &newest);
    return e && e != ERR_NOT_FOUND ? e : request_if_match(req, newest.version);
}

enum err version_create(struct request *req)
{
    const struct version_body *body = req->in;
    struct program_problems problems = {0};
    struct version_view version;
    struct apply_in in = {.document = document_text(req),
                          .author =
                              str_printf(req->arena, "key %lld", (long long)req->actor.key_id),
                          .note = body->note.p ? body->note : STR("")};
    enum err e = check_if_match(req);
    if (!e)
        e = flow_apply(req->tx, req->arena, request_caller(req), &in, &problems, &version);
    if (e == ERR_PROGRAM_INVALID)
        tell_errors(req, &problems);
    if (e)
        return e;
    write_version(req, reply_json(req, 201), &version);
    reply_etag(req, version.version);
    return OK;
}

enum err version_list(struct request *req)
{
    const struct list_query *query = req->query;
    int64_t before = 0;
    enum err e = OK;
    if (query->page.cursor.p)
        e = cursor_decode(req, query->page.cursor, &before, sizeof before);
    int limit = (int)query->page.limit;
    struct version_view *versions;
    size_t n;
    if (!e)
        e = flow_version_list(req->tx, req->arena, req->actor.tenant_id, before, limit + 1,
                              &versions, &n);
    if (e)
        return e;
    bool more = page_has_more(&n, limit);
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++)
        write_version(req, out, &versions[i]);
    int64_t last = more ? versions[n - 1].version : 0;
    reply_list_end(req, more ? cursor_encode(req, &last, sizeof last) : STR_NONE);
    return OK;
}
