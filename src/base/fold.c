// SPDX-License-Identifier: Apache-2.0
// fold.c - one form for texts that people consider the same.
//
// Layer: base.  Tests: tests/base/fold_test.c
#include "base/fold.h"

#include <utf8proc.h>

#define OPTIONS (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD)

struct str str_fold(struct arena *arena, struct str s)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)s.p;
    utf8proc_ssize_t n = utf8proc_decompose(bytes, (utf8proc_ssize_t)s.n, NULL, 0, OPTIONS);
    if (n < 0)
        return STR_NONE;
    // One more than is needed: utf8proc_reencode ends its bytes with a NUL.
    utf8proc_int32_t *points = arena_try_array(arena, (size_t)n + 1, sizeof *points);
    if (!points || utf8proc_decompose(bytes, (utf8proc_ssize_t)s.n, points, n, OPTIONS) != n)
        return STR_NONE;
    n = utf8proc_reencode(points, n, OPTIONS);
    if (n < 0)
        return STR_NONE;
    return (struct str){.p = (const char *)points, .n = (size_t)n};
}
