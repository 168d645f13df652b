// SPDX-License-Identifier: Apache-2.0
// plan.h - what a seed decides before anything happens: which features are on, how likely each
// kind of operation is, and the programme in all its versions.
//
//   P1  Everything follows from the seed: no clock, no address, no order of a hash table.
//   P2  Versions of one plan have the same currencies, rules and rewards under the same ids; their
//       numbers differ.
//
// Layer: tests.  Used by: tests/sim/sim.c
#pragma once

#include "base/arena.h"
#include "base/text.h"
#include "model/model.h"
#include "sim/rng.h"

enum op_kind {
    OP_ORDER,
    OP_VISIT,
    OP_REFUND,       // some of an order
    OP_REFUND_ALL,   // what is left of it
    OP_EARLY_REFUND, // before its sale
    OP_REDEEM,
    OP_HOLD,
    OP_CAPTURE,
    OP_RELEASE,
    OP_REVERSE,
    OP_ADJUST,
    OP_ADVANCE,
    OP_CLOCK_BACK,
    OP_PROGRAM,
    OP_RETRY,   // the last write again
    OP_RESTART, // of the store
    OP_PERSON,  // what is known of a member changes
    OP_KINDS
};

// What becomes of an operation that was carried out.
enum op_fate {
    FATE_NONE,
    FATE_FAILS, // after it had written, and every time
    FATE_MEETS, // another process, once: whoever was in its transaction does it again
};

struct op {
    enum op_kind kind;
    uint64_t seed; // what it does in detail, given where it happens
    bool joins;    // happens at the instant of the one before it, in its transaction if that may be
    bool keyed;    // is asked for with an idempotency key
    bool foreseen; // says before what it will read
    enum op_fate fate;
};

#define PLAN_WHENS 4

struct plan {
    struct rng rng;
    int weights[OP_KINDS];
    int n_members;
    int64_t step_us_max; // time between two operations
    int late_percent;    // events that are told later than they happened
    int n_currencies, n_rules, n_rewards;
    bool expressions, debt, pending, carry, limits, multipliers, groups, discounts, rule_expiry;
    const char *timezone;
    uint64_t shape_seed; // the same for all versions
    struct rng joining;  // of what follows, which leaves the rest of a history as it was
    int group_max;       // operations of one instant
    int group_left;
    int fate_percent, keyed_percent, person_percent;
};

void plan_init(struct plan *plan, uint64_t seed);
// The next operation.
struct op plan_op(struct plan *plan);
// The document of the n-th version, from 1.
struct str plan_document(const struct plan *plan, struct arena *arena, int version);

// The few expressions that plans use, as C.
bool plan_when(const struct program_rule *rule, const struct model_facts *facts);
bool plan_wants_line(const struct program_rule *rule, const struct order_line *line,
                     const struct model_line *kept);
