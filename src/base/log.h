// SPDX-License-Identifier: Apache-2.0
// log.h - one line a happening, to stderr, as logfmt:
//
//   time=2026-11-21T10:00:00.123456Z level=info msg="request" id=req_01h... status=201 us=532
//
// Only the edges log (api, jobs, cli), once each.  Values are escaped, so nothing a client sends
// can begin a line of its own.  There is no way to log a secret but to pass it here: don't.
//
// Layer: base.  Tests: tests/base/log_test.c
#pragma once

#include "base/env.h"
#include "base/text.h"

#define LOG_LINE_BYTES 2048

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };

// A line being written: cut, never broken, when it gets too long.
struct log_line {
    char text[LOG_LINE_BYTES];
    size_t n;
};

void log_begin(struct log_line *line, const struct env *env, enum log_level level,
               const char *message);
void log_str(struct log_line *line, const char *key, struct str value);
void log_i64(struct log_line *line, const char *key, int64_t value);
// Writes the line with one system call.
void log_end(struct log_line *line);
