// SPDX-License-Identifier: Apache-2.0
// work_test.c - the writer's promises: once, together, alone when one fails, in the order of
// commit.
//
// Layer: tests.
#include "shop.h"

#include "flow/work.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define N_THREADS 8
#define N_EACH 100

static const char bare[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"UTC\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}]}";

// Adds one to a setting of the tenant and of its affinity, or fails as it is told to.
struct job {
    struct work work;
    struct arena arena;
    int64_t tenant_id;
    enum err refusal;  // without having written
    bool spoil;        // fails after having written
    atomic_int n_done; // must end at 1
    int n_runs;
    int64_t seen;     // what the setting was
    struct id id;     // the newest when it ran
    pthread_t thread; // that ran it
    int place;        // among those that are done
    enum err outcome;
    pthread_mutex_t *mutex;
    pthread_cond_t *changed;
    int *n_open;
};

static enum err add_one(struct work *work, struct tx *tx)
{
    struct job *job = (struct job *)work;
    struct str text;
    int64_t value = 0;
    job->n_runs++;
    if (job->refusal)
        return job->refusal;
    arena_clear(&job->arena);
    struct str name = STR("n");
    if (work->affinity)
        name = str_printf(&job->arena, "n%lld", (long long)work->affinity);
    if (!store_setting_get(tx->db, job->tenant_id, name, &job->arena, &text))
        assert_true(str_to_i64(text, &value));
    job->seen = value;
    job->id = id_next(tx->ids);
    job->thread = pthread_self();
    text = str_printf(&job->arena, "%lld", (long long)value + 1);
    enum err e = tx_wrote(tx, store_setting_update(tx->db, job->tenant_id, name, text));
    return job->spoil ? ERR_OUT_OF_RANGE : e;
}

static void done(struct work *work, enum err outcome)
{
    struct job *job = (struct job *)work;
    job->outcome = outcome;
    atomic_fetch_add(&job->n_done, 1);
    pthread_mutex_lock(job->mutex);
    job->place = -(*job->n_open)--; // ascends
    pthread_cond_signal(job->changed);
    pthread_mutex_unlock(job->mutex);
}

struct crowd {
    struct test_shop shop;
    struct workers *workers;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int n_open;
    struct job jobs[N_THREADS * N_EACH];
};

static void crowd_start_with(struct crowd *crowd, int n_writers)
{
    memset(crowd, 0, sizeof *crowd);
    shop_open(&crowd->shop, bare);
    pthread_mutex_init(&crowd->mutex, NULL);
    pthread_cond_init(&crowd->changed, NULL);
    struct workers_config config = {.n_readers = 2, .n_writers = n_writers, .batch_max = 50};
    assert_int_equal(workers_start(&crowd->shop.flow, &config, &crowd->workers), OK);
    crowd->n_open = N_THREADS * N_EACH;
    for (int i = 0; i < N_THREADS * N_EACH; i++) {
        struct job *job = &crowd->jobs[i];
        arena_init(&job->arena, 1 << 16);
        job->work = (struct work){.run = add_one, .done = done};
        job->tenant_id = crowd->shop.tenant_id;
        job->mutex = &crowd->mutex;
        job->changed = &crowd->changed;
        job->n_open = &crowd->n_open;
    }
}

static void crowd_start(struct crowd *crowd)
{
    crowd_start_with(crowd, 0);
}

struct hand {
    struct crowd *crowd;
    int first;
};

static void *hand_over(void *arg)
{
    struct hand *hand = arg;
    for (int i = 0; i < N_EACH; i++)
        workers_write(hand->crowd->workers, &hand->crowd->jobs[hand->first + i].work);
    return NULL;
}

static void crowd_run(struct crowd *crowd)
{
    pthread_t threads[N_THREADS];
    struct hand hands[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        hands[i] = (struct hand){crowd, i * N_EACH};
        pthread_create(&threads[i], NULL, hand_over, &hands[i]);
    }
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_lock(&crowd->mutex);
    while (crowd->n_open)
        pthread_cond_wait(&crowd->changed, &crowd->mutex);
    pthread_mutex_unlock(&crowd->mutex);
}

// The value of a setting that the jobs have counted up.
static int64_t counted(struct crowd *crowd, const char *name)
{
    struct db *db;
    struct str text;
    int64_t value = 0;
    assert_int_equal(store_reader_open(crowd->shop.store, &db), OK);
    assert_int_equal(store_setting_get(db, crowd->shop.tenant_id, str_of(name), &crowd->shop.arena,
                                       &text),
                     OK);
    assert_true(str_to_i64(text, &value));
    db_close(db);
    return value;
}

static int64_t crowd_stop(struct crowd *crowd)
{
    workers_stop(crowd->workers);
    int64_t value = crowd->jobs[0].work.affinity ? 0 : counted(crowd, "n");
    for (int i = 0; i < N_THREADS * N_EACH; i++) {
        assert_int_equal(crowd->jobs[i].n_done, 1); // W1
        arena_release(&crowd->jobs[i].arena);
    }
    shop_close(&crowd->shop);
    return value;
}

static struct crowd crowd;

static void test_every_write_happens_once(void **state)
{
    (void)state;
    crowd_start(&crowd);
    crowd_run(&crowd);
    assert_int_equal(crowd_stop(&crowd), N_THREADS * N_EACH);
}

static void test_a_refusal_costs_its_neighbours_nothing(void **state)
{
    (void)state;
    crowd_start(&crowd);
    for (int i = 0; i < N_THREADS * N_EACH; i += 3)
        crowd.jobs[i].refusal = ERR_LIMIT_REACHED;
    crowd_run(&crowd);
    int64_t n_good = 0;
    for (int i = 0; i < N_THREADS * N_EACH; i++) {
        assert_int_equal(crowd.jobs[i].outcome, i % 3 ? OK : ERR_LIMIT_REACHED);
        assert_int_equal(crowd.jobs[i].n_runs, 1);
        n_good += i % 3 != 0;
    }
    assert_int_equal(crowd_stop(&crowd), n_good);
}

static void test_what_fails_after_writing_is_undone_alone(void **state)
{
    (void)state;
    crowd_start(&crowd);
    for (int i = 0; i < N_THREADS * N_EACH; i += 97)
        crowd.jobs[i].spoil = true;
    crowd_run(&crowd);
    int64_t n_good = 0;
    for (int i = 0; i < N_THREADS * N_EACH; i++) {
        assert_int_equal(crowd.jobs[i].outcome, crowd.jobs[i].spoil ? ERR_OUT_OF_RANGE : OK);
        n_good += !crowd.jobs[i].spoil;
    }
    assert_int_equal(crowd_stop(&crowd), n_good);
}

#define N_MEMBERS 7
#define N_WRITERS 4

static int count_threads(const struct crowd *all)
{
    int n = 0;
    for (int i = 0; i < N_THREADS * N_EACH; i++) {
        bool is_new = true;
        for (int k = 0; is_new && k < i; k++)
            is_new = !pthread_equal(all->jobs[i].thread, all->jobs[k].thread);
        n += is_new;
    }
    return n;
}

static void test_works_of_one_member_run_in_the_order_of_their_submission(void **state)
{
    (void)state;
    crowd_start_with(&crowd, N_WRITERS);
    int n = N_THREADS * N_EACH;
    for (int i = 0; i < n; i++)
        crowd.jobs[i].work.affinity = (uint64_t)(1 + i % N_MEMBERS);
    for (int i = 0; i < n; i++)
        workers_write(crowd.workers, &crowd.jobs[i].work);
    pthread_mutex_lock(&crowd.mutex);
    while (crowd.n_open)
        pthread_cond_wait(&crowd.changed, &crowd.mutex);
    pthread_mutex_unlock(&crowd.mutex);
    for (int i = 0; i < n; i++) {
        const struct job *job = &crowd.jobs[i];
        assert_int_equal(job->outcome, OK);
        assert_int_equal(job->seen, i / N_MEMBERS);
        if (i < N_MEMBERS)
            continue;
        const struct job *before = &crowd.jobs[i - N_MEMBERS];
        assert_true(before->place < job->place);
        assert_true(id_cmp(before->id, job->id) < 0);
        assert_true(pthread_equal(before->thread, job->thread)); // one writer has the member
    }
    bool many = store_is_shared(crowd.shop.store);
    assert_int_equal(count_threads(&crowd), many ? N_WRITERS : 1);
    for (int i = 0; i < N_MEMBERS; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", 1 + i);
        assert_int_equal(counted(&crowd, name), (n - i + N_MEMBERS - 1) / N_MEMBERS);
    }
    crowd_stop(&crowd);
}

// One after the other, each by another writer: what comes later has the greater id.
static void test_ids_are_in_the_order_of_arrival_whoever_writes(void **state)
{
    (void)state;
    crowd_start_with(&crowd, N_WRITERS);
    int n = N_THREADS * N_EACH;
    for (int i = 0; i < n; i++) {
        crowd.jobs[i].work.affinity = (uint64_t)(1 + i);
        if (i >= 40) { // enough
            crowd.jobs[i].n_done = 1;
            crowd.n_open--;
            continue;
        }
        int left = crowd.n_open - 1;
        workers_write(crowd.workers, &crowd.jobs[i].work);
        pthread_mutex_lock(&crowd.mutex);
        while (crowd.n_open > left)
            pthread_cond_wait(&crowd.changed, &crowd.mutex);
        pthread_mutex_unlock(&crowd.mutex);
        assert_int_equal(crowd.jobs[i].outcome, OK);
        assert_true(i == 0 || id_cmp(crowd.jobs[i - 1].id, crowd.jobs[i].id) < 0);
    }
    crowd_stop(&crowd);
}

// A file; a server is connected to again.
static bool is_file(const struct test_shop *shop)
{
    return db_dialect(store_writer(shop->store)) == DB_SQLITE;
}

static void on_dead(void *ctx)
{
    atomic_fetch_add((atomic_int *)ctx, 1);
}

static void test_a_file_that_died_in_a_commit_is_told_once_and_a_server_is_asked_again(void **state)
{
    (void)state;
    atomic_int n_dead = 0;
    struct test_shop shop;
    shop_open(&shop, bare);
    struct workers *workers;
    struct workers_config config = {.n_readers = 1,
                                    .batch_max = 50,
                                    .on_dead = on_dead,
                                    .ctx = &n_dead};
    assert_int_equal(workers_start(&shop.flow, &config, &workers), OK);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
    // What comes after begin, the query and the write is the commit; nothing works from there on
    // when it is a file.
    struct db_fault fault = {.fail_at = 4, .err = ERR_OUTCOME_UNKNOWN, .for_ever = is_file(&shop)};
    db_set_fault(store_writer(shop.store), &fault);
    for (int i = 0; i < 2; i++) {
        int n_open = 1;
        struct job job = {.work = {.run = add_one, .done = done},
                          .tenant_id = shop.tenant_id,
                          .mutex = &mutex,
                          .changed = &changed,
                          .n_open = &n_open};
        arena_init(&job.arena, 1 << 16);
        workers_write(workers, &job.work);
        pthread_mutex_lock(&mutex);
        while (n_open)
            pthread_cond_wait(&changed, &mutex);
        pthread_mutex_unlock(&mutex);
        enum err later = is_file(&shop) ? ERR_STORE_FAULT : OK;
        assert_int_equal(job.outcome, i == 0 ? ERR_OUTCOME_UNKNOWN : later); // W2
        assert_int_equal(job.n_runs, i == 0 || !is_file(&shop));
        arena_release(&job.arena);
    }
    workers_stop(workers);
    assert_int_equal(n_dead, is_file(&shop));
    db_set_fault(store_writer(shop.store), NULL);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_write_happens_once),
        cmocka_unit_test(test_a_refusal_costs_its_neighbours_nothing),
        cmocka_unit_test(test_what_fails_after_writing_is_undone_alone),
        cmocka_unit_test(test_works_of_one_member_run_in_the_order_of_their_submission),
        cmocka_unit_test(test_ids_are_in_the_order_of_arrival_whoever_writes),
        cmocka_unit_test(
            test_a_file_that_died_in_a_commit_is_told_once_and_a_server_is_asked_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
