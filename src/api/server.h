// SPDX-License-Identifier: Apache-2.0
// server.h - the HTTP server: sockets in, exchanges out.
//
// One thread runs everything but the use cases: libmicrohttpd without threads of its own, driven
// by our epoll loop.  A request that needs the store is suspended here and resumed here.
//
//   server_start ... server_run (returns after server_stop) ... workers_stop ... server_free
//
//   V1  server.c alone includes <microhttpd.h> and suspends and resumes connections.
//   V2  After server_stop nobody new is let in; what runs is finished and answered, for at most
//       grace_s.
//
// Layer: api.  Tests: tests/api/raw_test.py, tests/api/*.http
#pragma once

#include "api/deadline.h"
#include "api/exchange.h"

struct server;

struct server_config {
    struct str listen; // see listen_open
    int listen_fd;     // an inherited socket; -1: open one
    unsigned connections_max;
    unsigned per_peer_max;   // connections of one address; this machine and proxies are exempt
    size_t connection_bytes; // memory of one connection; also the largest head
    unsigned idle_s;         // a kept connection without a request
    struct deadlines deadlines;
    int64_t grace_s;
    const struct str *proxies; // addresses whose X-Forwarded-For is believed
    size_t n_proxies;
    struct router_config router;
};

// Values that suit a small machine; listen is 127.0.0.1:8080.
void server_config_default(struct server_config *ret_config);

// Listens, but answers nobody before server_run.  The services must live until server_free.
MUST_CHECK enum err server_start(const struct server_config *config,
                                 const struct services *services, struct server **ret_server);
uint16_t server_port(const struct server *server);
void server_run(struct server *server);
// From any thread or signal handler, but not once server_free has begun.
void server_stop(struct server *server);
// No work of ours may be with the workers any more.  Accepts NULL.
void server_free(struct server *server);
