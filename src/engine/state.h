// SPDX-License-Identifier: Apache-2.0
// state.h - what the engine knows of a member: balances, open lots, open holds, counters.
//
// The flow loads it, decide reads it, apply changes it, the store writes what apply did.  It is a
// cache of the ledger: everything in it can be derived from the ledger's entries and allocations,
// and the auditor does.
//
//   S1  wallet.available = sum of remaining of the active lots; wallet.pending of the pending ones;
//       wallet.held = sum of open holds; none is negative.
//   S2  lots stand in the order in which they are consumed: earliest expiry (never last), then the
//       one that became spendable first, then seq.
//   S3  lots holds only lots with remaining > 0.
//   S4  last_seq grows by one with every entry.
//   S5  A wallet that owes has nothing to spend: what becomes available repays debt first.
//
// Layer: engine (pure).  Tests: tests/engine/
#pragma once

#include "base/arena.h"
#include "base/id.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define NEVER_US INT64_MAX

struct cel_value;

enum account {
#define ACCOUNT(number, name, code, member) ACCOUNT_##name = number,
#include "accounts.def"
#undef ACCOUNT
};

struct wallet {
    int64_t available, pending, held, debt;
};

struct lot {
    int64_t seq; // of the entry that opened it: its name
    int currency;
    int64_t units; // as opened
    int64_t remaining;
    bool pending;
    int64_t activates_us;
    int64_t expires_us; // NEVER_US: never; else unspendable at t >= expires_us
    struct id order_id; // event whose units these are; nil for adjustments
};

// "This debit took n of that lot."
struct allocation {
    int64_t lot_seq;
    int64_t units;
};

struct hold {
    int64_t seq; // of the HOLD entry
    int currency;
    int64_t units;
    struct id redemption_id;
    struct str reward_id;
    int64_t expires_us;
    const struct allocation *allocations;
    const struct lot *lots; // one per allocation, as it was opened: it may be empty by now (S3)
    size_t n_allocations;
};

// A number kept for limits, remainders and the rule language's aggregates.  Names say what is
// counted, not where it stands in the document, so that editing a programme restarts no limit:
//   "orders", "spend", "visits"
//   "limit:<rule>:<member|program|store>/<window>/<times|units>"
//   "carry:<rule>:<per>"   the remainder, in 1/per units
//   "reward:<reward>"      how often it was given; the member's and the programme's
struct counter {
    struct str name;
    int64_t period; // start of the window in seconds since 1970, 0 for ever
    int64_t value;
    bool dirty; // apply changed it
};

struct counters {
    struct counter *list;
    size_t n, room;
};

struct member_state {
    struct arena *arena; // where apply allocates what it adds
    struct id member_id;
    int64_t enrolled_us;
    int64_t last_seq;
    uint8_t head[32];       // hash of the entry last_seq; zeros when there is none
    int64_t recorded_us;    // of the newest entry: recorded times never go back
    struct wallet *wallets; // one per currency of the programme
    size_t n_wallets;
    struct lot *lots;
    size_t n_lots, room_lots;
    struct hold *holds;
    size_t n_holds, room_holds;
    struct counters counters;
    struct str attributes; // JSON object; STR_NONE when the programme does not ask
    const struct cel_value *attributes_value; // the same, bound by the flow; NULL: empty
};

// The counter's value, 0 when it was never counted.
int64_t counters_get(const struct counters *counters, struct str name, int64_t period);
// Adds to it, creating it; a counter that would leave [0, AMOUNT_MAX] is a bug.  Marks it dirty.
// When the arena is full its overflow mark is set and nothing is counted.
void counters_add(struct counters *counters, struct arena *arena, struct str name, int64_t period,
                  int64_t units);
