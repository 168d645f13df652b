// SPDX-License-Identifier: Apache-2.0
// chain.h - the hash that ties a row to the row before it.
//
// What is hashed is written down byte by byte in docs/ledger-hash.md, so that somebody else can
// check a ledger without this program.  A change here is a new tag, never another meaning of an old
// one.
//
// Layer: store.  Tests: tests/store/ledger_test.c
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/id.h"

struct chain {
    struct buf bytes; // what will be hashed
};

// tag is NUL-terminated and its NUL is hashed, too.
void chain_begin(struct chain *chain, struct arena *arena, const char *tag,
                 const uint8_t previous[32]);
void chain_i64(struct chain *chain, int64_t value);
void chain_id(struct chain *chain, struct id id);
void chain_text(struct chain *chain, struct str text);
// Fields that may be NULL.
void chain_i64_or_null(struct chain *chain, bool has, int64_t value);
void chain_id_or_null(struct chain *chain, bool has, struct id id);
void chain_text_or_null(struct chain *chain, struct str text); // p NULL: NULL
// ERR_MEMORY when the arena could not hold it all.
MUST_CHECK enum err chain_end(const struct chain *chain, struct hash *ret_hash);
