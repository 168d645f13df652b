// SPDX-License-Identifier: Apache-2.0
// views.h - the use cases that only look: what a member has and did, what a basket would earn.
//
//   V1  Nothing is written.  Whatever is shown is as of the transaction's instant: what has expired
//       since the last write is shown as expired, whether or not a job has written that down.
//   V2  Outputs live in the given arena and are set only on success.
//
// Layer: flow.  Tests: tests/flow/, tests/api/
#pragma once

#include "base/hash.h"
#include "base/problem.h"
#include "flow/tx.h"

struct event_in;

// ---- what a member has

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
    const char *debit, *credit; // accounts
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

// ---- what a member did

// A page of a member's events or redemptions, newest first.
struct history_in {
    struct id member_id;
    struct id before; // nil: from the newest
    int limit;
};

struct event_view {
    struct id id, member_id, order_id;
    struct str source, external_id, type;
    int64_t occurred_us, recorded_us, version;
    struct str payload, reply; // JSON
};
MUST_CHECK enum err flow_event_get(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                   struct id event_id, struct event_view *ret_event);
MUST_CHECK enum err flow_event_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                    const struct history_in *in, struct event_view **ret_events,
                                    size_t *ret_n);
// Natural key; type is "order.paid".
MUST_CHECK enum err flow_order_find(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                    struct str source, struct str external_id,
                                    struct event_view *ret_event);

// A line of an order, and how much of it has come back.
struct order_line_view {
    struct str line_id;
    int64_t quantity, returned;
};
// event is an order's, as flow_order_find or flow_event_get returned it.
MUST_CHECK enum err flow_order_lines(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                     const struct event_view *event,
                                     struct order_line_view **ret_lines, size_t *ret_n);

struct redemption_view {
    struct id id, member_id;
    struct str reward_id;
    struct bilingual reward_name;
    struct str gives; // JSON object
    struct str status;
    int64_t created_us, updated_us;
    int64_t expires_us; // of a hold; 0 if none
    const struct program *program;
    const struct reward_cost *costs;
    size_t n_costs;
    const struct wallet *wallets; // afterwards, by currency
};
MUST_CHECK enum err flow_redemption_get(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                        struct id redemption_id,
                                        struct redemption_view *ret_redemption);
MUST_CHECK enum err flow_redemption_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                         const struct history_in *in,
                                         struct redemption_view **ret_redemptions, size_t *ret_n);

// ---- what could be

// A reward of the programme, and whether the member may have it now.
struct quote_reward {
    int reward; // index
    bool affordable;
    bool reached;       // not affordable now, but what the order earns would make it so
    struct str refusal; // code, when not affordable
    int64_t required, available, missing;
};
struct rewards_view {
    const struct program *program;
    const struct quote_reward *rewards; // one per reward, in the programme's order
};
MUST_CHECK enum err flow_rewards(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                 struct id member_id, struct rewards_view *ret_rewards);

// What an order would earn now, what is missing for more, and which rewards it would reach.
struct quote_earn {
    const char *type; // catalog/effects.def
    struct str currency, rule_id;
    int64_t units;
    struct bilingual sentence;
};
struct quote_near_miss {
    struct str currency, rule_id;
    int64_t units;   // that would be earned more
    int64_t missing; // minor units of money to add to the order
    struct bilingual sentence;
};
struct quote_out {
    struct id member_id; // nil: a stranger
    const struct program *program;
    const struct quote_earn *earns;
    size_t n_earns;
    const struct quote_near_miss *near_misses;
    size_t n_near_misses;
    const struct quote_reward *rewards; // one per reward, in the programme's order
    const struct wallet *wallets;       // now, by currency
    const struct wallet *after;         // when the order has been paid
};
MUST_CHECK enum err flow_quote(struct tx *tx, struct arena *arena, int64_t tenant_id,
                               const struct event_in *in, struct problems *problems,
                               struct quote_out *ret_out);

// ---- what an expression would be

// Against the newest programme of the tenant.  An expression with errors is no error of the use
// case: ret_check tells them.
MUST_CHECK enum err flow_expression_check(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                          const struct expression_in *in,
                                          struct expression_check *ret_check);
