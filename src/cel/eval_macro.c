// SPDX-License-Identifier: Apache-2.0
// eval_macro.c - running steps: loops.
//
// filter and map over a list do not build the list when the next step only goes through it: an
// iterator over their step takes one element of the source through all stages at a time.  Only
// steps that look at every element do so, because a list that is built fails when any element
// fails.
//
// Layer: cel (no I/O, no malloc).  Tests: tests/cel/eval_test.c, the conformance run
#include "cel/step.h"

#include <string.h>

#define STAGES_MAX 8

struct iterator {
    struct cel_value source;                   // list, map or an error
    uint32_t at;                               // in the source
    uint32_t n;                                // given out
    const struct cel_step *stages[STAGES_MAX]; // outermost first
    uint32_t n_stages;
    struct cel_value error; // of a stage
};

static bool is_stage(const struct cel_step *s)
{
    return s->run == cel_run_collect && s->n_vars == 1;
}

static void begin_value(struct iterator *it, const struct cel_step *range, struct cel_value source)
{
    it->at = it->n = it->n_stages = 0;
    it->error.tag = CEL_ABSENT;
    it->source = source;
    if (source.tag == CEL_ERROR)
        it->error = source;
    else if (source.tag != CEL_LIST && source.tag != CEL_MAP)
        it->error = cel_fail(range, CEL_E_NO_OVERLOAD, "this is neither a list nor a map");
}

static void begin(struct cel_frame *f, struct iterator *it, const struct cel_step *range,
                  bool through)
{
    uint32_t n = 0;
    while (through && is_stage(range) && n < STAGES_MAX) {
        it->stages[n++] = range;
        f->call.cost++;
        range = range->args[0];
    }
    begin_value(it, range, cel_run(f, range));
    it->n_stages = n;
}

// Takes v through one filter or map: false when it is dropped or failed.
static bool pass(struct cel_frame *f, struct iterator *it, const struct cel_step *s,
                 struct cel_value *v)
{
    f->locals[s->slot] = *v;
    bool filters = s->op == CEL_M_FILTER;
    if (filters || s->n == 3) {
        struct cel_value keep = cel_run(f, s->args[1]);
        if (keep.tag != CEL_BOOL) {
            it->error = cel_is_error(keep) ? keep
                                           : cel_fail(s->args[1], CEL_E_NO_OVERLOAD,
                                                      "this is neither true nor false");
            return false;
        }
        if (!keep.b)
            return false;
    }
    if (!filters)
        *v = cel_run(f, s->args[s->n - 1]);
    if (cel_is_error(*v))
        it->error = *v;
    return !cel_is_error(*v);
}

static bool over_limit(struct cel_frame *f, struct iterator *it, const struct cel_step *s)
{
    if (f->call.cost <= f->call.cost_max)
        return false;
    it->error = cel_at(s, cel_error_cost());
    return true;
}

// The next key (or index) and value; false at the end or when it->error is set.
static bool next(struct cel_frame *f, struct iterator *it, const struct cel_step *s,
                 struct cel_value *ret_key, struct cel_value *ret_value)
{
    while (it->error.tag == CEL_ABSENT && it->at < it->source.len && !over_limit(f, it, s)) {
        uint32_t i = it->at++;
        if (it->source.tag == CEL_MAP) {
            *ret_key = it->source.items[(size_t)i * 2];
            *ret_value = it->source.items[(size_t)i * 2 + 1];
        } else {
            *ret_key = cel_int(it->n);
            *ret_value = it->source.items[i];
        }
        struct cel_value *v = it->n_stages && it->source.tag == CEL_MAP ? ret_key : ret_value;
        bool kept = true;
        for (uint32_t k = it->n_stages; kept && k > 0; k--)
            kept = pass(f, it, it->stages[k - 1], v);
        if (!kept)
            continue;
        if (v == ret_key) { // what comes out of a map's stages is a list
            *ret_value = *ret_key;
            *ret_key = cel_int(it->n);
        }
        it->n++;
        return true;
    }
    return false;
}

// Puts key and value into the macro's variables.
static inline void assign(struct cel_frame *f, const struct iterator *it, const struct cel_step *s,
                          struct cel_value key, struct cel_value value)
{
    if (s->n_vars == 2) {
        f->locals[s->slot] = key;
        f->locals[s->slot + 1] = value;
    } else {
        bool keys = it->source.tag == CEL_MAP && it->n_stages == 0;
        f->locals[s->slot] = keys ? key : value;
    }
}

static struct cel_value not_bool(const struct cel_step *s, struct cel_value v)
{
    return cel_is_error(v) ? v : cel_fail(s, CEL_E_NO_OVERLOAD, "this is neither true nor false");
}

// The same over a list with one variable, which is what rules mostly do.
static inline struct cel_value decide_list(struct cel_frame *f, const struct cel_step *s,
                                           struct cel_value list, bool stop)
{
    struct cel_value error = {.tag = CEL_ABSENT};
    const struct cel_step *test = s->args[1];
    for (uint32_t i = 0; i < list.len; i++) {
        if (f->call.cost > f->call.cost_max)
            return cel_at(s, cel_error_cost());
        f->locals[s->slot] = list.items[i];
        struct cel_value v = cel_run(f, test);
        if (__builtin_expect(v.tag == CEL_BOOL, 1)) {
            if (v.b == stop)
                return v;
        } else if (cel_is_fatal(v)) {
            return v;
        } else if (error.tag == CEL_ABSENT) {
            error = not_bool(test, v);
        }
    }
    return error.tag == CEL_ABSENT ? cel_bool(!stop) : error;
}

// all and exists: one element may decide, whatever happened to others.
static inline struct cel_value decide(struct cel_frame *f, const struct cel_step *s, bool stop)
{
    struct cel_value range = cel_run(f, s->args[0]);
    if (range.tag == CEL_LIST && s->n_vars == 1)
        return decide_list(f, s, range, stop);
    CEL_SCRATCH struct iterator it;
    CEL_SCRATCH struct cel_value key, value;
    struct cel_value error = {.tag = CEL_ABSENT};
    begin_value(&it, s->args[0], range);
    while (next(f, &it, s, &key, &value)) {
        assign(f, &it, s, key, value);
        struct cel_value v = cel_run(f, s->args[1]);
        if (v.tag == CEL_BOOL) {
            if (v.b == stop)
                return v;
        } else if (cel_is_fatal(v)) {
            return v;
        } else if (error.tag == CEL_ABSENT) {
            error = not_bool(s->args[1], v);
        }
    }
    if (it.error.tag != CEL_ABSENT)
        return it.error;
    return error.tag == CEL_ABSENT ? cel_bool(!stop) : error;
}

RUN(all)
{
    return decide(f, s, false);
}

RUN(exists)
{
    return decide(f, s, true);
}

RUN(exists_one)
{
    CEL_SCRATCH struct iterator it;
    CEL_SCRATCH struct cel_value key, value;
    uint32_t n = 0;
    begin(f, &it, s->args[0], true);
    while (next(f, &it, s, &key, &value)) {
        assign(f, &it, s, key, value);
        struct cel_value v = cel_run(f, s->args[1]);
        if (v.tag != CEL_BOOL)
            return not_bool(s->args[1], v);
        n += v.b;
    }
    return it.error.tag == CEL_ABSENT ? cel_bool(n == 1) : it.error;
}

// The condition of a macro with one; an error ends the loop.
static bool wanted(struct cel_frame *f, const struct cel_step *s, struct iterator *it,
                   bool has_condition)
{
    if (!has_condition)
        return true;
    struct cel_value v = cel_run(f, s->args[1]);
    if (v.tag == CEL_BOOL)
        return v.b;
    it->error = not_bool(s->args[1], v);
    return false;
}

// filter, map, transformList
RUN(collect)
{
    CEL_SCRATCH struct iterator it;
    CEL_SCRATCH struct cel_value key, value;
    begin(f, &it, s->args[0], true);
    uint32_t room = it.error.tag == CEL_ABSENT ? it.source.len : 0;
    struct cel_value *items = arena_try_array(f->call.arena, room + 1u, sizeof *items);
    if (!items)
        return cel_at(s, cel_error_memory());
    uint32_t n = 0;
    while (next(f, &it, s, &key, &value)) {
        assign(f, &it, s, key, value);
        if (!wanted(f, s, &it, s->op == CEL_M_FILTER || s->n == 3))
            continue;
        struct cel_value v =
            s->op == CEL_M_FILTER ? f->locals[s->slot] : cel_run(f, s->args[s->n - 1]);
        if (cel_is_error(v))
            return v;
        items[n++] = v;
    }
    return it.error.tag == CEL_ABSENT ? cel_list(items, n) : it.error;
}

// The entries of one map put into another.
static struct cel_value add_entries(struct cel_frame *f, const struct cel_step *s,
                                    struct cel_value **pairs, uint32_t *n, uint32_t *room,
                                    struct cel_value entries)
{
    if (entries.tag != CEL_MAP)
        return cel_fail(s, CEL_E_NO_OVERLOAD, "this is no map");
    if (*n + entries.len > *room) {
        uint32_t bigger_room = (*n + entries.len) * 2;
        struct cel_value *bigger =
            arena_try_array(f->call.arena, (size_t)bigger_room * 2, sizeof *bigger);
        if (!bigger)
            return cel_at(s, cel_error_memory());
        memcpy(bigger, *pairs, (size_t)*n * 2 * sizeof *bigger);
        *pairs = bigger;
        *room = bigger_room;
    }
    for (uint32_t i = 0; i < entries.len; i++) {
        struct cel_value v = cel_map_add(&f->call, *pairs, n, entries.items[(size_t)i * 2],
                                         entries.items[(size_t)i * 2 + 1]);
        if (cel_is_error(v))
            return cel_at(s, v);
    }
    return cel_null();
}

// transformMap and transformMapEntry
RUN(collect_map)
{
    CEL_SCRATCH struct iterator it;
    CEL_SCRATCH struct cel_value key, value;
    begin(f, &it, s->args[0], true);
    uint32_t room = it.error.tag == CEL_ABSENT ? it.source.len : 0;
    struct cel_value *pairs = arena_try_array(f->call.arena, (size_t)room * 2 + 1, sizeof *pairs);
    if (!pairs)
        return cel_at(s, cel_error_memory());
    uint32_t n = 0;
    while (next(f, &it, s, &key, &value)) {
        assign(f, &it, s, key, value);
        if (!wanted(f, s, &it, s->n == 3))
            continue;
        struct cel_value v = cel_run(f, s->args[s->n - 1]);
        if (cel_is_error(v))
            return v;
        struct cel_value one[2] = {key, v};
        struct cel_value entries = s->op == CEL_M_TRANSFORM_MAP ? cel_map(one, 1) : v;
        v = add_entries(f, s, &pairs, &n, &room, entries);
        if (cel_is_error(v))
            return v;
    }
    return it.error.tag == CEL_ABSENT ? cel_map(pairs, n) : it.error;
}

RUN(bind)
{
    struct cel_value v = cel_run(f, s->args[0]);
    if (cel_is_error(v))
        return v;
    f->locals[s->slot] = v;
    return cel_run(f, s->args[1]);
}

// optMap, optFlatMap
RUN(opt_map)
{
    struct cel_value on = cel_run(f, s->args[0]);
    if (cel_is_error(on))
        return on;
    if (on.tag != CEL_OPTIONAL)
        return cel_fail(s, CEL_E_NO_OVERLOAD, "an optional value is expected");
    if (!on.box)
        return on;
    f->locals[s->slot] = *on.box;
    struct cel_value v = cel_run(f, s->args[1]);
    if (cel_is_error(v))
        return v;
    if (s->op == CEL_M_OPT_MAP)
        return cel_at(s, cel_some(&f->call, v));
    return v.tag == CEL_OPTIONAL
               ? v
               : cel_fail(s->args[1], CEL_E_NO_OVERLOAD, "an optional value is expected");
}

// list.sum() of ints: filter, map and sum are one loop.
RUN(sum)
{
    CEL_SCRATCH struct iterator it;
    CEL_SCRATCH struct cel_value key, value;
    int64_t sum = 0;
    begin(f, &it, s->args[0], true);
    if (it.error.tag == CEL_ABSENT && it.source.tag != CEL_LIST && !it.n_stages)
        return cel_fail(s, CEL_E_NO_OVERLOAD, "this is no list");
    while (next(f, &it, s, &key, &value)) {
        f->call.cost++;
        if (value.tag != CEL_INT)
            return cel_fail(s, CEL_E_NO_OVERLOAD, "this is no list of int");
        if (__builtin_add_overflow(sum, value.i, &sum))
            return cel_fail(s, CEL_E_OVERFLOW, "the sum is too large for an int");
    }
    return it.error.tag == CEL_ABSENT ? cel_int(sum) : it.error;
}

// The keys are computed once for each element; the function sorts by them.
RUN(sort_by)
{
    CEL_SCRATCH struct iterator it;
    CEL_SCRATCH struct cel_value key, value;
    begin(f, &it, s->args[0], false);
    bool list = it.error.tag == CEL_ABSENT && it.source.tag == CEL_LIST;
    uint32_t n = 0;
    struct cel_value *keys =
        arena_try_array(f->call.arena, list ? it.source.len + 1u : 1u, sizeof *keys);
    if (!keys)
        return cel_at(s, cel_error_memory());
    if (it.error.tag == CEL_ABSENT && !list)
        return cel_fail(s, CEL_E_NO_OVERLOAD, "this is no list");
    while (next(f, &it, s, &key, &value)) {
        f->locals[s->slot] = value;
        keys[n] = cel_run(f, s->args[1]);
        if (cel_is_error(keys[n]))
            return keys[n];
        n++;
    }
    struct cel_value args[2] = {it.source, cel_list(keys, n)};
    return it.error.tag == CEL_ABSENT ? cel_dispatch(f, s, args, 2) : it.error;
}
