// SPDX-License-Identifier: Apache-2.0
// sim.h - one history: a plan, its operations, and what came of it.
//
// Layer: tests.
#pragma once

#include "sim/plan.h"
#include "sim/state_hash.h"
#include "store/fresh.h"

struct sim {
    uint64_t seed;
    struct op *ops;
    int n_ops;
    bool flow;                 // on a store, else the engine alone
    int batch_max;             // operations in one transaction
    const struct fresh *fresh; // a database to be emptied; NULL: SQLite in a folder
    bool rows;                 // print everything that is stored at the end
    bool loud;                 // print every operation
    bool quiet;                // print nothing, not even why it failed
};

struct sim_report {
    int64_t n_ops, n_refused, n_effects;
    struct state_hash state; // of everything at the end
};

// Aborts when a law does not hold or model and subject differ.
void sim_run(const struct sim *sim, struct sim_report *ret_report);
