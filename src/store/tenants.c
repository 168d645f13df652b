// SPDX-License-Identifier: Apache-2.0
// tenants.c - who is hosted here, and settings.
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/rows.h"
#include "store/sql_gen.h"
#include "store/store.h"

enum err store_tenant_insert(struct db *db, struct str slug, int64_t created_us,
                             struct arena *arena, int64_t *ret_tenant_id)
{
    struct sql_tenant_insert_in in = {.slug = slug, .created_us = created_us};
    struct sql_tenant_insert_out out;
    enum err e = sql_tenant_insert(db, &in, arena, &out);

    if (!e)
        *ret_tenant_id = out.tenant_id;
    return e;
}

enum err store_tenant_get(struct db *db, struct str slug, struct arena *arena,
                          struct tenant_row *ret_tenant)
{
    struct sql_tenant_get_in in = {.slug = slug};
    struct sql_tenant_get_out out;
    enum err e = sql_tenant_get(db, &in, arena, &out);

    if (!e)
        *ret_tenant = (struct tenant_row){out.tenant_id, out.slug, out.created_us};
    return e;
}

enum err store_tenant_list(struct db *db, int64_t after, int64_t limit, struct arena *arena,
                           struct tenant_row **ret_tenants, size_t *ret_n)
{
    struct sql_tenant_page_in in = {.after_tenant_id = after, .row_limit = limit};
    struct sql_tenant_page_out *rows;
    size_t n;
    enum err e = sql_tenant_page_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct tenant_row *tenants = rows_new(arena, n, sizeof *tenants);
    if (!tenants)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        tenants[i] = (struct tenant_row){rows[i].tenant_id, rows[i].slug, rows[i].created_us};
    *ret_tenants = tenants;
    *ret_n = n;
    return OK;
}

enum err store_setting_get(struct db *db, int64_t tenant_id, struct str name, struct arena *arena,
                           struct str *ret_value)
{
    struct sql_setting_get_in in = {.tenant_id = tenant_id, .name = name};
    struct sql_setting_get_out out;
    enum err e = sql_setting_get(db, &in, arena, &out);

    if (!e)
        *ret_value = out.value;
    return e;
}

enum err store_setting_update(struct db *db, int64_t tenant_id, struct str name, struct str value)
{
    struct sql_setting_put_in in = {.tenant_id = tenant_id, .name = name, .value = value};

    return sql_setting_put(db, &in);
}
