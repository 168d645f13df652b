// SPDX-License-Identifier: Apache-2.0
// fn_list.c - functions on lists, and sets as lists.
//
// Layer: cel (pure).  Tests: tests/cel/list_test.c
#include "cel/fn.h"

#include "base/checked.h"
#include "base/sort.h"

// As many as a list may have, whatever the arena would hold.
#define ITEMS_MAX 100000

static struct cel_value *new_items(struct cel_call *call, size_t n)
{
    return n > UINT32_MAX ? NULL
                          : arena_try_array(call->arena, n ? n : 1, sizeof(struct cel_value));
}

struct cel_value cel_fn_list_size(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_int(args[0].len);
}

// Of a record: the fields that are there.
struct cel_value cel_fn_map_size(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    int64_t n = args[0].len;
    if (args[0].tag == CEL_RECORD)
        for (uint32_t i = 0; i < args[0].len; i++)
            n -= args[0].record->slot[i].tag == CEL_ABSENT;
    return cel_int(n);
}

// ---- folding

static struct cel_value add_durations(struct cel_value a, struct cel_value b)
{
    struct cel_call call = {.n_args = 2};
    return cel_fn_duration_add(&call, (struct cel_value[]){a, b});
}

static struct cel_value add(struct cel_value a, struct cel_value b)
{
    int64_t i;
    uint64_t u;
    if (a.tag != b.tag)
        return cel_no_overload();
    switch (a.tag) {
    case CEL_INT:
        return checked_add(a.i, b.i, &i) ? cel_int(i) : cel_overflow();
    case CEL_UINT:
        return __builtin_add_overflow(a.u, b.u, &u) ? cel_overflow() : cel_uint(u);
    case CEL_DOUBLE:
        return cel_double(a.d + b.d);
    case CEL_DURATION:
        return add_durations(a, b);
    default:
        return cel_no_overload();
    }
}

struct cel_value cel_fn_list_sum(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    struct cel_value list = args[0];
    struct cel_value sum = cel_int(0);
    for (uint32_t i = 0; i < list.len; i++) {
        if (i)
            sum = add(sum, list.items[i]);
        else if (list.items[0].tag == CEL_INT || list.items[0].tag == CEL_UINT ||
                 list.items[0].tag == CEL_DOUBLE || list.items[0].tag == CEL_DURATION)
            sum = list.items[0];
        else
            return cel_no_overload();
        if (cel_is_error(sum))
            return sum;
    }
    return sum;
}

static struct cel_value list_extreme(struct cel_value list, enum cel_order wanted)
{
    if (list.len == 0)
        return cel_error(CEL_E_ARGUMENT, "an empty list has no smallest or largest element");
    struct cel_value best = list.items[0];
    for (uint32_t i = 0; i < list.len; i++) {
        enum cel_order order = cel_compare(list.items[i], best);
        if (order == CEL_NO_ORDER)
            return cel_no_overload();
        if (order == CEL_UNORDERED)
            return list.items[i];
        if (order == wanted)
            best = list.items[i];
    }
    return best;
}

struct cel_value cel_fn_list_min(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return list_extreme(args[0], CEL_LESS);
}

struct cel_value cel_fn_list_max(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return list_extreme(args[0], CEL_GREATER);
}

// ---- parts

struct cel_value cel_fn_list_first(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_optional(args[0].len ? &args[0].items[0] : NULL);
}

struct cel_value cel_fn_list_last(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_optional(args[0].len ? &args[0].items[args[0].len - 1] : NULL);
}

struct cel_value cel_fn_list_slice(struct cel_call *call, const struct cel_value *args)
{
    int64_t from = args[1].i;
    int64_t to = args[2].i;
    if (from < 0 || to < from || to > args[0].len)
        return cel_refuse(call, CEL_E_INDEX, "slice(%lld, %lld) does not lie in a list of %u",
                          (long long)from, (long long)to, args[0].len);
    return cel_list(args[0].items + from, (size_t)(to - from));
}

// ---- other lists

struct cel_value cel_fn_list_reverse(struct cel_call *call, const struct cel_value *args)
{
    struct cel_value *items = new_items(call, args[0].len);
    if (!items)
        return cel_error_memory();
    for (uint32_t i = 0; i < args[0].len; i++)
        items[i] = args[0].items[args[0].len - 1 - i];
    return cel_list(items, args[0].len);
}

static bool holds(const struct cel_value *items, uint32_t n, struct cel_value wanted)
{
    for (uint32_t i = 0; i < n; i++)
        if (cel_equal(items[i], wanted))
            return true;
    return false;
}

struct cel_value cel_fn_list_distinct(struct cel_call *call, const struct cel_value *args)
{
    struct cel_value *items = new_items(call, args[0].len);
    if (!items)
        return cel_error_memory();
    uint32_t n = 0;
    for (uint32_t i = 0; i < args[0].len; i++)
        if (!holds(items, n, args[0].items[i]))
            items[n++] = args[0].items[i];
    return cel_list(items, n);
}

struct cel_value cel_fn_list_range(struct cel_call *call, const struct cel_value *args)
{
    int64_t n = args[0].i;
    if (n < 0 || n > ITEMS_MAX)
        return cel_error(CEL_E_ARGUMENT, "a range has 0 to 100000 numbers");
    struct cel_value *items = new_items(call, (size_t)n);
    if (!items)
        return cel_error_memory();
    for (int64_t i = 0; i < n; i++)
        items[i] = cel_int(i);
    return cel_list(items, (size_t)n);
}

#define FLATTEN_MAX 64

// Elements of list with depth levels of lists inside of it opened; writes them when out is there.
static size_t flatten(struct cel_value list, int64_t depth, struct cel_value *out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < list.len; i++) {
        if (list.items[i].tag == CEL_LIST && depth > 0) {
            n += flatten(list.items[i], depth - 1, out ? out + n : NULL);
        } else {
            if (out)
                out[n] = list.items[i];
            n++;
        }
    }
    return n;
}

struct cel_value cel_fn_list_flatten(struct cel_call *call, const struct cel_value *args)
{
    int64_t depth = call->n_args > 1 ? args[1].i : 1;
    if (depth < 0 || depth > FLATTEN_MAX)
        return cel_error(CEL_E_ARGUMENT, "flatten opens 0 to 64 levels");
    size_t n = flatten(args[0], depth, NULL);
    struct cel_value *items = new_items(call, n);
    if (!items)
        return cel_error_memory();
    flatten(args[0], depth, items);
    return cel_list(items, n);
}

// ---- sorting

struct pair {
    struct cel_value key;
    struct cel_value item;
};

static int order_pairs(const void *a, const void *b, void *ctx)
{
    bool *comparable = ctx;
    enum cel_order order =
        cel_compare(((const struct pair *)a)->key, ((const struct pair *)b)->key);
    if (order == CEL_NO_ORDER || order == CEL_UNORDERED) {
        *comparable = false;
        return 0;
    }
    return (int)order;
}

// The items in the order of keys; equal keys keep the order of their items.
static struct cel_value sort(struct cel_call *call, struct cel_value list, struct cel_value keys)
{
    uint32_t n = list.len;
    if (keys.len != n)
        return cel_error(CEL_E_ARGUMENT, "there must be one key for each element");
    if (n < 2)
        return n && cel_compare(keys.items[0], keys.items[0]) == CEL_NO_ORDER ? cel_no_overload()
                                                                              : list;
    struct pair *pairs = arena_try_array(call->arena, (size_t)n * 2, sizeof *pairs);
    struct cel_value *items = new_items(call, n);
    if (!pairs || !items)
        return cel_error_memory();
    bool comparable = true;
    for (uint32_t i = 0; i < n; i++)
        pairs[i] = (struct pair){.key = keys.items[i], .item = list.items[i]};
    sort_stable(pairs, pairs + n, n, sizeof *pairs, order_pairs, &comparable);
    if (!comparable)
        return cel_error(CEL_E_ARGUMENT, "the elements cannot be put in order");
    for (uint32_t i = 0; i < n; i++)
        items[i] = pairs[i].item;
    return cel_list(items, n);
}

struct cel_value cel_fn_list_sort(struct cel_call *call, const struct cel_value *args)
{
    return sort(call, args[0], args[0]);
}

struct cel_value cel_fn_list_sort_by_keys(struct cel_call *call, const struct cel_value *args)
{
    return sort(call, args[0], args[1]);
}

// ---- sets

static bool holds_all(struct cel_value list, struct cel_value wanted)
{
    for (uint32_t i = 0; i < wanted.len; i++)
        if (!holds(list.items, list.len, wanted.items[i]))
            return false;
    return true;
}

struct cel_value cel_fn_set_contains(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(holds_all(args[0], args[1]));
}

struct cel_value cel_fn_set_equivalent(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    return cel_bool(holds_all(args[0], args[1]) && holds_all(args[1], args[0]));
}

struct cel_value cel_fn_set_intersects(struct cel_call *call, const struct cel_value *args)
{
    (void)call;
    for (uint32_t i = 0; i < args[0].len; i++)
        if (holds(args[1].items, args[1].len, args[0].items[i]))
            return cel_bool(true);
    return cel_bool(false);
}
