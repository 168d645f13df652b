// SPDX-License-Identifier: Apache-2.0
// keys.c - API keys on the command line.
//
// Layer: cli.  Tests: tests/cli/
#include "base/civil.h"
#include "base/scope.h"
#include "cli/commands.h"

struct job {
    struct cli *cli;
    struct shop shop;
    struct key_in in;
    struct key_view key;
    struct str secret;
    int64_t key_id;
    struct key_view *keys;
    size_t n_keys;
};

static struct caller caller_of(const struct job *job)
{
    return (struct caller){.tenant_id = job->shop.tenant_id};
}

// ---- create

static enum err run_create(void *ctx, struct tx *tx)
{
    struct job *job = ctx;
    return flow_key_create(tx, &job->cli->arena, caller_of(job), &job->in, &job->key, &job->secret);
}

static bool read_options(struct cli *cli, struct key_in *in)
{
    struct str scopes = cli_value(cli, "scopes"), name = cli_value(cli, "name"), unknown;
    if (!scopes.p) {
        cli_fail("say what the key may do: --scopes all, or words such as events:write");
        return false;
    }
    if (scopes_parse(scopes, &in->scopes, &unknown)) {
        cli_fail("there is no scope '%.*s'; there are:", STR_FMT(unknown));
        for (enum scope_index i = 0; i < N_SCOPES; i++)
            fprintf(stderr, "  %-20.*s %.*s\n", STR_FMT(scope_text(i)), STR_FMT(scope_title(i)));
        return false;
    }
    in->name = name.p ? name : STR("command line");
    struct str expires = cli_value(cli, "expires");
    if (expires.p && !civil_parse_us(expires, &in->expires_us)) {
        cli_fail("--expires is a time such as 2027-12-31T00:00:00Z, not '%.*s'", STR_FMT(expires));
        return false;
    }
    return true;
}

int command_key_create(struct cli *cli)
{
    struct job job = {.cli = cli};
    if (!read_options(cli, &job.in))
        return EXIT_USAGE;
    if (!shop_open(&job.shop, cli, false))
        return EXIT_FAILED;
    enum err e = shop_write(&job.shop, run_create, &job);
    if (e)
        cli_fail_err(e, "the key was not made");
    else
        printf("%.*s\n", STR_FMT(job.secret));
    shop_close(&job.shop);
    return e ? EXIT_FAILED : EXIT_DONE;
}

// ---- list

static enum err run_list(void *ctx, struct tx *tx)
{
    struct job *job = ctx;
    return flow_key_list(tx, &job->cli->arena, job->shop.tenant_id, &job->keys, &job->n_keys);
}

static void print_keys(const struct job *job)
{
    printf("%-6s %-6s %-24s %-8s %s\n", "ID", "ENDS", "NAME", "STATUS", "SCOPES");
    for (size_t i = 0; i < job->n_keys; i++) {
        const struct key_view *key = &job->keys[i];
        printf("%-6lld ..%-4.*s %-24.*s %-8s %.*s\n", (long long)key->key_id, STR_FMT(key->last4),
               STR_FMT(key->name), key->revoked_us ? "revoked" : "active", STR_FMT(key->scopes));
    }
}

static void print_keys_json(struct job *job)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, &job->cli->arena);
    json_init(&out, &text);
    json_array(&out);
    for (size_t i = 0; i < job->n_keys; i++) {
        json_object(&out);
        json_put_i64(&out, "id", job->keys[i].key_id);
        json_put_str(&out, "name", job->keys[i].name);
        json_put_str(&out, "last4", job->keys[i].last4);
        json_put_str(&out, "scopes", job->keys[i].scopes);
        json_put_bool(&out, "revoked", job->keys[i].revoked_us != 0);
        json_end(&out);
    }
    json_end(&out);
    printf("%.*s\n", STR_FMT(buf_text(&text)));
}

int command_key_list(struct cli *cli)
{
    struct job job = {.cli = cli};
    if (!shop_open(&job.shop, cli, true))
        return EXIT_FAILED;
    enum err e = shop_read(&job.shop, run_list, &job);
    if (e)
        cli_fail_err(e, "the keys");
    else if (cli_has(cli, "json"))
        print_keys_json(&job);
    else
        print_keys(&job);
    shop_close(&job.shop);
    return e ? EXIT_FAILED : EXIT_DONE;
}

// ---- revoke

static enum err run_revoke(void *ctx, struct tx *tx)
{
    struct job *job = ctx;
    return flow_key_revoke(tx, caller_of(job), job->key_id);
}

int command_key_revoke(struct cli *cli)
{
    struct job job = {.cli = cli};
    if (!str_to_i64(str_of(cli->args[0]), &job.key_id)) {
        cli_fail("'%s' is no id of a key; see 'habitue key list'", cli->args[0]);
        return EXIT_USAGE;
    }
    if (!shop_open(&job.shop, cli, false))
        return EXIT_FAILED;
    enum err e = shop_write(&job.shop, run_revoke, &job);
    if (e)
        cli_fail_err(e, "key %s", cli->args[0]);
    else
        printf("Key %s is revoked.\n", cli->args[0]);
    shop_close(&job.shop);
    return e ? EXIT_FAILED : EXIT_DONE;
}
