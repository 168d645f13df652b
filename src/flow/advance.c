// SPDX-License-Identifier: Apache-2.0
// advance.c - what time does when nobody asks: activation, expiry, ends of holds.
// Members are locked in the order of their ids, as batches of requests lock them.
//
// Layer: flow.  Tests: tests/flow/advance_test.c, tests/sim/
#include "flow/flow.h"
#include "flow/foresee.h"
#include "store/members.h"

enum err flow_advance_due(struct tx *tx, int64_t tenant_id, int limit, size_t *ret_n)
{
    struct id *due;
    size_t n;
    enum err e = tx_save(tx); // who became due in this transaction is found, too
    if (!e)
        e = store_due_list(tx->db, tenant_id, tx->now_us, limit, &tx->arena, &due, &n);
    const struct program *program;
    // The job comes by for every tenant: one of which nobody is due needs no programme in memory.
    if (!e && n)
        e = tx_program(tx, tenant_id, tx->now_us, &program);
    for (size_t i = 0; !e && i < n; i++)
        e = foresee_member(tx, tenant_id, &(struct member_ref){.id = due[i]});
    if (!e && n)
        e = foresee_ask(tx);
    for (size_t i = 0; !e && i < n; i++) {
        struct tx_member *member;
        e = tx_member_load(tx, tenant_id, due[i], program, &member);
        if (!e)
            e = tx_advance(tx, member, tx->now_us);
    }
    if (e)
        return e;
    *ret_n = n;
    return OK;
}

enum err flow_advance_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    struct id *due;
    size_t n;
    if (!ret_any)
        return store_due_list_ahead(tx->db, tenant_id, tx->now_us, 1);
    enum err e = store_due_list(tx->db, tenant_id, tx->now_us, 1, &tx->arena, &due, &n);
    if (!e)
        *ret_any = n > 0;
    return e;
}
