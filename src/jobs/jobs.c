// SPDX-License-Identifier: Apache-2.0
// jobs.c - the thread that keeps time and hands due work to the writer.
//
// Layer: jobs.  Tests: tests/jobs/jobs_test.c
#include "jobs/jobs.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/metrics.h"
#include "flow/flow.h"
#include "flow/work.h"

#include <pthread.h>
#include <time.h>

struct job {
    const char *name;
    enum metric done;
    job_run *run;
    int64_t every_us;
    int64_t next_us; // monotonic
};

enum { MAX_JOBS = 16 };

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
    struct job_round round; // of all tenants
    enum err outcome;
};

// Every tenant in turn, inside one transaction.
static enum err run_job(struct work *work, struct tx *tx)
{
    struct jobs *jobs = (struct jobs *)work;
    int64_t *tenants;
    size_t n;
    enum err e = flow_tenant_list(tx, &tx->arena, &tenants, &n);
    jobs->round = (struct job_round){0};
    for (size_t i = 0; !e && i < n; i++) {
        struct job_round round = {0};
        e = jobs->current->run(tx, tenants[i], &round);
        if (e == ERR_PROGRAM_MISSING)
            e = OK; // nothing can be due yet
        jobs->round.n += round.n;
        jobs->round.more |= round.more;
    }
    return e;
}

static void job_done(struct work *work, enum err outcome)
{
    struct jobs *jobs = (struct jobs *)work;
    CHECK(pthread_mutex_lock(&jobs->mutex) == 0);
    jobs->out = false;
    jobs->outcome = outcome;
    CHECK(pthread_cond_signal(&jobs->changed) == 0);
    CHECK(pthread_mutex_unlock(&jobs->mutex) == 0);
}

static void log_failure(const struct jobs *jobs, const struct job *job)
{
    struct log_line line;
    log_begin(&line, jobs->env, LOG_ERROR, "a job failed; it will be tried again");
    log_str(&line, "job", str_of(job->name));
    log_str(&line, "error", str_of(err_info(jobs->outcome)->code));
    log_end(&line);
}

static void run_once(struct jobs *jobs, struct job *job)
{
    jobs->current = job;
    jobs->out = true;
    jobs->work = (struct work){.run = run_job, .done = job_done};
    workers_write(jobs->workers, &jobs->work);
    while (jobs->out)
        CHECK(pthread_cond_wait(&jobs->changed, &jobs->mutex) == 0);
    metric_add(jobs->outcome ? METRIC_JOB_FAILURES : job->done, jobs->outcome ? 1 : jobs->round.n);
    // That the database is away has been said, once.
    if (jobs->outcome && jobs->outcome != ERR_STORE_UNREACHABLE)
        log_failure(jobs, job);
    bool again = !jobs->outcome && jobs->round.more;
    job->next_us = again ? 0 : env_monotonic_us(jobs->env) + job->every_us;
}

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
