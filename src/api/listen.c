// SPDX-License-Identifier: Apache-2.0
// listen.c - the listening socket, and who may connect how often.
//
// Layer: api.  Tests: tests/api/guard_test.c
#include "api/listen.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024

// "host:port" into two C strings; the brackets around an IPv6 address go.
static bool split(struct str address, char host[128], char port[8])
{
    size_t colon = address.n;
    while (colon && address.p[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    struct str name = {address.p, colon - 1}, number = str_skip(address, colon);
    if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = (struct str){name.p + 1, name.n - 2};
    int64_t value;
    if (name.n >= 128 || !str_to_i64(number, &value) || value < 0 || value > 65535)
        return false;
    snprintf(host, 128, "%.*s", STR_FMT(name));
    snprintf(port, 8, "%.*s", STR_FMT(number));
    return true;
}

static bool bind_one(const struct addrinfo *info, int *ret_fd)
{
    int on = 1;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        *ret_fd = fd;
        return true;
    }
    close(fd);
    return false;
}

enum err listen_open(struct str address, int *ret_fd)
{
    char host[128], port[8];
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    if (!split(address, host, port) || getaddrinfo(host[0] ? host : NULL, port, &hints, &found))
        return ERR_CONFIG_INVALID;
    bool bound = false;
    for (const struct addrinfo *info = found; info && !bound; info = info->ai_next)
        bound = bind_one(info, ret_fd);
    freeaddrinfo(found);
    return bound ? OK : ERR_CONFIG_INVALID;
}

union any_address {
    struct sockaddr head;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
};

uint16_t listen_port(int fd)
{
    union any_address address;
    socklen_t n = sizeof address;
    if (getsockname(fd, &address.head, &n))
        return 0;
    if (address.head.sa_family == AF_INET)
        return ntohs(address.v4.sin_port);
    return address.head.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

static uint32_t cell_of(const uint8_t *bytes, size_t n)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return (hash ^ hash >> 16) % PEER_CELLS;
}

void peer_of(const struct sockaddr *address, struct peer *ret_peer)
{
    union any_address a = {0};
    *ret_peer = (struct peer){.text = "local", .local = true};
    if (address && address->sa_family == AF_INET) {
        memcpy(&a.v4, address, sizeof a.v4);
        const uint8_t *bytes = (const uint8_t *)&a.v4.sin_addr;
        inet_ntop(AF_INET, bytes, ret_peer->text, sizeof ret_peer->text);
        ret_peer->local = bytes[0] == 127;
        ret_peer->cell = cell_of(bytes, 4);
    } else if (address && address->sa_family == AF_INET6) {
        memcpy(&a.v6, address, sizeof a.v6);
        const struct in6_addr *v6 = &a.v6.sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(v6);
        inet_ntop(mapped ? AF_INET : AF_INET6, v6->s6_addr + (mapped ? 12 : 0), ret_peer->text,
                  sizeof ret_peer->text);
        ret_peer->local = mapped ? v6->s6_addr[12] == 127 : IN6_IS_ADDR_LOOPBACK(v6);
        ret_peer->cell = mapped ? cell_of(v6->s6_addr + 12, 4) : cell_of(v6->s6_addr, 8);
    }
}
