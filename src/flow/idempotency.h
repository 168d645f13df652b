// SPDX-License-Identifier: Apache-2.0
// idempotency.h - a write that is sent twice happens once.
//
// Key, fingerprint and reply live in the transaction of the effect itself, so there is no moment
// in which one exists without the other.  The API calls begin before a handler and one of finish
// and refuse after it, all in the work's transaction on the writer thread.
//
//   I1  One row per (tenant_id, key_id, key).  Kept at least 30 days, at most 61.
//   I2  The replay has the same status and the same bytes; only headers differ
//       (Idempotent-Replayed: true, X-Request-Id).
//   I3  Faults (5xx) are never stored: the client may try again and be served.
//   I4  A refusal is stored too, so that a late duplicate cannot succeed after the client was told
//       that its request was refused.
//
// Layer: flow.  Tests: tests/jobs/forget_test.c, tests/api/idempotency.http
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/text.h"

struct tx;

struct idempotency {
    int64_t tenant_id;
    int64_t key_id;          // the API key that asks: another key may use the same text
    struct str key;          // 1 to 255 printable ASCII characters
    struct hash fingerprint; // SHA-256 of method, path, query, canonical body
    int64_t now_us;
};

struct stored_reply {
    int status; // 0: there is none, run the handler
    struct str body;
};

// Announces (foresee.h) what begin will look for.
MUST_CHECK enum err idempotency_foresee(struct tx *tx, const struct idempotency *idempotency);
// Looks for an earlier reply; what it finds is copied into the arena.  ERR_IDEMPOTENCY_KEY_REUSED
// when the fingerprint differs, ERR_IDEMPOTENCY_IN_FLIGHT when another transaction holds the key.
MUST_CHECK enum err idempotency_begin(struct tx *tx, struct arena *arena,
                                      const struct idempotency *idempotency,
                                      struct stored_reply *ret_reply);

// What a handler that returned OK has answered.
struct final_reply {
    int status;
    struct str body;
    struct id event_id; // the body is what this event keeps as its reply: not stored twice; or nil
};
MUST_CHECK enum err idempotency_finish(struct tx *tx, const struct idempotency *idempotency,
                                       const struct final_reply *reply);

// Forgets at most limit (10,000) replies that nobody can ask for any more, the oldest first;
// ret_n < limit: no more are left.
MUST_CHECK enum err idempotency_forget(struct tx *tx, int64_t tenant_id, int64_t limit,
                                       int64_t *ret_n);
// Whether there are any.  ret_any NULL: announces (foresee.h) that it will be asked.
MUST_CHECK enum err idempotency_forget_look(struct tx *tx, int64_t tenant_id, bool *ret_any);

// Stores the refusal (status < 500).  A refusal comes before the first write (flow.h F1); should
// one come later all the same, the work is undone as a whole and nothing is stored.
MUST_CHECK enum err idempotency_refuse(struct tx *tx, const struct idempotency *idempotency,
                                       int status, struct str body);
