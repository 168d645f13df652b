// SPDX-License-Identifier: Apache-2.0
// draft.h - a decision in the making, and the member as its effects so far leave him.
//
// A decision may need to see what it just did: a credit repays a debt, the end of a hold meets an
// expiry.  So each effect is carried out at once on a copy of the state that the draft owns.
//
//   D1  The state it was begun with is never changed.
//   D2  draft_end with an error leaves the decision as decision_init made it.
//   D3  A state that contradicts itself (S1 to S3) is refused with ERR_STORE_CORRUPT: nothing is
//       decided on damaged data.
//
// Layer: engine (pure).  Tests: tests/engine/bounds_test.c, tests/engine/laws_test.c
#pragma once

#include "engine/ledger.h"
#include "program/program.h"

struct draft {
    const struct program *program;
    struct decision *decision; // empty at the beginning
    struct member_state state; // the copy
    int64_t at_us;             // when the effects count from
};

// n_effects is a guess: there is room for so many without moving anything.
MUST_CHECK enum err draft_begin(struct draft *draft, const struct program *program,
                                const struct member_state *state, int64_t at_us, size_t n_effects,
                                struct decision *decision);
// Appends a copy of the effect, with its seq and the draft's instant, and carries it out.
MUST_CHECK enum err draft_post(struct draft *draft, const struct effect *effect);
// Appends a change of a counter; 0 changes nothing.  A counter of the member is not taken below 0:
// what was cleaned away cannot be given back.
MUST_CHECK enum err draft_count(struct draft *draft, const struct counter_change *change);
// The same for a counter of the member that counts for ever.
MUST_CHECK enum err draft_count_member(struct draft *draft, struct str name, int64_t delta);
// Hands the error on.
MUST_CHECK enum err draft_end(struct draft *draft, enum err e);
