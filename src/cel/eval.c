// SPDX-License-Identifier: Apache-2.0
// eval.c - running steps: names, fields, logic, literals.
//
// Layer: cel (no I/O, no malloc).  Tests: tests/cel/eval_test.c, the conformance run
#include "cel/step.h"

#include <string.h>

RUN(literal)
{
    return s->value;
}

RUN(nothing)
{
    return cel_fail(s, (enum cel_code)s->field, s->value.s);
}

RUN(var)
{
    struct cel_value v = f->vars[s->slot];
    if (v.tag == CEL_ABSENT)
        return cel_fail(s, CEL_E_UNKNOWN_NAME, "the variable has no value");
    return v;
}

RUN(local)
{
    return f->locals[s->slot];
}

// ---- fields

static struct cel_value missing_field(const struct cel_step *s)
{
    return cel_fail(s, CEL_E_NO_SUCH_FIELD, "no such field");
}

// A slot that the checker found, in a value that the host made.
static inline struct cel_value slot_of(struct cel_frame *f, const struct cel_step *s,
                                       struct cel_value on)
{
    if (__builtin_expect(on.tag != CEL_RECORD || s->field >= on.len, 0))
        return cel_is_error(on) ? on : missing_field(s);
    struct cel_value v = on.record->slot[s->field];
    return v.tag == CEL_ABSENT ? missing_field(s) : v;
}

RUN(var_field)
{
    return slot_of(f, s, f->vars[s->slot]);
}

RUN(local_field)
{
    return slot_of(f, s, f->locals[s->slot]);
}

RUN(field)
{
    return slot_of(f, s, cel_run(f, s->args[0]));
}

// The value under a field's name in a map or record, NULL when there is none.
static const struct cel_value *member(struct cel_value on, struct cel_value name)
{
    const struct cel_value *v = cel_map_find(on, name);
    return v && v->tag != CEL_ABSENT ? v : NULL;
}

static bool has_members(struct cel_value v)
{
    return v.tag == CEL_MAP || v.tag == CEL_RECORD;
}

// on.name and on.?name when on is optional: what is not there is none.
static struct cel_value optional_member(const struct cel_step *s, struct cel_value on)
{
    if (!on.box)
        return on;
    if (!has_members(*on.box))
        return missing_field(s);
    return cel_optional(member(*on.box, s->value));
}

RUN(select)
{
    struct cel_value on = cel_run(f, s->args[0]);
    if (cel_is_error(on))
        return on;
    if (on.tag == CEL_OPTIONAL)
        return optional_member(s, on);
    if (!has_members(on))
        return cel_fail(s, CEL_E_NO_SUCH_FIELD, "this has no fields");
    const struct cel_value *v = member(on, s->value);
    if (s->negate) // .?
        return cel_optional(v);
    if (v)
        return *v;
    return on.tag == CEL_RECORD ? missing_field(s) : cel_fail(s, CEL_E_NO_SUCH_KEY, "no such key");
}

RUN(has)
{
    const struct cel_step *select = s->args[0];
    struct cel_value on = cel_run(f, select->args[0]);
    if (cel_is_error(on))
        return on;
    if (on.tag == CEL_OPTIONAL) {
        struct cel_value v = optional_member(select, on);
        return cel_is_error(v) ? v : cel_bool(v.box != NULL);
    }
    if (!has_members(on))
        return cel_fail(s, CEL_E_NO_SUCH_FIELD, "this has no fields");
    if (on.tag == CEL_RECORD && cel_field_index(on.record->type, cel_text(select->value)) < 0)
        return missing_field(select);
    return cel_bool(member(on, select->value) != NULL);
}

// ---- index

// The place in a list of n; false when key is no whole number in it.
static bool position(struct cel_value key, uint32_t n, uint32_t *ret_at)
{
    if (key.tag == CEL_DOUBLE && key.d >= 0 && key.d < (double)n &&
        key.d == (double)(uint32_t)key.d) {
        *ret_at = (uint32_t)key.d;
        return true;
    }
    if ((key.tag != CEL_INT && key.tag != CEL_UINT) || key.u >= n) // a negative int is large
        return false;
    *ret_at = (uint32_t)key.u;
    return true;
}

static const struct cel_value *element(struct cel_value on, struct cel_value key)
{
    uint32_t at;
    if (on.tag == CEL_LIST)
        return position(key, on.len, &at) ? &on.items[at] : NULL;
    const struct cel_value *v = cel_map_find(on, key);
    return v && v->tag != CEL_ABSENT ? v : NULL;
}

static bool is_key(struct cel_value v)
{
    return v.tag == CEL_BOOL || v.tag == CEL_INT || v.tag == CEL_UINT || v.tag == CEL_STRING;
}

static struct cel_value no_element(const struct cel_step *s, struct cel_value on,
                                   struct cel_value key)
{
    bool number = key.tag == CEL_INT || key.tag == CEL_UINT || key.tag == CEL_DOUBLE;
    if (on.tag == CEL_LIST)
        return number ? cel_fail(s, CEL_E_INDEX, "the list is shorter")
                      : cel_fail(s, CEL_E_NO_OVERLOAD, "a list is indexed by a number");
    return is_key(key) || number ? cel_fail(s, CEL_E_NO_SUCH_KEY, "no such key")
                                 : cel_fail(s, CEL_E_NO_OVERLOAD, "this cannot be a key");
}

RUN(index)
{
    struct cel_value on = cel_run(f, s->args[0]);
    if (cel_is_error(on))
        return on;
    struct cel_value key = cel_run(f, s->args[1]);
    if (cel_is_error(key))
        return key;
    bool optional = s->negate; // [?
    if (on.tag == CEL_OPTIONAL) {
        if (!on.box)
            return on;
        on = *on.box;
        optional = true;
    }
    if (on.tag != CEL_LIST && !has_members(on))
        return cel_fail(s, CEL_E_NO_OVERLOAD, "this has no elements");
    const struct cel_value *v = element(on, key);
    if (optional)
        return cel_optional(v);
    return v ? *v : no_element(s, on, key);
}

// ---- logic: an error on one side does not matter when the other side decides

static struct cel_value not_bool(const struct cel_step *s)
{
    return cel_fail(s, CEL_E_NO_OVERLOAD, "this is neither true nor false");
}

static inline struct cel_value decide(struct cel_frame *f, const struct cel_step *s, bool stop)
{
    struct cel_value error = {.tag = CEL_ABSENT};
    for (uint32_t i = 0; i < s->n; i++) {
        struct cel_value v = cel_run(f, s->args[i]);
        if (__builtin_expect(v.tag == CEL_BOOL, 1)) {
            if (v.b == stop)
                return v;
        } else if (cel_is_fatal(v)) {
            return v;
        } else if (error.tag == CEL_ABSENT) {
            error = cel_is_error(v) ? v : not_bool(s->args[i]);
        }
    }
    return error.tag == CEL_ABSENT ? cel_bool(!stop) : error;
}

RUN(and)
{
    return decide(f, s, false);
}

RUN(or)
{
    return decide(f, s, true);
}

RUN(invert)
{
    struct cel_value v = cel_run(f, s->args[0]);
    if (v.tag == CEL_BOOL)
        return cel_bool(!v.b);
    return cel_is_error(v) ? v : not_bool(s->args[0]);
}

RUN(condition)
{
    struct cel_value v = cel_run(f, s->args[0]);
    if (v.tag == CEL_BOOL)
        return cel_run(f, s->args[v.b ? 1 : 2]);
    return cel_is_error(v) ? v : not_bool(s->args[0]);
}

// ---- lists and maps

static bool take_if_there(const struct cel_step *s, struct cel_value *v)
{
    if (v->tag != CEL_OPTIONAL) {
        *v = cel_fail(s, CEL_E_NO_OVERLOAD, "an optional value is expected");
        return true;
    }
    if (!v->box)
        return false;
    *v = *v->box;
    return true;
}

RUN(list)
{
    struct cel_value *items = arena_try_array(f->call.arena, s->n + 1u, sizeof *items);
    if (!items)
        return cel_at(s, cel_error_memory());
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        struct cel_value v = cel_run(f, s->args[i]);
        if (cel_is_error(v))
            return v;
        if (s->if_there && s->if_there[i] && !take_if_there(s->args[i], &v))
            continue;
        if (cel_is_error(v))
            return v;
        items[n++] = v;
    }
    return cel_list(items, n);
}

struct cel_value cel_map_add(struct cel_call *call, struct cel_value *pairs, uint32_t *n,
                             struct cel_value key, struct cel_value value)
{
    if (!is_key(key))
        return cel_error(CEL_E_NO_OVERLOAD, "this cannot be a key");
    if (*n > 16 && !cel_charge(call, *n / 16))
        return cel_error_cost();
    if (cel_map_find(cel_map(pairs, *n), key))
        return cel_error(CEL_E_DUPLICATE_KEY, "the key is there twice");
    pairs[(size_t)*n * 2] = key;
    pairs[(size_t)*n * 2 + 1] = value;
    ++*n;
    return cel_null();
}

RUN(map)
{
    struct cel_value *pairs = arena_try_array(f->call.arena, s->n + 1u, sizeof *pairs);
    if (!pairs)
        return cel_at(s, cel_error_memory());
    uint32_t n = 0;
    for (uint32_t i = 0; i + 1 < s->n; i += 2) {
        struct cel_value key = cel_run(f, s->args[i]);
        if (cel_is_error(key))
            return key;
        struct cel_value v = cel_run(f, s->args[i + 1]);
        if (cel_is_error(v))
            return v;
        if (s->if_there && s->if_there[i] && !take_if_there(s->args[i + 1], &v))
            continue;
        if (cel_is_error(v))
            return v;
        v = cel_map_add(&f->call, pairs, &n, key, v);
        if (cel_is_error(v))
            return cel_at(s->args[i], v);
    }
    return cel_map(pairs, n);
}

struct cel_value cel_some(struct cel_call *call, struct cel_value value)
{
    struct cel_value *box = arena_try(call->arena, sizeof *box);
    if (!box)
        return cel_error_memory();
    *box = value;
    return cel_optional(box);
}
