// SPDX-License-Identifier: Apache-2.0
// listen.h - the listening socket, and who may connect how often.
//
// Layer: api.  Tests: tests/api/guard_test.c
#pragma once

#include "base/err.h"
#include "base/text.h"

#include <sys/socket.h>

// "127.0.0.1:8080", "[::1]:0", ":8080" (all addresses).  ERR_CONFIG_INVALID when it cannot be read
// or bound; port 0 lets the system choose.
MUST_CHECK enum err listen_open(struct str address, int *ret_fd);
// The port that a socket is bound to, 0 for a socket without.
uint16_t listen_port(int fd);

#define PEER_TEXT_ROOM 48

struct peer {
    char text[PEER_TEXT_ROOM]; // its address without port; "local" for a local socket
    bool local;                // loopback or a local socket
    uint32_t cell;             // in the table below
};

void peer_of(const struct sockaddr *address, struct peer *ret_peer);

// Connections by address, in cells that addresses share by chance: a table that cannot grow, and
// so large that sharing never adds up to a limit.  IPv6 counts by /64, as one customer gets one.
#define PEER_CELLS ((size_t)65536)
struct peers {
    uint16_t n[PEER_CELLS];
};
