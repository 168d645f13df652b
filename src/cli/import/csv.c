// SPDX-License-Identifier: Apache-2.0
// csv.c - libcsv fed piece by piece, with limits.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/import/csv.h"

#include <csv.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)32 * 1024)
// All cells at their longest: what a row may need is always there.
#define ROW_BYTES_MAX (CSV_COLUMNS_MAX * (CSV_FIELD_MAX + 64))

struct reading {
    const struct csv_read *read;
    struct arena cells; // of the row at hand
    struct csv_row row;
    bool after_cr; // the last row ended in CR: an LF that follows is no empty line
    bool stopped;
    const char *fault;
};

// ---- rows

static void on_cell(void *bytes, size_t n, void *ctx)
{
    struct reading *reading = ctx;
    if (reading->stopped || reading->fault)
        return;
    if (reading->row.n == CSV_COLUMNS_MAX)
        reading->fault = "there are more than 256 cells";
    else if (n > CSV_FIELD_MAX)
        reading->fault = "a cell is longer than 65,536 bytes";
    else
        reading->row.cells[reading->row.n++] =
            str_dup(&reading->cells, (struct str){bytes ? bytes : "", n});
}

static void end_row(struct reading *reading)
{
    if (arena_overflowed(&reading->cells))
        reading->fault = "the row is too long";
    else if (reading->row.number > CSV_ROWS_MAX)
        reading->fault = "there are more than 10,000,000 rows; divide the file";
    else if (!reading->read->on_row(reading->read->ctx, &reading->row))
        reading->stopped = true;
    arena_clear(&reading->cells);
    reading->row.n = 0;
}

// At the end of each line, empty ones included; c is the character, -1 at the end of the file.
static void on_line(int c, void *ctx)
{
    struct reading *reading = ctx;
    bool second_half = c == '\n' && reading->after_cr && reading->row.n == 0;
    reading->after_cr = c == '\r';
    if (second_half || reading->stopped || reading->fault)
        return;
    reading->row.number++;
    if (reading->row.n)
        end_row(reading);
}

// ---- the file

static struct str without_mark(struct str start)
{
    return str_skip(start, str_starts(start, STR("\xef\xbb\xbf")) ? 3 : 0);
}

// What else people give to an import, by its first bytes.
static const char *foreign(struct str start)
{
    if (start.n == 0)
        return "the file is empty";
    if (str_starts(start, STR("PK\x03\x04")))
        return "this is a spreadsheet or a zip archive; save it as CSV first";
    if (str_starts(start, STR("\x1f\x8b")) || str_starts(start, STR("\xfd"
                                                                    "7zXZ")))
        return "the file is compressed; pipe it in: xz -dc FILE | habitue import ... -";
    if (str_starts(start, STR("\xff\xfe")) || str_starts(start, STR("\xfe\xff")))
        return "this is UTF-16; save it as UTF-8";
    return NULL;
}

static unsigned char find_delimiter(struct str start)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (size_t i = 0; i < start.n && (quoted || (start.p[i] != '\n' && start.p[i] != '\r')); i++) {
        if (start.p[i] == '"')
            quoted = !quoted;
        commas += !quoted && start.p[i] == ',';
        semicolons += !quoted && start.p[i] == ';';
        tabs += !quoted && start.p[i] == '\t';
    }
    if (tabs > commas && tabs > semicolons)
        return '\t';
    return semicolons > commas ? ';' : ',';
}

// Blanks around a cell mean nothing; a tab may be what divides them.
static int is_blank(unsigned char c)
{
    return c == ' ';
}

static const char *parse_fault(const struct csv_parser *parser)
{
    return parser->status == CSV_EPARSE ? "a quotation mark is in the wrong place (inside a cell "
                                          "it is written twice, and the "
                                          "cell stands in quotation marks)"
                                        : "there is not enough memory";
}

static void feed(struct reading *reading, struct csv_parser *parser, struct str bytes)
{
    if (csv_parse(parser, bytes.p, bytes.n, on_cell, on_line, reading) != bytes.n)
        reading->fault = reading->fault ? reading->fault : parse_fault(parser);
    else if (parser->entry_pos > CSV_FIELD_MAX + CHUNK_BYTES)
        reading->fault = "a cell does not end; a quotation mark is probably not closed";
}

static enum err read_chunks(struct reading *reading, struct csv_parser *parser)
{
    char chunk[CHUNK_BYTES];
    bool first = true;
    while (!reading->fault && !reading->stopped) {
        size_t n = fread(chunk, 1, sizeof chunk, reading->read->file);
        if (ferror(reading->read->file))
            return ERR_FILE_UNREADABLE;
        if (n && reading->read->on_bytes)
            reading->read->on_bytes(reading->read->ctx, chunk, n);
        struct str bytes = {chunk, n};
        if (first) {
            reading->fault = foreign(bytes);
            bytes = without_mark(bytes);
            unsigned char delimiter = find_delimiter(bytes);
            csv_set_delim(parser, delimiter);
            if (delimiter == '\t')
                csv_set_space_func(parser, is_blank);
            first = false;
        }
        if (n == 0)
            break;
        if (!reading->fault)
            feed(reading, parser, bytes);
    }
    return OK;
}

enum err csv_read(const struct csv_read *read, struct csv_fault *ret_fault)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL))
        return ERR_MEMORY;
    struct reading reading = {.read = read};
    arena_init(&reading.cells, ROW_BYTES_MAX);
    enum err e = read_chunks(&reading, &parser);
    if (!e && !reading.fault && !reading.stopped &&
        csv_fini(&parser, on_cell, on_line, &reading) != 0)
        reading.fault = "the last cell does not end; a quotation mark is not closed";
    csv_free(&parser);
    arena_release(&reading.cells);
    if (!e && reading.fault) {
        // The row at hand was not counted yet.
        *ret_fault = (struct csv_fault){reading.row.number + 1, reading.fault};
        e = ERR_INPUT_INVALID;
    }
    return e;
}

// ---- writing

// Spreadsheets take these for the beginning of a formula, full-width forms included.
static bool looks_like_formula(struct str cell)
{
    static const char *const starts[] = {
        "=",           "+", "-", "@", "\t", "\r", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
        "\xef\xbc\xa0"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (str_starts(cell, str_of(starts[i])))
            return true;
    return cell.n > 0 && cell.p[0] == '\0';
}

static bool needs_quotes(struct str cell)
{
    for (size_t i = 0; i < cell.n; i++)
        if (strchr(",;\"\r\n\t", cell.p[i]))
            return true;
    return cell.n > 0 && (cell.p[0] == ' ' || cell.p[cell.n - 1] == ' ');
}

void csv_write_cell(FILE *file, struct str cell)
{
    bool quotes = needs_quotes(cell), text = str_is_utf8(cell);
    if (quotes)
        fputc('"', file);
    if (looks_like_formula(cell))
        fputc('\'', file);
    for (size_t i = 0; i < cell.n; i++) {
        unsigned char c = (unsigned char)cell.p[i];
        if (c == '"')
            fputc('"', file);
        fputc(c == 0 || (!text && c >= 0x80) ? '?' : c, file);
    }
    if (quotes)
        fputc('"', file);
}
