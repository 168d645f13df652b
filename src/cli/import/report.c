// SPDX-License-Identifier: Apache-2.0
// report.c - the file of --errors, the bar, the lines of the summary.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/import/report.h"

#include "cli/import/csv.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_MAX 10
#define VALUE_SHOWN_MAX 120
#define BAR_WIDTH 30
#define REDRAW_US 100000

// ---- refused and parked rows

bool report_open(struct report *report, const char *path)
{
    *report = (struct report){.path = path};
    if (!path)
        return true;
    report->file = fopen(path, "wb");
    if (!report->file)
        return false;
    fputs("row,column,outcome,value,reason\r\n", report->file);
    return true;
}

bool report_close(struct report *report)
{
    if (!report->file) {
        if (report->n_refused > report->n_shown)
            fprintf(stderr, "  ... and %lld more; --errors FILE writes all of them\n",
                    (long long)(report->n_refused - report->n_shown));
        return true;
    }
    bool good = !ferror(report->file);
    good = fclose(report->file) == 0 && good;
    report->file = NULL;
    return good;
}

// The beginning of a value: whole code points, so that what was text stays text.
static struct str shortened(struct str value)
{
    if (value.n <= VALUE_SHOWN_MAX)
        return value;
    value.n = VALUE_SHOWN_MAX;
    while (value.n && ((unsigned char)value.p[value.n] & 0xc0) == 0x80)
        value.n--;
    return value;
}

static void write_row(struct report *report, int64_t row, struct str column, const char *outcome,
                      struct str value, struct str reason)
{
    fprintf(report->file, "%lld,", (long long)row);
    csv_write_cell(report->file, column);
    fprintf(report->file, ",%s,", outcome);
    csv_write_cell(report->file, shortened(value));
    fputc(',', report->file);
    csv_write_cell(report->file, reason);
    fputs("\r\n", report->file);
}

// A terminal obeys control characters; what came from a file is shown without.
static void show_value(struct str value)
{
    bool text = str_is_utf8(value);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        fputc(c < 0x20 || c == 0x7f || (!text && c >= 0x80) ? '?' : c, stderr);
    }
}

static void show_row(struct report *report, int64_t row, struct str column, struct str value,
                     struct str reason)
{
    report->n_shown++;
    fprintf(stderr, "  row %lld", (long long)row);
    if (column.n) {
        fputs(", ", stderr);
        show_value(column);
    }
    fprintf(stderr, ": %.*s", STR_FMT(reason));
    if (value.n) {
        fputs(": '", stderr);
        show_value(shortened(value));
        fputc('\'', stderr);
    }
    fputc('\n', stderr);
}

void report_refused(struct report *report, int64_t row, struct str column, struct str value,
                    struct str reason)
{
    report->n_refused++;
    if (report->file)
        write_row(report, row, column, "refused", value, reason);
    else if (report->n_shown < SHOWN_MAX)
        show_row(report, row, column, value, reason);
}

void report_parked(struct report *report, int64_t row, struct str column, struct str value,
                   struct str reason)
{
    report->n_parked++;
    if (report->file)
        write_row(report, row, column, "parked", value, reason);
}

// ---- how far

void progress_start(struct progress *progress, const struct env *env, const char *what,
                    const char *unit, int64_t total)
{
    *progress = (struct progress){.env = env,
                                  .what = what,
                                  .unit = unit,
                                  .total = total,
                                  .started_us = env_monotonic_us(env),
                                  .visible = isatty(STDERR_FILENO)};
}

static void draw(const struct progress *progress, int64_t now_us)
{
    int64_t spent_us = now_us - progress->started_us + 1;
    int64_t done = progress->done < progress->total ? progress->done : progress->total;
    int64_t total = progress->total ? progress->total : 1;
    int filled = (int)(BAR_WIDTH * done / total);
    char bar[BAR_WIDTH + 1];
    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r%-9s [%s] %3d %%", progress->what, bar, (int)(100 * done / total));
    if (progress->unit)
        fprintf(stderr, "  %lld %s/s", (long long)((double)done * 1e6 / (double)spent_us),
                progress->unit);
    if (done)
        fprintf(stderr, "  %lld s left",
                (long long)((double)spent_us / 1e6 * (double)(total - done) / (double)done + 0.5));
    fputs("\x1b[K", stderr);
    fflush(stderr);
}

void progress_at(struct progress *progress, int64_t done)
{
    progress->done = done;
    // The clock is asked now and then only: rows are many.
    if (!progress->visible || done % 256)
        return;
    int64_t now_us = env_monotonic_us(progress->env);
    if (now_us - progress->drawn_us < REDRAW_US)
        return;
    progress->drawn_us = now_us;
    draw(progress, now_us);
}

void progress_end(struct progress *progress)
{
    if (progress->drawn_us)
        fputs("\r\x1b[K", stderr);
    progress->drawn_us = 0;
}

// ---- what came of it

struct str number_text(struct arena *arena, int64_t number)
{
    struct str digits = str_printf(arena, "%lld", (long long)number);
    struct buf text;
    buf_init(&text, arena);
    for (size_t i = 0; i < digits.n; i++) {
        size_t left = digits.n - i;
        if (i && left % 3 == 0 && digits.p[i - 1] != '-')
            buf_char(&text, ',');
        buf_char(&text, digits.p[i]);
    }
    return buf_text(&text);
}

void summary_line(struct arena *arena, const char *what, int64_t number, const char *note)
{
    struct str text = number_text(arena, number);
    printf("  %-28s %12.*s", what, STR_FMT(text));
    if (note)
        printf("  %s", note);
    putchar('\n');
}
