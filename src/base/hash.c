// SPDX-License-Identifier: Apache-2.0
// hash.c - SHA-256 by libsodium.
//
// Layer: base.  Tests: tests/base/hash_test.c
#include "base/hash.h"

#include <sodium.h>
#include <string.h>

struct hash hash_sha256(const void *bytes, size_t n)
{
    struct hash hash;
    crypto_hash_sha256(hash.b, bytes, n);
    return hash;
}

uint64_t hash_keyed(const uint8_t key[HASH_KEY_BYTES], const void *bytes, size_t n)
{
    _Static_assert(HASH_KEY_BYTES == crypto_shorthash_KEYBYTES, "");
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t value;
    _Static_assert(sizeof hash == sizeof value, "");
    crypto_shorthash(hash, bytes, n, key);
    memcpy(&value, hash, sizeof value);
    return value;
}

bool hex_read(struct str hex, void *ret_bytes, size_t n)
{
    size_t length;
    return hex.n == 2 * n && sodium_hex2bin(ret_bytes, n, hex.p, hex.n, NULL, &length, NULL) == 0 &&
           length == n;
}
