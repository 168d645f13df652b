// SPDX-License-Identifier: Apache-2.0
// exchange.c - one request from its head to its reply: what the HTTP thread does.
//
// Layer: api.  Tests: tests/api/testd.http, tests/api/raw_test.py
#include "api/exchange.h"

#include "api/gate.h"
#include "api/percent.h"
#include "api/reply.h"
#include "base/log.h"
#include "base/metrics.h"

#include <sodium.h>
#include <string.h>

// What the arenas may hand out: the parsed form of the largest body is some 60 times its text.
#define ARENA_SMALL ((size_t)8 << 20)
#define ARENA_BULK ((size_t)96 << 20)
// More than this is given back when a request is over.
#define ARENA_KEPT ((size_t)64 << 10)
#define FIRST_BODY_ROOM ((size_t)4096)

enum err router_init(struct router *router, const struct services *services,
                     const struct router_config *config)
{
    *router = (struct router){.services = services, .config = *config};
    arena_init(&router->arena, (size_t)4 << 20);
    router->cache = auth_cache_new(&router->arena);
    router->limiter = limiter_new(&router->arena);
    id_source_init(&router->ids, services->env);
    router->pending_end = &router->pending;
    router->last_id = id_next(&router->ids);
    return arena_overflowed(&router->arena) ? ERR_MEMORY : OK;
}

void router_release(struct router *router)
{
    arena_release(&router->arena);
}

void exchange_init(struct exchange *ex, struct router *router)
{
    *ex = (struct exchange){.router = router};
    arena_init(&ex->arena, ARENA_SMALL);
    arena_init(&ex->run_arena, ARENA_SMALL);
}

static void recycle(struct arena *arena)
{
    if (arena->used > ARENA_KEPT)
        arena_release(arena);
    else
        arena_clear(arena);
    struct arena kept = *arena;
    arena_init(arena, ARENA_SMALL);
    arena->blocks = kept.blocks;
    arena->next = kept.next;
    arena->stop = kept.stop;
}

void exchange_clear(struct exchange *ex)
{
    struct arena arena = ex->arena, run_arena = ex->run_arena;
    struct router *router = ex->router;
    router->body_bytes -= (int64_t)ex->body_room;
    memset(ex, 0, offsetof(struct exchange, head) + offsetof(struct http_head, headers));
    ex->router = router;
    ex->arena = arena;
    ex->run_arena = run_arena;
    recycle(&ex->arena);
    recycle(&ex->run_arena);
}

void exchange_release(struct exchange *ex)
{
    exchange_clear(ex);
    arena_release(&ex->arena);
    arena_release(&ex->run_arena);
}

// ---- answers that need no handler

enum exchange_step exchange_refuse(struct exchange *ex, enum err err)
{
    struct request *req = &ex->req;
    ex->err = err;
    ex->answered = true;
    reply_problem(req, err);
    if (err == ERR_UNAUTHENTICATED)
        reply_header(req, "WWW-Authenticate", STR("Bearer realm=\"habitue\""));
    if (err == ERR_OVERLOADED)
        metric_add(METRIC_HTTP_OVERLOADED, 1);
    return EXCHANGE_ANSWER;
}

static enum exchange_step answer_options(struct exchange *ex, uint32_t methods)
{
    ex->answered = true;
    reply_empty(&ex->req);
    reply_header(&ex->req, "Allow", methods_text(methods, ex->req.arena));
    return EXCHANGE_ANSWER;
}

static enum exchange_step refuse_method(struct exchange *ex, uint32_t methods)
{
    struct str allowed = methods_text(methods, ex->req.arena);
    problem_detail(&ex->req, "This address answers %.*s", STR_FMT(allowed));
    exchange_refuse(ex, ERR_METHOD_NOT_ALLOWED);
    reply_header(&ex->req, "Allow", allowed);
    return EXCHANGE_ANSWER;
}

// ---- the head

static bool is_request_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && c != '-' && c != '_' && c != '.')
            return false;
    }
    return s.n > 0 && s.n <= 64;
}

// Unguessable at its beginning, counted in its last two bytes: a fresh one for every request would
// ask the kernel for randomness each time.
static struct id next_request_id(struct router *router)
{
    uint8_t *low = &router->last_id.b[15], *high = &router->last_id.b[14];
    if (++*low == 0 && ++*high == 0)
        router->last_id = id_next(&router->ids);
    return router->last_id;
}

static void set_request_id(struct exchange *ex)
{
    struct str sent = http_header_get(&ex->head, "X-Request-Id");
    if (is_request_id(sent))
        ex->req.id = sent;
    else
        ex->req.id = id_text(&ex->arena, next_request_id(ex->router), "req");
}

static bool is_forwarded(const struct http_head *head)
{
    return http_header_get(head, "X-Forwarded-For").p || http_header_get(head, "Forwarded").p ||
           http_header_get(head, "Via").p;
}

static enum err read_query(struct exchange *ex)
{
    const struct shape *shape = ex->req.route->query;
    if (ex->head.query.n == 0 && shape == &shape_nothing)
        return OK;
    struct text_pair pairs[QUERY_PAIRS_MAX];
    size_t n = 0;
    void *target = arena_try(&ex->arena, shape->size ? shape->size : 1);
    ex->req.query = target;
    if (!target)
        return ERR_MEMORY;
    if (!query_split(ex->head.query, &ex->arena, pairs, &n))
        return ERR_QUERY_INVALID;
    bool good = shape_read_query(shape, pairs, n, &ex->req.problems, target);
    return good ? OK : ERR_QUERY_INVALID;
}

// Printable ASCII, 1 to 255; the draft's form with quotes around it means the same.
static enum err read_idempotency_key(struct exchange *ex)
{
    struct str key = str_trim(http_header_get(&ex->head, "Idempotency-Key"));
    enum idempotency_rule rule = ex->req.route->idempotency;
    if (key.n >= 2 && key.p[0] == '"' && key.p[key.n - 1] == '"')
        key = (struct str){key.p + 1, key.n - 2};
    if (rule == IDEMPOTENCY_NONE || (rule == IDEMPOTENCY_OPTIONAL && key.n == 0))
        return OK;
    if (key.n == 0)
        return ERR_IDEMPOTENCY_KEY_MISSING;
    bool printable = key.n <= 255;
    for (size_t i = 0; i < key.n; i++)
        printable &= key.p[i] > ' ' && key.p[i] < 0x7F;
    if (!printable) {
        problem_detail(&ex->req, "Idempotency-Key must be 1 to 255 printable ASCII characters");
        return ERR_IDEMPOTENCY_KEY_MISSING;
    }
    ex->idempotent = true;
    ex->idempotency.key = key;
    return OK;
}

// What the head says of the body, before a byte of it arrived.
static enum err check_body_headers(struct exchange *ex)
{
    struct str length = http_header_get(&ex->head, "Content-Length");
    bool chunked = http_header_get(&ex->head, "Transfer-Encoding").p != NULL;
    int64_t n = 0;
    if (length.p && !str_to_i64(length, &n))
        return ERR_BODY_TOO_LARGE;
    if (!chunked && n == 0)
        return OK;
    if (ex->req.route->body == BODY_NONE) {
        problem_detail(&ex->req, "This address takes no body");
        return ERR_BODY_TOO_LARGE;
    }
    if (n > (int64_t)ex->req.route->body)
        return ERR_BODY_TOO_LARGE;
    struct str type = http_header_get(&ex->head, "Content-Type");
    const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;
    if (semicolon)
        type.n = (size_t)(semicolon - type.p);
    if (!http_name_eq(str_trim(type), STR("application/json")))
        return ERR_MEDIA_TYPE;
    if (http_header_get(&ex->head, "Content-Encoding").p) {
        problem_detail(&ex->req, "A compressed body is not accepted");
        return ERR_MEDIA_TYPE;
    }
    return OK;
}

// The key is known and may do this: what else the head must say.
static enum exchange_step check_head(struct exchange *ex)
{
    enum err e = read_query(ex);
    if (e)
        return exchange_refuse(ex, e);
    e = read_idempotency_key(ex);
    if (e)
        return exchange_refuse(ex, e);
    e = check_body_headers(ex);
    if (e)
        return exchange_refuse(ex, e);
    ex->req.if_match = http_header_get(&ex->head, "If-Match");
    return EXCHANGE_BODY;
}

static void begin_request(struct exchange *ex)
{
    const struct http_head *head = &ex->head;
    const struct services *services = ex->router->services;
    ex->method = method_of(head->method);
    ex->begun_us = env_monotonic_us(services->env);
    ex->local = head->peer_local && !is_forwarded(head);
    ex->req = (struct request){.arena = &ex->run_arena,
                               .services = services,
                               .env = services->env,
                               .path = head->path};
    reply_reset(&ex->req);
    problems_init(&ex->req.problems, &ex->arena); // with the input: it outlives a run
    set_request_id(ex);
}

enum exchange_step exchange_begin(struct exchange *ex)
{
    const char *why;
    struct route_match match;
    begin_request(ex);
    enum err e = gate_check(&ex->head, &why);
    if (e) {
        metric_add(METRIC_HTTP_GATE, 1);
        ex->close = true;
        problem_detail(&ex->req, "%s", why);
        return exchange_refuse(ex, e);
    }
    route_find(ex->method, ex->head.path, &ex->arena, &match);
    if (!match.methods)
        return exchange_refuse(ex, ERR_NOT_FOUND);
    if (ex->method == METHOD_OPTIONS)
        return answer_options(ex, match.methods);
    if (!match.route)
        return refuse_method(ex, match.methods);
    ex->req.route = match.route;
    memcpy(ex->req.path_arg, match.args, sizeof match.args);
    if (match.route->body == BODY_BULK) {
        ex->arena.limit = ARENA_BULK;
        ex->run_arena.limit = ARENA_BULK;
    }
    enum exchange_step step = exchange_authorise(ex);
    return step == EXCHANGE_BODY ? check_head(ex) : step;
}

enum exchange_step exchange_woken(struct exchange *ex)
{
    if (!ex->looking_up)
        return EXCHANGE_ANSWER;
    enum exchange_step step = exchange_authorise(ex);
    return step == EXCHANGE_BODY ? check_head(ex) : step;
}

// ---- the body

static enum err grow_body(struct exchange *ex, size_t n)
{
    size_t room = ex->body_room ? ex->body_room : FIRST_BODY_ROOM;
    while (room < n)
        room *= 2;
    int64_t more = (int64_t)(room - ex->body_room);
    if (ex->router->body_bytes + more > ex->router->config.body_bytes_max)
        return ERR_OVERLOADED;
    char *body = arena_try(&ex->arena, room);
    if (!body)
        return ERR_MEMORY;
    if (ex->body_n)
        memcpy(body, ex->body, ex->body_n);
    ex->body = body;
    ex->body_room = room;
    ex->router->body_bytes += more;
    return OK;
}

bool exchange_take(struct exchange *ex, const char *bytes, size_t n)
{
    // After a refusal the rest is counted, not kept: the reply waits for its end.
    size_t total = ex->body_n + n;
    if (!ex->answered && !ex->body_err) {
        if (total > (size_t)ex->req.route->body)
            ex->body_err = ERR_BODY_TOO_LARGE;
        else if (total > ex->body_room)
            ex->body_err = grow_body(ex, total);
    }
    if (!ex->answered && !ex->body_err)
        memcpy(ex->body + ex->body_n, bytes, n);
    ex->body_n = total;
    return total <= 2 * (size_t)BODY_BULK;
}

static enum err read_body(struct exchange *ex)
{
    struct request *req = &ex->req;
    const struct route *route = req->route;
    bool bulk = route->body == BODY_BULK;
    struct str text = {ex->body, ex->body_n};
    if (ex->body_n == 0 && route->in == &shape_nothing)
        text = STR("{}"); // an action without parameters
    enum err e = json_parse(&ex->arena, text, bulk ? &json_limits_bulk : &json_limits_request,
                            &req->problems, &req->json);
    if (e || route->in == &shape_anything)
        return e;
    const struct shape *shape = shape_choose(route->in, req->json);
    void *target = arena_try(&ex->arena, shape->size ? shape->size : 1);
    if (!target)
        return ERR_MEMORY;
    req->in_shape = shape;
    req->in = target;
    if (shape_read(shape, req->json, &req->problems, target))
        return OK;
    return arena_overflowed(&ex->arena) ? ERR_MEMORY : ERR_INPUT_INVALID;
}

static void hash_piece(crypto_hash_sha256_state *state, struct str piece)
{
    crypto_hash_sha256_update(state, (const unsigned char *)piece.p, piece.n);
    crypto_hash_sha256_update(state, (const unsigned char *)"\n", 1);
}

static enum err set_fingerprint(struct exchange *ex)
{
    struct idempotency *idempotency = &ex->idempotency;
    struct buf body;
    struct json_out out;
    buf_init(&body, &ex->arena);
    json_init(&out, &body);
    if (ex->req.json)
        json_canonical(&out, &ex->arena, ex->req.json);
    if (arena_overflowed(&ex->arena))
        return ERR_MEMORY;
    ex->req.canonical = buf_text(&body);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    hash_piece(&state, method_text(ex->method));
    hash_piece(&state, ex->head.path);
    hash_piece(&state, ex->head.query);
    hash_piece(&state, ex->req.canonical);
    crypto_hash_sha256_final(&state, idempotency->fingerprint.b);
    idempotency->tenant_id = ex->req.actor.tenant_id;
    idempotency->key_id = ex->req.actor.key_id;
    idempotency->now_us = env_now_us(ex->req.env);
    return OK;
}

enum exchange_step exchange_submit(struct exchange *ex)
{
    struct router *router = ex->router;
    if (workers_waiting(router->services->workers) + router->n_pending >= router->config.queue_max)
        return exchange_refuse(ex, ERR_OVERLOADED);
    bool write = !ex->looking_up && ex->req.route->lane == LANE_WRITE;
    ex->work = (struct work){.run = exchange_run, .done = exchange_done};
    if (write && router->services->affinity)
        ex->work.affinity = router->services->affinity(&ex->req);
    if (write && router->services->foresee)
        ex->work.foresee = exchange_foresee;
    *router->pending_end = &ex->work;
    router->pending_end = &ex->work.next;
    router->n_pending++;
    return EXCHANGE_WAIT;
}

void router_flush(struct router *router)
{
    struct workers *workers = router->services->workers;
    struct work *work = router->pending;
    router->pending = NULL;
    router->pending_end = &router->pending;
    router->n_pending = 0;
    while (work) {
        const struct exchange *ex = (const struct exchange *)work;
        struct work *next = work->next;
        bool write = !ex->looking_up && ex->req.route->lane == LANE_WRITE;
        if (write)
            workers_write(workers, work);
        else
            workers_read(workers, work);
        work = next;
    }
}

enum exchange_step exchange_finish(struct exchange *ex)
{
    if (ex->answered)
        return EXCHANGE_ANSWER;
    enum err e = ex->body_err;
    if (!e && ex->req.route->body != BODY_NONE)
        e = read_body(ex);
    if (!e && ex->idempotent)
        e = set_fingerprint(ex);
    if (e)
        return exchange_refuse(ex, e);
    if (ex->req.route->lane != LANE_NONE)
        return exchange_submit(ex);
    exchange_run_here(ex);
    return EXCHANGE_ANSWER;
}

// ---- afterwards

static void log_access(const struct exchange *ex, int64_t us)
{
    struct log_line line;
    log_begin(&line, ex->req.env, LOG_INFO, "request");
    log_str(&line, "id", ex->req.id);
    log_str(&line, "method", ex->head.method);
    log_str(&line, "path", ex->head.path);
    log_i64(&line, "status", ex->req.reply.status);
    if (ex->err)
        log_str(&line, "code", str_of(err_info(ex->err)->code));
    log_i64(&line, "us", us);
    log_i64(&line, "bytes", (int64_t)ex->req.reply.body.n);
    log_i64(&line, "tenant", ex->req.actor.tenant_id);
    log_i64(&line, "key", ex->req.actor.key_id);
    log_str(&line, "peer", ex->head.peer);
    log_end(&line);
}

void exchange_account(struct exchange *ex)
{
    int status = ex->req.reply.status;
    int64_t us = env_monotonic_us(ex->req.env) - ex->begun_us;
    metric_add(status < 400   ? METRIC_HTTP_REPLIES_2XX
               : status < 500 ? METRIC_HTTP_REPLIES_4XX
                              : METRIC_HTTP_REPLIES_5XX,
               1);
    if (ex->replayed)
        metric_add(METRIC_HTTP_REPLAYED, 1);
    if (ex->req.route && ex->req.route->lane == LANE_WRITE)
        metric_observe_us(METRIC_HTTP_WRITE_SECONDS, us);
    else if (ex->req.route && ex->req.route->lane == LANE_READ)
        metric_observe_us(METRIC_HTTP_READ_SECONDS, us);
    if (ex->router->config.access_log)
        log_access(ex, us);
}
