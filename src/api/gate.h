// SPDX-License-Identifier: Apache-2.0
// gate.h - request hygiene: refuses every head over which two HTTP implementations could disagree.
//
// libmicrohttpd 0.9.75 accepts several shapes that request smuggling is made of.  The gate runs
// before anything else looks at the request; after a refusal the connection is closed, because
// where the next request would begin is in doubt.
//
//   G1  Exactly one Host; at most one Content-Length, digits only; at most one Transfer-Encoding,
//       exactly "chunked", in HTTP/1.1 only; never both.
//   G2  Header names are tokens, values hold no control bytes, the path is visible ASCII.
//   G3  The method is one we know, the version is 1.0 or 1.1.
//
// Pure.  Layer: api.  Tests: tests/api/gate_test.c, tests/api/raw_test.py
#pragma once

#include "api/http.h"
#include "base/err.h"

#define PATH_BYTES_MAX ((size_t)2048)
#define QUERY_BYTES_MAX ((size_t)4096)

// OK, ERR_BAD_REQUEST, ERR_URI_TOO_LONG or ERR_METHOD_UNKNOWN; ret_why is a literal.
MUST_CHECK enum err gate_check(const struct http_head *head, const char **ret_why);
