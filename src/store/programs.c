// SPDX-License-Identifier: Apache-2.0
// programs.c - versions of the programme document.
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/rows.h"
#include "store/sql_gen.h"
#include "store/store.h"

enum err store_program_insert(struct db *db, int64_t tenant_id, const struct program_row *program)
{
    struct sql_program_insert_in in = {
        .tenant_id = tenant_id,
        .version = program->version,
        .document = program->document,
        .sha256 = program->sha256,
        .author = program->author,
        .note = program->note,
        .valid_from_us = program->valid_from_us,
        .recorded_us = program->recorded_us,
    };

    enum err e = sql_program_insert(db, &in);
    return e ? e : db_flush(db); // the caller is to know that the version is taken
}

enum err store_program_get(struct db *db, int64_t tenant_id, int64_t version, struct arena *arena,
                           struct program_row *ret_program)
{
    struct sql_program_get_in in = {.tenant_id = tenant_id, .version = version};
    struct sql_program_get_out out;
    enum err e = sql_program_get(db, &in, arena, &out);

    if (!e)
        *ret_program =
            (struct program_row){out.version, out.document,      out.sha256,     out.author,
                                 out.note,    out.valid_from_us, out.recorded_us};
    return e;
}

enum err store_program_get_latest(struct db *db, int64_t tenant_id, struct arena *arena,
                                  struct program_row *ret_program)
{
    struct sql_program_get_latest_in in = {.tenant_id = tenant_id};
    struct sql_program_get_latest_out out;
    enum err e = sql_program_get_latest(db, &in, arena, &out);

    if (!e)
        *ret_program =
            (struct program_row){out.version, out.document,      out.sha256,     out.author,
                                 out.note,    out.valid_from_us, out.recorded_us};
    return e;
}

enum err store_program_get_version(struct db *db, int64_t tenant_id, int64_t *ret_version)
{
    struct sql_program_get_version_in in = {.tenant_id = tenant_id};

    return sql_run_i64(db, SQL_PROGRAM_GET_VERSION, &in, ret_version);
}

enum err store_program_get_version_ahead(struct db *db, int64_t tenant_id)
{
    struct sql_program_get_version_in in = {.tenant_id = tenant_id};

    return sql_program_get_version_ahead(db, &in);
}

enum err store_program_get_version_at(struct db *db, int64_t tenant_id, int64_t at_us,
                                      int64_t *ret_version)
{
    struct sql_program_get_version_at_in in = {.tenant_id = tenant_id, .at_us = at_us};

    return sql_run_i64(db, SQL_PROGRAM_GET_VERSION_AT, &in, ret_version);
}

enum err store_program_list(struct db *db, int64_t tenant_id, int64_t before_version, int64_t limit,
                            struct arena *arena, struct program_row **ret_programs, size_t *ret_n)
{
    struct sql_program_list_in in = {.tenant_id = tenant_id,
                                     .before_version = before_version,
                                     .row_limit = limit};
    struct sql_program_list_out *rows;
    size_t n;
    enum err e = sql_program_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct program_row *programs = rows_new(arena, n, sizeof *programs);
    if (!programs)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        programs[i] = (struct program_row){
            .version = rows[i].version,
            .sha256 = rows[i].sha256,
            .author = rows[i].author,
            .note = rows[i].note,
            .valid_from_us = rows[i].valid_from_us,
            .recorded_us = rows[i].recorded_us,
        };
    *ret_programs = programs;
    *ret_n = n;
    return OK;
}
