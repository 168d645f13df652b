// SPDX-License-Identifier: Apache-2.0
// redeem.h - the end of a hold, shared by release and by time.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/instants_test.c
#pragma once

#include "engine/move.h"

// Ends every hold of the redemption: units return to their lots, the reward's counters are given
// back.
MUST_CHECK enum err redeem_release(struct draft *draft, struct id redemption_id,
                                   enum reason reason);
