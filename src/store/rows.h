// SPDX-License-Identifier: Apache-2.0
// rows.h - what list functions share: the array they return, and where a page begins.
//
// Layer: store.  Tests: every test of a list.
#pragma once

#include "base/arena.h"
#include "base/id.h"

// Room for n rows, or NULL without memory; never NULL for n == 0.
static inline void *rows_new(struct arena *arena, size_t n, size_t size)
{
    return arena_try_array(arena, n ? n : 1, size);
}

// The id before which a page that runs downwards begins: nil stands for "from the newest".
static inline struct id id_or_last(struct id before)
{
    if (id_is_nil(before))
        __builtin_memset(before.b, 0xff, sizeof before.b);
    return before;
}
