// SPDX-License-Identifier: Apache-2.0
// bind.c - facts as values of the rule language.
//
// Layer: engine (pure).  Tests: tests/engine/bind_test.c
#include "engine/bind.h"

// Until the evaluator is linked no expression can be computed: each one fails, see B1.
bool bind_when(struct earning *earning, const struct program_rule *rule)
{
    (void)earning;
    return !rule->when;
}

bool bind_line(struct earning *earning, const struct program_rule *rule, size_t line)
{
    (void)earning;
    (void)line;
    return !rule->lines;
}

bool bind_amount(struct earning *earning, const struct program_rule *rule, int64_t *ret_units)
{
    (void)earning;
    if (rule->amount.kind != AMOUNT_FIXED)
        return false;
    *ret_units = rule->amount.fixed;
    return true;
}

bool bind_reward(const struct program *program, const struct member_state *state,
                 struct arena *arena, const struct program_reward *reward, int64_t at_us)
{
    (void)program;
    (void)state;
    (void)arena;
    (void)at_us;
    return !reward->when;
}
