// SPDX-License-Identifier: Apache-2.0
// trail.c - the audit trail: who changed what besides the ledger, one chain per subject.
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/chain.h"
#include "store/rows.h"
#include "store/sql_gen.h"
#include "store/store.h"

// docs/ledger-hash.md
static enum err hash_row(struct arena *arena, struct sql_audit_entry_insert_in *row,
                         const struct hash *previous)
{
    struct chain chain;

    chain_begin(&chain, arena, "habitue audit 1", previous->b);
    chain_i64(&chain, row->tenant_id);
    chain_id(&chain, row->subject_id);
    chain_i64(&chain, row->seq);
    chain_i64(&chain, row->at_us);
    chain_i64_or_null(&chain, row->has_actor_id, row->actor_id);
    chain_text(&chain, row->action);
    chain_text(&chain, row->detail);
    return chain_end(&chain, &row->hash);
}

enum err store_audit_append(struct db *db, int64_t tenant_id, const struct audit_row *row,
                            struct arena *arena)
{
    struct sql_audit_head_get_in head_in = {.tenant_id = tenant_id, .subject_id = row->subject_id};
    struct sql_audit_head_get_out head = {0};
    enum err e = sql_audit_head_get(db, &head_in, arena, &head);

    if (e && e != ERR_NOT_FOUND)
        return e;
    struct sql_audit_entry_insert_in in = {
        .tenant_id = tenant_id,
        .subject_id = row->subject_id,
        .seq = head.seq + 1,
        .at_us = row->at_us,
        .has_actor_id = row->actor_id != 0,
        .actor_id = row->actor_id,
        .action = row->action,
        .detail = row->detail,
    };
    e = hash_row(arena, &in, &head.hash);
    return e ? e : sql_audit_entry_insert(db, &in);
}

enum err store_audit_list(struct db *db, int64_t tenant_id, const struct audit_query *query,
                          struct arena *arena, struct audit_row **ret_rows, size_t *ret_n)
{
    struct sql_audit_entry_list_in in = {.tenant_id = tenant_id,
                                         .subject_id = query->subject_id,
                                         .before_seq = query->before_seq,
                                         .row_limit = query->limit};
    struct sql_audit_entry_list_out *rows;
    size_t n;
    enum err e = sql_audit_entry_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct audit_row *list = rows_new(arena, n, sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        list[i] = (struct audit_row){
            .subject_id = rows[i].subject_id,
            .seq = rows[i].seq,
            .at_us = rows[i].at_us,
            .actor_id = rows[i].actor_id,
            .action = rows[i].action,
            .detail = rows[i].detail,
            .hash = rows[i].hash,
        };
    *ret_rows = list;
    *ret_n = n;
    return OK;
}

enum err store_audit_head_list(struct db *db, int64_t tenant_id, const struct id *after_id,
                               int64_t limit, struct arena *arena, struct chain_head **ret_heads,
                               size_t *ret_n)
{
    struct sql_audit_head_list_in in = {.tenant_id = tenant_id,
                                        .has_after_id = after_id != NULL,
                                        .after_id = after_id ? *after_id : (struct id){{0}},
                                        .row_limit = limit};
    struct sql_audit_head_list_out *rows;
    size_t n;
    enum err e = sql_audit_head_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct chain_head *heads = rows_new(arena, n, sizeof *heads);
    if (!heads)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        heads[i] =
            (struct chain_head){rows[i].subject_id, rows[i].seq, rows[i].at_us, rows[i].hash};
    *ret_heads = heads;
    *ret_n = n;
    return OK;
}

enum err store_audit_head_get(struct db *db, int64_t tenant_id, struct id subject_id,
                              int64_t until_us, struct arena *arena, struct chain_head *ret_head)
{
    struct sql_audit_entry_head_get_in in = {.tenant_id = tenant_id,
                                             .subject_id = subject_id,
                                             .until_us = until_us};
    struct sql_audit_entry_head_get_out out;
    enum err e = sql_audit_entry_head_get(db, &in, arena, &out);

    if (!e)
        *ret_head = (struct chain_head){.owner_id = subject_id, .seq = out.seq, .hash = out.hash};
    return e;
}
