// SPDX-License-Identifier: Apache-2.0
// hash.h - thirty-two bytes that stand for other bytes: a SHA-256 or an HMAC of it.
//
// Layer: base.  Tests: tests/base/hash_test.c
#pragma once

#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

struct hash {
    uint8_t b[32];
};

struct hash hash_sha256(const void *bytes, size_t n);

// FNV-1a: for tables that stay small and for choices that may be guessed.  Goes on from an earlier
// hash, or begins with HASH_PLAIN_BEGIN.
#define HASH_PLAIN_BEGIN UINT64_C(14695981039346656037)
static inline uint64_t hash_plain(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}

// SipHash: for tables in memory whose keys somebody else chooses.
#define HASH_KEY_BYTES 16
uint64_t hash_keyed(const uint8_t key[HASH_KEY_BYTES], const void *bytes, size_t n);

// Exactly 2 * n hexadecimal digits to n bytes; false when it is anything else.
bool hex_read(struct str hex, void *ret_bytes, size_t n);
