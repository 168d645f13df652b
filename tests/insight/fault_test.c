// SPDX-License-Identifier: Apache-2.0
// fault_test.c - the n-th call to the database fails, for every n, in every use case.
//
// Each time the use case either happened whole or left no trace: every table is as it was, and the
// auditor finds nothing.  An unknown outcome may be either, and a retry makes it happen once.  The
// same on every back end.
//
// Layer: tests.
#include "history.h"

#include "base/hash.h"
#include "flow/event_in.h"
#include "flow/flow.h"
#include "flow/idempotency.h"
#include "flow/seal.h"
#include "insight/audit.h"
#include "sim/state_hash.h"
#include "store/events.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

// A use case, and what it needs to know.
struct trial {
    const char *name;
    shop_step *step;
    struct history *history;
    const char *text; // an event, a reward, a document
    struct id redemption_id;
};

// ---- use cases

static struct caller by(const struct test_shop *shop)
{
    return (struct caller){.tenant_id = shop->tenant_id};
}

static enum err send(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct event_in in = shop_event(shop, ((struct trial *)ctx)->text);
    struct event_out out;
    return flow_ingest(tx, &shop->arena, by(shop), &in, &shop->problems, &out);
}

static enum err enrol(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct member_in in = {.external_id = STR("eve"),
                           .email = STR("eve@example.org"),
                           .name = STR("Eve"),
                           .attributes = STR("{}"),
                           .metadata = STR("{}")};
    struct member_view view;
    bool created;
    problems_init(&shop->problems, &shop->arena);
    return flow_enrol(tx, &shop->arena, by(shop), &in, &shop->problems, &view, &created);
}

static enum err redeem_as(struct test_shop *shop, struct tx *tx, bool hold)
{
    struct redeem_in in = {.member = {.external_id = STR("ada")},
                           .reward_id = STR("coffee"),
                           .hold = hold};
    struct redemption_view view;
    struct shortage shortage;
    return flow_redeem(tx, &shop->arena, by(shop), &in, &view, &shortage);
}

static enum err redeem(struct test_shop *shop, struct tx *tx, void *ctx)
{
    return redeem_as(shop, tx, false);
}

static enum err hold(struct test_shop *shop, struct tx *tx, void *ctx)
{
    return redeem_as(shop, tx, true);
}

static enum err capture(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct redemption_view view;
    return flow_capture(tx, &shop->arena, by(shop), ((struct trial *)ctx)->redemption_id, &view);
}

static enum err release(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct redemption_view view;
    return flow_release(tx, &shop->arena, by(shop), ((struct trial *)ctx)->redemption_id, &view);
}

static enum err reverse(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct redemption_view view;
    return flow_reverse(tx, &shop->arena, by(shop), ((struct trial *)ctx)->redemption_id, &view);
}

static enum err adjust(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct adjust_in in = {.member_id = ((struct trial *)ctx)->history->ada,
                           .currency = STR("points"),
                           .units = 11,
                           .note = STR("a fault")};
    struct wallet wallet;
    return flow_adjust(tx, by(shop), &in, &wallet);
}

static enum err advance(struct test_shop *shop, struct tx *tx, void *ctx)
{
    size_t n;
    return flow_advance_due(tx, shop->tenant_id, 100, &n);
}

static enum err unpark(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct unparked unparked;
    return flow_unpark(tx, shop->tenant_id, 10, &unparked);
}

static enum err apply(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct program_problems problems;
    struct version_view version;
    struct apply_in in = {.document = str_of(((struct trial *)ctx)->text),
                          .author = STR("test"),
                          .note = STR("")};
    return flow_apply(tx, &shop->arena, by(shop), &in, &problems, &version);
}

static enum err seal(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct seal_row made;
    return flow_seal(tx, shop->tenant_id, &((struct trial *)ctx)->history->key, &made);
}

static enum err make_key(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct key_in in = {.name = STR("till"), .scopes = 1};
    struct key_view key;
    struct str text;
    return flow_key_create(tx, &shop->arena, by(shop), &in, &key, &text);
}

// With its remembered reply, as the API does it.
static enum err remembered(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct idempotency request = {.tenant_id = shop->tenant_id,
                                  .key_id = 1,
                                  .key = STR("fault"),
                                  .now_us = tx->now_us};
    struct stored_reply reply;
    struct final_reply answer = {.status = 201, .body = STR("{\"done\":true}")};
    enum err e = idempotency_begin(tx, &shop->arena, &request, &reply);
    if (!e && reply.status == 0)
        e = redeem_as(shop, tx, false);
    return e ? e : idempotency_finish(tx, &request, &answer);
}

// ---- what a database holds

static void add_value(struct buf *bytes, sqlite3_stmt *row, int column)
{
    int n = sqlite3_column_bytes(row, column);
    buf_i64(bytes, sqlite3_column_type(row, column));
    buf_i64(bytes, n);
    buf_put(bytes, n ? sqlite3_column_blob(row, column) : "", (size_t)n);
}

static void add_table(sqlite3 *db, struct buf *bytes, const char *table)
{
    char sql[200];
    sqlite3_stmt *row;
    // How far the clock may run ahead is nothing that happened.
    snprintf(sql, sizeof sql, "SELECT * FROM %s%s ORDER BY 1, 2, 3", table,
             strcmp(table, "setting") == 0 ? " WHERE name <> 'clock_us'" : "");
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK) {
        snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    }
    while (sqlite3_step(row) == SQLITE_ROW)
        for (int column = 0; column < sqlite3_column_count(row); column++)
            add_value(bytes, row, column);
    sqlite3_finalize(row);
}

static struct hash digest_of_file(struct history *history)
{
    char path[100];
    sqlite3 *db;
    sqlite3_stmt *tables;
    struct arena arena;
    struct buf bytes;
    arena_init(&arena, (size_t)64 << 20);
    buf_init(&bytes, &arena);
    snprintf(path, sizeof path, "%s/habitue.db", history->shop.folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_master WHERE type = 'table' "
                                        "AND name NOT LIKE 'sqlite%' ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        add_table(db, &bytes, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    sqlite3_close(db);
    struct str text = buf_text(&bytes);
    struct hash hash = hash_sha256(text.p, text.n);
    arena_release(&arena);
    return hash;
}

// A tenant's tables, by a connection of its own.
static struct hash digest_of_tenant(struct history *history)
{
    struct state_hash state;
    struct arena arena;
    struct db *db;
    arena_init(&arena, (size_t)64 << 20);
    assert_int_equal(store_reader_open(history->shop.store, &db), OK);
    state_hash(db, &arena, history->shop.tenant_id, false, &state);
    db_close(db);
    arena_release(&arena);
    return hash_sha256(&state, sizeof state);
}

static struct hash digest(struct history *history)
{
    return fresh_wanted() ? digest_of_tenant(history) : digest_of_file(history);
}

static bool same(struct hash a, struct hash b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

static void audit(struct history *history, const char *name)
{
    struct audit_options options = {.public_key = history->key.public_key};
    struct audit_report report;
    struct arena arena;
    struct db *db;
    arena_init(&arena, (size_t)64 << 20);
    assert_int_equal(store_reader_open(history->shop.store, &db), OK);
    assert_int_equal(audit_run(db, &arena, &options, &report), OK);
    if (report.n_findings)
        print_error("%s: %.*s", name, STR_FMT(audit_text(&arena, &report, STR("en"))));
    assert_int_equal(report.n_findings, 0);
    db_close(db);
    arena_release(&arena);
}

// ---- the sweep

static enum err attempt(struct history *history, const struct trial *trial, struct db_fault *fault)
{
    struct db *writer = store_writer(history->shop.store);
    db_set_fault(writer, fault);
    enum err e = shop_write(&history->shop, trial->step, (void *)trial);
    db_set_fault(store_writer(history->shop.store), NULL);
    return e;
}

// Fails one call after the other until all succeed; returns how many there were.
static int64_t sweep(struct history *history, const struct trial *trial, enum err err)
{
    struct hash before = digest(history);
    for (int64_t n = 1;; n++) {
        struct db_fault fault = {.fail_at = n, .err = err};
        enum err e = attempt(history, trial, &fault);
        if (e == OK && fault.n_calls < n) {
            audit(history, trial->name);
            return n - 1;
        }
        // A failure may be passed over only where it changes nothing.
        bool happened = !same(before, digest(history));
        if (e == ERR_OUTCOME_UNKNOWN) {
            shop_restart(&history->shop); // as the server does
            if (happened)
                return n;
        } else {
            if (e == OK || happened)
                fail_msg("%s: call %lld of it failed with %s, it answered %s and %s", trial->name,
                         (long long)n, err_info(err)->code, e ? err_info(e)->code : "ok",
                         happened ? "left something" : "did nothing");
            shop_restart(&history->shop);
        }
        assert_true(n < 500);
        audit(history, trial->name);
    }
}

static struct id redeem_now(struct history *history, bool on_hold)
{
    struct redemption_view view = shop_redeem(&history->shop, "ada", "coffee", on_hold);
    assert_int_equal(history->shop.err, OK);
    return view.id;
}

#define ORDER(id)                                                                                  \
    "{\"source\":\"till\",\"external_id\":\"" id "\",\"type\":\"order.paid\",\"member\":"          \
    "{\"external_id\":\"ada\"},\"order\":{\"lines\":[{\"id\":\"1\",\"sku\":\"A\",\"quantity\":2,"  \
    "\"unit_amount\":25000}]}}"
#define REFUND(id, order)                                                                          \
    "{\"source\":\"till\",\"external_id\":\"" id "\",\"type\":\"order.refunded\",\"refund_of\":"   \
    "\"" order "\",\"order\":{\"lines\":[{\"id\":\"1\",\"quantity\":1}]}}"

// A return that waits though its sale is there, as two processes leave it behind.
static enum err miss(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct event_in in = shop_event(shop, REFUND("F-9", "A-99")), late;
    struct event_key key = {in.source, in.external_id, in.type};
    struct event_out out;
    struct parked_row row;
    assert_int_equal(flow_ingest(tx, &shop->arena, by(shop), &in, &shop->problems, &out), OK);
    assert_int_equal(store_parked_get(tx->db, shop->tenant_id, &key, &shop->arena, &row), OK);
    assert_int_equal(store_parked_delete(tx->db, shop->tenant_id, &key), OK);
    late = shop_event(shop, REFUND("F-9", "A-11"));
    row.refund_of = late.refund_of;
    row.payload = late.payload;
    row.fingerprint = late.fingerprint;
    return tx_wrote(tx, store_parked_insert(tx->db, shop->tenant_id, &row));
}

static int64_t sweep_all(struct history *history, enum err err, int *n_trials)
{
    static const struct {
        const char *name;
        shop_step *step;
        const char *text;
        int redemption; // 1: a hold, 2: a redemption is there before
    } trials[] = {
        {"a return before its sale", send, REFUND("F-0", "A-10"), 0},
        {"an order and the return that waited", send, ORDER("A-10"), 0},
        {"a partial return", send, REFUND("F-1", "A-10"), 0},
        {"an order", send, ORDER("A-11"), 0},
        {"a return that missed its sale", unpark, NULL, 0},
        {"a visit", send,
         "{\"source\":\"till\",\"external_id\":\"V-9\",\"type\":\"visit\",\"member\":"
         "{\"external_id\":\"new\"}}",
         0},
        {"enrol", enrol, NULL, 0},
        {"redeem", redeem, NULL, 0},
        {"redeem with a key", remembered, NULL, 0},
        {"hold", hold, NULL, 0},
        {"capture", capture, NULL, 1},
        {"release", release, NULL, 1},
        {"reverse", reverse, NULL, 2},
        {"adjust", adjust, NULL, 0},
        {"a new key", make_key, NULL, 0},
        {"apply", apply,
         "{\"id\":\"luna\",\"name\":\"Luna 2\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
         "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],"
         "\"rewards\":[{\"id\":\"coffee\",\"name\":\"coffee\",\"cost\":{\"points\":100},"
         "\"gives\":{\"type\":\"product\",\"sku\":\"C\"}}]}",
         0},
        {"seal", seal, NULL, 0},
        {"time", advance, NULL, 0},
    };
    int64_t n_calls = 0;
    *n_trials = (int)(sizeof trials / sizeof *trials);
    for (int i = 0; i < *n_trials; i++) {
        struct trial trial = {.name = trials[i].name,
                              .step = trials[i].step,
                              .history = history,
                              .text = trials[i].text};
        if (trials[i].redemption)
            trial.redemption_id = redeem_now(history, trials[i].redemption == 1);
        if (trials[i].step == unpark)
            assert_int_equal(shop_write(&history->shop, miss, NULL), OK);
        history->shop.now_us += INT64_C(3600000000);
        if (trials[i].step == advance)
            history->shop.now_us += INT64_C(86400000000) * 40;
        n_calls += sweep(history, &trial, err);
    }
    return n_calls;
}

static void sweep_with(enum err err)
{
    static struct history history;
    int n_trials;
    history_open(&history);
    int64_t n = sweep_all(&history, err, &n_trials);
    print_message("%d use cases, %lld calls failed with %s: all or nothing\n", n_trials,
                  (long long)n, err_info(err)->code);
    history_close(&history);
}

static void test_a_call_that_fails_leaves_no_trace(void **state)
{
    sweep_with(ERR_STORE_FAULT);
}

static void test_an_unknown_outcome_is_all_or_nothing(void **state)
{
    sweep_with(ERR_OUTCOME_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_that_fails_leaves_no_trace),
        cmocka_unit_test(test_an_unknown_outcome_is_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
