// SPDX-License-Identifier: Apache-2.0
// attributes.h - free attributes of events and members, as the rule language sees them.
//
// Layer: flow.  Tests: tests/flow/attributes_test.c
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

struct cel_value;

// A JSON object as a map(string, dyn); integers are int, other numbers double.  NULL for STR_NONE
// and {}.  ERR_STORE_CORRUPT when the text is no object.
MUST_CHECK enum err attributes_bind(struct arena *arena, struct str json,
                                    const struct cel_value **ret_value);
