// SPDX-License-Identifier: Apache-2.0
// request.h - what a handler sees of a request, and how it answers.
//
//   enum err member_get(struct request *req)
//   {
//       struct member member;
//       enum err e = member_find(req->tx, req->actor.tenant_id, req->path_arg[0], &member);
//       if (e)
//           return e;
//       struct json_out *out = reply_json(req, 200);
//       member_write(out, &member);
//       return OK;
//   }
//
// A handler is straight-line code.  Before it is called the router has found the route, checked
// key, scope, rate, query and body; afterwards it turns what the handler returned into the reply.
//
//   Q1  OK with a reply begun by reply_json or reply_empty, or an error: the router sends exactly
//       one answer.  OK without a reply is a bug.
//   Q2  An error drops whatever was written to the reply and becomes application/problem+json.
//   Q3  A handler on a lane may be run again from the start (work.h W3): it keeps nothing outside
//       the arena, and the arena is cleared before each run.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#pragma once

#include "api/route.h"
#include "base/env.h"
#include "base/id.h"

struct tx;
struct services;

struct actor {
    int64_t tenant_id; // 0: nobody (PUBLIC and LOCAL routes only)
    int64_t key_id;
    uint64_t scopes;
};

#define PROBLEM_EXTRAS_MAX 8

struct problem_extra {
    const char *name;
    int64_t value;
    struct str text; // .p NULL: it is the number
};

#define REPLY_HEADERS_MAX 6

struct reply_header {
    const char *name;
    struct str value;
};

struct reply {
    int status; // 0: none yet
    const char *media_type;
    struct buf body;
    struct json_out out;
    struct reply_header headers[REPLY_HEADERS_MAX];
    size_t n_headers;
    struct id event_id; // the body is what this event keeps as its reply; or nil
};

struct request {
    struct arena *arena; // of this run; see Q3
    const struct services *services;
    const struct env *env;
    const struct route *route;
    struct tx *tx; // NULL on LANE_NONE
    struct actor actor;
    struct str id; // X-Request-Id

    struct str path; // as sent, without the query
    struct str path_arg[ROUTE_ARGS_MAX];
    const void *query;            // target of route->query
    const void *in;               // target of in_shape
    const struct shape *in_shape; // route->in, or the alternative of it that was sent
    const struct json *json;      // the body as it came; NULL without one
    struct str canonical; // the same as canonical JSON, with an Idempotency-Key; or STR_NONE
    struct str if_match;  // header If-Match, or STR_NONE

    struct reply reply;

    // What the problem will say beside its code; see problem_* below.
    struct str detail;
    struct problems problems;
    struct problem_extra extras[PROBLEM_EXTRAS_MAX];
    size_t n_extras;
};

// Begins the JSON reply.  Called once.
struct json_out *reply_json(struct request *req, int status);
// A reply without body, 204.
void reply_empty(struct request *req);
// Bytes of another media type.
void reply_text(struct request *req, int status, const char *media_type, struct str body);
// name is a literal; the value must not contain line ends.
void reply_header(struct request *req, const char *name, struct str value);
// ETag: "<version>"
void reply_etag(struct request *req, int64_t version);
// ERR_PRECONDITION_FAILED when the client sent If-Match with another version.
MUST_CHECK enum err request_if_match(struct request *req, int64_t version);

// The sentence under "detail"; the catalogue's title stands alone without it.
void problem_detail(struct request *req, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// One faulty field: an item of "errors".  The handler returns ERR_INPUT_INVALID afterwards.
void problem_field(struct request *req, const char *pointer, const char *code, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
// Further members of the problem, such as {"required":500,"available":120,"missing":380}.
void problem_number(struct request *req, const char *name, int64_t value);
void problem_text(struct request *req, const char *name, struct str value);

// {"object":"list","data":[ ... ],"has_more":...,"next_cursor":...}: reply_list opens data, the
// handler writes the items, reply_list_end closes.  next_cursor STR_NONE: this was the last page.
struct json_out *reply_list(struct request *req);
void reply_list_end(struct request *req, struct str next_cursor);
