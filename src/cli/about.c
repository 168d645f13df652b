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

static void print_words(void)
{
    for (size_t i = 0; i < n_commands; i++)
        printf("%s%s", i ? " " : "", commands[i].name);
}

static void print_options_of(const struct command *command)
{
    for (int i = 0; command->options && command->options[i].name; i++)
        printf(" --%s", command->options[i].name);
    size_t n;
    const struct setting_info *table = setting_table(&n);
    for (size_t i = 0; i < n; i++)
        printf(" --%s", table[i].name);
}

static void print_bash(void)
{
    printf("_habitue() {\n    local cur=${COMP_WORDS[COMP_CWORD]} words\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='");
    print_words();
    printf("'\n    else\n        case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n");
    // Two words come before one: 'key create' is more than 'key'.
    for (int two = 1; two >= 0; two--) {
        for (size_t i = 0; i < n_commands; i++) {
            if ((strchr(commands[i].name, ' ') != NULL) != (two == 1))
                continue;
            printf("        '%s'*) words='", commands[i].name);
            print_options_of(&commands[i]);
            printf("' ;;\n");
        }
    }
    printf("        esac\n    fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -f -- \"$cur\"))\n}\n"
           "complete -F _habitue habitue\n");
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
