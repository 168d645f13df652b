// SPDX-License-Identifier: Apache-2.0
// exchange_headers.c - the headers of every reply, errors included.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#include "api/exchange.h"

struct headers {
    struct reply_header *list;
    size_t n;
};

static void add(struct headers *headers, const char *name, struct str value)
{
    CHECK(headers->n < EXCHANGE_HEADERS_MAX);
    headers->list[headers->n++] = (struct reply_header){name, value};
}

// draft-ietf-httpapi-ratelimit-headers
static void add_limit(struct exchange *ex, struct headers *headers)
{
    const struct limit_verdict *limit = &ex->limit;
    struct arena *arena = ex->req.arena;
    add(headers, "RateLimit-Policy", str_printf(arena, "\"key\";q=%lld", (long long)limit->limit));
    add(headers, "RateLimit",
        str_printf(arena, "\"key\";r=%lld;t=%lld", (long long)limit->remaining,
                   (long long)limit->reset_s));
    if (!limit->allowed)
        add(headers, "Retry-After", str_printf(arena, "%lld", (long long)limit->retry_s));
}

size_t exchange_headers(struct exchange *ex, struct reply_header ret_headers[EXCHANGE_HEADERS_MAX])
{
    struct headers headers = {.list = ret_headers};
    const struct reply *reply = &ex->req.reply;
    if (reply->media_type)
        add(&headers, "Content-Type", str_of(reply->media_type));
    add(&headers, "X-Request-Id", ex->req.id);
    add(&headers, "Cache-Control", STR("no-store"));
    add(&headers, "X-Content-Type-Options", STR("nosniff"));
    add(&headers, "Content-Security-Policy", STR("default-src 'none'; frame-ancestors 'none'"));
    add(&headers, "Referrer-Policy", STR("no-referrer"));
    add(&headers, "Cross-Origin-Resource-Policy", STR("same-origin"));
    if (ex->limited)
        add_limit(ex, &headers);
    if (ex->replayed)
        add(&headers, "Idempotent-Replayed", STR("true"));
    for (size_t i = 0; i < reply->n_headers; i++)
        add(&headers, reply->headers[i].name, reply->headers[i].value);
    return headers.n;
}
