// SPDX-License-Identifier: Apache-2.0
// bind.h - facts as values of the rule language, and what its expressions say of them.
//
// The only door from the engine to src/cel.
//
//   B1  A condition that fails does not hold; an amount that fails gives nothing.
//   B2  Values are bound when the first expression asks: a programme without expressions pays
//       nothing.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/bounds_test.c
#pragma once

#include "engine/earn.h"

// True when the rule's condition holds.
bool bind_when(struct earning *earning, const struct program_rule *rule);
// True when the rule's `lines` lets the line of that index through.
bool bind_line(struct earning *earning, const struct program_rule *rule, size_t line);
// The rule's amount; false when it fails.
MUST_CHECK bool bind_amount(struct earning *earning, const struct program_rule *rule,
                            int64_t *ret_units);
// True when the reward's condition holds for the member.
bool bind_reward(const struct program *program, const struct member_state *state,
                 struct arena *arena, const struct program_reward *reward, int64_t at_us);

// An amount of the order that a condition asks for and does not get: "order.paid >= 2000".
struct threshold {
    int64_t amount;
    int64_t missing; // money to add to the order, > 0
};
// Of a condition that does not hold, the smallest first; returns how many, at most max.
size_t bind_thresholds(struct earning *earning, const struct program_rule *rule,
                       struct threshold *ret_list, size_t max);
