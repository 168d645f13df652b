// SPDX-License-Identifier: Apache-2.0
// server.c - see server.h.
#include "server.h"

#include "insight/audit.h"
#include "store/store.h"

void server_open(struct test_shop *shop, struct server *server)
{
    struct store_config config = {.data_dir = str_of(shop->folder), .database = shop->fresh.url};
    struct workers_config workers = {.n_readers = 1, .batch_max = 50};
    assert_int_equal(store_open(&config, &server->store), OK);
    server->env = shop->env;
    server->env.random = env_system()->random;
    assert_int_equal(flow_open(&server->flow, server->store, &server->env), OK);
    id_source_init(&server->ids, &server->env);
    assert_int_equal(workers_start(&server->flow, &workers, &server->workers), OK);
}

void server_close(struct server *server)
{
    workers_stop(server->workers);
    flow_close(&server->flow);
    store_close(server->store);
}

static enum err run_round(struct work *work, struct tx *tx)
{
    struct round *round = (struct round *)(void *)work;
    return round->run(tx, round->tenant_id, &round->did);
}

static void round_done(struct work *work, enum err outcome)
{
    struct round *round = (struct round *)(void *)work;
    pthread_mutex_lock(&round->mutex);
    round->outcome = outcome;
    round->done = true;
    pthread_cond_signal(&round->changed);
    pthread_mutex_unlock(&round->mutex);
}

void server_audit(struct test_shop *shop, const uint8_t *public_key)
{
    struct audit_options options = {.public_key = public_key};
    struct audit_report report;
    struct db *db;
    assert_int_equal(store_reader_open(shop->store, &db), OK);
    assert_int_equal(audit_run(db, &shop->arena, &options, &report), OK);
    if (report.n_findings)
        print_error("%.*s", STR_FMT(audit_text(&shop->arena, &report, STR("en"))));
    assert_int_equal(report.n_findings, 0);
    db_close(db);
}

void round_start(struct round *round, struct server *server, job_run *run, int64_t tenant_id)
{
    *round = (struct round){.work = {.run = run_round, .done = round_done},
                            .run = run,
                            .tenant_id = tenant_id};
    pthread_mutex_init(&round->mutex, NULL);
    pthread_cond_init(&round->changed, NULL);
    workers_write(server->workers, &round->work);
}

struct job_round round_end(struct round *round)
{
    pthread_mutex_lock(&round->mutex);
    while (!round->done)
        pthread_cond_wait(&round->changed, &round->mutex);
    pthread_mutex_unlock(&round->mutex);
    assert_int_equal(round->outcome, OK);
    pthread_mutex_destroy(&round->mutex);
    pthread_cond_destroy(&round->changed);
    return round->did;
}
