// SPDX-License-Identifier: Apache-2.0
// forget_test.c - replies to idempotency keys are kept as long as promised, and no longer.
//
// Layer: tests.
#include "server.h"

#include "base/calendar.h"
#include "flow/idempotency.h"
#include "store/events.h"
#include "store/store.h"

#define BUCKET_US (30 * DAY_US)

static const char cafe[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"UTC\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],\"rules\":[]}";

// ---- replies

static struct idempotency request(int64_t tenant_id, struct str key)
{
    return (struct idempotency){.tenant_id = tenant_id, .key_id = 7, .key = key};
}

struct said {
    int64_t tenant_id;
    int first, n;
};

static enum err say(struct test_shop *shop, struct tx *tx, void *ctx)
{
    const struct said *said = ctx;
    enum err e = OK;
    for (int i = said->first; !e && i < said->first + said->n; i++) {
        struct idempotency asked =
            request(said->tenant_id, str_printf(&shop->arena, "key-%07d", i));
        struct final_reply reply = {.status = 201,
                                    .body = str_printf(&shop->arena, "{\"n\":%d}", i)};
        e = idempotency_finish(tx, &asked, &reply);
    }
    return e;
}

// Replies number first, first + 1 ... are given now.
static void replied(struct test_shop *shop, int64_t tenant_id, int first, int n)
{
    struct said said = {tenant_id, first, n};
    assert_int_equal(shop_write(shop, say, &said), OK);
}

static enum err ask_again(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct stored_reply *reply = ctx;
    struct idempotency asked = request(shop->tenant_id, STR("key-0000001"));
    return idempotency_begin(tx, &shop->arena, &asked, reply);
}

// Whether request number 1 is answered as it was.
static bool is_known(struct test_shop *shop)
{
    struct stored_reply reply;
    assert_int_equal(shop_write(shop, ask_again, &reply), OK);
    if (!reply.status)
        return false;
    assert_int_equal(reply.status, 201);
    assert_true(str_eq(reply.body, STR("{\"n\":1}")));
    return true;
}

static enum err forget(struct test_shop *shop, struct tx *tx, void *ctx)
{
    return job_forget(tx, shop->tenant_id, ctx);
}

static struct job_round forgot(struct test_shop *shop)
{
    struct job_round round = {0};
    assert_int_equal(shop_write(shop, forget, &round), OK);
    return round;
}

static enum err make_tenant(struct test_shop *shop, struct tx *tx, void *ctx)
{
    (void)shop;
    return flow_tenant_create(tx, STR("other"), ctx);
}

// ---- on every back end

static void test_a_reply_is_kept_as_long_as_somebody_may_ask(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    // At the very end of a month, so that 30 days later it is in the oldest one that is read.
    int64_t month_us = shop.now_us - shop.now_us % BUCKET_US;
    shop.now_us = month_us + BUCKET_US - SECOND_US;
    replied(&shop, shop.tenant_id, 1, 1);
    assert_int_equal(forgot(&shop).n, 0);
    shop.now_us += 30 * DAY_US;
    assert_int_equal(forgot(&shop).n, 0);
    assert_true(is_known(&shop));
    // A server that is a day behind may still be asked.
    shop.now_us += DAY_US;
    assert_int_equal(forgot(&shop).n, 0);
    shop.now_us += SECOND_US;
    assert_int_equal(forgot(&shop).n, 1);
    assert_false(is_known(&shop));
    shop_close(&shop);
}

static void test_a_reply_from_the_beginning_of_a_month_leaves_too(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop.now_us += BUCKET_US - shop.now_us % BUCKET_US;
    replied(&shop, shop.tenant_id, 1, 3);
    shop.now_us += 31 * DAY_US;
    replied(&shop, shop.tenant_id, 10, 2);
    assert_int_equal(forgot(&shop).n, 0);
    assert_true(is_known(&shop));
    shop.now_us += 30 * DAY_US; // 61 days: the longest that anything stays
    assert_int_equal(forgot(&shop).n, 3);
    assert_int_equal(forgot(&shop).n, 0);
    shop.now_us += 30 * DAY_US;
    assert_int_equal(forgot(&shop).n, 2);
    shop_close(&shop);
}

static void test_many_replies_leave_in_portions(void **state)
{
    (void)state;
    struct test_shop shop;
    int64_t other;
    shop_open(&shop, cafe);
    assert_int_equal(shop_write(&shop, make_tenant, &other), OK);
    replied(&shop, shop.tenant_id, 1, 2500);
    replied(&shop, other, 1, 10);
    shop.now_us += 62 * DAY_US;
    struct job_round round = forgot(&shop);
    assert_true(round.n == 2000 && round.more);
    round = forgot(&shop);
    assert_true(round.n == 500 && !round.more);
    shop.tenant_id = other;
    assert_int_equal(forgot(&shop).n, 10);
    shop_close(&shop);
}

// ---- two servers

// Rounds of both at the same moment until neither finds more; how many left in all.
static int64_t race(struct test_shop *shop, struct server servers[2])
{
    int64_t n = 0;
    bool more = true;
    for (int turn = 0; more; turn++) {
        struct round rounds[2];
        struct job_round did[2];
        assert_true(turn < 10);
        for (int i = 0; i < 2; i++)
            round_start(&rounds[i], &servers[i], job_forget, shop->tenant_id);
        for (int i = 0; i < 2; i++)
            did[i] = round_end(&rounds[i]);
        n += did[0].n + did[1].n;
        more = did[0].more || did[1].more;
    }
    return n;
}

static void test_two_servers_that_forget_at_once_forget_once(void **state)
{
    (void)state;
    struct test_shop shop;
    struct server servers[2];
    if (!fresh_wanted())
        skip(); // one process writes
    shop_open(&shop, cafe);
    server_open(&shop, &servers[0]);
    server_open(&shop, &servers[1]);
    replied(&shop, shop.tenant_id, 1, 5000);
    shop.now_us += 62 * DAY_US;
    replied(&shop, shop.tenant_id, 10000, 100);
    assert_int_equal(race(&shop, servers), 5000);
    assert_int_equal(forgot(&shop).n, 0);
    shop.now_us += 62 * DAY_US;
    assert_int_equal(forgot(&shop).n, 100);
    server_close(&servers[0]);
    server_close(&servers[1]);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply_is_kept_as_long_as_somebody_may_ask),
        cmocka_unit_test(test_a_reply_from_the_beginning_of_a_month_leaves_too),
        cmocka_unit_test(test_many_replies_leave_in_portions),
        cmocka_unit_test(test_two_servers_that_forget_at_once_forget_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
