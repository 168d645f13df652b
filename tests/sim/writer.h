// SPDX-License-Identifier: Apache-2.0
// writer.h - the writer thread of production (flow/work.h), told exactly what goes into one
// transaction.
//
// Layer: tests.
#pragma once

#include "flow/flow.h"
#include "flow/work.h"

#include <pthread.h>

// How far the piece is that goes ahead of several.
enum gate { GATE_AHEAD, GATE_REACHED, GATE_OPEN };

struct writer {
    struct workers *workers;
    int batch_max;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int n_open; // pieces that are not final
    enum gate gate;
};

// Embedded in what knows more.
struct piece {
    struct work work; // first
    struct writer *writer;
    // All on the writer's thread.
    enum err (*foresee)(struct piece *piece, struct tx *tx); // may be NULL
    enum err (*run)(struct piece *piece, struct tx *tx);
    void (*settled)(struct piece *piece, enum err outcome); // may be NULL
    enum err outcome;
};

void writer_start(struct writer *writer, struct flow *flow, int batch_max);
void writer_stop(struct writer *writer);
// Runs the pieces in their order, up to batch_max in one transaction; they are final when this
// returns.
void writer_run(struct writer *writer, struct piece **pieces, int n);
