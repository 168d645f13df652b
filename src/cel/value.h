// SPDX-License-Identifier: Apache-2.0
// value.h - the 16 bytes that every CEL value is, and what functions are written against.
//
// A value owns nothing: strings, lists, maps and records point into memory of whoever made them
// (the request buffer, the programme's arena, the arena of this evaluation).
//
//   V1  Zeroed memory is CEL_ABSENT: a record whose slots nobody filled has only missing fields.
//   V2  Strings are well-formed UTF-8; len counts bytes.
//   V3  Timestamps and durations are floor seconds in i and 0..999,999,999 nanoseconds in len.
//   V4  CEL_ABSENT lives only in record slots and as the answer of a lookup; no function gets it.
//   V5  A map holds no two equal keys.
//
// Layer: cel.  Tests: tests/cel/value_test.c
#pragma once

#include "base/arena.h"
#include "base/check.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum cel_tag {
    CEL_ABSENT, // a record's missing optional field, a map's missing key
    CEL_NULL,
    CEL_BOOL,
    CEL_INT,
    CEL_UINT,
    CEL_DOUBLE,
    CEL_STRING,
    CEL_BYTES,
    CEL_TIMESTAMP,
    CEL_DURATION,
    CEL_TYPE, // a type as a value: its name in s
    CEL_LIST,
    CEL_MAP,
    CEL_RECORD,
    CEL_OPTIONAL, // box == NULL: optional.none()
    CEL_ERROR,    // code in aux, static or arena text in s (NUL-terminated), source offset in len
};

// Why an evaluation failed; the text beside it is for people.
enum cel_code {
    CEL_E_OVERFLOW = 1,
    CEL_E_DIVIDE_BY_ZERO,
    CEL_E_NO_SUCH_KEY,
    CEL_E_NO_SUCH_FIELD,
    CEL_E_NO_OVERLOAD,
    CEL_E_INDEX,
    CEL_E_RANGE,    // a conversion or date outside what the type holds
    CEL_E_ARGUMENT, // a value the function refuses: bad format, negative length, min of empty
    CEL_E_DUPLICATE_KEY,
    CEL_E_NONE, // value of optional.none()
    CEL_E_ZONE, // a time zone the environment did not load
    CEL_E_REGEX,
    CEL_E_COST,
    CEL_E_DEPTH,
    CEL_E_MEMORY,
    CEL_E_UNKNOWN_NAME,
};

#define CEL_NOWHERE UINT32_MAX // an error's source offset before the evaluator filled it in

struct cel_record;

struct cel_value {
    uint8_t tag;
    uint8_t aux;
    uint16_t unused;
    uint32_t len; // bytes, elements, entries, nanoseconds, offset
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double d;
        const char *s;
        const struct cel_value *items; // list: len items; map: len pairs, key before value
        const struct cel_record *record;
        const struct cel_value *box;
    };
};
_Static_assert(sizeof(struct cel_value) == 16, "a value travels in two registers");

struct cel_type;

// A field may be missing (optional), is never missing (required), or gets a value from the loader
// when missing (defaulted), so that the evaluator never sees it missing.
enum cel_presence { CEL_REQUIRED, CEL_OPTIONAL_FIELD, CEL_DEFAULTED };

struct cel_field {
    struct str name;
    const struct cel_type *type;
    enum cel_presence presence;
    bool money;        // minor units: integer division of it loses cents
    uint32_t size_max; // bytes or elements; 0: the environment's default
    uint32_t n_words;  // the words an enum field may hold, 0: any
    const struct str *words;
    struct str label;
    struct cel_value fallback; // of a defaulted field
};

struct cel_record_type {
    struct str name;
    uint32_t n_fields;
    const struct cel_field *fields; // slot i of a record holds field i
    const struct cel_type *type;
};

struct cel_record {
    const struct cel_record_type *type;
    struct cel_value slot[];
};

// ---- constructors

static inline struct cel_value cel_null(void)
{
    return (struct cel_value){.tag = CEL_NULL};
}

static inline struct cel_value cel_bool(bool b)
{
    return (struct cel_value){.tag = CEL_BOOL, .i = b};
}

static inline struct cel_value cel_int(int64_t i)
{
    return (struct cel_value){.tag = CEL_INT, .i = i};
}

static inline struct cel_value cel_uint(uint64_t u)
{
    return (struct cel_value){.tag = CEL_UINT, .u = u};
}

static inline struct cel_value cel_double(double d)
{
    return (struct cel_value){.tag = CEL_DOUBLE, .d = d};
}

// Strings longer than 4 GiB must not reach us: every input is bounded far below.
static inline struct cel_value cel_string(struct str s)
{
    return (struct cel_value){.tag = CEL_STRING, .len = (uint32_t)s.n, .s = s.p};
}

static inline struct cel_value cel_bytes(struct str s)
{
    return (struct cel_value){.tag = CEL_BYTES, .len = (uint32_t)s.n, .s = s.p};
}

static inline struct cel_value cel_timestamp(int64_t seconds, uint32_t nanos)
{
    return (struct cel_value){.tag = CEL_TIMESTAMP, .len = nanos, .i = seconds};
}

static inline struct cel_value cel_duration(int64_t seconds, uint32_t nanos)
{
    return (struct cel_value){.tag = CEL_DURATION, .len = nanos, .i = seconds};
}

static inline struct cel_value cel_type_value(struct str name)
{
    return (struct cel_value){.tag = CEL_TYPE, .len = (uint32_t)name.n, .s = name.p};
}

static inline struct cel_value cel_list(const struct cel_value *items, size_t n)
{
    return (struct cel_value){.tag = CEL_LIST, .len = (uint32_t)n, .items = items};
}

// n pairs: key, value, key, value ...  The caller promises V5.
static inline struct cel_value cel_map(const struct cel_value *pairs, size_t n)
{
    return (struct cel_value){.tag = CEL_MAP, .len = (uint32_t)n, .items = pairs};
}

static inline struct cel_value cel_record_value(const struct cel_record *record)
{
    return (struct cel_value){.tag = CEL_RECORD, .len = record->type->n_fields, .record = record};
}

// box NULL: none.  box must outlive the value.
static inline struct cel_value cel_optional(const struct cel_value *box)
{
    return (struct cel_value){.tag = CEL_OPTIONAL, .len = box ? 1 : 0, .box = box};
}

// text is a literal or lives in the evaluation's arena.
static inline struct cel_value cel_error(enum cel_code code, const char *text)
{
    return (
        struct cel_value){.tag = CEL_ERROR, .aux = (uint8_t)code, .len = CEL_NOWHERE, .s = text};
}

static inline struct cel_value cel_error_memory(void)
{
    return cel_error(CEL_E_MEMORY, "the result is too large");
}

// ---- accessors

static inline bool cel_is_error(struct cel_value v)
{
    return v.tag == CEL_ERROR;
}

static inline bool cel_is_true(struct cel_value v)
{
    return v.tag == CEL_BOOL && v.b;
}

// The bytes of a string, bytes or type value.
static inline struct str cel_text(struct cel_value v)
{
    return (struct str){.p = v.s, .n = v.len};
}

// "int", "string", "google.protobuf.Timestamp", a record's name: what type(v) prints.
struct str cel_type_name(struct cel_value v);

// ---- value.c: equality, order, lookup (pure, no allocation, never an error)

// CEL's ==: one number line over int, uint and double, maps in any order, NaN equals nothing,
// different kinds are just not equal.
bool cel_equal(struct cel_value a, struct cel_value b);

enum cel_order { CEL_LESS = -1, CEL_SAME = 0, CEL_GREATER = 1, CEL_UNORDERED, CEL_NO_ORDER };

// CEL_UNORDERED when NaN takes part, CEL_NO_ORDER for kinds that do not compare.
enum cel_order cel_compare(struct cel_value a, struct cel_value b);

// The value under key (1, 1u and 1.0 are the same key) or NULL.  map is CEL_MAP or CEL_RECORD.
const struct cel_value *cel_map_find(struct cel_value map, struct cel_value key);

// The slot of the field with this name, or -1.
int cel_field_index(const struct cel_record_type *type, struct str name);

// The shortest decimal that reads back as d: "0.1", "1e+300", "NaN", "-Infinity".  Returns the
// bytes written, NUL not counted.
#define CEL_DOUBLE_TEXT 32
size_t cel_double_text(double d, char out[CEL_DOUBLE_TEXT]);
