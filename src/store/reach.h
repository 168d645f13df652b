// SPDX-License-Identifier: Apache-2.0
// reach.h - whether the database can be reached: one notion for all connections of a process.
//
// A connection that was lost is made anew by whoever needs it next (db.h, D5).  While a server is
// away that would be every thread for itself, each of them waiting for its own time-out.  So one
// thread, the watch, asks about once a second; while it gets no answer nobody else tries to
// connect, db_begin says ERR_STORE_UNREACHABLE at once, and the watch tries again, after 0.2 s,
// then after twice that, up to every 2 s.
//
//   R1  Only the watch says that the database is away or back.  A connection that works goes on
//       working whatever it says, and without a watch the database is never away.
//   R2  Who could not connect makes the watch look at once; until it has, nobody else tries.
//   R3  on_change is told of every loss and of every return, in turns, on the watch's thread.
//
// Layer: store.  Tests: tests/store/postgres_test.c, tests/faults/
#pragma once

#include "base/env.h"
#include "store/db.h"

#include <pthread.h>
#include <stdatomic.h>

struct reach_config {
    struct db_config db; // how the watch connects
    const struct env *env;
    // away_ms: since when it is, or how long it was.  reason: in the words of the library.
    void (*on_change)(void *ctx, bool there, int64_t away_ms, const char *reason);
    void *ctx;
};

struct reach {
    atomic_bool watched;
    atomic_bool away;
    atomic_ullong n_doubts;  // R2
    atomic_ullong n_settled; // of them: the watch has looked since
    atomic_llong since_us;   // of the last loss, monotonic
    struct reach_config config;
    char reason[DB_REASON_BYTES];
    struct db *db; // the watch's own
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
};

void reach_init(struct reach *reach);
// After the watch was stopped.
void reach_release(struct reach *reach);

// Any thread.
bool reach_is_away(const struct reach *reach);
// Whether to try to connect.
bool reach_may_try(const struct reach *reach);
// Somebody could not connect: the watch is to look now.
void reach_doubt(struct reach *reach);

// The config is copied, its texts must live until reach_stop.
void reach_watch(struct reach *reach, const struct reach_config *config);
// Waits for the thread, which may be in the middle of connecting.  Nothing when there is no watch.
void reach_stop(struct reach *reach);
