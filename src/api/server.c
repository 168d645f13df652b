// SPDX-License-Identifier: Apache-2.0
// server.c - the HTTP server: sockets in, exchanges out.
//
// The library calls on_request several times for one request: once with the head, then with each
// piece of the body, at last without any; a call in which the request was suspended is repeated
// when it is resumed.
// An answer given in the first call closes the connection, so a refusal waits for the end of the
// body unless there is reason not to read it.
//
// libmicrohttpd's own epoll thread stalls when a multiple of 128 sockets is ready at once (it waits
// again, with the time-out, before it handles them).  Called from our loop it never waits.
//
// Layer: api.  Tests: tests/api/raw_test.py, tests/api/*.http
#include "api/server.h"

#include "api/connections.h"
#include "base/log.h"
#include "base/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SECOND_US ((int64_t)1000000)
#define TICK_MS 1000
// A refused body up to this size is read and dropped, so that the connection can go on.
#define DROPPED_BODY_MAX ((int64_t)64 << 10)

// One request of ours with what the library needs.
struct call {
    struct exchange exchange; // first
    struct MHD_Connection *mhd;
    struct connection *connection;
    struct call *spare;
    bool begun;
    bool woken;
};

struct server {
    struct router router; // first: router->ready finds the server
    struct arena arena;   // owns this struct, connections and calls
    struct server_config config;
    struct MHD_Daemon *daemon;
    struct connections connections;
    struct call *spare_calls;
    int n_running; // calls between begin and their end
    int epoll_fd;
    int wake_fd;
    uint16_t port;
    int64_t turn_us;
    bool stopping; // nobody new is let in
    bool closing;  // no request is begun or given to a worker any more
    _Atomic bool stop;
    struct exchange *_Atomic ready; // a stack: newest first
};

void server_config_default(struct server_config *ret_config)
{
    *ret_config = (struct server_config){.listen = STR("127.0.0.1:8080"),
                                         .listen_fd = -1,
                                         .connections_max = 10000,
                                         .per_peer_max = 64,
                                         .connection_bytes = (size_t)16 << 10,
                                         .idle_s = 60,
                                         .deadlines = {.head_s = 10, .body_s = 120, .reply_s = 15},
                                         .grace_s = 10,
                                         .router = {.rate_percent = 100,
                                                    .queue_max = 4096,
                                                    .body_bytes_max = (int64_t)64 << 20}};
}

// Read once a turn of the loop: exact enough for phases of seconds.
static int64_t now_us(const struct server *server)
{
    return server->turn_us;
}

// ---- replies

static enum MHD_Result respond(struct server *server, struct call *call)
{
    struct exchange *ex = &call->exchange;
    struct reply_header headers[EXCHANGE_HEADERS_MAX];
    size_t n = exchange_headers(ex, headers);
    struct str body = buf_text(&ex->req.reply.body);
    // The arena keeps the bytes until on_completed.
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    enum MHD_Result good = MHD_YES;
    for (size_t i = 0; i < n && good; i++)
        good = MHD_add_response_header(response, headers[i].name,
                                       str_c(ex->req.arena, headers[i].value));
    if (good && (ex->close || server->stopping))
        good = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (good)
        good = MHD_queue_response(call->mhd, (unsigned)ex->req.reply.status, response);
    MHD_destroy_response(response);
    connection_phase(call->connection, PHASE_REPLY, now_us(server));
    call->connection->bytes = body.n;
    exchange_account(ex);
    return good;
}

// ---- the head

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                  size_t key_size, const char *value, size_t value_size)
{
    struct http_head *head = cls;
    if (head->n_headers < HTTP_HEADERS_MAX)
        head->headers[head->n_headers] =
            (struct http_header){{key, key_size}, {value ? value : "", value_size}};
    head->n_headers++;
    return MHD_YES;
}

// The client behind a proxy that we believe: the last address the proxy added.
static void set_peer(const struct server *server, struct call *call)
{
    struct http_head *head = &call->exchange.head;
    head->peer = str_of(call->connection->peer.text);
    head->peer_local = call->connection->peer.local;
    struct str forwarded = http_header_get(head, "X-Forwarded-For");
    for (size_t i = 0; forwarded.n && i < server->config.n_proxies; i++) {
        if (!str_eq(head->peer, server->config.proxies[i]))
            continue;
        while (memchr(forwarded.p, ',', forwarded.n))
            forwarded = str_skip(forwarded, 1);
        head->peer = str_trim(forwarded);
        head->peer_local = false;
        return;
    }
}

static bool is_trusted(const struct server *server, const struct peer *peer)
{
    for (size_t i = 0; i < server->config.n_proxies; i++)
        if (str_eq(str_of(peer->text), server->config.proxies[i]))
            return true;
    return peer->local;
}

// The request line is there: keeps the query, which the library is about to cut to pieces.
static void *on_uri(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    struct server *server = cls;
    struct call *call = server->spare_calls;
    if (call) {
        server->spare_calls = call->spare;
    } else {
        call = arena_try(&server->arena, sizeof *call);
        if (!call)
            return NULL;
        exchange_init(&call->exchange, &server->router);
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    call->mhd = mhd;
    call->connection = info->socket_context;
    call->begun = call->woken = false;
    server->n_running++;
    const char *query = strchr(uri, '?');
    if (query)
        call->exchange.head.query = str_dup(&call->exchange.arena, str_of(query + 1));
    return call;
}

// The body is dropped when that costs less than a new connection.
static bool drop_body(const struct http_head *head)
{
    int64_t length = 0;
    struct str text = http_header_get(head, "Content-Length");
    if (http_header_get(head, "Transfer-Encoding").p || http_header_get(head, "Expect").p)
        return false;
    return !text.p || (str_to_i64(text, &length) && length <= DROPPED_BODY_MAX);
}

// The first call for a request; the library repeats it when it was suspended in it.
static enum MHD_Result after_head(struct server *server, struct call *call, enum exchange_step step)
{
    struct exchange *ex = &call->exchange;
    switch (step) {
    case EXCHANGE_BODY:
        return MHD_YES;
    case EXCHANGE_WAIT:
        connection_phase(call->connection, PHASE_RUN, now_us(server));
        MHD_suspend_connection(call->mhd);
        return MHD_YES;
    case EXCHANGE_ANSWER:
        break;
    }
    return ex->close || !drop_body(&ex->head) ? respond(server, call) : MHD_YES;
}

static enum MHD_Result begin(struct server *server, struct call *call, const char *url,
                             const char *method, const char *version)
{
    struct exchange *ex = &call->exchange;
    call->begun = true;
    ex->head.method = str_of(method);
    ex->head.path = str_of(url);
    ex->head.version = str_of(version);
    MHD_get_connection_values_n(call->mhd, MHD_HEADER_KIND, add_header, &ex->head);
    set_peer(server, call);
    connection_phase(call->connection, PHASE_BODY, now_us(server));
    return after_head(server, call, exchange_begin(ex));
}

static enum MHD_Result go_on(struct server *server, struct call *call)
{
    struct exchange *ex = &call->exchange;
    bool in_head = ex->looking_up;
    call->woken = false;
    connection_phase(call->connection, PHASE_BODY, now_us(server));
    enum exchange_step step = exchange_woken(ex);
    return in_head ? after_head(server, call, step) : respond(server, call);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    struct server *server = cls;
    struct call *call = *context;
    if (!call || (server->closing && !call->woken))
        return MHD_NO; // no memory for one more, or too late: the connection is closed
    if (!call->begun)
        return begin(server, call, url, method, version);
    if (call->woken)
        return go_on(server, call);
    if (*upload_size) {
        bool wanted = exchange_take(&call->exchange, upload, *upload_size);
        call->connection->bytes += *upload_size;
        *upload_size = 0;
        return wanted ? MHD_YES : MHD_NO;
    }
    if (exchange_finish(&call->exchange) == EXCHANGE_ANSWER)
        return respond(server, call);
    connection_phase(call->connection, PHASE_RUN, now_us(server));
    MHD_suspend_connection(mhd);
    return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct server *server = cls;
    struct call *call = *context;
    *context = NULL;
    if (!call)
        return;
    connection_phase(call->connection, PHASE_IDLE, now_us(server));
    exchange_clear(&call->exchange);
    call->spare = server->spare_calls;
    server->spare_calls = call;
    server->n_running--;
}

// ---- connections

static enum MHD_Result on_accept(void *cls, const struct sockaddr *address, socklen_t n)
{
    struct server *server = cls;
    struct peer peer;
    peer_of(address, &peer);
    return is_trusted(server, &peer) ||
                   server->connections.peers.n[peer.cell] < server->config.per_peer_max
               ? MHD_YES
               : MHD_NO;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context)
            connection_close(&server->connections, *context);
        *context = NULL;
        return;
    }
    struct peer peer;
    peer_of(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, &peer);
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct connection *connection =
        connection_open(&server->connections, fd, &peer, now_us(server));
    CHECK(connection); // the arena has room for connections_max of them
    connection->counted = !is_trusted(server, &peer);
    if (connection->counted)
        server->connections.peers.n[peer.cell]++;
    *context = connection;
}

// ---- the way back from the workers

static void wake(struct server *server)
{
    uint64_t one = 1;
    ssize_t n = write(server->wake_fd, &one, sizeof one);
    CHECK(n == sizeof one || errno == EAGAIN); // full: it is awake
}

static void on_ready(struct router *router, struct exchange *exchange)
{
    struct server *server = (struct server *)router;
    struct exchange *newest = atomic_load_explicit(&server->ready, memory_order_relaxed);
    do {
        exchange->next = newest;
    } while (!atomic_compare_exchange_weak(&server->ready, &newest, exchange));
    if (!newest)
        wake(server); // whoever found the stack empty does; the others come along
}

// Those that are ready, in the order in which they became so.
static void resume_ready(struct server *server)
{
    struct exchange *newest = atomic_exchange(&server->ready, NULL), *oldest = NULL;
    while (newest) {
        struct exchange *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct call *call = (struct call *)oldest;
        oldest = oldest->next;
        call->woken = true;
        MHD_resume_connection(call->mhd);
    }
}

// ---- life

// The library would decode the address for us, and differently.
static size_t keep_escapes(void *cls, struct MHD_Connection *mhd, char *s)
{
    return strlen(s);
}

static struct MHD_Daemon *start_daemon(struct server *server, int listen_fd)
{
    const struct server_config *config = &server->config;
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, on_accept, server,
                            on_request, server, MHD_OPTION_LISTEN_SOCKET, listen_fd,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
                            config->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, config->idle_s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, config->connection_bytes,
                            MHD_OPTION_URI_LOG_CALLBACK, on_uri, server,
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

static bool watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

// Everything of the server that can fail, in the order in which server_free undoes it.
static enum err open_all(struct server *server)
{
    int fd = server->config.listen_fd;
    enum err e = router_init(&server->router, server->router.services, &server->config.router);
    if (e)
        return e;
    server->router.ready = on_ready;
    if (fd < 0) {
        e = listen_open(server->config.listen, &fd);
        if (e)
            return e;
    }
    server->port = listen_port(fd);
    server->daemon = start_daemon(server, fd);
    if (!server->daemon) {
        close(fd);
        return ERR_INTERNAL;
    }
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int mhd_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return watch(server->epoll_fd, mhd_fd) && watch(server->epoll_fd, server->wake_fd)
               ? OK
               : ERR_INTERNAL;
}

enum err server_start(const struct server_config *config, const struct services *services,
                      struct server **ret_server)
{
    struct arena arena;
    arena_init(&arena, sizeof(struct server) + 4096 +
                           (size_t)config->connections_max *
                               (sizeof(struct connection) + sizeof(struct call) + 64));
    struct server *server = arena_try(&arena, sizeof *server);
    if (!server)
        return ERR_MEMORY;
    server->arena = arena;
    server->config = *config;
    server->connections.arena = &server->arena;
    server->router.services = services;
    server->epoll_fd = server->wake_fd = -1;
    enum err e = open_all(server);
    if (e) {
        server_free(server);
        return e;
    }
    *ret_server = server;
    return OK;
}

uint16_t server_port(const struct server *server)
{
    return server->port;
}

static int wait_ms(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG ms = TICK_MS;
    if (MHD_get_timeout(server->daemon, &ms) == MHD_NO || ms > TICK_MS)
        return TICK_MS;
    return (int)ms;
}

static void turn(struct server *server)
{
    struct epoll_event events[2];
    uint64_t count;
    int n = epoll_wait(server->epoll_fd, events, 2, wait_ms(server));
    for (int i = 0; i < n; i++)
        if (events[i].data.fd == server->wake_fd && read(server->wake_fd, &count, sizeof count) < 0)
            CHECK(errno == EAGAIN);
    server->turn_us = env_monotonic_us(server->router.services->env);
    resume_ready(server);
    MHD_run(server->daemon);
    router_flush(&server->router);
}

static void tick(struct server *server)
{
    int slow =
        connections_cut_slow(&server->connections, &server->config.deadlines, now_us(server));
    metric_add(METRIC_HTTP_SLOW, slow);
    metric_set(METRIC_HTTP_CONNECTIONS, (int64_t)server->connections.n);
    metric_set(METRIC_HTTP_RUNNING, workers_waiting(server->router.services->workers));
}

// Nobody new is let in; who waits for nothing is sent away.
static void begin_stop(struct server *server)
{
    server->stopping = true;
    int fd = MHD_quiesce_daemon(server->daemon);
    if (fd >= 0)
        close(fd);
    connections_cut_idle(&server->connections);
}

void server_run(struct server *server)
{
    int64_t next_tick = 0, give_up = INT64_MAX;
    while (!server->stopping || (server->n_running > 0 && now_us(server) < give_up)) {
        turn(server);
        int64_t now = now_us(server);
        if (!server->stopping && atomic_load(&server->stop)) {
            begin_stop(server);
            give_up = now + server->config.grace_s * SECOND_US;
        }
        if (now >= next_tick) {
            tick(server);
            next_tick = now + SECOND_US;
        }
    }
    server->closing = true;
}

void server_stop(struct server *server)
{
    atomic_store(&server->stop, true);
    wake(server);
}

// What was suspended when server_run gave up must be resumed before the library may stop.
void server_free(struct server *server)
{
    if (!server)
        return;
    if (server->daemon) {
        resume_ready(server);
        MHD_run(server->daemon);
        MHD_stop_daemon(server->daemon);
    }
    if (server->epoll_fd >= 0)
        close(server->epoll_fd);
    if (server->wake_fd >= 0)
        close(server->wake_fd);
    for (struct call *call = server->spare_calls; call; call = call->spare)
        exchange_release(&call->exchange);
    router_release(&server->router);
    struct arena arena = server->arena; // holds the server itself
    arena_release(&arena);
}
