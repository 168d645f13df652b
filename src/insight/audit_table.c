// SPDX-License-Identifier: Apache-2.0
// audit_table.c - values by key, in an arena.
//
// Layer: insight.  Tests: tests/insight/
#include "insight/audit_scan.h"

#include "base/hash.h"

#include <string.h>

static size_t bucket_of(const struct table *table, struct str key)
{
    uint64_t hash = hash_plain(HASH_PLAIN_BEGIN, key.p, key.n);
    return (size_t)(hash ^ hash >> 32) & (table->n_buckets - 1);
}

static bool grow(struct table *table, struct arena *arena)
{
    size_t n = table->n_buckets ? table->n_buckets * 4 : 16;
    struct table_item **buckets = arena_try_array(arena, n, sizeof(void *));
    if (!buckets)
        return false;
    table->buckets = buckets;
    table->n_buckets = n;
    for (struct table_item *item = table->first; item; item = item->next) {
        struct table_item **bucket = &buckets[bucket_of(table, item->key)];
        item->in_bucket = *bucket;
        *bucket = item;
    }
    return true;
}

void *table_get(struct table *table, struct arena *arena, struct str key, size_t size)
{
    if (table->n_buckets) {
        struct table_item *item = table->buckets[bucket_of(table, key)];
        while (item && !str_eq(item->key, key))
            item = item->in_bucket;
        if (item)
            return item->value;
    }
    if (size == 0)
        return NULL;
    if (table->n >= table->n_buckets && !grow(table, arena))
        return arena_new(arena, size); // the overflow mark ends the audit
    struct table_item *item = arena_new(arena, sizeof *item);
    struct table_item **bucket = &table->buckets[bucket_of(table, key)];
    *item = (struct table_item){.in_bucket = *bucket,
                                .key = str_dup(arena, key),
                                .value = arena_new(arena, size)};
    *bucket = item;
    if (!table->first)
        table->last = &table->first;
    *table->last = item;
    table->last = &item->next;
    table->n++;
    return item->value;
}

struct str table_number(struct arena *arena, int64_t number)
{
    return str_dup(arena, (struct str){(const char *)&number, sizeof number});
}
