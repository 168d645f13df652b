// SPDX-License-Identifier: Apache-2.0
// seal_test.c - the auditor finds the roots of seals that were made while others were writing.
//
// Layer: tests.
#include "server.h"

#include "base/calendar.h"
#include "flow/seal.h"
#include "store/store.h"

static const char cafe[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"UTC\",\"money\":\"EUR\",\"currencies\":[{"
    "\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],\"rules\":[{\"id\":\"v\",\"on\":"
    "\"visit\",\"earn\":{\"points\":5}}]}";

static struct sign_key key;

static const char *visit(struct test_shop *shop, const char *member, int number)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"t\",\"external_id\":\"%d\",\"type\":\"visit\",\"member\":"
                      "{\"external_id\":\"%s\"}}",
                      number, member)
        .p;
}

static enum err seal_once(struct test_shop *shop, struct tx *tx, void *ctx)
{
    bool any = false;
    enum err e = job_seal_look(tx, shop->tenant_id, &any);
    assert_true(any);
    return e ? e : job_seal(tx, shop->tenant_id, ctx);
}

// How many seals were made.
static int64_t sealed(struct test_shop *shop)
{
    struct job_round round = {0};
    shop->flow.seal_key = &key;
    assert_int_equal(shop_write(shop, seal_once, &round), OK);
    return round.n;
}

static enum err latest(struct test_shop *shop, struct tx *tx, void *ctx)
{
    return store_seal_get_latest(tx->db, shop->tenant_id, &shop->arena, ctx);
}

static struct seal_row newest(struct test_shop *shop)
{
    struct seal_row seal;
    assert_int_equal(shop_write(shop, latest, &seal), OK);
    return seal;
}

static void test_a_job_seals_what_is_settled(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    sign_key_new(&shop.env, &key);
    shop_sent(&shop, visit(&shop, "ada", 1));
    shop.now_us += 120 * SECOND_US;
    assert_int_equal(sealed(&shop), 1);
    assert_int_equal(newest(&shop).n_chains, 2);
    server_audit(&shop, key.public_key);
    assert_int_equal(sealed(&shop), 0);
    // The newest entries of two ledgers, and one ledger, are too young for the seal of a server
    // that is not alone.
    shop_sent(&shop, visit(&shop, "bob", 2));
    shop.now_us += 120 * SECOND_US;
    shop_sent(&shop, visit(&shop, "ada", 3));
    shop_sent(&shop, visit(&shop, "bob", 4));
    shop_sent(&shop, visit(&shop, "cleo", 5));
    assert_int_equal(sealed(&shop), 1);
    assert_int_equal(newest(&shop).n_chains, fresh_wanted() ? 3 : 4);
    server_audit(&shop, key.public_key);
    shop.now_us += 61 * SECOND_US;
    assert_int_equal(sealed(&shop), fresh_wanted() ? 1 : 0);
    assert_int_equal(newest(&shop).n_chains, 4);
    server_audit(&shop, key.public_key);
    shop_close(&shop);
}

static enum err ingest(struct test_shop *shop, struct tx *tx, const char *text)
{
    struct event_in in = shop_event(shop, text);
    struct event_out out;
    return flow_ingest(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id}, &in,
                       &shop->problems, &out);
}

static void test_who_commits_after_a_seal_what_was_decided_before_it(void **state)
{
    (void)state;
    struct test_shop shop;
    struct server other;
    struct tx slow;
    if (!fresh_wanted())
        skip(); // one writer
    shop_open(&shop, cafe);
    sign_key_new(&shop.env, &key);
    shop_sent(&shop, visit(&shop, "ada", 1));
    shop_sent(&shop, visit(&shop, "bob", 2));
    server_open(&shop, &other);
    shop.now_us += 120 * SECOND_US;
    assert_int_equal(tx_begin(&slow, &other.flow, store_writer(other.store), true, &other.ids), OK);
    assert_int_equal(ingest(&shop, &slow, visit(&shop, "bob", 3)), OK);
    shop.now_us += 10 * SECOND_US; // it is slow, or its clock is behind
    shop_sent(&shop, visit(&shop, "ada", 4));
    assert_int_equal(sealed(&shop), 1);
    assert_int_equal(newest(&shop).n_chains, 3);
    assert_int_equal(tx_commit(&slow), OK);
    server_audit(&shop, key.public_key);
    shop.now_us += 120 * SECOND_US;
    assert_int_equal(sealed(&shop), 1);
    server_audit(&shop, key.public_key);
    server_close(&other);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_job_seals_what_is_settled),
        cmocka_unit_test(test_who_commits_after_a_seal_what_was_decided_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
