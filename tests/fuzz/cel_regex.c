// SPDX-License-Identifier: Apache-2.0
// cel_regex.c - pattern, newline, subject: the gate lets nothing through that takes long.
//
// Layer: tests.
#include "cel_common.h"

#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    size_t n = line ? (size_t)(line - data) : size;
    struct str pattern = {.p = (const char *)data, .n = n};
    struct str subject = {.p = (const char *)data + n, .n = size - n};
    if (!cel_well_formed(pattern) || !cel_well_formed(subject))
        return 0;
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    struct cel_prepared prepared = cel_prepare_regex(&arena, pattern);
    FUZZ_CHECK(!prepared.ready == !!prepared.refused, "neither ready nor refused\n");
    if (prepared.ready) {
        struct cel_call call = {.arena = &arena,
                                .prepared = prepared.ready,
                                .n_args = 2,
                                .cost_max = UINT64_MAX};
        struct cel_value args[2] = {cel_string(subject), cel_string(pattern)};
        clock_t start = clock();
        struct cel_value v = cel_fn_matches(&call, args);
        FUZZ_CHECK(v.tag == CEL_BOOL || v.tag == CEL_ERROR, "no bool\n");
        FUZZ_CHECK(clock() - start < CLOCKS_PER_SEC, "took a second\n");
    }
    arena_release(&arena);
    return 0;
}
