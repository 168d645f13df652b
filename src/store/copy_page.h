// SPDX-License-Identifier: Apache-2.0
// copy_page.h - a list of rows read in the order of its key, a page at a time.
//
// Layer: store, private to copy*.c.
#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "store/copy.h"
#include "store/sql.h"

#define COPY_PAGE 512
#define COPY_KEY_MAX 4

struct pages {
    const struct copy_list *list;
    int64_t tenant_id;
    int n_columns;
    int n_rows; // of the page that was read, or while it is read: rows before this one
    bool at_end;

    int key_columns[COPY_KEY_MAX];
    int n_key;
    struct db_value key[COPY_KEY_MAX];  // the page comes after it
    struct db_value last[COPY_KEY_MAX]; // of a full page
    struct arena rooms[2];              // where they live, in turns
    int room;
};

// From the beginning.  The caller releases.
void pages_init(struct pages *pages, const struct copy_list *list, int64_t tenant_id);
void pages_release(struct pages *pages);
// Reads the page; does nothing at the end.
MUST_CHECK enum err pages_read(struct pages *pages, struct db *db,
                               enum err (*on_row)(void *ctx, const struct db_value *columns),
                               void *ctx);
// Goes on behind the page that was read.
void pages_advance(struct pages *pages);
// The key of one row of the page that was read, in words; asks for the page once more.
MUST_CHECK enum err pages_name(const struct pages *pages, struct db *db, int row,
                               struct arena *arena, struct str *ret_name);
