// SPDX-License-Identifier: Apache-2.0
// migrate.c - habitue migrate: the schema of the data folder, seen and brought up to date.
//
// Every command that writes does so by itself; this one is for those who want to choose when.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/commands.h"
#include "store/store.h"

int command_migrate(struct cli *cli)
{
    bool look = cli_has(cli, "status");
    struct store_config config = {.data_dir = cli->settings.data,
                                  .database = cli->settings.database,
                                  .look = look,
                                  .reason = cli->reason};
    struct store *store = NULL;
    enum err e = store_open(&config, &store);
    store_close(store);
    if (look && e == ERR_STORE_BUSY) {
        puts("The data are of an earlier version; the next start brings them up to date.");
        return EXIT_FAILED;
    }
    if (e == ERR_NOT_FOUND)
        return cli_fail("there is no data in %.*s", STR_FMT(shop_place(cli)));
    if (e)
        return cli_fail_store(cli, e);
    puts("The data are up to date.");
    return EXIT_DONE;
}
