// SPDX-License-Identifier: Apache-2.0
// exchange_auth.c - who asks, may he, and not too often: the only place where that is decided.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/matrix_test.py
#include "api/exchange.h"

#include "api/reply.h"
#include "base/metrics.h"

static const struct {
    int64_t per_second;
    int64_t burst;
} rates[N_RATES] = {
#define RATE(name, per_second, burst) {per_second, burst},
#include "rates.def"
#undef RATE
};

// False when the bucket is empty.  caller 0 never occurs: keys and hashes of addresses are not 0.
static bool take_token(struct exchange *ex, uint64_t caller, enum rate_class rate)
{
    const struct router *router = ex->router;
    int64_t percent = router->config.rate_percent;
    if (percent == 0)
        return true;
    int64_t per_second = rates[rate].per_second * percent / 100;
    int64_t burst = rates[rate].burst * percent / 100;
    ex->limit = limiter_take(router->limiter, caller, rate, per_second ? per_second : 1,
                             burst ? burst : 1, env_monotonic_us(ex->req.env));
    ex->limited = true;
    return ex->limit.allowed;
}

static uint64_t number_of_text(struct str text)
{
    return hash_plain(HASH_PLAIN_BEGIN, text.p, text.n) |
           UINT64_C(1) << 63; // apart from the numbers of keys
}

static uint64_t number_of_key(const struct key_facts *facts)
{
    return (uint64_t)facts->tenant_id << 32 ^ (uint64_t)facts->key_id;
}

static enum exchange_step rate_limited(struct exchange *ex)
{
    metric_add(METRIC_HTTP_RATE_LIMITED, 1);
    problem_detail(&ex->req, "At most %lld at once; the next one in %lld s",
                   (long long)ex->limit.limit, (long long)ex->limit.retry_s);
    return exchange_refuse(ex, ERR_RATE_LIMITED);
}

static enum exchange_step unauthenticated(struct exchange *ex)
{
    metric_add(METRIC_HTTP_UNAUTHENTICATED, 1);
    // Guessing from one address is slowed down; this machine and its proxies are not.
    if (!ex->head.peer_local && !take_token(ex, number_of_text(ex->head.peer), RATE_ANONYMOUS))
        return rate_limited(ex);
    ex->limited = false;
    return exchange_refuse(ex, ERR_UNAUTHENTICATED);
}

static enum exchange_step known_key(struct exchange *ex)
{
    enum err e = auth_permits(&ex->facts, ex->req.route->scope, env_now_us(ex->req.env));
    if (e == ERR_UNAUTHENTICATED)
        return unauthenticated(ex);
    ex->req.actor = (struct actor){.tenant_id = ex->facts.tenant_id,
                                   .key_id = ex->facts.key_id,
                                   .scopes = ex->facts.scopes};
    if (!take_token(ex, number_of_key(&ex->facts), ex->req.route->rate))
        return rate_limited(ex);
    if (e) {
        struct buf scope;
        buf_init(&scope, ex->req.arena);
        scopes_write(auth_scope(ex->req.route->scope), &scope);
        problem_detail(&ex->req, "The scope %.*s is needed", STR_FMT(buf_text(&scope)));
        return exchange_refuse(ex, e);
    }
    return EXCHANGE_BODY;
}

static enum exchange_step look_up(struct exchange *ex)
{
    ex->looking_up = true;
    enum exchange_step step = exchange_submit(ex);
    ex->looking_up = step == EXCHANGE_WAIT;
    return step;
}

// After the store was asked.
static enum exchange_step looked_up(struct exchange *ex)
{
    ex->looking_up = false;
    enum err e = ex->err;
    ex->err = OK;
    if (e && e != ERR_NOT_FOUND)
        return exchange_refuse(ex, e);
    auth_cache_put(ex->router->cache, &ex->key.hash, ex->generation, e ? NULL : &ex->facts);
    return e ? unauthenticated(ex) : known_key(ex);
}

enum exchange_step exchange_authorise(struct exchange *ex)
{
    const struct route *route = ex->req.route;
    const struct key_source *keys = &ex->router->services->keys;
    struct str key;
    if (ex->looking_up)
        return looked_up(ex);
    if (route->scope == SCOPE_PUBLIC || (route->scope == SCOPE_LOCAL && ex->local))
        return EXCHANGE_BODY;
    if (!auth_key_text(&ex->head, &ex->arena, &key))
        return unauthenticated(ex);
    bool well_formed = api_key_read(key, &ex->key);
    ex->generation = keys->generation(keys->ctx);
    switch (auth_cache_get(ex->router->cache, &ex->key.hash, &ex->generation, &ex->facts)) {
    case AUTH_KNOWN:
        return known_key(ex);
    case AUTH_NO_SUCH_KEY:
        return unauthenticated(ex);
    case AUTH_UNKNOWN:
        break;
    }
    // A typing error or a guess is not worth a question to the store.
    return well_formed ? look_up(ex) : unauthenticated(ex);
}
