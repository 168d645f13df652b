// SPDX-License-Identifier: Apache-2.0
// api_key.h - the text of an API key, and what is kept of it.
//
//   hb_live_<52 base32 digits: 256 random bits><4 base32 digits: checksum>
//
// The prefix lets secret scanners find a leaked key, the checksum lets us refuse typing errors and
// guesses without asking the store.  Only the SHA-256 of the whole text is stored: with 256 random
// bits there is nothing to stretch.
//
// Layer: base.  Tests: tests/base/api_key_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

#define API_KEY_LENGTH ((size_t)64)

// A new key, NUL-terminated.
void api_key_generate(const struct env *env, char ret_text[API_KEY_LENGTH + 1]);
// True when the text has the form and its checksum fits; says nothing about whether it is known.
bool api_key_well_formed(struct str text);
void api_key_hash(struct str text, struct hash *ret_hash);
// In constant time.
bool api_key_hash_eq(const struct hash *a, const struct hash *b);
// What may be shown of a key in lists: its last four digits.
struct str api_key_last4(struct str text);
