// SPDX-License-Identifier: Apache-2.0
// tx.h - one transaction: what it has loaded, what it will write, and its one instant.
//
// All use cases of a batch share one struct tx.  It keeps every member it has loaded, so that the
// second event of a member in a batch sees what the first one did without asking the store, and it
// writes the caches (wallets, lots, counters) once, when the batch ends.
//
//   T1  now_us does not change inside a transaction (but by a seal, which ends with its instant)
//       and never goes back, however the clock steps
//       and whenever the process starts anew.
//   T2  Ledger entries and events are written when they are decided, caches by tx_commit.
//   T3  After a failed write nothing but tx_rollback may follow: broken says so.
//
// Layer: flow.  Tests: tests/flow/tx_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"
#include "base/id.h"
#include "engine/engine.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct db;
struct foreseen;
struct member_new;
struct programs;
struct sign_key;
struct state_image;
struct store;
struct tx_key;
struct tx_program;
struct tx_shared;

// What every transaction of a process shares.  Made by flow_open, never changed by others.
struct flow {
    struct store *store;
    const struct env *env;
    const struct sign_key *seal_key; // of the installation; NULL: nobody seals
    struct programs *programs;
    atomic_llong last_us;      // T1
    atomic_llong kept_us;      // T1: what the store says, a little ahead of last_us
    atomic_ullong key_changes; // raised by every change of an API key (keys.h)
};

// Opens what the use cases need on an open store; flow_close gives it back, not the store.
MUST_CHECK enum err flow_open(struct flow *flow, struct store *store, const struct env *env);
void flow_close(struct flow *flow);

// A member inside a transaction.
struct tx_member {
    struct tx_member *next;
    int64_t tenant_id;
    const struct program *program; // of who asked last; its currencies lay the state out
    struct member_state state;
    struct state_image *image; // what the store holds, to write only what changed
    bool dirty;
    const struct member_new *unborn; // to be inserted before the first write (members.h)
};

#define TX_MEMBER_BUCKETS 1024

struct tx {
    struct flow *flow;
    struct db *db;
    bool writable;
    struct arena arena; // lives as long as the transaction
    int64_t now_us;
    struct id_source *ids; // NULL when reading
    struct tx_member *members[TX_MEMBER_BUCKETS];
    struct tx_program *programs;
    bool changed_program;      // there is a version that nobody else may see yet
    struct foreseen *foreseen; // members that will be loaded (foresee.h)
    struct tx_key *keys;       // API keys that were looked up (keys.c)
    struct tx_shared *shared;
    int64_t shared_tenant_id;
    int64_t n_writes; // by the piece of work that runs now: none when it is refused
    bool broken;
};

// ---- life cycle: for the workers and for single commands

MUST_CHECK enum err tx_begin(struct tx *tx, struct flow *flow, struct db *db, bool writable,
                             struct id_source *ids);
// Takes the instant anew, before anything was decided: once the locks are there, nobody has written
// later than it.
void tx_read_clock(struct tx *tx);
// Writes the caches, then commits; released either way.
MUST_CHECK enum err tx_commit(struct tx *tx);
// Writes the caches of what was done so far: for a use case that reads them from the store.
MUST_CHECK enum err tx_save(struct tx *tx);
// Drops everything that was not committed, and releases.
void tx_rollback(struct tx *tx);

// ---- for the use cases

// Marks the transaction broken when e is a fault of a write; returns e.
MUST_CHECK enum err tx_wrote(struct tx *tx, enum err e);

// The version by which something that happened at at_us is judged.  The first one judges what
// happened before it, too: history may be imported.  ERR_PROGRAM_MISSING.  Lives as long as the
// transaction.
MUST_CHECK enum err tx_program(struct tx *tx, int64_t tenant_id, int64_t at_us,
                               const struct program **ret_program);
MUST_CHECK enum err tx_program_version(struct tx *tx, int64_t tenant_id, int64_t version,
                                       const struct program **ret_program);
// A new version was stored in this transaction.
void tx_program_changed(struct tx *tx, int64_t tenant_id);

// The member, loaded at most once for one layout of currencies; its program is the one given.
// ERR_NOT_FOUND, ERR_MEMBER_CLOSED.
MUST_CHECK enum err tx_member_load(struct tx *tx, int64_t tenant_id, struct id member_id,
                                   const struct program *program, struct tx_member **ret_member);
// A member that was inserted a moment ago: nothing to load.
MUST_CHECK enum err tx_member_new(struct tx *tx, int64_t tenant_id, struct id member_id,
                                  const struct program *program, int64_t enrolled_us,
                                  struct tx_member **ret_member);
// What is known of the person was stored in this transaction: rules see it from now on.
MUST_CHECK enum err tx_person_changed(struct tx *tx, int64_t tenant_id, struct id member_id);

// Programme-wide and per-store counters as the engine asks for them.
struct shared_counters tx_shared_counters(struct tx *tx, int64_t tenant_id);

// Why entries are written: goes into each of them.
struct cause {
    const struct program *program; // that decided
    struct id event_id;            // nil if none
    int64_t actor_id;              // an API key; 0: a command or a job
};

// Carries a decision out: state, ledger entries, allocations, counters.
MUST_CHECK enum err tx_apply(struct tx *tx, struct tx_member *member, struct decision *decision,
                             const struct cause *cause);

// Brings the member to the instant: activation, expiry, ends of holds.  A transaction that only
// reads changes the state in memory alone: what a reader sees is right whether or not a job ran.
MUST_CHECK enum err tx_advance(struct tx *tx, struct tx_member *member, int64_t to_us);
