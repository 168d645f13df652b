// SPDX-License-Identifier: Apache-2.0
// limits.c - how much of what a rule gives its limits leave.
//
//   M1  used + given <= max, for every limit, at every prefix of a member's history.
//   M2  What a limit took is said in the derivation.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/laws_test.c
#include "base/check.h"
#include "base/checked.h"
#include "engine/earn.h"
#include "engine/grow.h"

#include <string.h>

// ---- counters

static const struct counter *used_before(const struct event_facts *facts, struct str name,
                                         int64_t period)
{
    for (size_t i = 0; i < facts->n_used; i++) {
        const struct counter *counter = &facts->used[i];
        if (counter->period == period && str_eq(counter->name, name))
            return counter;
    }
    return NULL;
}

static int64_t value_now(const struct earning *earning, enum limit_scope owner, struct str name,
                         int64_t period)
{
    if (owner == LIMIT_MEMBER)
        return counters_get(&earning->state->counters, name, period);
    CHECK(earning->shared);
    struct str store = owner == LIMIT_STORE ? earning->event->store : STR_NONE;
    return earning->shared->get(earning->shared->ctx, owner, store, name, period);
}

enum err limits_counter(struct earning *earning, enum limit_scope owner, struct str name,
                        int64_t period, int64_t *ret_value)
{
    struct event_facts *facts = earning->facts;
    const struct counter *known = used_before(facts, name, period);
    if (known || !earning->state) {
        *ret_value = known ? known->value : 0;
        return OK;
    }
    struct counter *used =
        grown(earning->arena, facts->used, facts->n_used, &earning->room_used, sizeof *used);
    if (!used)
        return ERR_MEMORY;
    facts->used = used;
    used[facts->n_used] = (struct counter){.name = name, .period = period};
    *ret_value = used[facts->n_used].value = value_now(earning, owner, name, period);
    facts->n_used++; // G3
    return OK;
}

static struct str joined(struct arena *arena, const struct str *parts, size_t n)
{
    size_t size = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        size += parts[i].n;
    char *bytes = arena_try(arena, size);
    if (!bytes)
        return STR_NONE;
    for (size_t i = 0; i < n; i++) {
        memcpy(bytes + at, parts[i].p, parts[i].n);
        at += parts[i].n;
    }
    return (struct str){bytes, size};
}

struct str limits_name(struct arena *arena, const struct program_rule *rule,
                       const struct limit *limit)
{
    const struct str parts[] = {
        STR("limit:"),
        rule->id,
        STR(":"),
        str_of(limit_scope_code(limit->scope)),
        STR("/"),
        str_of(limit_window_code(limit->window)),
        limit->counts_units ? STR("/units") : STR("/times"),
    };
    return joined(arena, parts, sizeof parts / sizeof parts[0]);
}

struct str limits_carry_name(struct arena *arena, const struct program_rule *rule)
{
    return str_printf(arena, "carry:%.*s:%lld", STR_FMT(rule->id),
                      (long long)rule->amount.rate.per);
}

static int64_t window_start(const struct earning *earning, enum limit_window window)
{
    static const enum calendar_unit units[] = {
        [WINDOW_DAY] = CALENDAR_DAY,
        [WINDOW_WEEK] = CALENDAR_WEEK,
        [WINDOW_MONTH] = CALENDAR_MONTH,
        [WINDOW_YEAR] = CALENDAR_YEAR,
    };
    if (window == WINDOW_EVENT || window == WINDOW_EVER)
        return 0;
    int64_t at_us = earning->event->occurred_us;
    return calendar_start(earning->program->tz, at_us, units[window]) / SECOND_US;
}

int64_t limits_period(struct earning *earning, enum limit_window window)
{
    struct windows *windows = &earning->windows;
    CHECK(window <= WINDOW_EVER);
    if (!windows->known[window])
        windows->start_s[window] = window_start(earning, window);
    windows->known[window] = true;
    return windows->start_s[window];
}

// ---- clips

static enum err add_clip(struct earning *earning, struct derivation *why, const struct clip *clip)
{
    struct clip *clips = arena_try_array(earning->arena, why->n_clips + 1, sizeof *clips);
    if (!clips)
        return ERR_MEMORY;
    for (size_t i = 0; i < why->n_clips; i++)
        clips[i] = why->clips[i];
    clips[why->n_clips++] = *clip; // M2
    why->clips = clips;
    return OK;
}

enum err limits_reduce(struct earning *earning, struct grant *grant, const struct clip *clip)
{
    CHECK(clip->wanted == grant->units);
    CHECK(clip->given >= 0 && clip->given < clip->wanted);
    enum err e = add_clip(earning, grant->why, clip);
    if (e)
        return e;
    grant->units = clip->given;
    if (!grant->line_units)
        return OK;
    const struct order *order = earning->event->order;
    int64_t *line_units = arena_try_array(earning->arena, order->n_lines, sizeof *line_units);
    if (!line_units)
        return ERR_MEMORY;
    e = split_by_weight(earning->arena, grant->units, grant->line_units, order->n_lines,
                        line_units);
    grant->line_units = line_units; // G1
    return e;
}

static enum err clip_to(struct earning *earning, struct grant *grant, const struct limit *limit,
                        int64_t used)
{
    int64_t left = limit->max > used ? limit->max - used : 0;
    int64_t given = grant->units;
    if (limit->counts_units && given > left)
        given = left;
    if (!limit->counts_units && left == 0)
        given = 0;
    if (given == grant->units)
        return OK;
    struct clip clip = {
        .by = CLIP_LIMIT,
        .rule_id = grant->rule->id,
        .scope = limit->scope,
        .window = limit->window,
        .counts_units = limit->counts_units,
        .max = limit->max,
        .used = used,
        .wanted = grant->units,
        .given = given,
    };
    return limits_reduce(earning, grant, &clip); // M1
}

enum err limits_clip(struct earning *earning, struct grant *grant)
{
    const struct program_rule *rule = grant->rule;
    for (size_t i = 0; i < rule->n_limits && grant->units > 0; i++) {
        const struct limit *limit = &rule->limits[i];
        CHECK(limit->max >= 0);
        int64_t used = 0;
        enum err e = OK;
        if (limit->window != WINDOW_EVENT) {
            struct str name = limits_name(earning->arena, rule, limit);
            int64_t period = limits_period(earning, limit->window);
            e = limits_counter(earning, limit->scope, name, period, &used);
        }
        if (!e)
            e = clip_to(earning, grant, limit, used);
        if (e)
            return e;
    }
    return OK;
}
