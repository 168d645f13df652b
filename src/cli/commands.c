// SPDX-License-Identifier: Apache-2.0
// commands.c - the table of sub-commands.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/commands.h"

static const struct command_option json_option[] = {
    {"json", NULL, "Print JSON"},
    {NULL, NULL, NULL},
};

static const struct command_option init_options[] = {
    {"demo", NULL, "With a cafe: 10 points per euro, 500 points a coffee"},
    {"distributed", NULL, "On PostgreSQL with Citus: spread the tables over its machines"},
    {"template", "NAME", "With one of the programmes of docs/templates"},
    {NULL, NULL, NULL},
};

static const struct command_option apply_options[] = {
    {"note", "TEXT", "Why it changes; kept with the version"},
    {"author", "NAME", "Who changes it; kept with the version"},
    {NULL, NULL, NULL},
};

static const struct command_option key_options[] = {
    {"scopes", "SCOPES", "What it may do: all, or words such as events:write,members:read"},
    {"name", "NAME", "Who or what uses it"},
    {"expires", "TIME", "When it ends, such as 2027-12-31T00:00:00Z; never when absent"},
    {NULL, NULL, NULL},
};

static const struct command_option import_options[] = {
    {"mapping", "FILE", "Which column means what, in JSON (docs/import.md)"},
    {"dry-run", NULL, "Check everything, write nothing, say what would happen"},
    {"errors", "FILE", "Write rows that are refused or parked to a CSV file"},
    {"json", NULL, "Print the summary as JSON"},
    {NULL, NULL, NULL},
};

static const struct command_option audit_options[] = {
    {"json", NULL, "Print JSON"},
    {"language", "LANGUAGE", "Language of the report: en or fr"},
    {NULL, NULL, NULL},
};

static const struct command_option eval_options[] = {
    {"vars", "FILE", "Values in JSON, a member for each variable"},
    {"schema", "FILE", "Declarations in JSON instead of what rules see (docs/cel.md)"},
    {"trace", NULL, "Also print every part and its value"},
    {"json", NULL, "Print JSON"},
    {NULL, NULL, NULL},
};

static const struct command_option demo_options[] = {
    {"seed", "N", "Another seed makes another history; 1 when absent"},
    {NULL, NULL, NULL},
};

static const struct command_option migrate_options[] = {
    {"status", NULL, "Only say whether there is something to do"},
    {NULL, NULL, NULL},
};

static const struct command_option migrate_db_options[] = {
    {"to", "PLACE", "postgres://... or a data folder, without anything in it yet"},
    {"verify", NULL, "Copy nothing: compare what is in both"},
    {"json", NULL, "Print JSON"},
    {NULL, NULL, NULL},
};

const struct command commands[] = {
    {"serve", "", 0, 0, "Run the server",
     "Answers the HTTP API on --listen until it is told to stop (SIGTERM, SIGINT); what runs is\n"
     "finished first.",
     NULL, command_serve},
    {"init", "", 0, 0, "Make a data folder",
     "Makes the folder, the database and the tenant; with --demo also a programme to try.",
     init_options, command_init},
    {"plan", "FILE", 1, 1, "Say what a programme document would change",
     "Checks the document and compares it with the programme that counts now.  FILE may be -.",
     json_option, command_plan},
    {"apply", "FILE", 1, 1, "Make a programme document the one that counts",
     "Stores a new version, valid from now on; earlier versions stay.  FILE may be -.",
     apply_options, command_apply},
    {"schema", "", 0, 0, "Print the JSON Schema of the programme document", NULL, NULL,
     command_schema},
    {"key create", "", 0, 0, "Make an API key",
     "Prints the key alone on standard output.  It is shown once: only its hash is kept.",
     key_options, command_key_create},
    {"key list", "", 0, 0, "List API keys", NULL, json_option, command_key_list},
    {"key revoke", "ID", 1, 1, "Revoke an API key", NULL, NULL, command_key_revoke},
    {"import orders", "CSV", 1, 1, "Import a history of orders and returns",
     "Rows of one order become one event, returns are matched to earlier purchases.  May be cut "
     "off\n"
     "and run again at any time: every order counts once.  CSV may be -, for standard input.",
     import_options, command_import_orders},
    {"import members", "CSV", 1, 1, "Import members and what they bring along",
     "Who is known is brought up to date, who is not is enrolled; an opening balance is booked "
     "once.\n"
     "Without --mapping the columns are external_id, email, phone, card, name, enrolled_at, "
     "balance.",
     import_options, command_import_members},
    {"audit", "", 0, 0, "Check that everything stored keeps the laws",
     "Derives every balance again from the ledger, by other code than the one that wrote it.  "
     "Changes\n"
     "nothing and may run beside a server.  All businesses, or the one of --tenant.  Exit status "
     "1:\n"
     "something was found.",
     audit_options, command_audit},
    {"eval", "EXPRESSION", 1, 1, "Try an expression of the rule language",
     "It sees what a rule sees: event, order, item, member, program, now.", eval_options,
     command_eval},
    {"demo", "", 0, 0, "Fill a business with 90 days of history",
     "Members, orders, returns and rewards of an invented shop; members carry \"demo\": true in "
     "their\n"
     "metadata.  Changes nothing where demo members are already.",
     demo_options, command_demo},
    {"migrate", "", 0, 0, "Bring the data folder up to this version",
     "Every command that writes does this by itself.  There is no way back: copy the folder "
     "before.",
     migrate_options, command_migrate},
    {"migrate-db", "", 0, 0, "Move everything to another database",
     "From SQLite to PostgreSQL, back, or from one PostgreSQL to another: from --data or "
     "--database\n"
     "to --to.  All or nothing: every row is compared before the target keeps any.  The source is "
     "not\n"
     "changed; servers on it must be stopped.",
     migrate_db_options, command_migrate_db},
    {"config", "", 0, 0, "Print every setting and where it comes from", NULL, NULL, command_config},
    {"completion", "SHELL", 1, 1, "Print the completion script for bash or zsh", NULL, NULL,
     command_completion},
    {"version", "", 0, 0, "Print the version", NULL, json_option, command_version},
};
const size_t n_commands = sizeof commands / sizeof commands[0];
