// SPDX-License-Identifier: Apache-2.0
// deadline.c - how long a client may take.
//
// Layer: api.  Tests: tests/api/guard_test.c
#include "api/deadline.h"

#define SECOND_US ((int64_t)1000000)
#define GRACE_US (5 * SECOND_US)
#define BYTES_PER_SECOND ((int64_t)1024)

bool deadline_passed(const struct deadlines *deadlines, enum receive_phase phase,
                     int64_t elapsed_us, size_t bytes)
{
    // What the bytes take at the slowest speed that is still accepted.
    int64_t slow_us = (int64_t)bytes * SECOND_US / BYTES_PER_SECOND;
    switch (phase) {
    case PHASE_HEAD:
        return elapsed_us > deadlines->head_s * SECOND_US;
    case PHASE_BODY:
        return elapsed_us > GRACE_US + slow_us || elapsed_us > deadlines->body_s * SECOND_US;
    case PHASE_REPLY:
        return elapsed_us > deadlines->reply_s * SECOND_US + slow_us;
    case PHASE_IDLE:
    case PHASE_RUN:
        break;
    }
    return false;
}
