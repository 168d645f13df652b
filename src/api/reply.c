// SPDX-License-Identifier: Apache-2.0
// reply.c - how a handler answers, and what an error looks like.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#include "api/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reply_reset(struct request *req)
{
    req->reply = (struct reply){0};
    req->detail = STR_NONE;
    req->n_extras = 0;
    problems_init(&req->problems, req->arena);
}

static void begin(struct request *req, int status, const char *media_type)
{
    CHECK(req->reply.status == 0); // a handler answers once
    CHECK(status >= 200 && status < 300);
    req->reply.status = status;
    req->reply.media_type = media_type;
    buf_init(&req->reply.body, req->arena);
    json_init(&req->reply.out, &req->reply.body);
}

struct json_out *reply_json(struct request *req, int status)
{
    begin(req, status, "application/json");
    return &req->reply.out;
}

void reply_empty(struct request *req)
{
    begin(req, 204, NULL);
}

void reply_text(struct request *req, int status, const char *media_type, struct str body)
{
    begin(req, status, media_type);
    buf_str(&req->reply.body, body);
}

void reply_header(struct request *req, const char *name, struct str value)
{
    CHECK(req->reply.n_headers < REPLY_HEADERS_MAX);
    CHECK(!value.n || (!memchr(value.p, '\r', value.n) && !memchr(value.p, '\n', value.n)));
    req->reply.headers[req->reply.n_headers++] =
        (struct reply_header){name, str_dup(req->arena, value)};
}

void reply_etag(struct request *req, int64_t version)
{
    reply_header(req, "ETag", str_printf(req->arena, "\"%lld\"", (long long)version));
}

enum err request_if_match(struct request *req, int64_t version)
{
    struct str wanted = str_trim(req->if_match);
    if (wanted.n == 0 || str_eq(wanted, STR("*")))
        return OK;
    if (str_eq(wanted, str_printf(req->arena, "\"%lld\"", (long long)version)))
        return OK;
    problem_detail(req, "If-Match says %.*s, but it is \"%lld\" now", STR_FMT(wanted),
                   (long long)version);
    return ERR_PRECONDITION_FAILED;
}

struct json_out *reply_list(struct request *req)
{
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_c(out, "object", "list");
    json_put_array(out, "data");
    return out;
}

void reply_list_end(struct request *req, struct str next_cursor)
{
    struct json_out *out = &req->reply.out;
    json_end(out);
    json_put_bool(out, "has_more", next_cursor.p != NULL);
    if (next_cursor.p)
        json_put_str(out, "next_cursor", next_cursor);
    else
        json_put_null(out, "next_cursor");
    json_end(out);
}

// ---- problems

__attribute__((format(printf, 2, 0))) static struct str formatted(struct arena *arena,
                                                                  const char *format, va_list args)
{
    char text[512];
    int n = vsnprintf(text, sizeof text, format, args);
    CHECK(n >= 0);
    size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    while (length && !str_is_utf8((struct str){text, length}))
        length--; // the cut must not leave half a character
    return str_dup(arena, (struct str){text, length});
}

void problem_detail(struct request *req, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    req->detail = formatted(req->arena, format, args);
    va_end(args);
}

void problem_field(struct request *req, const char *pointer, const char *code, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    struct str detail = formatted(req->arena, format, args);
    va_end(args);
    problem_add(&req->problems, str_dup(req->arena, str_of(pointer)), code, "%.*s",
                STR_FMT(detail));
}

static void add_extra(struct request *req, struct problem_extra extra)
{
    CHECK(req->n_extras < PROBLEM_EXTRAS_MAX);
    req->extras[req->n_extras++] = extra;
}

void problem_number(struct request *req, const char *name, int64_t value)
{
    add_extra(req, (struct problem_extra){.name = name, .value = value});
}

void problem_text(struct request *req, const char *name, struct str value)
{
    add_extra(req, (struct problem_extra){.name = name, .text = str_dup(req->arena, value)});
}

static void write_extras(const struct request *req, struct json_out *out)
{
    for (size_t i = 0; i < req->n_extras; i++) {
        const struct problem_extra *extra = &req->extras[i];
        if (extra->text.p)
            json_put_str(out, extra->name, extra->text);
        else
            json_put_i64(out, extra->name, extra->value);
    }
}

// A fault is told without detail: what failed inside is for the log.
static struct str detail_of(const struct request *req, const struct err_info *info)
{
    if (info->http_status >= 500 || !req->detail.p)
        return STR_NONE;
    return req->detail;
}

void reply_problem(struct request *req, enum err err)
{
    const struct err_info *info = err_info(err);
    // After an overflow the arena hands out its sink: the problem needs room of its own.
    if (arena_overflowed(req->arena)) {
        arena_clear(req->arena);
        reply_reset(req);
    }
    req->reply = (struct reply){.status = info->http_status};
    req->reply.media_type = "application/problem+json";
    buf_init(&req->reply.body, req->arena);
    struct json_out *out = &req->reply.out;
    json_init(out, &req->reply.body);

    struct str detail = detail_of(req, info);
    json_object(out);
    json_put_str(out, "type", str_printf(req->arena, "urn:habitue:problem:%s", info->code));
    json_put_c(out, "title", info->title);
    json_put_i64(out, "status", info->http_status);
    if (detail.p)
        json_put_str(out, "detail", detail);
    json_put_str(out, "instance",
                 str_printf(req->arena, "urn:habitue:request:%.*s", STR_FMT(req->id)));
    json_put_c(out, "code", info->code);
    json_put_i64(out, "number", err);
    json_put_str(out, "request_id", req->id);
    write_extras(req, out);
    if (req->problems.n) {
        json_key(out, "errors");
        problems_write(&req->problems, out);
        if (req->problems.n > PROBLEMS_KEPT)
            json_put_i64(out, "errors_left_off", (int64_t)req->problems.n - PROBLEMS_KEPT);
    }
    json_end(out);
    if (info->http_status == 503)
        reply_header(req, "Retry-After", STR("1"));
}
