// SPDX-License-Identifier: Apache-2.0
// pg_wire.h - values in PostgreSQL's binary form, and what its error codes mean to us.  No libpq.
//
// Source: the send and receive functions of PostgreSQL 15 (int8, bool, text, bytea, arrays);
// src/include/catalog/pg_type.dat; src/backend/utils/errcodes.txt.
//
// Layer: store.  Tests: tests/store/batch_test.c, tests/store/db_test.c
#pragma once

#include "base/buf.h"
#include "store/db.h"
#include "store/sql.h"

// The number of a type in the server's catalogue; they never change.
uint32_t pg_type_of(enum sql_type type);
uint32_t pg_array_type_of(enum sql_type type);

// Parameters of one statement, as libpq wants them.
struct pg_wire {
    int64_t numbers[SQL_FIELDS_MAX]; // big-endian; a boolean is the first byte
    const char *values[SQL_FIELDS_MAX];
    int lengths[SQL_FIELDS_MAX];
    int formats[SQL_FIELDS_MAX];
};
// Text and blobs are not copied.
void pg_wire_put(struct pg_wire *wire, int i, const struct db_value *value);

int64_t pg_read_number(const char *bytes, int n);
// A column that is not NULL; bytes are not copied.  A type that we never store is DB_NULL, which
// the contract of the statement refuses.
struct db_value pg_read_value(uint32_t type, struct str bytes);

// An array grows by elements; pg_array_text sets their count in it.
void pg_array_begin(struct buf *array, enum sql_type type);
void pg_array_put(struct buf *array, const struct db_value *value);
struct str pg_array_text(const struct buf *array, int32_t n);

// NULL is what nobody knows: ERR_STORE_FAULT.
enum err pg_err_of_state(const char *sqlstate);
