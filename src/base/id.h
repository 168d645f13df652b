// SPDX-License-Identifier: Apache-2.0
// id.h - what things are called: 16 bytes inside, a prefix and 26 characters outside.
//
// Ids are UUIDs of version 7 (RFC 9562): 48 bits of milliseconds, then a counter that starts at a
// random value each millisecond and grows by random steps.  Shown as TypeID: "mbr_" and Crockford
// base32 in lower case.  An id is a name, never a secret.
//
//   I1  One source hands out strictly ascending ids, even when the clock stands or steps back.
//   I2  id_parse accepts exactly what id_format writes.
//
// A source may be asked by several threads.  Layer: base.  Tests: tests/base/id_test.c
#pragma once

#include "base/env.h"
#include "base/text.h"

#include <stdatomic.h>
#include <stdbool.h>

struct id {
    uint8_t b[16];
};

// The nil id: all zero.
#define ID_NIL ((struct id){0})
// Longest text of an id without prefix and '_'.
#define ID_DIGITS 26
// Longest prefix, and room for prefix, '_', digits and a final NUL.
#define ID_PREFIX_MAX 63
#define ID_TEXT_ROOM (ID_PREFIX_MAX + 1 + ID_DIGITS + 1)

struct id_source {
    const struct env *env;
    atomic_flag is_busy; // a thread is inside
    int64_t last_ms;
    uint64_t high; // upper 12 bits of the counter, as written into rand_a
    uint64_t low;  // lower 62 bits, as written into rand_b
};

void id_source_init(struct id_source *source, const struct env *env);
struct id id_next(struct id_source *source);
// What comes next bears this millisecond or a later one.
void id_source_reach(struct id_source *source, int64_t ms);

static inline int id_cmp(struct id a, struct id b)
{
    return __builtin_memcmp(a.b, b.b, sizeof a.b);
}

static inline bool id_eq(struct id a, struct id b)
{
    return id_cmp(a, b) == 0;
}

static inline bool id_is_nil(struct id id)
{
    return id_eq(id, ID_NIL);
}

// The instant inside a version 7 id, in milliseconds since 1970.
int64_t id_time_ms(struct id id);

// Writes prefix, '_', 26 digits and a NUL; an empty prefix writes the digits alone.  The prefix is
// lower-case letters and inner underscores, at most ID_PREFIX_MAX long.
struct str id_format(struct id id, const char *prefix, char ret_text[ID_TEXT_ROOM]);
// The same in an arena.
struct str id_text(struct arena *arena, struct id id, const char *prefix);
// True when text is the TypeID of some id with this prefix.
MUST_CHECK bool id_parse(struct str text, const char *prefix, struct id *ret_id);
