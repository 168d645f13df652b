// SPDX-License-Identifier: Apache-2.0
// decision.h - what the engine decides: effects, each with the reason for it.
//
// A decision is a list of effects in the order in which they are applied.  Every effect becomes one
// ledger entry: units leave one account and arrive in another (catalog/effects.def), so that a
// transaction sums to zero by construction.
//
//   D1  effect.units > 0.
//   D2  The allocations of an effect that TAKES or RETURNS sum to its units.
//   D3  The shares of an effect that earns sum to its units, or there are none.
//   D4  effect.seq is the member's last_seq plus the effect's place in the decision, from 1.
//
// Layer: engine (pure).  Tests: tests/engine/, tests/scenarios/
#pragma once

#include "engine/state.h"
#include "program/program.h"

enum effect_kind {
#define EFFECT(number, name, code, debit, credit, lots) EFFECT_##name = number,
#include "effects.def"
#undef EFFECT
};

enum lot_use { LOTS_NONE, LOTS_OPENS, LOTS_TAKES, LOTS_RETURNS };

struct effect_info {
    enum effect_kind kind;
    const char *code;
    enum account debit, credit;
    enum lot_use lots;
};

// The line of the catalogue; the kind must be valid.
const struct effect_info *effect_info(enum effect_kind kind);
// 0 when there is no such kind: rows may come from a damaged file.
const struct effect_info *effect_info_of_number(int64_t number);
const char *account_code(enum account account);

// How many of an effect's units belong to one line of the order.
struct line_share {
    struct str line_id;
    int64_t units;
};

// A limit or a cap that left less than the rule would have given.
enum clip_by { CLIP_LIMIT, CLIP_CAP };

struct clip {
    enum clip_by by;
    struct str rule_id;       // whose limit, or the rule that caps
    enum limit_scope scope;   // of a limit
    enum limit_window window; // of a limit
    bool counts_units;        // of a limit; else it counts how often the rule applied
    int64_t max;
    int64_t used;   // before this
    int64_t wanted; // units before the clip
    int64_t given;  // units after it
};

// Why; the codes are in the JSON of derivations and never change.
#define REASONS(REASON)                                                                            \
    REASON(RULE_RATE, "rate") /* amount x units / per, rounded */                                  \
    REASON(RULE_FIXED, "fixed")                                                                    \
    REASON(RULE_EXPRESSION, "expression")                                                          \
    REASON(MULTIPLIER, "multiplier")                                                               \
    REASON(REFUND, "refund") /* an order was decided again without what came back */               \
    REASON(ACTIVATED, "activated")                                                                 \
    REASON(EXPIRED, "expired")                                                                     \
    REASON(REWARD, "reward")                                                                       \
    REASON(HOLD_EXPIRED, "hold_expired")                                                           \
    REASON(HOLD_RELEASED, "hold_released")                                                         \
    REASON(REVERSED, "reversed")                                                                   \
    REASON(DEBT, "debt")                                                                           \
    REASON(ADJUSTMENT, "adjustment")

enum reason {
#define REASON(name, code) REASON_##name,
    REASONS(REASON)
#undef REASON
        N_REASONS,
};

// The reason as data: enough to recompute the units by hand.
struct derivation {
    enum reason reason;
    int64_t version; // of the programme
    struct str rule_id;
    struct bilingual rule_name;
    enum earning_base of;
    int64_t base;       // what the rate or multiplier was applied to
    int64_t units, per; // rate; for a multiplier num/den
    enum rounding rounding;
    bool per_line;
    bool carry;
    int64_t carry_in, carry_out; // in 1/per units
    int64_t exact;               // before clips
    struct clip *clips;
    size_t n_clips;
    struct line_share *shares;
    size_t n_shares;
    struct str money; // ISO code, for sentences
    struct str reward_id;
    struct bilingual reward_name;
    struct str note;       // adjustment: the operator's reason
    int64_t before, after; // refund: what the order earned by this rule, and earns now
    int64_t carried;  // refund: units more that the remainders of other orders no longer make full
    int64_t until_us; // EXPIRED: the lot's expires_us; REWARD: when the hold ends, 0 without
    int64_t forgiven; // refund: units that could not be taken and are not owed
};

struct effect {
    enum effect_kind kind;
    int currency;
    int64_t units;
    int64_t seq;             // D4
    int64_t effective_us;    // the instant it counts from
    int64_t activates_us;    // LOTS_OPENS
    int64_t expires_us;      // LOTS_OPENS, HOLD
    struct id order_id;      // whose units; nil if none
    struct id redemption_id; // nil if none
    int64_t ref_seq;    // ACTIVATE: the lot; CAPTURE, RELEASE: the hold; RETURN: the redemption's
                        // entry; 0 if none
    struct str rule_id; // empty if none
    const struct allocation *allocations;
    const struct lot *lots; // HOLD, LOTS_RETURNS: one per allocation, as it was opened
    size_t n_allocations;
    const struct derivation *why;
};

// A change of a counter, applied with the effects.  Programme-wide and per-store counters are
// owned by the tenant or the store, not by the member.
struct counter_change {
    enum limit_scope owner;
    struct str store; // LIMIT_STORE
    struct str name;
    int64_t period;
    int64_t delta;
    int64_t max; // shared owners: what the value may not exceed; 0: nothing limits it
};

// What a rule would have given, had the order been larger.
struct near_miss {
    struct str rule_id;
    struct bilingual rule_name;
    int currency;
    int64_t units;     // that would be earned more
    int64_t missing;   // minor units of money to add to the order
    int64_t threshold; // the amount the rule asks for; 0: the next step of a rate
};

struct decision {
    struct arena *arena;
    struct effect *effects;
    size_t n_effects, room_effects;
    struct counter_change *counters;
    size_t n_counters, room_counters;
    struct near_miss *near_misses;
    size_t n_near_misses;
    int64_t shortfall_forgiven; // claw-back that found nothing, policy SHORTFALL_FLOOR
};

void decision_init(struct decision *decision, struct arena *arena);
