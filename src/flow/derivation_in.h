// SPDX-License-Identifier: Apache-2.0
// derivation_in.h - a stored derivation read back, so that it can be told as a sentence.
//
// Layer: flow.  Tests: tests/flow/derivation_in_test.c
#pragma once

#include "engine/decision.h"

// The inverse of derivation_json.  ERR_STORE_CORRUPT when the text is none.
MUST_CHECK enum err derivation_read(struct arena *arena, struct str json,
                                    struct derivation *ret_derivation);
