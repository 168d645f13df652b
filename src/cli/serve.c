// SPDX-License-Identifier: Apache-2.0
// serve.c - the server: store, workers, jobs and HTTP put together, and taken apart again.
//
// Layer: cli.  Tests: tests/cli/, tests/api/, tests/kill/
#include "api/foresee.h"
#include "api/server.h"
#include "base/hash.h"
#include "base/log.h"
#include "cli/commands.h"
#include "flow/keys.h"
#include "flow/seal.h"
#include "flow/work.h"
#include "jobs/jobs.h"
#include "store/store.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define PROXIES_MAX 16

static struct server *running; // for the signal handler

static atomic_bool store_died;

// The supervisor starts the process anew, and recovery tells what was saved.
static void on_store_dead(void *ctx)
{
    (void)ctx;
    struct log_line line;
    log_begin(&line, env_system(), LOG_ERROR, "the database failed in a commit; stopping");
    log_end(&line);
    atomic_store(&store_died, true);
    if (running)
        server_stop(running);
}

// The database went away or came back; what its library says holds no secret.
static void on_reach_change(void *ctx, bool there, int64_t away_ms, const char *reason)
{
    (void)ctx;
    struct log_line line;
    if (there) {
        log_begin(&line, env_system(), LOG_INFO, "the database is back");
        log_i64(&line, "away_ms", away_ms);
    } else {
        log_begin(&line, env_system(), LOG_ERROR,
                  "the database was lost; trying to reach it again");
        log_str(&line, "reason", str_of(reason));
    }
    log_end(&line);
}

static enum err is_ready(void *ctx)
{
    const struct store *store = ctx;
    return store_is_away(store) ? ERR_STORE_UNREACHABLE : OK;
}

static void on_signal(int signal)
{
    (void)signal;
    server_stop(running);
}

// ---- the secret that signs cursors, made at the first start

struct secret {
    uint8_t key[32];
    struct arena *arena;
};

static enum err load_secret(void *ctx, struct tx *tx)
{
    struct secret *secret = ctx;
    struct str hex;
    enum err e = store_turn_take(tx->db); // two servers that start for the first time
    if (!e)
        e = store_setting_get(tx->db, 0, STR("cursor_key"), secret->arena, &hex);
    if (!e)
        return hex_read(hex, secret->key, sizeof secret->key) ? OK : ERR_STORE_CORRUPT;
    if (e != ERR_NOT_FOUND)
        return e;
    env_random(tx->flow->env, secret->key, sizeof secret->key);
    struct buf text;
    buf_init(&text, secret->arena);
    buf_hex(&text, secret->key, sizeof secret->key);
    return tx_wrote(tx, store_setting_update(tx->db, 0, STR("cursor_key"), buf_text(&text)));
}

// The key that seals are signed with.  Of several servers on one database those seal that were
// given the key that "init" has made: two keys would contradict each other.
static enum err load_seal_key(const struct cli *cli, struct shop *shop, struct sign_key *key)
{
    bool shared = store_is_shared(shop->store);
    enum err e = shared ? seal_key_find(cli->settings.data, key)
                        : seal_key_load(env_system(), cli->settings.data, key);
    shop->flow.seal_key = e ? NULL : key;
    return shared && e == ERR_NOT_FOUND ? OK : e;
}

// ---- settings to configuration

static size_t split_proxies(struct str list, struct str *ret_proxies)
{
    size_t n = 0;
    while (list.n && n < PROXIES_MAX) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t length = comma ? (size_t)(comma - list.p) : list.n;
        ret_proxies[n++] = str_trim((struct str){list.p, length});
        list = str_skip(list, comma ? length + 1 : length);
    }
    return n;
}

static void configure(const struct settings *settings, struct str *proxies,
                      struct server_config *config)
{
    server_config_default(config);
    config->listen = settings->listen;
    config->connections_max = (unsigned)settings->connections_max;
    config->per_peer_max = (unsigned)settings->connections_per_address;
    config->proxies = proxies;
    config->n_proxies = split_proxies(settings->trusted_proxies, proxies);
    config->router.rate_percent = settings->rate_percent;
    config->router.queue_max = (int)settings->queue_max;
    config->router.access_log = settings->access_log;
}

static void catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    CHECK(sigaction(SIGINT, &stop, NULL) == 0);
    CHECK(sigaction(SIGTERM, &stop, NULL) == 0);
    CHECK(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

// ---- one run

static int run_server(struct cli *cli, struct services *services, struct jobs *jobs)
{
    struct str proxies[PROXIES_MAX];
    struct server_config config;
    configure(&cli->settings, proxies, &config);
    enum err e = server_start(&config, services, &running);
    if (e)
        return cli_fail_err(e, "--listen %.*s", STR_FMT(cli->settings.listen));
    catch_signals();
    printf("Habitue %s listens on http://127.0.0.1:%u (data: %.*s)\n", HABITUE_VERSION,
           (unsigned)server_port(running), STR_FMT(shop_place(cli)));
    fflush(stdout);
    server_run(running);
    jobs_stop(jobs);
    workers_stop(services->workers);
    server_free(running);
    running = NULL;
    return atomic_load(&store_died) ? EXIT_FAILED : EXIT_DONE;
}

static int serve(struct cli *cli, struct shop *shop)
{
    struct secret secret = {.arena = &cli->arena};
    struct sign_key seal_key;
    struct services services = {.env = env_system(),
                                .version = HABITUE_VERSION,
                                .ready = is_ready,
                                .ready_ctx = shop->store};
    struct store_watch watch = {.env = env_system(), .on_change = on_reach_change};
    struct workers_config workers = {.n_readers = (int)cli->settings.readers,
                                     .n_writers = (int)cli->settings.writers,
                                     .batch_max = (int)cli->settings.batch_max,
                                     .on_dead = on_store_dead};
    enum err e = shop_write(shop, load_secret, &secret);
    if (!e)
        e = load_seal_key(cli, shop, &seal_key);
    if (!e)
        e = workers_start(&shop->flow, &workers, &services.workers);
    if (e)
        return cli_fail_store(cli, e);
    store_watch(shop->store, &watch);
    memcpy(services.cursor_key, secret.key, sizeof services.cursor_key);
    services.keys = key_source_of(&shop->flow);
    services.foresee = request_foresee;
    services.affinity = request_affinity;
    struct jobs_config every = {.advance_every_s = cli->settings.advance_every_s,
                                .forget_every_s = cli->settings.forget_every_s,
                                .seal_every_s = cli->settings.seal_every_s,
                                .unpark_every_s = cli->settings.unpark_every_s};
    struct jobs *jobs = NULL;
    if (!cli->settings.no_jobs)
        e = jobs_start(services.workers, services.env, &every, &jobs);
    if (e) {
        workers_stop(services.workers);
        return cli_fail_err(e, "the jobs");
    }
    return run_server(cli, &services, jobs);
}

int command_serve(struct cli *cli)
{
    struct shop shop;
    cli->serving = true;
    if (!shop_open(&shop, cli, false))
        return EXIT_FAILED;
    int code = serve(cli, &shop);
    shop_close(&shop);
    return code;
}
