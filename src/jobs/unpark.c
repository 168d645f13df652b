// SPDX-License-Identifier: Apache-2.0
// unpark.c - the job that brings a return and its sale together when they missed each other.
//
// Layer: jobs.  Tests: tests/jobs/unpark_test.c
#include "flow/flow.h"
#include "jobs/jobs.h"

// Of those that wait, a round looks at so many of each tenant: most wait for a sale that never
// comes.
#define PARKED_AT_ONCE 500

enum err job_unpark_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    return flow_unpark_look(tx, tenant_id, ret_any);
}

enum err job_unpark(struct tx *tx, int64_t tenant_id, struct job_round *round)
{
    struct unparked unparked;
    enum err e = flow_unpark(tx, tenant_id, PARKED_AT_ONCE, &unparked);
    if (e)
        return e;
    *round = (struct job_round){.n = (int64_t)unparked.n, .more = unparked.more};
    return OK;
}
