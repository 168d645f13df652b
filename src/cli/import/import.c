// SPDX-License-Identifier: Apache-2.0
// import.c - opening, reading twice, resuming, summing up.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/import/import.h"

#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define MAPPING_BYTES_MAX ((size_t)1 << 20)
#define ROW_ARENA_BYTES ((size_t)64 << 20)
#define BATCH_ARENA_BYTES ((size_t)1 << 30)

// ---- opening

static bool open_mapping(struct import *import)
{
    struct cli *cli = import->cli;
    struct str path = cli_value(cli, "mapping");
    import->mapping_given = path.p != NULL;
    import->mapping_text = mapping_of_members();
    if (!path.p && import->kind == MAPPING_ORDERS) {
        cli_fail("say which column means what: --mapping FILE (docs/import.md)");
        return false;
    }
    if (path.p && cli_read_file(&cli->arena, str_c(&cli->arena, path), MAPPING_BYTES_MAX,
                                &import->mapping_text)) {
        cli_fail("%.*s cannot be read", STR_FMT(path));
        return false;
    }
    struct problems problems;
    problems_init(&problems, &cli->arena);
    if (mapping_read(&cli->arena, import->kind, import->mapping_text, &problems,
                     &import->mapping) == OK)
        return true;
    import_print_problems(path, &problems);
    return false;
}

// A stream can be read once: it is copied to a file without a name.
static FILE *copy_stream(FILE *from)
{
    FILE *to = tmpfile();
    char chunk[65536];
    size_t n;
    while (to && (n = fread(chunk, 1, sizeof chunk, from)) > 0)
        if (fwrite(chunk, 1, n, to) != n)
            break;
    if (to && (ferror(from) || ferror(to) || fseek(to, 0, SEEK_SET))) {
        fclose(to);
        to = NULL;
    }
    return to;
}

static bool open_file(struct import *import)
{
    bool is_stdin = strcmp(import->path, "-") == 0;
    import->file = is_stdin ? stdin : fopen(import->path, "rb");
    struct stat about;
    if (!import->file || fstat(fileno(import->file), &about)) {
        cli_fail("%s: %s", import->path, strerror(errno));
        return false;
    }
    if (S_ISDIR(about.st_mode)) {
        cli_fail("%s is a folder", import->path);
        return false;
    }
    if (!S_ISREG(about.st_mode)) {
        FILE *copy = copy_stream(import->file);
        if (!is_stdin)
            fclose(import->file);
        import->file = copy;
        if (!copy || fstat(fileno(copy), &about)) {
            cli_fail("%s: %s", import->path, strerror(errno));
            return false;
        }
    }
    import->bytes = about.st_size;
    return true;
}

static bool open_report(struct import *import)
{
    struct str path = cli_value(import->cli, "errors");
    const char *text = path.p ? str_c(&import->cli->arena, path) : NULL;
    if (report_open(&import->report, text))
        return true;
    cli_fail("%s: %s", text, strerror(errno));
    return false;
}

int import_open(struct import *import, struct cli *cli, enum mapping_kind kind)
{
    *import = (struct import){.cli = cli,
                              .kind = kind,
                              .path = cli->args[0],
                              .dry_run = cli_has(cli, "dry-run"),
                              .started_us = env_monotonic_us(env_system())};
    arena_init(&import->row_arena, ROW_ARENA_BYTES);
    arena_init(&import->batch_arena, BATCH_ARENA_BYTES);
    if (!open_mapping(import))
        return EXIT_FAILED;
    import->skipped = arena_try_array(&cli->arena, import->mapping->skip.n + 1, sizeof(int64_t));
    if (!open_file(import) || !import->skipped || !shop_open(&import->shop, cli, import->dry_run))
        return EXIT_FAILED;
    return open_report(import) ? EXIT_DONE : EXIT_FAILED;
}

void import_close(struct import *import)
{
    if (import->shop.store)
        shop_close(&import->shop);
    if (import->file && import->file != stdin)
        fclose(import->file);
    arena_release(&import->row_arena);
    arena_release(&import->batch_arena);
}

void import_print_problems(struct str path, const struct problems *problems)
{
    for (const struct problem *problem = problems->first; problem; problem = problem->next)
        cli_fail("%.*s%s%.*s: %.*s", STR_FMT(path), problem->pointer.n ? "" : " ",
                 STR_FMT(problem->pointer.n ? problem->pointer : STR("(the whole file)")),
                 STR_FMT(problem->detail));
    if (problems->n > PROBLEMS_KEPT)
        cli_fail("... and %zu more", problems->n - PROBLEMS_KEPT);
}

// ---- the two readings

struct pass {
    struct import *import;
    bool first;
    bool (*on_row)(void *ctx, const struct csv_row *row);
    void *ctx;
};

// A hash of hashes: the pieces are the same for the same bytes.
static void add_hash(struct hash *hash, const void *bytes, size_t n)
{
    struct hash both[2] = {*hash, hash_sha256(bytes, n)};
    *hash = hash_sha256(both, sizeof both);
}

static void on_bytes(void *ctx, const void *bytes, size_t n)
{
    struct pass *pass = ctx;
    add_hash(&pass->import->hash, bytes, n);
    pass->import->bytes_read += (int64_t)n;
    progress_at(&pass->import->progress, pass->import->bytes_read);
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct pass *pass = ctx;
    struct import *import = pass->import;
    if (pass->first)
        import->rows = row->number;
    else
        progress_at(&import->progress, row->number);
    bool more = pass->on_row(pass->ctx, row);
    arena_clear(&import->row_arena);
    return more && !import->fault;
}

static bool read_file(struct import *import, struct pass *pass)
{
    struct csv_fault fault;
    struct csv_read read = {.file = import->file,
                            .ctx = pass,
                            .on_bytes = pass->first ? on_bytes : NULL,
                            .on_row = on_row};
    enum err e = csv_read(&read, &fault);
    progress_end(&import->progress);
    if (e == ERR_INPUT_INVALID)
        cli_fail("%s, row %lld: %s; nothing was imported", import->path, (long long)fault.row,
                 fault.reason);
    else if (e)
        cli_fail_err(e, "%s", import->path);
    return e == OK;
}

bool import_check(struct import *import, bool (*row_fn)(void *, const struct csv_row *), void *ctx)
{
    struct pass pass = {import, true, row_fn, ctx};
    progress_start(&import->progress, env_system(), "Checking", NULL, import->bytes);
    if (!read_file(import, &pass))
        return false;
    if (import->fault && import->fault != ERR_MAPPING_INVALID)
        cli_fail_err(import->fault, "%s", import->path);
    if (import->fault)
        return false;
    if (import->rows > 0)
        return true;
    cli_fail("%s has no rows", import->path);
    return false;
}

bool import_take(struct import *import, bool (*row_fn)(void *, const struct csv_row *), void *ctx)
{
    struct pass pass = {import, false, row_fn, ctx};
    rewind(import->file);
    progress_start(&import->progress, env_system(), import->dry_run ? "Trying" : "Importing",
                   "rows", import->rows);
    if (!read_file(import, &pass))
        return false;
    enum err e = import->fault ? import->fault : import_flush(import);
    if (e)
        cli_fail_err(e, "stopped after %lld items; run the same command again to go on",
                     (long long)import->n_done);
    return e == OK;
}

// ---- where an earlier run stopped

static enum err find_note(void *ctx, struct tx *tx)
{
    struct import *import = ctx;
    struct import_row row;
    enum err e =
        store_import_get(tx->db, import->shop.tenant_id, import->id, &import->cli->arena, &row);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    struct problems problems;
    problems_init(&problems, &import->cli->arena);
    const struct json *json, *refused;
    int64_t n_refused;
    if (json_parse(&import->cli->arena, row.detail, &json_limits_request, &problems, &json))
        return ERR_STORE_CORRUPT;
    refused = json_get(json, "refused");
    if (!refused || !str_to_i64(refused->text, &n_refused))
        return ERR_STORE_CORRUPT;
    // What was refused then may be accepted now: items would have other numbers.  Those that are
    // done are known to the store by their names.
    import->n_before = n_refused ? 0 : row.rows_done;
    return OK;
}

bool import_resume(struct import *import)
{
    struct str kind = import->kind == MAPPING_ORDERS ? STR("orders") : STR("members");
    add_hash(&import->hash, kind.p, kind.n);
    add_hash(&import->hash, import->mapping_text.p, import->mapping_text.n);
    memcpy(import->id.b, import->hash.b, sizeof import->id.b);
    enum err e = shop_read(&import->shop, find_note, import);
    if (e)
        cli_fail_err(e, "the note of an earlier run");
    return e == OK;
}

// ---- the summary

// Conditions with the same reason are counted together, where it stands first.
static size_t first_of_reason(const struct import *import, size_t skip)
{
    const struct mapping_condition *skips = import->mapping->skip.items;
    size_t i = 0;
    while (!str_eq(skips[i].reason, skips[skip].reason))
        i++;
    return i;
}

void import_skipped(struct import *import, size_t skip)
{
    import->skipped[first_of_reason(import, skip)]++;
}

static double seconds_of(const struct import *import)
{
    return (double)(env_monotonic_us(env_system()) - import->started_us + 1) / 1e6;
}

void import_summary(struct import *import)
{
    struct arena *arena = &import->cli->arena;
    const struct mapping_condition *skips = import->mapping->skip.items;
    double seconds = seconds_of(import);
    for (size_t i = 0; i < import->mapping->skip.n; i++)
        if (import->skipped[i])
            summary_line(arena, "rows left out", import->skipped[i], str_c(arena, skips[i].reason));
    if (import->report.n_refused)
        summary_line(arena, "refused", import->report.n_refused,
                     import->report.path ? import->report.path : "see above");
    if (import->dry_run) {
        puts("Nothing was written: this was a dry run.");
        return;
    }
    summary_line(arena, "done now",
                 import->by_outcome[ITEM_APPLIED] + import->by_outcome[ITEM_PARKED], NULL);
    if (import->by_outcome[ITEM_REPLAYED] + import->n_before)
        summary_line(arena, "were there already",
                     import->by_outcome[ITEM_REPLAYED] + import->n_before, NULL);
    printf("  %.1f s, %.*s rows/s\n", seconds,
           STR_FMT(number_text(arena, (int64_t)((double)import->rows / seconds))));
}

void import_summary_json(struct import *import, struct json_out *out)
{
    const struct mapping_condition *skips = import->mapping->skip.items;
    double seconds = seconds_of(import);
    json_put_object(out, "skipped");
    for (size_t i = 0; i < import->mapping->skip.n; i++) {
        if (first_of_reason(import, i) != i)
            continue;
        json_key_str(out, skips[i].reason);
        json_i64(out, import->skipped[i]);
    }
    json_end(out);
    json_put_i64(out, "errors", import->report.n_refused);
    json_put_i64(out, "applied",
                 import->by_outcome[ITEM_APPLIED] + import->by_outcome[ITEM_PARKED]);
    json_put_i64(out, "already_there", import->by_outcome[ITEM_REPLAYED] + import->n_before);
    json_put_bool(out, "dry_run", import->dry_run);
    json_key(out, "seconds");
    json_raw(out, str_printf(&import->cli->arena, "%.3f", seconds));
    json_put_i64(out, "rows_per_second", (int64_t)((double)import->rows / seconds));
}

int import_exit_code(const struct import *import)
{
    return import->report.n_refused ? EXIT_FAILED : EXIT_DONE;
}
