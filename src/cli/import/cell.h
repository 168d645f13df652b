// SPDX-License-Identifier: Apache-2.0
// cell.h - what a cell of a table says: an amount, a number of pieces, a time.
//
// Strictly: what is not wholly understood is refused, and nothing is rounded.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "base/tz.h"

#include <stdbool.h>
#include <stdint.h>

// "-12.50" with the given mark before its decimals, of which the currency has so many; zeros behind
// them do no harm.  No grouping, no exponent, no currency sign.
MUST_CHECK bool cell_amount(struct str cell, char mark, unsigned exponent, int64_t *ret_amount);
// "6", "-6", "6.000".
MUST_CHECK bool cell_whole(struct str cell, char mark, int64_t *ret_number);
// A format of %Y %m %d %H %M %S (%I with %p) and characters that stand for themselves, read in the
// zone; or "rfc3339" or "unix", which need none.
MUST_CHECK bool cell_time(struct str cell, struct str format, const struct tz *tz, int64_t *ret_us);
// False when the format has a letter that cell_time does not know, or says no date.
bool cell_format_valid(struct str format);
