// SPDX-License-Identifier: Apache-2.0
// db.c - the order of calls that every back end relies on, and the faults that tests ask for.
//
// Layer: store.  Tests: tests/store/db_test.c
#include "store/db_backend.h"

#include <stddef.h>

enum db_dialect db_dialect_of(struct str url)
{
    bool is_postgres = str_starts(url, STR("postgres://")) || str_starts(url, STR("postgresql://"));

    return is_postgres ? DB_POSTGRES : DB_SQLITE;
}

enum err db_open(const struct db_config *config, struct db **ret_db)
{
    if (db_dialect_of(config->url) == DB_POSTGRES)
        return db_postgres_open(config, ret_db);
    return db_sqlite_open(config, ret_db);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    if (db->in_transaction)
        db_rollback(db);
    db->ops->close(db);
}

enum db_dialect db_dialect(const struct db *db)
{
    return db->dialect;
}

bool db_is_writable(const struct db *db)
{
    return !db->read_only;
}

enum err db_failure(const struct db *db)
{
    return db->failure;
}

bool db_is_dead(const struct db *db)
{
    return db->dead;
}

const char *db_reason(const struct db *db)
{
    return db->ops->reason ? db->ops->reason(db) : "";
}

void db_set_fault(struct db *db, struct db_fault *fault)
{
    db->fault = fault;
}

// The fault of a test, if this call is the one.
static enum err next_fault(struct db *db)
{
    struct db_fault *fault = db->fault;

    if (!fault)
        return OK;
    fault->n_calls++;
    if (fault->n_calls == fault->fail_at || (fault->for_ever && fault->n_calls > fault->fail_at))
        return fault->err;
    return OK;
}

// After a call: what failed inside a transaction ends it.
static enum err leave(struct db *db, enum err e)
{
    if (e && db->in_transaction)
        db->failure = e;
    return e;
}

// Before a call: D1 and D3, then the fault.
static enum err enter(struct db *db)
{
    if (db->dead || db->failure)
        return ERR_STORE_FAULT;
    return leave(db, next_fault(db));
}

enum err db_script(struct db *db, const char *sql)
{
    enum err e = enter(db);

    return e ? e : leave(db, db->ops->script(db, sql));
}

enum err db_begin(struct db *db)
{
    CHECK(!db->in_transaction);
    db->failure = OK;
    enum err e = enter(db);
    if (!e)
        e = db->ops->begin(db);
    db->in_transaction = !e;
    return e;
}

static void end_transaction(struct db *db)
{
    db->in_transaction = false;
    db->in_savepoint = false;
    db->failure = OK;
}

enum err db_commit(struct db *db)
{
    CHECK(db->in_transaction && !db->in_savepoint);
    if (db->dead || db->failure)
        return ERR_STORE_FAULT;
    enum err e = next_fault(db);
    if (e && e != ERR_OUTCOME_UNKNOWN) {
        db->ops->rollback(db);
        end_transaction(db);
        return e;
    }
    enum err outcome = db->ops->commit(db);
    end_transaction(db);
    if (!outcome)
        outcome = e;
    if (outcome == ERR_OUTCOME_UNKNOWN && !db->renewable)
        db->dead = true;
    return outcome;
}

void db_rollback(struct db *db)
{
    if (!db->in_transaction)
        return;
    db->ops->rollback(db);
    end_transaction(db);
}

enum err db_savepoint(struct db *db)
{
    CHECK(db->in_transaction && !db->in_savepoint);
    enum err e = enter(db);
    if (!e)
        e = leave(db, db->ops->savepoint(db));
    db->in_savepoint = !e;
    return e;
}

enum err db_savepoint_release(struct db *db)
{
    CHECK(db->in_savepoint);
    enum err e = enter(db);
    if (!e)
        e = leave(db, db->ops->savepoint_release(db));
    if (!e)
        db->in_savepoint = false;
    return e;
}

enum err db_savepoint_rollback(struct db *db)
{
    CHECK(db->in_savepoint);
    db->failure = OK;
    enum err e = enter(db);
    if (!e)
        e = leave(db, db->ops->savepoint_rollback(db));
    db->in_savepoint = false;
    return e;
}

enum err db_exec(struct db *db, enum sql_id id, const struct db_value *params)
{
    enum err e = enter(db);

    return e ? e : leave(db, db->ops->exec(db, id, params, NULL));
}

enum err db_exec_changed(struct db *db, enum sql_id id, const struct db_value *params,
                         int64_t *ret_changed)
{
    enum err e = enter(db);

    return e ? e : leave(db, db->ops->exec(db, id, params, ret_changed));
}

enum err db_query(struct db *db, enum sql_id id, const struct db_value *params,
                  enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx)
{
    enum err e = enter(db);
    bool from_row = false;

    if (e)
        return e;
    e = db->ops->query(db, id, params, on_row, ctx, &from_row);
    // What on_row thinks of a row says nothing about the connection.
    return from_row ? e : leave(db, e);
}

enum err db_flush(struct db *db)
{
    enum err e = enter(db);

    return e ? e : leave(db, db->ops->flush(db));
}

bool db_asks_ahead(const struct db *db)
{
    return db->ops->ask != NULL;
}

enum err db_ahead(struct db *db, enum sql_id id, const struct db_value *params)
{
    if (!db->ops->ahead)
        return OK;
    CHECK(db->in_transaction);
    enum err e = enter(db);
    return e ? e : leave(db, db->ops->ahead(db, id, params));
}

enum err db_ask(struct db *db)
{
    if (!db->ops->ask)
        return OK;
    CHECK(db->in_transaction);
    enum err e = enter(db);
    return e ? e : leave(db, db->ops->ask(db));
}

int64_t db_round_trips(const struct db *db)
{
    return db->n_round_trips;
}

enum err db_checkpoint(struct db *db)
{
    CHECK(!db->in_transaction);
    if (db->dead)
        return ERR_STORE_FAULT;
    return db->ops->checkpoint(db);
}
