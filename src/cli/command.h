// SPDX-License-Identifier: Apache-2.0
// command.h - what a sub-command is made of.
//
// A command says its options and arguments in tables; main.c reads the command line by them, prints
// --help from them, and writes the completion script from them.
//
// Layer: cli.  Tests: tests/cli/
#pragma once

#include "cli/settings.h"
#include "flow/flow.h"
#include "store/db.h"

#include <stdio.h>

#define COMMAND_OPTIONS_MAX 16

struct command_option {
    const char *name;
    const char *placeholder; // NULL: a switch
    const char *help;
};

struct cli;

struct command {
    const char *name; // one or two words
    const char *args; // for the usage line, "" if none
    int n_args_min, n_args_max;
    const char *summary;
    const char *details;                  // a paragraph for --help, or NULL
    const struct command_option *options; // the one with name NULL ends it; may be NULL
    int (*run)(struct cli *cli);
};

struct cli {
    struct arena arena;
    const struct command *command;
    struct settings settings;
    struct setting_origins origins;
    struct str values[COMMAND_OPTIONS_MAX]; // of the command's options; p NULL: not given
    char reason[DB_REASON_BYTES];           // what a database said that could not be opened
    bool serving; // the data is opened to be served: nobody may wait without end
    const char *const *args;
    int n_args;
};

// Exit codes.
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

// The value of an option of the command; STR_NONE when it was not given.  A switch has "true".
struct str cli_value(const struct cli *cli, const char *option);
bool cli_has(const struct cli *cli, const char *option);

// "habitue: <sentence>" on stderr; returns EXIT_FAILED.
int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// The same with what the error of the catalogue says, and what to do about a locked folder.
int cli_fail_err(enum err e, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The same of the data the settings name, with what a database said itself (cli->reason).
int cli_fail_store(struct cli *cli, enum err e);

// The whole file, or standard input for "-".  ERR_FILE_UNREADABLE, ERR_BODY_TOO_LARGE.
MUST_CHECK enum err cli_read_file(struct arena *arena, const char *path, size_t max,
                                  struct str *ret_text);

// ---- a command at work on a store

struct shop {
    struct store *store;
    struct flow flow;
    struct id_source ids;
    int64_t tenant_id;
};

// A database's address as it may be shown.
struct str without_password(struct arena *arena, struct str url);
// How messages call the data: the folder, or the database without its password.
struct str shop_place(struct cli *cli);
// Opens the data of the settings and finds the tenant.  Prints what is wrong.
MUST_CHECK bool shop_open(struct shop *shop, struct cli *cli, bool look);
// The same without looking for a tenant.
MUST_CHECK bool shop_open_all(struct shop *shop, struct cli *cli, bool look);
void shop_close(struct shop *shop);
// Runs one use case in a transaction of its own.
MUST_CHECK enum err shop_write(struct shop *shop, enum err (*run)(void *ctx, struct tx *tx),
                               void *ctx);
MUST_CHECK enum err shop_read(struct shop *shop, enum err (*run)(void *ctx, struct tx *tx),
                              void *ctx);
// Prints the errors and warnings of a programme document; returns the number of errors.
size_t print_problems(FILE *out, const char *path, const struct program_problems *problems);
