// SPDX-License-Identifier: Apache-2.0
// percent.h - decoding what stands in an address, once.
//
// Layer: api.  Tests: tests/api/route_test.c
#pragma once

#include "base/shape.h"

// Decodes %XX (and '+' as a space when plus is set).  False for a broken escape, and when the
// result is not UTF-8 or holds a control character.
MUST_CHECK bool percent_decode(struct str s, bool plus, struct arena *arena, struct str *ret_text);

#define QUERY_PAIRS_MAX 32

// "a=1&b[gte]=2" as pairs; a name without '=' has an empty value.  False for a broken escape, an
// empty name and more than QUERY_PAIRS_MAX pairs.
MUST_CHECK bool query_split(struct str query, struct arena *arena,
                            struct text_pair ret_pairs[QUERY_PAIRS_MAX], size_t *ret_n);
