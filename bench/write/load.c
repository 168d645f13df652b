// SPDX-License-Identifier: Apache-2.0
// load.c - a load generator for one server on this machine: N keep-alive connections, one thread.
//
//   load PORT KEY [name=value ...]
//     connections=64 seconds=4 warmup=0.5
//     rate=0        requests a second; 0: closed loop, each connection sends when it was answered
//     what=events   events | balances | get (of path=...)
//     batch=1       events in one request
//     members=1000000  external ids m0000000 ... are drawn uniformly
//     keys=ascending   Idempotency-Key: ascending (time, then a counter) | random | none
//     ids=FILE      one mbr_... a line, for what=balances
//     count=2000000 requests at most
//
// Prints one line: what=... rps=... events=... p50_us=... p99_us=... max_us=... late=... stalls=...
// errors=...  In an open loop the latency counts from the instant at which a request was due,
// whether or not a connection was free then.  late: replies after more than 50 ms; stalls: times in
// which requests waited and no reply came for more than 50 ms.
#include "base/arena.h"
#include "base/buf.h"
#include "base/civil.h"
#include "base/env.h"
#include "base/sort.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 20000
#define LATE_US 50000
#define REPLY_ROOM ((size_t)16384)

struct options {
    int64_t port, connections, batch, members, count;
    double seconds, warmup, rate;
    const char *key, *what, *keys, *ids, *path;
};

struct connection {
    int fd;
    bool busy;
    int64_t due_us;
    char *out;
    size_t out_n, out_sent;
    char head[4096]; // of the reply, as far as it has come
    size_t head_n;
    size_t body_left; // of the reply, once its head is there
    bool in_body;
    int status;
};

struct load {
    struct options options;
    struct arena arena; // for the whole run
    struct arena scrap; // for one request
    int epoll_fd;
    struct connection *connections;
    struct connection **idle;
    size_t n_idle;
    struct str *ids;
    size_t n_ids;
    uint64_t dice;
    char run[16]; // begins every name this run makes up
    char occurred[CIVIL_TEXT_ROOM];
    int64_t begin_us, measure_us, end_us; // of the monotonic clock
    int64_t n_sent, n_errors, n_late, n_stalls;
    int64_t n_open; // sent, or due and not sent
    int64_t last_reply_us;
    uint32_t *latencies;
    size_t n_latencies, room_latencies;
};

static int64_t now_us(void)
{
    return env_monotonic_us(env_system());
}

static uint64_t roll(struct load *load, uint64_t n)
{
    load->dice = load->dice * 6364136223846793005u + 1442695040888963407u;
    return (load->dice >> 33) % n;
}

static _Noreturn void fail(const char *why)
{
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}

// ---- requests

static void put_event(struct load *load, struct buf *out, int64_t number)
{
    static const char *const skus[] = {"LATTE", "ESPRESSO", "MOCHA", "BAGEL", "CROISSANT"};
    uint64_t first = roll(load, 5), second = roll(load, 5);
    buf_printf(out,
               "{\"source\":\"till-%llu\",\"external_id\":\"%s-%09lld\",\"type\":\"order.paid\","
               "\"occurred_at\":\"%s\",\"member\":{\"external_id\":\"m%07llu\"},"
               "\"store\":\"paris-1\",\"channel\":\"in_store\",\"order\":{\"currency\":\"EUR\","
               "\"lines\":[{\"id\":\"1\",\"sku\":\"%s\",\"category\":\"drinks\",\"quantity\":%llu,"
               "\"unit_amount\":450},{\"id\":\"2\",\"sku\":\"%s\",\"category\":\"food\","
               "\"quantity\":1,\"unit_amount\":%llu}],\"discount\":0}}",
               (unsigned long long)roll(load, 16), load->run, (long long)number, load->occurred,
               (unsigned long long)roll(load, (uint64_t)load->options.members), skus[first],
               (unsigned long long)(1 + roll(load, 3)), skus[second],
               (unsigned long long)(200 + roll(load, 800)));
}

static void put_events(struct load *load, struct buf *out, int64_t number)
{
    if (load->options.batch == 1) {
        put_event(load, out, number);
        return;
    }
    buf_str(out, STR("{\"events\":["));
    for (int64_t i = 0; i < load->options.batch; i++) {
        if (i)
            buf_char(out, ',');
        put_event(load, out, number * load->options.batch + i);
    }
    buf_str(out, STR("]}"));
}

static void put_key(struct load *load, struct buf *out, int64_t number)
{
    const char *keys = load->options.keys;
    if (strcmp(keys, "none") == 0)
        return;
    if (strcmp(keys, "random") == 0)
        buf_printf(out, "Idempotency-Key: %08llx%08llx%08llx\r\n",
                   (unsigned long long)roll(load, UINT32_MAX),
                   (unsigned long long)roll(load, UINT32_MAX), (unsigned long long)number);
    else
        buf_printf(out, "Idempotency-Key: %s-%016llx\r\n", load->run, (unsigned long long)number);
}

static void put_post(struct load *load, struct buf *out, int64_t number, const char *path,
                     struct str body)
{
    buf_printf(out,
               "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
               "Content-Type: application/json\r\n",
               path, load->options.key);
    put_key(load, out, number);
    buf_printf(out, "Content-Length: %zu\r\n\r\n", body.n);
    buf_str(out, body);
}

static struct str request_of(struct load *load, int64_t number)
{
    const struct options *options = &load->options;
    struct buf out, body;
    arena_clear(&load->scrap);
    buf_init(&out, &load->scrap);
    buf_init(&body, &load->scrap);
    if (strcmp(options->what, "balances") == 0) {
        buf_printf(&out,
                   "GET /v1/members/%.*s/balances HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   "Authorization: Bearer %s\r\n\r\n",
                   STR_FMT(load->ids[roll(load, load->n_ids)]), options->key);
    } else if (strcmp(options->what, "get") == 0) {
        buf_printf(&out, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
                   options->path, options->key);
    } else {
        put_events(load, &body, number);
        put_post(load, &out, number, "/v1/events", buf_text(&body));
    }
    return buf_text(&out);
}

// ---- connections

static void watch(struct load *load, struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(load->epoll_fd, operation, connection->fd, &event))
        fail(strerror(errno));
}

static void flush(struct load *load, struct connection *connection)
{
    while (connection->out_sent < connection->out_n) {
        ssize_t n = send(connection->fd, connection->out + connection->out_sent,
                         connection->out_n - connection->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            watch(load, connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            return;
        }
        if (n < 0)
            fail("the server closed a connection");
        connection->out_sent += (size_t)n;
    }
    connection->out_n = 0;
}

static void send_next(struct load *load, int64_t due_us)
{
    struct connection *connection = load->idle[--load->n_idle];
    struct str request = request_of(load, load->n_sent++);
    connection->out = request.p ? (char *)(uintptr_t)request.p : NULL;
    connection->out_n = request.n;
    connection->out_sent = 0;
    connection->head_n = 0;
    connection->in_body = false;
    connection->busy = true;
    connection->due_us = due_us;
    // Requests are small beside a socket's buffer; one that does not fit is kept.
    size_t n = request.n;
    flush(load, connection);
    if (connection->out_n) {
        char *kept = arena_try(&load->arena, n);
        if (!kept)
            fail("out of memory");
        memcpy(kept, connection->out, n);
        connection->out = kept;
    }
}

static void answered(struct load *load, struct connection *connection, int64_t now)
{
    int64_t us = now - connection->due_us;
    connection->busy = false;
    load->idle[load->n_idle++] = connection;
    if (connection->status < 200 || connection->status > 299)
        load->n_errors++;
    if (now >= load->measure_us && now < load->end_us) {
        if (load->n_latencies < load->room_latencies)
            load->latencies[load->n_latencies++] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
        load->n_late += us > LATE_US;
        if (load->last_reply_us && now - load->last_reply_us > LATE_US && us > LATE_US)
            load->n_stalls++;
        load->last_reply_us = now;
    }
}

static void read_head(struct connection *connection, size_t end)
{
    connection->head[end] = 0;
    const char *length = strcasestr(connection->head, "\r\nContent-Length:");
    if (strncmp(connection->head, "HTTP/1.1 ", 9) != 0)
        fail("this is not HTTP");
    connection->status = (int)strtol(connection->head + 9, NULL, 10);
    connection->body_left = length ? strtoul(length + 17, NULL, 10) : 0;
    connection->in_body = true;
}

// Takes n bytes that came; true at the end of the reply.
static bool take(struct connection *connection, const char *bytes, size_t n)
{
    if (!connection->in_body) {
        size_t room = sizeof connection->head - 1 - connection->head_n;
        size_t before = connection->head_n;
        size_t part = n < room ? n : room;
        memcpy(connection->head + before, bytes, part);
        connection->head_n += part;
        const char *end = memmem(connection->head, connection->head_n, "\r\n\r\n", 4);
        if (!end && part < n)
            fail("a reply's head is too long");
        if (!end)
            return false;
        size_t size = (size_t)(end - connection->head) + 4;
        read_head(connection, size - 1);
        bytes += size - before;
        n -= size - before;
    }
    if (n > connection->body_left)
        fail("a reply is longer than it says");
    connection->body_left -= n;
    return connection->body_left == 0;
}

static void on_readable(struct load *load, struct connection *connection)
{
    char bytes[REPLY_ROOM];
    for (;;) {
        ssize_t n = recv(connection->fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            fail("the server closed a connection");
        if (take(connection, bytes, (size_t)n)) {
            answered(load, connection, now_us());
            return;
        }
    }
}

static void connect_all(struct load *load)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)load->options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t n = (size_t)load->options.connections;
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load->connections = arena_try_array(&load->arena, n, sizeof *load->connections);
    load->idle = arena_try_array(&load->arena, n, sizeof *load->idle);
    if (!load->connections || !load->idle)
        fail("out of memory");
    for (size_t i = 0; i < n; i++) {
        struct connection *connection = &load->connections[i];
        int on = 1;
        connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connection->fd < 0 ||
            connect(connection->fd, (const struct sockaddr *)&address, sizeof address))
            fail(strerror(errno));
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        // Blocking until here: every connection stands before the first request.
        if (fcntl(connection->fd, F_SETFL, O_NONBLOCK))
            fail(strerror(errno));
        watch(load, connection, EPOLL_CTL_ADD, EPOLLIN);
        load->idle[load->n_idle++] = connection;
    }
}

// ---- the run

// When request number n is due, or INT64_MAX after the last.
static int64_t due_us(const struct load *load, int64_t number)
{
    if (load->options.rate <= 0 || number >= load->options.count)
        return number >= load->options.count ? INT64_MAX : 0;
    return load->begin_us + (int64_t)((double)number * 1e6 / load->options.rate);
}

static void send_due(struct load *load)
{
    int64_t now = now_us();
    while (load->n_idle > 0 && now < load->end_us) {
        int64_t due = due_us(load, load->n_sent);
        if (due > now)
            return;
        send_next(load, due ? due : now);
        now = now_us();
    }
}

static void wait(struct load *load)
{
    struct epoll_event events[256];
    int64_t us = 10000;
    if (load->n_idle && load->options.rate > 0) {
        int64_t until = due_us(load, load->n_sent) - now_us();
        us = until < 0 ? 0 : until < us ? until : us;
    }
    struct timespec limit = {.tv_nsec = (long)us * 1000};
    int n = epoll_pwait2(load->epoll_fd, events, 256, &limit, NULL);
    for (int i = 0; i < n; i++) {
        struct connection *connection = events[i].data.ptr;
        if ((events[i].events & EPOLLOUT) && connection->out_n) {
            flush(load, connection);
            if (!connection->out_n)
                watch(load, connection, EPOLL_CTL_MOD, EPOLLIN);
        }
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            on_readable(load, connection);
    }
}

static bool all_idle(const struct load *load)
{
    return load->n_idle == (size_t)load->options.connections;
}

static void run(struct load *load)
{
    load->begin_us = now_us();
    load->measure_us = load->begin_us + (int64_t)(load->options.warmup * 1e6);
    load->end_us = load->measure_us + (int64_t)(load->options.seconds * 1e6);
    int64_t give_up = load->end_us + 10 * 1000000;
    while (now_us() < load->end_us && load->n_sent < load->options.count) {
        send_due(load);
        wait(load);
    }
    while (!all_idle(load) && now_us() < give_up)
        wait(load);
    if (!all_idle(load))
        fail("requests are not answered");
}

static int by_value(const void *a, const void *b, void *ctx)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    (void)ctx;
    return (x > y) - (x < y);
}

static void report(struct load *load)
{
    const struct options *options = &load->options;
    size_t n = load->n_latencies;
    uint32_t *scratch = arena_try_array(&load->arena, n + 1, sizeof *scratch);
    if (!n || !scratch)
        fail("nothing was answered");
    sort_stable(load->latencies, scratch, n, sizeof *scratch, by_value, NULL);
    double rps = (double)n / options->seconds;
    bool events = strcmp(options->what, "events") == 0;
    printf("what=%s rps=%.1f events=%.1f p50_us=%u p99_us=%u max_us=%u late=%lld stalls=%lld "
           "errors=%lld\n",
           options->what, rps, events ? rps * (double)options->batch : 0, load->latencies[n / 2],
           load->latencies[n - 1 - n / 100], load->latencies[n - 1], (long long)load->n_late,
           (long long)load->n_stalls, (long long)load->n_errors);
}

// ---- options

static void read_ids(struct load *load)
{
    FILE *file = fopen(load->options.ids, "r");
    char line[128];
    if (!file)
        fail("no file of ids");
    load->ids = arena_try_array(&load->arena, 100000, sizeof *load->ids);
    while (load->ids && load->n_ids < 100000 && fgets(line, sizeof line, file))
        load->ids[load->n_ids++] = str_dup(&load->arena, str_trim(str_of(line)));
    fclose(file);
    if (!load->n_ids)
        fail("the file of ids is empty");
}

static void set_option(struct options *options, const char *name, const char *value)
{
    struct {
        const char *name;
        int64_t *number;
        double *real;
        const char **text;
    } table[] = {
        {"connections", &options->connections, NULL, NULL},
        {"batch", &options->batch, NULL, NULL},
        {"members", &options->members, NULL, NULL},
        {"count", &options->count, NULL, NULL},
        {"seconds", NULL, &options->seconds, NULL},
        {"warmup", NULL, &options->warmup, NULL},
        {"rate", NULL, &options->rate, NULL},
        {"what", NULL, NULL, &options->what},
        {"keys", NULL, NULL, &options->keys},
        {"ids", NULL, NULL, &options->ids},
        {"path", NULL, NULL, &options->path},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(name, table[i].name) != 0)
            continue;
        if (table[i].number)
            *table[i].number = strtoll(value, NULL, 10);
        else if (table[i].real)
            *table[i].real = strtod(value, NULL);
        else
            *table[i].text = value;
        return;
    }
    fail("unknown option");
}

static void read_options(struct options *options, int argc, char **argv)
{
    if (argc < 3)
        fail("load PORT KEY [name=value ...]");
    *options = (struct options){.port = strtoll(argv[1], NULL, 10),
                                .key = argv[2],
                                .connections = 64,
                                .batch = 1,
                                .members = 1000000,
                                .count = 2000000,
                                .seconds = 4,
                                .warmup = 0.5,
                                .what = "events",
                                .keys = "ascending",
                                .path = "/"};
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            fail("options are name=value");
        *equals = 0;
        set_option(options, argv[i], equals + 1);
    }
    if (options->connections < 1 || options->connections > CONNECTIONS_MAX || options->batch < 1 ||
        options->batch > 1000 || options->members < 1 || options->seconds > 600)
        fail("an option is out of range");
}

int main(int argc, char **argv)
{
    static struct load load;
    read_options(&load.options, argc, argv);
    arena_init(&load.arena, (size_t)1 << 30);
    arena_init(&load.scrap, (size_t)64 << 20);
    load.dice = (uint64_t)now_us();
    snprintf(load.run, sizeof load.run, "%08llx", (unsigned long long)(now_us() / 1000));
    civil_format_us(env_now_us(env_system()), load.occurred);
    load.room_latencies = (size_t)load.options.count;
    load.latencies = arena_try_array(&load.arena, load.room_latencies, sizeof *load.latencies);
    if (!load.latencies)
        fail("out of memory");
    if (strcmp(load.options.what, "balances") == 0)
        read_ids(&load);
    connect_all(&load);
    run(&load);
    report(&load);
    arena_release(&load.arena);
    arena_release(&load.scrap);
    return load.n_errors ? 1 : 0;
}
