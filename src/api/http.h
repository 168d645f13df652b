// SPDX-License-Identifier: Apache-2.0
// http.h - the head of a request as plain data: what server.c hands on and nothing else knows
// libmicrohttpd for.
//
// Layer: api.
#pragma once

#include "base/text.h"

#define HTTP_HEADERS_MAX 64

struct http_header {
    struct str name;
    struct str value;
};

struct http_head {
    struct str method;
    struct str path;    // as sent, without the query
    struct str query;   // as sent, without '?'; STR_NONE without one
    struct str version; // "HTTP/1.1"
    size_t n_headers;   // beyond HTTP_HEADERS_MAX: as many as were sent
    struct str peer;    // its address as text
    bool peer_local;    // loopback or a local socket
    struct http_header headers[HTTP_HEADERS_MAX];
};

// The value of the first header of that name, case ignored; STR_NONE when there is none.
struct str http_header_get(const struct http_head *head, const char *name);
bool http_name_eq(struct str a, struct str b);
