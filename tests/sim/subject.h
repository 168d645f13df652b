// SPDX-License-Identifier: Apache-2.0
// subject.h - what is compared with the model: the pure engine, or the use cases on a store.
//
// The simulator numbers members, events and redemptions from 0 in the order in which they came to
// be; a subject remembers what it calls them.  Every operation is one call inside of together.
//
// Layer: tests.
#pragma once

#include "engine/engine.h"
#include "model/model.h"
#include "sim/sim.h"
#include "sim/state_hash.h"

// Steps of one instant.
struct together {
    int64_t clock_us; // may lie before the last one
    int n;
    const struct op *ops; // what befalls each; NULL: nothing
    // What step i would ask for, as far as can be known before; without effect once all were. NULL:
    // nobody knows.
    void (*rehearse)(void *ctx, int i);
    void (*rehearsed)(void *ctx);
    // Step i at the instant.  Runs again when its transaction was taken back.
    enum err (*run)(void *ctx, int i, int64_t now_us);
    // It is final.  failed: it was taken back for good, whatever run said.
    void (*settled)(void *ctx, int i, bool failed);
    void *ctx;
};

struct subject {
    // Runs the steps in their order, several in one transaction where there are any.
    void (*together)(struct subject *subject, const struct together *steps);
    void (*program)(struct subject *subject, const struct program *program, struct str document);
    void (*enrol)(struct subject *subject, int member);
    enum err (*event)(struct subject *subject, int member, const struct program *program,
                      struct event *event);
    // index -1: the order is not known yet, only what it will be called; n 0: all that is left.
    enum err (*refund)(struct subject *subject, int index, struct str order,
                       const struct returned *returned, size_t n);
    // The newest event again, as it was or with other content; NULL: cannot.
    enum err (*retry)(struct subject *subject, bool altered);

    enum err (*redeem)(struct subject *subject, int member, int reward, bool hold,
                       int64_t hold_until_us);
    enum err (*capture)(struct subject *subject, int redemption);
    enum err (*release)(struct subject *subject, int redemption);
    enum err (*reverse)(struct subject *subject, int redemption);
    enum err (*adjust)(struct subject *subject, int member, int currency, int64_t units);
    void (*advance)(struct subject *subject, int member); // to the instant
    // Changes what is known of the member; NULL: nothing is.
    void (*person)(struct subject *subject, int member, int number);
    // What the member has at the instant; lots in the order of consumption.
    const struct wallet *(*wallets)(struct subject *subject, int member);
    const struct lot *(*lots)(struct subject *subject, int member, size_t *ret_n);
    void (*restart)(struct subject *subject); // NULL: there is nothing to restart
    bool loud;                                // print every entry
    bool shows_now;                           // wallets and lots are as of the instant
    bool keeps_advance;                       // a refused operation leaves the member advanced
    void (*finish)(struct subject *subject);  // may be NULL
    int64_t n_effects;
    struct state_hash state; // after finish
};

struct subject *subject_engine(struct arena *arena, int room);
// data_dir: an empty folder of its own; batch_max: steps in one transaction.
struct subject *subject_flow(struct arena *arena, int room, const struct sim *sim,
                             struct str data_dir);
