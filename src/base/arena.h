// SPDX-License-Identifier: Apache-2.0
// arena.h - memory that lives as long as one request, one job run or one command.
//
// Everything a request parses, decides and answers is allocated here and released at once, so no
// function on its path frees anything and no error path can leak.
//
//   A1  arena_new never returns NULL.  When the limit is exceeded or the system has no memory it
//       sets the overflow mark and hands out a per-thread sink: the caller may go on, and flow and
//       api test arena_overflowed once before they commit or reply.
//   A2  What arena_new returns is zeroed and aligned to 16 bytes.
//   A3  The functions given to arena_at_end run in reverse order, exactly once.
//
// Not thread-safe: one arena belongs to one thread at a time.
// Layer: base.  Tests: tests/base/arena_test.c
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Largest single allocation that A1 covers; anything bigger, or of a size that input decides, goes
// through arena_try.
#define ARENA_SINK_BYTES ((size_t)64 * 1024)

struct arena_block;
struct arena_end;

struct arena {
    struct arena_block *blocks; // newest first
    struct arena_end *ends;
    char *next; // free bytes of the newest block: [next, stop)
    char *stop;
    size_t used;  // bytes handed out
    size_t limit; // bytes that may be handed out
    bool overflow;
};

// An empty arena that may hand out limit bytes.  Allocates nothing yet.
void arena_init(struct arena *arena, size_t limit);

// Gives back everything but one block and runs the arena_at_end functions: ready for reuse.
void arena_clear(struct arena *arena);

// Gives back everything.  The arena must be arena_init-ed before it is used again.
void arena_release(struct arena *arena);

// size zeroed bytes, see A1.  CHECKs that size <= ARENA_SINK_BYTES when it has to use the sink.
void *arena_new(struct arena *arena, size_t size);

// size zeroed bytes, or NULL with the overflow mark set.
void *arena_try(struct arena *arena, size_t size);

// n elements of the given size, or NULL with the overflow mark set; overflow of n * size included.
void *arena_try_array(struct arena *arena, size_t n, size_t size);

// Calls fn(ptr) when the arena is cleared or released.
void arena_at_end(struct arena *arena, void (*fn)(void *), void *ptr);

// True once an allocation could not be honoured: whatever was computed since is not to be trusted.
static inline bool arena_overflowed(const struct arena *arena)
{
    return arena->overflow;
}

#define ARENA_NEW(arena, type) ((type *)arena_new((arena), sizeof(type)))
