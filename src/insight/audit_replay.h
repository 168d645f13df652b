// SPDX-License-Identifier: Apache-2.0
// audit_replay.h - what the auditor knows of one member while it tells its ledger again.
//
// Layer: insight, private to audit_replay.c and audit_cache.c.
#pragma once

#include "insight/audit_scan.h"

struct balance {
    int64_t available, pending, held, debt;
    bool was_cached;
};

struct replay_lot {
    struct replay_lot *next_open;
    int64_t seq, units, remaining, activates_us, expires_us;
    struct str currency, order_id;
    bool pending, is_closed, was_cached;
};

// An entry whose units may come back: HOLD, REDEEM, CAPTURE.
struct replay_taking {
    int64_t seq, units;
    int kind;
    bool ended; // captured, released or returned
    struct str currency, redemption_id;
    struct audit_allocations allocations;
};

struct replay_order {
    int64_t earned, clawed;
    int64_t carried; // units that other orders' remainders had filled up
};

struct spending_cost {
    struct spending_cost *next;
    struct str currency;
    int64_t units;
};

struct replay_spending {
    int64_t first_seq, version, until_us, made_us, changed_us;
    int64_t n[32]; // entries by kind
    struct spending_cost *costs;
    bool has_row;
};

struct replay_rule {
    int64_t units, times;
};

struct replay {
    struct audit *audit;
    struct str member_id, member; // bytes, text
    const struct sql_audit_entry_page_out *row;
    const struct json *json; // of the row's derivation, when somebody asked
    struct hash hash;
    int64_t last_seq, recorded_us;
    struct str event_id;
    int64_t event_last_seq;
    int64_t sealed_seq;
    struct hash sealed_hash;
    struct table balances, lots, takings, orders, spendings, rules;
    struct replay_lot *open;
    int64_t due_us; // the earliest end of a hold, from redemptions
    bool has_head;
    struct table rewards; // by reward: how often the member has it
};

struct str replay_row(struct replay *replay, int64_t seq);
struct balance *replay_balance(struct replay *replay, struct str currency);

// ---- audit_derivation.c

// When the hold of the row ends, as its derivation says; 0 when it does not.
int64_t replay_until(struct replay *replay);
// Units the row took because the remainder of other orders no longer makes them full.
int64_t replay_carried(struct replay *replay);
