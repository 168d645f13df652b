// SPDX-License-Identifier: Apache-2.0
// flow_test.c - the use cases on a real store.
//
// Layer: tests.
#include "shop.h"

#include "base/calendar.h"
#include "flow/event_in.h"

#include <string.h>

static const char cafe[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P12M\"}}],"
    "\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"phase\":\"base\","
    "\"earn\":{\"points\":{\"units\":10,\"per\":100}}}],"
    "\"rewards\":[{\"id\":\"coffee\",\"name\":\"Coffee\",\"cost\":{\"points\":500},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"COFFEE\"}}]}";

static const char generous[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P12M\"}}],"
    "\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"phase\":\"base\","
    "\"earn\":{\"points\":{\"units\":20,\"per\":100}}},"
    "{\"id\":\"welcome\",\"on\":\"member.enrolled\",\"phase\":\"base\",\"earn\":{\"points\":50}}],"
    "\"rewards\":[{\"id\":\"coffee\",\"name\":\"Coffee\",\"cost\":{\"points\":500},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"COFFEE\"}}]}";

static const char *order(struct test_shop *shop, const char *external_id, const char *member,
                         int64_t unit_amount, int64_t quantity)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"till-1\",\"external_id\":\"%s\",\"type\":\"order.paid\","
                      "\"member\":{\"external_id\":\"%s\"},\"order\":{\"currency\":\"EUR\","
                      "\"lines\":[{\"id\":\"1\",\"sku\":\"LATTE\",\"quantity\":%lld,"
                      "\"unit_amount\":%lld}]}}",
                      external_id, member, (long long)quantity, (long long)unit_amount)
        .p;
}

static const char *refund(struct test_shop *shop, const char *external_id, const char *of,
                          int64_t quantity)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"till-1\",\"external_id\":\"%s\",\"type\":\"order.refunded\","
                      "\"refund_of\":\"%s\",\"order\":{\"lines\":[{\"id\":\"1\",\"quantity\":%lld}"
                      "]}}",
                      external_id, of, (long long)quantity)
        .p;
}

static void test_an_order_becomes_points_that_can_be_spent(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    struct event_out out = shop_sent(&shop, order(&shop, "A-1", "ada", 450, 2));
    assert_int_equal(out.outcome, EVENT_APPLIED);
    assert_int_equal(shop_available(&shop, "ada"), 90);
    shop_redeem(&shop, "ada", "coffee", false);
    assert_int_equal(shop.err, ERR_INSUFFICIENT_BALANCE);
    shop_sent(&shop, order(&shop, "A-2", "ada", 5000, 1));
    struct redemption_view coffee = shop_redeem(&shop, "ada", "coffee", false);
    assert_int_equal(shop.err, OK);
    assert_true(str_eq(coffee.status, STR("redeemed")));
    assert_int_equal(shop_available(&shop, "ada"), 90);
    struct entry_view *entries;
    assert_int_equal(shop_ledger(&shop, "ada", &entries), 3);
    assert_string_equal(entries[0].info->code, "redeem");
    assert_true(entries[2].sentence.en.n > 0 && entries[2].sentence.fr.n > 0);
    shop_close(&shop);
}

static void test_an_event_sent_twice_happens_once(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    struct event_out first = shop_sent(&shop, order(&shop, "A-1", "ada", 450, 2));
    shop_restart(&shop);
    struct event_out again = shop_sent(&shop, order(&shop, "A-1", "ada", 450, 2));
    assert_int_equal(again.outcome, EVENT_REPLAYED);
    assert_true(str_eq(first.reply, again.reply));
    shop_send(&shop, order(&shop, "A-1", "ada", 451, 2));
    assert_int_equal(shop.err, ERR_EVENT_DIFFERS);
    assert_int_equal(shop_available(&shop, "ada"), 90);
    shop_close(&shop);
}

static void test_refunds_in_parts_equal_a_refund_at_once(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, order(&shop, "A-1", "ada", 333, 3));
    assert_int_equal(shop_available(&shop, "ada"), 99);
    shop_sent(&shop, refund(&shop, "R-1", "A-1", 1));
    assert_int_equal(shop_available(&shop, "ada"), 66);
    shop_sent(&shop, refund(&shop, "R-2", "A-1", 1));
    shop_sent(&shop, refund(&shop, "R-3", "A-1", 1));
    assert_int_equal(shop_available(&shop, "ada"), 0);
    shop_send(&shop, refund(&shop, "R-4", "A-1", 1));
    assert_int_equal(shop.err, ERR_REFUND_EXCEEDS_ORDER);
    shop_close(&shop);
}

static void test_a_return_before_its_sale_waits_for_it(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    struct event_out parked = shop_sent(&shop, refund(&shop, "R-1", "A-1", 1));
    assert_int_equal(parked.outcome, EVENT_PARKED);
    assert_int_equal(shop_sent(&shop, refund(&shop, "R-1", "A-1", 1)).outcome, EVENT_REPLAYED);
    shop_sent(&shop, order(&shop, "A-1", "ada", 450, 2));
    assert_int_equal(shop_available(&shop, "ada"), 45);
    assert_int_equal(shop_sent(&shop, refund(&shop, "R-1", "A-1", 1)).outcome, EVENT_REPLAYED);
    assert_int_equal(shop_available(&shop, "ada"), 45);
    shop_close(&shop);
}

static void test_units_expire_whether_or_not_a_job_ran(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, order(&shop, "A-1", "ada", 5000, 1));
    shop.now_us += 366 * DAY_US;
    assert_int_equal(shop_available(&shop, "ada"), 0);
    shop_redeem(&shop, "ada", "coffee", false);
    assert_int_equal(shop.err, ERR_INSUFFICIENT_BALANCE);
    struct entry_view *entries;
    assert_int_equal(shop_ledger(&shop, "ada", &entries), 2);
    assert_string_equal(entries[0].info->code, "expire");
    shop_close(&shop);
}

static void test_a_hold_that_runs_out_gives_its_units_back(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, order(&shop, "A-1", "ada", 5000, 1));
    shop_redeem(&shop, "ada", "coffee", true);
    assert_int_equal(shop.err, OK);
    assert_int_equal(shop_wallet(&shop, "ada").held, 500);
    assert_int_equal(shop_available(&shop, "ada"), 0);
    shop.now_us += DAY_US;
    assert_int_equal(shop_available(&shop, "ada"), 500);
    assert_int_equal(shop_wallet(&shop, "ada").held, 0);
    shop_close(&shop);
}

static void test_a_late_event_is_judged_by_the_version_of_its_day(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop.now_us += DAY_US;
    shop_apply(&shop, generous);
    shop.now_us += DAY_US;
    shop_sent(&shop, order(&shop, "A-1", "ada", 1000, 1));
    // 200 by the new rate and 50 for joining
    assert_int_equal(shop_available(&shop, "ada"), 250);
    const char *late =
        "{\"source\":\"till-1\",\"external_id\":\"A-0\",\"type\":\"order.paid\","
        "\"occurred_at\":\"2026-03-02T12:00:00Z\",\"member\":{\"external_id\":\"ada\"},"
        "\"order\":{\"lines\":[{\"id\":\"1\",\"quantity\":1,\"unit_amount\":1000}]}}";
    shop_sent(&shop, late);
    assert_int_equal(shop_available(&shop, "ada"), 350);
    shop_close(&shop);
}

// Two pieces of work of one batch: an order of yesterday, and a coffee at the price of today.
static enum err late_and_now(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct caller by = {.tenant_id = shop->tenant_id};
    struct event_in in;
    struct event_out out;
    struct redemption_view redemption;
    struct shortage shortage;
    struct redeem_in redeem = {.member = {.external_id = STR("ada")}, .reward_id = STR("coffee")};
    problems_init(&shop->problems, &shop->arena);
    assert_int_equal(event_in_read(&shop->arena, str_of(order(shop, "A-2", "ada", 100, 1)), &in),
                     OK);
    in.payload = STR("{}");
    in.occurred_us = tx->now_us - DAY_US;
    assert_int_equal(flow_ingest(tx, &shop->arena, by, &in, &shop->problems, &out), OK);
    enum err e = flow_redeem(tx, &shop->arena, by, &redeem, &redemption, &shortage);
    assert_int_equal(redemption.costs[0].units, 50);
    return e;
}

static void test_each_of_a_batch_is_judged_by_its_own_version(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, order(&shop, "A-1", "ada", 10000, 1));
    shop.now_us += 2 * DAY_US;
    struct str cheap = str_printf(&shop.arena, "%s", cafe);
    memcpy(strstr((char *)cheap.p, "500"), " 50", 3);
    shop_apply(&shop, cheap.p);
    assert_int_equal(shop_write(&shop, late_and_now, NULL), OK);
    assert_int_equal(shop_available(&shop, "ada"), 1000 + 10 - 50);
    shop_close(&shop);
}

static void test_times_out_of_range_are_refused_with_their_place(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    const char *times[] = {"1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-03-03T00:00:00Z",
                           "9999-12-31T23:59:59Z"};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        shop_send(&shop, str_printf(&shop.arena,
                                    "{\"source\":\"t\",\"external_id\":\"X\",\"type\":\"visit\","
                                    "\"occurred_at\":\"%s\",\"member\":{\"external_id\":\"ada\"}}",
                                    times[i])
                             .p);
        assert_int_equal(shop.err, ERR_INPUT_INVALID);
        assert_true(str_eq(shop.problems.first->pointer, STR("/occurred_at")));
    }
    shop_member(&shop, "ada");
    assert_int_equal(shop.err, ERR_NOT_FOUND); // a refusal enrols nobody
    shop_close(&shop);
}

struct rename {
    struct id member_id;
    struct member_view member;
};

static enum err rename_member(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct rename *rename = ctx;
    struct member_in in = {.name = STR("Ada"), .enrolled_us = WHEN_NOW};
    return flow_member_update(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id},
                              rename->member_id, &in, &shop->problems, &rename->member);
}

static void test_two_changes_in_one_instant_are_two_versions(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_sent(&shop, order(&shop, "A-1", "ada", 450, 2));
    struct rename rename = {.member_id = shop_member(&shop, "ada").id};
    int64_t version = shop_member(&shop, "ada").updated_us;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(shop_write(&shop, rename_member, &rename), OK);
        assert_true(rename.member.updated_us > version);
        version = rename.member.updated_us;
    }
    shop_close(&shop);
}

// An order by the programme that was applied in the same transaction, which is then taken back.
static enum err apply_in_vain(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct program_problems problems;
    struct version_view version;
    const struct program *program;
    struct caller by = {.tenant_id = shop->tenant_id};
    struct apply_in in = {.document = str_of(generous), .author = STR("test"), .note = STR("")};
    assert_int_equal(flow_apply(tx, &shop->arena, by, &in, &problems, &version), OK);
    assert_int_equal(tx_program(tx, shop->tenant_id, tx->now_us, &program), OK);
    assert_int_equal(program->version, version.version);
    assert_int_equal(program->n_rules, 2);
    return ERR_STORE_CONFLICT;
}

static void test_a_version_that_was_taken_back_judges_nothing(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    assert_int_equal(shop_write(&shop, apply_in_vain, NULL), ERR_STORE_CONFLICT);
    // Another document gets its number.
    struct str other = str_printf(&shop.arena, "%s ", cafe);
    shop_apply(&shop, other.p);
    shop_sent(&shop, order(&shop, "A-1", "ada", 1000, 1));
    assert_int_equal(shop_available(&shop, "ada"), 100);
    shop_close(&shop);
}

static void test_a_foreign_currency_is_refused(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, cafe);
    shop_send(&shop, "{\"source\":\"t\",\"external_id\":\"X\",\"type\":\"order.paid\","
                     "\"member\":{\"external_id\":\"ada\"},\"order\":{\"currency\":\"GBP\","
                     "\"lines\":[{\"id\":\"1\",\"quantity\":1,\"unit_amount\":100}]}}");
    assert_int_equal(shop.err, ERR_INPUT_INVALID);
    assert_true(str_eq(shop.problems.first->pointer, STR("/order/currency")));
    shop_close(&shop);
}

static const char tea_shop[] =
    "{\"id\":\"tea\",\"name\":\"Tea\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],"
    "\"rules\":[{\"id\":\"welcome\",\"on\":\"member.enrolled\",\"earn\":{\"points\":50},"
    "\"when\":\"member.attributes.?drink.orValue('') == 'tea'\"}],"
    "\"rewards\":[{\"id\":\"mug\",\"name\":\"Mug\",\"cost\":{\"points\":10},"
    "\"when\":\"member.attributes.?drink.orValue('') == 'mate'\","
    "\"gives\":{\"type\":\"product\",\"sku\":\"MUG\"}}]}";

// Joins, asks for the mug, drinks something else from now on and asks again.
static enum err change_taste(struct test_shop *shop, struct tx *tx, void *ctx)
{
    (void)ctx;
    struct caller by = {.tenant_id = shop->tenant_id};
    struct member_in in = {.external_id = STR("ada"),
                           .attributes = STR("{\"drink\":\"tea\"}"),
                           .enrolled_us = WHEN_NOW};
    struct member_view ada;
    bool created;
    assert_int_equal(flow_enrol(tx, &shop->arena, by, &in, &shop->problems, &ada, &created), OK);
    struct redeem_in mug = {.member = {.id = ada.id}, .reward_id = STR("mug")};
    struct redemption_view view;
    struct shortage shortage;
    assert_int_equal(flow_redeem(tx, &shop->arena, by, &mug, &view, &shortage), ERR_NOT_ELIGIBLE);
    in = (struct member_in){.attributes = STR("{\"drink\":\"mate\"}"), .enrolled_us = WHEN_NOW};
    enum err e = flow_member_update(tx, &shop->arena, by, ada.id, &in, &shop->problems, &ada);
    assert_int_equal(e, OK);
    return flow_redeem(tx, &shop->arena, by, &mug, &view, &shortage);
}

static void test_conditions_see_what_is_known_of_a_member(void **state)
{
    (void)state;
    struct test_shop shop;
    shop_open(&shop, tea_shop);
    assert_int_equal(shop_write(&shop, change_taste, NULL), OK);
    assert_int_equal(shop_available(&shop, "ada"), 40);
    shop_restart(&shop);
    shop_redeem(&shop, "ada", "mug", false);
    assert_int_equal(shop.err, OK);
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_becomes_points_that_can_be_spent),
        cmocka_unit_test(test_an_event_sent_twice_happens_once),
        cmocka_unit_test(test_refunds_in_parts_equal_a_refund_at_once),
        cmocka_unit_test(test_a_return_before_its_sale_waits_for_it),
        cmocka_unit_test(test_units_expire_whether_or_not_a_job_ran),
        cmocka_unit_test(test_a_hold_that_runs_out_gives_its_units_back),
        cmocka_unit_test(test_a_late_event_is_judged_by_the_version_of_its_day),
        cmocka_unit_test(test_each_of_a_batch_is_judged_by_its_own_version),
        cmocka_unit_test(test_times_out_of_range_are_refused_with_their_place),
        cmocka_unit_test(test_two_changes_in_one_instant_are_two_versions),
        cmocka_unit_test(test_a_version_that_was_taken_back_judges_nothing),
        cmocka_unit_test(test_a_foreign_currency_is_refused),
        cmocka_unit_test(test_conditions_see_what_is_known_of_a_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
