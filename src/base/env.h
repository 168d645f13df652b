// SPDX-License-Identifier: Apache-2.0
// env.h - the only door to clocks and randomness.
//
// Everything above base asks a struct env, so that the whole core runs inside a deterministic
// simulation: the simulator hands in its own clock and its own seeded randomness.
//
// Layer: base.  Tests: tests/base/env_test.c
#pragma once

#include "base/check.h"

#include <stddef.h>
#include <stdint.h>

struct env {
    // Microseconds since 1970-01-01T00:00:00Z by the wall clock; may jump.
    int64_t (*now_us)(const struct env *env);
    // Microseconds of a clock that never jumps: for time-outs and durations.
    int64_t (*monotonic_us)(const struct env *env);
    // Fills n bytes that nobody can guess (in a simulation: that the seed decides).
    void (*random)(const struct env *env, void *bytes, size_t n);
    void *ctx;
};

// The real world: clock_gettime and libsodium.
const struct env *env_system(void);

static inline int64_t env_now_us(const struct env *env)
{
    return env->now_us(env);
}

static inline int64_t env_monotonic_us(const struct env *env)
{
    return env->monotonic_us(env);
}

static inline void env_random(const struct env *env, void *bytes, size_t n)
{
    env->random(env, bytes, n);
}
