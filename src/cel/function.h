// SPDX-License-Identifier: Apache-2.0
// function.h - how a function of the language is declared and implemented.
//
// One line in overloads.def names the signature, the C function, what a call costs and how large
// its result can be; checker, planner, evaluator and documentation read that line.  The function is
//
//     struct cel_value cel_fn_NAME(struct cel_call *call, const struct cel_value *args);
//
//   F1  args holds the receiver first, then the arguments; their number and kinds match the
//       signature (at run time too, when the checker saw only dyn), none is CEL_ERROR or
//       CEL_ABSENT.  What is inside a list or a map is not checked: look at the tags.
//   F2  A failure is a returned cel_error; nothing else is reported.
//   F3  Memory comes from call->arena by arena_try or arena_try_array; NULL means
//       cel_error_memory().  No malloc, no I/O, no clock, no static state.
//   F4  Work that grows faster than the line's cost word says is charged by cel_charge first.
//   F5  Overloads of one name whose parameters differ only inside list() or map() share one C
//       function: at run time nobody can tell them apart.
//
// Layer: cel.  Tests: the conformance run, tests/cel/*_test.c
#pragma once

#include "cel/value.h"

struct cel_env;
struct tz;

// Units charged before the call; n is the bytes of its string and bytes arguments (TEXT, REGEX), or
// the elements of its list and map arguments (LIST, SQUARE).
enum cel_cost {
    CEL_COST_ONE,    // 1
    CEL_COST_TEXT,   // 1 + n / 10
    CEL_COST_LIST,   // 1 + n
    CEL_COST_SQUARE, // 1 + n * n
    CEL_COST_REGEX,  // 100 + subject / 10 * pattern / 4
};

// How large the result can be, in bytes of a string or elements of a list.
enum cel_size {
    CEL_SIZE_SHORT,   // no size, or at most 64
    CEL_SIZE_FIRST,   // that of the first argument
    CEL_SIZE_ITEM,    // that of an element of the first argument
    CEL_SIZE_SUM,     // the sum over all arguments
    CEL_SIZE_PRODUCT, // the product of all sized arguments
    CEL_SIZE_LARGE,   // only the arena bounds it
};

// One evaluation.  The evaluator makes it; functions use arena, prepared, ctx and cel_charge.
struct cel_call {
    struct arena *arena;
    const struct cel_env *env;
    const void *prepared; // what the line's prepare function made of the literal argument, or NULL
    void *ctx;            // of a host function
    uint32_t n_args;
    uint64_t cost;
    uint64_t cost_max;
};

// Adds units to the cost; false when the limit is passed: return cel_error_cost().
static inline bool cel_charge(struct cel_call *call, uint64_t units)
{
    call->cost += units;
    return call->cost <= call->cost_max;
}

static inline struct cel_value cel_error_cost(void)
{
    return cel_error(CEL_E_COST, "the expression costs more than its limit");
}

// What a prepare function answers: ready for every evaluation, or why the literal is refused and
// where in it (bytes from its start).
struct cel_prepared {
    const void *ready;
    const char *refused; // NULL when ready; lives in arena or is a literal
    uint32_t at;
};

// Zones that the environment holds; NULL when name was not loaded.  No I/O.  Names are compared
// byte by byte.  Fixed offsets ("+01:00") are not zones: the caller parses them.
const struct tz *cel_find_zone(const struct cel_env *env, struct str name);

// Every function and prepare function of overloads.def.
//   OVERLOAD(signature, fn, cost, size, doc)
//   OVERLOAD_LITERAL(signature, fn, cost, size, argument, prepare, doc): the argument (0 is the
//   receiver) when written as a literal is turned into call->prepared at compile time by
//   struct cel_prepared cel_prepare_X(struct arena *arena, struct str literal); it may do I/O.
#define OVERLOAD(signature, fn, cost, size, doc)                                                   \
    struct cel_value cel_fn_##fn(struct cel_call *call, const struct cel_value *args);
#define OVERLOAD_LITERAL(signature, fn, cost, size, argument, prepare, doc)                        \
    OVERLOAD(signature, fn, cost, size, doc)                                                       \
    struct cel_prepared cel_prepare_##prepare(struct arena *arena, struct str literal);
#include "cel/overloads.def"
#undef OVERLOAD
#undef OVERLOAD_LITERAL
