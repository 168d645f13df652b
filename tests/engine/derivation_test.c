// SPDX-License-Identifier: Apache-2.0
// derivation_test.c - the JSON of a derivation is part of the ledger's hashes: its bytes never
// change.
#include "world.h"

#include "base/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct world world;

static int begin(void **unused)
{
    (void)unused;
    world_init(&world);
    world_program(
        &world,
        STR("{\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
            "\"shortfall\":\"debt\",\"debt_max\":3}],"
            "\"rules\":["
            "{\"id\":\"spend\",\"name\":{\"en\":\"every purchase\",\"fr\":\"chaque achat\"},"
            "\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":10,\"per\":100}},"
            "\"limits\":[{\"units\":50,\"per\":\"member\",\"within\":\"day\"}]},"
            "{\"id\":\"keep\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,"
            "\"per\":400,\"of\":\"net\",\"carry\":true}}},"
            "{\"id\":\"twice\",\"on\":\"order.paid\",\"multiply\":\"1.5\"},"
            "{\"id\":\"hello\",\"on\":\"visit\",\"earn\":{\"points\":7},"
            "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P1D\"}}],"
            "\"rewards\":[{\"id\":\"tea\",\"name\":{\"en\":\"tea\",\"fr\":\"thé\"},"
            "\"cost\":{\"points\":5},\"gives\":{\"type\":\"product\",\"sku\":\"TEA\"}}]}"));
    assert_true(world_time(&world, STR("2026-05-04T10:00"), &world.now_us));
    world_member(&world, STR("ada"));
    return 0;
}

static int end(void **unused)
{
    (void)unused;
    world_release(&world);
    return 0;
}

static void expect_json(size_t effect, const char *json)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, &world.arena);
    json_init(&out, &text);
    assert_true(effect < world.last.n_effects);
    derivation_json(&out, &world.last.effects[effect]);
    assert_string_equal(str_c(&world.arena, buf_text(&text)), json);
}

static void buy(const char *name, int64_t amount)
{
    struct order_line *lines = arena_new(&world.arena, 2 * sizeof *lines);
    lines[0] = (struct order_line){.id = STR("1"), .quantity = 1, .unit_amount = amount};
    lines[1] = (struct order_line){.id = STR("2"), .quantity = 1, .unit_amount = 0};
    struct order *order = ARENA_NEW(&world.arena, struct order);
    *order = (struct order){.currency = STR("EUR"), .lines = lines, .n_lines = 2};
    struct event event = {.source = STR("test"),
                          .type = STR("order.paid"),
                          .occurred_us = world.now_us,
                          .order = order};
    assert_int_equal(world_event(&world, str_of(name), &event), OK);
}

static void test_what_rules_give(void **unused)
{
    (void)unused;
    buy("o", 450);
    expect_json(0, "{\"reason\":\"rate\",\"version\":1,\"rule\":{\"id\":\"keep\"},"
                   "\"base\":{\"of\":\"net\",\"amount\":450,\"money\":\"EUR\"},"
                   "\"rate\":{\"units\":1,\"per\":400,\"rounding\":\"floor\",\"per_line\":false},"
                   "\"carry\":{\"in\":0,\"out\":50},\"exact\":1,"
                   "\"lines\":[{\"line\":\"1\",\"units\":1}]}");
    expect_json(1, "{\"reason\":\"rate\",\"version\":1,\"rule\":{\"id\":\"spend\","
                   "\"en\":\"every purchase\",\"fr\":\"chaque achat\"},"
                   "\"base\":{\"of\":\"paid\",\"amount\":450,\"money\":\"EUR\"},"
                   "\"rate\":{\"units\":10,\"per\":100,\"rounding\":\"floor\",\"per_line\":false},"
                   "\"exact\":45,\"lines\":[{\"line\":\"1\",\"units\":45}]}");
    expect_json(2, "{\"reason\":\"multiplier\",\"version\":1,\"rule\":{\"id\":\"twice\"},"
                   "\"factor\":{\"num\":3,\"den\":2,\"rounding\":\"floor\",\"of_units\":46},"
                   "\"exact\":23,\"lines\":[{\"line\":\"1\",\"units\":23}]}");
    buy("p", 450);
    expect_json(1, "{\"reason\":\"rate\",\"version\":1,\"rule\":{\"id\":\"spend\","
                   "\"en\":\"every purchase\",\"fr\":\"chaque achat\"},"
                   "\"base\":{\"of\":\"paid\",\"amount\":450,\"money\":\"EUR\"},"
                   "\"rate\":{\"units\":10,\"per\":100,\"rounding\":\"floor\",\"per_line\":false},"
                   "\"exact\":45,\"clips\":[{\"by\":\"limit\",\"rule\":\"spend\","
                   "\"scope\":\"member\",\"window\":\"day\",\"counts\":\"units\",\"max\":50,"
                   "\"used\":45,\"wanted\":45,\"given\":5}],"
                   "\"lines\":[{\"line\":\"1\",\"units\":5}]}");
}

static void test_what_spending_and_time_do(void **unused)
{
    (void)unused;
    struct event visit = {.source = STR("test"), .type = STR("visit"), .occurred_us = world.now_us};
    assert_int_equal(world_event(&world, STR("v"), &visit), OK);
    expect_json(0, "{\"reason\":\"fixed\",\"version\":1,\"rule\":{\"id\":\"hello\"},\"exact\":7}");
    assert_int_equal(world_redeem(&world, STR("tea"), STR("h"), world.now_us + SECOND_US), OK);
    expect_json(0, "{\"reason\":\"reward\",\"version\":1,\"reward\":{\"id\":\"tea\","
                   "\"en\":\"tea\",\"fr\":\"thé\"},\"until_us\":1777881601000000}");
    world_advance(&world, world.now_us + SECOND_US);
    expect_json(0, "{\"reason\":\"hold_expired\",\"version\":1,\"reward\":{\"id\":\"tea\","
                   "\"en\":\"tea\",\"fr\":\"thé\"}}");
    assert_int_equal(world_redeem(&world, STR("tea"), STR("r"), 0), OK);
    expect_json(0, "{\"reason\":\"reward\",\"version\":1,\"reward\":{\"id\":\"tea\","
                   "\"en\":\"tea\",\"fr\":\"thé\"}}");
    assert_int_equal(world_reverse(&world, STR("r")), OK);
    expect_json(0, "{\"reason\":\"reversed\",\"version\":1,\"reward\":{\"id\":\"tea\","
                   "\"en\":\"tea\",\"fr\":\"thé\"}}");
    world_advance(&world, world.now_us + 2 * DAY_US);
    expect_json(0, "{\"reason\":\"expired\",\"version\":1,\"until_us\":1778018400000000}");
    assert_int_equal(world_adjust(&world, 0, 4, STR("say \"hi\"")), OK);
    expect_json(0, "{\"reason\":\"adjustment\",\"version\":1,\"note\":\"say \\\"hi\\\"\"}");
}

static void test_what_a_return_takes(void **unused)
{
    (void)unused;
    buy("o", 50);
    assert_int_equal(world_redeem(&world, STR("tea"), STR("r"), 0), OK);
    struct returned all[] = {{STR("1"), 1}, {STR("2"), 1}};
    assert_int_equal(world_refund(&world, STR("o"), all, 2), OK);
    assert_int_equal(world.last.n_effects, 2);
    expect_json(0, "{\"reason\":\"refund\",\"version\":1,\"rule\":{\"id\":\"spend\","
                   "\"en\":\"every purchase\",\"fr\":\"chaque achat\"},\"before\":5,\"after\":0,"
                   "\"carried\":0,\"forgiven\":0,\"exact\":5,"
                   "\"lines\":[{\"line\":\"1\",\"units\":5}]}");
    assert_int_equal(world.last.effects[1].kind, EFFECT_CLAWBACK_DEBT);
    buy("p", 10);
    expect_json(1, "{\"reason\":\"debt\",\"version\":1,\"before\":3,\"after\":2}");
}

static void test_words_are_one_for_one(void **unused)
{
    (void)unused;
    for (int a = 0; a < N_REASONS; a++) {
        for (int b = 0; b < a; b++)
            assert_string_not_equal(reason_code((enum reason)a), reason_code((enum reason)b));
    }
    assert_string_equal(earning_base_code(BASE_NET_OF_TAX), "net_of_tax");
    assert_string_equal(rounding_code(ROUND_HALF_EVEN), "half_even");
    assert_string_equal(limit_scope_code(LIMIT_STORE), "store");
    assert_string_equal(limit_window_code(WINDOW_EVER), "ever");
}

static void test_every_effect_has_its_line(void **unused)
{
    (void)unused;
    assert_null(effect_info_of_number(0));
    assert_null(effect_info_of_number(-1));
    assert_null(effect_info_of_number(16));
    assert_null(effect_info_of_number(INT64_MAX));
    for (int64_t number = 1; number <= 15; number++) {
        const struct effect_info *info = effect_info_of_number(number);
        assert_non_null(info);
        assert_int_equal(info->kind, number);
        assert_ptr_equal(info, effect_info(info->kind));
        assert_int_not_equal(info->debit, info->credit);
        assert_non_null(account_code(info->debit));
    }
    assert_string_equal(account_code(ACCOUNT_BREAKAGE), "breakage");
    assert_string_equal(effect_info(EFFECT_CLAWBACK_DEBT)->code, "clawback_debt");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_rules_give),           TEST(test_what_spending_and_time_do),
        TEST(test_what_a_return_takes),       TEST(test_words_are_one_for_one),
        TEST(test_every_effect_has_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
