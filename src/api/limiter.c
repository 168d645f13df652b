// SPDX-License-Identifier: Apache-2.0
// limiter.c - token buckets.
//
// Layer: api.  Tests: tests/api/guard_test.c
#include "api/limiter.h"

#define N_SETS ((size_t)1024)
#define WAYS ((size_t)4)
#define SECOND_US ((int64_t)1000000)

// The tokens are kept as the time it took to earn them, so nothing is ever rounded away.
struct bucket {
    uint64_t caller;
    uint32_t class; // one more than it is; 0: unused
    int64_t used_us;
    int64_t credit; // microseconds times per_second: a token is SECOND_US
};

struct limiter {
    struct bucket buckets[WAYS];
};

struct limiter *limiter_new(struct arena *arena)
{
    return arena_try_array(arena, N_SETS, sizeof(struct limiter));
}

static struct bucket *find(struct limiter *limiter, uint64_t caller, uint32_t class)
{
    uint64_t mixed = (caller ^ (uint64_t) class << 56) * UINT64_C(0x9E3779B97F4A7C15);
    struct bucket *set = limiter[(mixed >> 40) % N_SETS].buckets;
    struct bucket *oldest = &set[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].class == class && set[i].caller == caller)
            return &set[i];
        if (set[i].class == 0 || set[i].used_us < oldest->used_us)
            oldest = &set[i];
        if (oldest->class == 0)
            break;
    }
    *oldest = (struct bucket){.caller = caller, .class = class, .credit = -1};
    return oldest;
}

static int64_t seconds_up(int64_t credit, int64_t per_second)
{
    int64_t unit = per_second * SECOND_US;
    return (credit + unit - 1) / unit;
}

struct limit_verdict limiter_take(struct limiter *limiter, uint64_t caller, unsigned class,
                                  int64_t per_second, int64_t burst, int64_t monotonic_us)
{
    struct bucket *bucket = find(limiter, caller, class + 1);
    int64_t full = burst * SECOND_US;
    int64_t elapsed = monotonic_us - bucket->used_us;
    CHECK(per_second > 0 && burst > 0);
    if (bucket->credit < 0 || elapsed >= full / per_second)
        bucket->credit = full;
    else if (elapsed > 0)
        bucket->credit += elapsed * per_second;
    if (bucket->credit > full)
        bucket->credit = full;
    bucket->used_us = monotonic_us;

    struct limit_verdict verdict = {.limit = burst, .allowed = bucket->credit >= SECOND_US};
    if (verdict.allowed)
        bucket->credit -= SECOND_US;
    else
        verdict.retry_s = seconds_up(SECOND_US - bucket->credit, per_second);
    verdict.remaining = bucket->credit / SECOND_US;
    verdict.reset_s = seconds_up(full - bucket->credit, per_second);
    return verdict;
}
