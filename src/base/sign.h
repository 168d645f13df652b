// SPDX-License-Identifier: Apache-2.0
// sign.h - Ed25519: a signature that only the holder of the key file can make, and anybody can
// check.
//
// Layer: base.  Tests: tests/flow/seal_test.c
#pragma once

#include "base/env.h"

#include <stdbool.h>

#define SIGN_SEED_BYTES 32
#define SIGN_PUBLIC_BYTES 32
#define SIGN_BYTES 64

struct sign_key {
    uint8_t seed[SIGN_SEED_BYTES]; // what a key file holds
    uint8_t public_key[SIGN_PUBLIC_BYTES];
    uint8_t secret[64];
};

// The key that belongs to a seed, always the same.
void sign_key_of_seed(const uint8_t seed[SIGN_SEED_BYTES], struct sign_key *ret_key);
void sign_key_new(const struct env *env, struct sign_key *ret_key);
void sign_make(const struct sign_key *key, const void *bytes, size_t n,
               uint8_t ret_signature[SIGN_BYTES]);
bool sign_check(const uint8_t public_key[SIGN_PUBLIC_BYTES], const void *bytes, size_t n,
                const uint8_t signature[SIGN_BYTES]);
