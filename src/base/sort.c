// SPDX-License-Identifier: Apache-2.0
// sort.c - bottom-up merge sort; insertion for a few items.
//
// Layer: base (pure).  Tests: tests/base/sort_test.c
#include "base/sort.h"

#include <string.h>

#define FEW ((size_t)8)

struct merge {
    size_t size;
    int (*order)(const void *a, const void *b, void *ctx);
    void *ctx;
};

// Merges the sorted runs [from, middle) and [middle, to) of source into target.
static void merge_runs(const struct merge *m, const char *source, char *target, size_t from,
                       size_t middle, size_t to)
{
    size_t left = from;
    size_t right = middle;
    for (size_t i = from; i < to; i++) {
        // On a tie the left one goes first: that is what makes the sort stable.
        int take_left = left < middle &&
                        (right >= to ||
                         m->order(source + left * m->size, source + right * m->size, m->ctx) <= 0);
        size_t taken = take_left ? left++ : right++;
        memcpy(target + i * m->size, source + taken * m->size, m->size);
    }
}

// For a few items; scratch holds the one that is being placed.
static void sort_few(const struct merge *m, char *items, char *scratch, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        size_t at = i;
        while (at > 0 && m->order(items + (at - 1) * m->size, items + i * m->size, m->ctx) > 0)
            at--;
        if (at == i)
            continue;
        memcpy(scratch, items + i * m->size, m->size);
        memmove(items + (at + 1) * m->size, items + at * m->size, (i - at) * m->size);
        memcpy(items + at * m->size, scratch, m->size);
    }
}

void sort_stable(void *items, void *scratch, size_t n, size_t size,
                 int (*order)(const void *a, const void *b, void *ctx), void *ctx)
{
    struct merge m = {.size = size, .order = order, .ctx = ctx};
    if (n <= FEW) {
        sort_few(&m, items, scratch, n);
        return;
    }
    char *source = items;
    char *target = scratch;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t middle = from + width < n ? from + width : n;
            size_t to = from + 2 * width < n ? from + 2 * width : n;
            merge_runs(&m, source, target, from, middle, to);
        }
        char *swap = source;
        source = target;
        target = swap;
    }
    if (source != items && n)
        memcpy(items, source, n * size);
}
