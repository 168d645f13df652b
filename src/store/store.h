// SPDX-License-Identifier: Apache-2.0
// store.h - the only door to what is kept: the data folder, its connections, and what belongs to a
// tenant as a whole.  Members and their ledgers are in members.h, events and what guards them
// against happening twice in events.h.
//
// A store function does one thing to one table (or loads one thing from a few) and decides nothing:
// no logic, no formatting, no logging.  The verbs are few: get (ERR_NOT_FOUND when missing), list
// (newest or first in key order, at most `limit` rows: ask for one more to learn whether there are
// more), insert, append, update, delete, has.
//
//   T1  One process has a data folder open for writing; a database of PostgreSQL is open to
//   several.
//       One connection of a process writes.
//   T2  Every function works on one tenant, except those that say so.
//   T3  Inside a transaction a failure means: nothing but rolling back may follow (db.h, D1).
//   T4  What a function returns lives in the caller's arena.  An absent text has p NULL, an absent
//       id is nil.
//
// Layer: store.  Tests: tests/store/
#pragma once

#include "base/api_key.h"
#include "base/arena.h"
#include "base/env.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/text.h"
#include "store/db.h"

// ---- the folder

struct store_config {
    struct str data_dir;
    struct str database;        // postgres://...; empty: SQLite in the folder
    int64_t cache_bytes;        // of the writer; 0: 256 MiB
    int64_t reader_cache_bytes; // of each reader; 0: 16 MiB
    int64_t lock_wait_ms_max;   // 0: 1 s
    bool create;                // make folder and database when they are absent
    bool distribute;            // spread the tables by tenant; ERR_CITUS_MISSING before anything
    int64_t statement_ms_max;   // on PostgreSQL: before a statement is given up; 0: never
    bool look;                  // only read, also beside a running process; takes no lock
    char *reason; // DB_REASON_BYTES for why a database could not be opened; may be NULL
};

struct store;

// Opens, locks and brings the schema up to date.  ERR_STORE_LOCKED when another process has the
// folder, ERR_STORE_NEWER when a newer version wrote it, ERR_NOT_FOUND when there is none and
// config->create is off.  The caller frees with store_close.
MUST_CHECK enum err store_open(const struct store_config *config, struct store **ret_store);
// Checkpoints, unlocks, frees.  Readers must be closed before.  Accepts NULL.
void store_close(struct store *store);
// The one connection that writes; NULL when the store was opened to look.  Belongs to the store.
struct db *store_writer(struct store *store);
// One more connection that writes, where the store is shared; the caller closes it.
MUST_CHECK enum err store_writer_open(struct store *store, struct db **ret_db);
// The writer calls this after each batch, outside of a transaction: the place where checkpoints are
// paced, so that none of them makes a request wait.
void store_after_commit(struct store *store);
// Whether other processes may write to the same database.
bool store_is_shared(const struct store *store);
// How many connections of Habitue there are to the same database besides this one; 0 on SQLite.
MUST_CHECK enum err store_session_count(struct db *db, int64_t *ret_n);
// Of a database that others may stop: keeps asking whether it is there (reach.h), until
// store_close, and tells on_change, on a thread of its own, of every loss and every return.
struct store_watch {
    const struct env *env;
    void (*on_change)(void *ctx, bool there, int64_t away_ms, const char *reason);
    void *ctx;
};
void store_watch(struct store *store, const struct store_watch *watch);
// Whether the watch says that the database cannot be reached.
bool store_is_away(const struct store *store);
// In a transaction: waits until no other process is in one that has called this.  For writers that
// were in each other's way and try again; nothing on SQLite, which has one.
MUST_CHECK enum err store_turn_take(struct db *db);
// A connection that only reads; any number of them.  The caller closes it with db_close.
MUST_CHECK enum err store_reader_open(struct store *store, struct db **ret_db);

// ---- tenants and settings

struct tenant_row {
    int64_t tenant_id;
    struct str slug;
    int64_t created_us;
};

// Gives the next free number; ERR_ALREADY_EXISTS when the slug is taken.
MUST_CHECK enum err store_tenant_insert(struct db *db, struct str slug, int64_t created_us,
                                        struct arena *arena, int64_t *ret_tenant_id);
MUST_CHECK enum err store_tenant_get(struct db *db, struct str slug, struct arena *arena,
                                     struct tenant_row *ret_tenant);
// Tenants after one (0: from the first), by id: for jobs and maintenance.
MUST_CHECK enum err store_tenant_list(struct db *db, int64_t after, int64_t limit,
                                      struct arena *arena, struct tenant_row **ret_tenants,
                                      size_t *ret_n);

// Tenant 0 holds the settings of the installation.
MUST_CHECK enum err store_setting_get(struct db *db, int64_t tenant_id, struct str name,
                                      struct arena *arena, struct str *ret_value);
MUST_CHECK enum err store_setting_update(struct db *db, int64_t tenant_id, struct str name,
                                         struct str value);

// ---- programmes

struct program_row {
    int64_t version;
    struct str document;
    struct hash sha256; // of the document
    struct str author, note;
    int64_t valid_from_us, recorded_us;
};

// ERR_ALREADY_EXISTS when the version is taken: another writer was faster.
MUST_CHECK enum err store_program_insert(struct db *db, int64_t tenant_id,
                                         const struct program_row *program);
MUST_CHECK enum err store_program_get(struct db *db, int64_t tenant_id, int64_t version,
                                      struct arena *arena, struct program_row *ret_program);
MUST_CHECK enum err store_program_get_latest(struct db *db, int64_t tenant_id, struct arena *arena,
                                             struct program_row *ret_program);
// Number of the newest version, 0 when there is none: cheap enough for every batch.
MUST_CHECK enum err store_program_get_version(struct db *db, int64_t tenant_id,
                                              int64_t *ret_version);
// Announces (db.h, D4) it.
MUST_CHECK enum err store_program_get_version_ahead(struct db *db, int64_t tenant_id);
// Number of the newest version that is valid at the instant, 0 when there is none.
MUST_CHECK enum err store_program_get_version_at(struct db *db, int64_t tenant_id, int64_t at_us,
                                                 int64_t *ret_version);
// Versions below before_version (INT64_MAX: all), newest first, without their documents.
MUST_CHECK enum err store_program_list(struct db *db, int64_t tenant_id, int64_t before_version,
                                       int64_t limit, struct arena *arena,
                                       struct program_row **ret_programs, size_t *ret_n);

// ---- API keys

struct key_row {
    int64_t tenant_id;
    int64_t key_id;          // unique in its tenant
    struct hash secret_hash; // SHA-256 of the key's text
    struct str name, last4;
    struct str scopes;
    int64_t created_us;
    int64_t expires_us; // 0: never
    int64_t revoked_us; // 0: not
};

// Gives the next free number of the tenant; key->key_id and revoked_us are not looked at.
MUST_CHECK enum err store_key_insert(struct db *db, const struct key_row *key, struct arena *arena,
                                     int64_t *ret_key_id);
MUST_CHECK enum err store_key_get(struct db *db, int64_t tenant_id, int64_t key_id,
                                  struct arena *arena, struct key_row *ret_key);
// Revoked keys are found, too.
MUST_CHECK enum err store_key_get_by_hash(struct db *db, const struct key_ref *key,
                                          struct arena *arena, struct key_row *ret_key);
MUST_CHECK enum err store_key_list(struct db *db, int64_t tenant_id, struct arena *arena,
                                   struct key_row **ret_keys, size_t *ret_n);
// ERR_NOT_FOUND when there is none that is not revoked yet.
MUST_CHECK enum err store_key_revoke(struct db *db, int64_t tenant_id, int64_t key_id,
                                     int64_t revoked_us);

// ---- audit trail

struct audit_row {
    struct id subject_id; // a member; nil: the tenant itself
    int64_t seq;          // given by append
    int64_t at_us;
    int64_t actor_id;          // an API key; 0: a command or a job
    struct str action, detail; // detail is JSON
    struct hash hash;          // given by append
};

// Adds to the subject's chain (docs/ledger-hash.md).
MUST_CHECK enum err store_audit_append(struct db *db, int64_t tenant_id,
                                       const struct audit_row *row, struct arena *arena);
// Rows of one subject, newest first.
struct audit_query {
    struct id subject_id;
    int64_t before_seq; // INT64_MAX: from the newest
    int64_t limit;
};
MUST_CHECK enum err store_audit_list(struct db *db, int64_t tenant_id,
                                     const struct audit_query *query, struct arena *arena,
                                     struct audit_row **ret_rows, size_t *ret_n);

// ---- seals

struct seal_row {
    int64_t seal_no, at_us;
    int64_t n_chains, n_rows;
    struct hash root, previous;
    struct str signature; // bytes
};

// The last link of a chain: a member's ledger or a subject's audit trail.
struct chain_head {
    struct id owner_id;
    int64_t seq;
    int64_t recorded_us; // 0 from store_..._head_get
    struct hash hash;
};

MUST_CHECK enum err store_seal_insert(struct db *db, int64_t tenant_id,
                                      const struct seal_row *seal);
MUST_CHECK enum err store_seal_get_latest(struct db *db, int64_t tenant_id, struct arena *arena,
                                          struct seal_row *ret_seal);
// Heads of ledgers, of members after after_id (nil: from the first), by id.
MUST_CHECK enum err store_ledger_head_list(struct db *db, int64_t tenant_id, struct id after_id,
                                           int64_t limit, struct arena *arena,
                                           struct chain_head **ret_heads, size_t *ret_n);
// The last link of the member's ledger that was recorded at or before an instant; ERR_NOT_FOUND.
MUST_CHECK enum err store_ledger_head_get(struct db *db, int64_t tenant_id, struct id member_id,
                                          int64_t until_us, struct arena *arena,
                                          struct chain_head *ret_head);
// Heads of audit trails, of subjects after after_id (NULL: from the first, the tenant's own).
MUST_CHECK enum err store_audit_head_list(struct db *db, int64_t tenant_id,
                                          const struct id *after_id, int64_t limit,
                                          struct arena *arena, struct chain_head **ret_heads,
                                          size_t *ret_n);
MUST_CHECK enum err store_audit_head_get(struct db *db, int64_t tenant_id, struct id subject_id,
                                         int64_t until_us, struct arena *arena,
                                         struct chain_head *ret_head);

// ---- imports

struct import_row {
    struct id import_id; // of the file's content and mapping, so that a second run finds the first
    int64_t rows_done;
    struct str detail; // JSON
    int64_t updated_us;
};

MUST_CHECK enum err store_import_get(struct db *db, int64_t tenant_id, struct id import_id,
                                     struct arena *arena, struct import_row *ret_import);
MUST_CHECK enum err store_import_update(struct db *db, int64_t tenant_id,
                                        const struct import_row *import);
