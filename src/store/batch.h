// SPDX-License-Identifier: Apache-2.0
// batch.h - rows that travel together: as the arrays of one statement instead of many statements.
//
// A batch gathers rows by statement and tenant.  A group of rows is the parameters of the
// statement's batch text (sql.h): the tenant, then one array for each further parameter, in
// PostgreSQL's binary form.  An index finds the group and the place of a row that was added, so
// that a question asked ahead can be answered later.
//
//   B1  Groups keep the order of their first row until batch_sort; rows keep theirs for ever.
//   B2  Values are copied when they are added.
//
// Knows nothing of connections.  Layer: store.  Tests: tests/store/batch_test.c
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "store/db.h"
#include "store/sql.h"

struct batch_rows {
    struct batch_rows *next;
    enum sql_id id;
    int64_t tenant_id;
    int32_t n;
    bool is_sent;         // the owner's
    void *result;         // the owner's
    int32_t *answers;     // the owner's: numbers of rows of the result, by question
    int32_t *answer_ends; // the owner's: where those of each question end; [0] is 0
    struct buf arrays[];  // one for each parameter; that of tenant_id stays empty
};

struct batch {
    struct arena arena;
    struct batch_rows *first, **end;
    struct batch_place **index; // NULL: without
    size_t bytes;               // added so far
};

void batch_init(struct batch *batch, bool indexed);
void batch_release(struct batch *batch);
// Forgets all rows; memory is kept.
void batch_clear(struct batch *batch);

// Adds a row; one that the index has already is not added again.  ERR_MEMORY.
MUST_CHECK enum err batch_add(struct batch *batch, enum sql_id id, const struct db_value *params);
// Groups in the order in which they may be written, see sql.h batch_place.
void batch_sort(struct batch *batch);

// Finds a row by its parameters: its group and its number in it, from 0.  False: not there.
bool batch_find(const struct batch *batch, enum sql_id id, const struct db_value *params,
                struct batch_rows **ret_rows, int32_t *ret_row);
// The index knows the row no more.
void batch_forget(struct batch *batch, enum sql_id id, const struct db_value *params);
bool batch_is_empty(const struct batch *batch);

// The array for parameter i > 0, ready to be sent; lives until rows are added.
struct str batch_array(const struct batch_rows *rows, int i);
