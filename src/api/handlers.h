// SPDX-License-Identifier: Apache-2.0
// handlers.h - the handlers and shapes that catalog/routes.def names: included by the files that
// define them, so that a handler without a route, or of another form, does not compile.
//
// Layer: api.
#pragma once

#include "api/request.h"

#define ROUTE(METHOD, path, handler, LANE, SCOPE, RATE, IDEMPOTENCY, BODY, status, query, in, out, \
              summary)                                                                             \
    enum err handler(struct request *req);                                                         \
    extern const struct shape shape_##query, shape_##in, shape_##out;
#include "routes.def"
#undef ROUTE
