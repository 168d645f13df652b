// SPDX-License-Identifier: Apache-2.0
// shop.c - a tenant on a real store in a folder of its own, with a clock the test moves.
//
// Layer: tests.
#include "shop.h"

#include "flow/event_in.h"
#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test_shop *shop_of(const struct env *env)
{
    return env->ctx;
}

static int64_t test_now_us(const struct env *env)
{
    return shop_of(env)->now_us;
}

static void test_random(const struct env *env, void *bytes, size_t n)
{
    unsigned char *p = bytes;
    struct test_shop *shop = shop_of(env);
    for (size_t i = 0; i < n; i++) {
        shop->dice = shop->dice * 6364136223846793005u + 1442695040888963407u;
        p[i] = (unsigned char)(shop->dice >> 56);
    }
}

static void open_store(struct test_shop *shop)
{
    struct store_config config = {.data_dir = str_of(shop->folder),
                                  .cache_bytes = 8 << 20,
                                  .database = shop->fresh.url,
                                  .create = true};
    assert_int_equal(store_open(&config, &shop->store), OK);
    assert_int_equal(flow_open(&shop->flow, shop->store, &shop->env), OK);
    id_source_init(&shop->ids, &shop->env);
}

struct apply_step {
    const char *document;
    bool new_tenant;
};

static enum err apply(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct apply_step *step = ctx;
    if (step->new_tenant) {
        enum err e = flow_tenant_create(tx, STR("demo"), &shop->tenant_id);
        if (e)
            return e;
    }
    struct program_problems problems;
    struct version_view version;
    struct apply_in in = {.document = str_of(step->document),
                          .author = STR("test"),
                          .note = STR("")};
    enum err e = flow_apply(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id}, &in,
                            &problems, &version);
    for (size_t i = 0; e && i < problems.n; i++)
        print_error("%.*s: %.*s\n", STR_FMT(problems.list[i].pointer),
                    STR_FMT(problems.list[i].detail));
    return e;
}

void shop_open(struct test_shop *shop, const char *document)
{
    *shop = (struct test_shop){.now_us = SHOP_START_US, .dice = 1};
    shop->env = (struct env){.now_us = test_now_us,
                             .monotonic_us = test_now_us,
                             .random = test_random,
                             .ctx = shop};
    arena_init(&shop->arena, (size_t)256 << 20);
    snprintf(shop->folder, sizeof shop->folder, "/tmp/habitue-test-XXXXXX");
    assert_non_null(mkdtemp(shop->folder));
    if (fresh_wanted())
        shop->fresh = fresh_open(&shop->arena);
    open_store(shop);
    struct apply_step step = {.document = document, .new_tenant = true};
    assert_int_equal(shop_write(shop, apply, &step), OK);
}

void shop_apply(struct test_shop *shop, const char *document)
{
    struct apply_step step = {.document = document};
    assert_int_equal(shop_write(shop, apply, &step), OK);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void close_store(struct test_shop *shop)
{
    flow_close(&shop->flow);
    store_close(shop->store);
}

void shop_close(struct test_shop *shop)
{
    close_store(shop);
    if (fresh_wanted())
        fresh_close(&shop->fresh);
    nftw(shop->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_release(&shop->arena);
}

void shop_restart(struct test_shop *shop)
{
    close_store(shop);
    open_store(shop);
}

enum err shop_write(struct test_shop *shop, shop_step *step, void *ctx)
{
    struct tx tx;
    enum err e = tx_begin(&tx, &shop->flow, store_writer(shop->store), true, &shop->ids);
    if (e)
        return e;
    e = step(shop, &tx, ctx);
    if (e && (tx.broken || tx.n_writes)) {
        tx_rollback(&tx);
        return e;
    }
    enum err committed = tx_commit(&tx);
    return e ? e : committed;
}

// ---- events

struct send_step {
    const char *json;
    struct event_out out;
};

static enum err send_event(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct send_step *step = ctx;
    const struct json *json;
    problems_init(&shop->problems, &shop->arena);
    enum err e =
        json_parse(&shop->arena, str_of(step->json), &json_limits_request, &shop->problems, &json);
    if (e)
        return e;
    struct event_body *body = ARENA_NEW(&shop->arena, struct event_body);
    struct event_in in;
    if (!shape_read(&shape_event_in, json, &shop->problems, body) ||
        !event_in_of(&shop->arena, body, json, STR_NONE, &shop->problems, &in))
        return ERR_INPUT_INVALID;
    e = flow_ingest(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id}, &in,
                    &shop->problems, &step->out);
    if (!e) // it lives longer than the transaction
        step->out.reply = str_dup(&shop->arena, step->out.reply);
    return e;
}

struct event_in shop_event(struct test_shop *shop, const char *text)
{
    const struct json *json;
    struct event_body *body = ARENA_NEW(&shop->arena, struct event_body);
    struct event_in in;
    problems_init(&shop->problems, &shop->arena);
    assert_int_equal(json_parse(&shop->arena, str_of(text), &json_limits_request, &shop->problems,
                                &json),
                     OK);
    assert_true(shape_read(&shape_event_in, json, &shop->problems, body));
    assert_true(event_in_of(&shop->arena, body, json, STR_NONE, &shop->problems, &in));
    return in;
}

struct event_out shop_send(struct test_shop *shop, const char *json)
{
    struct send_step step = {.json = json};
    shop->err = shop_write(shop, send_event, &step);
    return step.out;
}

struct event_out shop_sent(struct test_shop *shop, const char *json)
{
    struct event_out out = shop_send(shop, json);
    for (struct problem *p = shop->problems.first; shop->err && p; p = p->next)
        print_error("%.*s: %.*s\n", STR_FMT(p->pointer), STR_FMT(p->detail));
    assert_int_equal(shop->err, OK);
    return out;
}

// ---- members

struct find_step {
    const char *external_id;
    struct member_view member;
    struct wallet wallet;
    struct entry_view *entries;
    size_t n_entries;
};

static enum err find(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct find_step *step = ctx;
    struct member_ref ref = {.external_id = str_of(step->external_id)};
    enum err e = flow_member_find(tx, &shop->arena, shop->tenant_id, &ref, &step->member);
    struct wallets_view view;
    if (!e)
        e = flow_wallets(tx, &shop->arena, shop->tenant_id, step->member.id, &view);
    if (e)
        return e;
    step->wallet = view.wallets[0];
    struct ledger_in in = {.member_id = step->member.id, .limit = 1000};
    return flow_ledger(tx, &shop->arena, shop->tenant_id, &in, &step->entries, &step->n_entries);
}

static struct find_step found(struct test_shop *shop, const char *external_id)
{
    struct find_step step = {.external_id = external_id};
    shop->err = shop_write(shop, find, &step);
    return step;
}

struct member_view shop_member(struct test_shop *shop, const char *external_id)
{
    return found(shop, external_id).member;
}

struct wallet shop_wallet(struct test_shop *shop, const char *external_id)
{
    struct find_step step = found(shop, external_id);
    assert_int_equal(shop->err, OK);
    return step.wallet;
}

int64_t shop_available(struct test_shop *shop, const char *external_id)
{
    return shop_wallet(shop, external_id).available;
}

size_t shop_ledger(struct test_shop *shop, const char *external_id, struct entry_view **ret_entries)
{
    struct find_step step = found(shop, external_id);
    assert_int_equal(shop->err, OK);
    *ret_entries = step.entries;
    return step.n_entries;
}

// ---- redemptions

struct redeem_step {
    struct redeem_in in;
    struct redemption_view redemption;
    struct shortage shortage;
};

static enum err redeem(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct redeem_step *step = ctx;
    enum err e = flow_redeem(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id},
                             &step->in, &step->redemption, &step->shortage);
    step->redemption.wallets = NULL; // the transaction's
    step->redemption.program = NULL;
    return e;
}

struct redemption_view shop_redeem(struct test_shop *shop, const char *external_id,
                                   const char *reward_id, bool hold)
{
    struct redeem_step step = {.in = {.member = {.external_id = str_of(external_id)},
                                      .reward_id = str_of(reward_id),
                                      .hold = hold}};
    shop->err = shop_write(shop, redeem, &step);
    return step.redemption;
}
