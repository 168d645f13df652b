// SPDX-License-Identifier: Apache-2.0
// foresee_test.c - foreseeing changes nothing but time, and how much time a batch takes.
//
// Layer: tests.
#include "shop.h"

#include "flow/event_in.h"
#include "flow/foresee.h"
#include "flow/idempotency.h"
#include "store/members.h"
#include "store/store.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define N_KNOWN 50
#define WORKS_MAX 64

// Limits of both kinds, attributes and welcome units: whatever a decision may have to read.
static const char cafe[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P12M\"}}],"
    "\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"phase\":\"base\","
    "\"earn\":{\"points\":{\"units\":10,\"per\":100}}},"
    "{\"id\":\"welcome\",\"on\":\"member.enrolled\",\"phase\":\"base\",\"earn\":{\"points\":50}},"
    "{\"id\":\"first\",\"on\":\"order.paid\",\"phase\":\"base\",\"earn\":{\"points\":7},"
    "\"limits\":[{\"times\":60},{\"times\":2,\"per\":\"member\"}]}]}";

static const char plain[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P12M\"}}],"
    "\"rules\":[{\"id\":\"spend\",\"on\":\"order.paid\",\"phase\":\"base\","
    "\"earn\":{\"points\":{\"units\":10,\"per\":100}}}]}";

// ---- a batch of events, as the writer runs it

struct piece {
    const char *json; // of an event; NULL: an enrolment
    struct member_in enrol;
    struct str key; // STR_NONE: without Idempotency-Key
    struct event_body *body;
    struct event_in in;
    // what became of it
    enum err err;
    enum event_outcome outcome;
    struct id member_id;
    struct str reply;
};

struct batch_of_work {
    struct piece pieces[WORKS_MAX];
    size_t n;
    bool foresees;
};

static void add(struct batch_of_work *batch, const char *json)
{
    assert_true(batch->n < WORKS_MAX);
    batch->pieces[batch->n++] = (struct piece){.json = json};
}

static void read_piece(struct test_shop *shop, struct piece *piece)
{
    const struct json *json;
    struct problems problems;

    problems_init(&problems, &shop->arena);
    assert_int_equal(json_parse(&shop->arena, str_of(piece->json), &json_limits_request, &problems,
                                &json),
                     OK);
    piece->body = ARENA_NEW(&shop->arena, struct event_body);
    assert_true(shape_read(&shape_event_in, json, &problems, piece->body));
    assert_true(event_in_of(&shop->arena, piece->body, json, STR_NONE, &problems, &piece->in));
}

static struct idempotency idempotency_of(struct test_shop *shop, const struct tx *tx,
                                         const struct piece *piece)
{
    return (struct idempotency){.tenant_id = shop->tenant_id,
                                .key_id = 1,
                                .key = piece->key,
                                .fingerprint = piece->in.fingerprint,
                                .now_us = tx->now_us};
}

static void foresee(struct test_shop *shop, struct tx *tx, struct piece *piece)
{
    const struct event_body *body = piece->body;
    struct idempotency idempotency = idempotency_of(shop, tx, piece);

    if (piece->key.p)
        assert_int_equal(idempotency_foresee(tx, &idempotency), OK);
    if (!piece->json) {
        struct member_ref ref = {.external_id = piece->enrol.external_id,
                                 .email = piece->enrol.email};
        assert_int_equal(foresee_member(tx, shop->tenant_id, &ref), OK);
        return;
    }
    assert_int_equal(foresee_event_body(tx, shop->tenant_id, body), OK);
}

static enum err ingest(struct test_shop *shop, struct tx *tx, struct piece *piece)
{
    struct idempotency idempotency = idempotency_of(shop, tx, piece);
    struct stored_reply stored = {0};
    struct event_out out;
    enum err e = OK;

    problems_init(&shop->problems, &shop->arena);
    if (piece->key.p)
        e = idempotency_begin(tx, &shop->arena, &idempotency, &stored);
    assert_int_equal(stored.status, 0);
    if (!e)
        e = flow_ingest(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id}, &piece->in,
                        &shop->problems, &out);
    if (e)
        return e;
    piece->outcome = out.outcome;
    piece->member_id = out.member_id;
    piece->reply = str_dup(&shop->arena, out.reply);
    struct final_reply reply = {.status = 201, .body = out.reply, .event_id = out.event_id};
    return piece->key.p ? idempotency_finish(tx, &idempotency, &reply) : OK;
}

static enum err enrol(struct test_shop *shop, struct tx *tx, struct piece *piece)
{
    struct member_view member;
    bool created;

    problems_init(&shop->problems, &shop->arena);
    enum err e = flow_enrol(tx, &shop->arena, (struct caller){.tenant_id = shop->tenant_id},
                            &piece->enrol, &shop->problems, &member, &created);
    piece->member_id = e ? ID_NIL : member.id;
    return e;
}

static enum err run_batch(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct batch_of_work *batch = ctx;

    for (size_t i = 0; batch->foresees && i < batch->n; i++)
        foresee(shop, tx, &batch->pieces[i]);
    if (batch->foresees)
        assert_int_equal(foresee_ask(tx), OK);
    for (size_t i = 0; i < batch->n; i++) {
        struct piece *piece = &batch->pieces[i];
        tx->n_writes = 0;
        piece->err = piece->json ? ingest(shop, tx, piece) : enrol(shop, tx, piece);
        assert_false(tx->broken);
        assert_true(!piece->err || !tx->n_writes); // F1
    }
    tx->n_writes = 0;
    return OK;
}

// How often the connection waited for its server.
static int64_t commit_batch(struct test_shop *shop, struct batch_of_work *batch)
{
    struct db *db = store_writer(shop->store);

    for (size_t i = 0; i < batch->n; i++)
        if (batch->pieces[i].json)
            read_piece(shop, &batch->pieces[i]);
    int64_t before = db_round_trips(db);
    assert_int_equal(shop_write(shop, run_batch, batch), OK);
    return db_round_trips(db) - before;
}

// ---- events

static const char *event_of(struct test_shop *shop, const char *external_id, const char *member,
                            int amount)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"till-1\",\"external_id\":\"%s\",\"type\":\"order.paid\","
                      "\"member\":{%s},\"order\":{\"currency\":\"EUR\","
                      "\"lines\":[{\"id\":\"1\",\"sku\":\"LATTE\",\"quantity\":2,"
                      "\"unit_amount\":%d}]}}",
                      external_id, member, amount)
        .p;
}

static const char *numbered(struct test_shop *shop, const char *format, int i)
{
    // NOLINTNEXTLINE: each format below has one %d
    return str_printf(&shop->arena, "%s%d", format, i).p;
}

static const char *by_name(struct test_shop *shop, const char *external_id)
{
    return str_printf(&shop->arena, "\"external_id\":\"%s\"", external_id).p;
}

static const char *return_of(struct test_shop *shop, const char *external_id, const char *order)
{
    return str_printf(&shop->arena,
                      "{\"source\":\"till-1\",\"external_id\":\"%s\",\"type\":\"order.refunded\","
                      "\"refund_of\":\"%s\",\"order\":{\"lines\":[{\"id\":\"1\",\"quantity\":1}"
                      "]}}",
                      external_id, order)
        .p;
}

// Members k0, k1 ... with an order each.
static void make_known(struct test_shop *shop)
{
    for (int i = 0; i < N_KNOWN; i++)
        shop_sent(shop, event_of(shop, numbered(shop, "old-", i),
                                 by_name(shop, numbered(shop, "k", i)), 450 + i));
}

// ---- laws

static const char *by_id(struct test_shop *shop, const char *external_id)
{
    struct str id = id_text(&shop->arena, shop_member(shop, external_id).id, "mbr");

    return str_printf(&shop->arena, "\"id\":\"%.*s\"", STR_FMT(id)).p;
}

// waits: some of them wait for others.  Without, and by the plain programme, no write of the batch
// makes all answers be asked anew: each has to name what it changes.
static void everything_that_may_meet(struct test_shop *shop, struct batch_of_work *batch,
                                     bool waits)
{
    for (int i = 0; i < 13; i++) { // known by id, by name, and the same one again
        add(batch,
            event_of(shop, numbered(shop, "id-", i), by_id(shop, numbered(shop, "k", i)), 100 + i));
        add(batch, event_of(shop, numbered(shop, "name-", i),
                            by_name(shop, numbered(shop, "k", 15 - i)), 200 + i));
    }
    for (int i = 0; i < 6; i++) // new; each two times
        add(batch, event_of(shop, numbered(shop, "new-", i),
                            by_name(shop, numbered(shop, "n", i / 2)), 300 + i));
    for (int i = 0; i < 5; i++) // what was bought before comes back, one of them twice
        add(batch, return_of(shop, numbered(shop, "back-", i), numbered(shop, "old-", i / 2)));
    // An order and its return; a return, its order, and another return.
    add(batch, event_of(shop, "both", by_name(shop, "k20"), 900));
    add(batch, return_of(shop, "both-back", "both"));
    if (waits)
        add(batch, return_of(shop, "early-back", "late"));
    add(batch, event_of(shop, "late", by_name(shop, "k21"), 800));
    add(batch, return_of(shop, "early-again", "late"));
    add(batch, event_of(shop, "late-new", by_name(shop, "fresh"), 800));
    if (waits)
        add(batch, return_of(shop, "never", "unknown-order"));
    // Again: from before, from this batch, and with another content.
    add(batch, event_of(shop, "old-3", by_name(shop, "k3"), 453));
    add(batch, event_of(shop, "name-2", by_name(shop, "k13"), 202));
    add(batch, event_of(shop, "name-3", by_name(shop, "k12"), 999));
    add(batch, return_of(shop, "back-0", "old-0"));
    if (waits)
        add(batch, return_of(shop, "never", "unknown-order"));
    // Somebody who enrols and is known by another name at once; and somebody before the enrolment.
    add(batch, event_of(shop, "before", "\"email\":\"max@example.org\"", 500));
    add(batch, NULL);
    batch->pieces[batch->n - 1].enrol = (struct member_in){.external_id = STR("zoe"),
                                                           .email = STR("zoe@example.org"),
                                                           .name = STR("Zoe"),
                                                           .enrolled_us = WHEN_NOW};
    add(batch, event_of(shop, "zoe-1", "\"email\":\"Zoe@Example.org\"", 600));
    add(batch, event_of(shop, "zoe-2", by_name(shop, "zoe"), 700));
    add(batch, NULL);
    batch->pieces[batch->n - 1].enrol = (struct member_in){.external_id = STR("max"),
                                                           .email = STR("max@example.org"),
                                                           .name = STR("Max"),
                                                           .enrolled_us = WHEN_NOW};
    add(batch, event_of(shop, "nobody", "\"code\":\"NOBODY-1\"", 600));
    assert_in_range(batch->n, 50, WORKS_MAX);
}

static void compare_ledgers(struct test_shop *a, struct test_shop *b, const char *external_id)
{
    struct entry_view *x, *y;
    size_t n = shop_ledger(a, external_id, &x);
    struct wallet one = shop_wallet(a, external_id), other = shop_wallet(b, external_id);

    assert_true(n > 0);
    assert_int_equal(shop_ledger(b, external_id, &y), n);
    assert_memory_equal(&one, &other, sizeof one);
    for (size_t i = 0; i < n; i++) // the hash is over all that an entry says, and all before it
        assert_memory_equal(&x[i].hash, &y[i].hash, sizeof x[i].hash);
}

static int64_t count_of(const struct batch_of_work *batch, enum event_outcome outcome)
{
    int64_t n = 0;

    for (size_t i = 0; i < batch->n; i++)
        n += batch->pieces[i].json && !batch->pieces[i].err && batch->pieces[i].outcome == outcome;
    return n;
}

static void compare_pieces(const struct batch_of_work *a, const struct batch_of_work *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct piece *x = &a->pieces[i], *y = &b->pieces[i];
        assert_int_equal(x->err, y->err);
        assert_int_equal(x->outcome, y->outcome);
        assert_true(id_eq(x->member_id, y->member_id));
        assert_true(str_eq(x->reply, y->reply));
    }
}

static void run_both(const char *document, bool waits)
{
    static const char *const names[] = {"n0", "n1", "n2", "fresh", "zoe"};
    static struct batch_of_work batches[2];
    static struct test_shop shops[2];

    memset(batches, 0, sizeof batches);
    for (int i = 0; i < 2; i++) {
        shop_open(&shops[i], document);
        make_known(&shops[i]);
        everything_that_may_meet(&shops[i], &batches[i], waits);
        batches[i].foresees = i == 1;
        commit_batch(&shops[i], &batches[i]);
    }
    compare_pieces(&batches[0], &batches[1]);
    assert_int_equal(count_of(&batches[0], EVENT_REPLAYED), waits ? 4 : 3);
    assert_int_equal(count_of(&batches[0], EVENT_PARKED), waits ? 2 : 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        compare_ledgers(&shops[0], &shops[1], names[i]);
    for (int i = 0; i < N_KNOWN; i++)
        compare_ledgers(&shops[0], &shops[1], numbered(&shops[0], "k", i));
    for (int i = 0; i < 2; i++)
        shop_close(&shops[i]);
}

static void test_a_batch_ends_the_same_with_and_without_foreseeing(void **state)
{
    (void)state;
    run_both(plain, false);
}

static void test_so_does_one_whose_events_wait_for_each_other_and_share_limits(void **state)
{
    (void)state;
    run_both(cafe, true);
}

static bool has_round_trips(struct test_shop *shop)
{
    return db_asks_ahead(store_writer(shop->store));
}

// Plain orders of members with a ledger, each of another one, with Idempotency-Key.
static int64_t round_trips_of(struct test_shop *shop, int n, bool foresees)
{
    static int n_batches;
    static struct batch_of_work batch;

    n_batches++;
    memset(&batch, 0, sizeof batch);
    batch.foresees = foresees;
    for (int i = 0; i < n; i++) {
        add(&batch, event_of(shop, numbered(shop, numbered(shop, "plain-", n_batches), 1000 + i),
                             by_name(shop, numbered(shop, "k", i)), 500 + i));
        batch.pieces[i].key = str_of(numbered(shop, numbered(shop, "key-", n_batches), 1000 + i));
    }
    int64_t taken = commit_batch(shop, &batch);
    for (int i = 0; i < n; i++)
        assert_int_equal(batch.pieces[i].err, OK);
    return taken;
}

// BEGIN; what is known by name; the members; all writes with COMMIT.
#define ROUND_TRIPS 4

static void test_a_batch_of_plain_orders_takes_four_round_trips_however_many_they_are(void **state)
{
    static const int sizes[] = {1, 10, 50};
    struct test_shop shop;
    (void)state;

    shop_open(&shop, plain);
    make_known(&shop);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t taken = round_trips_of(&shop, sizes[i], true);
        assert_int_equal(taken, has_round_trips(&shop) ? ROUND_TRIPS : 0);
    }
    // Each question by itself: the number that foreseeing is for.
    int64_t alone = round_trips_of(&shop, 10, false);
    assert_true(has_round_trips(&shop) ? alone > 5 * 10 : alone == 0);
    shop_close(&shop);
}

static int64_t round_trips_of_returns(struct test_shop *shop, int from, int n)
{
    static struct batch_of_work batch;

    memset(&batch, 0, sizeof batch);
    batch.foresees = true;
    for (int i = from; i < from + n; i++)
        add(&batch, return_of(shop, numbered(shop, "back-", i), numbered(shop, "old-", i)));
    int64_t taken = commit_batch(shop, &batch);
    assert_int_equal(count_of(&batch, EVENT_APPLIED), n);
    return taken;
}

static void test_so_does_a_batch_of_returns(void **state)
{
    struct test_shop shop;
    (void)state;

    shop_open(&shop, plain);
    make_known(&shop);
    int64_t wanted = has_round_trips(&shop) ? ROUND_TRIPS : 0;
    assert_int_equal(round_trips_of_returns(&shop, 0, 1), wanted);
    assert_int_equal(round_trips_of_returns(&shop, 1, N_KNOWN - 1), wanted);
    shop_close(&shop);
}

// ---- two writers that want the same members

#define N_WANTED 20

struct wanting {
    pthread_t thread;
    struct test_shop *shop;
    struct db *db;
    struct member_ref refs[N_WANTED];
    enum err err;
};

static void *want_all(void *arg)
{
    struct wanting *wanting = arg;
    struct tx tx;

    wanting->err = tx_begin(&tx, &wanting->shop->flow, wanting->db, true, &wanting->shop->ids);
    if (wanting->err)
        return NULL;
    for (int i = 0; !wanting->err && i < N_WANTED; i++)
        wanting->err = foresee_member(&tx, wanting->shop->tenant_id, &wanting->refs[i]);
    if (!wanting->err)
        wanting->err = foresee_ask(&tx);
    tx_rollback(&tx);
    return NULL;
}

static void open_wanting(struct test_shop *shop, struct wanting *wanting, bool backwards)
{
    *wanting = (struct wanting){.shop = shop};
    assert_int_equal(store_writer_open(shop->store, &wanting->db), OK);
    for (int i = 0; i < N_WANTED; i++) { // some by id, some by name
        int k = backwards ? N_WANTED - 1 - i : i;
        const char *name = numbered(shop, "k", k);
        wanting->refs[i] = k % 2 ? (struct member_ref){.id = shop_member(shop, name).id}
                                 : (struct member_ref){.external_id = str_of(name)};
    }
}

// Somebody holds the one in the middle until both have locked what comes before it in their order:
// with two orders each would have what the other needs next.
static void want_at_once(struct test_shop *shop, struct wanting both[2])
{
    struct db *holder = store_writer(shop->store);
    struct id middle = shop_member(shop, numbered(shop, "k", N_WANTED / 2)).id;
    struct timespec pause = {.tv_nsec = 200000000}; // less than a lock is waited for
    struct member_row member;

    assert_int_equal(db_begin(holder), OK);
    assert_int_equal(store_member_lock(holder, shop->tenant_id, middle, &shop->arena, &member), OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&both[i].thread, NULL, want_all, &both[i]), 0);
    nanosleep(&pause, NULL);
    db_rollback(holder);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(both[i].thread, NULL), 0);
}

static void test_two_writers_with_the_same_members_are_never_in_each_others_way(void **state)
{
    static struct wanting both[2];
    static struct test_shop shop;
    (void)state;

    shop_open(&shop, plain);
    if (!store_is_shared(shop.store)) {
        shop_close(&shop);
        skip();
    }
    make_known(&shop);
    for (int i = 0; i < 2; i++)
        open_wanting(&shop, &both[i], i == 1);
    want_at_once(&shop, both);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(both[i].err, OK);
        db_close(both[i].db);
    }
    shop_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_ends_the_same_with_and_without_foreseeing),
        cmocka_unit_test(test_so_does_one_whose_events_wait_for_each_other_and_share_limits),
        cmocka_unit_test(test_a_batch_of_plain_orders_takes_four_round_trips_however_many_they_are),
        cmocka_unit_test(test_so_does_a_batch_of_returns),
        cmocka_unit_test(test_two_writers_with_the_same_members_are_never_in_each_others_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
