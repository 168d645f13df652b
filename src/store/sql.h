// SPDX-License-Identifier: Apache-2.0
// sql.h - what the generated table of statements is made of, and the functions that its typed
// wrappers call.
//
// tools/sqlgen.py writes store/sql_gen.h and .c from src/store/sql/: for each statement its text
// in both dialects, its parameters and columns with their places in two structs, and a wrapper
// that gives the call a type.  The moving of values between structs and struct db_value is here,
// once, driven by the table.
//
//   Q1  ret_ arguments are set only on success.
//   Q2  Text and blobs that a query returns are copies in the caller's arena.
//   Q3  A NULL where the statement promises none, or an id that is not 16 bytes long, is
//       ERR_STORE_CORRUPT: never a value made up.
//
// Layer: store.  Tests: tests/store/sql_test.c
#pragma once

#include "base/arena.h"
#include "store/db.h"

#include <stddef.h>

enum sql_type {
    SQL_TYPE_I64,
    SQL_TYPE_BOOL,
    SQL_TYPE_TEXT,
    SQL_TYPE_BLOB,
    SQL_TYPE_ID,
    SQL_TYPE_HASH
};

// Where a parameter or column lives in its struct.  A nullable i64, bool, id or hash has a bool
// has_<name> beside it; a nullable text or blob is NULL when its p is.
struct sql_field {
    const char *name;
    enum sql_type type;
    bool nullable;
    size_t offset;
    bool has_twin;
    size_t has_offset;
};

enum sql_rows { SQL_ROWS_NONE, SQL_ROWS_CHANGED, SQL_ROWS_ONE, SQL_ROWS_MANY };

// How rows of a statement travel together, where the back end gains from it
// (src/store/sql/README.md).
enum sql_batch { SQL_BATCH_NONE, SQL_BATCH_READ, SQL_BATCH_WRITE };

// Nobody says which questions a write answers anew.
#define SQL_FORGETS_ALL (-1)

// A question that a write answers anew: parameter i of the question is the write's in[from[i]].
struct sql_forgets {
    enum sql_id question;
    unsigned char from[8];
};

struct sql_statement {
    const char *name;
    const char *text[DB_DIALECTS];
    const struct sql_field *in; // in the order of the placeholders
    int n_in;
    const struct sql_field *out; // in the order of the columns
    int n_out;
    size_t out_size;
    enum sql_rows rows;
    const char *maintenance; // why it may leave tenant_id out, or NULL
    enum sql_batch batch;
    int batch_place; // of a write: what a batch writes first has the smallest
    const struct sql_forgets *forgets;
    int n_forgets; // or SQL_FORGETS_ALL
    // For many rows of one tenant, or NULL.  $1 is tenant_id, the others are arrays; a query's
    // columns come after the number of the row, from 1, that they answer.
    const char *batch_text;
};

// Statement number id, 0 <= id < N_SQL_STATEMENTS.
extern const struct sql_statement sql_statements[];

// No statement may have more parameters or columns; the generator refuses.
#define SQL_FIELDS_MAX 48

// One schema change.  Numbers start at 1 and leave no gap.
struct sql_migration {
    int number;
    const char *name;
    const char *text[DB_DIALECTS];
    const char *sha256[DB_DIALECTS]; // of the text, lower-case hex
};

extern const struct sql_migration sql_migrations[];
extern const int n_sql_migrations;

// Below: for the wrappers of sql_gen.h only.  in may be NULL when the statement has no parameters.
MUST_CHECK enum err sql_run(struct db *db, enum sql_id id, const void *in);
// Announces the question, see db_ahead.
MUST_CHECK enum err sql_run_ahead(struct db *db, enum sql_id id, const void *in);
MUST_CHECK enum err sql_run_changed(struct db *db, enum sql_id id, const void *in,
                                    int64_t *ret_changed);
// ERR_NOT_FOUND without a row, ERR_STORE_CORRUPT with more than one.
MUST_CHECK enum err sql_run_one(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                                void *ret_out);
// *ret_rows is an array of the statement's out structs in the arena.
MUST_CHECK enum err sql_run_many(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                                 void **ret_rows, size_t *ret_n);
// For a statement with one row of one i64: needs no arena.
MUST_CHECK enum err sql_run_i64(struct db *db, enum sql_id id, const void *in, int64_t *ret_value);
