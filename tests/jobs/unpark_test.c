// SPDX-License-Identifier: Apache-2.0
// unpark_test.c - a return and its sale that missed each other meet all the same, once.
//
// Layer: tests.
#include "server.h"

#include "base/calendar.h"
#include "flow/event_in.h"
#include "store/events.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static const char cafe[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"UTC\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],"
    "\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":10,\"per\":"
    "100}}}]}";

static const char *sale(struct test_shop *shop, int number)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"till\",\"external_id\":\"A-%d\",\"type\":\"order.paid\","
                      "\"member\":{\"external_id\":\"ada\"},\"order\":{\"lines\":[{\"id\":\"1\","
                      "\"sku\":\"S\",\"quantity\":3,\"unit_amount\":1000}]}}",
                      number)
        .p;
}

static const char *back(struct test_shop *shop, int number, int order, int quantity)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"till\",\"external_id\":\"R-%d\",\"type\":\"order.refunded\","
                      "\"refund_of\":\"A-%d\",\"order\":{\"lines\":[{\"id\":\"1\",\"quantity\":%d}"
                      "]}}",
                      number, order, quantity)
        .p;
}

// ---- a return that missed its sale

static enum err ingest(struct test_shop *shop, struct tx *tx, const char *text,
                       struct event_out *ret_out)
{
    struct event_in in = shop_event(shop, text);
    return flow_ingest(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id}, &in,
                       &shop->problems, ret_out);
}

// Puts a return with the sale's name beside a sale that is there already.
struct planted {
    int number, order, quantity;
};

static enum err plant(struct test_shop *shop, struct tx *tx, void *ctx)
{
    const struct planted *planted = ctx;
    struct event_out out;
    struct parked_row row;
    struct event_key key = {STR("till"), str_printf(&shop->arena, "R-%d", planted->number),
                            STR("order.refunded")};
    // Parked under the name of an order that does not exist, then renamed.
    enum err e = ingest(shop, tx, back(shop, planted->number, -1, planted->quantity), &out);
    assert_int_equal(e, OK);
    assert_int_equal(out.outcome, EVENT_PARKED);
    assert_int_equal(store_parked_get(tx->db, shop->tenant_id, &key, &shop->arena, &row), OK);
    assert_int_equal(store_parked_delete(tx->db, shop->tenant_id, &key), OK);
    row.refund_of = str_printf(&shop->arena, "A-%d", planted->order);
    struct event_in in =
        shop_event(shop, back(shop, planted->number, planted->order, planted->quantity));
    row.payload = in.payload;
    row.fingerprint = in.fingerprint;
    return tx_wrote(tx, store_parked_insert(tx->db, shop->tenant_id, &row));
}

static void missed(struct test_shop *shop, int number, int order, int quantity)
{
    struct planted planted = {number, order, quantity};
    assert_int_equal(shop_write(shop, plant, &planted), OK);
}

// ---- looking

struct look {
    size_t n_parked;
    bool known; // the first of them has met its sale
};

static enum err look(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct look *look = ctx;
    struct parked_row *rows;
    enum err e =
        store_parked_list(tx->db, shop->tenant_id, NULL, 10000, &tx->arena, &rows, &look->n_parked);
    look->known = !e && look->n_parked && !id_is_nil(rows[0].member_id);
    return e;
}

static size_t waiting(struct test_shop *shop)
{
    struct look found;
    assert_int_equal(shop_write(shop, look, &found), OK);
    return found.n_parked;
}

static enum err sweep_once(struct test_shop *shop, struct tx *tx, void *ctx)
{
    return flow_unpark(tx, shop->tenant_id, 3, ctx);
}

static struct unparked sweep(struct test_shop *shop)
{
    struct unparked unparked;
    assert_int_equal(shop_write(shop, sweep_once, &unparked), OK);
    return unparked;
}

// ---- on every back end

static void test_a_return_that_missed_its_sale_happens_once(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, sale(&shop, 1));
    missed(&shop, 1, 1, 1);
    assert_int_equal(shop_available(&shop, "ada"), 300);
    struct unparked unparked = sweep(&shop);
    assert_int_equal(unparked.n, 1);
    assert_int_equal(shop_available(&shop, "ada"), 200);
    assert_int_equal(waiting(&shop), 0);
    assert_int_equal(sweep(&shop).n, 0);
    // The sender repeats what was answered "parked": it is the event now.
    assert_int_equal(shop_sent(&shop, back(&shop, 1, 1, 1)).outcome, EVENT_REPLAYED);
    assert_int_equal(shop_available(&shop, "ada"), 200);
    server_audit(&shop, NULL);
    shop_close(&shop);
}

static void test_who_never_meets_a_sale_does_not_hide_who_did(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, sale(&shop, 1));
    for (int i = 100; i < 110; i++)
        shop_sent(&shop, back(&shop, i, 9000 + i, 1));
    missed(&shop, 2, 1, 2); // "R-2" comes after "R-1xx"
    size_t n = 0;
    for (int round = 0; round < 4; round++)
        n += sweep(&shop).n;
    assert_int_equal(n, 1); // 3 at a time are looked at
    assert_int_equal(waiting(&shop), 10);
    assert_int_equal(shop_available(&shop, "ada"), 100);
    missed(&shop, 1, 1, 1); // comes first: found when it begins again
    for (int round = 0; round < 5; round++)
        n += sweep(&shop).n;
    assert_int_equal(n, 2);
    assert_int_equal(shop_available(&shop, "ada"), 0);
    server_audit(&shop, NULL);
    shop_close(&shop);
}

static void test_a_return_that_does_not_fit_is_tried_once(void **state)
{
    (void)state;
    struct test_shop shop;
    struct look found;
    shop_open(&shop, cafe);
    shop_sent(&shop, sale(&shop, 1));
    missed(&shop, 1, 1, 4);
    assert_int_equal(sweep(&shop).n, 0);
    assert_int_equal(shop_write(&shop, look, &found), OK);
    assert_true(found.n_parked == 1 && found.known);
    // The sale, too, tries what waits for it once.
    shop_sent(&shop, back(&shop, 2, 2, 4));
    shop_sent(&shop, sale(&shop, 2));
    struct db_fault calls = {.fail_at = -1};
    db_set_fault(store_writer(shop.store), &calls);
    assert_int_equal(sweep(&shop).n, 0);
    db_set_fault(store_writer(shop.store), NULL);
    assert_true(calls.n_calls <= 4); // begin, place, page, commit: nothing to decide
    assert_int_equal(waiting(&shop), 2);
    assert_int_equal(shop_available(&shop, "ada"), 600);
    server_audit(&shop, NULL);
    shop_close(&shop);
}

static void test_a_round_that_is_lost_is_made_again(void **state)
{
    (void)state;
    struct test_shop shop;
    struct tx tx;
    struct unparked unparked;
    shop_open(&shop, cafe);
    shop_sent(&shop, sale(&shop, 1));
    missed(&shop, 1, 1, 1);
    assert_int_equal(tx_begin(&tx, &shop.flow, store_writer(shop.store), true, &shop.ids), OK);
    assert_int_equal(flow_unpark(&tx, shop.tenant_id, 3, &unparked), OK);
    assert_int_equal(unparked.n, 1);
    if (fresh_wanted()) {
        fresh_cut(&shop.fresh);
        assert_int_not_equal(tx_commit(&tx), OK);
    } else {
        tx_rollback(&tx);
    }
    shop_restart(&shop);
    assert_int_equal(shop_available(&shop, "ada"), 300);
    assert_int_equal(sweep(&shop).n, 1);
    assert_int_equal(shop_available(&shop, "ada"), 200);
    server_audit(&shop, NULL);
    shop_close(&shop);
}

// ---- two servers

// The return looks for its sale, and the sale for what waits for it, before either is committed.
static void race(struct test_shop *shop, struct server *other, int number)
{
    struct tx one, two;
    struct event_out out;
    assert_int_equal(tx_begin(&one, &shop->flow, store_writer(shop->store), true, &shop->ids), OK);
    assert_int_equal(tx_begin(&two, &other->flow, store_writer(other->store), true, &other->ids),
                     OK);
    assert_int_equal(ingest(shop, &one, back(shop, number, number, 1), &out), OK);
    assert_int_equal(out.outcome, EVENT_PARKED);
    assert_int_equal(ingest(shop, &two, sale(shop, number), &out), OK);
    assert_int_equal(out.outcome, EVENT_APPLIED);
    assert_int_equal(tx_commit(number % 2 ? &one : &two), OK);
    assert_int_equal(tx_commit(number % 2 ? &two : &one), OK);
}

static void test_a_return_and_its_sale_that_come_to_two_servers_at_once_meet(void **state)
{
    (void)state;
    struct test_shop shop;
    struct server other, third;
    struct round rounds[2];
    if (!fresh_wanted())
        skip(); // one process writes
    shop_open(&shop, cafe);
    shop_sent(&shop, sale(&shop, 1000));
    server_open(&shop, &other);
    server_open(&shop, &third);
    shop.now_us += 2 * SECOND_US; // a process begins a little ahead of the one before (flow/tx.c)
    for (int number = 0; number < 20; number++)
        race(&shop, &other, number);
    assert_int_equal(waiting(&shop), 20);
    assert_int_equal(shop_available(&shop, "ada"), 21 * 300);
    // Both servers look at the same moment.
    round_start(&rounds[0], &other, job_unpark, shop.tenant_id);
    round_start(&rounds[1], &third, job_unpark, shop.tenant_id);
    assert_int_equal(round_end(&rounds[0]).n + round_end(&rounds[1]).n, 20);
    assert_int_equal(waiting(&shop), 0);
    assert_int_equal(shop_available(&shop, "ada"), 21 * 300 - 20 * 100);
    server_audit(&shop, NULL);
    server_close(&other);
    server_close(&third);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_return_that_missed_its_sale_happens_once),
        cmocka_unit_test(test_who_never_meets_a_sale_does_not_hide_who_did),
        cmocka_unit_test(test_a_return_that_does_not_fit_is_tried_once),
        cmocka_unit_test(test_a_round_that_is_lost_is_made_again),
        cmocka_unit_test(test_a_return_and_its_sale_that_come_to_two_servers_at_once_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
