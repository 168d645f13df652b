// SPDX-License-Identifier: Apache-2.0
// init.c - making a data folder, with a programme to begin with.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/commands.h"
#include "cli/embedded.h"
#include "flow/seal.h"
#include "store/store.h"

struct job {
    struct cli *cli;
    struct str document; // STR_NONE: without a programme
    int64_t tenant_id;
    bool created;
    struct program_problems problems;
};

static enum err run(void *ctx, struct tx *tx)
{
    struct job *job = ctx;
    struct str slug = job->cli->settings.tenant;
    enum err e = flow_tenant_find(tx, slug, &job->tenant_id);
    if (e == ERR_NOT_FOUND) {
        job->created = true;
        e = flow_tenant_create(tx, slug, &job->tenant_id);
    }
    if (e || !job->created || !job->document.p)
        return e;
    struct apply_in in = {.document = job->document,
                          .author = STR("habitue init"),
                          .note = STR("")};
    struct version_view version;
    return flow_apply(tx, &job->cli->arena, (struct caller){.tenant_id = job->tenant_id}, &in,
                      &job->problems, &version);
}

static bool find_template(struct cli *cli, struct str *ret_document)
{
    *ret_document = STR_NONE;
    struct str name = cli_value(cli, "template");
    if (!name.p && cli_has(cli, "demo"))
        name = STR("cafe");
    if (!name.p)
        return true;
    for (const struct embedded *it = embedded_templates; it->name; it++) {
        if (str_eq(str_of(it->name), name)) {
            *ret_document = str_of(it->text);
            return true;
        }
    }
    cli_fail("there is no template '%.*s'; there are:", STR_FMT(name));
    for (const struct embedded *it = embedded_templates; it->name; it++)
        fprintf(stderr, "  %s\n", it->name);
    return false;
}

static bool is_slug(struct str s)
{
    bool good = s.n > 0 && s.n <= 63 && s.p[0] != '-';
    for (size_t i = 0; i < s.n && good; i++)
        good =
            (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-';
    return good;
}

static enum err make(struct job *job, const struct store_config *config)
{
    struct shop shop = {0};
    enum err e = store_open(config, &shop.store);
    if (e)
        return e;
    e = flow_open(&shop.flow, shop.store, env_system());
    id_source_init(&shop.ids, env_system());
    if (!e)
        e = shop_write(&shop, run, job);
    struct sign_key key;
    if (!e && store_is_shared(shop.store)) // for the server that seals, see serve.c
        e = seal_key_load(env_system(), config->data_dir, &key);
    shop_close(&shop);
    return e;
}

static int refuse_to_distribute(struct cli *cli)
{
    cli_fail("%.*s has no extension Citus; nothing was changed there", STR_FMT(shop_place(cli)));
    fputs(
        "  Install Citus on every PostgreSQL server (Debian has no package of it, its makers do),\n"
        "  add it to shared_preload_libraries, and say CREATE EXTENSION citus in this database:\n"
        "  docs/operations/scale.md.  Without --distributed this is an ordinary database.\n",
        stderr);
    return EXIT_FAILED;
}

int command_init(struct cli *cli)
{
    struct job job = {.cli = cli};
    if (!find_template(cli, &job.document))
        return EXIT_USAGE;
    if (!is_slug(cli->settings.tenant)) {
        cli_fail("a tenant is named by lower-case letters, digits and hyphens, not '%.*s'",
                 STR_FMT(cli->settings.tenant));
        return EXIT_USAGE;
    }
    struct store_config config = {.data_dir = cli->settings.data,
                                  .database = cli->settings.database,
                                  .distribute = cli_has(cli, "distributed"),
                                  .create = true,
                                  .reason = cli->reason};
    if (config.distribute && !config.database.n) {
        cli_fail("--distributed needs a PostgreSQL database: --database postgres://...");
        return EXIT_USAGE;
    }
    enum err e = make(&job, &config);
    if (e == ERR_CITUS_MISSING)
        return refuse_to_distribute(cli);
    if (e) {
        print_problems(stderr, "template", &job.problems);
        return cli_fail_store(cli, e);
    }
    if (config.distribute)
        printf("%.*s: its tables are spread by tenant.\n", STR_FMT(shop_place(cli)));
    const char *what = job.created ? "is ready" : "was there already; nothing changed";
    printf("%.*s: tenant '%.*s' %s.\n", STR_FMT(shop_place(cli)), STR_FMT(cli->settings.tenant),
           what);
    return EXIT_DONE;
}
