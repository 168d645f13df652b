// SPDX-License-Identifier: Apache-2.0
// expression.h - conditions and amounts of a document, compiled by the rule language.
//
// The only door from the programme to src/cel: environment from catalog/facts.def, text to program,
// diagnostics to problems at the JSON pointer of the text.
//
// Layer: program, private.  Tests: tests/program/expression_test.c
#pragma once

#include "program/compile.h"

// What an expression may ask about; each sees what the ones before it see.
enum expression_sight {
    SEES_MEMBER, // member, program, now
    SEES_EVENT,  // and event
    SEES_ORDER,  // and order
    SEES_ITEM,   // and item, the line in question
};

// Whether events of this type carry an order (rules.c).
bool rule_event_has_order(struct str type);

// Why an expression that sees this much may not read this path of fields; NULL when it may.
struct expression_refusal {
    const char *en, *fr;
};
const struct expression_refusal *expression_refusal(struct str path, enum expression_sight sight);

// Makes program->cel.  Called once, when the zone is known.
MUST_CHECK enum err expression_environment(struct compiler *c);

// The program of the text at this place, which is a string; NULL with problems when it has errors.
// want is "bool" or "int".
const struct cel_prog *expression_compile(struct compiler *c, const struct json *at,
                                          const char *want, enum expression_sight sight);
