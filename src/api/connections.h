// SPDX-License-Identifier: Apache-2.0
// connections.h - the open connections, the phase each is in, and cutting the slow ones.
//
// Belongs to the HTTP thread.  Layer: api.  Tests: tests/api/raw_test.py
#pragma once

#include "api/deadline.h"
#include "api/listen.h"

struct connection {
    struct connection *prev, *next;
    int fd;
    enum receive_phase phase;
    int64_t since_us;         // of the phase
    size_t bytes;             // moved in the phase
    uint64_t received_before; // by the kernel's count, when the phase began
    struct peer peer;
    bool counted; // in the cell of its peer
};

struct connections {
    struct connection *first; // open
    struct connection *spare; // closed: their memory is used again
    struct arena *arena;
    size_t n;
    struct peers peers;
};

// A new one in PHASE_IDLE, or NULL without memory.
struct connection *connection_open(struct connections *connections, int fd, const struct peer *peer,
                                   int64_t now_us);
void connection_close(struct connections *connections, struct connection *connection);
void connection_phase(struct connection *connection, enum receive_phase phase, int64_t now_us);

// Shuts down what is too slow; the library then closes it.  Returns how many.
int connections_cut_slow(struct connections *connections, const struct deadlines *deadlines,
                         int64_t now_us);
// Shuts down all that wait for nothing: the server is stopping.
void connections_cut_idle(struct connections *connections);
