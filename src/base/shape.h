// SPDX-License-Identifier: Apache-2.0
// shape.h - what an object must look like, said once in a table.
//
//   struct reward_in { struct str name; int64_t cost; struct json_list tags; };
//   static const struct field fields[] = {
//       FIELD(struct reward_in, name, STR, .required = true, .min = 1, .max = 80),
//       FIELD(struct reward_in, cost, I64, .min = 1, .max = 1000000, .absent = 1),
//       FIELD(struct reward_in, tags, ARRAY, .items = FIELD_STR, .max = 20),
//   };
//   const struct shape shape_reward_in = SHAPE("reward_in", struct reward_in, fields);
//
// From the same table come the reader (every fault with its pointer, unknown fields with a
// suggestion), the JSON Schema in /openapi.json, and what `habitue schema` prints.
//
//   S1  A target is complete or there is a problem: absent optional fields are zero, or .absent.
//   S2  null means absent for an optional field.
//   S3  I64 and lengths have limits in every table: .max is not optional there.
//
// Layer: base.  Tests: tests/base/shape_test.c
#pragma once

#include "base/id.h"
#include "base/json_in.h"

enum field_kind {
    FIELD_NONE,
    FIELD_STR,    // struct str: .min to .max code points, no control characters
    FIELD_TEXT,   // struct str: as STR, and may have line feeds and tabs
    FIELD_I64,    // int64_t: .min to .max
    FIELD_BOOL,   // bool
    FIELD_ENUM,   // int: index into .choices
    FIELD_TIME,   // int64_t: microseconds since 1970 from RFC 3339 with a zone offset
    FIELD_ID,     // struct id: "<.prefix>_" and 26 digits, see id.h; ID_NIL when absent
    FIELD_OBJECT, // struct x *: .shape; NULL when absent
    FIELD_ARRAY,  // struct json_list: .min to .max items of .items or of .shape
    FIELD_MAP,    // const struct json *: object of up to .max strings, integers, booleans
    FIELD_JSON,   // const struct json *: anything
    FIELD_CUSTOM, // what .type says
};

struct json_list {
    void *items; // an array of the items' targets
    size_t n;
};

struct shape;
struct field;

// A kind of value that one layer alone knows: how it is read into its target (every fault goes to
// problems, as for the kinds above), and the members of its JSON Schema.
struct field_type {
    size_t size; // of the target
    void (*read)(const struct field *field, const struct json *value, struct problems *problems,
                 void *to);
    void (*schema)(struct json_out *out);
};

struct field {
    const char *name;
    const char *help; // a sentence for the documentation
    enum field_kind kind;
    enum field_kind items; // kind of an array's items; FIELD_OBJECT is implied by .shape
    bool required;
    int64_t min;
    int64_t max;
    int64_t item_min; // of an array's STR, TEXT and I64 items, as min and max
    int64_t item_max;
    int64_t absent;             // value of an absent I64, TIME, BOOL or ENUM
    const char *const *choices; // NULL ends it
    const char *prefix;
    const struct shape *shape;
    const struct field_type *type; // of a CUSTOM field, or of an array's items
    const char *absent_text;       // an absent CUSTOM field is read as if this text stood there
    size_t offset;                 // in the target
    size_t size;                   // of the target's member: must fit the kind
};

struct shape {
    const char *name; // of the schema in the documentation
    const char *help;
    const char *example; // JSON, for the documentation; NULL: none
    const struct field *fields;
    size_t n_fields;
    size_t size; // of the target; 0: only described, never read
    // Alternatives, when fields is empty: the document is of the first one whose first field it
    // has, else of the last one.  NULL ends the list.
    const struct shape *const *one_of;
};

#define FIELD_AS(type, member, json_name, kind_, ...)                                              \
    {                                                                                              \
        .name = (json_name), .kind = FIELD_##kind_, .offset = offsetof(type, member),              \
        .size = sizeof(((type *)0)->member), __VA_ARGS__                                           \
    }
#define FIELD(type, member, kind_, ...) FIELD_AS(type, member, #member, kind_, __VA_ARGS__)
// A field of a shape that is only described: what a reply has.
#define FIELD_OUT(json_name, kind_, ...)                                                           \
    {                                                                                              \
        .name = (json_name), .kind = FIELD_##kind_, __VA_ARGS__                                    \
    }
#define SHAPE(name_, type, fields_)                                                                \
    {                                                                                              \
        .name = (name_), .fields = (fields_), .n_fields = sizeof(fields_) / sizeof((fields_)[0]),  \
        .size = sizeof(type)                                                                       \
    }
#define SHAPE_LIKE(name_, type, fields_, example_)                                                 \
    {                                                                                              \
        .name = (name_), .fields = (fields_), .n_fields = sizeof(fields_) / sizeof((fields_)[0]),  \
        .size = sizeof(type), .example = (example_)                                                \
    }
#define SHAPE_OUT(name_, fields_)                                                                  \
    {                                                                                              \
        .name = (name_), .fields = (fields_), .n_fields = sizeof(fields_) / sizeof((fields_)[0])   \
    }

// Reads value into target (shape->size zeroed bytes).  Adds every fault to problems; the target is
// to be used only when none was added.  Returns whether none was.
MUST_CHECK bool shape_read(const struct shape *shape, const struct json *value,
                           struct problems *problems, void *target);
// The alternative of shape->one_of that fits the members value has; shape itself without any.
const struct shape *shape_choose(const struct shape *shape, const struct json *value);
// Reads the parameters of a query: names and values as text, faults at "?name".
struct text_pair {
    struct str name;
    struct str value;
};
MUST_CHECK bool shape_read_query(const struct shape *shape, const struct text_pair *pairs, size_t n,
                                 struct problems *problems, void *target);

// The JSON Schema (2020-12) of the shape; nested shapes as {"$ref": ref_prefix + name}.
void shape_write_schema(const struct shape *shape, const char *ref_prefix, struct json_out *out);
// The schema of one field.
void field_write_schema(const struct field *field, const char *ref_prefix, struct json_out *out);
