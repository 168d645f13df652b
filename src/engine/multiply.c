// SPDX-License-Identifier: Apache-2.0
// multiply.c - "double points at the weekend": the extra units of a multiplier.
//
// A factor f earns units x (f - 1) besides what it multiplies, as a grant of its own.  Factors add:
// 2x and 3x give 1x + 1x + 2x = 4x; a compound one also multiplies the extras before it.
//
// Layer: engine (pure).  Tests: tests/scenarios/
#include "base/check.h"
#include "base/checked.h"
#include "engine/earn.h"

static bool multiplied(const struct program_rule *rule, const struct grant *grant)
{
    if (grant->rule->currency != rule->currency)
        return false;
    if (grant->rule->phase == PHASE_BASE)
        return true;
    return rule->compound && grant->rule->phase == PHASE_MULTIPLIER;
}

// The units that the multiplier applies to: all, or those of the lines that it selects.
static enum err add_up(const struct program_rule *rule, const struct selection *selection,
                       const struct grant *grant, int64_t *line_units, int64_t *sum)
{
    if (!rule->lines) {
        enum err e = amount_add(*sum, grant->units, sum);
        if (e)
            return e;
    }
    for (size_t i = 0; grant->line_units && i < selection->n; i++) {
        int64_t units = rule->lines && !selection->counts[i] ? 0 : grant->line_units[i];
        line_units[i] += units; // at most the grants' units
        if (rule->lines)
            *sum += units;
    }
    return amount_valid(*sum) ? OK : ERR_OUT_OF_RANGE;
}

static struct derivation multiplied_why(const struct earning *earning,
                                        const struct program_rule *rule, int64_t sum, int64_t extra)
{
    return (struct derivation){
        .reason = REASON_MULTIPLIER,
        .version = earning->program->version,
        .rule_id = rule->id,
        .rule_name = rule->name,
        .base = sum,
        .units = rule->multiply_num,
        .per = rule->multiply_den,
        .rounding = rule->multiply_rounding,
        .exact = extra,
    };
}

enum err multiply_apply(struct earning *earning, const struct program_rule *rule,
                        struct grant *ret_grant)
{
    CHECK(rule->multiply_den > 0 && rule->multiply_num >= rule->multiply_den);
    struct selection selection;
    enum err e = select_lines(earning, rule, BASE_PAID, &selection);
    if (e)
        return e;
    int64_t *weights = arena_try_array(earning->arena, selection.n, sizeof *weights);
    int64_t *line_units = arena_try_array(earning->arena, selection.n, sizeof *line_units);
    if (!weights || !line_units)
        return ERR_MEMORY;
    int64_t sum = 0, attributed = 0, extra = 0;
    for (size_t i = 0; i < earning->n_grants && !e; i++) {
        if (multiplied(rule, &earning->grants[i]))
            e = add_up(rule, &selection, &earning->grants[i], weights, &sum);
    }
    if (!e)
        e = amount_muldiv(sum, rule->multiply_num - rule->multiply_den, rule->multiply_den,
                          rule->multiply_rounding, &extra);
    for (size_t i = 0; i < selection.n; i++)
        attributed += weights[i];
    if (!e && attributed > 0)
        e = split_by_weight(earning->arena, extra, weights, selection.n, line_units);
    if (e)
        return e;
    ret_grant->units = extra;
    ret_grant->line_units = attributed > 0 ? line_units : NULL;
    *ret_grant->why = multiplied_why(earning, rule, sum, extra);
    return OK;
}
