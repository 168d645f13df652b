// SPDX-License-Identifier: Apache-2.0
// scope.h - sets of what an API key may do, from catalog/scopes.def.
//
// A set is a uint64_t with one bit a scope.  What is stored is the text: bits may move between
// versions of the program, words may not.
//
// Layer: base.  Tests: tests/base/api_key_test.c
#pragma once

#include "base/buf.h"
#include "base/err.h"

enum scope_index {
#define SCOPE(name, text, title) SCOPE_INDEX_##name,
#include "scopes.def"
#undef SCOPE
    N_SCOPES
};

enum scope {
#define SCOPE(name, text, title) SCOPE_##name = 1 << SCOPE_INDEX_##name,
#include "scopes.def"
#undef SCOPE
    SCOPE_PUBLIC = 0,      // no key needed
    SCOPE_LOCAL = 1 << 30, // no key needed from this machine, else metrics:read
};

#define SCOPES_ALL ((UINT64_C(1) << N_SCOPES) - 1)

// "members:read" ...; index < N_SCOPES.
struct str scope_text(enum scope_index index);
struct str scope_title(enum scope_index index);
// Words divided by spaces or commas, or "all".  ERR_INPUT_INVALID with the word that is unknown.
MUST_CHECK enum err scopes_parse(struct str text, uint64_t *ret_scopes, struct str *ret_unknown);
// The words of the set, in the catalogue's order, divided by spaces.
void scopes_write(uint64_t scopes, struct buf *buf);
