// SPDX-License-Identifier: Apache-2.0
// forget.c - the job that forgets replies to idempotency keys that nobody can ask for any more.
//
// Layer: jobs.  Tests: tests/jobs/forget_test.c
#include "flow/idempotency.h"
#include "jobs/jobs.h"

// Deleted in about the time of one commit.
#define REPLIES_AT_ONCE 2000

enum err job_forget_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    return idempotency_forget_look(tx, tenant_id, ret_any);
}

enum err job_forget(struct tx *tx, int64_t tenant_id, struct job_round *round)
{
    int64_t n;
    enum err e = idempotency_forget(tx, tenant_id, REPLIES_AT_ONCE, &n);
    if (e)
        return e;
    *round = (struct job_round){.n = n, .more = n == REPLIES_AT_ONCE};
    return OK;
}
