// SPDX-License-Identifier: Apache-2.0
// copy.h - everything from one database into another, whatever their engines, and whether both have
// the same.
//
// Every table is read in the order of its key, a page at a time, and each row is written by the
// statement that writes such rows anyway.  What is compared is each column of each row, with a
// SHA-256 over all of them for the report, and the ends of all chains as a seal would see them.
//
//   K1  One page of one table is in memory, whatever the size of the database.
//   K2  Nothing is committed here.  from is in a transaction that sees one state of it; the caller
//       commits to when both are the same, and rolls it back otherwise.
//   K3  No table and no column is left out but schema_migration, which is each database's own.
//
// Layer: store.  Tests: tests/store/copy_test.c, tests/cli/move_test.py
#pragma once

#include "base/arena.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/db.h"

// Rows of one table in the order of their key, and what writes one.
struct copy_list {
    const char *name;
    enum sql_id page;
    const char *key; // its columns, as the parameters of the page take them
    enum sql_id insert;
};

#define N_COPY_TABLES 18
// Behind the tables: the ends of the ledgers and of the audit trails, which are only compared.
#define N_COPY_LISTS (N_COPY_TABLES + 2)
extern const struct copy_list copy_lists[N_COPY_LISTS];

enum copy_side { COPY_FROM, COPY_TO };

struct copy_part {
    int64_t n_rows[2];     // of both sides
    struct hash digest[2]; // over every column of every row
    bool same;
};

struct copy {
    struct db *db[2];
    struct arena *arena;                        // what difference lives in
    void (*on_rows)(void *ctx, int64_t n_rows); // now and then; may be NULL
    void *ctx;

    // What came of it.
    struct copy_part parts[N_COPY_LISTS];
    int64_t n_rows;        // copied or compared so far
    const char *at;        // the list where it stopped
    struct str difference; // the first one in words; p NULL: none
};

// Rows of every table of one side, into parts; returned as a sum, too.
MUST_CHECK enum err copy_count(struct copy *copy, enum copy_side side, int64_t *ret_n_rows);
// Every row; the other side must be empty.  ERR_STORE_CORRUPT with a difference when the source has
// rows that belong to no tenant.
MUST_CHECK enum err copy_rows(struct copy *copy);
// Fills parts.  OK also when they differ: copy_is_same tells.
MUST_CHECK enum err copy_compare(struct copy *copy);
bool copy_is_same(const struct copy *copy);
