// SPDX-License-Identifier: Apache-2.0
// audit.c - habitue audit: does what is stored keep the laws?
//
// It only looks, so it may run beside a server.  Without --tenant all businesses are audited.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/commands.h"
#include "flow/seal.h"
#include "insight/audit.h"
#include "store/store.h"

#include <string.h>

#define AUDIT_ARENA_BYTES ((size_t)2 << 30)

static bool find_language(struct cli *cli, struct str *ret_language)
{
    struct str language = cli_value(cli, "language");
    *ret_language = language.p ? language : STR("en");
    if (str_eq(*ret_language, STR("en")) || str_eq(*ret_language, STR("fr")))
        return true;
    cli_fail("--language is en or fr, not '%.*s'", STR_FMT(language));
    return false;
}

static bool has_tenant(const struct cli *cli)
{
    return cli->origins.by_setting[setting_index(STR("tenant"))] != ORIGIN_DEFAULT;
}

static void print_report(struct cli *cli, struct arena *arena, const struct audit_report *report,
                         struct str language)
{
    struct str text;
    if (cli_has(cli, "json")) {
        struct buf buf;
        struct json_out out;
        buf_init(&buf, arena);
        json_init(&out, &buf);
        audit_json(&out, report);
        text = buf_text(&buf);
    } else {
        text = audit_text(arena, report, language);
    }
    printf("%.*s%s", STR_FMT(text), str_ends(text, STR("\n")) ? "" : "\n");
}

static enum err audit(struct shop *shop, struct cli *cli, struct arena *arena,
                      struct audit_report *ret_report)
{
    struct db *db;
    enum err e = store_reader_open(shop->store, &db);
    if (e)
        return e;
    struct audit_options options = {.tenant_id = has_tenant(cli) ? shop->tenant_id : 0};
    struct sign_key key; // none yet: nothing was sealed here
    if (seal_key_find(cli->settings.data, &key) == OK)
        options.public_key = key.public_key;
    e = audit_run(db, arena, &options, ret_report);
    db_close(db);
    return e;
}

int command_audit(struct cli *cli)
{
    struct str language;
    if (!find_language(cli, &language))
        return EXIT_USAGE;
    struct shop shop;
    bool open = has_tenant(cli) ? shop_open(&shop, cli, true) : shop_open_all(&shop, cli, true);
    if (!open)
        return EXIT_FAILED;
    struct arena arena;
    struct audit_report report;
    arena_init(&arena, AUDIT_ARENA_BYTES);
    enum err e = audit(&shop, cli, &arena, &report);
    int code = EXIT_FAILED;
    if (e)
        cli_fail_err(e, "the audit of %.*s did not come to its end", STR_FMT(shop_place(cli)));
    else {
        print_report(cli, &arena, &report, language);
        code = report.n_findings ? EXIT_FAILED : EXIT_DONE;
    }
    arena_release(&arena);
    shop_close(&shop);
    return code;
}
