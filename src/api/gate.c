// SPDX-License-Identifier: Apache-2.0
// gate.c - request hygiene.
//
// Layer: api.  Tests: tests/api/gate_test.c, tests/api/raw_test.py
#include "api/gate.h"

#include "api/route.h"

#include <string.h>

static unsigned char lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool http_name_eq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

struct str http_header_get(const struct http_head *head, const char *name)
{
    struct str wanted = str_of(name);
    for (size_t i = 0; i < head->n_headers; i++)
        if (http_name_eq(head->headers[i].name, wanted))
            return head->headers[i].value;
    return STR_NONE;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return true;
    }
    return false;
}

// Printable ASCII without space: what may stand in a request's target.
static bool is_visible(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7F)
            return false;
    return true;
}

static bool is_length(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && s.n <= 18;
}

struct framing {
    unsigned n_host, n_length, n_encoding;
    bool bad_length, bad_encoding;
};

static enum err read_headers(const struct http_head *head, struct framing *ret_framing,
                             const char **ret_why)
{
    struct framing f = {0};
    for (size_t i = 0; i < head->n_headers; i++) {
        struct str name = head->headers[i].name, value = head->headers[i].value;
        if (!is_token(name)) {
            *ret_why = "a header name holds a character that no name may have";
            return ERR_BAD_REQUEST;
        }
        if (has_control(value)) {
            *ret_why = "a header value holds a control character";
            return ERR_BAD_REQUEST;
        }
        if (http_name_eq(name, STR("Host"))) {
            f.n_host++;
        } else if (http_name_eq(name, STR("Content-Length"))) {
            f.n_length++;
            f.bad_length |= !is_length(value);
        } else if (http_name_eq(name, STR("Transfer-Encoding"))) {
            f.n_encoding++;
            f.bad_encoding |= !http_name_eq(value, STR("chunked"));
        }
    }
    *ret_framing = f;
    return OK;
}

static enum err check_framing(const struct http_head *head, const struct framing *f,
                              const char **ret_why)
{
    bool old = str_eq(head->version, STR("HTTP/1.0"));
    const char *why = NULL;
    if (!old && !str_eq(head->version, STR("HTTP/1.1")))
        why = "only HTTP/1.1 and HTTP/1.0 are spoken here";
    else if (f->n_host != 1)
        why = f->n_host ? "there are two Host headers" : "the Host header is missing";
    else if (f->n_length > 1 || f->bad_length)
        why = "Content-Length must be there once, and be a number";
    else if (f->n_encoding > 1 || f->bad_encoding || (f->n_encoding && old))
        why = "Transfer-Encoding must be there once, and be chunked";
    else if (f->n_length && f->n_encoding)
        why = "Content-Length and Transfer-Encoding exclude each other";
    if (!why)
        return OK;
    *ret_why = why;
    return ERR_BAD_REQUEST; // G1
}

enum err gate_check(const struct http_head *head, const char **ret_why)
{
    struct framing framing;
    if (method_of(head->method) == METHOD_UNKNOWN) { // G3
        *ret_why = "this method is not known here";
        return is_token(head->method) ? ERR_METHOD_UNKNOWN : ERR_BAD_REQUEST;
    }
    if (head->path.n > PATH_BYTES_MAX || head->query.n > QUERY_BYTES_MAX) {
        *ret_why = "the address is too long";
        return ERR_URI_TOO_LONG;
    }
    if (head->path.n == 0 || head->path.p[0] != '/' || !is_visible(head->path) ||
        !is_visible(head->query) || memchr(head->path.p, '#', head->path.n)) { // G2
        *ret_why = "the address must begin with / and hold visible ASCII characters only";
        return ERR_BAD_REQUEST;
    }
    if (head->n_headers > HTTP_HEADERS_MAX) {
        *ret_why = "there are too many headers";
        return ERR_BAD_REQUEST;
    }
    enum err e = read_headers(head, &framing, ret_why);
    return e ? e : check_framing(head, &framing, ret_why);
}
