// SPDX-License-Identifier: Apache-2.0
// step.h - the planned expression: a tree of steps, each with the function that runs it.
//
//   S1  A step answers a value or an error, never CEL_ABSENT; errors know their place.
//   S2  Every step that runs costs one unit, calls what their line says besides; loops and calls
//       test the limit, so no evaluation passes it by more than the steps of one straight line.
//
// Layer: cel.  Tests: tests/cel/eval_test.c
#pragma once

#include "cel/internal.h"

// Steps so small that calling them costs more than they do: cel_run does them itself.
enum cel_quick { CEL_Q_NONE, CEL_Q_LITERAL, CEL_Q_LOCAL, CEL_Q_VAR_FIELD, CEL_Q_LOCAL_FIELD };

// Not zeroed: what is read of it was written before, and zeroing it would cost more than the rest.
#define CEL_SCRATCH __attribute__((uninitialized))

struct cel_tracer;

struct cel_frame {
    struct cel_call call;
    const struct cel_value *vars;
    struct cel_value *locals;
    struct cel_tracer *tracer;
};

struct cel_step {
    struct cel_value (*run)(struct cel_frame *f, const struct cel_step *s);
    const struct cel_step **args;
    uint32_t n;
    uint32_t slot;  // variable, local, first local of a macro
    uint32_t field; // slot in a record
    uint32_t start, end;
    uint8_t quick; // enum cel_quick
    uint8_t op;    // enum cel_op or enum cel_macro
    uint8_t n_vars;
    bool negate;
    bool traced;
    bool member;
    bool *if_there;         // elements or keys written with ?
    struct cel_value value; // literal, or the name of a field
    const struct cel_overload *overload;
    struct str function;
    const void *prepared;
};

void cel_note(struct cel_frame *f, const struct cel_step *s, struct cel_value v);

static inline struct cel_value cel_run(struct cel_frame *f, const struct cel_step *s)
{
    f->call.cost++;
    if (__builtin_expect(f->tracer != NULL, 0)) {
        struct cel_value v = s->run(f, s);
        cel_note(f, s, v);
        return v;
    }
    if (s->quick == CEL_Q_LITERAL)
        return s->value;
    if (s->quick == CEL_Q_LOCAL)
        return f->locals[s->slot];
    if (s->quick != CEL_Q_NONE) {
        const struct cel_value *from = s->quick == CEL_Q_VAR_FIELD ? f->vars : f->locals;
        const struct cel_value *on = &from[s->slot];
        if (__builtin_expect(on->tag == CEL_RECORD && s->field < on->len, 1)) {
            struct cel_value v = on->record->slot[s->field];
            if (__builtin_expect(v.tag != CEL_ABSENT, 1))
                return v;
        }
    }
    return s->run(f, s);
}

// Gives an error its place, unless an inner step did (S1).
static inline struct cel_value cel_at(const struct cel_step *s, struct cel_value v)
{
    if (__builtin_expect(v.tag == CEL_ERROR && v.len == CEL_NOWHERE, 0))
        v.len = s->start;
    return v;
}

static inline struct cel_value cel_fail(const struct cel_step *s, enum cel_code code,
                                        const char *text)
{
    return cel_at(s, cel_error(code, text));
}

// No other side of || may decide any more: the evaluation is to end.
static inline bool cel_is_fatal(struct cel_value v)
{
    return v.tag == CEL_ERROR && (v.aux == CEL_E_COST || v.aux == CEL_E_MEMORY);
}

#define RUN(name) struct cel_value cel_run_##name(struct cel_frame *f, const struct cel_step *s)
// eval.c
RUN(literal);
RUN(var);
RUN(local);
RUN(var_field);
RUN(local_field);
RUN(field);
RUN(select);
RUN(has);
RUN(index);
RUN(and);
RUN(or);
RUN(invert);
RUN(condition);
RUN(list);
RUN(map);
RUN(nothing);
// eval_op.c
RUN(equal);
RUN(order);
RUN(in);
RUN(add);
RUN(subtract);
RUN(multiply);
RUN(call);
// eval_macro.c
RUN(all);
RUN(exists);
RUN(exists_one);
RUN(collect);
RUN(collect_map);
RUN(bind);
RUN(opt_map);
RUN(sum);
RUN(sort_by);

// Calls the overload for these arguments.
struct cel_value cel_dispatch(struct cel_frame *f, const struct cel_step *s,
                              const struct cel_value *args, uint32_t n);

// Appends a pair; an error for a key that cannot be one or is there already.
struct cel_value cel_map_add(struct cel_call *call, struct cel_value *pairs, uint32_t *n,
                             struct cel_value key, struct cel_value value);
// value in a box of the arena, or an error.
struct cel_value cel_some(struct cel_call *call, struct cel_value value);
