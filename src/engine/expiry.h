// SPDX-License-Identifier: Apache-2.0
// expiry.h - until when units can be spent, computed once, when they are credited.
//
//   E1  The clock starts at activation; the last valid day counts in full, in the programme's zone:
//       the instant is the start of the day after it.
//   E2  The instant is after activation, or NEVER_US.
//
// Layer: engine (pure).  Tests: tests/engine/expiry_test.c
#pragma once

#include "program/program.h"

// The first instant at which units that activate then cannot be spent any more.  ERR_OUT_OF_RANGE
// beyond the year 9999.
MUST_CHECK enum err expiry_instant(const struct tz *tz, const struct expiry *expiry,
                                   int64_t activates_us, int64_t *ret_expires_us);
