// SPDX-License-Identifier: Apache-2.0
// route.h - the table of addresses, from catalog/routes.def.
//
//   R1  Every handler is reached through this table only, so every one has a scope.
//
// Layer: api.  Tests: tests/api/route_test.c, tests/api/matrix_test.py
#pragma once

#include "base/scope.h"
#include "base/shape.h"

#define ROUTE_ARGS_MAX 4

enum method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_HEAD,    // answered by the GET route
    METHOD_OPTIONS, // answered by the router
    METHOD_UNKNOWN,
};

enum lane { LANE_NONE, LANE_READ, LANE_WRITE };

enum rate_class {
#define RATE(name, per_second, burst) RATE_##name,
#include "rates.def"
#undef RATE
    N_RATES
};

enum idempotency_rule { IDEMPOTENCY_NONE, IDEMPOTENCY_OPTIONAL, IDEMPOTENCY_REQUIRED };

// The value is the largest body in bytes.
enum body_rule { BODY_NONE = 0, BODY_SMALL = 256 << 10, BODY_BULK = 8 << 20 };

struct request;

struct route {
    enum method method;
    const char *path;
    const char *name; // of the handler; the operationId
    enum err (*handler)(struct request *req);
    enum lane lane;
    uint32_t scope; // enum scope
    enum rate_class rate;
    enum idempotency_rule idempotency;
    enum body_rule body;
    int status;
    const struct shape *query;
    const struct shape *in;
    const struct shape *out;
    const char *summary;
};

// The reading shapes that are no real shape: nothing may be there; anything may.
extern const struct shape shape_nothing;
extern const struct shape shape_anything;

const struct route *route_table(size_t *ret_n);

struct route_match {
    const struct route *route; // NULL: no such address, or not with this method
    struct str args[ROUTE_ARGS_MAX];
    size_t n_args;
    uint32_t methods; // bits of all methods this address answers; 0: there is no such address
};

// path as sent, without the query; HEAD finds the GET route.  Arguments are percent-decoded into
// the arena; one that cannot be decoded matches nothing.
void route_find(enum method method, struct str path, struct arena *arena,
                struct route_match *ret_match);

enum method method_of(struct str text);
struct str method_text(enum method method);
// "GET, HEAD, OPTIONS"
struct str methods_text(uint32_t methods, struct arena *arena);
