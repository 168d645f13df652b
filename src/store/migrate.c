// SPDX-License-Identifier: Apache-2.0
// migrate.c - see migrate.h.
//
// Layer: store.  Tests: tests/store/migrate_test.c
#include "store/migrate.h"

#include "store/sql_gen.h"

// How many of the migrations the database has; G3.
static enum err applied_count(struct db *db, const struct sql_migration *migrations, int n,
                              int *ret_applied)
{
    struct arena arena;
    struct sql_schema_exists_out exists;
    struct sql_schema_migration_list_out *rows;
    size_t n_rows = 0;
    int dialect = (int)db_dialect(db);

    arena_init(&arena, (size_t)1024 * 1024);
    enum err e = sql_schema_exists(db, &arena, &exists);
    if (!e && exists.n_tables)
        e = sql_schema_migration_list(db, &arena, &rows, &n_rows);
    if (!e && n_rows > (size_t)n)
        e = ERR_STORE_NEWER;
    for (size_t i = 0; !e && i < n_rows; i++)
        if (rows[i].number != migrations[i].number ||
            !str_eq(rows[i].sha256, str_of(migrations[i].sha256[dialect])))
            e = ERR_STORE_CORRUPT;
    arena_release(&arena);
    if (!e)
        *ret_applied = (int)n_rows;
    return e;
}

// In a transaction.  The first migration makes the table that the note is written to.
static enum err apply(struct db *db, const struct sql_migration *migration)
{
    int dialect = (int)db_dialect(db);
    enum err e = db_script(db, migration->text[dialect]);

    if (e)
        return e;
    struct sql_schema_migration_insert_in in = {
        .number = migration->number,
        .name = str_of(migration->name),
        .sha256 = str_of(migration->sha256[dialect]),
    };
    return sql_schema_migration_insert(db, &in);
}

// Applies the first migration that is missing, if any; looks and writes in one transaction, so that
// two processes on one database do not both apply it.
static enum err apply_next(struct db *db, const struct sql_migration *migrations, int n,
                           bool *ret_done)
{
    int64_t n_locks;
    int applied;
    enum err e = db_begin(db);

    if (e)
        return e;
    e = sql_run_i64(db, SQL_SCHEMA_LOCK, NULL, &n_locks);
    if (!e)
        e = applied_count(db, migrations, n, &applied);
    if (!e && applied < n)
        e = apply(db, &migrations[applied]);
    if (e) {
        db_rollback(db);
        return e;
    }
    *ret_done = applied == n;
    return db_commit(db);
}

enum err migrate_with(struct db *db, const struct sql_migration *migrations, int n)
{
    bool done = false;
    enum err e = OK;

    while (!e && !done)
        e = apply_next(db, migrations, n, &done);
    return e;
}

enum err migrate(struct db *db)
{
    return migrate_with(db, sql_migrations, n_sql_migrations);
}

enum err migrate_find(struct db *db)
{
    struct arena arena;
    struct sql_schema_exists_out exists = {0};

    arena_init(&arena, (size_t)64 * 1024);
    enum err e = sql_schema_exists(db, &arena, &exists);
    arena_release(&arena);
    return !e && !exists.n_tables ? ERR_NOT_FOUND : e;
}

enum err migrate_check(struct db *db)
{
    int applied;
    enum err e = applied_count(db, sql_migrations, n_sql_migrations, &applied);

    if (e)
        return e;
    return applied == n_sql_migrations ? OK : ERR_STORE_BUSY;
}
