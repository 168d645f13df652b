// SPDX-License-Identifier: Apache-2.0
// hash.h - thirty-two bytes that stand for other bytes: a SHA-256 or an HMAC of it.
//
// Layer: base.  Tests: where hashes are made.
#pragma once

#include <stdint.h>

struct hash {
    uint8_t b[32];
};
