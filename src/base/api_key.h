// SPDX-License-Identifier: Apache-2.0
// api_key.h - the text of an API key, and what is kept of it.
//
//   hb_live_<7 base32 digits: tenant><52: 256 random bits><4: checksum>
//
// The prefix lets secret scanners find a leaked key, the checksum lets us refuse typing errors and
// guesses without asking the store.  The tenant says where to ask: no table of all keys is needed,
// and in a database that is spread over machines only the tenant's own is asked
// (docs/decisions/0006-keys-name-their-tenant.md).  Only the SHA-256 of the whole text is stored:
// with 256 random bits there is nothing to stretch.
//
// Layer: base.  Tests: tests/base/api_key_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

#define API_KEY_LENGTH ((size_t)71)
// Tenants are numbered 1 to this; the schema says so, too.
#define API_KEY_TENANT_MAX ((int64_t)0x7ffffffff)

// What a key is found by.
struct key_ref {
    int64_t tenant_id;
    struct hash hash; // of the whole text
};

// A new key of a tenant, NUL-terminated.
void api_key_generate(const struct env *env, int64_t tenant_id, char ret_text[API_KEY_LENGTH + 1]);
// False unless the text has the form and its checksum fits; whether the key is known is another
// question.  The hash is given in any case.
MUST_CHECK bool api_key_read(struct str text, struct key_ref *ret_key);
void api_key_hash(struct str text, struct hash *ret_hash);
// In constant time.
bool api_key_hash_eq(const struct hash *a, const struct hash *b);
// What may be shown of a key in lists: its last four digits.
struct str api_key_last4(struct str text);
