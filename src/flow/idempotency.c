// SPDX-License-Identifier: Apache-2.0
// idempotency.c - a write that is sent twice happens once.
//
// Layer: flow.  Tests: tests/jobs/forget_test.c, tests/api/idempotency.http
#include "flow/idempotency.h"

#include "base/calendar.h"
#include "flow/tx.h"
#include "store/events.h"

#include <string.h>

// Long enough that a key from the oldest readable bucket is 30 days old.
#define BUCKET_US (30 * DAY_US)
// Another server's clock may be behind, and still read what is old here.
#define CLOCKS_APART_US DAY_US

static int64_t bucket_of(int64_t now_us)
{
    return now_us / BUCKET_US;
}

enum err idempotency_foresee(struct tx *tx, const struct idempotency *idempotency)
{
    return store_idempotency_ahead(tx->db, idempotency->tenant_id, bucket_of(tx->now_us),
                                   idempotency->key_id, idempotency->key);
}

enum err idempotency_begin(struct tx *tx, struct arena *arena,
                           const struct idempotency *idempotency, struct stored_reply *ret_reply)
{
    struct idempotency_row row;
    enum err e = store_idempotency_get(tx->db, idempotency->tenant_id, bucket_of(tx->now_us),
                                       idempotency->key_id, idempotency->key, arena, &row);
    if (e == ERR_NOT_FOUND) {
        *ret_reply = (struct stored_reply){0};
        return OK;
    }
    if (e)
        return e;
    if (memcmp(&row.fingerprint, &idempotency->fingerprint, sizeof row.fingerprint) != 0)
        return ERR_IDEMPOTENCY_KEY_REUSED;
    struct event_row event = {.reply = row.body};
    if (!id_is_nil(row.event_id))
        e = store_event_get(tx->db, idempotency->tenant_id, row.event_id, arena, &event);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
    *ret_reply = (struct stored_reply){.status = (int)row.status, .body = event.reply};
    return OK;
}

static enum err insert(struct tx *tx, const struct idempotency *idempotency,
                       const struct final_reply *reply)
{
    bool is_of_event = !id_is_nil(reply->event_id);
    struct idempotency_row row = {.bucket = bucket_of(tx->now_us),
                                  .key_id = idempotency->key_id,
                                  .key = idempotency->key,
                                  .status = reply->status,
                                  .body = is_of_event ? STR_NONE : reply->body,
                                  .event_id = reply->event_id,
                                  .recorded_us = tx->now_us};
    row.fingerprint = idempotency->fingerprint;
    enum err e = store_idempotency_insert(tx->db, idempotency->tenant_id, &row);
    // Another process wrote the same key since begin: the next attempt finds its reply.
    return tx_wrote(tx, e == ERR_ALREADY_EXISTS ? ERR_STORE_CONFLICT : e);
}

enum err idempotency_finish(struct tx *tx, const struct idempotency *idempotency,
                            const struct final_reply *reply)
{
    return insert(tx, idempotency, reply);
}

enum err idempotency_refuse(struct tx *tx, const struct idempotency *idempotency, int status,
                            struct str body)
{
    if (tx->n_writes) {
        tx->broken = true;
        return ERR_STORE_CONFLICT;
    }
    return insert(tx, idempotency, &(struct final_reply){.status = status, .body = body});
}

// The oldest one that begin looks at, by any clock.
static int64_t oldest_readable(const struct tx *tx)
{
    return bucket_of(tx->now_us - CLOCKS_APART_US) - 1;
}

enum err idempotency_forget(struct tx *tx, int64_t tenant_id, int64_t limit, int64_t *ret_n)
{
    int64_t n;
    enum err e = store_idempotency_delete(tx->db, tenant_id, oldest_readable(tx), limit, &n);
    if (!e)
        *ret_n = n;
    return e || n ? tx_wrote(tx, e) : OK;
}

enum err idempotency_forget_look(struct tx *tx, int64_t tenant_id, bool *ret_any)
{
    int64_t before = oldest_readable(tx);
    return ret_any ? store_idempotency_has_old(tx->db, tenant_id, before, &tx->arena, ret_any)
                   : store_idempotency_has_old_ahead(tx->db, tenant_id, before);
}
