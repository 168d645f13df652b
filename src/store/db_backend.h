// SPDX-License-Identifier: Apache-2.0
// db_backend.h - what a database engine gives to db.c, which is all that stands behind db.h.
//
// A back end embeds struct db as its first member and fills ops.  db.c keeps the order of calls
// (transaction, savepoint, D1, D3) and the faults of tests, so a back end only does what it is
// told.
//
// Layer: store.  Tests: tests/store/db_test.c
#pragma once

#include "store/db.h"

struct db_ops {
    void (*close)(struct db *db);
    enum err (*script)(struct db *db, const char *sql);
    enum err (*begin)(struct db *db);
    // ERR_OUTCOME_UNKNOWN when it may have happened; after any error the transaction is over.
    enum err (*commit)(struct db *db);
    void (*rollback)(struct db *db);
    enum err (*savepoint)(struct db *db);
    enum err (*savepoint_release)(struct db *db);
    enum err (*savepoint_rollback)(struct db *db);
    // ret_changed may be NULL: then the write may be sent later.
    enum err (*exec)(struct db *db, enum sql_id id, const struct db_value *params,
                     int64_t *ret_changed);
    enum err (*query)(struct db *db, enum sql_id id, const struct db_value *params,
                      enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx,
                      bool *ret_from_row);
    enum err (*flush)(struct db *db);
    enum err (*checkpoint)(struct db *db);
    // Both NULL where there are no round trips.
    enum err (*ahead)(struct db *db, enum sql_id id, const struct db_value *params);
    enum err (*ask)(struct db *db);
    const char *(*reason)(const struct db *db); // may be NULL
};

struct db {
    const struct db_ops *ops;
    enum db_dialect dialect;
    bool in_transaction;
    bool in_savepoint;
    bool read_only;
    enum err failure;      // D1: what failed first in this transaction
    bool dead;             // D3
    bool renewable;        // D5: begin makes a lost connection anew
    int64_t n_round_trips; // counted by the back end
    struct db_fault *fault;
};

MUST_CHECK enum err db_sqlite_open(const struct db_config *config, struct db **ret_db);
MUST_CHECK enum err db_postgres_open(const struct db_config *config, struct db **ret_db);
