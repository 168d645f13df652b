// SPDX-License-Identifier: Apache-2.0
// run.c - the public functions of evaluating: cel_eval and cel_trace.
//
// What these two reach (eval*.c, fn_*.c, value.c) does no I/O, reads no clock and calls no malloc
// but the arena's; tests/cel/pure_test.sh compares the symbols of those objects with a list.
//
// Layer: cel.  Tests: tests/cel/eval_test.c
#include "cel/step.h"

#define LOCALS_ON_STACK 16

struct cel_tracer {
    const struct cel_step **steps;
    struct cel_traced *parts;
    size_t n, room;
};

static struct cel_value evaluate(const struct cel_prog *prog, const struct cel_value *vars,
                                 struct arena *arena, const struct cel_limits *limits,
                                 struct cel_tracer *tracer, uint64_t *ret_cost)
{
    CEL_SCRATCH struct cel_value on_stack[LOCALS_ON_STACK];
    struct cel_frame frame = {
        .call = {.arena = arena,
                 .env = prog->env,
                 .cost_max = limits && limits->cost ? limits->cost : CEL_COST_DEFAULT},
        .vars = vars,
        .locals = on_stack,
        .tracer = tracer,
    };
    if (prog->n_locals > LOCALS_ON_STACK) {
        frame.locals = arena_try_array(arena, prog->n_locals, sizeof *frame.locals);
        if (!frame.locals)
            return cel_error_memory();
    }
    struct cel_value v = cel_run(&frame, prog->step);
    if (ret_cost)
        *ret_cost = frame.call.cost;
    if (prog->want && !(prog->want >> v.tag & 1) && !cel_is_error(v))
        return cel_fail(prog->step, CEL_E_NO_OVERLOAD, "the result has the wrong type");
    return v;
}

struct cel_value cel_eval(const struct cel_prog *prog, const struct cel_value *vars,
                          struct arena *arena, const struct cel_limits *limits, uint64_t *ret_cost)
{
    return evaluate(prog, vars, arena, limits, NULL, ret_cost);
}

void cel_note(struct cel_frame *f, const struct cel_step *s, struct cel_value v)
{
    struct cel_tracer *t = f->tracer;
    if (!s->traced || s->end <= s->start)
        return;
    for (size_t i = 0; i < t->n; i++) {
        if (t->steps[i] == s) {
            t->parts[i].value = v;
            return;
        }
    }
    if (t->n == t->room)
        return;
    t->steps[t->n] = s;
    t->parts[t->n++] = (struct cel_traced){.start = s->start, .end = s->end, .value = v};
}

static size_t count(const struct cel_step *s)
{
    size_t n = 1;
    for (uint32_t i = 0; i < s->n; i++)
        n += count(s->args[i]);
    return n;
}

// By place, the wider part first.
static void sort_parts(struct cel_traced *parts, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct cel_traced part = parts[i];
        size_t k = i;
        for (; k > 0 && (parts[k - 1].start > part.start ||
                         (parts[k - 1].start == part.start && parts[k - 1].end < part.end));
             k--)
            parts[k] = parts[k - 1];
        parts[k] = part;
    }
}

#define PARTS_MAX 256u

struct cel_value cel_trace(const struct cel_prog *prog, const struct cel_value *vars,
                           struct arena *arena, const struct cel_limits *limits,
                           const struct cel_traced **ret_parts, size_t *ret_n)
{
    struct cel_tracer tracer = {.room = count(prog->step)};
    if (tracer.room > PARTS_MAX)
        tracer.room = PARTS_MAX;
    tracer.steps = arena_try_array(arena, tracer.room, sizeof *tracer.steps);
    tracer.parts = arena_try_array(arena, tracer.room, sizeof *tracer.parts);
    if (!tracer.steps || !tracer.parts)
        tracer.room = 0;
    struct cel_value v = evaluate(prog, vars, arena, limits, &tracer, NULL);
    sort_parts(tracer.parts, tracer.n);
    *ret_parts = tracer.parts;
    *ret_n = tracer.n;
    return v;
}
