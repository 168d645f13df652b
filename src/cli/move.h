// SPDX-License-Identifier: Apache-2.0
// move.h - what the files of habitue migrate-db share.
//
// Layer: cli, private to move*.c.
#pragma once

#include "cli/command.h"
#include "cli/import/report.h"
#include "store/copy.h"
#include "store/store.h"

struct move_side {
    struct store_config config;
    struct str name; // the folder, or the address without its password
    struct store *store;
    struct db *reader; // NULL: the store's writer is used
};

struct move {
    struct cli *cli;
    bool verify; // copies nothing
    struct move_side sides[2];
    struct copy copy;
    struct progress progress;
    int64_t n_servers; // that may still be writing to the source
    int64_t n_rows;    // of the source
    int64_t copy_us, compare_us;
};

// Prints what came of it, for a human or (--json) a script.
void move_report(struct move *move);
