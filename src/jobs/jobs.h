// SPDX-License-Identifier: Apache-2.0
// jobs.h - what happens by itself: one thread that hands due work to the writer.
//
//   B1  A job is a use case like any other: it runs on the writer, in a transaction of its own
//       batch, and what it does is the same whether it runs late, early or twice.
//   B2  A job that has more to do is run again at once; requests go in between.
//
// Layer: jobs.  Tests: tests/jobs/jobs_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"

struct jobs;
struct workers;

struct jobs_config {
    int64_t advance_every_s; // due activations, expiries, ends of holds
    int64_t seal_every_s;    // Merkle roots over all ledgers
};

// The caller stops them before the workers.
MUST_CHECK enum err jobs_start(struct workers *workers, const struct env *env,
                               const struct jobs_config *config, struct jobs **ret_jobs);
// Waits for the work that was handed out; accepts NULL.
void jobs_stop(struct jobs *jobs);
