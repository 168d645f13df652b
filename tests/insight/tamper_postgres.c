// SPDX-License-Identifier: Apache-2.0
// tamper_postgres.c - the tables themselves, changed by a superuser whom no trigger stops, and put
// back from copies beside them.
//
// Layer: tests.
#include "tamper.h"

#include "store/db.h"

#include <stdio.h>
#include <string.h>

static struct str url;

static void run(const char *sql)
{
    struct db_config config = {.url = url};
    struct db *db;
    assert_int_equal(db_open(&config, &db), OK);
    if (db_script(db, sql) != OK)
        fail_msg("refused: %s", sql);
    db_close(db);
}

// Helpers live in the schema of the test, under names that no table has.  write_anew is
// docs/ledger-hash.md once more.
static const char prepare[] =
    "CREATE FUNCTION zeroblob(n integer) RETURNS bytea LANGUAGE sql AS "
    "$$ SELECT decode(repeat('00', n), 'hex') $$;"
    "CREATE FUNCTION maybe(b bytea) RETURNS bytea LANGUAGE sql AS "
    "$$ SELECT coalesce('\\x01'::bytea || b, '\\x00'::bytea) $$;"
    "CREATE FUNCTION sized(t text) RETURNS bytea LANGUAGE sql STRICT AS "
    "$$ SELECT int8send(octet_length(t)) || convert_to(t, 'UTF8') $$;"
    "CREATE FUNCTION write_anew(who bytea) RETURNS void LANGUAGE plpgsql AS $$"
    "DECLARE r ledger_entry; h bytea := zeroblob(32); taken bytea;"
    "BEGIN"
    "  FOR r IN SELECT * FROM ledger_entry WHERE member_id = who ORDER BY seq LOOP"
    "    SELECT int8send(count(*)) || coalesce(string_agg(int8send(lot_seq) || int8send(units),"
    "           ''::bytea ORDER BY lot_seq), ''::bytea) INTO taken"
    "    FROM allocation WHERE member_id = who AND entry_seq = r.seq;"
    "    h := sha256(convert_to('habitue ledger 1', 'UTF8') || zeroblob(1) || h"
    "      || int8send(r.tenant_id) || r.member_id || int8send(r.seq) || int8send(r.kind)"
    "      || sized(r.currency) || int8send(r.units) || int8send(r.debit) || int8send(r.credit)"
    "      || int8send(r.effective_us) || maybe(int8send(r.activates_us))"
    "      || maybe(int8send(r.expires_us)) || int8send(r.recorded_us) || maybe(r.event_id)"
    "      || maybe(r.order_id) || maybe(r.redemption_id) || maybe(int8send(r.ref_seq))"
    "      || maybe(sized(r.rule_id)) || int8send(r.program_version) || sized(r.derivation)"
    "      || maybe(int8send(r.actor_id)) || taken);"
    "    UPDATE ledger_entry SET hash = h WHERE member_id = who AND seq = r.seq;"
    "    UPDATE member_cache SET hash = h"
    "    WHERE member_id = who AND kind = 0 AND last_seq = r.seq;"
    "  END LOOP;"
    "END $$;"
    // Copies, and no more checks.
    "DO $$ DECLARE t text; c record; BEGIN"
    "  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP"
    "    EXECUTE format('CREATE TABLE %I AS TABLE %I', 'copy of ' || t, t);"
    "  END LOOP;"
    "  FOR c IN SELECT conname, conrelid::regclass AS t FROM pg_constraint"
    "      WHERE contype = 'c' AND connamespace = current_schema()::regnamespace LOOP"
    "    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname);"
    "  END LOOP;"
    "END $$";

static const char put_back[] =
    "SET session_replication_role = replica;"
    "DO $$ DECLARE t text; BEGIN"
    "  EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables"
    "           WHERE schemaname = current_schema() AND tablename NOT LIKE 'copy of %');"
    "  FOR t IN SELECT tablename FROM pg_tables"
    "      WHERE schemaname = current_schema() AND tablename NOT LIKE 'copy of %' LOOP"
    "    EXECUTE format('INSERT INTO %I SELECT * FROM %I', t, 'copy of ' || t);"
    "  END LOOP;"
    "END $$";

static void make_copies(const struct history *history)
{
    url = history->shop.fresh.url;
    run(prepare);
}

static void renew(struct history *history)
{
    run(put_back);
}

static struct store_config config(void)
{
    return (struct store_config){.database = url, .look = true};
}

static void blob_of(struct id id, char *text, size_t room)
{
    size_t n = (size_t)snprintf(text, room, "'\\x");
    for (size_t i = 0; i < sizeof id.b; i++)
        n += (size_t)snprintf(text + n, room - n, "%02x", id.b[i]);
    snprintf(text + n, room - n, "'::bytea");
}

// As PostgreSQL writes blobs.
static void change(const char *sql)
{
    char text[5000] = "SET session_replication_role = replica; ";
    size_t n = strlen(text);
    for (const char *at = sql; *at && n + 4 < sizeof text; at++) {
        if (strncmp(at, " x'", 3) == 0) {
            memcpy(text + n, " '\\x", 4);
            n += 4;
            at += 2;
        } else {
            text[n++] = *at;
        }
    }
    text[n] = '\0';
    run(text);
}

static void write_anew(struct id member_id)
{
    char blob[60], sql[200];
    blob_of(member_id, blob, sizeof blob);
    snprintf(sql, sizeof sql, "SET session_replication_role = replica; SELECT write_anew(%s)",
             blob);
    run(sql);
}

const struct tamperer tamperer_postgres = {.open = make_copies,
                                           .renew = renew,
                                           .change = change,
                                           .write_anew = write_anew,
                                           .blob = blob_of,
                                           .config = config};
