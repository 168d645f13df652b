// SPDX-License-Identifier: Apache-2.0
// work.c - writers that commit in batches, and readers beside them.
//
// A writer takes all that waits, runs it inside one transaction and commits once: while it waits
// for the disk the next batch gathers by itself.  When a piece of work fails after it had written,
// the batch is rolled back and each piece runs again in a transaction of its own, so that it fails
// alone.
//
// Layer: flow.  Tests: tests/flow/work_test.c
#include "flow/work.h"

#include "flow/foresee.h"
#include "flow/tx.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define READERS_MAX 16
#define WRITERS_MAX 16
#define ATTEMPTS_MAX 5

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t more;
    struct work *first, *last;
    bool stopping;
};

struct reader {
    struct workers *workers;
    pthread_t thread;
    struct db *db;
    bool began; // the last attempt had a transaction
};

struct writer {
    struct workers *workers;
    pthread_t thread;
    struct queue queue;
    struct db *db; // of the first writer: the store's, not ours to close
    bool began;    // the last attempt had a transaction
};

struct workers {
    struct arena arena; // holds this struct itself
    struct flow *flow;
    int batch_max;
    void (*on_dead)(void *ctx);
    void *ctx;
    atomic_flag is_dead; // on_dead was called
    struct queue reads;
    struct writer writers[WRITERS_MAX];
    int n_writers;
    struct id_source ids; // one, so that ids are in the order of arrival whoever writes
    atomic_uint turn;     // of the writer that takes what any may do
    struct reader readers[READERS_MAX];
    int n_readers;
    atomic_int waiting;
};

// ---- queues

static void queue_init(struct queue *queue)
{
    CHECK(pthread_mutex_init(&queue->mutex, NULL) == 0);
    CHECK(pthread_cond_init(&queue->more, NULL) == 0);
}

static void queue_release(struct queue *queue)
{
    CHECK(pthread_mutex_destroy(&queue->mutex) == 0);
    CHECK(pthread_cond_destroy(&queue->more) == 0);
}

static void queue_put(struct queue *queue, struct work *work)
{
    work->next = NULL;
    CHECK(pthread_mutex_lock(&queue->mutex) == 0);
    CHECK(!queue->stopping); // whoever stops the workers has stopped handing out work before
    bool was_empty = !queue->first;
    if (was_empty)
        queue->first = work;
    else
        queue->last->next = work;
    queue->last = work;
    CHECK(pthread_mutex_unlock(&queue->mutex) == 0);
    if (was_empty)
        CHECK(pthread_cond_signal(&queue->more) == 0);
}

// Up to max pieces as a list, NULL once the queue is stopped and empty.
static struct work *queue_take(struct queue *queue, int max)
{
    CHECK(pthread_mutex_lock(&queue->mutex) == 0);
    while (!queue->first && !queue->stopping)
        CHECK(pthread_cond_wait(&queue->more, &queue->mutex) == 0);
    struct work *taken = queue->first, *last = taken;
    for (int n = 1; last && last->next && n < max; n++)
        last = last->next;
    if (last) {
        queue->first = last->next;
        last->next = NULL;
    }
    bool more = queue->first != NULL;
    CHECK(pthread_mutex_unlock(&queue->mutex) == 0);
    if (more)
        CHECK(pthread_cond_signal(&queue->more) == 0);
    return taken;
}

static void queue_stop(struct queue *queue)
{
    CHECK(pthread_mutex_lock(&queue->mutex) == 0);
    queue->stopping = true;
    CHECK(pthread_mutex_unlock(&queue->mutex) == 0);
    CHECK(pthread_cond_broadcast(&queue->more) == 0);
}

// ---- the writers

// done may free the work: whoever needs the next piece asks before.
static void finish(struct workers *workers, struct work *work, enum err outcome)
{
    atomic_fetch_sub_explicit(&workers->waiting, 1, memory_order_relaxed);
    work->done(work, outcome);
}

static bool is_passing(enum err e)
{
    return e == ERR_STORE_BUSY || e == ERR_STORE_CONFLICT || e == ERR_STORE_UNREACHABLE;
}

// A connection that was lost in a transaction is made anew by the second attempt; when one could
// not be had, another attempt would only let others wait.
static int attempts_for(const struct writer *writer, enum err e)
{
    if (e != ERR_STORE_UNREACHABLE)
        return ATTEMPTS_MAX;
    return writer->began ? 2 : 1;
}

// Why the transaction is of no use any more.  What the store said may have been hidden by what
// came after it; what another attempt can mend comes first.
static enum err failure_of(const struct work *work, enum err of_store)
{
    if (is_passing(of_store) && !is_passing(work->outcome))
        return of_store;
    return work->outcome ? work->outcome : ERR_STORE_FAULT;
}

static enum err foresee_all(struct tx *tx, struct work *list)
{
    enum err e = OK;
    bool any = false;
    if (!db_asks_ahead(tx->db))
        return OK;
    for (struct work *work = list; work && !e; work = work->next) {
        if (!work->foresee)
            continue;
        e = work->foresee(work, tx);
        any = true;
    }
    if (!e && any)
        e = foresee_ask(tx);
    if (!e && any)
        tx_read_clock(tx); // another writer may have had the members meanwhile
    return e;
}

// Runs the list in one transaction.  OK: all outcomes are final and durable.  Else nothing is.
// again: an attempt before met another process; those that did so take turns.
static enum err run_together(struct writer *writer, struct work *list, bool again)
{
    struct tx tx;
    enum err e = tx_begin(&tx, writer->workers->flow, writer->db, true, &writer->workers->ids);
    writer->began = e == OK;
    if (e)
        return e;
    e = again ? store_turn_take(tx.db) : OK;
    if (!e)
        e = foresee_all(&tx, list);
    if (e) {
        tx_rollback(&tx);
        return e;
    }
    for (struct work *work = list; work; work = work->next) {
        tx.n_writes = 0;
        work->outcome = work->run(work, &tx);
        if (tx.broken || db_failure(tx.db) || (work->outcome && tx.n_writes)) {
            e = failure_of(work, db_failure(tx.db));
            tx_rollback(&tx);
            return e;
        }
    }
    return tx_commit(&tx);
}

// Spreads retries of several processes; grows with the attempt.
static void pause_before(struct writer *writer, int attempt)
{
    uint16_t dice;
    env_random(writer->workers->flow->env, &dice, sizeof dice);
    struct timespec pause = {.tv_nsec = (long)attempt * 1000000 + dice * 50L};
    nanosleep(&pause, NULL);
}

static enum err run_with_retries(struct writer *writer, struct work *list)
{
    enum err e = run_together(writer, list, false);
    for (int attempt = 1; is_passing(e) && attempt < attempts_for(writer, e); attempt++) {
        pause_before(writer, attempt);
        e = run_together(writer, list, e != ERR_STORE_UNREACHABLE);
    }
    return e;
}

static void finish_all(struct workers *workers, struct work *list, enum err e)
{
    while (list) {
        struct work *next = list->next;
        finish(workers, list, e ? e : list->outcome);
        list = next;
    }
}

static void run_alone(struct writer *writer, struct work *list)
{
    while (list) {
        struct work *next = list->next;
        list->next = NULL;
        finish_all(writer->workers, list, run_with_retries(writer, list));
        list = next;
    }
}

// A connection that is dead (db.h, D3) stays so: SQLite after a commit or a sync that failed.
static void check_alive(struct writer *writer)
{
    struct workers *workers = writer->workers;
    if (db_is_dead(writer->db) && workers->on_dead && !atomic_flag_test_and_set(&workers->is_dead))
        workers->on_dead(workers->ctx);
}

// Whether each piece for itself may fare better than all together.  Nobody knows whether an unknown
// outcome happened: running it again could do it twice.
static bool is_worth_dividing(enum err e, const struct work *list)
{
    return e && e != ERR_OUTCOME_UNKNOWN && e != ERR_STORE_UNREACHABLE && list->next;
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    struct workers *workers = writer->workers;
    struct work *list;
    while ((list = queue_take(&writer->queue, workers->batch_max))) {
        enum err e = run_with_retries(writer, list);
        if (is_worth_dividing(e, list))
            run_alone(writer, list);
        else
            finish_all(workers, list, e);
        store_after_commit(workers->flow->store);
        check_alive(writer);
    }
    return NULL;
}

// ---- the readers

static enum err read_once(struct reader *reader, struct work *work)
{
    struct tx tx;
    enum err e = tx_begin(&tx, reader->workers->flow, reader->db, false, NULL);
    reader->began = e == OK;
    if (!e) {
        e = work->run(work, &tx);
        tx_rollback(&tx);
    }
    return e;
}

static void *reader_main(void *arg)
{
    struct reader *reader = arg;
    struct work *work;
    while ((work = queue_take(&reader->workers->reads, 1))) {
        enum err e = read_once(reader, work);
        if (e == ERR_STORE_UNREACHABLE && reader->began) // lost: once more on a new connection
            e = read_once(reader, work);
        finish(reader->workers, work, e);
    }
    return NULL;
}

// ---- life cycle

static void close_all(struct workers *workers)
{
    for (int i = 1; i < workers->n_writers; i++)
        db_close(workers->writers[i].db);
    for (int i = 0; i < workers->n_readers; i++)
        db_close(workers->readers[i].db);
}

static enum err open_writers(struct workers *workers, int n)
{
    enum err e = OK;
    for (int i = 0; !e && i < n; i++) {
        struct writer *writer = &workers->writers[i];
        *writer = (struct writer){.workers = workers, .db = store_writer(workers->flow->store)};
        if (i > 0)
            e = store_writer_open(workers->flow->store, &writer->db);
        if (!e)
            workers->n_writers++;
    }
    return e;
}

static enum err open_readers(struct workers *workers, int n)
{
    enum err e = OK;
    for (int i = 0; !e && i < n; i++) {
        workers->readers[i].workers = workers;
        e = store_reader_open(workers->flow->store, &workers->readers[i].db);
        if (!e)
            workers->n_readers++;
    }
    return e;
}

static void start_threads(struct workers *workers)
{
    queue_init(&workers->reads);
    for (int i = 0; i < workers->n_writers; i++) {
        struct writer *writer = &workers->writers[i];
        queue_init(&writer->queue);
        CHECK(pthread_create(&writer->thread, NULL, writer_main, writer) == 0);
    }
    for (int i = 0; i < workers->n_readers; i++) {
        struct reader *reader = &workers->readers[i];
        CHECK(pthread_create(&reader->thread, NULL, reader_main, reader) == 0);
    }
}

enum err workers_start(struct flow *flow, const struct workers_config *config,
                       struct workers **ret_workers)
{
    CHECK(config->n_readers > 0 && config->n_readers <= READERS_MAX && config->batch_max > 0);
    CHECK(config->n_writers >= 0 && config->n_writers <= WRITERS_MAX);
    struct arena arena;
    arena_init(&arena, sizeof(struct workers) * 2);
    struct workers *workers = arena_try(&arena, sizeof *workers);
    if (!workers)
        return ERR_MEMORY;
    workers->arena = arena;
    workers->flow = flow;
    workers->batch_max = config->batch_max;
    workers->on_dead = config->on_dead;
    workers->ctx = config->ctx;
    id_source_init(&workers->ids, flow->env);
    bool many = store_is_shared(flow->store) && config->n_writers > 1;
    enum err e = open_writers(workers, many ? config->n_writers : 1);
    if (!e)
        e = open_readers(workers, config->n_readers);
    if (e) {
        close_all(workers);
        arena_release(&arena);
        return e;
    }
    start_threads(workers);
    *ret_workers = workers;
    return OK;
}

void workers_write(struct workers *workers, struct work *work)
{
    unsigned n = (unsigned)workers->n_writers;
    uint64_t number = work->affinity;
    if (n > 1 && !number)
        number = atomic_fetch_add_explicit(&workers->turn, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&workers->waiting, 1, memory_order_relaxed);
    queue_put(&workers->writers[number % n].queue, work);
}

void workers_read(struct workers *workers, struct work *work)
{
    atomic_fetch_add_explicit(&workers->waiting, 1, memory_order_relaxed);
    queue_put(&workers->reads, work);
}

int workers_waiting(struct workers *workers)
{
    return atomic_load_explicit(&workers->waiting, memory_order_relaxed);
}

void workers_stop(struct workers *workers)
{
    if (!workers)
        return;
    for (int i = 0; i < workers->n_writers; i++)
        queue_stop(&workers->writers[i].queue);
    queue_stop(&workers->reads);
    for (int i = 0; i < workers->n_writers; i++) {
        CHECK(pthread_join(workers->writers[i].thread, NULL) == 0);
        queue_release(&workers->writers[i].queue);
    }
    for (int i = 0; i < workers->n_readers; i++)
        CHECK(pthread_join(workers->readers[i].thread, NULL) == 0);
    queue_release(&workers->reads);
    close_all(workers);
    struct arena arena = workers->arena;
    arena_release(&arena);
}
