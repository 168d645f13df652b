// SPDX-License-Identifier: Apache-2.0
// ledger.h - what one effect does to a member: wallet, lots, holds, sequence.
//
// The only code that changes a state.  A decision in the making (draft.h) and engine_apply both use
// it, on a copy and on the real one: that is why applying cannot fail after deciding.
//
//   L1  Units that leave one account arrive in another; wallets keep S1.
//   L2  A lot's remaining stays within [0, units]; a lot without any is gone (S3).
//
// Layer: engine (pure).  Tests: tests/engine/laws_test.c, tests/scenarios/
#pragma once

#include "engine/decision.h"

// Carries the effect out.  ERR_OUT_OF_RANGE when a wallet would pass AMOUNT_MAX, ERR_MEMORY when
// the state's arena is full; the state is not to be used after either.
MUST_CHECK enum err ledger_carry_out(struct member_state *state, const struct effect *effect);

// The lot with that seq, or NULL when it is empty or never was.
struct lot *ledger_lot(const struct member_state *state, int64_t seq);
// The open hold with that seq, or NULL.
const struct hold *ledger_hold(const struct member_state *state, int64_t seq);
