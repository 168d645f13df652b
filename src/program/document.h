// SPDX-License-Identifier: Apache-2.0
// document.h - the programme document as it was written, before anything is looked up.
//
// One table of fields per object (document.c) is the only list of what a document may hold: it
// reads the document, writes the JSON Schema and feeds docs/programme.md.  What a field means by
// itself (a period, a date, a zone that exists) is checked here, what it means beside others (a
// currency that is declared, an expression that type-checks) by the compiler.
//
//   D1  A part of a struct document is complete when no problem was added at or below its pointer.
//   D2  items[i] of a list belongs to items[i] of the JSON array it was read from.
//
// Layer: program, private.  Tests: tests/program/bad_documents_test.c, tests/program/program_test.c
#pragma once

#include "base/shape.h"
#include "program/program.h"

#define PROGRAM_ID_MAX 64
#define EXPRESSION_MAX 4096

// What was to be an instant: RFC 3339, or a local date that the programme's zone decides.
struct doc_time {
    bool is_date;
    struct date date;
    int64_t us;
};

struct doc_active {
    struct doc_time from, until;
};

struct doc_pending {
    struct period lasts;
};

struct doc_expiry {
    int policy;
    struct period after;
    int round;
    struct json_list dates; // struct month_day
};

struct doc_unit {
    struct json_list en, fr; // struct str, two each
};

struct doc_currency {
    struct str id;
    struct doc_unit *unit;
    int64_t scale;
    struct doc_pending *pending;
    struct doc_expiry *expiry;
    int shortfall;
    int64_t debt_max;
};

struct doc_excluded {
    struct json_list categories, skus; // struct str
};

struct doc_rate {
    int64_t units, per;
    int of;
    int rounding;
    bool per_line, carry;
};

// { currency: amount }; exactly one.
struct doc_earn {
    const struct json *at; // the member named by the currency
    enum amount_kind kind;
    int64_t fixed;
    struct str text;
    struct doc_rate rate;
};

// A ratio, or { currency: ratio }.
struct doc_multiply {
    const struct json *at; // the member, or NULL when the currency was not said
    int64_t num, den;
};

// { currency: units }, each more than 0.
struct doc_units {
    const struct json *at; // the object
};

struct doc_limit {
    int64_t times, units;
    int per, within;
};

struct doc_rule {
    struct str id;
    struct bilingual name;
    struct str on;
    int phase;
    int64_t priority;
    struct str exclusive_group;
    int group;
    struct doc_active *active;
    struct str when, lines;
    struct doc_earn earn;
    struct doc_multiply multiply;
    bool compound;
    int rounding;
    struct doc_units cap;
    struct json_list limits; // struct doc_limit
    struct doc_pending *pending;
    struct doc_expiry *expiry;
};

struct doc_gives {
    const struct json *at;
    enum reward_type type;
};

struct doc_reward_limits {
    int64_t per_member, stock;
};

struct doc_reward {
    struct str id;
    struct bilingual name;
    struct doc_units cost;
    struct doc_gives gives;
    struct doc_reward_limits *limits;
    struct doc_active *active;
    struct str when;
    struct period hold_for;
};

struct document {
    struct str schema; // "$schema", for editors
    struct str id;
    struct bilingual name;
    struct str timezone;
    const struct money_info *money;
    bool enrol_unknown;
    struct period back_dating;
    struct json_list currencies; // struct doc_currency
    struct doc_excluded *excluded;
    struct json_list rules;       // struct doc_rule
    struct json_list rewards;     // struct doc_reward
    const struct json *later[12]; // keys that must be empty in this release
    const struct json *metadata;
};

extern const struct shape shape_document, shape_rate;
// Every shape that shape_document refers to, itself first; NULL ends it.
extern const struct shape *const document_shapes[];

// Reads what was parsed.  Faults go to problems; what is complete can be used (D1).
void document_read(const struct json *root, struct problems *problems, struct document *ret_doc);
