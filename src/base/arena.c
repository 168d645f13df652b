// SPDX-License-Identifier: Apache-2.0
// arena.c - blocks of doubling size, one pointer to bump.
//
// Layer: base.  Tests: tests/base/arena_test.c
#include "base/arena.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT ((size_t)16)
#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)1024 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t size; // bytes behind this header
};

struct arena_end {
    struct arena_end *older;
    void (*fn)(void *);
    void *ptr;
};

// One per thread, so that two requests that both ran out of memory do not write the same bytes.
static _Thread_local _Alignas(16) char sink[ARENA_SINK_BYTES];

static size_t round_up(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

// The header keeps what follows it aligned.
static size_t header_size(void)
{
    return round_up(sizeof(struct arena_block));
}

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

static bool grow(struct arena *arena, size_t size)
{
    size_t want = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
    if (want > LARGEST_BLOCK)
        want = LARGEST_BLOCK;
    if (want < size)
        want = size;
    struct arena_block *block = malloc(header_size() + want);
    if (!block)
        return false;
    block->older = arena->blocks;
    block->size = want;
    arena->blocks = block;
    arena->next = (char *)block + header_size();
    arena->stop = arena->next + want;
    return true;
}

void *arena_try(struct arena *arena, size_t size)
{
    if (size > arena->limit || round_up(size) > arena->limit - arena->used) {
        arena->overflow = true;
        return NULL;
    }
    size = round_up(size);
    // Nothing is a place too: the first block is there before the first answer.
    bool fits = arena->next && (size_t)(arena->stop - arena->next) >= size;
    if (!fits && !grow(arena, size)) {
        arena->overflow = true;
        return NULL;
    }
    char *bytes = arena->next;
    arena->next += size;
    arena->used += size;
    if (size)
        memset(bytes, 0, size);
    return bytes;
}

void *arena_try_array(struct arena *arena, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        arena->overflow = true;
        return NULL;
    }
    return arena_try(arena, total);
}

void *arena_new(struct arena *arena, size_t size)
{
    void *bytes = arena_try(arena, size);
    if (bytes)
        return bytes;
    CHECK(size <= sizeof sink); // A1
    memset(sink, 0, size);
    return sink;
}

void arena_at_end(struct arena *arena, void (*fn)(void *), void *ptr)
{
    struct arena_end *end = arena_try(arena, sizeof *end);
    if (!end) {
        // The promise of A3 outlives the arena's memory: what cannot be kept for later is done now.
        fn(ptr);
        return;
    }
    *end = (struct arena_end){.older = arena->ends, .fn = fn, .ptr = ptr};
    arena->ends = end;
}

static void run_ends(struct arena *arena)
{
    for (struct arena_end *end = arena->ends; end; end = end->older)
        end->fn(end->ptr);
    arena->ends = NULL;
}

static void free_older(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_clear(struct arena *arena)
{
    run_ends(arena);
    size_t limit = arena->limit;
    struct arena_block *kept = arena->blocks;
    if (kept) {
        free_older(kept->older);
        kept->older = NULL;
    }
    arena_init(arena, limit);
    if (kept) {
        arena->blocks = kept;
        arena->next = (char *)kept + header_size();
        arena->stop = arena->next + kept->size;
    }
}

void arena_release(struct arena *arena)
{
    run_ends(arena);
    free_older(arena->blocks);
    arena_init(arena, arena->limit);
}
