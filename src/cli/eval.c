// SPDX-License-Identifier: Apache-2.0
// eval.c - habitue eval: tries an expression of the rule language.
//
// It sees what a rule sees (event, order, item, member, program, now), or what --schema declares.
// Without --vars it is only checked, unless it asks for nothing.
//
// Layer: cli.  Tests: tests/cli/
#include "cel/cel.h"
#include "cli/commands.h"
#include "cli/embedded.h"
#include "program/program.h"

#include <string.h>

#define INPUT_BYTES_MAX ((size_t)4 << 20)

struct trial {
    struct cli *cli;
    struct str text;
    const struct cel_env *env;
    struct program *program; // that the environment belongs to; NULL: of --schema
    struct cel_prog *prog;
    struct cel_diags diags;
    struct cel_value *vars;
    bool has_value, failed;
    struct cel_value value;
    uint64_t cost;
    const struct cel_traced *parts;
    size_t n_parts;
};

// ---- what it sees

static bool read_option(struct cli *cli, const char *option, struct str *ret_text)
{
    struct str path = cli_value(cli, option);
    *ret_text = STR_NONE;
    if (!path.p)
        return true;
    enum err e = cli_read_file(&cli->arena, str_c(&cli->arena, path), INPUT_BYTES_MAX, ret_text);
    if (e)
        cli_fail_err(e, "%.*s", STR_FMT(path));
    return e == OK;
}

static bool declare(struct trial *trial, struct str schema)
{
    struct cel_env *env = cel_env_new(&trial->cli->arena);
    trial->env = env;
    if (cel_env_from_json(env, schema) == OK)
        return true;
    cli_fail("--schema: %s", cel_env_problem(env));
    return false;
}

// Every programme has the same environment: the first template's is as good as any.
static bool take_programme(struct trial *trial)
{
    struct program_problems problems;
    enum err e = program_compile(&trial->cli->arena, str_of(embedded_templates[0].text), &problems,
                                 &trial->program);
    if (e) {
        cli_fail_err(e, "template %s", embedded_templates[0].name);
        return false;
    }
    trial->env = trial->program->cel;
    return true;
}

// ---- the trial

static void count_path(void *ctx, struct str path)
{
    (void)path;
    ++*(size_t *)ctx;
}

static bool bind(struct trial *trial, struct str vars)
{
    size_t n = cel_env_n_vars(trial->env);
    trial->vars = arena_try_array(&trial->cli->arena, n + 1, sizeof *trial->vars);
    if (!trial->vars)
        return false;
    if (!vars.p ||
        cel_bind_json(trial->env, &trial->cli->arena, vars, trial->vars, &trial->diags) == OK)
        return true;
    trial->failed = true;
    if (trial->diags.n_errors == 0)
        cli_fail("--vars: this is no JSON object with a member for each variable");
    return false;
}

static void evaluate(struct trial *trial)
{
    struct arena *arena = &trial->cli->arena;
    trial->has_value = true;
    trial->value = cel_eval(trial->prog, trial->vars, arena, NULL, &trial->cost);
    if (cli_has(trial->cli, "trace"))
        (void)cel_trace(trial->prog, trial->vars, arena, NULL, &trial->parts, &trial->n_parts);
}

static void try_it(struct trial *trial, struct str vars)
{
    size_t n_paths = 0;
    trial->prog = cel_compile(trial->env, &trial->cli->arena, trial->text, NULL, &trial->diags);
    if (!trial->prog || !bind(trial, vars))
        return;
    cel_refs(trial->prog, count_path, &n_paths);
    if (vars.p || n_paths == 0)
        evaluate(trial);
}

// ---- what comes of it

static struct str value_text(struct trial *trial, struct cel_value value)
{
    struct buf text;
    buf_init(&text, &trial->cli->arena);
    cel_value_print(value, &text);
    return buf_text(&text);
}

static void print_diags(struct trial *trial)
{
    struct buf text;
    buf_init(&text, &trial->cli->arena);
    for (uint32_t i = 0; i < trial->diags.n; i++)
        cel_diag_print(&trial->diags.list[i], trial->text, &text);
    fprintf(stderr, "%.*s", STR_FMT(buf_text(&text)));
}

static void print_trial(struct trial *trial)
{
    struct buf text;
    print_diags(trial);
    if (!trial->prog)
        return;
    buf_init(&text, &trial->cli->arena);
    cel_print(trial->prog, &text);
    printf("text   %.*s\ntype   %s\ncost   at most %llu\n", STR_FMT(buf_text(&text)),
           cel_result_type(trial->prog), (unsigned long long)cel_cost_max(trial->prog));
    if (trial->failed)
        return;
    if (!trial->has_value)
        puts("value  needs data: --vars FILE");
    else
        printf("value  %.*s\n", STR_FMT(value_text(trial, trial->value)));
    for (size_t i = 0; i < trial->n_parts; i++) {
        const struct cel_traced *part = &trial->parts[i];
        struct str source = {trial->text.p + part->start, part->end - part->start};
        printf("  %-48.*s %.*s\n", STR_FMT(source), STR_FMT(value_text(trial, part->value)));
    }
}

static void print_trial_json(struct trial *trial)
{
    struct buf text, raw;
    struct json_out out;
    buf_init(&text, &trial->cli->arena);
    json_init(&out, &text);
    json_object(&out);
    buf_init(&raw, &trial->cli->arena);
    cel_diags_json(&trial->diags, &raw);
    json_key(&out, "diagnostics");
    json_raw(&out, buf_text(&raw));
    if (trial->prog) {
        json_put_c(&out, "type", cel_result_type(trial->prog));
        json_put_i64(&out, "cost_max", (int64_t)cel_cost_max(trial->prog));
    }
    if (trial->has_value && trial->value.tag != CEL_ERROR) {
        buf_init(&raw, &trial->cli->arena);
        cel_value_json(trial->value, &raw);
        json_key(&out, "value");
        json_raw(&out, buf_text(&raw));
        json_put_i64(&out, "cost", (int64_t)trial->cost);
    } else if (trial->has_value) {
        json_put_str(&out, "error", value_text(trial, trial->value));
    }
    json_end(&out);
    printf("%.*s\n", STR_FMT(buf_text(&text)));
}

int command_eval(struct cli *cli)
{
    struct trial trial = {.cli = cli, .text = str_of(cli->args[0])};
    struct str schema, vars;
    if (!read_option(cli, "schema", &schema) || !read_option(cli, "vars", &vars))
        return EXIT_FAILED;
    if (!(schema.p ? declare(&trial, schema) : take_programme(&trial)))
        return EXIT_FAILED;
    cel_diags_init(&trial.diags, &cli->arena);
    try_it(&trial, vars);
    if (cli_has(cli, "json"))
        print_trial_json(&trial);
    else
        print_trial(&trial);
    bool good = trial.diags.n_errors == 0 && trial.prog && !trial.failed &&
                !(trial.has_value && trial.value.tag == CEL_ERROR);
    program_unref(trial.program);
    return good ? EXIT_DONE : EXIT_FAILED;
}
