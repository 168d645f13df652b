// SPDX-License-Identifier: Apache-2.0
// exchange_run.c - the part of an exchange that runs in the store's transaction, on a worker.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#include "api/exchange.h"

#include "api/reply.h"

#include <string.h>

static enum err call_handler(struct exchange *ex)
{
    enum err e = ex->req.route->handler(&ex->req);
    if (arena_overflowed(ex->req.arena))
        return ERR_MEMORY;
    CHECK(e || ex->req.reply.status); // Q1
    return e;
}

// A key that was revoked after the HTTP thread let the request in must not write any more.
static enum err check_again(struct exchange *ex, struct tx *tx)
{
    const struct key_source *keys = &ex->router->services->keys;
    if (ex->req.actor.key_id == 0 || keys->generation(keys->ctx) == ex->generation)
        return OK;
    enum err e = keys->find(keys->ctx, tx, &ex->key, &ex->facts);
    if (e == ERR_NOT_FOUND)
        return ERR_UNAUTHENTICATED;
    return e ? e : auth_permits(&ex->facts, ex->req.route->scope, env_now_us(ex->req.env));
}

static bool is_refusal(enum err e)
{
    return err_info(e)->http_status < 500;
}

// The handler has run: keeps its answer beside its effect.
static enum err store_outcome(struct exchange *ex, struct tx *tx, enum err outcome)
{
    struct reply *reply = &ex->req.reply;
    struct final_reply final = {reply->status, buf_text(&reply->body), reply->event_id};
    if (outcome == OK)
        return idempotency_finish(tx, &ex->idempotency, &final);
    if (!is_refusal(outcome))
        return outcome;
    reply_problem(&ex->req, outcome);
    enum err e = idempotency_refuse(tx, &ex->idempotency, reply->status, buf_text(&reply->body));
    if (e)
        return e;
    ex->answered_refusal = true;
    ex->err = outcome;
    return OK; // the refusal is what has to be committed
}

static enum err replay(struct exchange *ex, const struct stored_reply *stored)
{
    struct reply *reply = &ex->req.reply;
    *reply = (struct reply){.status = stored->status};
    if (stored->body.n)
        reply->media_type = stored->status < 400 ? "application/json" : "application/problem+json";
    buf_init(&reply->body, ex->req.arena);
    buf_str(&reply->body, stored->body);
    ex->replayed = true;
    return arena_overflowed(ex->req.arena) ? ERR_MEMORY : OK;
}

static enum err run_write(struct exchange *ex, struct tx *tx)
{
    enum err e = check_again(ex, tx);
    if (e || !ex->idempotent)
        return e ? e : call_handler(ex);
    struct stored_reply stored = {0};
    e = idempotency_begin(tx, ex->req.arena, &ex->idempotency, &stored);
    if (e)
        return e;
    if (stored.status)
        return replay(ex, &stored);
    return store_outcome(ex, tx, call_handler(ex));
}

static enum err look_up(struct exchange *ex, struct tx *tx)
{
    const struct key_source *keys = &ex->router->services->keys;
    // Read before the key: a change in between makes the entry stale, never wrong.
    ex->generation = keys->generation(keys->ctx);
    return keys->find(keys->ctx, tx, &ex->key, &ex->facts);
}

enum err exchange_foresee(struct work *work, struct tx *tx)
{
    struct exchange *ex = (struct exchange *)work;
    ex->req.tx = tx;
    enum err e = ex->idempotent ? idempotency_foresee(tx, &ex->idempotency) : OK;
    if (!e)
        e = ex->router->services->foresee(&ex->req);
    ex->req.tx = NULL;
    return e;
}

enum err exchange_run(struct work *work, struct tx *tx)
{
    struct exchange *ex = (struct exchange *)work;
    if (ex->looking_up)
        return look_up(ex, tx);
    arena_clear(&ex->run_arena); // W3: nothing of an earlier attempt stays
    reply_reset(&ex->req);
    ex->replayed = false;
    ex->answered_refusal = false;
    ex->err = OK;
    ex->req.tx = tx;
    enum err e = ex->req.route->lane == LANE_WRITE ? run_write(ex, tx) : call_handler(ex);
    ex->req.tx = NULL;
    return e;
}

void exchange_done(struct work *work, enum err outcome)
{
    struct exchange *ex = (struct exchange *)work;
    if (ex->looking_up) {
        ex->err = outcome;
    } else if (outcome) {
        ex->err = outcome;
        reply_problem(&ex->req, outcome);
    }
    ex->router->ready(ex->router, ex);
}

void exchange_run_here(struct exchange *ex)
{
    reply_reset(&ex->req);
    ex->err = call_handler(ex);
    if (ex->err)
        reply_problem(&ex->req, ex->err);
}
