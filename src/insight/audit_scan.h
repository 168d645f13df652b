// SPDX-License-Identifier: Apache-2.0
// audit_scan.h - what the files of the auditor share.
//
// Layer: insight, private to audit*.c.
#pragma once

#include "base/hash.h"
#include "base/id.h"
#include "base/json_in.h"
#include "engine/decision.h" // numbers of accounts and effects
#include "insight/audit.h"
#include "store/sql_gen.h"

#define AUDIT_PAGE 500

// Values by key, in an arena; walked in the order in which they came.
struct table_item {
    struct table_item *next, *in_bucket;
    struct str key;
    void *value; // zeroed when new
};

struct table {
    struct table_item *first, **last;
    struct table_item **buckets;
    size_t n, n_buckets;
};

// The value of the key, made when it is new and size is not 0; NULL when there is none.
void *table_get(struct table *table, struct arena *arena, struct str key, size_t size);
// A number as a key; lives as long as the arena.
struct str table_number(struct arena *arena, int64_t number);

// Rows of one table in key order, a page at a time.
struct feed {
    struct arena arena; // of the page
    char *rows;
    size_t n, i;
    bool at_end;
};

enum feed_name {
    FEED_MEMBER,
    FEED_PERSON,
    FEED_ENTRY,
    FEED_ALLOCATION,
    FEED_CACHE,
    FEED_REDEMPTION,
    N_FEEDS
};

struct audit_program {
    int64_t version;
    int64_t valid_from_us;
    const struct json *json; // NULL: the document cannot be read
};

// The Merkle tree over all heads as of a seal: a stack of the roots of full subtrees.
struct merkle {
    struct hash stack[64];
    uint64_t n;
};

struct audit {
    struct db *db;
    struct arena *arena;       // of the report
    struct arena tenant_arena; // of one tenant
    struct arena member_arena; // of one member
    struct arena scratch;      // of one row
    const struct audit_options *options;
    struct audit_report *report;
    size_t room_findings, room_currencies;
    int64_t tenant_id;
    struct str tenant; // slug
    struct feed feeds[N_FEEDS];
    struct audit_program *programs;
    size_t n_programs;
    struct table sums; // by counter name: what members add up to
    bool has_returns;
    struct sql_audit_seal_list_out *seals;
    size_t n_seals;
    struct merkle merkle; // over what the newest seal saw
    int64_t sealed_rows, sealed_chains;
};

// ---- audit.c

// expected and found are printf'd by the caller; row names the row by its key.
void audit_find(struct audit *audit, enum audit_law law, const char *table, struct str row,
                struct str expected, struct str found);
// The same for numbers; nothing when they are equal.
void audit_same(struct audit *audit, enum audit_law law, const char *table, struct str row,
                int64_t expected, int64_t found);
// The same for a condition.
void audit_check(struct audit *audit, bool holds, enum audit_law law, const char *table,
                 struct str row, const char *expected, const char *found);
struct audit_currency *audit_currency(struct audit *audit, struct str currency);
const struct audit_program *audit_program(const struct audit *audit, int64_t version);
struct str audit_id(struct audit *audit, struct str bytes, const char *prefix);
struct str audit_number(struct audit *audit, int64_t number);

// ---- audit_feed.c

void feeds_init(struct audit *audit);
void feeds_release(struct audit *audit);
// The next row of the feed, or NULL at its end.
MUST_CHECK enum err feed_peek(struct audit *audit, enum feed_name name, void **ret_row);
void feed_next(struct audit *audit, enum feed_name name);
// The smallest member any feed stands at; p NULL: all are at their end.
MUST_CHECK enum err feeds_member(struct audit *audit, struct str *ret_member_id);
// The next row of the feed if it belongs to that member, else NULL.
MUST_CHECK enum err feed_of(struct audit *audit, enum feed_name name, struct str member_id,
                            void **ret_row);

// ---- audit_hash.c

struct audit_allocations {
    const struct sql_audit_allocation_page_out *list;
    size_t n;
};
struct hash audit_entry_hash(struct audit *audit, const struct sql_audit_entry_page_out *row,
                             const struct audit_allocations *allocations,
                             const struct hash *before);
struct hash audit_trail_hash(struct audit *audit, const struct sql_audit_trail_page_out *row,
                             const struct hash *before);
bool audit_is_hash(struct str bytes, const struct hash *hash);

// ---- the catalogue of effects, read once more

struct audit_kind {
    enum account debit, credit;
    enum lot_use lots;
    const char *code;
};
const struct audit_kind *audit_kind_of(int64_t number); // NULL: there is none

// ---- audit_json.c: what is kept as JSON

// NULL when it is no JSON.
const struct json *audit_parse(struct audit *audit, struct arena *arena, struct str text);
int64_t audit_json_i64(const struct json *object, const char *name, int64_t otherwise);
struct str audit_json_text(const struct json *object, const char *name);

// ---- audit_replay.c: the ledger of one member, entry by entry

struct replay;
struct replay *replay_new(struct audit *audit, struct str member_id);
// In the order of seq; allocations by lot.
void replay_entry(struct replay *replay, const struct sql_audit_entry_page_out *row,
                  const struct audit_allocations *allocations);
// Nothing more comes: laws over the whole.
void replay_end(struct replay *replay);
void replay_cache(struct replay *replay, const struct sql_audit_cache_page_out *row);
void replay_redemption(struct replay *replay, const struct sql_audit_redemption_page_out *row);
// After all cached rows and redemptions: what should have been there.
void replay_missing(struct replay *replay);

// ---- audit_event.c, audit_tenant.c

MUST_CHECK enum err audit_events(struct audit *audit);
MUST_CHECK enum err audit_programs(struct audit *audit);
MUST_CHECK enum err audit_counters(struct audit *audit);
MUST_CHECK enum err audit_trails(struct audit *audit);
MUST_CHECK enum err audit_seals_load(struct audit *audit);
void audit_seals_check(struct audit *audit);
// Adds to what members add up to under that name.
void audit_sum(struct audit *audit, struct str name, int64_t delta);
// One chain as the newest seal saw it: its last row at that time.
void audit_sealed(struct audit *audit, int kind, struct str owner, int64_t seq, struct str hash);
