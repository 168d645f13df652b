// SPDX-License-Identifier: Apache-2.0
// connections.c - the open connections, the phase each is in, and cutting the slow ones.
//
// Layer: api.  Tests: tests/api/raw_test.py
#include "api/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>

struct connection *connection_open(struct connections *connections, int fd, const struct peer *peer,
                                   int64_t now_us)
{
    struct connection *connection = connections->spare;
    if (connection)
        connections->spare = connection->next;
    else
        connection = arena_try(connections->arena, sizeof *connection);
    if (!connection)
        return NULL;
    *connection = (struct connection){.fd = fd, .since_us = now_us, .peer = *peer};
    connection->next = connections->first;
    if (connections->first)
        connections->first->prev = connection;
    connections->first = connection;
    connections->n++;
    return connection;
}

void connection_close(struct connections *connections, struct connection *connection)
{
    if (connection->counted)
        connections->peers.n[connection->peer.cell]--;
    if (connection->prev)
        connection->prev->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->prev = connection->prev;
    connection->next = connections->spare;
    connections->spare = connection;
    connections->n--;
}

// Bytes the kernel has received on the connection since it was opened; 0 when it does not say.
static uint64_t received(int fd)
{
    struct tcp_info info = {0};
    socklen_t n = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n))
        return 0;
    return info.tcpi_bytes_received;
}

void connection_phase(struct connection *connection, enum receive_phase phase, int64_t now_us)
{
    connection->phase = phase;
    connection->since_us = now_us;
    connection->bytes = 0;
    connection->received_before = UINT64_MAX; // not known yet: asked for at the next look
}

// The library tells of a request when its head is complete.  Whether one has begun is seen by the
// kernel's count of bytes: when it moves while we wait, the head's time begins to run.
static void look_at_idle(struct connection *connection, int64_t now_us)
{
    uint64_t now = received(connection->fd);
    if (connection->received_before == UINT64_MAX) {
        connection->received_before = now;
    } else if (now > connection->received_before) {
        connection->phase = PHASE_HEAD;
        connection->since_us = now_us;
    }
}

int connections_cut_slow(struct connections *connections, const struct deadlines *deadlines,
                         int64_t now_us)
{
    int n = 0;
    for (struct connection *c = connections->first; c; c = c->next) {
        if (c->phase == PHASE_IDLE)
            look_at_idle(c, now_us);
        if (!deadline_passed(deadlines, c->phase, now_us - c->since_us, c->bytes))
            continue;
        shutdown(c->fd, SHUT_RDWR);
        connection_phase(c, PHASE_RUN, now_us); // until the library closes it
        n++;
    }
    return n;
}

void connections_cut_idle(struct connections *connections)
{
    for (struct connection *c = connections->first; c; c = c->next)
        if (c->phase == PHASE_IDLE || c->phase == PHASE_HEAD)
            shutdown(c->fd, SHUT_RDWR);
}
