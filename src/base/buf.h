// SPDX-License-Identifier: Apache-2.0
// buf.h - bytes that grow, in an arena.
//
//   B1  After an allocation failed the buffer ignores further writes; the arena's overflow mark
//       tells, so no append needs its result checked.
//
// Layer: base.  Tests: tests/base/buf_test.c
#pragma once

#include "base/arena.h"
#include "base/text.h"

struct buf {
    struct arena *arena;
    char *p;
    size_t n;
    size_t room;
};

void buf_init(struct buf *buf, struct arena *arena);
void buf_put(struct buf *buf, const void *bytes, size_t n);
void buf_str(struct buf *buf, struct str s);
// Most of JSON is written a character at a time: the usual case is inline.
static inline void buf_char(struct buf *buf, char c)
{
    if (buf->n < buf->room)
        buf->p[buf->n++] = c;
    else
        buf_put(buf, &c, 1);
}
void buf_i64(struct buf *buf, int64_t value);
void buf_hex(struct buf *buf, const void *bytes, size_t n); // lower case
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
// What was written so far; valid until the next write.
struct str buf_text(const struct buf *buf);
