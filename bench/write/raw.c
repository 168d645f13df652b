// SPDX-License-Identifier: Apache-2.0
// raw.c - what SQLite alone commits: the reference of the write path.
//
//   write_raw DATABASE N_MEMBERS GROUP SECONDS CHECKPOINT_FRAMES
//
// A bare loop in C on a database that preload has filled: for a random member it finds the member,
// reads the head of the ledger, and writes the rows that one event leaves, byte for byte as long as
// those of the newest event in the database: the event, its ledger entry, head, wallet, lot and
// counters, and the idempotency row.  No HTTP, no JSON, no rules, no hashing, no checks of its own.
// Same schema with its keys, checks and triggers, same settings, GROUP events in one COMMIT, and
// SQLite's own checkpoints every CHECKPOINT_FRAMES pages.
//
// Prints: group=... events=... (a second) commit_p50_us=... commit_p99_us=...
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CACHE_KIB (256 * 1024)
#define COMMITS_MAX 1000000

enum statement {
    BEGIN,
    COMMIT,
    FIND,
    HEAD,
    EVENT,
    ENTRY,
    PUT_HEAD,
    PUT_WALLET,
    PUT_LOT,
    IDEMPOTENCY,
    N_STATEMENTS
};

#define CACHE_KEY "ON CONFLICT (tenant_id, member_id, kind, name, number) DO UPDATE SET "

// ?1 is always the member.
static const char *const texts[N_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [FIND] = "SELECT member_id FROM identifier WHERE tenant_id = 1 AND kind = 'external_id'"
             " AND value = ?1",
    [HEAD] =
        "SELECT last_seq FROM member_cache WHERE tenant_id = 1 AND member_id = ?1 AND kind = 0",
    [EVENT] = "INSERT INTO event SELECT 1, ?2, ?1, ?6, ?3, type, NULL, ?4, ?4, 1,"
              " fingerprint, payload, facts, reply, ?5, ?5, 1 FROM temp.sample",
    [ENTRY] = "INSERT INTO ledger_entry SELECT 1, ?1, ?5, kind, currency, units, debit, credit, ?4,"
              " ?4, ?4 + 31536000000000, ?4, ?2, NULL, NULL, NULL, rule_id, 1, derivation, 1, hash"
              " FROM temp.sample",
    [PUT_HEAD] = "INSERT INTO member_cache (tenant_id, member_id, kind, name, number, last_seq,"
                 " recorded_us, due_us, hash, orders, spend, visits)"
                 " VALUES (1, ?1, 0, '', 0, ?2, ?3, ?3 + 31536000000000, randomblob(32), 1, 900, "
                 "1) " CACHE_KEY "last_seq = excluded.last_seq, recorded_us = excluded.recorded_us,"
                 " hash = excluded.hash, orders = orders + excluded.orders,"
                 " spend = spend + excluded.spend, visits = visits + excluded.visits",
    [PUT_WALLET] = "INSERT INTO member_cache (tenant_id, member_id, kind, name, number, available)"
                   " VALUES (1, ?1, 1, 'points', 0, 90) " CACHE_KEY
                   "available = available + excluded.available",
    [PUT_LOT] = "INSERT INTO member_cache (tenant_id, member_id, kind, name, number, units,"
                " remaining, activates_us, expires_us)"
                " VALUES (1, ?1, 2, 'points', ?2, 90, 90, ?3, ?3 + 31536000000000)",
    [IDEMPOTENCY] = "INSERT INTO idempotency SELECT 1, 700, 1, ?2, fingerprint, 201, body, ?3, ?4"
                    " FROM temp.sample",
};

static sqlite3 *db;
static sqlite3_stmt *statements[N_STATEMENTS];
static uint64_t dice;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "write_raw: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
    exit(1);
}

static void run(const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail(sql);
}

static int64_t now_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t roll(uint64_t n)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (dice >> 33) % n;
}

// What one event leaves, taken from the newest one that did something.
static void take_sample(void)
{
    run("CREATE TEMP TABLE sample AS"
        " SELECT e.type, e.fingerprint, e.payload, e.facts, e.reply, l.kind, l.currency,"
        " l.units, l.debit, l.credit, l.rule_id, l.derivation, l.hash,"
        " (SELECT body FROM idempotency ORDER BY bucket DESC LIMIT 1) AS body"
        " FROM event e JOIN ledger_entry l ON l.tenant_id = e.tenant_id"
        " AND l.member_id = e.member_id AND l.seq = e.first_seq"
        " WHERE e.tenant_id = 1 AND e.rowid = (SELECT max(rowid) FROM event)");
}

static void open_database(const char *path, const char *frames)
{
    char checkpoint[64];
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
        fail(path);
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA recursive_triggers = ON; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
    snprintf(checkpoint, sizeof checkpoint, "PRAGMA cache_size = -%d", CACHE_KIB);
    run(checkpoint);
    snprintf(checkpoint, sizeof checkpoint, "PRAGMA wal_autocheckpoint = %s", frames);
    run(checkpoint);
    take_sample();
    for (int i = 0; i < N_STATEMENTS; i++)
        if (sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL))
            fail(texts[i]);
}

static void step(enum statement i)
{
    if (sqlite3_step(statements[i]) != SQLITE_DONE)
        fail(texts[i]);
    sqlite3_reset(statements[i]);
}

static void find(uint64_t n_members, unsigned char *ret_member)
{
    char name[32];
    snprintf(name, sizeof name, "m%07" PRIu64, roll(n_members));
    sqlite3_bind_text(statements[FIND], 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(statements[FIND]) != SQLITE_ROW)
        fail("the member is missing");
    memcpy(ret_member, sqlite3_column_blob(statements[FIND], 0), 16);
    sqlite3_reset(statements[FIND]);
}

static int64_t last_seq(const unsigned char *member)
{
    int64_t seq = 0;
    sqlite3_bind_blob(statements[HEAD], 1, member, 16, SQLITE_STATIC);
    if (sqlite3_step(statements[HEAD]) == SQLITE_ROW)
        seq = sqlite3_column_int64(statements[HEAD], 0);
    sqlite3_reset(statements[HEAD]);
    return seq;
}

static void put_cache(const unsigned char *member, int64_t seq, int64_t us)
{
    for (enum statement i = PUT_HEAD; i <= PUT_LOT; i++) {
        sqlite3_bind_blob(statements[i], 1, member, 16, SQLITE_STATIC);
        if (i == PUT_WALLET)
            continue;
        sqlite3_bind_int64(statements[i], 2, seq);
        sqlite3_bind_int64(statements[i], 3, us);
    }
    step(PUT_HEAD);
    step(PUT_WALLET);
    step(PUT_LOT);
}

static void one_event(uint64_t n_members, int64_t begun_us, int64_t number)
{
    unsigned char member[16], event[16];
    char name[48], source[16];
    int64_t us = now_us(CLOCK_REALTIME);
    find(n_members, member);
    int64_t seq = last_seq(member) + 1;
    // Ascending, as the server's ids are.
    for (int i = 0; i < 6; i++)
        event[i] = (unsigned char)(us / 1000 >> (8 * (5 - i)));
    for (int i = 6; i < 16; i++)
        event[i] = (unsigned char)(i < 8 ? 0x70 : number >> (8 * (15 - i)));
    int n = snprintf(name, sizeof name, "%" PRIx64 "-%09" PRId64, begun_us, number);
    for (enum statement i = EVENT; i <= ENTRY; i++) {
        sqlite3_bind_blob(statements[i], 1, member, 16, SQLITE_STATIC);
        sqlite3_bind_blob(statements[i], 2, event, 16, SQLITE_STATIC);
        sqlite3_bind_int64(statements[i], 4, us);
        sqlite3_bind_int64(statements[i], 5, seq);
    }
    snprintf(source, sizeof source, "till-%d", (int)roll(16));
    sqlite3_bind_text(statements[EVENT], 3, name, n, SQLITE_STATIC);
    sqlite3_bind_text(statements[EVENT], 6, source, -1, SQLITE_STATIC);
    step(EVENT);
    step(ENTRY);
    put_cache(member, seq, us);
    sqlite3_bind_text(statements[IDEMPOTENCY], 2, name, n, SQLITE_STATIC);
    sqlite3_bind_blob(statements[IDEMPOTENCY], 3, event, 16, SQLITE_STATIC);
    sqlite3_bind_int64(statements[IDEMPOTENCY], 4, us);
    step(IDEMPOTENCY);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static uint32_t commits[COMMITS_MAX];
    size_t n_commits = 0;
    if (argc != 6)
        fail("write_raw DATABASE N_MEMBERS GROUP SECONDS CHECKPOINT_FRAMES");
    uint64_t n_members = strtoull(argv[2], NULL, 10);
    int64_t group = strtoll(argv[3], NULL, 10), number = 0;
    open_database(argv[1], argv[5]);
    int64_t begun_us = now_us(CLOCK_REALTIME), begin_us = now_us(CLOCK_MONOTONIC);
    int64_t end_us = begin_us + (int64_t)(strtod(argv[4], NULL) * 1e6), us = begin_us;
    dice = (uint64_t)begun_us;
    while (us < end_us && n_commits < COMMITS_MAX) {
        step(BEGIN);
        for (int64_t i = 0; i < group; i++)
            one_event(n_members, begun_us, number++);
        int64_t before_us = now_us(CLOCK_MONOTONIC);
        step(COMMIT);
        us = now_us(CLOCK_MONOTONIC);
        commits[n_commits++] = (uint32_t)(us - before_us);
    }
    qsort(commits, n_commits, sizeof *commits, by_value);
    printf("group=%" PRId64 " events=%.1f commit_p50_us=%u commit_p99_us=%u\n", group,
           (double)number * 1e6 / (double)(us - begin_us), commits[n_commits / 2],
           commits[n_commits - 1 - n_commits / 100]);
    for (int i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(statements[i]);
    return sqlite3_close(db) ? 1 : 0;
}
