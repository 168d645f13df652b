// SPDX-License-Identifier: Apache-2.0
// reach.c - see reach.h.
//
// Layer: store.  Tests: tests/store/postgres_test.c, tests/faults/
#include "store/reach.h"

#include "base/metrics.h"

#include <stdio.h>
#include <time.h>

#define ASK_EVERY_MS 1000
#define FIRST_PAUSE_MS 200
#define PAUSE_MS_MAX 2000
// Between two questions, however many threads doubt.
#define PAUSE_MS_MIN 50
// A BEGIN that takes longer than this is not answered.
#define ANSWER_MS_MAX 2000

void reach_init(struct reach *reach)
{
    pthread_condattr_t monotonic;

    *reach = (struct reach){0};
    CHECK(pthread_mutex_init(&reach->mutex, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&reach->changed, &monotonic) == 0);
    CHECK(pthread_condattr_destroy(&monotonic) == 0);
}

void reach_release(struct reach *reach)
{
    CHECK(!atomic_load(&reach->watched));
    CHECK(pthread_cond_destroy(&reach->changed) == 0);
    CHECK(pthread_mutex_destroy(&reach->mutex) == 0);
}

bool reach_is_away(const struct reach *reach)
{
    return atomic_load_explicit(&reach->away, memory_order_relaxed);
}

static bool is_doubted(const struct reach *reach)
{
    return atomic_load(&reach->n_doubts) != atomic_load(&reach->n_settled);
}

bool reach_may_try(const struct reach *reach)
{
    return !reach_is_away(reach) && !is_doubted(reach);
}

void reach_doubt(struct reach *reach)
{
    if (!atomic_load(&reach->watched))
        return;
    CHECK(pthread_mutex_lock(&reach->mutex) == 0);
    atomic_fetch_add(&reach->n_doubts, 1);
    CHECK(pthread_cond_signal(&reach->changed) == 0);
    CHECK(pthread_mutex_unlock(&reach->mutex) == 0);
}

// ---- the watch

// A transaction of its own begins: the server is there, and writes.
static enum err ask(struct reach *reach)
{
    enum err e = reach->db ? OK : db_open(&reach->config.db, &reach->db);

    if (e)
        return e;
    e = db_begin(reach->db);
    if (!e) {
        db_rollback(reach->db);
        return OK;
    }
    snprintf(reach->reason, sizeof reach->reason, "%s", db_reason(reach->db));
    db_close(reach->db);
    reach->db = NULL;
    return e;
}

static void tell(struct reach *reach, bool there)
{
    int64_t now_us = env_monotonic_us(reach->config.env);

    if (!there)
        atomic_store(&reach->since_us, now_us);
    atomic_store(&reach->away, !there);
    metric_set(METRIC_DATABASE_REACHABLE, there);
    metric_add(METRIC_DATABASE_LOSSES, !there);
    int64_t away_ms = (now_us - atomic_load(&reach->since_us)) / 1000;
    reach->config.on_change(reach->config.ctx, there, away_ms, reach->reason);
}

// Several servers that lost the same database do not come back in step.
static int64_t with_jitter(struct reach *reach, int64_t ms)
{
    uint8_t dice;

    env_random(reach->config.env, &dice, sizeof dice);
    return ms + ms * dice / 1024;
}

// False: stop.  Doubts end the wait, but not before they have gathered for a moment.
static bool wait_for(struct reach *reach, int64_t ms, bool until_doubt)
{
    int64_t now_us = env_monotonic_us(reach->config.env);
    int64_t until_us = now_us + ms * 1000;
    int64_t doubts_from_us = now_us + (int64_t)PAUSE_MS_MIN * 1000;

    CHECK(pthread_mutex_lock(&reach->mutex) == 0);
    while (!reach->stopping && now_us < until_us) {
        bool heard = until_doubt && is_doubted(reach);
        int64_t at_us = heard && doubts_from_us < until_us ? doubts_from_us : until_us;
        if (now_us >= at_us)
            break;
        struct timespec at = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
        pthread_cond_timedwait(&reach->changed, &reach->mutex, &at);
        now_us = env_monotonic_us(reach->config.env);
    }
    bool go_on = !reach->stopping;
    CHECK(pthread_mutex_unlock(&reach->mutex) == 0);
    return go_on;
}

static void *watch_main(void *arg)
{
    struct reach *reach = arg;
    int64_t pause_ms = FIRST_PAUSE_MS;
    bool go_on = true;

    while (go_on) {
        unsigned long long n_doubts = atomic_load(&reach->n_doubts);
        bool there = ask(reach) == OK;
        if (there == reach_is_away(reach))
            tell(reach, there);
        atomic_store(&reach->n_settled, n_doubts);
        if (there) {
            pause_ms = FIRST_PAUSE_MS;
            go_on = wait_for(reach, ASK_EVERY_MS, true);
        } else {
            go_on = wait_for(reach, with_jitter(reach, pause_ms), false);
            pause_ms = pause_ms * 2 < PAUSE_MS_MAX ? pause_ms * 2 : PAUSE_MS_MAX;
        }
    }
    db_close(reach->db);
    reach->db = NULL;
    return NULL;
}

void reach_watch(struct reach *reach, const struct reach_config *config)
{
    CHECK(!atomic_load(&reach->watched));
    reach->config = *config;
    reach->config.db.reach = NULL; // the watch is the one that tries
    reach->config.db.reason = reach->reason;
    if (!config->db.statement_ms_max || config->db.statement_ms_max > ANSWER_MS_MAX)
        reach->config.db.statement_ms_max = ANSWER_MS_MAX;
    atomic_store(&reach->watched, true);
    metric_set(METRIC_DATABASE_REACHABLE, 1);
    CHECK(pthread_create(&reach->thread, NULL, watch_main, reach) == 0);
}

void reach_stop(struct reach *reach)
{
    if (!atomic_load(&reach->watched))
        return;
    CHECK(pthread_mutex_lock(&reach->mutex) == 0);
    reach->stopping = true;
    CHECK(pthread_cond_signal(&reach->changed) == 0);
    CHECK(pthread_mutex_unlock(&reach->mutex) == 0);
    CHECK(pthread_join(reach->thread, NULL) == 0);
    atomic_store(&reach->watched, false);
}
