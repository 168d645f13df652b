// SPDX-License-Identifier: Apache-2.0
// chain.c - see chain.h.
//
// Layer: store.  Tests: tests/store/ledger_test.c
#include "store/chain.h"

#include <string.h>

static void put(struct chain *chain, const void *bytes, size_t n)
{
    buf_put(&chain->bytes, bytes, n);
}

static void put_flag(struct chain *chain, bool has)
{
    uint8_t flag = has;

    put(chain, &flag, 1);
}

void chain_begin(struct chain *chain, struct arena *arena, const char *tag,
                 const uint8_t previous[32])
{
    buf_init(&chain->bytes, arena);
    put(chain, tag, strlen(tag) + 1);
    put(chain, previous, 32);
}

void chain_i64(struct chain *chain, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(bits >> (8 * (7 - i)));
    put(chain, bytes, sizeof bytes);
}

void chain_id(struct chain *chain, struct id id)
{
    put(chain, id.b, sizeof id.b);
}

void chain_text(struct chain *chain, struct str text)
{
    chain_i64(chain, (int64_t)text.n);
    put(chain, text.n ? text.p : "", text.n);
}

void chain_i64_or_null(struct chain *chain, bool has, int64_t value)
{
    put_flag(chain, has);
    if (has)
        chain_i64(chain, value);
}

void chain_id_or_null(struct chain *chain, bool has, struct id id)
{
    put_flag(chain, has);
    if (has)
        chain_id(chain, id);
}

void chain_text_or_null(struct chain *chain, struct str text)
{
    put_flag(chain, text.p != NULL);
    if (text.p)
        chain_text(chain, text);
}

enum err chain_end(const struct chain *chain, struct hash *ret_hash)
{
    if (arena_overflowed(chain->bytes.arena))
        return ERR_MEMORY;
    *ret_hash = hash_sha256(chain->bytes.p, chain->bytes.n);
    return OK;
}
