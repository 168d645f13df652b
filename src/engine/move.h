// SPDX-License-Identifier: Apache-2.0
// move.h - the few movements that every decision is made of.
//
//   M1  After a movement that makes units available the wallet repays what it owes (S5).
//   M2  Units that come (back) to a lot whose time has passed expire at once.
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/scenarios/
#pragma once

#include "engine/draft.h"
#include "engine/lots.h"

// Posts an effect that opens a lot; if it is spendable, expires what has passed, repays debt.
MUST_CHECK enum err move_credit(struct draft *draft, const struct effect *effect);
// Posts an effect that takes `effect->units` spendable units; they must be there.
MUST_CHECK enum err move_debit(struct draft *draft, const struct effect *effect);
// Posts an effect that gives units back to lots, expires what has passed (M2), repays debt.
MUST_CHECK enum err move_back(struct draft *draft, const struct effect *effect);
// Repays debt of the currency from what is spendable.
MUST_CHECK enum err move_repay(struct draft *draft, int currency);
// Expires every lot, of any currency, whose time has passed at the draft's instant.
MUST_CHECK enum err move_expire(struct draft *draft);
// A derivation in the decision's arena that has the reason and the programme's version.
MUST_CHECK enum err move_reason(struct draft *draft, enum reason reason,
                                struct derivation **ret_why);
// Units of the currency that can be spent at the draft's instant.
int64_t move_spendable(const struct draft *draft, int currency);
