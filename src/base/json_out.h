// SPDX-License-Identifier: Apache-2.0
// json_out.h - writing JSON, commas and escapes included.
//
//   struct json_out out;
//   json_init(&out, &buf);
//   json_object(&out);
//   json_key(&out, "balance"); json_i64(&out, 90);
//   json_end(&out);
//
// The same calls always give the same bytes: replies are stored and replayed byte by byte.
//
//   J1  Every json_object and json_array is closed by one json_end; deeper than JSON_DEPTH is a
//   bug.
//
// Layer: base.  Tests: tests/base/json_out_test.c
#pragma once

#include "base/buf.h"

#include <stdbool.h>

#define JSON_DEPTH 32

struct json_out {
    struct buf *buf;
    int depth;
    bool after_key;
    char closing[JSON_DEPTH];
    bool has_items[JSON_DEPTH];
};

void json_init(struct json_out *out, struct buf *buf);
void json_object(struct json_out *out);
void json_array(struct json_out *out);
void json_end(struct json_out *out);
void json_key(struct json_out *out, const char *key);
void json_key_str(struct json_out *out, struct str key);
// Invalid UTF-8 must not reach us; control characters, quotes and backslashes are escaped.
void json_str(struct json_out *out, struct str value);
void json_i64(struct json_out *out, int64_t value);
void json_bool(struct json_out *out, bool value);
void json_null(struct json_out *out);
// Bytes that are JSON already.
void json_raw(struct json_out *out, struct str json);

// A member of the open object in one call.
void json_put_str(struct json_out *out, const char *key, struct str value);
void json_put_c(struct json_out *out, const char *key, const char *value);
void json_put_i64(struct json_out *out, const char *key, int64_t value);
void json_put_bool(struct json_out *out, const char *key, bool value);
void json_put_null(struct json_out *out, const char *key);
void json_put_object(struct json_out *out, const char *key); // opens it
void json_put_array(struct json_out *out, const char *key);  // opens it
