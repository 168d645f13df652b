// SPDX-License-Identifier: Apache-2.0
// tx.h - one transaction: what it has loaded, what it will write, and its one instant.
//
// All use cases of a batch share one struct tx.  It keeps every member it has loaded, so that the
// second event of a member in a batch sees what the first one did without asking the store, and it
// writes the caches (wallets, lots, counters) once, when the batch ends.
//
//   T1  now_us does not change inside a transaction and never goes back between two of a store.
//   T2  Ledger entries and events are written when they are decided, caches by tx_commit.
//   T3  After a failed write nothing but tx_rollback may follow.
//
// Layer: flow.  Tests: tests/flow/tx_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"
#include "base/id.h"
#include "engine/engine.h"

#include <stdbool.h>
#include <stdint.h>

struct db;
struct programs;
struct store;
struct tx_member;

// What every transaction of a server shares.
struct flow {
    struct store *store;
    const struct env *env;
    struct programs *programs;
    struct key_registry *keys;
};

struct tx {
    const struct flow *flow;
    struct db *db;
    bool writable;
    struct arena arena; // lives as long as the transaction
    int64_t now_us;
    struct id_source *ids;      // the writer's; NULL when reading
    struct tx_member **members; // open addressing by member id
    size_t n_members, room_members;
    struct tx_shared *shared; // programme-wide and per-store counters that were asked for
    int64_t n_writes;         // events and entries written: a refusal after one is a fault
    bool broken;              // a write failed: only tx_rollback is left
};

// A member inside a transaction.
struct tx_member {
    int64_t tenant_id;
    struct member_state state;
    const struct program *program; // whose currencies the state is laid out by
    struct state_image *image;     // as loaded, to write only what changed
    bool dirty;
};

// ---- life cycle: the workers and single commands use these

MUST_CHECK enum err tx_begin(struct tx *tx, const struct flow *flow, struct db *db, bool writable,
                             struct id_source *ids);
// Writes the caches, then commits.  On error the transaction is rolled back and released.
MUST_CHECK enum err tx_commit(struct tx *tx);
// Drops everything; accepts a transaction that is over.
void tx_rollback(struct tx *tx);

// ---- for the use cases

// The snapshot by which something that happened at at_us is judged; the newest for at_us = now.
// ERR_PROGRAM_MISSING.  It lives as long as the transaction.
MUST_CHECK enum err tx_program(struct tx *tx, int64_t tenant_id, int64_t at_us,
                               const struct program **ret_program);
MUST_CHECK enum err tx_program_version(struct tx *tx, int64_t tenant_id, int64_t version,
                                       const struct program **ret_program);

// The member, loaded at most once a transaction and advanced to nothing yet.  ERR_NOT_FOUND,
// ERR_MEMBER_CLOSED.
MUST_CHECK enum err tx_member_load(struct tx *tx, int64_t tenant_id, struct id member_id,
                                   const struct program *program, struct tx_member **ret_member);
// A member that was inserted a moment ago: empty, nothing to load.
MUST_CHECK enum err tx_member_new(struct tx *tx, int64_t tenant_id, struct id member_id,
                                  const struct program *program, int64_t enrolled_us,
                                  struct tx_member **ret_member);

// Programme-wide and per-store counters as the engine asks for them.
struct shared_counters tx_shared_counters(struct tx *tx, int64_t tenant_id);

// Why entries are written: goes into each of them.
struct cause {
    struct id event_id;      // nil if none
    struct id redemption_id; // nil if none; an effect that names one wins
    int64_t actor_id;        // 0: a command or a job
    int64_t version;         // of the programme that decided
};

// Carries a decision out: state, ledger entries, allocations, shared counters.
MUST_CHECK enum err tx_apply(struct tx *tx, struct tx_member *member, struct decision *decision,
                             const struct cause *cause);

// Brings the member to the instant: activation, expiry, ends of holds.
MUST_CHECK enum err tx_advance(struct tx *tx, struct tx_member *member, int64_t to_us);

// The units of a member that are spendable at the transaction's instant, without writing anything:
// what a reader shows.
MUST_CHECK enum err tx_preview(struct tx *tx, struct tx_member *member, int64_t to_us);
