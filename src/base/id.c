// SPDX-License-Identifier: Apache-2.0
// id.c - UUID version 7 and TypeID.
//
// Layer: base.  Tests: tests/base/id_test.c
#include "base/id.h"

#include <sched.h>
#include <string.h>

#define LOW_BITS 62
#define LOW_MASK (((uint64_t)1 << LOW_BITS) - 1)
#define HIGH_MASK ((uint64_t)0xFFF)
// Steps of up to 2^48 leave room for 2^25 ids in one millisecond and are not guessed.
#define STEP_MASK (((uint64_t)1 << 48) - 1)

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void id_source_init(struct id_source *source, const struct env *env)
{
    *source = (struct id_source){.env = env, .last_ms = -1};
}

// A fresh counter.  Its top bit stays 0, so that half of the range is left to grow into.
static void start_counter(struct id_source *source)
{
    uint64_t random[2];
    env_random(source->env, random, sizeof random);
    source->high = random[0] & (HIGH_MASK >> 1);
    source->low = random[1] & LOW_MASK;
}

static void advance_counter(struct id_source *source)
{
    uint64_t step;
    env_random(source->env, &step, sizeof step);
    source->low += (step & STEP_MASK) + 1;
    source->high += source->low >> LOW_BITS;
    source->low &= LOW_MASK;
    if (source->high > HIGH_MASK) {
        // The millisecond is full: borrow the next one rather than go back.
        source->last_ms++;
        start_counter(source);
    }
}

// Held for some ten nanoseconds.
static void enter(struct id_source *source)
{
    while (atomic_flag_test_and_set_explicit(&source->is_busy, memory_order_acquire))
        sched_yield();
}

static void leave(struct id_source *source)
{
    atomic_flag_clear_explicit(&source->is_busy, memory_order_release);
}

void id_source_reach(struct id_source *source, int64_t ms)
{
    enter(source);
    if (source->last_ms < ms)
        source->last_ms = ms;
    leave(source);
}

struct id id_next(struct id_source *source)
{
    enter(source);
    int64_t now_ms = env_now_us(source->env) / 1000;
    if (now_ms > source->last_ms) {
        source->last_ms = now_ms;
        start_counter(source);
    } else {
        advance_counter(source);
    }

    struct id id;
    uint64_t top = (uint64_t)source->last_ms << 16 | 0x7000 | source->high;
    uint64_t bottom = (uint64_t)2 << LOW_BITS | source->low;
    leave(source);
    for (int i = 0; i < 8; i++) {
        id.b[i] = (uint8_t)(top >> (56 - 8 * i));
        id.b[8 + i] = (uint8_t)(bottom >> (56 - 8 * i));
    }
    return id;
}

int64_t id_time_ms(struct id id)
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.b[i];
    return ms;
}

// The 5 bits that start at bit position at, counted from the first of 130: the 128 bits of the id
// are preceded by 2 zero bits.
static unsigned five_bits(struct id id, int at)
{
    unsigned bits = 0;
    for (int i = at - 2; i < at + 3; i++)
        bits = bits << 1 | (i < 0 ? 0U : (unsigned)(id.b[i / 8] >> (7 - i % 8)) & 1U);
    return bits;
}

struct str id_format(struct id id, const char *prefix, char ret_text[ID_TEXT_ROOM])
{
    size_t n = strlen(prefix);
    CHECK(n <= ID_PREFIX_MAX);
    memcpy(ret_text, prefix, n);
    if (n)
        ret_text[n++] = '_';
    for (int i = 0; i < ID_DIGITS; i++)
        ret_text[n++] = alphabet[five_bits(id, 5 * i)];
    ret_text[n] = '\0';
    return (struct str){.p = ret_text, .n = n};
}

struct str id_text(struct arena *arena, struct id id, const char *prefix)
{
    char text[ID_TEXT_ROOM];
    return str_dup(arena, id_format(id, prefix, text));
}

bool id_parse(struct str text, const char *prefix, struct id *ret_id)
{
    struct str head = str_of(prefix);
    if (head.n) {
        if (!str_starts(text, head))
            return false;
        text = str_skip(text, head.n);
        if (!str_starts(text, STR("_")))
            return false;
        text = str_skip(text, 1);
    }
    // 26 digits are 130 bits: a first digit above 7 would not fit into 128.
    if (text.n != ID_DIGITS || text.p[0] > '7')
        return false;

    struct id id = ID_NIL;
    for (int i = 0; i < ID_DIGITS; i++) {
        const char *digit = text.p[i] ? strchr(alphabet, text.p[i]) : NULL;
        if (!digit)
            return false;
        unsigned value = (unsigned)(digit - alphabet);
        for (int k = 0; k < 5; k++) {
            int bit = 5 * i + k - 2;
            if (bit >= 0 && (value >> (4 - k) & 1U))
                id.b[bit / 8] = (uint8_t)(id.b[bit / 8] | 1U << (7 - bit % 8));
        }
    }
    *ret_id = id;
    return true;
}
