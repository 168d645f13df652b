// SPDX-License-Identifier: Apache-2.0
// redemptions.c - rewards that were reserved or taken.
//
// Layer: store.  Tests: tests/store/events_test.c
#include "store/events.h"
#include "store/rows.h"
#include "store/sql_gen.h"

static const struct str statuses[] = {
    [REDEMPTION_HELD] = STR("held"),         [REDEMPTION_REDEEMED] = STR("redeemed"),
    [REDEMPTION_RELEASED] = STR("released"), [REDEMPTION_EXPIRED] = STR("expired"),
    [REDEMPTION_REVERSED] = STR("reversed"),
};

struct str redemption_status_text(enum redemption_status status)
{
    CHECK(status <= REDEMPTION_REVERSED);
    return statuses[status];
}

static enum err status_of(struct str text, enum redemption_status *ret_status)
{
    for (int i = REDEMPTION_HELD; i <= REDEMPTION_REVERSED; i++)
        if (str_eq(text, statuses[i])) {
            *ret_status = (enum redemption_status)i;
            return OK;
        }
    return ERR_STORE_CORRUPT;
}

// Both statements that read redemptions have the same columns; this is one row of either.
static enum err redemption_of(const struct sql_redemption_get_out *row,
                              struct redemption_row *ret_redemption)
{
    *ret_redemption = (struct redemption_row){
        .redemption_id = row->redemption_id,
        .member_id = row->member_id,
        .reward_id = row->reward_id,
        .program_version = row->program_version,
        .first_seq = row->first_seq,
        .created_us = row->created_us,
        .updated_us = row->updated_us,
        .expires_us = row->expires_us,
    };
    return status_of(row->status, &ret_redemption->status);
}

_Static_assert(sizeof(struct sql_redemption_get_out) == sizeof(struct sql_redemption_list_out),
               "statements about redemptions select the same columns");

enum err store_redemption_insert(struct db *db, int64_t tenant_id,
                                 const struct redemption_row *redemption)
{
    struct sql_redemption_insert_in in = {
        .tenant_id = tenant_id,
        .status = redemption_status_text(redemption->status),
        .redemption_id = redemption->redemption_id,
        .member_id = redemption->member_id,
        .reward_id = redemption->reward_id,
        .program_version = redemption->program_version,
        .first_seq = redemption->first_seq,
        .created_us = redemption->created_us,
        .updated_us = redemption->updated_us,
        .expires_us = redemption->expires_us,
        .has_expires_us = redemption->expires_us != 0,
    };

    return sql_redemption_insert(db, &in);
}

enum err store_redemption_get(struct db *db, int64_t tenant_id, struct id redemption_id,
                              struct arena *arena, struct redemption_row *ret_redemption)
{
    struct sql_redemption_get_in in = {.tenant_id = tenant_id, .redemption_id = redemption_id};
    struct sql_redemption_get_out out;
    struct redemption_row redemption;
    enum err e = sql_redemption_get(db, &in, arena, &out);

    if (!e)
        e = redemption_of(&out, &redemption);
    if (!e)
        *ret_redemption = redemption;
    return e;
}

enum err store_redemption_update(struct db *db, int64_t tenant_id, struct id redemption_id,
                                 enum redemption_status from, enum redemption_status to,
                                 int64_t updated_us)
{
    struct sql_redemption_update_in in = {
        .tenant_id = tenant_id,
        .redemption_id = redemption_id,
        .from_status = redemption_status_text(from),
        .to_status = redemption_status_text(to),
        .updated_us = updated_us,
    };
    int64_t changed;
    enum err e = sql_redemption_update(db, &in, &changed);

    if (e)
        return e;
    return changed ? OK : ERR_STORE_CONFLICT;
}

enum err store_redemption_list(struct db *db, int64_t tenant_id, const struct member_page *page,
                               struct arena *arena, struct redemption_row **ret_redemptions,
                               size_t *ret_n)
{
    struct sql_redemption_list_in in = {.tenant_id = tenant_id,
                                        .member_id = page->member_id,
                                        .before_id = id_or_last(page->before_id),
                                        .row_limit = page->limit};
    void *rows;
    size_t n;
    enum err e = sql_run_many(db, SQL_REDEMPTION_LIST, &in, arena, &rows, &n);

    if (e)
        return e;
    struct redemption_row *redemptions = rows_new(arena, n, sizeof *redemptions);
    if (!redemptions)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < n; i++)
        e = redemption_of((const struct sql_redemption_get_out *)rows + i, &redemptions[i]);
    if (e)
        return e;
    *ret_redemptions = redemptions;
    *ret_n = n;
    return OK;
}
