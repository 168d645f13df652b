// SPDX-License-Identifier: Apache-2.0
// cursor.h - where a list goes on: opaque to the client, signed by us.
//
// A cursor is base64url of the bytes the handler chose (its sort key and last id), followed by 16
// bytes of HMAC-SHA-256 over the route, the tenant and those bytes.  So a client can neither make
// one up nor use it on another list or as another tenant.
//
// Layer: api.  Tests: tests/api/guard_test.c
#pragma once

#include "api/request.h"

#define CURSOR_BYTES_MAX ((size_t)96)

// The text for next_cursor; n <= CURSOR_BYTES_MAX.
struct str cursor_encode(struct request *req, const void *bytes, size_t n);
// ERR_CURSOR_INVALID unless it is a cursor of ours for this route and tenant of exactly n bytes.
MUST_CHECK enum err cursor_decode(struct request *req, struct str cursor, void *ret_bytes,
                                  size_t n);
