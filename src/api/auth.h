// SPDX-License-Identifier: Apache-2.0
// auth.h - from the Authorization header to the key it names.
//
//   A1  What the cache says holds for one generation of keys (flow/keys.h): a change to any key
//       empties it.  What has only grown old is renewed by one request while the others go on; a
//       write among them is checked again in its transaction, by the generation it is told.
//   A2  Keys are compared by their hashes, in constant time.
//
// Belongs to the HTTP thread.  Layer: api.  Tests: tests/api/guard_test.c
#pragma once

#include "api/http.h"
#include "flow/keys.h"

struct auth_cache;

// The arena owns it.
struct auth_cache *auth_cache_new(struct arena *arena);

// "Bearer <key>", or "Basic" with the key as user name and no password.  False when there is no
// such header or it holds nothing as long as a key.  The text lives in the arena or the head.
MUST_CHECK bool auth_key_text(const struct http_head *head, struct arena *arena,
                              struct str *ret_key);

enum auth_found { AUTH_UNKNOWN, AUTH_KNOWN, AUTH_NO_SUCH_KEY };

// AUTH_UNKNOWN: ask the store, then put what it said.  *generation is the present one; it becomes
// the one in which the facts were read.
enum auth_found auth_cache_get(struct auth_cache *cache, const struct hash *hash,
                               uint64_t *generation, struct key_facts *ret_facts);
// facts NULL: there is no such key.
void auth_cache_put(struct auth_cache *cache, const struct hash *hash, uint64_t generation,
                    const struct key_facts *facts);

// The scope a key needs for a route's scope column: LOCAL asks others for metrics:read.
uint64_t auth_scope(uint32_t scope);
// OK, ERR_UNAUTHENTICATED (expired) or ERR_FORBIDDEN; scope is a route's.
MUST_CHECK enum err auth_permits(const struct key_facts *facts, uint32_t scope, int64_t now_us);
