// SPDX-License-Identifier: Apache-2.0
// writer.c - see writer.h.
//
// The writer takes all that waits.  So that several pieces wait together, one that does nothing is
// sent ahead and holds the writer until the others are queued.
//
// Layer: tests.
#include "sim/writer.h"

static enum err run_piece(struct work *work, struct tx *tx)
{
    struct piece *piece = (struct piece *)(void *)work;
    return piece->run(piece, tx);
}

static enum err foresee_piece(struct work *work, struct tx *tx)
{
    struct piece *piece = (struct piece *)(void *)work;
    return piece->foresee(piece, tx);
}

static void piece_done(struct work *work, enum err outcome)
{
    struct piece *piece = (struct piece *)(void *)work;
    struct writer *writer = piece->writer;
    piece->outcome = outcome;
    if (piece->settled)
        piece->settled(piece, outcome);
    CHECK(pthread_mutex_lock(&writer->mutex) == 0);
    writer->n_open--;
    CHECK(pthread_cond_signal(&writer->changed) == 0);
    CHECK(pthread_mutex_unlock(&writer->mutex) == 0);
}

// ---- the piece ahead: whoever holds the mutex sees how far it is

static void move_gate(struct writer *writer, enum gate from, enum gate to)
{
    CHECK(pthread_mutex_lock(&writer->mutex) == 0);
    while (writer->gate < from)
        CHECK(pthread_cond_wait(&writer->changed, &writer->mutex) == 0);
    writer->gate = to;
    CHECK(pthread_cond_broadcast(&writer->changed) == 0);
    CHECK(pthread_mutex_unlock(&writer->mutex) == 0);
}

static void wait_for_gate(struct writer *writer, enum gate state)
{
    CHECK(pthread_mutex_lock(&writer->mutex) == 0);
    while (writer->gate < state)
        CHECK(pthread_cond_wait(&writer->changed, &writer->mutex) == 0);
    CHECK(pthread_mutex_unlock(&writer->mutex) == 0);
}

static enum err hold_gate(struct piece *piece, struct tx *tx)
{
    move_gate(piece->writer, GATE_AHEAD, GATE_REACHED);
    wait_for_gate(piece->writer, GATE_OPEN);
    return OK;
}

// ---- pieces

static void send(struct writer *writer, struct piece *piece)
{
    piece->writer = writer;
    piece->work = (struct work){.foresee = piece->foresee ? foresee_piece : NULL,
                                .run = run_piece,
                                .done = piece_done};
    workers_write(writer->workers, &piece->work);
}

static void run_together(struct writer *writer, struct piece **pieces, int n)
{
    struct piece ahead = {.run = hold_gate};
    bool gated = n > 1;
    writer->gate = GATE_AHEAD;
    writer->n_open = n + gated;
    if (gated) {
        send(writer, &ahead);
        wait_for_gate(writer, GATE_REACHED);
    }
    for (int i = 0; i < n; i++)
        send(writer, pieces[i]);
    if (gated)
        move_gate(writer, GATE_REACHED, GATE_OPEN);
    CHECK(pthread_mutex_lock(&writer->mutex) == 0);
    while (writer->n_open)
        CHECK(pthread_cond_wait(&writer->changed, &writer->mutex) == 0);
    CHECK(pthread_mutex_unlock(&writer->mutex) == 0);
    CHECK(!gated || ahead.outcome == OK);
}

void writer_run(struct writer *writer, struct piece **pieces, int n)
{
    for (int first = 0; first < n; first += writer->batch_max) {
        int left = n - first;
        run_together(writer, pieces + first, left < writer->batch_max ? left : writer->batch_max);
    }
}

void writer_start(struct writer *writer, struct flow *flow, int batch_max)
{
    struct workers_config config = {.n_readers = 1, .batch_max = batch_max};
    *writer = (struct writer){.batch_max = batch_max};
    CHECK(pthread_mutex_init(&writer->mutex, NULL) == 0);
    CHECK(pthread_cond_init(&writer->changed, NULL) == 0);
    CHECK(workers_start(flow, &config, &writer->workers) == OK);
}

void writer_stop(struct writer *writer)
{
    workers_stop(writer->workers);
    CHECK(pthread_cond_destroy(&writer->changed) == 0);
    CHECK(pthread_mutex_destroy(&writer->mutex) == 0);
}
