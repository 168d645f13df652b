// SPDX-License-Identifier: Apache-2.0
// limits.c - how much of what a rule gives its limits leave.
//
//   M1  used + given <= max, for every limit, at every prefix of a member's history.
//   M2  What a limit took is said in the derivation.
//
// Layer: engine (pure).  Tests: tests/engine/limits_test.c, tests/engine/laws_test.c
#include "base/buf.h"
#include "base/check.h"
#include "base/checked.h"
#include "engine/earn.h"
#include "engine/grow.h"

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

struct str limits_name(struct arena *arena, const struct program_rule *rule,
                       const struct limit *limit)
{
    struct buf name;
    buf_init(&name, arena);
    buf_str(&name, STR("limit:"));
    buf_str(&name, rule->id);
    buf_char(&name, ':');
    buf_str(&name, str_of(limit_scope_code(limit->scope)));
    buf_char(&name, '/');
    buf_str(&name, str_of(limit_window_code(limit->window)));
    buf_str(&name, limit->counts_units ? STR("/units") : STR("/times"));
    return buf_text(&name);
}

struct str limits_carry_name(struct arena *arena, const struct program_rule *rule)
{
    struct buf name;
    buf_init(&name, arena);
    buf_str(&name, STR("carry:"));
    buf_str(&name, rule->id);
    buf_char(&name, ':');
    buf_i64(&name, rule->amount.rate.per);
    return buf_text(&name);
}

int64_t limits_period(const struct program *program, const struct limit *limit, int64_t occurred_us)
{
    switch (limit->window) {
    case WINDOW_EVENT:
    case WINDOW_EVER:
        return 0;
    case WINDOW_DAY:
        return calendar_start(program->tz, occurred_us, CALENDAR_DAY) / SECOND_US;
    case WINDOW_WEEK:
        return calendar_start(program->tz, occurred_us, CALENDAR_WEEK) / SECOND_US;
    case WINDOW_MONTH:
        return calendar_start(program->tz, occurred_us, CALENDAR_MONTH) / SECOND_US;
    case WINDOW_YEAR:
        return calendar_start(program->tz, occurred_us, CALENDAR_YEAR) / SECOND_US;
    }
    CHECK(false);
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
            int64_t period = limits_period(earning->program, limit, earning->event->occurred_us);
            e = limits_counter(earning, limit->scope, name, period, &used);
        }
        if (!e)
            e = clip_to(earning, grant, limit, used);
        if (e)
            return e;
    }
    return OK;
}
