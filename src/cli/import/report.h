// SPDX-License-Identifier: Apache-2.0
// report.h - what an import says: rows that were refused, how far it is, what came of it.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#pragma once

#include "base/arena.h"
#include "base/env.h"
#include "base/err.h"
#include "base/json_out.h"
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>

// ---- refused and parked rows

struct report {
    FILE *file; // --errors; NULL: the first few go to stderr
    const char *path;
    int64_t n_refused, n_parked;
    int n_shown;
};

// Opens the file of --errors and writes its header; path NULL: none.
MUST_CHECK bool report_open(struct report *report, const char *path);
// Also says where the rest is.  False when the file could not be written.
MUST_CHECK bool report_close(struct report *report);
// column STR_NONE: the whole row.
void report_refused(struct report *report, int64_t row, struct str column, struct str value,
                    struct str reason);
void report_parked(struct report *report, int64_t row, struct str column, struct str value,
                   struct str reason);

// ---- how far

struct progress {
    const struct env *env;
    const char *what;
    const char *unit; // NULL: no rate
    int64_t total, done;
    int64_t started_us, drawn_us;
    bool visible; // stderr is a terminal
};

void progress_start(struct progress *progress, const struct env *env, const char *what,
                    const char *unit, int64_t total);
void progress_at(struct progress *progress, int64_t done);
// Takes the bar away.
void progress_end(struct progress *progress);

// ---- what came of it

// "541,909"
struct str number_text(struct arena *arena, int64_t number);
// "  orders             18,402  note"
void summary_line(struct arena *arena, const char *what, int64_t number, const char *note);
