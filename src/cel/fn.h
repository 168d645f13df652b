// SPDX-License-Identifier: Apache-2.0
// fn.h - what the functions of the language share.
//
// None charges more than its line of overloads.def says, so that the static bound holds.  What
// takes more than linear time in its arguments (replace, join, flatten, range) writes what it does
// into the arena, whose limit bounds the work of a whole evaluation.
//
// Layer: cel.  Tests: those of the fn_*.c files
#pragma once

#include "base/buf.h"
#include "base/civil.h"
#include "cel/function.h"

// An error with a text made for it.
__attribute__((format(printf, 3, 4))) struct cel_value
cel_refuse(struct cel_call *call, enum cel_code code, const char *format, ...);

static inline struct cel_value cel_overflow(void)
{
    return cel_error(CEL_E_OVERFLOW, "the result is too large for its type");
}

static inline struct cel_value cel_no_overload(void)
{
    return cel_error(CEL_E_NO_OVERLOAD, "no such overload");
}

// What was written so far as a string, or the error of a full arena.
struct cel_value cel_finish_text(const struct buf *buf);

// Bytes of the code point at p (1 to 4); V2 makes it well-formed.
static inline size_t cel_point_bytes(const char *p)
{
    unsigned char c = (unsigned char)*p;
    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

// "1h2m3.5s", "-1.5h", "300ms", "0": an optional sign and numbers with units h m s ms us ns.  False
// when text is no duration or 2^63 nanoseconds or more.
MUST_CHECK bool cel_duration_parse(struct str text, struct cel_value *ret_duration);
// "3723.5s"
void cel_duration_put(struct buf *buf, struct cel_value duration);
// False outside of the years 1 to 9999.
static inline bool cel_timestamp_valid(int64_t seconds)
{
    return seconds >= CIVIL_FIRST_S && seconds <= CIVIL_LAST_S;
}

// What string(value) gives, for the kinds that have a text of their own: bool, numbers, string,
// bytes, type, timestamp, duration.  False for others and for bytes that are not UTF-8.
MUST_CHECK bool cel_scalar_put(struct buf *buf, struct cel_value value);
