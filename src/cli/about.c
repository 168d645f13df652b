// SPDX-License-Identifier: Apache-2.0
// about.c - what the binary tells of itself: version, settings, completion.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/commands.h"

#include <string.h>

int command_version(struct cli *cli)
{
    if (!cli_has(cli, "json")) {
        printf("habitue %s\n", HABITUE_VERSION);
        return EXIT_DONE;
    }
    struct buf text;
    struct json_out out;
    buf_init(&text, &cli->arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_c(&out, "name", "habitue");
    json_put_c(&out, "version", HABITUE_VERSION);
    json_put_c(&out, "compiler", __VERSION__);
    json_end(&out);
    printf("%.*s\n", STR_FMT(buf_text(&text)));
    return EXIT_DONE;
}

int command_config(struct cli *cli)
{
    static const char *const origins[] = {"default", "file", "environment", "flag"};
    size_t n;
    const struct setting_info *table = setting_table(&n);
    for (size_t i = 0; i < n; i++) {
        struct str value = setting_text(&cli->settings, &cli->arena, i);
        value = without_password(&cli->arena, value);
        printf("%-26s = %-24.*s # %s\n", table[i].name, STR_FMT(value),
               origins[cli->origins.by_setting[i]]);
    }
    return EXIT_DONE;
}

// ---- completion

// Length of the first word of a command's name.
static int first_word(const struct command *command)
{
    return (int)strcspn(command->name, " ");
}

static bool is_first_of_word(size_t i)
{
    int n = first_word(&commands[i]);
    for (size_t k = 0; k < i; k++)
        if (first_word(&commands[k]) == n &&
            strncmp(commands[k].name, commands[i].name, (size_t)n) == 0)
            return false;
    return true;
}

static void print_words(void)
{
    for (size_t i = 0; i < n_commands; i++)
        if (is_first_of_word(i))
            printf("%.*s ", first_word(&commands[i]), commands[i].name);
    printf("help");
}

// The second words of 'key', 'import' ...
static void print_second_words(void)
{
    for (size_t i = 0; i < n_commands; i++) {
        if (!strchr(commands[i].name, ' ') || !is_first_of_word(i))
            continue;
        int n = first_word(&commands[i]);
        printf("        '%.*s') words='", n, commands[i].name);
        const char *between = "";
        for (size_t k = i; k < n_commands; k++) {
            if (first_word(&commands[k]) != n ||
                strncmp(commands[k].name, commands[i].name, (size_t)n) != 0)
                continue;
            printf("%s%s", between, commands[k].name + n + 1);
            between = " ";
        }
        puts("' ;;");
    }
}

static void print_options_of(const struct command *command)
{
    printf("--help --config");
    for (int i = 0; command->options && command->options[i].name; i++)
        printf(" --%s", command->options[i].name);
    size_t n;
    const struct setting_info *table = setting_table(&n);
    for (size_t i = 0; i < n; i++)
        printf(" --%s", table[i].name);
}

static void print_bash(void)
{
    puts("_habitue() {\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
         "    if [ \"$COMP_CWORD\" -eq 1 ]; then");
    printf("        words='");
    print_words();
    puts("'\n        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n        return\n    fi\n"
         "    if [ \"$COMP_CWORD\" -eq 2 ]; then\n        case $command in");
    print_second_words();
    puts("        esac\n"
         "        if [ -n \"$words\" ]; then\n"
         "            COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "            return\n"
         "        fi\n"
         "    fi\n"
         "    if [ \"${cur#-}\" = \"$cur\" ]; then\n"
         "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "        return\n"
         "    fi\n"
         "    case \"$command ${COMP_WORDS[2]}\" in");
    // Two words come before one: 'key create' is more than 'key'.
    for (int two = 1; two >= 0; two--) {
        for (size_t i = 0; i < n_commands; i++) {
            if ((strchr(commands[i].name, ' ') != NULL) != (two == 1))
                continue;
            printf("    '%s%s words='", commands[i].name, two ? "')" : " '*)");
            print_options_of(&commands[i]);
            puts("' ;;");
        }
    }
    puts("    esac\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o filenames -F _habitue habitue");
}

int command_completion(struct cli *cli)
{
    if (strcmp(cli->args[0], "bash") == 0) {
        print_bash();
        return EXIT_DONE;
    }
    if (strcmp(cli->args[0], "zsh") == 0) {
        puts("autoload -U +X bashcompinit && bashcompinit");
        print_bash();
        return EXIT_DONE;
    }
    cli_fail("there is a completion for bash and for zsh, not for '%s'", cli->args[0]);
    return EXIT_USAGE;
}
