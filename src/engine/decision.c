// SPDX-License-Identifier: Apache-2.0
// decision.c - the catalogues of effects and accounts as tables, and an empty decision.
//
// Layer: engine (pure).  Tests: tests/engine/derivation_test.c
#include "engine/decision.h"

#include "base/check.h"
#include "engine/grow.h"

#include <string.h>

#define FIRST_ROOM ((size_t)8)

// By number: the numbers are small and never reused.
static const struct effect_info effects[] = {
#define EFFECT(number, name, effect_code, from, to, use)                                           \
    [number] = {                                                                                   \
        .kind = EFFECT_##name,                                                                     \
        .code = effect_code,                                                                       \
        .debit = ACCOUNT_##from,                                                                   \
        .credit = ACCOUNT_##to,                                                                    \
        .lots = LOTS_##use,                                                                        \
    },
#include "effects.def"
#undef EFFECT
};

static const char *const accounts[] = {
#define ACCOUNT(number, name, code, member) [number] = code,
#include "accounts.def"
#undef ACCOUNT
};

const struct effect_info *effect_info_of_number(int64_t number)
{
    if (number <= 0 || (uint64_t)number >= sizeof effects / sizeof effects[0])
        return NULL;
    return effects[number].code ? &effects[number] : NULL;
}

const struct effect_info *effect_info(enum effect_kind kind)
{
    const struct effect_info *info = effect_info_of_number(kind);
    CHECK(info);
    CHECK(info->kind == kind);
    return info;
}

const char *account_code(enum account account)
{
    CHECK(account > 0 && account < sizeof accounts / sizeof accounts[0]);
    CHECK(accounts[account]);
    return accounts[account];
}

void decision_init(struct decision *decision, struct arena *arena)
{
    CHECK(arena);
    *decision = (struct decision){.arena = arena};
}

void *grown(struct arena *arena, void *items, size_t n, size_t *room, size_t size)
{
    CHECK(n <= *room);
    if (n < *room)
        return items;
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *moved = arena_try_array(arena, more, size);
    if (!moved)
        return NULL;
    if (n)
        memcpy(moved, items, n * size);
    *room = more;
    return moved;
}
