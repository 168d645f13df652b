// SPDX-License-Identifier: Apache-2.0
// exchange.h - one request from its head to its reply, whatever carries the bytes.
//
//   begin ---> BODY ---> take, take ... ---> finish ---> WAIT or ANSWER
//     |  \---> WAIT (the key is looked up) -> woken ---> BODY or ANSWER
//     \------> ANSWER (refused: the body, if any, is not wanted)
//
// All of it runs on the HTTP thread but run and done of the work, which run on a worker.
//
//   E1  Every exchange that WAITs is made ready exactly once, by router->ready, on a worker thread.
//   E2  Authorisation happens here and in no handler: from the scope column of the route.
//   E3  A reply of a write exists only after its commit (work.h W2).
//   E4  Between WAIT and ready the HTTP thread touches nothing of the exchange.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#pragma once

#include "api/auth.h"
#include "api/limiter.h"
#include "api/request.h"
#include "api/services.h"
#include "flow/idempotency.h"
#include "flow/work.h"

struct exchange;

struct router_config {
    int64_t rate_percent;   // scales catalog/rates.def; 0: no rate limits
    int queue_max;          // pieces of work that may wait before OVERLOADED
    int64_t body_bytes_max; // of all requests together
    bool access_log;
};

// What the exchanges of one server share.
struct router {
    const struct services *services;
    struct router_config config;
    struct arena arena;
    struct auth_cache *cache;
    struct limiter *limiter;
    struct id_source ids;
    struct id last_id;  // of a request
    int64_t body_bytes; // in memory now
    // Work of this turn of the loop, handed over together by router_flush: one waking of a worker
    // for many requests, and larger batches for the writer.
    struct work *pending, **pending_end;
    int n_pending;
    // Says on a worker thread that the exchange may go on.
    void (*ready)(struct router *router, struct exchange *exchange);
};

MUST_CHECK enum err router_init(struct router *router, const struct services *services,
                                const struct router_config *config);
void router_release(struct router *router);
// To be called when there is nothing left to read for now.
void router_flush(struct router *router);

enum exchange_step { EXCHANGE_BODY, EXCHANGE_WAIT, EXCHANGE_ANSWER };

struct exchange {
    struct work work;      // first: a worker knows nothing else of us
    struct exchange *next; // the server's lists
    struct router *router;
    struct request req;
    struct arena arena;     // head, body, parsed input
    struct arena run_arena; // req.arena
    enum method method;
    int64_t begun_us; // monotonic

    bool looking_up; // the work is finding the key
    bool local;      // asked from this machine, not through a proxy
    struct key_ref key;
    struct key_facts facts;
    uint64_t generation; // of keys, when facts were true
    struct limit_verdict limit;
    bool limited; // limit is set

    char *body;
    size_t body_n, body_room;
    enum err body_err; // found while the body was still arriving

    bool idempotent; // the key was sent
    struct idempotency idempotency;
    bool replayed;
    bool answered_refusal; // the reply is a refusal that was stored, so run returned OK
    enum err err;          // what the reply says; OK for success
    bool answered;         // the reply is there before the body is
    bool close;            // the connection is not to be used again

    // Filled in before begin; what it points to lives until clear.  Last, because its headers are
    // not worth clearing.
    struct http_head head;
};

void exchange_init(struct exchange *exchange, struct router *router);
// Ready for the next request; memory is kept for it.
void exchange_clear(struct exchange *exchange);
void exchange_release(struct exchange *exchange);

enum exchange_step exchange_begin(struct exchange *exchange);
// The work of looking up the key is done: BODY or ANSWER.  Called also after the last WAIT.
enum exchange_step exchange_woken(struct exchange *exchange);
// Bytes of the body.  False: there is far too much of it, cut the connection.
MUST_CHECK bool exchange_take(struct exchange *exchange, const char *bytes, size_t n);
enum exchange_step exchange_finish(struct exchange *exchange);
// All headers of the reply but those of the framing.
#define EXCHANGE_HEADERS_MAX (REPLY_HEADERS_MAX + 12)
size_t exchange_headers(struct exchange *exchange,
                        struct reply_header ret_headers[EXCHANGE_HEADERS_MAX]);
// Counts and logs.  Call once, when the reply is handed over.
void exchange_account(struct exchange *exchange);

// ---- between the files of the exchange

// The work goes to the route's lane, or to the readers when the key is looked up.
enum exchange_step exchange_submit(struct exchange *exchange);

enum exchange_step exchange_refuse(struct exchange *exchange, enum err err);
// Who asks, and may he: the step that follows, BODY when he may.
enum exchange_step exchange_authorise(struct exchange *exchange);
// On a worker: what a run will read, and the whole of a run, see work.h.
enum err exchange_foresee(struct work *work, struct tx *tx);
enum err exchange_run(struct work *work, struct tx *tx);
void exchange_done(struct work *work, enum err outcome);
// Runs the handler of a route without a lane.
void exchange_run_here(struct exchange *exchange);
