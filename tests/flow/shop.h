// SPDX-License-Identifier: Apache-2.0
// shop.h - a tenant on a real store in a folder (on PostgreSQL, a schema) of its own, with a clock
// the test moves.
//
//   struct test_shop shop;
//   shop_open(&shop, DOCUMENT);
//   struct event_out out = shop_send(&shop, "{...}");
//   assert_int_equal(shop_available(&shop, "ada"), 90);
//   shop_close(&shop);
//
// Layer: tests.
#pragma once

#include "../store/fresh.h"

#include "flow/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test_shop {
    struct arena arena;
    char folder[64];
    struct fresh fresh; // on PostgreSQL
    struct env env;
    int64_t now_us;
    uint64_t dice;
    struct store *store;
    struct flow flow;
    struct id_source ids;
    int64_t tenant_id;
    enum err err; // of the last call
    struct problems problems;
};

// 2026-03-02T09:00:00Z, a Monday.
#define SHOP_START_US INT64_C(1772442000000000)

void shop_open(struct test_shop *shop, const char *document);
void shop_close(struct test_shop *shop);
// Closes the store and opens it again, as a restart does.
void shop_restart(struct test_shop *shop);

typedef enum err shop_step(struct test_shop *shop, struct tx *tx, void *ctx);
enum err shop_write(struct test_shop *shop, shop_step *step, void *ctx);

// An event given as JSON, as the API would hand it over; fails the test when it is none.
struct event_in shop_event(struct test_shop *shop, const char *json);
// Sends an event given as JSON; shop->err says how it ended.
struct event_out shop_send(struct test_shop *shop, const char *json);
// The same, and fails the test when it is refused.
struct event_out shop_sent(struct test_shop *shop, const char *json);
struct member_view shop_member(struct test_shop *shop, const char *external_id);
struct wallet shop_wallet(struct test_shop *shop, const char *external_id);
int64_t shop_available(struct test_shop *shop, const char *external_id);
struct redemption_view shop_redeem(struct test_shop *shop, const char *external_id,
                                   const char *reward_id, bool hold);
// Rows of the member's ledger, newest first.
size_t shop_ledger(struct test_shop *shop, const char *external_id,
                   struct entry_view **ret_entries);
void shop_apply(struct test_shop *shop, const char *document);
