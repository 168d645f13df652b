// SPDX-License-Identifier: Apache-2.0
// hash.c - SHA-256 by libsodium.
//
// Layer: base.  Tests: tests/base/hash_test.c
#include "base/hash.h"

#include <sodium.h>

struct hash hash_sha256(const void *bytes, size_t n)
{
    struct hash hash;
    crypto_hash_sha256(hash.b, bytes, n);
    return hash;
}
