// SPDX-License-Identifier: Apache-2.0
// work.h - who runs a use case, and when its outcome is final.
//
// A piece of work is a request (or a job, or a command) that needs the store.  Writes go to a
// writer, of which SQLite has one and PostgreSQL several, each for a part of the members: it takes
// all that waits for it, runs each inside one transaction, commits once, and only then says done to
// each.  Reads go to reader threads, each with a snapshot of its own.
//
//   W1  run is called exactly once per attempt, done exactly once in all, run before done.
//   W2  done of a write is called after COMMIT returned, with OK or with why the commit failed
//       (ERR_OUTCOME_UNKNOWN when it may have happened): nobody is answered before that.
//   W3  run may be called again when the batch it was in had to be rolled back: it starts from
//       scratch and must not keep anything of its first attempt.
//   W4  A refusal is decided before the first write of the work; work that fails after having
//       written rolls back alone, not with its neighbours.
//
// Layer: flow.  Tests: tests/flow/work_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"

struct flow;
struct tx;

struct work {
    struct work *next; // the queue's
    // Says what run will read (foresee.h), at the beginning of each attempt; may be NULL.
    enum err (*foresee)(struct work *work, struct tx *tx);
    // Writes with the same number are run one after the other, by one writer: it stands for the
    // member they are about.  0: any writer will do.
    uint64_t affinity;
    // On a worker thread, inside the transaction.
    enum err (*run)(struct work *work, struct tx *tx);
    // On the same thread, after the commit; outcome is run's answer or why the commit failed.
    void (*done)(struct work *work, enum err outcome);
    enum err outcome; // the queue's
};

struct workers;

struct workers_config {
    int n_readers;
    int n_writers; // where the store is shared; else there is one
    int batch_max; // pieces of work in one commit
    // Called once, on a writer's thread, when the store can no longer be written (db.h, D3):
    // everybody has been answered; only a restart helps.  May be NULL.
    void (*on_dead)(void *ctx);
    void *ctx;
};

// Starts the writers and the readers on the store.  The caller frees with workers_stop.
MUST_CHECK enum err workers_start(struct flow *flow, const struct workers_config *config,
                                  struct workers **ret_workers);

// Queues work; any thread.  The work must live until its done was called.
void workers_write(struct workers *workers, struct work *work);
void workers_read(struct workers *workers, struct work *work);

// Pieces of work that wait or run now, for back-pressure and for metrics.
int workers_waiting(struct workers *workers);

// Finishes what is queued, stops the threads and frees.  Accepts NULL.
void workers_stop(struct workers *workers);
