// SPDX-License-Identifier: Apache-2.0
// names.c - a hash table with open addressing that only grows.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/import/names.h"

#include "base/env.h"

#include <string.h>

#define FIRST_SLOTS 1024u

void names_init(struct names *names, struct arena *arena)
{
    *names = (struct names){.arena = arena};
    env_random(env_system(), names->key, sizeof names->key);
}

static uint32_t *find_slot(const struct names *names, struct str text)
{
    uint64_t hash = hash_keyed(names->key, text.p ? text.p : "", text.n);
    uint32_t at = (uint32_t)hash & (names->n_slots - 1);
    while (names->slots[at] && !str_eq(names->texts[names->slots[at] - 1], text))
        at = (at + 1) & (names->n_slots - 1);
    return &names->slots[at];
}

// At most half of the slots are taken.
static enum err grow_slots(struct names *names)
{
    if (names->n_slots && names->n < names->n_slots / 2)
        return OK;
    uint32_t n_slots = names->n_slots ? names->n_slots * 2 : FIRST_SLOTS;
    uint32_t *slots = arena_try_array(names->arena, n_slots, sizeof *slots);
    if (!slots)
        return ERR_MEMORY;
    names->slots = slots;
    names->n_slots = n_slots;
    for (uint32_t i = 0; i < names->n; i++)
        *find_slot(names, names->texts[i]) = i + 1;
    return OK;
}

static enum err grow_texts(struct names *names)
{
    if (names->n < names->room)
        return OK;
    uint32_t room = names->room ? names->room * 2 : FIRST_SLOTS;
    struct str *texts = arena_try_array(names->arena, room, sizeof *texts);
    if (!texts)
        return ERR_MEMORY;
    if (names->n)
        memcpy(texts, names->texts, names->n * sizeof *texts);
    names->texts = texts;
    names->room = room;
    return OK;
}

enum err names_put(struct names *names, struct str text, uint32_t *ret_number, bool *ret_new)
{
    enum err e = grow_slots(names);
    if (!e)
        e = grow_texts(names);
    if (e)
        return e;
    uint32_t *slot = find_slot(names, text);
    *ret_new = *slot == 0;
    if (*ret_new) {
        names->texts[names->n] = str_dup(names->arena, text);
        *slot = ++names->n;
    }
    *ret_number = *slot - 1;
    return arena_overflowed(names->arena) ? ERR_MEMORY : OK;
}
