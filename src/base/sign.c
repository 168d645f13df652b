// SPDX-License-Identifier: Apache-2.0
// sign.c - Ed25519 by libsodium.
//
// Layer: base.  Tests: tests/flow/seal_test.c
#include "base/sign.h"

#include <sodium.h>
#include <string.h>

void sign_key_of_seed(const uint8_t seed[SIGN_SEED_BYTES], struct sign_key *ret_key)
{
    memcpy(ret_key->seed, seed, SIGN_SEED_BYTES);
    CHECK(crypto_sign_seed_keypair(ret_key->public_key, ret_key->secret, seed) == 0);
}

void sign_key_new(const struct env *env, struct sign_key *ret_key)
{
    uint8_t seed[SIGN_SEED_BYTES];
    env_random(env, seed, sizeof seed);
    sign_key_of_seed(seed, ret_key);
    sodium_memzero(seed, sizeof seed);
}

void sign_make(const struct sign_key *key, const void *bytes, size_t n,
               uint8_t ret_signature[SIGN_BYTES])
{
    CHECK(crypto_sign_detached(ret_signature, NULL, bytes, n, key->secret) == 0);
}

bool sign_check(const uint8_t public_key[SIGN_PUBLIC_BYTES], const void *bytes, size_t n,
                const uint8_t signature[SIGN_BYTES])
{
    return crypto_sign_verify_detached(signature, bytes, n, public_key) == 0;
}
