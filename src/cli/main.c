// SPDX-License-Identifier: Apache-2.0
// main.c - reading the command line, and help.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/command.h"
#include "cli/commands.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLI_ARENA_BYTES ((size_t)4 << 30)
#define LONG_OPTIONS_MAX 64
// data, database and tenant, the first of catalog/settings.def: every command looks at them.
#define N_COMMON_SETTINGS 3

// getopt_long answers with these: settings first, then the command's own options.
enum { OPTION_HELP = 1, OPTION_CONFIG, OPTION_SETTING = 256, OPTION_OWN = 512 };

struct str cli_value(const struct cli *cli, const char *option)
{
    for (int i = 0; cli->command->options && cli->command->options[i].name; i++)
        if (strcmp(cli->command->options[i].name, option) == 0)
            return cli->values[i];
    return STR_NONE;
}

bool cli_has(const struct cli *cli, const char *option)
{
    return cli_value(cli, option).p != NULL;
}

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("habitue: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_FAILED;
}

int cli_fail_err(enum err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("habitue: ", stderr);
    vfprintf(stderr, format, args);
    fprintf(stderr, ": %s\n", err_info(e)->title);
    va_end(args);
    if (e == ERR_STORE_LOCKED)
        fputs("  A server is probably running on it: use its HTTP API, or stop it first.\n",
              stderr);
    return EXIT_FAILED;
}

// ---- help

static void print_option(const char *name, const char *placeholder, const char *help)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, placeholder ? " " : "",
             placeholder ? placeholder : "");
    printf("  %-30s %s\n", left, help);
}

// Only the server has a use for all of them; the others are told where they are.
static void print_settings(const struct command *command)
{
    bool all = strcmp(command->name, "serve") == 0 || strcmp(command->name, "config") == 0;
    size_t n;
    const struct setting_info *table = setting_table(&n);
    puts("\nSettings (flag, HABITUE_* variable, or line of the configuration file):");
    print_option("config", "FILE", "The configuration file; DIR/habitue.ini when it is there");
    for (size_t i = 0; i < n; i++) {
        char help[160];
        bool has_default = table[i].placeholder && table[i].fallback[0];
        snprintf(help, sizeof help, "%s%s%s%s", table[i].help, has_default ? " (" : "",
                 has_default ? table[i].fallback : "", has_default ? ")" : "");
        if (all || i < N_COMMON_SETTINGS)
            print_option(table[i].name, table[i].placeholder, help);
    }
    if (!all)
        puts("'habitue serve --help' tells of the settings of the server.");
}

static void print_command_help(const struct command *command)
{
    printf("Usage: habitue %s [options]%s%s\n\n%s.\n", command->name, command->args[0] ? " " : "",
           command->args, command->summary);
    if (command->details)
        printf("\n%s\n", command->details);
    if (command->options)
        puts("\nOptions:");
    for (int i = 0; command->options && command->options[i].name; i++)
        print_option(command->options[i].name, command->options[i].placeholder,
                     command->options[i].help);
    print_settings(command);
}

static void print_help(FILE *out)
{
    fputs("Habitue turns passers-by into regulars: points, rules and rewards for any shop.\n\n"
          "Usage: habitue COMMAND [options]\n\n",
          out);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "  %-16s %s\n", commands[i].name, commands[i].summary);
    fputs("\n'habitue COMMAND --help' tells more. First steps:\n\n"
          "  habitue init --data shop --demo\n"
          "  habitue key create --data shop --scopes all\n"
          "  habitue serve --data shop\n",
          out);
}

// ---- the command line

static const struct command *find_command(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < n_commands; i++) {
        const char *space = strchr(commands[i].name, ' ');
        if (!space && strcmp(argv[1], commands[i].name) == 0) {
            *ret_words = 1;
            return &commands[i];
        }
        size_t first = space ? (size_t)(space - commands[i].name) : 0;
        if (space && argc > 2 && strlen(argv[1]) == first &&
            strncmp(argv[1], commands[i].name, first) == 0 && strcmp(argv[2], space + 1) == 0) {
            *ret_words = 2;
            return &commands[i];
        }
    }
    return NULL;
}

static bool begins_with(const struct command *command, const char *word)
{
    size_t n = strlen(word);
    return strncmp(command->name, word, n) == 0 && command->name[n] == ' ';
}

static bool is_first_word(const char *word)
{
    for (size_t i = 0; i < n_commands; i++)
        if (begins_with(&commands[i], word))
            return true;
    return false;
}

// 'habitue key': the commands that begin so.
static void print_commands_of(FILE *out, const char *word)
{
    for (size_t i = 0; i < n_commands; i++) {
        char line[96];
        if (!begins_with(&commands[i], word))
            continue;
        snprintf(line, sizeof line, "habitue %s %s", commands[i].name, commands[i].args);
        fprintf(out, "  %-28s %s\n", line, commands[i].summary);
    }
}

static int refuse_command(int argc, char **argv)
{
    if (is_first_word(argv[1])) {
        fprintf(stderr, "habitue: %s%s%s is no command; there are:\n", argv[1],
                argc > 2 && argv[2][0] != '-' ? " " : "",
                argc > 2 && argv[2][0] != '-' ? argv[2] : "");
        print_commands_of(stderr, argv[1]);
        return EXIT_USAGE;
    }
    struct str names[64];
    size_t n = n_commands < 64 ? n_commands : 64;
    for (size_t i = 0; i < n; i++)
        names[i] = str_of(commands[i].name);
    char given[128];
    snprintf(given, sizeof given, "%s%s%s", argv[1], argc > 2 && argv[2][0] != '-' ? " " : "",
             argc > 2 && argv[2][0] != '-' ? argv[2] : "");
    struct str nearest = str_nearest(str_of(given), names, n);
    if (!nearest.p)
        nearest = str_nearest(str_of(argv[1]), names, n);
    fprintf(stderr, "habitue: there is no command '%s'", argv[1]);
    if (nearest.p)
        fprintf(stderr, "; did you mean '%.*s'?", STR_FMT(nearest));
    fputs("\n  'habitue --help' lists all commands.\n", stderr);
    return EXIT_USAGE;
}

// "--lisen" and what it may have been meant to be.
static void refuse_option(const struct command *command, const struct option *options,
                          const char *given)
{
    struct str names[LONG_OPTIONS_MAX];
    size_t n = 0;
    for (; options[n].name; n++)
        names[n] = str_of(options[n].name);
    struct str word = str_skip(str_of(given), str_starts(str_of(given), STR("--")) ? 2 : 0);
    const char *equals = word.n ? memchr(word.p, '=', word.n) : NULL;
    if (equals)
        word.n = (size_t)(equals - word.p);
    struct str nearest = str_nearest(word, names, n);
    if (nearest.p)
        cli_fail("'habitue %s' has no option %s; did you mean --%.*s?", command->name, given,
                 STR_FMT(nearest));
    else
        cli_fail("'habitue %s' has no option %s (see --help)", command->name, given);
}

static void list_options(const struct command *command, struct option *options)
{
    size_t n_settings, at = 0;
    const struct setting_info *table = setting_table(&n_settings);
    options[at++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    options[at++] = (struct option){"config", required_argument, NULL, OPTION_CONFIG};
    for (int i = 0; command->options && command->options[i].name; i++)
        options[at++] =
            (struct option){command->options[i].name,
                            command->options[i].placeholder ? required_argument : no_argument, NULL,
                            OPTION_OWN + i};
    for (size_t i = 0; i < n_settings; i++)
        options[at++] =
            (struct option){table[i].name, table[i].placeholder ? required_argument : no_argument,
                            NULL, OPTION_SETTING + (int)i};
    CHECK(at < LONG_OPTIONS_MAX);
    options[at] = (struct option){0};
}

struct flags {
    struct str config;
    struct str settings[LONG_OPTIONS_MAX]; // by index; p NULL: not given
    bool help;
};

static bool read_flags(struct cli *cli, int argc, char **argv, struct flags *flags)
{
    struct option options[LONG_OPTIONS_MAX];
    list_options(cli->command, options);
    opterr = 0;
    int c;
    while ((c = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        struct str value = optarg ? str_of(optarg) : STR("true");
        if (c == ':') {
            cli_fail("%s needs a value", argv[optind - 1]);
            return false;
        }
        if (c == '?') {
            refuse_option(cli->command, options, argv[optind - 1]);
            return false;
        }
        if (c == OPTION_HELP || c == 'h')
            flags->help = true;
        else if (c == OPTION_CONFIG)
            flags->config = value;
        else if (c >= OPTION_OWN)
            cli->values[c - OPTION_OWN] = value;
        else
            flags->settings[c - OPTION_SETTING] = value;
    }
    cli->args = (const char *const *)argv + optind;
    cli->n_args = argc - optind;
    return true;
}

// The file: --config, else HABITUE_CONFIG, else habitue.ini in the data folder when it is there.
static struct str config_path(struct cli *cli, const struct flags *flags)
{
    if (flags->config.p)
        return flags->config;
    const char *variable = getenv("HABITUE_CONFIG");
    if (variable)
        return str_of(variable);
    int data = setting_index(STR("data"));
    struct str folder = flags->settings[data].p ? flags->settings[data] : cli->settings.data;
    struct str path = str_printf(&cli->arena, "%.*s/habitue.ini", STR_FMT(folder));
    return access(path.p, F_OK) == 0 ? path : STR_NONE;
}

static bool read_settings(struct cli *cli, const struct flags *flags)
{
    struct str problem = STR_NONE;
    settings_init(&cli->settings, &cli->arena, &cli->origins);
    enum err e = settings_read_environment(&cli->settings, &cli->origins, &cli->arena, &problem);
    struct str path = e ? STR_NONE : config_path(cli, flags);
    if (!e && path.p) {
        // The environment is read again on top: it wins over the file.
        e = settings_read_file(&cli->settings, &cli->origins, &cli->arena, path, &problem);
        if (!e)
            e = settings_read_environment(&cli->settings, &cli->origins, &cli->arena, &problem);
    }
    for (size_t i = 0; !e && i < LONG_OPTIONS_MAX; i++)
        if (flags->settings[i].p)
            e = settings_set(&cli->settings, &cli->origins, &cli->arena, i, flags->settings[i],
                             ORIGIN_FLAG, &problem);
    if (e)
        cli_fail("%.*s", STR_FMT(problem));
    return e == OK;
}

static int run_command(struct cli *cli, int argc, char **argv)
{
    struct flags flags = {0};
    if (!read_flags(cli, argc, argv, &flags))
        return EXIT_USAGE;
    if (flags.help) {
        print_command_help(cli->command);
        return EXIT_DONE;
    }
    if (cli->n_args < cli->command->n_args_min || cli->n_args > cli->command->n_args_max) {
        fprintf(stderr, "habitue: usage: habitue %s [options] %s\n", cli->command->name,
                cli->command->args);
        return EXIT_USAGE;
    }
    if (!read_settings(cli, &flags))
        return EXIT_USAGE;
    return cli->command->run(cli);
}

// 'habitue help key create' is 'habitue key create --help'.
static bool asks_for_help(int *argc, char **argv)
{
    bool asks = *argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
                              strcmp(argv[1], "help") == 0);
    if (!asks || *argc == 2)
        return asks;
    for (int i = 1; i < *argc - 1; i++)
        argv[i] = argv[i + 1];
    argv[*argc - 1] = (char *)"--help";
    return false;
}

int main(int argc, char **argv)
{
    bool help = asks_for_help(&argc, argv);
    if (argc < 2 || help) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0)
        argv[1] = (char *)"version";
    int words;
    struct cli cli = {.command = find_command(argc, argv, &words)};
    if (!cli.command && argc == 3 && strcmp(argv[2], "--help") == 0 && is_first_word(argv[1])) {
        print_commands_of(stdout, argv[1]);
        return EXIT_DONE;
    }
    if (!cli.command)
        return refuse_command(argc, argv);
    arena_init(&cli.arena, CLI_ARENA_BYTES);
    argv[words] = argv[0];
    int code = run_command(&cli, argc - words, argv + words);
    arena_release(&cli.arena);
    return code;
}
