// SPDX-License-Identifier: Apache-2.0
// buf.c - bytes that grow, in an arena.
//
// Layer: base.  Tests: tests/base/buf_test.c
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_ROOM ((size_t)256)

void buf_init(struct buf *buf, struct arena *arena)
{
    *buf = (struct buf){.arena = arena};
}

// Makes room for n more bytes.  Doubling leaves the outgrown half in the arena: at most as much
// again as the text itself.
static bool reserve(struct buf *buf, size_t n)
{
    if (buf->room - buf->n >= n)
        return true;
    size_t room = buf->room ? buf->room * 2 : FIRST_ROOM;
    while (room - buf->n < n)
        room *= 2;
    char *grown = arena_try(buf->arena, room);
    if (!grown)
        return false;
    if (buf->n)
        memcpy(grown, buf->p, buf->n);
    buf->p = grown;
    buf->room = room;
    return true;
}

void buf_put(struct buf *buf, const void *bytes, size_t n)
{
    if (n == 0 || !reserve(buf, n))
        return;
    memcpy(buf->p + buf->n, bytes, n);
    buf->n += n;
}

void buf_str(struct buf *buf, struct str s)
{
    buf_put(buf, s.p, s.n);
}

void buf_i64(struct buf *buf, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    buf_put(buf, digits + at, sizeof digits - at);
}

void buf_hex(struct buf *buf, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        buf_char(buf, digits[p[i] >> 4]);
        buf_char(buf, digits[p[i] & 15]);
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(length >= 0);
    size_t n = (size_t)length;
    if (reserve(buf, n + 1)) {
        vsnprintf(buf->p + buf->n, n + 1, format, again);
        buf->n += n;
    }
    va_end(again);
}

struct str buf_text(const struct buf *buf)
{
    return (struct str){.p = buf->p, .n = buf->n};
}
