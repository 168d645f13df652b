// SPDX-License-Identifier: Apache-2.0
// cel_common.h - the environment that the fuzz targets of the rule language share.
//
// Layer: tests.
#pragma once

#include "cel/internal.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const char fuzz_schema[] =
    "{\"records\":{\"item\":{\"sku\":{\"type\":\"string\",\"max\":40},\"net\":\"int\","
    "\"brand\":{\"type\":\"string\",\"presence\":\"optional\",\"max\":40}},"
    "\"order\":{\"amount\":\"int\",\"items\":{\"type\":\"list(item)\",\"max\":4},"
    "\"rate\":\"double\",\"paid\":\"bool\",\"coupons\":{\"type\":\"list(string)\",\"max\":3}}},"
    "\"variables\":{\"order\":\"order\",\"now\":\"timestamp\",\"words\":\"map(string, dyn)\"},"
    "\"cost\":100000}";

static const char fuzz_data[] =
    "{\"order\":{\"amount\":5000,\"items\":[{\"sku\":\"A\",\"net\":1000},"
    "{\"sku\":\"B\",\"net\":-7,\"brand\":\"Luna\"},{\"sku\":\"\",\"net\":9007199254740993}],"
    "\"rate\":0.29,\"paid\":true,\"coupons\":[\"ten\",\"vip\"]},"
    "\"now\":\"2026-02-28T23:30:00.5Z\",\"words\":{\"a\":1,\"b\":[1,\"x\",null],\"c\":2.5}}";

// Made once, never released.
static inline const struct cel_env *fuzz_env(struct cel_value *ret_vars)
{
    static struct arena arena;
    static struct cel_env *env;
    static struct cel_value vars[3];
    if (!env) {
        arena_init(&arena, (size_t)64 * 1024 * 1024);
        env = cel_env_new(&arena);
        FUZZ_CHECK(!cel_env_from_json(env, str_of(fuzz_schema)), "schema");
        struct cel_diags *diags = ARENA_NEW(&arena, struct cel_diags);
        cel_diags_init(diags, &arena);
        FUZZ_CHECK(!cel_bind_json(env, &arena, str_of(fuzz_data), vars, diags), "data");
    }
    for (int i = 0; ret_vars && i < 3; i++)
        ret_vars[i] = vars[i];
    return env;
}
