// SPDX-License-Identifier: Apache-2.0
// commands.h - the sub-commands, one line each in commands.c.
//
// Layer: cli.
#pragma once

#include "cli/command.h"

extern const struct command commands[];
extern const size_t n_commands;

int command_init(struct cli *cli);
int command_serve(struct cli *cli);
int command_plan(struct cli *cli);
int command_apply(struct cli *cli);
int command_schema(struct cli *cli);
int command_key_create(struct cli *cli);
int command_key_list(struct cli *cli);
int command_key_revoke(struct cli *cli);
int command_import_orders(struct cli *cli);
int command_import_members(struct cli *cli);
int command_audit(struct cli *cli);
int command_eval(struct cli *cli);
int command_demo(struct cli *cli);
int command_migrate(struct cli *cli);
int command_migrate_db(struct cli *cli);
int command_config(struct cli *cli);
int command_version(struct cli *cli);
int command_completion(struct cli *cli);
