// SPDX-License-Identifier: Apache-2.0
// tz_dump.c - what src/base/tz.h says about zones, for tz_zones.py to compare.
//
// Reads zone names from standard input, one a line.  Writes per zone "zone NAME", then for every
// change of offset from 2020 to 2040 "AT BEFORE AFTER" and, for local times around it, "local
// LOCAL FIRST SECOND".  Exits with 1 when a zone cannot be loaded.
#include "base/tz.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FROM_S INT64_C(1577836800) // 2020-01-01
#define TO_S INT64_C(2240611200)   // 2041-01-01

static void dump_locals(const struct tz *tz, int64_t local_s)
{
    static const int around[] = {-7200, -3600, -1800, -1, 0, 1, 1800, 3600, 7200};
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        int64_t local = local_s + around[i];
        printf("local %" PRId64 " %" PRId64 " %" PRId64 "\n", local,
               tz_unix(tz, local, TZ_GAP_SHIFT, TZ_FOLD_FIRST),
               tz_unix(tz, local, TZ_GAP_SHIFT, TZ_FOLD_SECOND));
    }
}

static void dump_zone(const struct tz *tz)
{
    int32_t before = tz_offset_at(tz, FROM_S);
    printf("zone %.*s %d\n", STR_FMT(tz->name), before);
    int64_t at = FROM_S;
    while (tz_next_transition(tz, at, &at) && at < TO_S) {
        int32_t after = tz_offset_at(tz, at);
        if (after == before)
            continue;
        printf("%" PRId64 " %d %d\n", at, before, after);
        dump_locals(tz, at + before);
        before = after;
    }
}

int main(void)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char line[128];
    int failed = 0;
    while (fgets(line, sizeof line, stdin)) {
        const struct tz *tz;
        line[strcspn(line, "\n")] = '\0';
        if (tz_load(&arena, str_of(line), &tz)) {
            fprintf(stderr, "cannot load %s\n", line);
            failed = 1;
            continue;
        }
        dump_zone(tz);
        arena_clear(&arena);
    }
    arena_release(&arena);
    return failed;
}
