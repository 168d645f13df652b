// SPDX-License-Identifier: Apache-2.0
// db.h - the narrow seam between the store and a database engine.
//
// One struct db is one connection and belongs to one thread at a time.  Statements are known by
// number (store/sql_ids.h, made from src/store/sql/): there is no way to hand SQL text to a
// back end but db_script, which only what makes the schema uses.  The store calls the typed
// wrappers of sql_gen.h; they come down to db_exec, db_exec_changed and db_query.
//
//   D1  After any function here failed with ERR_STORE_*, ERR_OUTCOME_UNKNOWN or
//       ERR_ALREADY_EXISTS inside a transaction, nothing but db_rollback, db_savepoint_rollback or
//       db_close may follow: PostgreSQL refuses the rest, so SQLite is not asked either.
//   D2  A back end may defer a db_exec until the next db_flush, db_query, db_exec_changed,
//       db_savepoint* or db_commit, and report its failure there (pipeline mode of PostgreSQL).
//       It has copied the parameters when db_exec returns.  A unique key that refuses a deferred
//       write is ERR_ALREADY_EXISTS from db_flush and ERR_STORE_CONFLICT from any other call:
//       roll back, look again.
//       Writes with a place in batches (sql.h) are sent by place, not in the order of their calls.
//   D3  ERR_OUTCOME_UNKNOWN comes from db_commit alone and means: it may have happened.  A
//       connection to a file is of no further use: what its cache says can no longer be trusted.
//   D4  What was asked ahead is answered as of the moment of db_ask, and anew once a write has
//       changed the answer: what the write names under forgets, or everything when it has no such
//       line.  Nothing that was asked ahead outlives the transaction.
//   D5  A connection to a server that was lost is made anew by the next db_begin, after an unknown
//       outcome, too.  Nothing but db_begin connects.
//
// What the engines say is told in our words:
//   ERR_ALREADY_EXISTS   a unique key refuses the row
//   ERR_STORE_CONFLICT   deadlock or serialization failure: roll back and run again
//   ERR_STORE_BUSY       a lock could not be had in time: roll back and run again
//   ERR_STORE_UNREACHABLE  there is no connection, or it was lost before anything was committed
//   ERR_STORE_FULL       no room on the disk
//   ERR_STORE_CORRUPT    what was read does not have the shape the statement promises
//   ERR_STORE_FAULT      all else, a CHECK, foreign key or append-only trigger included
//
// Layer: store.  Tests: tests/store/db_test.c, ahead_test.c, the same on every back end
#pragma once

#include "base/err.h"
#include "base/text.h"
#include "store/sql_ids.h"

#include <stdbool.h>
#include <stdint.h>

struct db;

#define DB_DIALECTS 2
enum db_dialect { DB_SQLITE, DB_POSTGRES };

enum db_type { DB_NULL, DB_I64, DB_BOOL, DB_TEXT, DB_BLOB };

// One parameter or one column.  Booleans live in i64 as 0 and 1.
struct db_value {
    enum db_type type;
    int64_t i64;
    struct str bytes;
};

struct reach; // reach.h

#define DB_REASON_BYTES 512

struct db_config {
    struct str url; // a file for SQLite, postgres://... for PostgreSQL
    bool read_only;
    int64_t cache_bytes;      // SQLite's page cache; 0 = the default
    int64_t lock_wait_ms_max; // before ERR_STORE_BUSY
    int64_t statement_ms_max; // before a statement is given up; 0 = never
    struct reach *reach;      // whether to try to connect again; NULL: always
    char *reason; // DB_REASON_BYTES for why db_open could not connect, in one line; may be NULL
};

// postgres:// and postgresql:// are addresses, everything else is the path of a file.
enum db_dialect db_dialect_of(struct str url);
// Opens one connection; the caller frees it with db_close.
MUST_CHECK enum err db_open(const struct db_config *config, struct db **ret_db);
// Rolls back what was not committed.  Accepts NULL.
void db_close(struct db *db);
enum db_dialect db_dialect(const struct db *db);
bool db_is_writable(const struct db *db);
// What failed first in this transaction (D1); OK when nothing did.
enum err db_failure(const struct db *db);

// D3: only another process helps.
bool db_is_dead(const struct db *db);
// Why the last attempt to connect, or the last db_script, failed, in the words of the server or its
// library and without secrets; "" when there is nothing to say.
const char *db_reason(const struct db *db);

// Runs several statements from trusted text, outside of db_exec's cache.  For migrations and
// distribute.c.
MUST_CHECK enum err db_script(struct db *db, const char *sql);

// A connection that may write takes the write lock at once; a read-only one gets a snapshot.
MUST_CHECK enum err db_begin(struct db *db);
// Returns OK only when the data would survive a power cut.
MUST_CHECK enum err db_commit(struct db *db);
// Never fails for the caller: a connection that cannot roll back fails at its next use.
void db_rollback(struct db *db);

// Savepoints do not nest: one piece of work inside a batch has one.
MUST_CHECK enum err db_savepoint(struct db *db);
MUST_CHECK enum err db_savepoint_release(struct db *db);
MUST_CHECK enum err db_savepoint_rollback(struct db *db);

// A write whose effect is certain or an error, see D2.  params: as many as the statement declares.
MUST_CHECK enum err db_exec(struct db *db, enum sql_id id, const struct db_value *params);
// A conditional write: runs now and tells how many rows it changed.
MUST_CHECK enum err db_exec_changed(struct db *db, enum sql_id id, const struct db_value *params,
                                    int64_t *ret_changed);
// Calls on_row for each row; columns live until it returns.  An error from on_row ends the query
// and is returned.
MUST_CHECK enum err db_query(struct db *db, enum sql_id id, const struct db_value *params,
                             enum err (*on_row)(void *ctx, const struct db_value *columns),
                             void *ctx);
// Sends what was deferred and waits for its outcome.
MUST_CHECK enum err db_flush(struct db *db);

// Asking many questions in one round trip: db_ahead announces what db_query will be asked, db_ask
// asks all that was announced, and db_query finds the answers (D4).  Questions about one statement
// are asked in the order of their announcement, which is the order in which rows are locked.  A
// back end without round trips does nothing; ask db_asks_ahead before preparing much.
bool db_asks_ahead(const struct db *db);
MUST_CHECK enum err db_ahead(struct db *db, enum sql_id id, const struct db_value *params);
MUST_CHECK enum err db_ask(struct db *db);

// How often this connection has waited for its server so far: what a network makes expensive.
// 0 for a file.
int64_t db_round_trips(const struct db *db);

// SQLite: moves committed pages from the WAL into the database, as far as readers allow; the only
// place where that happens.  PostgreSQL: nothing.  Outside of a transaction.
MUST_CHECK enum err db_checkpoint(struct db *db);

// For tests: from now on the connection counts the calls that can fail in a database, and the
// fail_at-th (1 = next) answers err without being carried out; with for_ever, all after it too.
// A failing db_commit rolls back first, unless err is ERR_OUTCOME_UNKNOWN: then it commits.
struct db_fault {
    int64_t fail_at;
    enum err err;
    bool for_ever;
    int64_t n_calls; // counted by the connection
};
// The fault lives until it is replaced; NULL ends it.
void db_set_fault(struct db *db, struct db_fault *fault);
