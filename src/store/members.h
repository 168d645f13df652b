// SPDX-License-Identifier: Apache-2.0
// members.h - who takes part, and what the ledger says of them.
//
// Everything here is clustered by (tenant, member), so that what one request touches lies together.
// The order of a write: engine_apply, store_event_insert, store_entries_append, store_state_save.
//
//   M1  ledger_entry and allocation only grow; wallet, open_lot and counter are caches of them.
//   M2  store_state_save writes only what differs from what was loaded or saved last.
//
// Layer: store.  Tests: tests/store/
#pragma once

#include "engine/decision.h"
#include "engine/state.h"
#include "store/store.h"

// ---- members

enum member_status { MEMBER_ACTIVE, MEMBER_MERGED, MEMBER_CLOSED };

struct str member_status_text(enum member_status status);
MUST_CHECK enum err member_status_of(struct str text, enum member_status *ret_status);

struct member_row {
    struct id member_id;
    enum member_status status;
    int64_t enrolled_us, updated_us;
};

// Everything that says who somebody is.
struct person_row {
    struct str name;                 // may be absent
    struct str attributes, metadata; // JSON objects; "{}" when empty
};

struct identifier_row {
    struct str kind;  // external_id, email, phone, card, code
    struct str value; // normalised
    int64_t created_us;
};

MUST_CHECK enum err store_member_insert(struct db *db, int64_t tenant_id,
                                        const struct member_row *member);
MUST_CHECK enum err store_member_get(struct db *db, int64_t tenant_id, struct id member_id,
                                     struct arena *arena, struct member_row *ret_member);
// The same, and until the transaction ends no other process writes about the member.
MUST_CHECK enum err store_member_lock(struct db *db, int64_t tenant_id, struct id member_id,
                                      struct arena *arena, struct member_row *ret_member);
// Status and updated_us; ERR_NOT_FOUND when there is no such member.
MUST_CHECK enum err store_member_update(struct db *db, int64_t tenant_id,
                                        const struct member_row *member);
// Members after after_id (nil: from the first), by id, which is the order of enrolment.
MUST_CHECK enum err store_member_list(struct db *db, int64_t tenant_id, struct id after_id,
                                      int64_t limit, struct arena *arena,
                                      struct member_row **ret_members, size_t *ret_n);

// Inserts or replaces.
MUST_CHECK enum err store_person_insert(struct db *db, int64_t tenant_id, struct id member_id,
                                        const struct person_row *person);
MUST_CHECK enum err store_person_update(struct db *db, int64_t tenant_id, struct id member_id,
                                        const struct person_row *person);
MUST_CHECK enum err store_person_get(struct db *db, int64_t tenant_id, struct id member_id,
                                     struct arena *arena, struct person_row *ret_person);
// Erasure; harmless when there is none.
MUST_CHECK enum err store_person_delete(struct db *db, int64_t tenant_id, struct id member_id);

// ERR_ALREADY_EXISTS when somebody has it, here or (db.h, D2) from db_flush.
MUST_CHECK enum err store_identifier_insert(struct db *db, int64_t tenant_id, struct id member_id,
                                            const struct identifier_row *identifier);
MUST_CHECK enum err store_identifier_get(struct db *db, int64_t tenant_id, struct str kind,
                                         struct str value, struct arena *arena,
                                         struct id *ret_member_id);
MUST_CHECK enum err store_identifier_list(struct db *db, int64_t tenant_id, struct id member_id,
                                          struct arena *arena,
                                          struct identifier_row **ret_identifiers, size_t *ret_n);
// ERR_NOT_FOUND when this member has no such identifier.
MUST_CHECK enum err store_identifier_delete(struct db *db, int64_t tenant_id, struct id member_id,
                                            struct str kind, struct str value);

// Announces (db.h, D4) store_identifier_get.
MUST_CHECK enum err store_identifier_ahead(struct db *db, int64_t tenant_id, struct str kind,
                                           struct str value);

// ---- what the engine knows of a member

struct member_query {
    int64_t tenant_id;
    struct id member_id;
    const struct program *program; // gives the order of the wallets
};

// What the database holds of a state, to save only what differs.
struct state_image;

// ERR_NOT_FOUND when there is no such member.  Wallets and lots of currencies that the programme
// no longer has are left alone.  On a connection that may write the member is locked first
// (store_member_lock): what a decision rests on is read after.
MUST_CHECK enum err store_member_load(struct db *db, const struct member_query *query,
                                      struct arena *arena, struct member_state *ret_state,
                                      enum member_status *ret_status,
                                      struct state_image **ret_image);
// Announces (db.h, D4) what store_member_load will read.
MUST_CHECK enum err store_member_ahead(struct db *db, const struct member_query *query);

// The same of a member that was inserted a moment ago: nothing to load.
MUST_CHECK enum err store_member_new(const struct member_query *query, int64_t enrolled_us,
                                     struct arena *arena, struct member_state *ret_state,
                                     struct state_image **ret_image);

// Writes changed wallets, lots and dirty counters (and clears their marks); image then says what
// state says, so that the next event of the batch goes on from it.
MUST_CHECK enum err store_state_save(struct db *db, const struct member_query *query,
                                     struct state_image *image, struct member_state *state);

// ---- ledger

// What all entries of one decision share.
struct entry_source {
    int64_t tenant_id;
    struct id member_id;
    int64_t recorded_us; // not before state->recorded_us
    struct id event_id;  // nil: none
    int64_t actor_id;    // an API key; 0: a command or a job
    int64_t program_version;
};

// One entry of a ledger as it is stored.
struct entry_row {
    int64_t seq;
    int64_t kind; // number of catalog/effects.def
    struct str currency;
    int64_t units;
    int64_t debit, credit; // numbers of catalog/accounts.def
    int64_t effective_us;
    int64_t activates_us; // 0 when it opens no lot
    int64_t expires_us;   // 0 when it opens no lot, NEVER_US when the lot never expires
    int64_t recorded_us;
    struct id event_id, order_id, redemption_id;
    int64_t ref_seq; // 0: none
    struct str rule_id;
    int64_t program_version;
    struct str derivation; // JSON
    int64_t actor_id;
    struct hash hash;
};

// An allocation of one of several entries.
struct allocation_row {
    int64_t entry_seq, lot_seq, units;
};

// Writes effects that engine_apply has given their seq: entries, allocations and the hash chain
// (docs/ledger-hash.md).  derivations[i] is the JSON of effects[i].  Moves state->head and
// state->recorded_us on.
MUST_CHECK enum err store_entries_append(struct db *db, const struct entry_source *source,
                                         const struct program *program,
                                         const struct effect *effects,
                                         const struct str *derivations, size_t n,
                                         struct member_state *state);

// Entries below before_seq (INT64_MAX: all), newest first; currency STR_NONE: every currency.
struct entry_query {
    int64_t tenant_id;
    struct id member_id;
    struct str currency;
    int64_t before_seq;
    int64_t limit;
};
MUST_CHECK enum err store_entry_list(struct db *db, const struct entry_query *query,
                                     struct arena *arena, struct entry_row **ret_entries,
                                     size_t *ret_n);
// Both ends included.
struct seq_range {
    int64_t from, to;
};
// Oldest first: those of an event are its first_seq..last_seq.
MUST_CHECK enum err store_entry_list_range(struct db *db, int64_t tenant_id, struct id member_id,
                                           struct seq_range range, struct arena *arena,
                                           struct entry_row **ret_entries, size_t *ret_n);
// Entries of a redemption, oldest first: those that reserved or took the units, captured or
// released them, or gave them back.
struct redemption_ref {
    struct id member_id;
    struct id redemption_id;
    int64_t first_seq; // of the redemption
};
MUST_CHECK enum err store_entry_list_by_redemption(struct db *db, int64_t tenant_id,
                                                   const struct redemption_ref *ref,
                                                   struct arena *arena,
                                                   struct entry_row **ret_entries, size_t *ret_n);
// Allocations of entries, by entry, then lot.
MUST_CHECK enum err store_allocation_list(struct db *db, int64_t tenant_id, struct id member_id,
                                          struct seq_range range, struct arena *arena,
                                          struct allocation_row **ret_allocations, size_t *ret_n);

// ---- lots

// Open lots in the order of consumption, of one wallet.
MUST_CHECK enum err store_lot_list(struct db *db, int64_t tenant_id, struct id member_id,
                                   const struct program *program, struct arena *arena,
                                   struct lot **ret_lots, size_t *ret_n);
// A lot as it was opened, with what remains of it now (0 when it is closed).
MUST_CHECK enum err store_lot_get(struct db *db, int64_t tenant_id, struct id member_id,
                                  int64_t lot_seq, const struct program *program,
                                  struct arena *arena, struct lot *ret_lot);

// ---- work that is due

// Members that have a lot to activate or expire, or a hold to end, at or before until_us.  Once
// they are advanced they are due no more, so the list is its own cursor.
MUST_CHECK enum err store_due_list(struct db *db, int64_t tenant_id, int64_t until_us,
                                   int64_t limit, struct arena *arena, struct id **ret_member_ids,
                                   size_t *ret_n);
MUST_CHECK enum err store_due_list_ahead(struct db *db, int64_t tenant_id, int64_t until_us,
                                         int64_t limit);
