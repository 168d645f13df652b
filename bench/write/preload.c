// SPDX-License-Identifier: Apache-2.0
// preload.c - fills a data folder for the benches: members, and events of theirs in random order.
//
//   preload DIR N_MEMBERS N_EVENTS IDS_FILE
//   preload DIR N_MEMBERS               without HTTP: events in groups of 100, for SECONDS_EACH
//
// DIR is what "habitue init --demo" has made, or the postgres:// address of such a database.
// Members m0000000 ... are enrolled and events are ingested by the same functions that the server
// calls, in large transactions; IDS_FILE gets the ids of ten thousand members.  Nothing is
// shortened: the tables end as a million requests would leave them.  The second form measures the
// use case alone, as the writer thread runs it, and prints events=... (a second).
#include "flow/event_in.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH 10000
#define GROUP 100
#define N_IDS 10000
#define CACHE_BYTES ((int64_t)3 << 30)

struct preload {
    struct store *store;
    struct flow flow;
    struct id_source ids;
    int64_t tenant_id;
    int64_t n_members;
    FILE *ids_file;
    uint64_t dice;
    const char *prefix; // of the names of events
};

static void check(enum err e, const char *what)
{
    if (!e)
        return;
    fprintf(stderr, "preload: %s: %s\n", what, err_info(e)->code);
    exit(1);
}

static int64_t roll(struct preload *preload, int64_t n)
{
    preload->dice = preload->dice * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((preload->dice >> 33) % (uint64_t)n);
}

static void enrol(struct preload *preload, struct tx *tx, struct arena *arena, int64_t number)
{
    struct problems problems;
    struct member_view member;
    bool created;
    problems_init(&problems, arena);
    struct member_in in = {.external_id = str_printf(arena, "m%07lld", (long long)number),
                           .enrolled_us = WHEN_NOW};
    check(flow_enrol(tx, arena, (struct caller){.tenant_id = preload->tenant_id}, &in, &problems,
                     &member, &created),
          "enrol");
    if (number % (preload->n_members / N_IDS + 1) == 0)
        fprintf(preload->ids_file, "%.*s\n", STR_FMT(id_text(arena, member.id, "mbr")));
}

static void send(struct preload *preload, struct tx *tx, struct arena *arena, int64_t number)
{
    struct problems problems;
    const struct json *json;
    struct event_body *body = ARENA_NEW(arena, struct event_body);
    struct event_in in;
    struct event_out out;
    struct str text = str_printf(
        arena,
        "{\"source\":\"till-%lld\",\"external_id\":\"%s-%09lld\",\"type\":\"order.paid\","
        "\"member\":{\"external_id\":\"m%07lld\"},\"store\":\"paris-1\",\"channel\":\"in_store\","
        "\"order\":{\"currency\":\"EUR\",\"lines\":[{\"id\":\"1\",\"sku\":\"LATTE\","
        "\"category\":\"drinks\",\"quantity\":%lld,\"unit_amount\":450},{\"id\":\"2\","
        "\"sku\":\"BAGEL\",\"category\":\"food\",\"quantity\":1,\"unit_amount\":%lld}],"
        "\"discount\":0}}",
        (long long)roll(preload, 16), preload->prefix, (long long)number,
        (long long)roll(preload, preload->n_members), (long long)roll(preload, 3) + 1,
        (long long)roll(preload, 800) + 200);
    problems_init(&problems, arena);
    check(json_parse(arena, text, &json_limits_request, &problems, &json), "parse");
    if (!shape_read(&shape_event_in, json, &problems, body) ||
        !event_in_of(arena, body, json, text, &problems, &in))
        check(ERR_INPUT_INVALID, "event");
    check(flow_ingest(tx, arena, (struct caller){.tenant_id = preload->tenant_id}, &in, &problems,
                      &out),
          "ingest");
}

// Those from `from` until `until`, in one transaction.
static void commit(struct preload *preload, struct arena *arena, int64_t from, int64_t until,
                   void (*one)(struct preload *, struct tx *, struct arena *, int64_t))
{
    struct tx tx;
    check(tx_begin(&tx, &preload->flow, store_writer(preload->store), true, &preload->ids),
          "begin");
    for (int64_t i = from; i < until; i++) {
        one(preload, &tx, arena, i);
        arena_clear(arena);
    }
    check(tx_commit(&tx), "commit");
    store_after_commit(preload->store);
}

static void run(struct preload *preload, int64_t n, const char *what,
                void (*one)(struct preload *, struct tx *, struct arena *, int64_t))
{
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    for (int64_t from = 0; from < n; from += BATCH) {
        int64_t until = from + BATCH < n ? from + BATCH : n;
        commit(preload, &arena, from, until, one);
        if (until % (n / 10 + 1) < BATCH)
            fprintf(stderr, "preload: %lld of %lld %s\n", (long long)until, (long long)n, what);
    }
    arena_release(&arena);
}

static void measure(struct preload *preload)
{
    const char *seconds = getenv("SECONDS_EACH");
    int64_t begin_us = env_monotonic_us(env_system()), now_us = begin_us, n = 0;
    int64_t end_us = begin_us + (int64_t)(strtod(seconds ? seconds : "6", NULL) * 1e6);
    struct arena arena;
    arena_init(&arena, (size_t)64 << 20);
    preload->prefix = str_printf(&arena, "%llx", (unsigned long long)begin_us).p;
    preload->dice = (uint64_t)begin_us;
    struct arena scrap;
    arena_init(&scrap, (size_t)64 << 20);
    for (; now_us < end_us; now_us = env_monotonic_us(env_system())) {
        commit(preload, &scrap, n, n + GROUP, send);
        n += GROUP;
    }
    arena_release(&scrap);
    arena_release(&arena);
    printf("events=%.1f\n", (double)n * 1e6 / (double)(now_us - begin_us));
}

static void fill(struct preload *preload, int64_t n_events, const char *ids_path)
{
    preload->prefix = "P";
    preload->ids_file = fopen(ids_path, "w");
    if (!preload->ids_file)
        check(ERR_FILE_UNREADABLE, ids_path);
    run(preload, preload->n_members, "members", enrol);
    run(preload, n_events, "events", send);
    if (fclose(preload->ids_file))
        check(ERR_FILE_UNREADABLE, ids_path);
}

int main(int argc, char **argv)
{
    struct preload preload = {.dice = 1};
    if (argc != 5 && argc != 3)
        check(ERR_INPUT_INVALID, "preload DIR N_MEMBERS [N_EVENTS IDS_FILE]");
    preload.n_members = strtoll(argv[2], NULL, 10);
    struct store_config config = {.data_dir = str_of(argv[1]),
                                  .cache_bytes = argc == 5 ? CACHE_BYTES : 0};
    if (db_dialect_of(config.data_dir) == DB_POSTGRES)
        config = (struct store_config){.database = config.data_dir};
    check(store_open(&config, &preload.store), argv[1]);
    check(flow_open(&preload.flow, preload.store, env_system()), "flow");
    id_source_init(&preload.ids, env_system());
    struct tx tx;
    check(tx_begin(&tx, &preload.flow, store_writer(preload.store), true, &preload.ids), "begin");
    check(flow_tenant_find(&tx, STR("demo"), &preload.tenant_id), "tenant demo");
    tx_rollback(&tx);
    if (argc == 5)
        fill(&preload, strtoll(argv[3], NULL, 10), argv[4]);
    else
        measure(&preload);
    flow_close(&preload.flow);
    store_close(preload.store);
    return 0;
}
