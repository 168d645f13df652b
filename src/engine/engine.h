// SPDX-License-Identifier: Apache-2.0
// engine.h - the pure decisions: same programme, state and event, same effects; always.
//
// Every decide function reads the state and fills a decision; engine_apply carries it out on the
// state.  Callers advance the member to the instant first (time is an event), apply that, then
// decide.  No I/O, no clock, no randomness, no logging, no allocation but from the decision's
// arena.
//
//   N1  A refusal leaves the decision without effects and the state untouched.
//   N2  decide never changes the state; apply never fails on what decide returned for that state.
//   N3  Facts (limits, aggregates) are what the state says before the event.
//   N4  A state that contradicts itself is refused with ERR_STORE_CORRUPT.
//
// Layer: engine (pure).  Tests: tests/engine/*_test.c, tests/scenarios/*.txt, tests/sim/
#pragma once

#include "engine/decision.h"
#include "engine/event.h"
#include "engine/state.h"

// What a decision needs besides the member: counters owned by the tenant or a store.
struct shared_counters {
    // The value of a programme-wide or per-store counter; store is empty for LIMIT_PROGRAM.
    int64_t (*get)(void *ctx, enum limit_scope owner, struct str store, struct str name,
                   int64_t period);
    void *ctx;
};

// The facts an event was judged by, kept with it so that a refund can judge it again.
struct event_facts {
    int64_t version;
    int64_t enrolled_us;
    int64_t orders, spend, visits;
    const int64_t *balances;                  // available by currency index
    struct str attributes;                    // JSON, STR_NONE when the programme does not ask
    const struct cel_value *attributes_value; // bound by the flow, NULL: empty
    struct counter *used; // value, before the event, of every limit and carry that was asked for
    size_t n_used;
};

// ---- time

// Activation, expiry and end of holds that are due at or before to_us, in the order of their
// instants; at one instant: activate, then expire, then release holds.
MUST_CHECK enum err engine_advance(const struct program *program, const struct member_state *state,
                                   int64_t to_us, struct decision *decision);

// The earliest instant at which engine_advance would do something, or NEVER_US.
int64_t engine_next_due(const struct member_state *state);

// ---- earning

// Collects the facts of now, then decides.  ret_facts is to be stored with the event.  The order
// must be priced.  Works for every event type; an event that no rule wants has no effects.
MUST_CHECK enum err engine_decide_event(const struct program *program,
                                        const struct member_state *state,
                                        const struct shared_counters *shared,
                                        const struct event *event, struct decision *decision,
                                        struct event_facts *ret_facts);

// Decides the order again, by the programme and facts of then, without `before` and without
// `after` (returned quantities in all, before and after this refund), and takes back the
// difference.  Units come from the order's pending lots, then its remaining lots, then other lots
// in the order of consumption, then the shortfall policy.  Limits and aggregates are given back.
struct refund {
    const struct program *program; // the version the order was judged by
    const struct event *order;     // the order's event
    const struct event_facts *facts;
    const struct returned *before;
    size_t n_before;
    const struct returned *after;
    size_t n_after;
    int64_t at_us;
};
MUST_CHECK enum err engine_decide_refund(const struct program *program,
                                         const struct member_state *state,
                                         const struct refund *refund, struct decision *decision);

// What the order would have earned more had it been a little larger: thresholds that it misses and
// the next step of a rate, for a quote.  facts as engine_decide_event returned them; fills
// decision->near_misses.
MUST_CHECK enum err engine_near_misses(const struct program *program,
                                       const struct member_state *state,
                                       const struct shared_counters *shared,
                                       const struct event *event, const struct event_facts *facts,
                                       struct decision *decision);

// ---- spending

// Whether the member may have the reward now; fills ret_missing when the balance is short.
struct reward_check {
    enum err err;                         // OK or the refusal
    int64_t required, available, missing; // of the first currency that is short
    int currency;
};
// The refusals of engine_decide_redeem; the arena is for what is computed on the way.
void engine_check_reward(const struct program *program, const struct member_state *state,
                         const struct shared_counters *shared, struct arena *arena, int reward,
                         int64_t at_us, struct reward_check *ret_check);

// Who wants which reward when.
struct claim {
    int reward; // index
    struct id redemption_id;
    int64_t at_us;
    int64_t expires_us; // of a hold: when it ends unless captured or released before
};
// Redeems at once.  Refusals, the first that applies: ERR_REWARD_UNKNOWN, ERR_NOT_YET_VALID,
// ERR_EXPIRED, ERR_NOT_ELIGIBLE, ERR_OUT_OF_STOCK, ERR_MEMBER_LIMIT_REACHED,
// ERR_INSUFFICIENT_BALANCE.
MUST_CHECK enum err engine_decide_redeem(const struct program *program,
                                         const struct member_state *state,
                                         const struct shared_counters *shared,
                                         const struct claim *claim, struct decision *decision);
// Reserves; the same refusals.
MUST_CHECK enum err engine_decide_hold(const struct program *program,
                                       const struct member_state *state,
                                       const struct shared_counters *shared,
                                       const struct claim *claim, struct decision *decision);
// Ends the holds of the redemption.  ERR_HOLD_ENDED when there is none.
MUST_CHECK enum err engine_decide_capture(const struct program *program,
                                          const struct member_state *state, struct id redemption_id,
                                          int64_t at_us, struct decision *decision);
MUST_CHECK enum err engine_decide_release(const struct program *program,
                                          const struct member_state *state, struct id redemption_id,
                                          int64_t at_us, struct decision *decision);

// One REDEEM entry, or a CAPTURE entry with the allocations of its HOLD, that is to be reversed,
// with the lots its units came from as they were opened (they may be empty by now).
struct spent {
    int64_t seq;
    int currency;
    int64_t units;
    const struct allocation *allocations;
    size_t n_allocations;
    const struct lot *lots; // one per allocation
};
struct reversal {
    struct str reward_id; // the programme may have it no longer
    struct id redemption_id;
    const struct spent *spent;
    size_t n_spent;
    int64_t at_us;
};
MUST_CHECK enum err engine_decide_reverse(const struct program *program,
                                          const struct member_state *state,
                                          const struct reversal *reversal,
                                          struct decision *decision);

// A manual correction; units may be negative, never 0.  ERR_INSUFFICIENT_BALANCE when it would
// take more than is available.
MUST_CHECK enum err engine_decide_adjust(const struct program *program,
                                         const struct member_state *state, int currency,
                                         int64_t units, struct str note, int64_t at_us,
                                         struct decision *decision);

// ---- carrying out

// Carries the effects out on the state the decision was made for.  Member counters are changed in
// the state; shared ones are the flow's.  When the state's arena is full its overflow mark is set
// and the state is not to be used any more.
void engine_apply(struct member_state *state, const struct decision *decision);

// ---- explaining

// The derivation as JSON, by src/engine/derivation.c; the order of its members never changes.
struct json_out;
void derivation_json(struct json_out *out, const struct effect *effect);
// The words in that JSON.
const char *reason_code(enum reason reason);
const char *earning_base_code(enum earning_base of);
const char *rounding_code(enum rounding rounding);
const char *limit_scope_code(enum limit_scope scope);
const char *limit_window_code(enum limit_window window);

// The effect as one plain sentence, without a full stop: "+45 points: every purchase, 10 points per
// 1 € on 4.50 €".  lang is "en" or "fr"; anything else reads as "en".  The programme is one that
// has the effect's currency and rewards; amounts are told in its money.
struct str effect_sentence(struct arena *arena, const struct program *program,
                           const struct effect *effect, struct str lang);
// The near miss likewise: "+20 points if you add 3.10 €: every purchase".
struct str near_miss_sentence(struct arena *arena, const struct program *program,
                              const struct near_miss *miss, struct str lang);
