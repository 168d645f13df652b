// SPDX-License-Identifier: Apache-2.0
// openapi.h - the API as an OpenAPI 3.1 document, from the route table and the shapes.
//
// Layer: api.  Tests: tests/api/openapi_test.py (linted by @redocly/cli)
#pragma once

#include "base/json_out.h"

void openapi_write(struct json_out *out, const char *version, struct arena *arena);
