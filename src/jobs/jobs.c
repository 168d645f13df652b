// SPDX-License-Identifier: Apache-2.0
// jobs.c - the thread that keeps time and hands due work to the writer.
//
// Layer: jobs.  Tests: tests/jobs/jobs_test.c
#include "jobs/jobs.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/metrics.h"
#include "flow/flow.h"
#include "flow/foresee.h"
#include "flow/work.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

// Tenants that are looked at by one piece of work.
#define TENANTS_PAGE 200
// Looking goes on until there is room for less than another page.
#define DUE_MAX (2 * TENANTS_PAGE)
// A piece of work takes no further tenant after that.
#define PIECE_US 20000
// Before what failed is tried again.
#define PAUSE_US 1000000

struct job {
    const char *name;
    enum metric done, round;
    job_look *look;
    job_run *run;
    int64_t every_us;
    int64_t next_us;  // monotonic
    int64_t began_us; // the round; 0: there is none
    int64_t after;    // tenants up to this one were looked at
    bool looked_at_all;
    // Tenants with something to do.  Those before at had their turn, and of them the first n_kept
    // have more.
    int64_t due[DUE_MAX];
    int n_due, n_kept, at;
    bool singly; // the last piece failed, nobody knows for which of its tenants
};

enum { MAX_JOBS = 16 };

// What looking has found.
struct found {
    int64_t due[TENANTS_PAGE];
    int n_due;
    int64_t last;
    bool is_end;
};

// What a piece of work did for the tenants from the job's at to end.
struct did {
    int64_t n;
    int end;
    bool more[DUE_MAX];
};

struct jobs {
    struct work work;   // first: a worker knows nothing else of us; the one piece that is out
    struct arena arena; // holds this struct itself
    struct workers *workers;
    const struct env *env;
    struct job list[MAX_JOBS];
    int n;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool stopping;
    const struct job *current; // whose piece it is
    bool out;
    struct found found;
    struct did did;
    enum err outcome;
};

// ---- on a worker's thread

static enum err look(struct work *work, struct tx *tx)
{
    struct jobs *jobs = (struct jobs *)work;
    const struct job *job = jobs->current;
    struct found *found = &jobs->found;
    int64_t *tenants;
    size_t n;
    enum err e = flow_tenant_list(tx, &tx->arena, job->after, TENANTS_PAGE, &tenants, &n);
    if (e)
        return e;
    for (size_t i = 0; !e && i < n; i++)
        e = job->look(tx, tenants[i], NULL);
    if (!e)
        e = foresee_ask(tx);
    *found = (struct found){.last = n ? tenants[n - 1] : 0, .is_end = n < TENANTS_PAGE};
    for (size_t i = 0; !e && i < n; i++) {
        bool any;
        e = job->look(tx, tenants[i], &any);
        if (!e && any)
            found->due[found->n_due++] = tenants[i];
    }
    return e;
}

static enum err run_for(const struct job *job, struct tx *tx, int i, struct did *did)
{
    struct job_round round = {0};
    enum err e = job->run(tx, job->due[i], &round);
    did->n += round.n;
    did->more[i] = round.more;
    return e == ERR_PROGRAM_MISSING ? OK : e; // nothing can be due yet
}

static enum err run_piece(struct work *work, struct tx *tx)
{
    struct jobs *jobs = (struct jobs *)work;
    const struct job *job = jobs->current;
    struct did *did = &jobs->did;
    int64_t until_us = env_monotonic_us(jobs->env) + PIECE_US;
    enum err e = OK;
    *did = (struct did){.end = job->at};
    while (!e && did->end < job->n_due) {
        e = run_for(job, tx, did->end++, did);
        if (job->singly || env_monotonic_us(jobs->env) >= until_us)
            break;
    }
    return e;
}

static void piece_done(struct work *work, enum err outcome)
{
    struct jobs *jobs = (struct jobs *)work;
    CHECK(pthread_mutex_lock(&jobs->mutex) == 0);
    jobs->out = false;
    jobs->outcome = outcome;
    CHECK(pthread_cond_signal(&jobs->changed) == 0);
    CHECK(pthread_mutex_unlock(&jobs->mutex) == 0);
}

// ---- a round

static void take_found(struct job *job, const struct found *found)
{
    CHECK(job->n_due + found->n_due <= DUE_MAX);
    memcpy(job->due + job->n_due, found->due, (size_t)found->n_due * sizeof *found->due);
    job->n_due += found->n_due;
    job->after = found->last;
    job->looked_at_all = found->is_end;
}

// Tenants up to end have had their turn.
static void pass_on(struct job *job, int end, const bool *more)
{
    for (; job->at < end; job->at++)
        if (more[job->at])
            job->due[job->n_kept++] = job->due[job->at];
    if (job->at < job->n_due)
        return;
    job->n_due = job->n_kept;
    job->n_kept = job->at = 0;
    job->singly = false;
}

static void end_round(struct jobs *jobs, struct job *job)
{
    int64_t now_us = env_monotonic_us(jobs->env);
    metric_observe_us(job->round, now_us - job->began_us);
    job->next_us = now_us + job->every_us;
    job->began_us = job->after = 0;
    job->looked_at_all = false;
}

static void log_failure(const struct jobs *jobs, const struct job *job, bool looked)
{
    struct log_line line;
    log_begin(&line, jobs->env, LOG_ERROR, "a job failed; it will be tried again");
    log_str(&line, "job", str_of(job->name));
    log_str(&line, "error", str_of(err_info(jobs->outcome)->code));
    if (!looked)
        log_i64(&line, "tenant_id", job->due[job->at]);
    log_end(&line);
}

// A piece for several tenants is tried again for one after the other.  One for which it fails then,
// waits for the next round (B4).
static void on_failure(struct jobs *jobs, struct job *job, bool looked)
{
    static const bool no_more[DUE_MAX];
    metric_add(METRIC_JOB_FAILURES, 1);
    bool is_pause_short = job->every_us < PAUSE_US;
    job->next_us = env_monotonic_us(jobs->env) + (is_pause_short ? job->every_us : PAUSE_US);
    if (jobs->outcome == ERR_STORE_UNREACHABLE)
        return; // that the database is away has been said, once
    bool is_one = job->singly || jobs->did.end == job->at + 1;
    if (!looked && !is_one) {
        job->singly = true;
        return;
    }
    log_failure(jobs, job, looked);
    if (looked)
        job->next_us = env_monotonic_us(jobs->env) + job->every_us;
    else
        pass_on(job, job->at + 1, no_more);
}

static void on_success(struct jobs *jobs, struct job *job, bool looked)
{
    if (looked) {
        take_found(job, &jobs->found);
    } else {
        metric_add(job->done, jobs->did.n);
        pass_on(job, jobs->did.end, jobs->did.more);
    }
    job->next_us = env_monotonic_us(jobs->env); // whoever has waited goes first
    if (job->looked_at_all && !job->n_due)
        end_round(jobs, job);
}

static void run_once(struct jobs *jobs, struct job *job)
{
    bool looks = !job->at && !job->looked_at_all && job->n_due <= DUE_MAX - TENANTS_PAGE;
    if (!job->began_us)
        job->began_us = env_monotonic_us(jobs->env);
    jobs->current = job;
    jobs->out = true;
    jobs->did.end = 0;
    jobs->work = (struct work){.run = looks ? look : run_piece, .done = piece_done};
    if (looks)
        workers_read(jobs->workers, &jobs->work);
    else
        workers_write(jobs->workers, &jobs->work);
    while (jobs->out)
        CHECK(pthread_cond_wait(&jobs->changed, &jobs->mutex) == 0);
    if (jobs->outcome)
        on_failure(jobs, job, looks);
    else
        on_success(jobs, job, looks);
}

// ---- the thread

static struct job *next_due(struct jobs *jobs)
{
    struct job *first = &jobs->list[0];
    for (int i = 1; i < jobs->n; i++)
        if (jobs->list[i].next_us < first->next_us)
            first = &jobs->list[i];
    return first;
}

static void wait_until(struct jobs *jobs, int64_t until_us)
{
    struct timespec at = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    pthread_cond_timedwait(&jobs->changed, &jobs->mutex, &at); // early is as good as late
}

static void *jobs_main(void *arg)
{
    struct jobs *jobs = arg;
    CHECK(pthread_mutex_lock(&jobs->mutex) == 0);
    while (!jobs->stopping) {
        struct job *job = next_due(jobs);
        if (job->next_us > env_monotonic_us(jobs->env))
            wait_until(jobs, job->next_us);
        else
            run_once(jobs, job);
    }
    CHECK(pthread_mutex_unlock(&jobs->mutex) == 0);
    return NULL;
}

static void list_jobs(struct jobs *jobs, const struct jobs_config *config)
{
    int64_t now_us = env_monotonic_us(jobs->env);
#define JOB(job_name, NAME, interval, summary)                                                     \
    jobs->list[jobs->n++] = (struct job){.name = #job_name,                                        \
                                         .done = METRIC_JOB_##NAME,                                \
                                         .round = METRIC_ROUND_##NAME,                             \
                                         .look = job_##job_name##_look,                            \
                                         .run = job_##job_name,                                    \
                                         .every_us = config->interval * 1000000,                   \
                                         .next_us = now_us + config->interval * 1000000};
#include "jobs.def"
#undef JOB
    CHECK(jobs->n <= MAX_JOBS);
}

enum err jobs_start(struct workers *workers, const struct env *env,
                    const struct jobs_config *config, struct jobs **ret_jobs)
{
    struct arena arena;
    arena_init(&arena, sizeof(struct jobs) * 2);
    struct jobs *jobs = arena_try(&arena, sizeof *jobs);
    if (!jobs)
        return ERR_MEMORY;
    jobs->arena = arena;
    jobs->workers = workers;
    jobs->env = env;
    list_jobs(jobs, config);
    pthread_condattr_t monotonic;
    CHECK(pthread_mutex_init(&jobs->mutex, NULL) == 0);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&jobs->changed, &monotonic) == 0);
    CHECK(pthread_condattr_destroy(&monotonic) == 0);
    CHECK(pthread_create(&jobs->thread, NULL, jobs_main, jobs) == 0);
    *ret_jobs = jobs;
    return OK;
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs)
        return;
    CHECK(pthread_mutex_lock(&jobs->mutex) == 0);
    jobs->stopping = true;
    CHECK(pthread_cond_signal(&jobs->changed) == 0);
    CHECK(pthread_mutex_unlock(&jobs->mutex) == 0);
    CHECK(pthread_join(jobs->thread, NULL) == 0);
    CHECK(pthread_cond_destroy(&jobs->changed) == 0);
    CHECK(pthread_mutex_destroy(&jobs->mutex) == 0);
    struct arena arena = jobs->arena;
    arena_release(&arena);
}
