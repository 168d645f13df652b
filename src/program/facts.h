// SPDX-License-Identifier: Apache-2.0
// facts.h - the places where the rule language finds what it asks for.
//
// Variables and record slots are numbered by catalog/facts.def; whoever binds them (the engine, the
// flow for attributes) uses these names.  The record types come from cel_env_record_type and
// are called event, order, item, member and program.
//
//   F1  cel_env_var is called in the order of enum fact_variable, so its slots are these numbers.
//   F2  `order` and `item` are asked only by rules on events that have an order; `item` only by
//       `lines`.  A reward's `when` sees member, program and now.  program_compile sees to it.
//
// Layer: program.  Tests: tests/program/expression_test.c
#pragma once

enum fact_variable {
    VARIABLE_EVENT,
    VARIABLE_ORDER,
    VARIABLE_ITEM,
    VARIABLE_MEMBER,
    VARIABLE_PROGRAM,
    VARIABLE_NOW, // timestamp: when the event occurred, or when the reward is asked for
    N_VARIABLES,
};

enum fact {
#define FACT(record, field, name, type, presence, en, fr) FACT_##record##_##field,
#include "facts.def"
#undef FACT
    N_FACTS,
};

// The first field of each record in the table.
enum fact_first {
    FACT_FIRST_EVENT = FACT_EVENT_TYPE,
    FACT_FIRST_ORDER = FACT_ORDER_CURRENCY,
    FACT_FIRST_ITEM = FACT_ITEM_ID,
    FACT_FIRST_MEMBER = FACT_MEMBER_ENROLLED_AT,
    FACT_FIRST_PROGRAM = FACT_PROGRAM_ID,
};

// record.field's place in its struct cel_record: FACT_SLOT(ORDER, PAID).
#define FACT_SLOT(record, field) ((unsigned)FACT_##record##_##field - (unsigned)FACT_FIRST_##record)
