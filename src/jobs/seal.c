// SPDX-License-Identifier: Apache-2.0
// seal.c - the job that signs a root over all ledgers, so that nobody can take rows away unseen.
//
// Layer: jobs.  Tests: tests/jobs/jobs_test.c, tests/insight/tamper_test.c
#include "flow/seal.h"
#include "jobs/jobs.h"

// Only a seal tells whether there is anything new.
enum err job_seal_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    (void)tenant_id;
    if (ret_any)
        *ret_any = tx->flow->seal_key != NULL;
    return OK;
}

enum err job_seal(struct tx *tx, int64_t tenant_id, struct job_round *round)
{
    struct seal_row seal;
    enum err e = flow_seal_settled(tx, tenant_id, tx->flow->seal_key, &seal);
    round->n = e == OK;
    return e == ERR_NOT_FOUND ? OK : e; // nothing new
}
