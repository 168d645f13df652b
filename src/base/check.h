// SPDX-License-Identifier: Apache-2.0
// check.h - the assertion that stays on in production, and the attribute that forbids
// ignoring a result.
//
// CHECK is for bugs in our own code, never for what a client, a file or a database may send: those
// are refused with an enum err.  A failed CHECK writes file, line and condition to stderr and
// aborts; the supervisor starts the process anew and recovery does the rest.
//
// Layer: base.  Tests: every test runs with it.
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))

// Says where the bug is and aborts.  Async-signal-safe, allocates nothing.
_Noreturn void check_failed(const char *file, int line, const char *condition);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            check_failed(__FILE__, __LINE__, #condition);                                          \
    } while (0)
