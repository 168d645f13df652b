// SPDX-License-Identifier: Apache-2.0
// move_report.c - what habitue migrate-db says in the end.
//
// Layer: cli.  Tests: tests/cli/move_test.py
#include "cli/move.h"

#include "flow/seal.h"

#include <unistd.h>

// What is in a data folder besides the database, and what it is for.
static const struct {
    const char *file, *what;
} by_hand[] = {
    {SEAL_KEY_FILE, "signs seals; mode 0600"},
    {"habitue.ini", "settings"},
};
#define N_BY_HAND (sizeof by_hand / sizeof *by_hand)

// The file of the source's data folder, p NULL when there is none.
static struct str file_by_hand(struct move *move, size_t i)
{
    struct str folder = move->sides[COPY_FROM].config.data_dir;
    struct str path = str_printf(&move->cli->arena, "%.*s/%s", STR_FMT(folder), by_hand[i].file);
    return access(path.p, F_OK) == 0 ? path : STR_NONE;
}

static struct str hex_of(struct arena *arena, const struct hash *hash, size_t n)
{
    struct buf text;
    buf_init(&text, arena);
    buf_hex(&text, hash->b, n);
    return buf_text(&text);
}

static int64_t per_second(int64_t n, int64_t us)
{
    return us > 0 ? (int64_t)((double)n * 1e6 / (double)us) : n;
}

// ---- for a script

static void put_part(struct json_out *out, struct arena *arena, const char *name,
                     const struct copy_part *part)
{
    json_object(out);
    json_put_c(out, "name", name);
    json_put_i64(out, "source_rows", part->n_rows[COPY_FROM]);
    json_put_i64(out, "target_rows", part->n_rows[COPY_TO]);
    json_put_str(out, "source_sha256", hex_of(arena, &part->digest[COPY_FROM], 32));
    json_put_str(out, "target_sha256", hex_of(arena, &part->digest[COPY_TO], 32));
    json_put_bool(out, "same", part->same);
    json_end(out);
}

static void put_parts(struct json_out *out, struct move *move, const char *key, int first, int end)
{
    json_put_array(out, key);
    for (int i = first; i < end; i++)
        put_part(out, &move->cli->arena, copy_lists[i].name, &move->copy.parts[i]);
    json_end(out);
}

static void print_json(struct move *move, bool same)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, &move->cli->arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_str(&out, "source", move->sides[COPY_FROM].name);
    json_put_str(&out, "target", move->sides[COPY_TO].name);
    json_put_bool(&out, "same", same);
    json_put_bool(&out, "copied", same && !move->verify);
    if (move->copy.difference.p)
        json_put_str(&out, "first_difference", move->copy.difference);
    json_put_i64(&out, "rows", move->n_rows);
    json_put_i64(&out, "copy_ms", move->copy_us / 1000);
    json_put_i64(&out, "compare_ms", move->compare_us / 1000);
    json_put_i64(&out, "other_connections", move->n_servers);
    put_parts(&out, move, "tables", 0, N_COPY_TABLES);
    put_parts(&out, move, "chains", N_COPY_TABLES, N_COPY_LISTS);
    json_put_array(&out, "copy_by_hand");
    for (size_t i = 0; i < N_BY_HAND; i++) {
        struct str path = file_by_hand(move, i);
        if (path.p)
            json_str(&out, path);
    }
    json_end(&out);
    json_end(&out);
    printf("%.*s\n", STR_FMT(buf_text(&text)));
}

// ---- for a human

static void print_part(struct arena *arena, const char *name, const struct copy_part *part)
{
    struct str from = number_text(arena, part->n_rows[COPY_FROM]);
    struct str to = number_text(arena, part->n_rows[COPY_TO]);
    struct str digest = hex_of(arena, &part->digest[COPY_FROM], 6);
    printf("  %-18s %13.*s %13.*s  %.*s  %s\n", name, STR_FMT(from), STR_FMT(to), STR_FMT(digest),
           part->same ? "same" : "DIFFERENT");
}

static void print_next_steps(struct move *move)
{
    const struct move_side *to = &move->sides[COPY_TO];
    bool shared = to->config.database.n > 0;
    int n = 0;
    for (size_t i = 0; i < N_BY_HAND; i++) {
        struct str path = file_by_hand(move, i);
        if (!path.p)
            continue;
        if (!n++)
            printf("\nNot in the database; %s%.*s:\n",
                   shared ? "they belong into the data folder (--data) of the server that goes on"
                          : "copy them by hand to ",
                   shared ? 0 : (int)to->name.n, to->name.p);
        printf("  %-40.*s %s\n", STR_FMT(path), by_hand[i].what);
    }
    printf(
        "\nGo on with: habitue serve %s '%.*s'\n"
        "The source is as it was.  Never start a server on it again: there would be two truths.\n",
        shared ? "--database" : "--data", STR_FMT(to->name));
}

static void print_text(struct move *move, bool same)
{
    struct arena *arena = &move->cli->arena;
    struct str n_rows = number_text(arena, move->n_rows);
    printf("From  %.*s\nTo    %.*s\n\n", STR_FMT(move->sides[COPY_FROM].name),
           STR_FMT(move->sides[COPY_TO].name));
    printf("  %-18s %13s %13s  %-12s\n", "", "source", "target", "SHA-256");
    for (int i = 0; i < N_COPY_LISTS; i++)
        print_part(arena, copy_lists[i].name, &move->copy.parts[i]);
    putchar('\n');
    struct str rate = number_text(arena, per_second(move->n_rows, move->copy_us));
    if (move->copy_us)
        printf("%.*s rows were copied in %.1f s (%.*s rows/s) and compared in %.1f s.\n",
               STR_FMT(n_rows), (double)move->copy_us / 1e6, STR_FMT(rate),
               (double)move->compare_us / 1e6);
    else
        printf("%.*s rows were compared in %.1f s.\n", STR_FMT(n_rows),
               (double)move->compare_us / 1e6);
    if (same && !move->verify)
        print_next_steps(move);
    else if (same)
        puts("Both are the same.");
}

void move_report(struct move *move)
{
    bool same = copy_is_same(&move->copy);
    if (cli_has(move->cli, "json"))
        print_json(move, same);
    else
        print_text(move, same);
    if (!same)
        cli_fail("source and target differ%s%.*s%s", move->copy.difference.p ? ": " : "",
                 STR_FMT(move->copy.difference), move->verify ? "" : "; the target keeps nothing");
}
