// SPDX-License-Identifier: Apache-2.0
// history.c - see history.h.
//
// Layer: tests.
#include "history.h"

#include "flow/flow.h"
#include "flow/idempotency.h"
#include "flow/seal.h"

#include <stdio.h>

#define DAY_LATER INT64_C(86400000000)

static const char document[] =
    "{\"id\":\"luna\",\"name\":\"Luna\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P12M\"},\"shortfall\":\"debt\"}],"
    "\"rules\":["
    "{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":10,\"per\":100}}},"
    "{\"id\":\"rest\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":7,"
    "\"carry\":true}},\"pending\":{\"for\":\"P14D\"}},"
    "{\"id\":\"come\",\"on\":\"visit\",\"earn\":{\"points\":30},\"expiry\":{\"policy\":\"rolling\","
    "\"after\":\"P1W\"},\"limits\":[{\"times\":2,\"per\":\"member\",\"within\":\"month\"},"
    "{\"times\":50}]}],"
    "\"rewards\":[{\"id\":\"coffee\",\"name\":\"coffee\",\"cost\":{\"points\":100},"
    "\"gives\":{\"type\":\"product\",\"sku\":\"C\"},\"limits\":{\"stock\":20},\"hold_for\":\"P3D\"}"
    "]}";

static void send(struct history *history, const char *member, const char *id, const char *type,
                 const char *rest)
{
    char json[1000];
    snprintf(json, sizeof json,
             "{\"source\":\"till\",\"external_id\":\"%s\",\"type\":\"%s\","
             "\"member\":{\"external_id\":\"%s\"}%s}",
             id, type, member, rest);
    shop_sent(&history->shop, json);
    history->shop.now_us += DAY_LATER;
}

#define TWO_LINES                                                                                  \
    ",\"order\":{\"lines\":[{\"id\":\"1\",\"sku\":\"A\",\"quantity\":3,\"unit_amount\":1000},"     \
    "{\"id\":\"2\",\"sku\":\"B\",\"quantity\":1,\"unit_amount\":2001}],\"discount\":100}"

static void buy(struct history *history, const char *member, const char *id)
{
    send(history, member, id, "order.paid", TWO_LINES);
}

static void give_back(struct history *history, const char *member, const char *id,
                      const char *order, const char *lines)
{
    char rest[300];
    snprintf(rest, sizeof rest, ",\"refund_of\":\"%s\"%s", order, lines);
    send(history, member, id, lines[0] ? "order.refunded" : "order.cancelled", rest);
}

// ---- steps without an event

enum spending { TAKE_BACK, CAPTURE, RELEASE };

struct step {
    struct id redemption_id;
    enum spending what;
    struct adjust_in adjust;
};

static enum err spend(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct step *step = ctx;
    struct caller by = {.tenant_id = shop->tenant_id};
    struct redemption_view view;
    if (step->what == CAPTURE)
        return flow_capture(tx, &shop->arena, by, step->redemption_id, &view);
    if (step->what == RELEASE)
        return flow_release(tx, &shop->arena, by, step->redemption_id, &view);
    return flow_reverse(tx, &shop->arena, by, step->redemption_id, &view);
}

static void finish(struct history *history, struct redemption_view redemption, enum spending what)
{
    struct step step = {.redemption_id = redemption.id, .what = what};
    assert_int_equal(shop_write(&history->shop, spend, &step), OK);
    history->shop.now_us += DAY_LATER;
}

static enum err correct(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct wallet wallet;
    struct caller by = {.tenant_id = shop->tenant_id};
    return flow_adjust(tx, by, &((struct step *)ctx)->adjust, &wallet);
}

static void adjust(struct history *history, struct id member_id, int64_t units)
{
    struct step step = {.adjust = {.member_id = member_id,
                                   .currency = STR("points"),
                                   .units = units,
                                   .note = STR("a test")}};
    assert_int_equal(shop_write(&history->shop, correct, &step), OK);
}

static enum err remember(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct idempotency request = {.tenant_id = shop->tenant_id,
                                  .key_id = 1,
                                  .key = str_of(ctx),
                                  .now_us = tx->now_us};
    struct stored_reply reply;
    struct final_reply answer = {.status = 201, .body = STR("{}")};
    enum err e = idempotency_begin(tx, &shop->arena, &request, &reply);
    return e ? e : idempotency_finish(tx, &request, &answer);
}

static enum err seal(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct seal_row made;
    return flow_seal(tx, shop->tenant_id, &((struct history *)ctx)->key, &made);
}

static enum err advance(struct test_shop *shop, struct tx *tx, void *ctx)
{
    size_t n;
    return flow_advance_due(tx, shop->tenant_id, 100, &n);
}

static void ada(struct history *history)
{
    struct test_shop *shop = &history->shop;
    buy(history, "ada", "A-1"); // 490 and 700 pending
    send(history, "ada", "V-1", "visit", "");
    finish(history, shop_redeem(shop, "ada", "coffee", true), CAPTURE);
    finish(history, shop_redeem(shop, "ada", "coffee", true), RELEASE);
    finish(history, shop_redeem(shop, "ada", "coffee", false), TAKE_BACK);
    shop_redeem(shop, "ada", "coffee", false);
    history->ada = shop_member(shop, "ada").id;
    adjust(history, history->ada, 50);
    adjust(history, history->ada, -20);
    buy(history, "ada", "A-2");
    give_back(history, "ada", "R-1", "A-2",
              ",\"order\":{\"lines\":[{\"id\":\"1\",\"quantity\":2}]}");
    give_back(history, "ada", "R-2", "A-1", "");
    assert_int_equal(shop_write(shop, remember, "key-1"), OK);
    give_back(history, "ada", "R-9", "A-9", ""); // its sale has not come
}

static void bob(struct history *history)
{
    struct test_shop *shop = &history->shop;
    buy(history, "bob", "B-1");
    history->bob = shop_member(shop, "bob").id;
    for (int i = 0; i < 4; i++)
        shop_redeem(shop, "bob", "coffee", false);
    give_back(history, "bob", "R-3", "B-1", ""); // he owes
    buy(history, "bob", "B-2");                  // and pays it back
    send(history, "bob", "V-2", "visit", "");    // will expire
}

void history_open(struct history *history)
{
    static const uint8_t seed[SIGN_SEED_BYTES] = {7};
    struct test_shop *shop = &history->shop;
    shop_open(shop, document);
    sign_key_of_seed(seed, &history->key);
    ada(history);
    bob(history);
    assert_int_equal(shop_write(shop, seal, history), OK);
    shop->now_us += 30 * DAY_LATER;
    assert_int_equal(shop_write(shop, advance, NULL), OK);
    buy(history, "ada", "A-3");
    shop_redeem(shop, "ada", "coffee", true); // stays held
    assert_int_equal(shop_write(shop, remember, "key-2"), OK);
    assert_int_equal(shop_write(shop, seal, history), OK);
    buy(history, "bob", "B-3"); // not sealed yet
}

void history_close(struct history *history)
{
    shop_close(&history->shop);
}
