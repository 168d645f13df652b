// SPDX-License-Identifier: Apache-2.0
// check.c - writing the last words of a process that found its own bug.
//
// Layer: base.
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void check_failed(const char *file, int line, const char *condition)
{
    char text[512];
    int n = snprintf(text, sizeof text, "bug: %s:%d: CHECK(%s) failed\n", file, line, condition);
    if (n > 0) {
        size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
        ssize_t written = write(STDERR_FILENO, text, length);
        (void)written; // nothing better is left to do when stderr is gone
    }
    abort();
}
