// SPDX-License-Identifier: Apache-2.0
// program.c - plan, apply and schema: the programme document on the command line.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/commands.h"
#include "flow/json.h"

#include <unistd.h>

#define DOCUMENT_BYTES_MAX ((size_t)1 << 20)

struct job {
    struct cli *cli;
    struct shop shop;
    const char *path;
    struct str document;
    struct plan_view plan;
    struct apply_in apply;
    struct program_problems problems;
    struct version_view version;
};

static bool open_job(struct job *job, struct cli *cli, bool look)
{
    *job = (struct job){.cli = cli, .path = cli->args[0]};
    enum err e = cli_read_file(&cli->arena, job->path, DOCUMENT_BYTES_MAX, &job->document);
    if (e) {
        cli_fail_err(e, "%s", job->path);
        return false;
    }
    return shop_open(&job->shop, cli, look);
}

// ---- plan

static enum err run_plan(void *ctx, struct tx *tx)
{
    struct job *job = ctx;
    return flow_plan(tx, &job->cli->arena, job->shop.tenant_id, job->document, &job->plan);
}

static void print_plan(const struct plan_view *plan)
{
    if (plan->n_changes == 0)
        puts("No changes: this is the programme that counts now.");
    for (size_t i = 0; i < plan->n_changes; i++) {
        const struct program_change *change = &plan->changes[i];
        char mark = change->kind.p[0] == 'a' ? '+' : change->kind.p[0] == 'r' ? '-' : '~';
        printf("%c %-32.*s %.*s\n", mark, STR_FMT(change->pointer), STR_FMT(change->sentence.en));
    }
}

static void print_plan_json(struct arena *arena, const struct plan_view *plan)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_i64(&out, "current_version", plan->current_version);
    json_put_array(&out, "changes");
    for (size_t i = 0; i < plan->n_changes; i++) {
        json_object(&out);
        json_put_str(&out, "pointer", plan->changes[i].pointer);
        json_put_str(&out, "kind", plan->changes[i].kind);
        json_put_bilingual(&out, "sentence", plan->changes[i].sentence);
        json_end(&out);
    }
    json_end(&out);
    json_put_array(&out, "problems");
    for (size_t i = 0; i < plan->problems.n; i++) {
        const struct program_problem *problem = &plan->problems.list[i];
        json_object(&out);
        json_put_str(&out, "pointer", problem->pointer);
        json_put_str(&out, "code", problem->code);
        json_put_str(&out, "detail", problem->detail);
        json_put_bool(&out, "warning", problem->warning);
        json_end(&out);
    }
    json_end(&out);
    json_end(&out);
    printf("%.*s\n", STR_FMT(buf_text(&text)));
}

int command_plan(struct cli *cli)
{
    struct job job;
    if (!open_job(&job, cli, true))
        return EXIT_FAILED;
    enum err e = shop_read(&job.shop, run_plan, &job);
    bool known = !e || e == ERR_PROGRAM_INVALID;
    if (!known)
        cli_fail_err(e, "%s", job.path);
    else if (cli_has(cli, "json"))
        print_plan_json(&cli->arena, &job.plan);
    else if (print_problems(stderr, job.path, &job.plan.problems) == 0)
        print_plan(&job.plan);
    shop_close(&job.shop);
    return e ? EXIT_FAILED : EXIT_DONE;
}

// ---- apply

static enum err run_apply(void *ctx, struct tx *tx)
{
    struct job *job = ctx;
    return flow_apply(tx, &job->cli->arena, (struct caller){.tenant_id = job->shop.tenant_id},
                      &job->apply, &job->problems, &job->version);
}

static struct str author_of(struct cli *cli)
{
    if (cli_has(cli, "author"))
        return cli_value(cli, "author");
    char name[64];
    if (getlogin_r(name, sizeof name) == 0)
        return str_dup(&cli->arena, str_of(name));
    return STR("command line");
}

int command_apply(struct cli *cli)
{
    struct job job;
    if (!open_job(&job, cli, false))
        return EXIT_FAILED;
    struct str note = cli_value(cli, "note");
    job.apply = (struct apply_in){.document = job.document,
                                  .author = author_of(cli),
                                  .note = note.p ? note : STR("")};
    enum err e = shop_write(&job.shop, run_apply, &job);
    print_problems(stderr, job.path, &job.problems);
    if (e)
        cli_fail_err(e, "%s", job.path);
    else
        printf("Version %lld counts from now on.\n", (long long)job.version.version);
    shop_close(&job.shop);
    return e ? EXIT_FAILED : EXIT_DONE;
}

int command_schema(struct cli *cli)
{
    struct str schema = program_schema(&cli->arena);
    printf("%.*s\n", STR_FMT(schema));
    return EXIT_DONE;
}
