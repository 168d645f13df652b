// SPDX-License-Identifier: Apache-2.0
// counters.c - what members share: how often, or how much, for everybody together.
//
// Layer: store.  Tests: tests/store/events_test.c
#include "store/events.h"
#include "store/sql_gen.h"

enum err store_counter_get(struct db *db, int64_t tenant_id, const struct counter_key *key,
                           int64_t *ret_value)
{
    struct sql_counter_get_in in = {.tenant_id = tenant_id,
                                    .owner_id = key->owner_id,
                                    .name = key->name,
                                    .period = key->period};
    int64_t value = 0;
    enum err e = sql_run_i64(db, SQL_COUNTER_GET, &in, &value);

    if (e && e != ERR_NOT_FOUND)
        return e;
    *ret_value = value;
    return OK;
}

static enum err count_up(struct db *db, int64_t tenant_id, const struct counter_key *key,
                         int64_t units, int64_t max, int64_t *ret_changed)
{
    struct sql_counter_add_in in = {.tenant_id = tenant_id,
                                    .owner_id = key->owner_id,
                                    .name = key->name,
                                    .period = key->period,
                                    .units = units,
                                    .max_value = max};

    // The statement compares sums only; the first of a counter is its own sum.
    *ret_changed = 0;
    return units > max ? OK : sql_counter_add(db, &in, ret_changed);
}

static enum err count_down(struct db *db, int64_t tenant_id, const struct counter_key *key,
                           int64_t units, int64_t *ret_changed)
{
    struct sql_counter_take_in in = {.tenant_id = tenant_id,
                                     .owner_id = key->owner_id,
                                     .name = key->name,
                                     .period = key->period,
                                     .units = units};

    return sql_counter_take(db, &in, ret_changed);
}

enum err store_counter_add(struct db *db, int64_t tenant_id, const struct counter_key *key,
                           int64_t delta, int64_t max)
{
    int64_t changed;

    CHECK(delta > -INT64_MAX);
    enum err e = delta >= 0 ? count_up(db, tenant_id, key, delta, max, &changed)
                            : count_down(db, tenant_id, key, -delta, &changed);
    if (e)
        return e;
    return changed ? OK : ERR_LIMIT_REACHED;
}
