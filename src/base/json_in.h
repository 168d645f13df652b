// SPDX-License-Identifier: Apache-2.0
// json_in.h - reading JSON, strictly.
//
// A text becomes a tree of struct json in the arena, or is refused with the place of the fault.
// Stricter than RFC 8259 where the standard leaves a door open: a key twice in one object, NUL, a
// lone surrogate, invalid UTF-8, a byte order mark and anything beyond the limits are refused.
// Numbers stay text until somebody asks for an integer, so nothing is ever rounded.
//
//   J1  Time and memory are linear in the text; there is no hash table for an attacker to fill.
//   J2  Strings without escapes are views of the text: it must live as long as the tree.
//   J3  Members and items keep the order of the text.
//
// What shape a document must have is said by field tables, see shape.h.
// Layer: base.  Tests: tests/base/json_in_test.c
#pragma once

#include "base/err.h"
#include "base/problem.h"

// The largest integer every JSON reader in the world can hold.
#define JSON_I64_MAX ((INT64_C(1) << 53) - 1)

enum json_type {
    JSON_TYPE_NULL,
    JSON_TYPE_BOOL,
    JSON_TYPE_NUMBER,
    JSON_TYPE_STRING,
    JSON_TYPE_ARRAY,
    JSON_TYPE_OBJECT,
};

struct json {
    enum json_type type;
    bool truth;         // of a bool
    uint32_t n;         // items or members
    uint32_t key_hash;  // the parser's
    uint32_t offset;    // of its first byte in the text
    struct str key;     // of a member of an object
    struct str text;    // of a string, without escapes; of a number, as written
    struct json *items; // n of them
    const struct json *parent;
};

struct json_limits {
    uint32_t depth;  // objects and arrays inside one another
    uint32_t keys;   // of one object
    uint32_t values; // of the whole document
};

// What a request may hold: 32 deep, 256 keys an object, 20,000 values.
extern const struct json_limits json_limits_request;
// What a bulk request or a document of our own may hold: 200,000 values.
extern const struct json_limits json_limits_bulk;

// ERR_JSON_SYNTAX or ERR_TOO_DEEP with one problem that names line and column; ERR_MEMORY.
MUST_CHECK enum err json_parse(struct arena *arena, struct str text,
                               const struct json_limits *limits, struct problems *problems,
                               const struct json **ret_value);

// The member of that name, or NULL; NULL too when value is NULL or no object.
const struct json *json_get(const struct json *value, const char *name);
const struct json *json_get_str(const struct json *value, struct str name);
// RFC 6901, "" for the root.
struct str json_pointer(struct arena *arena, const struct json *value);
// The pointer of a member that need not exist.
struct str json_pointer_to(struct arena *arena, const struct json *object, struct str name);
// A number written as an optional '-' and at most 16 digits: no point, no exponent.
MUST_CHECK bool json_to_i64(const struct json *value, int64_t *ret_value);
// "a string", "an object" ...
const char *json_type_name(enum json_type type);
// Adds a problem at this value.
void json_problem(struct problems *problems, const struct json *value, const char *code,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

// Writes the value again, as it was ordered.
void json_copy(struct json_out *out, const struct json *value);
// The same for every text that means the same to us: members sorted by the bytes of their keys, no
// white space, one way to escape.  For fingerprints and signatures.
void json_canonical(struct json_out *out, struct arena *arena, const struct json *value);
