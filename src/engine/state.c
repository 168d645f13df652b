// SPDX-License-Identifier: Apache-2.0
// state.c - the counters of a member.
//
// Layer: engine (pure).  Tests: tests/engine/bounds_test.c, tests/engine/laws_test.c
#include "engine/state.h"

#include "base/check.h"
#include "base/checked.h"
#include "engine/grow.h"

static struct counter *find(const struct counters *counters, struct str name, int64_t period)
{
    for (size_t i = 0; i < counters->n; i++) {
        struct counter *counter = &counters->list[i];
        if (counter->period == period && str_eq(counter->name, name))
            return counter;
    }
    return NULL;
}

int64_t counters_get(const struct counters *counters, struct str name, int64_t period)
{
    const struct counter *counter = find(counters, name, period);
    return counter ? counter->value : 0;
}

static struct counter *add_counter(struct counters *counters, struct arena *arena, struct str name,
                                   int64_t period)
{
    struct counter *list = grown(arena, counters->list, counters->n, &counters->room, sizeof *list);
    // Names outlive the decision that made them.
    char *bytes = list ? arena_try(arena, name.n) : NULL;
    if (!bytes)
        return NULL;
    __builtin_memcpy(bytes, name.p, name.n);
    counters->list = list;
    struct counter *counter = &list[counters->n++];
    *counter = (struct counter){.name = {.p = bytes, .n = name.n}, .period = period};
    return counter;
}

void counters_add(struct counters *counters, struct arena *arena, struct str name, int64_t period,
                  int64_t units)
{
    CHECK(name.n > 0);
    struct counter *counter = find(counters, name, period);
    if (!counter)
        counter = add_counter(counters, arena, name, period);
    if (!counter)
        return;
    int64_t value;
    CHECK(checked_add(counter->value, units, &value));
    CHECK(value >= 0 && value <= AMOUNT_MAX);
    counter->value = value;
    counter->dirty = true;
}
