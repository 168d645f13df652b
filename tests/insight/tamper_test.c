// SPDX-License-Identifier: Apache-2.0
// tamper_test.c - whatever is changed behind our back is found, and found where it is.
//
// Each case changes one thing in a copy of the database with the sqlite3 library, triggers dropped
// and constraints off, as somebody who holds the machine could, and expects a finding that names
// the table and the row.
//
// Layer: tests.
#include "history.h"

#include "base/hash.h"
#include "insight/audit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// $A and $B stand for the two members, in SQL as blobs, in rows as text.
struct tampering {
    const char *sql;
    const char *table; // of a finding, and
    const char *row;   // the beginning of its row
    bool written_anew; // Ada's chain is computed again
};

static const struct tampering tamperings[] = {
#include "tamperings.def"
};

static void replace(char *text, size_t room, const char *what, const char *with)
{
    char *at;
    while ((at = strstr(text, what))) {
        char rest[2000];
        snprintf(rest, sizeof rest, "%s", at + strlen(what));
        snprintf(at, room - (size_t)(at - text), "%s%s", with, rest);
    }
}

static void blob_text(struct id id, char text[40])
{
    int n = snprintf(text, 40, "x'");
    for (size_t i = 0; i < sizeof id.b; i++)
        n += snprintf(text + n, 40 - (size_t)n, "%02x", id.b[i]);
    snprintf(text + n, 40 - (size_t)n, "'");
}

static void drop_triggers(sqlite3 *db)
{
    sqlite3_stmt *names;
    char sql[4000] = "";
    size_t n = 0;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'trigger'",
                                        -1, &names, NULL),
                     SQLITE_OK);
    while (sqlite3_step(names) == SQLITE_ROW)
        n += (size_t)snprintf(sql + n, sizeof sql - n, "DROP TRIGGER %s;",
                              (const char *)sqlite3_column_text(names, 0));
    sqlite3_finalize(names);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

// ---- a chain that agrees with itself again: what somebody would do who knows docs/ledger-hash.md

static size_t put(uint8_t *bytes, const void *from, size_t n)
{
    memcpy(bytes, from, n);
    return n;
}

static size_t put_number(uint8_t *bytes, int64_t number)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    return 8;
}

// One column as the page says; letter: i integer, d id, t text, capital: may be NULL.
static size_t put_column(uint8_t *bytes, sqlite3_stmt *row, int column, char letter)
{
    size_t n = 0, length = (size_t)sqlite3_column_bytes(row, column);
    bool is_null = sqlite3_column_type(row, column) == SQLITE_NULL;
    if (letter < 'a')
        bytes[n++] = !is_null;
    if (is_null)
        return n;
    if (letter == 'i' || letter == 'I')
        return n + put_number(bytes + n, sqlite3_column_int64(row, column));
    if (letter == 't' || letter == 'T')
        n += put_number(bytes + n, (int64_t)length);
    return n + put(bytes + n, sqlite3_column_blob(row, column), length);
}

static struct hash hash_of_row(sqlite3 *db, sqlite3_stmt *row, const struct hash *before)
{
    static const char letters[] = "idiitiiiiIIiDDDITitI";
    uint8_t bytes[8192];
    size_t n = put(bytes, "habitue ledger 1", 17);
    n += put(bytes + n, before->b, 32);
    for (int column = 0; letters[column]; column++)
        n += put_column(bytes + n, row, column, letters[column]);
    sqlite3_stmt *taken;
    sqlite3_prepare_v2(db,
                       "SELECT lot_seq, units, COUNT(*) OVER () FROM allocation "
                       "WHERE member_id = ? AND entry_seq = ? ORDER BY lot_seq",
                       -1, &taken, NULL);
    sqlite3_bind_value(taken, 1, sqlite3_column_value(row, 1));
    sqlite3_bind_value(taken, 2, sqlite3_column_value(row, 2));
    size_t counted = n;
    n += put_number(bytes + n, 0);
    while (sqlite3_step(taken) == SQLITE_ROW) {
        put_number(bytes + counted, sqlite3_column_int64(taken, 2));
        n += put_number(bytes + n, sqlite3_column_int64(taken, 0));
        n += put_number(bytes + n, sqlite3_column_int64(taken, 1));
    }
    sqlite3_finalize(taken);
    return hash_sha256(bytes, n);
}

static void update_hash(sqlite3 *db, const char *sql, sqlite3_stmt *row, const struct hash *hash)
{
    sqlite3_stmt *update;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &update, NULL), SQLITE_OK);
    sqlite3_bind_blob(update, 1, hash->b, 32, SQLITE_TRANSIENT);
    sqlite3_bind_value(update, 2, sqlite3_column_value(row, 1));
    sqlite3_bind_value(update, 3, sqlite3_column_value(row, 2));
    assert_int_equal(sqlite3_step(update), SQLITE_DONE);
    sqlite3_finalize(update);
}

static void write_anew(sqlite3 *db, struct id member_id)
{
    sqlite3_stmt *row;
    struct hash hash = {{0}};
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT tenant_id, member_id, seq, kind, currency, units, debit, "
                           "credit, effective_us, activates_us, expires_us, recorded_us, event_id, "
                           "order_id, redemption_id, ref_seq, rule_id, program_version, "
                           "derivation, actor_id FROM ledger_entry WHERE member_id = ? "
                           "ORDER BY seq",
                           -1, &row, NULL),
        SQLITE_OK);
    sqlite3_bind_blob(row, 1, member_id.b, 16, SQLITE_TRANSIENT);
    while (sqlite3_step(row) == SQLITE_ROW) {
        hash = hash_of_row(db, row, &hash);
        update_hash(db, "UPDATE ledger_entry SET hash = ? WHERE member_id = ? AND seq = ?", row,
                    &hash);
        update_hash(db,
                    "UPDATE member_cache SET hash = ? WHERE member_id = ? AND kind = 0 "
                    "AND last_seq = ?",
                    row, &hash);
    }
    sqlite3_finalize(row);
}

static void tamper(const struct history *history, const char *path,
                   const struct tampering *tampering)
{
    char text[4000], ada[40], bob[40];
    sqlite3 *db;
    char *error = NULL;
    blob_text(history->ada, ada);
    blob_text(history->bob, bob);
    snprintf(text, sizeof text, "%s", tampering->sql);
    replace(text, sizeof text, "$A", ada);
    replace(text, sizeof text, "$B", bob);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON", NULL, NULL,
                 NULL);
    drop_triggers(db);
    int before = sqlite3_total_changes(db);
    int rc = sqlite3_exec(db, text, NULL, NULL, &error);
    if (rc != SQLITE_OK || sqlite3_total_changes(db) == before)
        fail_msg("%s: %s", text, error ? error : "changes nothing");
    if (tampering->written_anew)
        write_anew(db, history->ada);
    sqlite3_close(db);
}

static void audit(const struct history *history, const char *folder, struct arena *arena,
                  struct audit_report *ret_report)
{
    struct store_config config = {.data_dir = str_of(folder), .look = true};
    struct audit_options options = {.public_key = history->key.public_key};
    struct store *store;
    struct db *db;
    assert_int_equal(store_open(&config, &store), OK);
    assert_int_equal(store_reader_open(store, &db), OK);
    assert_int_equal(audit_run(db, arena, &options, ret_report), OK);
    db_close(db);
    store_close(store);
}

static bool is_located(const struct history *history, const struct tampering *tampering,
                       const struct audit_report *report)
{
    char row[300], text[ID_TEXT_ROOM];
    snprintf(row, sizeof row, "%s", tampering->row);
    id_format(history->ada, "mbr", text);
    replace(row, sizeof row, "$A", text);
    id_format(history->bob, "mbr", text);
    replace(row, sizeof row, "$B", text);
    for (size_t i = 0; i < report->n_kept; i++)
        if (str_eq(report->findings[i].table, str_of(tampering->table)) &&
            str_starts(report->findings[i].row, str_of(row)))
            return true;
    return false;
}

static void test_an_untouched_history_has_no_finding(void **state)
{
    struct history *history = *state;
    struct arena arena;
    struct audit_report report;
    arena_init(&arena, (size_t)1 << 28);
    char path[120];
    snprintf(path, sizeof path, "%s/copy/habitue.db", history->shop.folder);
    history_copy(history, path);
    path[strlen(path) - strlen("/habitue.db")] = '\0';
    audit(history, path, &arena, &report);
    if (report.n_findings)
        print_error("%.*s", STR_FMT(audit_text(&arena, &report, STR("en"))));
    assert_int_equal(report.n_findings, 0);
    assert_int_equal(report.n_seals, 2);
    assert_int_equal(report.n_currencies, 1);
    const struct audit_currency *sums = &report.currencies[0];
    int64_t wallets = 0;
    for (int i = 0; i < 2; i++) {
        struct wallet wallet = shop_wallet(&history->shop, i ? "bob" : "ada");
        wallets += wallet.available + wallet.pending + wallet.held - wallet.debt;
    }
    assert_int_equal(sums->outstanding, wallets);
    arena_release(&arena);
}

static void test_every_tampering_is_found_where_it_is(void **state)
{
    struct history *history = *state;
    size_t n = sizeof tamperings / sizeof *tamperings, n_found = 0, n_located = 0;
    char folder[100], path[120];
    snprintf(folder, sizeof folder, "%s/copy", history->shop.folder);
    snprintf(path, sizeof path, "%s/habitue.db", folder);
    for (size_t i = 0; i < n; i++) {
        struct arena arena;
        struct audit_report report;
        arena_init(&arena, (size_t)1 << 28);
        history_copy(history, path);
        tamper(history, path, &tamperings[i]);
        audit(history, folder, &arena, &report);
        bool located = is_located(history, &tamperings[i], &report);
        // Nothing but the seal can tell a chain that agrees with itself.
        for (size_t k = 0; tamperings[i].written_anew && k < report.n_kept; k++)
            located = located && str_eq(report.findings[k].table, STR("seal"));
        n_found += report.n_findings > 0;
        n_located += located;
        if (!located)
            print_error("not located in %s %s: %s\n%.*s", tamperings[i].table, tamperings[i].row,
                        tamperings[i].sql, STR_FMT(audit_text(&arena, &report, STR("en"))));
        arena_release(&arena);
    }
    print_message("%zu tamperings: %zu found, %zu located\n", n, n_found, n_located);
    assert_int_equal(n_found, n);
    assert_int_equal(n_located, n);
    assert_true(n >= 60);
}

static int set_up(void **state)
{
    static struct history history;
    char folder[100];
    history_open(&history);
    snprintf(folder, sizeof folder, "%s/copy", history.shop.folder);
    *state = &history;
    return mkdir(folder, 0700);
}

static int tear_down(void **state)
{
    history_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_untouched_history_has_no_finding),
        cmocka_unit_test(test_every_tampering_is_found_where_it_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
