// SPDX-License-Identifier: Apache-2.0
// advance.c - the job that writes down what time has done.
//
// Nothing depends on it: balances are right whether or not it ran.  It makes expiries show up in
// the ledger, and thus in reports, without waiting for the member's next visit.
//
// Layer: jobs.  Tests: tests/jobs/jobs_test.c
#include "flow/flow.h"
#include "jobs/jobs.h"

#define MEMBERS_AT_ONCE 200

enum err job_advance_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    return flow_advance_look(tx, tenant_id, ret_any);
}

enum err job_advance(struct tx *tx, int64_t tenant_id, struct job_round *round)
{
    size_t n;
    enum err e = flow_advance_due(tx, tenant_id, MEMBERS_AT_ONCE, &n);
    if (e)
        return e;
    *round = (struct job_round){.n = (int64_t)n, .more = n == MEMBERS_AT_ONCE};
    return OK;
}
