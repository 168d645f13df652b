// SPDX-License-Identifier: Apache-2.0
// move.c - habitue migrate-db: an installation from one database to another.
//
// All or nothing: rows are written and compared in one transaction of the target, which is
// committed when both sides are the same.  Whatever goes wrong before, kill -9 included, leaves the
// target as empty as it was, and the command may simply be run again.  A resumable copy would have
// to mark a target that is half full, and every other command would have to look for the mark.
//
// The source does not change meanwhile: a data folder is locked, as a server would lock it, and a
// database of PostgreSQL is read in one snapshot.
//
// Layer: cli.  Tests: tests/cli/move_test.py
#include "cli/move.h"

#include "cli/commands.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const side_names[] = {"source", "target"};

// ---- where from, where to

static bool is_same_folder(struct arena *arena, struct str a, struct str b)
{
    char real[2][PATH_MAX];

    return realpath(str_c(arena, a), real[0]) && realpath(str_c(arena, b), real[1]) &&
           strcmp(real[0], real[1]) == 0;
}

static bool is_same_place(struct arena *arena, const struct move_side *a, const struct move_side *b)
{
    if (a->config.database.n || b->config.database.n)
        return str_eq(a->config.database, b->config.database);
    return is_same_folder(arena, a->config.data_dir, b->config.data_dir);
}

static bool has_scheme(struct str place)
{
    return memmem(place.p, place.n, "://", 3) != NULL;
}

static bool find_places(struct move *move)
{
    struct cli *cli = move->cli;
    struct str place = cli_value(cli, "to");
    struct move_side *from = &move->sides[COPY_FROM], *to = &move->sides[COPY_TO];

    if (!place.n || (has_scheme(place) && db_dialect_of(place) != DB_POSTGRES)) {
        cli_fail("say where to: --to postgres://... or --to a data folder");
        return false;
    }
    from->config = (struct store_config){.data_dir = cli->settings.data,
                                         .database = cli->settings.database,
                                         .look = cli->settings.database.n > 0,
                                         .reason = cli->reason};
    from->name = shop_place(cli);
    to->config = (struct store_config){.cache_bytes = cli->settings.cache_mib << 20,
                                       .create = !move->verify,
                                       .look = move->verify,
                                       .reason = cli->reason};
    if (has_scheme(place))
        to->config.database = place;
    else
        to->config.data_dir = place;
    to->name = without_password(&cli->arena, place);
    if (!is_same_place(&cli->arena, from, to))
        return true;
    cli_fail("%.*s is both source and target", STR_FMT(to->name));
    return false;
}

// ---- opening

static int refuse_place(struct cli *cli, const struct move_side *side, enum err e)
{
    if (e == ERR_NOT_FOUND)
        return cli_fail("there is no data in %.*s", STR_FMT(side->name));
    if (e == ERR_STORE_BUSY && side->config.look)
        return cli_fail("the data in %.*s are of an earlier version; 'habitue migrate' brings them "
                        "up to date",
                        STR_FMT(side->name));
    cli_fail_err(e, "%.*s", STR_FMT(side->name));
    if (cli->reason[0])
        fprintf(stderr, "  %s\n", cli->reason);
    return EXIT_FAILED;
}

// Where nothing is written a reader sees one state to the end.
static enum err begin(struct move_side *side, bool read, struct db **ret_db)
{
    enum err e = store_open(&side->config, &side->store);

    if (!e && read)
        e = store_reader_open(side->store, &side->reader);
    if (e)
        return e;
    *ret_db = read ? side->reader : store_writer(side->store);
    return db_begin(*ret_db);
}

static bool open_sides(struct move *move)
{
    struct db **db = move->copy.db;

    for (enum copy_side side = COPY_FROM; side <= COPY_TO; side++) {
        bool read = side == COPY_FROM || move->verify;
        enum err e = begin(&move->sides[side], read, &db[side]);
        if (!e && side == COPY_FROM)
            e = store_session_count(db[side], &move->n_servers);
        if (!e && !read)
            e = store_turn_take(db[side]); // one copy at a time
        if (e) {
            refuse_place(move->cli, &move->sides[side], e);
            return false;
        }
    }
    if (move->n_servers > 0)
        fprintf(
            stderr,
            "habitue: warning: others are connected to %.*s (%lld): what servers write from now "
            "on does not come along; stop them before the last copy\n",
            STR_FMT(move->sides[COPY_FROM].name), (long long)move->n_servers);
    return true;
}

static void close_sides(struct move *move)
{
    for (int side = 0; side < 2; side++) {
        db_close(move->sides[side].reader);
        store_close(move->sides[side].store);
    }
}

// ---- the work

static void on_rows(void *ctx, int64_t n_rows)
{
    struct move *move = ctx;

    progress_at(&move->progress, n_rows);
}

static int stop_at(const struct move *move, enum err e, const char *what)
{
    const char *side = db_failure(move->copy.db[COPY_TO]) ? "target" : "source";

    if (move->copy.difference.p)
        return cli_fail("%s stopped: %.*s", what, STR_FMT(move->copy.difference));
    return cli_fail_err(e, "%s stopped at %s (%s)", what, move->copy.at ? move->copy.at : "once",
                        side);
}

static bool is_countable(struct move *move)
{
    int64_t n_rows[2];

    for (enum copy_side side = COPY_FROM; side <= COPY_TO; side++) {
        enum err e = copy_count(&move->copy, side, &n_rows[side]);
        if (e) {
            cli_fail_err(e, "counting the rows of the %s", side_names[side]);
            return false;
        }
    }
    move->n_rows = n_rows[COPY_FROM];
    if (move->verify || !n_rows[COPY_TO])
        return true;
    cli_fail("there are data in %.*s already (%lld rows): give an empty database or a new folder, "
             "or compare with --verify",
             STR_FMT(move->sides[COPY_TO].name), (long long)n_rows[COPY_TO]);
    return false;
}

static enum err timed(struct move *move, const char *what, int64_t n_rows,
                      enum err (*run)(struct copy *copy), int64_t *ret_us)
{
    const struct env *env = env_system();
    int64_t started_us = env_monotonic_us(env);

    progress_start(&move->progress, env, what, "rows", n_rows);
    enum err e = run(&move->copy);
    progress_end(&move->progress);
    *ret_us = env_monotonic_us(env) - started_us;
    return e;
}

static bool copy(struct move *move)
{
    enum err e = timed(move, "Copying", move->n_rows, copy_rows, &move->copy_us);

    if (e)
        stop_at(move, e, "the copy");
    return !e;
}

static bool compare(struct move *move)
{
    enum err e = timed(move, "Comparing", 2 * move->n_rows, copy_compare, &move->compare_us);

    if (e)
        stop_at(move, e, "the comparison");
    return !e;
}

static bool commit(struct move *move)
{
    enum err e = db_commit(move->copy.db[COPY_TO]);

    if (e == ERR_OUTCOME_UNKNOWN)
        cli_fail("the connection was lost while the copy was committed: see with --verify whether "
                 "it is there");
    else if (e)
        cli_fail_err(e, "the copy was not committed");
    if (e)
        return false;
    store_after_commit(move->sides[COPY_TO].store);
    return true;
}

static bool carry_out(struct move *move)
{
    if (!is_countable(move) || (!move->verify && !copy(move)) || !compare(move))
        return false;
    bool same = copy_is_same(&move->copy);
    if (same && !move->verify && !commit(move))
        return false;
    move_report(move);
    return same;
}

int command_migrate_db(struct cli *cli)
{
    struct move *move = ARENA_NEW(&cli->arena, struct move);

    move->cli = cli;
    move->verify = cli_has(cli, "verify");
    move->copy.arena = &cli->arena;
    move->copy.on_rows = on_rows;
    move->copy.ctx = move;
    if (!find_places(move))
        return EXIT_USAGE;
    bool done = open_sides(move) && carry_out(move);
    close_sides(move);
    return done ? EXIT_DONE : EXIT_FAILED;
}
