// SPDX-License-Identifier: Apache-2.0
// events.h - what came from outside, what was redeemed, and what keeps either from happening twice.
//
//   V1  (source, external_id, type) is unique for ever.
//   V2  An idempotency row stands in the transaction of the effect it guards.
//   V3  A shared counter is only changed by a conditional write: the limit is in the statement.
//
// Layer: store.  Tests: tests/store/
#pragma once

#include "store/store.h"

// A page of one member's events or redemptions, newest first.
struct member_page {
    struct id member_id;
    struct id before_id; // nil: from the newest
    int64_t limit;
};

// ---- events

struct event_key {
    struct str source, external_id, type;
};

struct event_row {
    struct id event_id; // ascending: the order of arrival
    struct id member_id;
    struct event_key key;
    struct id order_id; // the event of the order this one gives back; nil: none
    int64_t occurred_us, recorded_us;
    int64_t program_version;
    struct hash fingerprint;          // of what was sent
    struct str payload, facts, reply; // JSON
    int64_t first_seq, last_seq;      // its entries in the member's ledger; 0: none
    int64_t actor_id;                 // an API key; 0: a command or a job
};

// ERR_ALREADY_EXISTS when the key is taken.
MUST_CHECK enum err store_event_insert(struct db *db, int64_t tenant_id,
                                       const struct event_row *event);
MUST_CHECK enum err store_event_get(struct db *db, int64_t tenant_id, struct id event_id,
                                    struct arena *arena, struct event_row *ret_event);
MUST_CHECK enum err store_event_get_by_key(struct db *db, int64_t tenant_id,
                                           const struct event_key *key, struct arena *arena,
                                           struct event_row *ret_event);
// Announces (db.h, D4) store_event_get_by_key.
MUST_CHECK enum err store_event_get_by_key_ahead(struct db *db, int64_t tenant_id,
                                                 const struct event_key *key);
// Newest arrival first.
MUST_CHECK enum err store_event_list(struct db *db, int64_t tenant_id,
                                     const struct member_page *page, struct arena *arena,
                                     struct event_row **ret_events, size_t *ret_n);
// What gave the order back so far, in the order of arrival.
MUST_CHECK enum err store_event_list_by_order(struct db *db, int64_t tenant_id, struct id order_id,
                                              struct arena *arena, struct event_row **ret_events,
                                              size_t *ret_n);
// Announces (db.h, D4) it.
MUST_CHECK enum err store_event_list_by_order_ahead(struct db *db, int64_t tenant_id,
                                                    struct id order_id);

// ---- returns that came before their sale

struct parked_row {
    struct event_key key;
    struct id event_id;
    struct id member_id;  // nil: it has not met its sale; else the sale's, which it does not fit
    struct str refund_of; // external id of the order
    int64_t occurred_us, recorded_us;
    struct hash fingerprint;
    struct str payload, reply; // JSON
    int64_t actor_id;          // an API key; 0: a command or a job
};

MUST_CHECK enum err store_parked_insert(struct db *db, int64_t tenant_id,
                                        const struct parked_row *parked);
MUST_CHECK enum err store_parked_get(struct db *db, int64_t tenant_id, const struct event_key *key,
                                     struct arena *arena, struct parked_row *ret_parked);
// Those that wait for this order, in the order of arrival.
MUST_CHECK enum err store_parked_list_by_order(struct db *db, int64_t tenant_id, struct str source,
                                               struct str refund_of, struct arena *arena,
                                               struct parked_row **ret_parked, size_t *ret_n);
// Announce (db.h, D4) the two above.
MUST_CHECK enum err store_parked_get_ahead(struct db *db, int64_t tenant_id,
                                           const struct event_key *key);
MUST_CHECK enum err store_parked_list_by_order_ahead(struct db *db, int64_t tenant_id,
                                                     struct str source, struct str refund_of);
// All that wait, after the given key (NULL: from the first).
MUST_CHECK enum err store_parked_list(struct db *db, int64_t tenant_id,
                                      const struct event_key *after, int64_t limit,
                                      struct arena *arena, struct parked_row **ret_parked,
                                      size_t *ret_n);
// Those that have not met their sale, with whether there is one: two processes that receive a
// return and its sale at once see nothing of each other.  After the given key (NULL: from the
// first).
struct parked_known {
    struct event_key key;
    struct str refund_of;
    bool known; // the sale is there
};
MUST_CHECK enum err store_parked_known_list(struct db *db, int64_t tenant_id,
                                            const struct event_key *after, int64_t limit,
                                            struct arena *arena, struct parked_known **ret_parked,
                                            size_t *ret_n);
MUST_CHECK enum err store_parked_known_list_ahead(struct db *db, int64_t tenant_id, int64_t limit);
// It has met its sale and does not fit it.  Nothing happens when it waits no more.
MUST_CHECK enum err store_parked_update(struct db *db, int64_t tenant_id,
                                        const struct event_key *key, struct id member_id);
MUST_CHECK enum err store_parked_delete(struct db *db, int64_t tenant_id,
                                        const struct event_key *key);

// ---- redemptions

enum redemption_status {
    REDEMPTION_HELD,
    REDEMPTION_REDEEMED,
    REDEMPTION_RELEASED,
    REDEMPTION_EXPIRED,
    REDEMPTION_REVERSED,
};

struct str redemption_status_text(enum redemption_status status);

struct redemption_row {
    struct id redemption_id;
    struct id member_id;
    struct str reward_id;
    enum redemption_status status;
    int64_t program_version;
    int64_t first_seq; // the member's ledger holds nothing of it before that entry
    int64_t created_us, updated_us;
    int64_t expires_us; // of the hold; 0: redeemed at once
};

MUST_CHECK enum err store_redemption_insert(struct db *db, int64_t tenant_id,
                                            const struct redemption_row *redemption);
MUST_CHECK enum err store_redemption_get(struct db *db, int64_t tenant_id, struct id redemption_id,
                                         struct arena *arena,
                                         struct redemption_row *ret_redemption);
// From one status to another.  ERR_STORE_CONFLICT when it is not in status `from`: whoever read it
// must read it again.
MUST_CHECK enum err store_redemption_update(struct db *db, int64_t tenant_id,
                                            struct id redemption_id, enum redemption_status from,
                                            enum redemption_status to, int64_t updated_us);
MUST_CHECK enum err store_redemption_list(struct db *db, int64_t tenant_id,
                                          const struct member_page *page, struct arena *arena,
                                          struct redemption_row **ret_redemptions, size_t *ret_n);

// ---- counters that members share

struct counter_key {
    struct id owner_id; // nil: the programme; a store: its hashed name
    struct str name;
    int64_t period;
};

// 0 when it was never counted.
MUST_CHECK enum err store_counter_get(struct db *db, int64_t tenant_id,
                                      const struct counter_key *key, int64_t *ret_value);
// Adds delta when the value then is at most max (looked at only when delta is positive) and not
// negative.  ERR_LIMIT_REACHED, and nothing written, when it would not be.
MUST_CHECK enum err store_counter_add(struct db *db, int64_t tenant_id,
                                      const struct counter_key *key, int64_t delta, int64_t max);

// ---- idempotency

// bucket is a number that grows with time (30 days each), so that old keys leave together.
struct idempotency_row {
    int64_t bucket;
    int64_t key_id; // the API key that asks: another may use the same text
    struct str key;
    struct hash fingerprint;
    int64_t status;
    struct str body;    // absent when the reply is the event's own
    struct id event_id; // nil: none
    int64_t recorded_us;
};

// In bucket or the one before.
MUST_CHECK enum err store_idempotency_get(struct db *db, int64_t tenant_id, int64_t bucket,
                                          int64_t key_id, struct str key, struct arena *arena,
                                          struct idempotency_row *ret_row);
// Announces (db.h, D4) store_idempotency_get.
MUST_CHECK enum err store_idempotency_ahead(struct db *db, int64_t tenant_id, int64_t bucket,
                                            int64_t key_id, struct str key);
// ERR_ALREADY_EXISTS when the key is taken in this bucket.
MUST_CHECK enum err store_idempotency_insert(struct db *db, int64_t tenant_id,
                                             const struct idempotency_row *row);
// Whether there are rows of buckets before `before`.
MUST_CHECK enum err store_idempotency_has_old(struct db *db, int64_t tenant_id, int64_t before,
                                              struct arena *arena, bool *ret_any);
MUST_CHECK enum err store_idempotency_has_old_ahead(struct db *db, int64_t tenant_id,
                                                    int64_t before);
// At most limit rows (10,000) of buckets before `before`; ret_n tells how many there were.
MUST_CHECK enum err store_idempotency_delete(struct db *db, int64_t tenant_id, int64_t before,
                                             int64_t limit, int64_t *ret_n);
