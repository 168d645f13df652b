// SPDX-License-Identifier: Apache-2.0
// jobs.h - what happens by itself: one thread that hands due work to the writer.
//
//   B1  A job is a use case like any other: it runs on a writer, in a transaction of its own
//       batch, and what it does is the same whether it runs late, early or twice.
//   B2  A round goes through all tenants, a page at a time.  Who has something to do is asked on a
//       reader, so that an idle tenant costs the writers nothing; what is done takes some
//       milliseconds of a writer at a time.  Requests and other jobs go in between.
//   B3  A tenant that has more to do than a piece of work may is come back to, after the others.
//   B4  A tenant for which a job fails does not keep it from the others.
//
// Layer: jobs.  Tests: tests/jobs/jobs_test.c
#pragma once

#include "base/env.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct jobs;
struct tx;
struct workers;

// What a job did for one tenant.
struct job_round {
    int64_t n; // counted by the job's metric
    bool more; // there is more to do at once
};

typedef enum err job_run(struct tx *tx, int64_t tenant_id, struct job_round *round);
// Whether there may be something to do; reads only.  ret_any NULL: announces (flow/foresee.h) that
// it will be asked.
typedef enum err job_look(struct tx *tx, int64_t tenant_id, bool *ret_any);

#define JOB(name, NAME, interval, summary)                                                         \
    MUST_CHECK job_run job_##name;                                                                 \
    MUST_CHECK job_look job_##name##_look;
#include "jobs.def"
#undef JOB

struct jobs_config {
    int64_t advance_every_s; // due activations, expiries, ends of holds
    int64_t forget_every_s;  // replies to old idempotency keys
    int64_t seal_every_s;    // Merkle roots over all ledgers
    int64_t unpark_every_s;  // returns that missed their sale
};

// The caller stops them before the workers.
MUST_CHECK enum err jobs_start(struct workers *workers, const struct env *env,
                               const struct jobs_config *config, struct jobs **ret_jobs);
// Waits for the work that was handed out; accepts NULL.
void jobs_stop(struct jobs *jobs);
