// SPDX-License-Identifier: Apache-2.0
// raw.c - the bare loop: what SQLite commits of the same rows when nothing else is done.
//
// It prepares the store's own statements and binds them by hand; it knows each member's next seq
// from memory, so that it reads nothing but the identifier.
#include "shop.h"
#include "store/sql_gen.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { FIND, EVENT, ENTRY, HEAD, WALLET, LOT, COUNTER, KEY, N_STATEMENTS };

static const enum sql_id ids[N_STATEMENTS] = {
    [FIND] = SQL_IDENTIFIER_GET,        [EVENT] = SQL_EVENT_INSERT,
    [ENTRY] = SQL_ENTRY_INSERT,         [HEAD] = SQL_MEMBER_HEAD_PUT,
    [WALLET] = SQL_MEMBER_WALLET_PUT,   [LOT] = SQL_MEMBER_LOT_PUT,
    [COUNTER] = SQL_MEMBER_COUNTER_ADD, [KEY] = SQL_IDEMPOTENCY_INSERT,
};

struct raw {
    sqlite3 *db;
    sqlite3_stmt *statements[N_STATEMENTS];
    struct arena arena;
    int32_t *seqs; // by member
    struct shop *shop;
};

static void check(struct raw *raw, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        give_up("raw", sqlite3_errmsg(raw->db));
}

static void run(struct raw *raw, const char *sql)
{
    check(raw, sqlite3_exec(raw->db, sql, NULL, NULL, NULL));
}

static void raw_open(struct raw *raw, const char *folder, struct shop *shop)
{
    char path[512];

    *raw = (struct raw){.shop = shop};
    arena_init(&raw->arena, (size_t)1 << 30);
    snprintf(path, sizeof path, "%s/habitue.db", folder);
    if (sqlite3_open_v2(path, &raw->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
        give_up("raw", "cannot open the database");
    run(raw, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
             "PRAGMA recursive_triggers = ON; PRAGMA cell_size_check = ON;"
             "PRAGMA cache_size = -262144");
    for (int i = 0; i < N_STATEMENTS; i++)
        check(raw, sqlite3_prepare_v3(raw->db, sql_statements[ids[i]].text[DB_SQLITE], -1,
                                      SQLITE_PREPARE_PERSISTENT, &raw->statements[i], NULL));
    raw->seqs = arena_try_array(&raw->arena, shop->n_members + 1, sizeof *raw->seqs);
    if (!raw->seqs)
        give_up("raw", "no memory");
}

static void raw_close(struct raw *raw)
{
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(raw->statements[i]);
    sqlite3_close(raw->db);
    arena_release(&raw->arena);
}

static void load_seqs(struct raw *raw)
{
    sqlite3_stmt *statement;

    check(raw, sqlite3_prepare_v2(raw->db, "SELECT member_id, last_seq FROM ledger_head", -1,
                                  &statement, NULL));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct id id;
        memcpy(id.b, sqlite3_column_blob(statement, 0), sizeof id.b);
        raw->seqs[shop_member_of(id)] = sqlite3_column_int(statement, 1);
    }
    sqlite3_finalize(statement);
}

// ---- binding, in the order of the contract

struct row {
    struct raw *raw;
    sqlite3_stmt *statement;
    int place;
};

static struct row row_of(struct raw *raw, int which)
{
    return (struct row){raw, raw->statements[which], 1};
}

static void integer(struct row *row, int64_t value)
{
    sqlite3_bind_int64(row->statement, row->place++, value);
}

static void id(struct row *row, const struct id *value)
{
    sqlite3_bind_blob(row->statement, row->place++, value->b, sizeof value->b, SQLITE_STATIC);
}

static void hash(struct row *row, const uint8_t value[32])
{
    sqlite3_bind_blob(row->statement, row->place++, value, 32, SQLITE_STATIC);
}

static void text(struct row *row, struct str value)
{
    sqlite3_bind_text(row->statement, row->place++, value.p, (int)value.n, SQLITE_STATIC);
}

static void nothing(struct row *row)
{
    sqlite3_bind_null(row->statement, row->place++);
}

static void step(struct row *row)
{
    check(row->raw, sqlite3_step(row->statement));
    check(row->raw, sqlite3_reset(row->statement));
}

static void write_event(struct raw *raw, const struct sale *sale, int64_t seq,
                        const uint8_t digest[32])
{
    struct row row = row_of(raw, EVENT);

    integer(&row, TENANT);
    id(&row, &sale->event_id);
    id(&row, &sale->member_id);
    text(&row, str_of(sale->source));
    text(&row, str_of(sale->external_id));
    text(&row, STR("order.paid"));
    nothing(&row); // order_id
    integer(&row, sale->at_us);
    integer(&row, sale->at_us);
    integer(&row, 1);
    hash(&row, digest);
    text(&row, raw->shop->payload);
    text(&row, raw->shop->facts);
    text(&row, raw->shop->reply);
    integer(&row, seq);
    integer(&row, seq);
    integer(&row, 1);
    step(&row);
}

static void write_entry(struct raw *raw, const struct sale *sale, int64_t seq,
                        const uint8_t digest[32])
{
    struct row row = row_of(raw, ENTRY);

    integer(&row, TENANT);
    id(&row, &sale->member_id);
    integer(&row, seq);
    integer(&row, 1);
    text(&row, STR("points"));
    integer(&row, 90);
    integer(&row, 5);
    integer(&row, 1);
    integer(&row, sale->at_us);
    integer(&row, sale->at_us);
    integer(&row, EXPIRES_US);
    integer(&row, sale->at_us);
    id(&row, &sale->event_id);
    id(&row, &sale->event_id);
    nothing(&row); // redemption_id
    nothing(&row); // ref_seq
    text(&row, STR("spend"));
    integer(&row, 1);
    text(&row, raw->shop->derivation);
    integer(&row, 1);
    hash(&row, digest);
    step(&row);
}

static void write_caches(struct raw *raw, const struct sale *sale, int64_t seq,
                         const uint8_t digest[32])
{
    static const struct str names[] = {STR("orders"), STR("spend"), STR("visits")};
    struct row row = row_of(raw, HEAD);

    integer(&row, TENANT);
    id(&row, &sale->member_id);
    integer(&row, seq);
    integer(&row, sale->at_us);
    integer(&row, EXPIRES_US);
    hash(&row, digest);
    step(&row);
    row = row_of(raw, WALLET);
    integer(&row, TENANT);
    id(&row, &sale->member_id);
    text(&row, STR("points"));
    integer(&row, 90 * seq);
    for (int i = 0; i < 3; i++)
        integer(&row, 0);
    step(&row);
    row = row_of(raw, LOT);
    integer(&row, TENANT);
    id(&row, &sale->member_id);
    text(&row, STR("points"));
    integer(&row, seq);
    integer(&row, 90);
    integer(&row, 90);
    integer(&row, 0);
    integer(&row, sale->at_us);
    integer(&row, EXPIRES_US);
    id(&row, &sale->event_id);
    step(&row);
    for (int i = 0; i < 3; i++) {
        row = row_of(raw, COUNTER);
        integer(&row, TENANT);
        id(&row, &sale->member_id);
        text(&row, names[i]);
        integer(&row, 0);
        integer(&row, i == 1 ? 900 : 1);
        step(&row);
    }
}

static void write_key(struct raw *raw, const struct sale *sale, const uint8_t digest[32])
{
    struct row row = row_of(raw, KEY);

    integer(&row, TENANT);
    integer(&row, 1);
    text(&row, str_of(sale->key));
    integer(&row, 650);
    hash(&row, digest);
    integer(&row, 201);
    nothing(&row); // body: the event's own
    id(&row, &sale->event_id);
    integer(&row, sale->at_us);
    step(&row);
}

static void find(struct raw *raw, const struct sale *sale)
{
    struct row row = row_of(raw, FIND);

    integer(&row, TENANT);
    text(&row, STR("external_id"));
    text(&row, str_of(sale->external_member));
    if (sqlite3_step(row.statement) != SQLITE_ROW)
        give_up("raw", "there is no such member");
    check(raw, sqlite3_reset(row.statement));
}

static void write_sale(struct raw *raw, const struct sale *sale, bool keys)
{
    int64_t seq = ++raw->seqs[sale->member];
    uint8_t digest[32];

    // Stands for a hash: as many bytes, as unlike each other.
    memcpy(digest, sale->key, sizeof digest > sizeof sale->key ? sizeof sale->key : sizeof digest);
    find(raw, sale);
    write_event(raw, sale, seq, digest);
    write_entry(raw, sale, seq, digest);
    write_caches(raw, sale, seq, digest);
    if (keys)
        write_key(raw, sale, digest);
}

struct result raw_run(const struct run *config, int autocheckpoint)
{
    struct raw raw;
    struct clock clock;
    struct sale sale;
    char pragma[64];

    raw_open(&raw, config->folder, config->shop);
    load_seqs(&raw);
    snprintf(pragma, sizeof pragma, "PRAGMA wal_autocheckpoint = %d", autocheckpoint);
    run(&raw, pragma);
    clock_start(&clock, &raw.arena);
    while (clock_before(&clock, config->seconds)) {
        run(&raw, "BEGIN IMMEDIATE");
        for (int i = 0; i < config->group; i++) {
            shop_sell(config->shop, &sale);
            write_sale(&raw, &sale, config->keys);
        }
        run(&raw, "COMMIT");
        clock_group(&clock, config->group);
    }
    struct result result = clock_result(&clock);
    raw_close(&raw);
    return result;
}

// ---- preloading

static void insert_member(struct raw *raw, sqlite3_stmt *member, sqlite3_stmt *identifier,
                          uint64_t n)
{
    struct id member_id = shop_member_id(n);
    char name[24];

    snprintf(name, sizeof name, "%llu", (unsigned long long)n);
    struct row row = {raw, member, 1};
    id(&row, &member_id);
    step(&row);
    row = (struct row){raw, identifier, 1};
    text(&row, str_of(name));
    id(&row, &member_id);
    step(&row);
}

static void insert_members(struct raw *raw)
{
    sqlite3_stmt *member;
    sqlite3_stmt *identifier;

    run(raw, "BEGIN; INSERT INTO tenant VALUES (1, 'bench', 0)");
    check(raw, sqlite3_prepare_v2(raw->db, "INSERT INTO member VALUES (1, ?, 'active', 1, 1)", -1,
                                  &member, NULL));
    check(raw,
          sqlite3_prepare_v2(raw->db, "INSERT INTO identifier VALUES (1, 'external_id', ?, ?, 1)",
                             -1, &identifier, NULL));
    for (uint64_t n = 1; n <= raw->shop->n_members; n++)
        insert_member(raw, member, identifier, n);
    sqlite3_finalize(member);
    sqlite3_finalize(identifier);
    run(raw, "COMMIT");
}

void raw_preload(const char *folder, struct shop *shop)
{
    struct raw raw;
    struct sale sale;
    uint64_t member = 0;

    raw_open(&raw, folder, shop);
    run(&raw, "PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000;"
              "PRAGMA wal_autocheckpoint = 50000");
    insert_members(&raw);
    for (uint64_t i = 0; i < shop->n_members; i++) {
        if (i % 20000 == 0)
            run(&raw, i ? "COMMIT; BEGIN" : "BEGIN");
        // Every member once, in an order as good as random (a step that shares no factor).
        member = (member + 618033989) % shop->n_members;
        shop_sell_to(shop, member + 1, &sale);
        write_sale(&raw, &sale, true);
    }
    run(&raw, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    raw_close(&raw);
}

bool raw_is_loaded(const char *folder, uint64_t n_members)
{
    struct shop shop = {.n_members = 1};
    struct raw raw;
    sqlite3_stmt *statement;
    struct id last = shop_member_id(n_members);

    raw_open(&raw, folder, &shop);
    check(&raw,
          sqlite3_prepare_v2(raw.db,
                             "SELECT 1 FROM ledger_head WHERE tenant_id = 1 AND member_id = ?1", -1,
                             &statement, NULL));
    sqlite3_bind_blob(statement, 1, last.b, sizeof last.b, SQLITE_STATIC);
    bool loaded = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    raw_close(&raw);
    return loaded;
}
