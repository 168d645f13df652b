// SPDX-License-Identifier: Apache-2.0
// deadline.h - how long a client may take: total times, because the library knows only silence.
//
// A client that drips one byte a second is never silent.  So every phase of a request has an end:
//
//   D1  A head is complete head_s after its first byte was seen.
//   D2  A body brings a kilobyte a second after a grace of five seconds, and ends in any case.
//   D3  A reply is taken in reply_s, or faster than a kilobyte a second.
//   D4  While the request runs in the store the client is not to blame.
//
// Pure.  Layer: api.  Tests: tests/api/guard_test.c
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum receive_phase {
    PHASE_IDLE, // no byte of a request yet; the library ends idle connections
    PHASE_HEAD, // some bytes, no complete head
    PHASE_BODY,
    PHASE_RUN,
    PHASE_REPLY,
};

struct deadlines {
    int64_t head_s;
    int64_t body_s; // in any case
    int64_t reply_s;
};

// True when a connection has been too long in its phase, during which it moved so many bytes (of
// a body: received; of a reply: to be sent).
bool deadline_passed(const struct deadlines *deadlines, enum receive_phase phase,
                     int64_t elapsed_us, size_t bytes);
