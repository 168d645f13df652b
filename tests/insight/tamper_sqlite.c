// SPDX-License-Identifier: Apache-2.0
// tamper_sqlite.c - a copy of the file, changed with the sqlite3 library.
//
// Layer: tests.
#include "tamper.h"

#include "base/hash.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char folder[100];
static char path[120];

static void make_folder(const struct history *history)
{
    snprintf(folder, sizeof folder, "%s/copy", history->shop.folder);
    snprintf(path, sizeof path, "%s/habitue.db", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void copy_file(struct history *history)
{
    char from[100], sql[200];
    sqlite3 *db;
    snprintf(from, sizeof from, "%s/habitue.db", history->shop.folder);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", path);
    remove(path);
    assert_int_equal(sqlite3_open(from, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static struct store_config config(void)
{
    return (struct store_config){.data_dir = str_of(folder), .look = true};
}

static void blob_of(struct id id, char *text, size_t room)
{
    size_t n = (size_t)snprintf(text, room, "x'");
    for (size_t i = 0; i < sizeof id.b; i++)
        n += (size_t)snprintf(text + n, room - n, "%02x", id.b[i]);
    snprintf(text + n, room - n, "'");
}

// ---- changes

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

static void change(const char *sql)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON", NULL, NULL,
                 NULL);
    drop_triggers(db);
    int before = sqlite3_total_changes(db);
    int rc = sqlite3_exec(db, sql, NULL, NULL, &error);
    if (rc != SQLITE_OK || sqlite3_total_changes(db) == before)
        fail_msg("%s: %s", sql, error ? error : "changes nothing");
    sqlite3_close(db);
}

// ---- a chain that agrees with itself again

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

static void write_anew(struct id member_id)
{
    sqlite3 *db;
    sqlite3_stmt *row;
    struct hash hash = {{0}};
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
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
    sqlite3_close(db);
}

const struct tamperer tamperer_sqlite = {.open = make_folder,
                                         .renew = copy_file,
                                         .change = change,
                                         .write_anew = write_anew,
                                         .blob = blob_of,
                                         .config = config};
