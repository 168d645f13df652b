// SPDX-License-Identifier: Apache-2.0
// mapping.h - which column of a table means what: docs/import.md.
//
// A small JSON document, read by the field tables of base/shape.h: every fault has its pointer, a
// word that is not known has a suggestion.  Binding it to a header turns names into numbers.
//
//   G1  A mapping that names a column which the table does not have is refused before any row.
//   G2  A header that has a name twice is refused: nobody knows which one is meant.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#pragma once

#include "base/shape.h"
#include "base/tz.h"
#include "cli/import/csv.h"

// ---- the document

struct mapping_condition {
    struct str reason; // of a skip
    int of;            // enum row_kind, of a skip
    struct str column;
    struct json_list is, starts_with; // struct str
    int64_t at_most, at_least;        // INT64_MAX, INT64_MIN: not asked
    int at;                           // of the column
};

enum row_kind { ROW_ANY, ROW_SALE, ROW_RETURN };

struct order_columns {
    struct str order, member, time, sku, name, category, brand, quantity, unit_amount, discount,
        store, channel, refund_of;
};

struct member_columns {
    struct str external_id, email, phone, card, name, enrolled_at, balance;
};

struct mapping {
    struct str about; // for people
    struct str source;
    struct str timezone, time_format;
    int decimal_mark; // index: '.' or ','
    // orders
    struct str currency, store, channel;
    int member_is; // index into identifier kinds
    int amounts;   // decimal or minor units
    struct order_columns *order;
    struct json_list returns, skip; // struct mapping_condition
    // members
    struct member_columns *member;
    const struct json *attributes, *metadata; // names to columns
    struct str balance_currency, balance_note;
    const struct tz *tz;
    unsigned exponent;
};

enum mapping_kind { MAPPING_ORDERS, MAPPING_MEMBERS };

// ERR_MAPPING_INVALID, ERR_JSON_SYNTAX or ERR_TOO_DEEP with problems.
MUST_CHECK enum err mapping_read(struct arena *arena, enum mapping_kind kind, struct str text,
                                 struct problems *problems, struct mapping **ret_mapping);
// The mapping of members when none is given: columns have the names of the fields.
struct str mapping_of_members(void);

// ---- a table's columns by number; -1: there is none

#define MAPPING_EXTRAS_MAX 64

struct order_binding {
    int order, member, time, sku, name, category, brand, quantity, unit_amount, discount, store,
        channel, refund_of;
};

struct member_binding {
    int external_id, email, phone, card, name, enrolled_at, balance;
    struct str attribute_names[MAPPING_EXTRAS_MAX], metadata_names[MAPPING_EXTRAS_MAX];
    int attributes[MAPPING_EXTRAS_MAX], metadata[MAPPING_EXTRAS_MAX];
    size_t n_attributes, n_metadata;
};

// ERR_MAPPING_INVALID with problems at the pointers of the mapping.
MUST_CHECK enum err mapping_bind_orders(struct arena *arena, struct mapping *mapping,
                                        const struct csv_row *header, struct problems *problems,
                                        struct order_binding *ret_binding);
// lenient: a column that is not there is left out.
MUST_CHECK enum err mapping_bind_members(struct arena *arena, struct mapping *mapping,
                                         const struct csv_row *header, bool lenient,
                                         struct problems *problems,
                                         struct member_binding *ret_binding);

// Whether a row meets the condition.
bool mapping_meets(const struct mapping *mapping, const struct mapping_condition *condition,
                   const struct csv_row *row);
