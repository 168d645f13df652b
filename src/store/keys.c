// SPDX-License-Identifier: Apache-2.0
// keys.c - API keys, of which only a hash is kept.
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/rows.h"
#include "store/sql_gen.h"
#include "store/store.h"

// The three statements that read keys have the same columns; this is one row of any of them.
static struct key_row key_of(const struct sql_key_get_out *row)
{
    return (struct key_row){
        .tenant_id = row->tenant_id,
        .key_id = row->key_id,
        .secret_hash = row->secret_hash,
        .name = row->name,
        .last4 = row->last4,
        .scopes = row->scopes,
        .created_us = row->created_us,
        .expires_us = row->expires_us,
        .revoked_us = row->revoked_us,
    };
}

_Static_assert(sizeof(struct sql_key_get_out) == sizeof(struct sql_key_get_by_hash_out) &&
                   sizeof(struct sql_key_get_out) == sizeof(struct sql_key_list_out),
               "statements about keys select the same columns");

enum err store_key_insert(struct db *db, const struct key_row *key, struct arena *arena,
                          int64_t *ret_key_id)
{
    struct sql_key_insert_in in = {
        .tenant_id = key->tenant_id,
        .secret_hash = key->secret_hash,
        .name = key->name,
        .last4 = key->last4,
        .scopes = key->scopes,
        .created_us = key->created_us,
        .has_expires_us = key->expires_us != 0,
        .expires_us = key->expires_us,
    };
    struct sql_key_insert_out out;
    enum err e = sql_key_insert(db, &in, arena, &out);

    if (!e)
        *ret_key_id = out.key_id;
    return e;
}

enum err store_key_get(struct db *db, int64_t tenant_id, int64_t key_id, struct arena *arena,
                       struct key_row *ret_key)
{
    struct sql_key_get_in in = {.tenant_id = tenant_id, .key_id = key_id};
    struct sql_key_get_out out;
    enum err e = sql_key_get(db, &in, arena, &out);

    if (!e)
        *ret_key = key_of(&out);
    return e;
}

enum err store_key_get_by_hash(struct db *db, const struct key_ref *key, struct arena *arena,
                               struct key_row *ret_key)
{
    struct sql_key_get_by_hash_in in = {.tenant_id = key->tenant_id, .secret_hash = key->hash};
    struct sql_key_get_out out;
    enum err e = sql_run_one(db, SQL_KEY_GET_BY_HASH, &in, arena, &out);

    if (!e)
        *ret_key = key_of(&out);
    return e;
}

enum err store_key_list(struct db *db, int64_t tenant_id, struct arena *arena,
                        struct key_row **ret_keys, size_t *ret_n)
{
    struct sql_key_list_in in = {.tenant_id = tenant_id};
    void *rows;
    size_t n;
    enum err e = sql_run_many(db, SQL_KEY_LIST, &in, arena, &rows, &n);

    if (e)
        return e;
    struct key_row *keys = rows_new(arena, n, sizeof *keys);
    if (!keys)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        keys[i] = key_of((const struct sql_key_get_out *)rows + i);
    *ret_keys = keys;
    *ret_n = n;
    return OK;
}

enum err store_key_revoke(struct db *db, int64_t tenant_id, int64_t key_id, int64_t revoked_us)
{
    struct sql_key_revoke_in in = {.tenant_id = tenant_id,
                                   .key_id = key_id,
                                   .revoked_us = revoked_us};
    int64_t changed;
    enum err e = sql_key_revoke(db, &in, &changed);

    if (e)
        return e;
    return changed ? OK : ERR_NOT_FOUND;
}
