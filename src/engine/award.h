// SPDX-License-Identifier: Apache-2.0
// award.h - a grant becomes a lot.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/laws_test.c
#pragma once

#include "engine/earn.h"
#include "engine/expiry.h"
#include "engine/move.h"

// How the units of a rule are credited: when they can be spent, and until when.
struct terms {
    bool pending;
    int64_t activates_us;
    int64_t expires_us;
};
// By the rule's own pending period and expiry, else the currency's, from when the event occurred.
// The programme is the one the rule is part of.
MUST_CHECK enum err award_terms(const struct program *program, const struct program_rule *rule,
                                int64_t occurred_us, struct terms *ret_terms);
// Counts units and times of the rule against its limits, in the windows of the event; negative
// numbers give capacity back.
MUST_CHECK enum err award_count_limits(struct draft *draft, struct earning *earning,
                                       const struct program_rule *rule, int64_t units,
                                       int64_t times);
