// SPDX-License-Identifier: Apache-2.0
// views.h - what a member has, and what has happened: the use cases that only read.
//
//   W1  Everything is as of the transaction's instant: what has expired since the last write is
//       shown as expired, whether or not a job has written it down.
//
// Layer: flow.  Tests: tests/flow/, tests/api/ledger.http
#pragma once

#include "base/hash.h"
#include "flow/flow.h"

struct wallets_view {
    const struct program *program;
    const struct wallet *wallets; // by currency of the programme, as of the transaction's instant
    int64_t as_of_us;
    // The next units to expire, by currency; 0 units: none.
    const int64_t *expiring_units;
    const int64_t *expiring_us;
};
MUST_CHECK enum err flow_wallets(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                 struct id member_id, struct wallets_view *ret_wallets);
// The open lots in the order in which they will be consumed, all currencies.
MUST_CHECK enum err flow_lots(struct tx *tx, struct arena *arena, int64_t tenant_id,
                              struct id member_id, const struct program **ret_program,
                              const struct lot **ret_lots, size_t *ret_n);

struct entry_view {
    int64_t seq;
    const struct effect_info *info;
    const char *debit, *credit; // codes of the accounts
    struct str currency;
    int64_t units;
    int64_t effective_us, recorded_us, activates_us, expires_us; // 0: none, NEVER_US: never
    struct id event_id, order_id, redemption_id;
    struct str rule_id;
    int64_t version;
    struct str derivation; // JSON
    struct bilingual sentence;
    struct hash hash;
};
// Newest first.
struct ledger_in {
    struct id member_id;
    struct str currency; // STR_NONE: all
    int64_t before_seq;  // 0: from the newest
    int limit;
};
MUST_CHECK enum err flow_ledger(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                const struct ledger_in *in, struct entry_view **ret_entries,
                                size_t *ret_n);

struct event_view {
    struct id id, member_id, order_id;
    struct str source, external_id, type;
    int64_t occurred_us, recorded_us, version;
    struct str payload, reply; // JSON
    bool parked;
};
MUST_CHECK enum err flow_event_get(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                   struct id event_id, struct event_view *ret_event);
// Natural key; type is "order.paid".
MUST_CHECK enum err flow_order_find(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                    struct str source, struct str external_id,
                                    struct event_view *ret_event);
