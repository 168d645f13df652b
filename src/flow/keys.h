// SPDX-License-Identifier: Apache-2.0
// keys.h - finding the API key that a request names.
//
// The HTTP thread keeps what it found in a cache that is valid for one generation: whoever creates,
// changes or revokes a key raises the generation after the commit, and a write that was let in
// under an older generation is checked again inside its transaction.
//
// Layer: flow.  Tests: tests/flow/keys_test.c
#pragma once

#include "base/api_key.h"

struct tx;

struct key_facts {
    int64_t tenant_id;
    int64_t key_id;
    uint64_t scopes;    // base/scope.h
    int64_t expires_us; // 0: never
};

#define KEY_AGE_US INT64_C(500000)

struct key_source {
    // ERR_NOT_FOUND for a key that is unknown or revoked.  On a worker thread.
    enum err (*find)(void *ctx, struct tx *tx, const struct key_ref *key,
                     struct key_facts *ret_facts);
    // Any thread; raised by every change to a key.  Where other processes may change keys it goes
    // up by one each KEY_AGE_US: what was true one before is old, not wrong.
    uint64_t (*generation)(void *ctx);
    void *ctx;
};

// The keys of the store behind a flow; generation is flow->key_changes.
struct flow;
struct key_source key_source_of(struct flow *flow);
