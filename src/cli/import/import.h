// SPDX-License-Identifier: Apache-2.0
// import.h - what every import does: two readings of a file, batches, exactly once.
//
// The first reading checks everything and writes nothing; the second one makes items (an event, a
// member) and hands them to import_put.  Items are numbered; each batch is one transaction that
// also notes how many items are done, under a name made of the file's bytes and the mapping.  A run
// that was cut off goes on behind the last note; items that are done again for another reason are
// known by their own names in the store.
//
//   B1  An item is done in the same transaction as the note that says so.
//   B2  A refusal of one item leaves the others of its batch alone.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/kill_test.py
#pragma once

#include "cli/command.h"
#include "cli/import/csv.h"
#include "cli/import/mapping.h"
#include "cli/import/report.h"

#define IMPORT_BATCH 500

enum item_outcome { ITEM_APPLIED, ITEM_REPLAYED, ITEM_PARKED, ITEM_REFUSED };

struct import_item {
    int64_t row;
    struct str name; // for reports
    const void *what;
    enum item_outcome outcome;
    struct str reason; // of a refusal
};

struct import {
    struct cli *cli;
    enum mapping_kind kind;
    struct mapping *mapping;
    struct str mapping_text;
    bool mapping_given;
    struct shop shop;
    const char *path;
    FILE *file;
    int64_t bytes, bytes_read;
    bool dry_run;
    struct report report;
    struct progress progress;
    struct hash hash;       // of all pieces of the file so far
    struct arena row_arena; // of the row at hand
    struct arena batch_arena;
    struct import_item *batch;
    size_t n_batch;
    // Says what carrying the item out will read (flow/foresee.h).
    MUST_CHECK enum err (*foresee)(struct import *import, struct tx *tx,
                                   const struct import_item *item);
    // Carries one item out, inside a transaction.  A refusal is an error below 4000.
    MUST_CHECK enum err (*apply)(struct import *import, struct tx *tx, struct import_item *item,
                                 struct problems *problems);
    struct id id;
    int64_t n_items;  // that were put
    int64_t n_before; // of an earlier run, not looked at again
    int64_t n_done;
    int64_t by_outcome[ITEM_REFUSED + 1]; // of this run
    int64_t rows;
    int64_t *skipped; // by condition of the mapping
    int64_t started_us;
    enum err fault; // ends the second reading
};

// Opens mapping, file, report and shop.  Prints what is wrong and returns an exit code.
MUST_CHECK int import_open(struct import *import, struct cli *cli, enum mapping_kind kind);
void import_close(struct import *import);
// Each fault with its place in the mapping.
void import_print_problems(struct str path, const struct problems *problems);
// One reading; prints what is wrong with the file.
MUST_CHECK bool import_check(struct import *import,
                             bool (*on_row)(void *ctx, const struct csv_row *row), void *ctx);
MUST_CHECK bool import_take(struct import *import,
                            bool (*on_row)(void *ctx, const struct csv_row *row), void *ctx);
// Between the readings: the name of the import, and where an earlier run stopped.
MUST_CHECK bool import_resume(struct import *import);

// The arena of what is put: lives until the next import_flush.
static inline struct arena *import_arena(struct import *import)
{
    return &import->batch_arena;
}
MUST_CHECK enum err import_put(struct import *import, const struct import_item *item);
// Carries out what was put.  import_flush_full does so when a batch is full.
MUST_CHECK enum err import_flush(struct import *import);
MUST_CHECK enum err import_flush_full(struct import *import);

// Counts a row that the condition of the mapping leaves out.
void import_skipped(struct import *import, size_t skip);
// The lines and members that all summaries share.
void import_summary(struct import *import);
void import_summary_json(struct import *import, struct json_out *out);
// After the summary: 0, or 1 when something was refused.
int import_exit_code(const struct import *import);
