// SPDX-License-Identifier: Apache-2.0
// csv.h - reading a table of comma-separated values as a stream, and writing one safely.
//
// RFC 4180, strictly: UTF-8 with or without byte order mark, ',' or ';' or tab (whichever the first
// line has most of), any line end.  The file may have any length; what is kept is one row.
//
//   V1  A file that cannot be read to its end for sure (a quotation mark in the wrong place, a
//   field
//       beyond CSV_FIELD_MAX) is a fault of the file, not of one row: nobody knows what follows.
//   V2  Rows are numbered as a spreadsheet numbers them: the header is row 1, empty lines count.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

#define CSV_FIELD_MAX ((size_t)64 * 1024)
#define CSV_COLUMNS_MAX 256
#define CSV_ROWS_MAX ((int64_t)10000000)

struct csv_row {
    int64_t number;
    size_t n;
    struct str cells[CSV_COLUMNS_MAX]; // bytes as they came, blanks around unquoted ones removed
};

struct csv_read {
    FILE *file;
    void *ctx;
    // Every byte, in order; NULL: nobody listens.
    void (*on_bytes)(void *ctx, const void *bytes, size_t n);
    // The row lives until the call returns; false: read no further.
    bool (*on_row)(void *ctx, const struct csv_row *row);
};

struct csv_fault {
    int64_t row;
    const char *reason; // a sentence without its full stop
};

// OK at the end of the file or when on_row had enough; ERR_FILE_UNREADABLE; ERR_INPUT_INVALID with
// the fault; ERR_MEMORY.
MUST_CHECK enum err csv_read(const struct csv_read *read, struct csv_fault *ret_fault);

// Writes one cell: quoted when it must be, and with an apostrophe in front when a spreadsheet would
// take it for a formula.  Bytes that are no text become '?'.
void csv_write_cell(FILE *file, struct str cell);
