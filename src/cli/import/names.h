// SPDX-License-Identifier: Apache-2.0
// names.h - numbers for texts: each text that is new gets the next one.
//
//   N1  Hashing is keyed with a random key, so that no file can be written to make it slow.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdint.h>

struct names {
    struct arena *arena;
    uint8_t key[HASH_KEY_BYTES];
    struct str *texts; // by number
    uint32_t n;
    uint32_t room;
    uint32_t *slots; // number + 1; 0: free
    uint32_t n_slots;
};

void names_init(struct names *names, struct arena *arena);
// The number of a text; ret_new says whether it was new.  Texts are copied.  ERR_MEMORY.
MUST_CHECK enum err names_put(struct names *names, struct str text, uint32_t *ret_number,
                              bool *ret_new);
