// SPDX-License-Identifier: Apache-2.0
// subject.h - what is compared with the model: the pure engine, or the use cases on a store.
//
// The simulator numbers members, events and redemptions from 0 in the order in which they came to
// be; a subject remembers what it calls them.  Every operation is begin, one call, end.
//
// Layer: tests.
#pragma once

#include "engine/engine.h"
#include "model/model.h"

struct subject {
    // The instant at which the operation happens; clock_us may lie before the last one.
    int64_t (*begin)(struct subject *subject, int64_t clock_us);
    // Makes it final, or takes it back.
    void (*end)(struct subject *subject, enum err outcome);
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
    void (*advance)(struct subject *subject, int member); // to the instant of begin
    // What the member has at the instant; lots in the order of consumption.
    const struct wallet *(*wallets)(struct subject *subject, int member);
    const struct lot *(*lots)(struct subject *subject, int member, size_t *ret_n);
    void (*restart)(struct subject *subject); // NULL: there is nothing to restart
    bool loud;                                // print every entry
    bool shows_now;                           // wallets and lots are as of the instant
    bool keeps_advance;                       // a refused operation leaves the member advanced
    void (*finish)(struct subject *subject);  // may be NULL
    int64_t n_effects;
};

struct subject *subject_engine(struct arena *arena, int room);
// data_dir: an empty folder of its own.
struct subject *subject_flow(struct arena *arena, int room, uint64_t seed, struct str data_dir);
