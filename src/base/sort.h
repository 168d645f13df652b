// SPDX-License-Identifier: Apache-2.0
// sort.h - a stable sort that allocates nothing.
//
// The C library's qsort may allocate and is not stable; results that are replayed and compared byte
// by byte need both.
//
// Layer: base (pure).  Tests: tests/base/sort_test.c
#pragma once

#include <stddef.h>

// Sorts n items of the given size ascending by order (negative, 0, positive as memcmp); equal items
// keep their order.  scratch has room for n items and must not overlap.  ctx is handed to order.
void sort_stable(void *items, void *scratch, size_t n, size_t size,
                 int (*order)(const void *a, const void *b, void *ctx), void *ctx);
