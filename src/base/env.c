// SPDX-License-Identifier: Apache-2.0
// env.c - the real clocks and the real randomness.
//
// Layer: base.  Tests: tests/base/env_test.c
#include "base/env.h"

#include <sodium.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    CHECK(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t system_now_us(const struct env *env)
{
    (void)env;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_us(const struct env *env)
{
    (void)env;
    return read_clock(CLOCK_MONOTONIC);
}

static void system_random(const struct env *env, void *bytes, size_t n)
{
    (void)env;
    randombytes_buf(bytes, n);
}

const struct env *env_system(void)
{
    static const struct env system = {
        .now_us = system_now_us,
        .monotonic_us = system_monotonic_us,
        .random = system_random,
    };
    CHECK(sodium_init() >= 0); // safe to call again, from any thread
    return &system;
}
