// SPDX-License-Identifier: Apache-2.0
// eval_op.c - running steps: operators and calls.
//
// Layer: cel (no I/O, no malloc).  Tests: tests/cel/eval_test.c, the conformance run
#include "cel/step.h"

#include <string.h>

static const char no_overload[] = "no function or operator takes these values";

RUN(equal)
{
    struct cel_value a = cel_run(f, s->args[0]);
    if (cel_is_error(a))
        return a;
    struct cel_value b = cel_run(f, s->args[1]);
    if (cel_is_error(b))
        return b;
    bool same;
    if (a.tag == CEL_INT && b.tag == CEL_INT) {
        same = a.i == b.i;
    } else if (a.tag == CEL_STRING && b.tag == CEL_STRING) {
        same = a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
    } else {
        bool big = a.len > 64 && (a.tag == CEL_LIST || a.tag == CEL_MAP);
        if (big && !cel_charge(&f->call, a.tag == CEL_MAP ? (uint64_t)a.len * a.len / 16 : a.len))
            return cel_at(s, cel_error_cost());
        same = cel_equal(a, b);
    }
    return cel_bool(same != s->negate);
}

static bool holds(enum cel_op op, int order)
{
    switch (op) {
    case CEL_OP_LT:
        return order < 0;
    case CEL_OP_LE:
        return order <= 0;
    case CEL_OP_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

RUN(order)
{
    struct cel_value a = cel_run(f, s->args[0]);
    if (cel_is_error(a))
        return a;
    struct cel_value b = cel_run(f, s->args[1]);
    if (cel_is_error(b))
        return b;
    if (__builtin_expect(a.tag == CEL_INT && b.tag == CEL_INT, 1))
        return cel_bool(holds((enum cel_op)s->op, (a.i > b.i) - (a.i < b.i)));
    enum cel_order order = cel_compare(a, b);
    if (order == CEL_NO_ORDER)
        return cel_fail(s, CEL_E_NO_OVERLOAD, no_overload);
    return cel_bool(order != CEL_UNORDERED && holds((enum cel_op)s->op, (int)order));
}

static bool text_in(struct cel_value needle, struct cel_value list)
{
    for (uint32_t i = 0; i < list.len; i++) {
        const struct cel_value *v = &list.items[i];
        if (v->tag == CEL_STRING && v->len == needle.len &&
            (v->s == needle.s || memcmp(v->s, needle.s, v->len) == 0))
            return true;
    }
    return false;
}

RUN(in)
{
    struct cel_value needle = cel_run(f, s->args[0]);
    if (cel_is_error(needle))
        return needle;
    struct cel_value hay = cel_run(f, s->args[1]);
    if (cel_is_error(hay))
        return hay;
    if (!cel_charge(&f->call, hay.tag == CEL_LIST || hay.tag == CEL_MAP ? hay.len : 0))
        return cel_at(s, cel_error_cost());
    if (hay.tag == CEL_MAP || hay.tag == CEL_RECORD) {
        const struct cel_value *found = cel_map_find(hay, needle);
        return cel_bool(found && found->tag != CEL_ABSENT);
    }
    if (hay.tag != CEL_LIST)
        return cel_fail(s, CEL_E_NO_OVERLOAD, no_overload);
    if (needle.tag == CEL_STRING)
        return cel_bool(text_in(needle, hay));
    for (uint32_t i = 0; i < hay.len; i++)
        if (cel_equal(needle, hay.items[i]))
            return cel_bool(true);
    return cel_bool(false);
}

// ---- calls

static bool takes(const struct cel_overload *o, const struct cel_value *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!(o->kinds[i] >> args[i].tag & 1))
            return false;
    return true;
}

// The overload for these values: the one the checker chose, unless dyn hid something else.
static const struct cel_overload *choose(struct cel_frame *f, const struct cel_step *s,
                                         const struct cel_value *args, uint32_t n)
{
    if (s->overload && takes(s->overload, args, n))
        return s->overload;
    const struct cel_overload *o = cel_env_overloads(f->call.env, s->function);
    for (; o; o = cel_overload_next(o))
        if (o->member == s->member && o->n_args == n && takes(o, args, n))
            return o;
    return NULL;
}

static uint64_t text_size(const struct cel_value *v)
{
    return v->tag == CEL_STRING || v->tag == CEL_BYTES ? v->len : 0;
}

static uint64_t elements(const struct cel_value *v)
{
    return v->tag == CEL_LIST || v->tag == CEL_MAP ? v->len : 0;
}

static uint64_t price(const struct cel_overload *o, const struct cel_value *args, uint32_t n)
{
    uint64_t text = 0;
    uint64_t items = 0;
    if (o->cost == CEL_COST_ONE)
        return 1;
    for (uint32_t i = 0; i < n; i++) {
        text += text_size(&args[i]);
        items += elements(&args[i]);
    }
    switch ((enum cel_cost)o->cost) {
    case CEL_COST_TEXT:
        return 1 + text / 10;
    case CEL_COST_LIST:
        return 1 + items;
    case CEL_COST_SQUARE:
        return 1 + items * items;
    case CEL_COST_REGEX:
        return 100 + (text_size(&args[0]) / 10 + 1) * (text_size(&args[1]) / 4 + 1);
    default:
        return 1;
    }
}

struct cel_value cel_dispatch(struct cel_frame *f, const struct cel_step *s,
                              const struct cel_value *args, uint32_t n)
{
    const struct cel_overload *o = choose(f, s, args, n);
    if (!o || !o->fn)
        return cel_fail(s, CEL_E_NO_OVERLOAD, no_overload);
    if (!cel_charge(&f->call, price(o, args, n)))
        return cel_at(s, cel_error_cost());
    f->call.n_args = n;
    f->call.ctx = o->ctx;
    f->call.prepared = o == s->overload ? s->prepared : NULL;
    return cel_at(s, o->fn(&f->call, args));
}

RUN(call)
{
    CEL_SCRATCH struct cel_value args[CEL_ARGS_MAX];
    for (uint32_t i = 0; i < s->n; i++) {
        args[i] = cel_run(f, s->args[i]);
        if (cel_is_error(args[i]))
            return args[i];
    }
    return cel_dispatch(f, s, args, s->n);
}

// ---- arithmetic: ints here, everything else is a call

#define ARITHMETIC(name, builtin)                                                                  \
    RUN(name)                                                                                      \
    {                                                                                              \
        struct cel_value args[2] = {cel_run(f, s->args[0]), {.tag = CEL_ABSENT}};                  \
        if (cel_is_error(args[0]))                                                                 \
            return args[0];                                                                        \
        args[1] = cel_run(f, s->args[1]);                                                          \
        if (cel_is_error(args[1]))                                                                 \
            return args[1];                                                                        \
        int64_t result;                                                                            \
        if (args[0].tag != CEL_INT || args[1].tag != CEL_INT)                                      \
            return cel_dispatch(f, s, args, 2);                                                    \
        if (builtin(args[0].i, args[1].i, &result))                                                \
            return cel_fail(s, CEL_E_OVERFLOW, "the result is too large for an int");              \
        return cel_int(result);                                                                    \
    }

ARITHMETIC(add, __builtin_add_overflow)
ARITHMETIC(subtract, __builtin_sub_overflow)
ARITHMETIC(multiply, __builtin_mul_overflow)
