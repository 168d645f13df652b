// SPDX-License-Identifier: Apache-2.0
// shop.c - a command at work on the data of one tenant.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/command.h"
#include "store/store.h"

#include <stdlib.h>
#include <unistd.h>

enum err cli_read_file(struct arena *arena, const char *path, size_t max, struct str *ret_text)
{
    FILE *file = path[0] == '-' && !path[1] ? stdin : fopen(path, "rb");
    if (!file)
        return ERR_FILE_UNREADABLE;
    struct buf text;
    buf_init(&text, arena);
    char chunk[65536];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0 && text.n <= max)
        buf_put(&text, chunk, n);
    bool failed = ferror(file);
    if (file != stdin)
        fclose(file);
    if (failed)
        return ERR_FILE_UNREADABLE;
    if (text.n > max)
        return ERR_BODY_TOO_LARGE;
    *ret_text = text.p ? buf_text(&text) : STR("");
    return OK;
}

struct str without_password(struct arena *arena, struct str url)
{
    const struct str mark = STR("://");
    size_t start = 0, end, at = 0, colon = 0;

    while (start + mark.n <= url.n && !str_starts(str_skip(url, start), mark))
        start++;
    if (start + mark.n > url.n)
        return url;
    // What follows '?' may hold one, too.
    for (end = start + mark.n; end < url.n && url.p[end] != '?'; end++) {
        if (url.p[end] == '@')
            at = end;
        if (url.p[end] == ':' && !colon)
            colon = end;
    }
    if (!at || !colon || colon > at)
        return (struct str){url.p, end};
    return str_printf(arena, "%.*s%.*s", (int)colon, url.p, (int)(end - at), url.p + at);
}

struct str shop_place(struct cli *cli)
{
    if (!cli->settings.database.n)
        return cli->settings.data;
    return without_password(&cli->arena, cli->settings.database);
}

struct finding {
    struct str slug;
    int64_t tenant_id;
};

static enum err find_tenant(void *ctx, struct tx *tx)
{
    struct finding *finding = ctx;
    return flow_tenant_find(tx, finding->slug, &finding->tenant_id);
}

int cli_fail_store(struct cli *cli, enum err e)
{
    cli_fail_err(e, "%.*s", STR_FMT(shop_place(cli)));
    if (cli->reason[0])
        fprintf(stderr, "  %s\n", cli->reason);
    return EXIT_FAILED;
}

bool shop_open_all(struct shop *shop, struct cli *cli, bool look)
{
    struct store_config config = {.data_dir = cli->settings.data,
                                  .database = cli->settings.database,
                                  .cache_bytes = cli->settings.cache_mib << 20,
                                  .look = look,
                                  .reason = cli->reason};
    *shop = (struct shop){0};
    // Who serves does not wait without end; an audit reads for as long as it takes.
    if (cli->serving)
        config.statement_ms_max = cli->settings.database_wait_s * 1000;
    enum err e = store_open(&config, &shop->store);
    if (e == ERR_NOT_FOUND)
        cli_fail("there is no data in %.*s; make it with: habitue init %s %.*s",
                 STR_FMT(shop_place(cli)), cli->settings.database.n ? "--database" : "--data",
                 STR_FMT(shop_place(cli)));
    else if (e)
        cli_fail_store(cli, e);
    if (e)
        return false;
    e = flow_open(&shop->flow, shop->store, env_system());
    if (e) {
        cli_fail_store(cli, e);
        store_close(shop->store);
        *shop = (struct shop){0};
        return false;
    }
    id_source_init(&shop->ids, env_system());
    return true;
}

bool shop_open(struct shop *shop, struct cli *cli, bool look)
{
    struct finding finding = {.slug = cli->settings.tenant};
    if (!shop_open_all(shop, cli, look))
        return false;
    enum err e = shop_read(shop, find_tenant, &finding);
    shop->tenant_id = finding.tenant_id;
    if (!e)
        return true;
    if (e == ERR_NOT_FOUND)
        cli_fail("%.*s has no tenant '%.*s'; --tenant names one, 'habitue init' makes one",
                 STR_FMT(shop_place(cli)), STR_FMT(finding.slug));
    else
        cli_fail_err(e, "tenant '%.*s'", STR_FMT(finding.slug));
    shop_close(shop);
    return false;
}

void shop_close(struct shop *shop)
{
    flow_close(&shop->flow);
    store_close(shop->store);
    *shop = (struct shop){0};
}

enum err shop_write(struct shop *shop, enum err (*run)(void *ctx, struct tx *tx), void *ctx)
{
    struct tx tx;
    enum err e = tx_begin(&tx, &shop->flow, store_writer(shop->store), true, &shop->ids);
    if (e)
        return e;
    e = run(ctx, &tx);
    if (e) {
        tx_rollback(&tx);
        return e;
    }
    e = tx_commit(&tx);
    store_after_commit(shop->store);
    return e;
}

enum err shop_read(struct shop *shop, enum err (*run)(void *ctx, struct tx *tx), void *ctx)
{
    struct db *db;
    enum err e = store_reader_open(shop->store, &db);
    if (e)
        return e;
    struct tx tx;
    e = tx_begin(&tx, &shop->flow, db, false, NULL);
    if (!e) {
        e = run(ctx, &tx);
        tx_rollback(&tx);
    }
    db_close(db);
    return e;
}

size_t print_problems(FILE *out, const char *path, const struct program_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct program_problem *problem = &problems->list[i];
        fprintf(out, "%s%.*s: %s%.*s", path, STR_FMT(problem->pointer),
                problem->warning ? "warning: " : "", STR_FMT(problem->detail));
        if (problem->suggestion.n)
            fprintf(out, "\n    try: %.*s", STR_FMT(problem->suggestion));
        fputc('\n', out);
    }
    return problems->n_errors;
}
