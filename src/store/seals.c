// SPDX-License-Identifier: Apache-2.0
// seals.c - the roots over all chains of a tenant, and the heads they are made of.
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/rows.h"
#include "store/sql_gen.h"
#include "store/store.h"

enum err store_seal_insert(struct db *db, int64_t tenant_id, const struct seal_row *seal)
{
    struct sql_seal_insert_in in = {
        .tenant_id = tenant_id,
        .seal_no = seal->seal_no,
        .at_us = seal->at_us,
        .n_chains = seal->n_chains,
        .n_rows = seal->n_rows,
        .root = seal->root,
        .previous = seal->previous,
        .signature = seal->signature,
    };

    enum err e = sql_seal_insert(db, &in);
    return e ? e : db_flush(db); // the caller is to know that another process sealed
}

enum err store_seal_get_latest(struct db *db, int64_t tenant_id, struct arena *arena,
                               struct seal_row *ret_seal)
{
    struct sql_seal_get_latest_in in = {.tenant_id = tenant_id};
    struct sql_seal_get_latest_out out;
    enum err e = sql_seal_get_latest(db, &in, arena, &out);

    if (!e)
        *ret_seal = (struct seal_row){
            .seal_no = out.seal_no,
            .at_us = out.at_us,
            .n_chains = out.n_chains,
            .n_rows = out.n_rows,
            .root = out.root,
            .previous = out.previous,
            .signature = out.signature,
        };
    return e;
}

enum err store_ledger_head_list(struct db *db, int64_t tenant_id, struct id after_id, int64_t limit,
                                struct arena *arena, struct chain_head **ret_heads, size_t *ret_n)
{
    struct sql_ledger_head_list_in in = {.tenant_id = tenant_id,
                                         .after_id = after_id,
                                         .row_limit = limit};
    struct sql_ledger_head_list_out *rows;
    size_t n;
    enum err e = sql_ledger_head_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct chain_head *heads = rows_new(arena, n, sizeof *heads);
    if (!heads)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].has_hash)
            return ERR_STORE_CORRUPT;
        heads[i] = (struct chain_head){rows[i].member_id, rows[i].last_seq, rows[i].recorded_us,
                                       rows[i].hash};
    }
    *ret_heads = heads;
    *ret_n = n;
    return OK;
}

enum err store_ledger_head_get(struct db *db, int64_t tenant_id, struct id member_id,
                               int64_t until_us, struct arena *arena, struct chain_head *ret_head)
{
    struct sql_entry_head_get_in in = {.tenant_id = tenant_id,
                                       .member_id = member_id,
                                       .until_us = until_us};
    struct sql_entry_head_get_out out;
    enum err e = sql_entry_head_get(db, &in, arena, &out);

    if (!e)
        *ret_head = (struct chain_head){.owner_id = member_id, .seq = out.seq, .hash = out.hash};
    return e;
}
