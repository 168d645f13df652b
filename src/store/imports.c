// SPDX-License-Identifier: Apache-2.0
// imports.c - how far a file was imported.
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/sql_gen.h"
#include "store/store.h"

enum err store_import_get(struct db *db, int64_t tenant_id, struct id import_id,
                          struct arena *arena, struct import_row *ret_import)
{
    struct sql_import_get_in in = {.tenant_id = tenant_id, .import_id = import_id};
    struct sql_import_get_out out;
    enum err e = sql_import_get(db, &in, arena, &out);

    if (!e)
        *ret_import = (struct import_row){import_id, out.rows_done, out.detail, out.updated_us};
    return e;
}

enum err store_import_update(struct db *db, int64_t tenant_id, const struct import_row *import)
{
    struct sql_import_put_in in = {
        .tenant_id = tenant_id,
        .import_id = import->import_id,
        .rows_done = import->rows_done,
        .detail = import->detail,
        .updated_us = import->updated_us,
    };

    return sql_import_put(db, &in);
}
