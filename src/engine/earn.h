// SPDX-License-Identifier: Apache-2.0
// earn.h - what an event earns by each rule: arithmetic over facts, no ledger.
//
// The same function decides an event now and decides it again at a refund; the facts are the only
// difference: now they are collected, then they are read.
//
//   G1  The units of a grant's lines sum to the grant's units, or there are none.
//   G2  A rule gives at most one grant for an event.
//   G3  Every counter that was asked for is in facts->used with the value it had.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/laws_test.c
#pragma once

#include "engine/engine.h"

// What one rule gives.
struct grant {
    const struct program_rule *rule;
    int64_t units;       // after clips
    int64_t *line_units; // by line of the order; NULL: belongs to no line
    struct derivation *why;
};

struct binding; // facts as values of the rule language, bind.c

// Starts of the windows that contain the event, computed when first asked for.
struct windows {
    bool known[WINDOW_EVER + 1];
    int64_t start_s[WINDOW_EVER + 1];
};

// The amounts a rule counts on, by line.
struct selection {
    const int64_t *amounts; // by line of the order, 0 where the rule does not count it
    const bool *counts;     // by line; a line may count with an amount of 0
    size_t n;               // lines of the order
    size_t n_selected;
    int64_t total;
};

struct earning {
    struct arena *arena;
    const struct program *program;
    const struct event *event;
    struct event_facts *facts;
    // To collect facts: where counters are.  NULL: the facts are complete.
    const struct member_state *state;
    const struct shared_counters *shared;
    // Judging again: only rules that gave something then take part.  NULL: all.
    const struct earning *then;
    struct grant *grants; // in the order in which they were decided
    size_t n_grants, room_grants;
    size_t room_used;        // of facts->used
    const struct str *taken; // exclusive groups that have given
    size_t n_taken, room_taken;
    struct binding *binding;
    struct windows windows;
    struct selection eligible[BASE_NET_OF_TAX + 1]; // by base; amounts NULL: not asked for yet
};

// What the state says of the member at that instant; no counter yet.
MUST_CHECK enum err earn_facts(const struct program *program, const struct member_state *state,
                               int64_t at_us, struct arena *arena, struct event_facts *ret_facts);
// Fills grants.  ERR_OUT_OF_RANGE, ERR_MEMORY.
MUST_CHECK enum err earn_decide(struct earning *earning);
// The rule's grant, or NULL.
const struct grant *earn_grant_of(const struct earning *earning, const struct program_rule *rule);
// The units of the grants' lines as line shares of their derivations.
MUST_CHECK enum err earn_attribute(struct earning *earning);

// ---- parts of it, each in a file of its own

// select.c
// The event's lines that are eligible and that the rule's `lines` lets through.
MUST_CHECK enum err select_lines(struct earning *earning, const struct program_rule *rule,
                                 enum earning_base of, struct selection *ret_selection);
// Units by line in proportion to the selection, for what is not counted by line itself; NULL when
// there is no line.
MUST_CHECK enum err select_spread(struct earning *earning, const struct selection *selection,
                                  int64_t units, int64_t **ret_line_units);

// rate.c
struct rated {
    int64_t units;
    int64_t *line_units; // NULL when nothing was earned
    int64_t carry_out;
};
// amount x units / per, rounded once.  carry_in is ignored unless the rate carries: then the order
// is rounded down whatever the mode, and the remainder goes into carry_out.
MUST_CHECK enum err rate_apply(struct arena *arena, const struct rate *rate,
                               const struct selection *selection, int64_t carry_in,
                               struct rated *ret_rated);

// limits.c
// The value of a counter before the event; collects it into the facts.
MUST_CHECK enum err limits_counter(struct earning *earning, enum limit_scope owner, struct str name,
                                   int64_t period, int64_t *ret_value);
// Clips the grant to what the rule's limits leave.
MUST_CHECK enum err limits_clip(struct earning *earning, struct grant *grant);
// Reduces the grant and says why.
MUST_CHECK enum err limits_reduce(struct earning *earning, struct grant *grant,
                                  const struct clip *clip);
struct str limits_name(struct arena *arena, const struct program_rule *rule,
                       const struct limit *limit);
struct str limits_carry_name(struct arena *arena, const struct program_rule *rule);
// Start of the window around the event in seconds, 0 for ever.
int64_t limits_period(struct earning *earning, enum limit_window window);

// multiply.c: a multiplier's extra units.
MUST_CHECK enum err multiply_apply(struct earning *earning, const struct program_rule *rule,
                                   struct grant *ret_grant);
