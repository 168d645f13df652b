// SPDX-License-Identifier: Apache-2.0
// grow.h - arrays in an arena that double when they are full.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <string.h>

// Makes room for one more; *items moves when it has to.  ERR_MEMORY.
MUST_CHECK static inline enum err array_grow(struct arena *arena, void *items, size_t n,
                                             size_t *room, size_t size)
{
    if (n < *room)
        return OK;
    size_t wanted = *room ? *room * 2 : 16;
    void *bigger = arena_try_array(arena, wanted, size);
    if (!bigger)
        return ERR_MEMORY;
    void *old;
    memcpy(&old, items, sizeof old);
    if (n)
        memcpy(bigger, old, n * size);
    memcpy(items, &bigger, sizeof bigger);
    *room = wanted;
    return OK;
}

#define GROW(arena, items, n, room) array_grow((arena), &(items), (n), &(room), sizeof *(items))
