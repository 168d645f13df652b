// SPDX-License-Identifier: Apache-2.0
// jobs_test.c - a round goes through all tenants, costs the writer only what there is to do, and is
// not kept by one tenant from the others.
//
// Layer: tests.
#include "shop.h"

#include "base/calendar.h"
#include "base/metrics.h"
#include "flow/idempotency.h"
#include "flow/work.h"
#include "jobs/jobs.h"
#include "store/db.h"
#include "store/store.h"

#include <time.h>

static const char cafe[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"UTC\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],\"rules\":[]}";

// ---- tenants with old replies, which the job forget is to delete

struct tenants {
    int64_t ids[1000];
    int n;
};

static enum err make_tenants(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct tenants *tenants = ctx;
    enum err e = OK;
    for (int i = 0; !e && i < tenants->n; i++)
        e = flow_tenant_create(tx, str_printf(&shop->arena, "tenant-%d", i), &tenants->ids[i]);
    return e;
}

static void open_with(struct test_shop *shop, struct tenants *tenants, int n)
{
    shop_open(shop, cafe);
    tenants->n = n;
    assert_int_equal(shop_write(shop, make_tenants, tenants), OK);
}

struct said {
    int64_t tenant_id;
    int n;
};

static enum err say(struct test_shop *shop, struct tx *tx, void *ctx)
{
    const struct said *said = ctx;
    enum err e = OK;
    for (int i = 0; !e && i < said->n; i++) {
        struct idempotency asked = {.tenant_id = said->tenant_id,
                                    .key_id = 7,
                                    .key = str_printf(&shop->arena, "key-%d", i)};
        struct final_reply reply = {.status = 201, .body = STR("{}")};
        e = idempotency_finish(tx, &asked, &reply);
    }
    return e;
}

static void replied(struct test_shop *shop, int64_t tenant_id, int n)
{
    struct said said = {tenant_id, n};
    assert_int_equal(shop_write(shop, say, &said), OK);
}

static enum err count_left(struct test_shop *shop, struct tx *tx, void *ctx)
{
    int64_t *n = ctx;
    (void)shop;
    return idempotency_forget(tx, *n, 10000, n);
}

// How many old replies the tenant has; they are gone then.
static int64_t left(struct test_shop *shop, int64_t tenant_id)
{
    int64_t n = tenant_id;
    assert_int_equal(shop_write(shop, count_left, &n), OK);
    return n;
}

// ---- the jobs of a server

struct running {
    struct workers *workers;
    struct jobs *jobs;
    int64_t done, failed, rounds; // when they were started
};

static void start(struct test_shop *shop, struct running *running)
{
    struct workers_config workers = {.n_readers = 1, .batch_max = 50};
    struct jobs_config every = {86400, 86400, 86400, 86400};
    every.forget_every_s = 1;
    running->done = metric_value(METRIC_JOB_FORGET);
    running->failed = metric_value(METRIC_JOB_FAILURES);
    running->rounds = metric_value(METRIC_ROUND_FORGET);
    assert_int_equal(workers_start(&shop->flow, &workers, &running->workers), OK);
    assert_int_equal(jobs_start(running->workers, env_system(), &every, &running->jobs), OK);
}

static void stop(struct running *running)
{
    jobs_stop(running->jobs);
    workers_stop(running->workers);
}

// Waits until so many rounds have come to their end.
static void await_rounds(const struct running *running, int n)
{
    struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; metric_value(METRIC_ROUND_FORGET) < running->rounds + n; i++) {
        assert_true(i < 6000);
        nanosleep(&pause, NULL);
    }
}

// ---- on every back end

static void test_a_round_reaches_every_tenant(void **state)
{
    (void)state;
    struct test_shop shop;
    struct tenants tenants;
    struct running running;
    open_with(&shop, &tenants, 850); // pages of 200; more than are remembered at once
    for (int i = 0; i < tenants.n; i++)
        if (i % 10)
            replied(&shop, tenants.ids[i], i == 3 || i == 777 ? 4500 : 1);
    shop.now_us += 62 * DAY_US;
    start(&shop, &running);
    await_rounds(&running, 1);
    stop(&running);
    assert_int_equal(metric_value(METRIC_JOB_FORGET) - running.done, 850 - 85 - 2 + 9000);
    assert_int_equal(metric_value(METRIC_JOB_FAILURES), running.failed);
    for (int i = 0; i < tenants.n; i++)
        assert_int_equal(left(&shop, tenants.ids[i]), 0);
    shop_close(&shop);
}

static void test_a_tenant_that_is_idle_costs_the_writer_nothing(void **state)
{
    (void)state;
    struct test_shop shop;
    struct tenants tenants;
    struct running running;
    struct db_fault calls = {.fail_at = -1};
    open_with(&shop, &tenants, 450);
    for (int i = 0; i < tenants.n; i++)
        replied(&shop, tenants.ids[i], 1); // not old yet
    start(&shop, &running);
    db_set_fault(store_writer(shop.store), &calls);
    await_rounds(&running, 2);
    stop(&running);
    db_set_fault(store_writer(shop.store), NULL);
    assert_int_equal(calls.n_calls, 0);
    assert_int_equal(metric_value(METRIC_JOB_FORGET), running.done);
    shop_close(&shop);
}

// From now on nothing of the tenant can be forgotten.
static void break_for(struct test_shop *shop, long long tenant_id)
{
    struct str sqlite =
        str_printf(&shop->arena,
                   "CREATE TRIGGER broken BEFORE DELETE ON idempotency WHEN old.tenant_id = %lld "
                   "BEGIN SELECT RAISE(ABORT, 'broken'); END",
                   tenant_id);
    struct str postgres = str_printf(&shop->arena,
                                     "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
                                     "$$ BEGIN RAISE EXCEPTION 'broken'; END $$;"
                                     "CREATE TRIGGER broken BEFORE DELETE ON idempotency "
                                     "FOR EACH ROW WHEN (old.tenant_id = %lld) "
                                     "EXECUTE FUNCTION broken()",
                                     tenant_id);
    assert_int_equal(db_script(store_writer(shop->store), (fresh_wanted() ? postgres : sqlite).p),
                     OK);
}

static void mend(struct test_shop *shop)
{
    const char *sql = fresh_wanted() ? "DROP TRIGGER broken ON idempotency" : "DROP TRIGGER broken";
    assert_int_equal(db_script(store_writer(shop->store), sql), OK);
}

static void test_a_tenant_that_fails_does_not_keep_the_job_from_others(void **state)
{
    (void)state;
    struct test_shop shop;
    struct tenants tenants;
    struct running running;
    open_with(&shop, &tenants, 10);
    for (int i = 0; i < tenants.n; i++)
        replied(&shop, tenants.ids[i], 3);
    break_for(&shop, tenants.ids[4]);
    shop.now_us += 62 * DAY_US;
    start(&shop, &running);
    await_rounds(&running, 1);
    stop(&running);
    assert_true(metric_value(METRIC_JOB_FAILURES) > running.failed);
    assert_int_equal(metric_value(METRIC_JOB_FORGET) - running.done, 27);
    mend(&shop);
    for (int i = 0; i < tenants.n; i++)
        assert_int_equal(left(&shop, tenants.ids[i]), i == 4 ? 3 : 0);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_round_reaches_every_tenant),
        cmocka_unit_test(test_a_tenant_that_is_idle_costs_the_writer_nothing),
        cmocka_unit_test(test_a_tenant_that_fails_does_not_keep_the_job_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
