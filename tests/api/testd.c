// SPDX-License-Identifier: Apache-2.0
// testd.c - the HTTP server of src/api with handlers that exist to test it.
//
//   testd [--access-log] [--rate-percent N] [--queue-max N] [--grace-s N] [--head-s N]
//         [--connections N] [--proxy ADDRESS]
//
// Prints "key <scope> <key>" for a key of each scope, of "all", of "none" and of "other" (another
// tenant, all scopes), then "listening on http://127.0.0.1:<port>".  SIGTERM stops it gracefully.
#include "api/server.h"
#include "base/scope.h"
#include "standin.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct server *server;

static void on_signal(int number)
{
    server_stop(server);
}

static void add_key(const char *word, int64_t tenant_id, uint64_t scopes)
{
    static int64_t key_id;
    char key[API_KEY_LENGTH + 1];
    api_key_generate(env_system(), tenant_id, key);
    standin_add_key(key, tenant_id, ++key_id, scopes);
    printf("key %s %s\n", word, key);
}

static void add_keys(void)
{
    for (unsigned i = 0; i < N_SCOPES; i++)
        add_key(scope_text(i).p, 1, UINT64_C(1) << i);
    add_key("all", 1, SCOPES_ALL);
    add_key("none", 1, 0);
    add_key("other", 2, SCOPES_ALL);
}

static void read_options(int argc, char **argv, struct server_config *config)
{
    static struct str proxy;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--access-log") == 0) {
            config->router.access_log = true;
            continue;
        }
        CHECK(i + 1 < argc);
        const char *value = argv[++i];
        int n = (int)strtol(value, NULL, 10);
        if (strcmp(argv[i - 1], "--rate-percent") == 0)
            config->router.rate_percent = n;
        else if (strcmp(argv[i - 1], "--queue-max") == 0)
            config->router.queue_max = n;
        else if (strcmp(argv[i - 1], "--grace-s") == 0)
            config->grace_s = n;
        else if (strcmp(argv[i - 1], "--head-s") == 0)
            config->deadlines.head_s = n;
        else if (strcmp(argv[i - 1], "--connections") == 0)
            config->connections_max = (unsigned)n;
        else if (strcmp(argv[i - 1], "--listen") == 0)
            config->listen = str_of(value);
        else if (strcmp(argv[i - 1], "--proxy") == 0)
            proxy = str_of(value);
    }
    config->proxies = &proxy;
    config->n_proxies = proxy.p != NULL;
}

int main(int argc, char **argv)
{
    static const struct services services_without_keys = {.version = "test", .cursor_key = {7}};
    struct services services = services_without_keys;
    struct server_config config;
    server_config_default(&config);
    config.listen = STR("127.0.0.1:0");
    read_options(argc, argv, &config);
    services.env = env_system();
    services.keys = standin_keys();
    standin_start();
    add_keys();
    enum err e = server_start(&config, &services, &server);
    if (e) {
        fprintf(stderr, "%s\n", err_info(e)->title);
        return 1;
    }
    printf("listening on http://127.0.0.1:%u\n", server_port(server));
    fflush(stdout);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    server_run(server);
    signal(SIGTERM, SIG_IGN); // the handler must not meet a server that is gone
    signal(SIGINT, SIG_IGN);
    standin_stop();
    server_free(server);
    return 0;
}
