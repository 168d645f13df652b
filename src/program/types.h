// SPDX-License-Identifier: Apache-2.0
// types.h - the kinds of value that only a programme document has: ids, periods, dates, ratios,
// amounts that may be three things.
//
// Each says how it is read into its target and how the JSON Schema describes it; the tables of
// document.c name them with .type.
//
// Layer: program, private.  Tests: tests/program/bad_documents_test.c, tests/program/program_test.c
#pragma once

#include "program/document.h"

extern const struct field_type type_id;         // struct str
extern const struct field_type type_name;       // struct bilingual
extern const struct field_type type_event;      // struct str
extern const struct field_type type_zone;       // struct str
extern const struct field_type type_money;      // const struct money_info *
extern const struct field_type type_period;     // struct period
extern const struct field_type type_time;       // struct doc_time
extern const struct field_type type_month_day;  // struct month_day
extern const struct field_type type_expression; // struct str
extern const struct field_type type_earn;       // struct doc_earn
extern const struct field_type type_multiply;   // struct doc_multiply
extern const struct field_type type_units;      // struct doc_units
extern const struct field_type type_gives;      // struct doc_gives
extern const struct field_type type_metadata;   // const struct json *
extern const struct field_type type_no_items;   // const struct json *, an array for later
extern const struct field_type type_no_members; // const struct json *, an object for later

// The catalogue's lines about a reward type.
struct reward_type_info {
    const char *code;
    struct bilingual name;
};
const struct reward_type_info *reward_type_info(enum reward_type type);
size_t reward_type_count(void);
