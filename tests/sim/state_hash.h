// SPDX-License-Identifier: Apache-2.0
// state_hash.h - everything that a tenant's tables hold, as a hash for each part.
//
// Truth and caches: two stores to which the same has happened have the same parts, whatever engine
// they are on and however many operations went into one transaction.
//
//   H1  A part is read in the order of its key, every column of every row.
//   H2  Not in it: counters and wallets at 0, which are as good as none; how far the clock may run
//       ahead (setting clock_us), which nothing that happened depends on.
//
// Layer: tests.
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define STATE_LIST(PART)                                                                           \
    PART(entries)                                                                                  \
    PART(allocations)                                                                              \
    PART(heads)                                                                                    \
    PART(wallets)                                                                                  \
    PART(lots)                                                                                     \
    PART(member_counters)                                                                          \
    PART(shared_counters)                                                                          \
    PART(events)                                                                                   \
    PART(parked)                                                                                   \
    PART(redemptions)                                                                              \
    PART(requests)                                                                                 \
    PART(members)                                                                                  \
    PART(programmes)                                                                               \
    PART(trail)                                                                                    \
    PART(seals)

enum state_part {
#define PART(name) STATE_##name,
    STATE_LIST(PART)
#undef PART
        STATE_PARTS
};

struct state_hash {
    struct {
        uint64_t hash;
        int64_t n_rows;
    } parts[STATE_PARTS];
};

const char *state_part_name(int part);

struct db;
// Reads all of a tenant in a transaction of the connection's own.  rows: prints them, too.
void state_hash(struct db *db, struct arena *arena, int64_t tenant_id, bool rows,
                struct state_hash *ret_state);
