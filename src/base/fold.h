// SPDX-License-Identifier: Apache-2.0
// fold.h - one form for texts that people consider the same.
//
// Layer: base.  Tests: tests/base/fold_test.c
#pragma once

#include "base/text.h"

// Compatibility composition with case folding (NFKC_Casefold): "ＡNNA@Example.com" and
// "anna@example.com" fold to the same bytes.  STR_NONE when s is no well-formed UTF-8 or memory ran
// out.
struct str str_fold(struct arena *arena, struct str s);
