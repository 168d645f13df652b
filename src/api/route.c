// SPDX-License-Identifier: Apache-2.0
// route.c - finding the handler of an address.
//
// Layer: api.  Tests: tests/api/route_test.c
#include "api/route.h"

#include "api/handlers.h"
#include "api/percent.h"

#include <string.h>

const struct shape shape_nothing = {.name = "nothing"};
const struct shape shape_anything = {.name = "anything"};

static const struct route table[] = {
#define ROUTE(METHOD, path_, handler_, LANE, SCOPE, RATE, IDEMPOTENCY, BODY, status_, query_, in_, \
              out_, summary_)                                                                      \
    {.method = METHOD_##METHOD,                                                                    \
     .path = path_,                                                                                \
     .name = #handler_,                                                                            \
     .handler = handler_,                                                                          \
     .lane = LANE_##LANE,                                                                          \
     .scope = SCOPE_##SCOPE,                                                                       \
     .rate = RATE_##RATE,                                                                          \
     .idempotency = IDEMPOTENCY_##IDEMPOTENCY,                                                     \
     .body = BODY_##BODY,                                                                          \
     .status = status_,                                                                            \
     .query = &shape_##query_,                                                                     \
     .in = &shape_##in_,                                                                           \
     .out = &shape_##out_,                                                                         \
     .summary = summary_},
#include "routes.def"
#undef ROUTE
};

#define N_ROUTES (sizeof table / sizeof table[0])

const struct route *route_table(size_t *ret_n)
{
    *ret_n = N_ROUTES;
    return table;
}

static const struct str methods[] = {STR("GET"),    STR("POST"), STR("PUT"),    STR("PATCH"),
                                     STR("DELETE"), STR("HEAD"), STR("OPTIONS")};

enum method method_of(struct str text)
{
    for (enum method m = 0; m < METHOD_UNKNOWN; m++)
        if (str_eq(text, methods[m]))
            return m;
    return METHOD_UNKNOWN;
}

struct str method_text(enum method method)
{
    CHECK(method < METHOD_UNKNOWN);
    return methods[method];
}

struct str methods_text(uint32_t set, struct arena *arena)
{
    struct buf buf;
    buf_init(&buf, arena);
    for (enum method m = 0; m < METHOD_UNKNOWN; m++) {
        if (!(set & 1u << m))
            continue;
        if (buf.n)
            buf_str(&buf, STR(", "));
        buf_str(&buf, methods[m]);
    }
    return buf_text(&buf);
}

// The bytes up to the next '/', or to the end.
static struct str segment(const char *p, const char *end)
{
    const char *slash = memchr(p, '/', (size_t)(end - p));
    return (struct str){p, (size_t)((slash ? slash : end) - p)};
}

// Compares segment by segment; a template segment that begins with '{' takes any but an empty one.
static bool matches(const char *template, struct str path, struct str *args, size_t *ret_n_args)
{
    const char *t = template, *t_end = template + strlen(template);
    const char *p = path.p, *p_end = path.p + path.n;
    size_t n_args = 0;
    while (t < t_end && p < p_end) {
        struct str wanted = segment(t + 1, t_end), got = segment(p + 1, p_end);
        if (wanted.n && wanted.p[0] == '{') {
            if (got.n == 0)
                return false;
            CHECK(n_args < ROUTE_ARGS_MAX);
            args[n_args++] = got;
        } else if (!str_eq(wanted, got)) {
            return false;
        }
        t = wanted.p + wanted.n;
        p = got.p + got.n;
    }
    *ret_n_args = n_args;
    return t == t_end && p == p_end;
}

static bool decode_args(struct route_match *match, struct arena *arena)
{
    for (size_t i = 0; i < match->n_args; i++)
        if (!percent_decode(match->args[i], false, arena, &match->args[i]))
            return false;
    return true;
}

// A literal segment wins over a variable one because the catalogue lists it first.
void route_find(enum method method, struct str path, struct arena *arena,
                struct route_match *ret_match)
{
    struct route_match match = {0};
    enum method wanted = method == METHOD_HEAD ? METHOD_GET : method;
    const char *address = NULL; // the first template that fits: other methods must be of the same
    for (size_t i = 0; i < N_ROUTES; i++) {
        struct str args[ROUTE_ARGS_MAX];
        size_t n_args;
        if (!matches(table[i].path, path, args, &n_args))
            continue;
        if (!address)
            address = table[i].path;
        if (strcmp(address, table[i].path) != 0)
            continue;
        match.methods |= 1u << table[i].method;
        if (table[i].method == wanted && !match.route) {
            match.route = &table[i];
            match.n_args = n_args;
            for (size_t a = 0; a < n_args; a++)
                match.args[a] = args[a];
        }
    }
    if (match.methods & 1u << METHOD_GET)
        match.methods |= 1u << METHOD_HEAD;
    if (match.methods)
        match.methods |= 1u << METHOD_OPTIONS;
    if (match.route && !decode_args(&match, arena))
        match = (struct route_match){0};
    *ret_match = match;
}
