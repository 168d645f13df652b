// SPDX-License-Identifier: Apache-2.0
// log.c - one line a happening, to stderr, as logfmt.
//
// Layer: base.  Tests: tests/base/log_test.c
#include "base/log.h"

#include "base/civil.h"

#include <stdio.h>
#include <unistd.h>

// Room that is kept for the closing quote and the line feed.
#define TAIL 2

static void put(struct log_line *line, char c)
{
    if (line->n < sizeof line->text - TAIL)
        line->text[line->n++] = c;
}

static void put_str(struct log_line *line, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        put(line, s.p[i]);
}

static bool is_plain(struct str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F)
            return false;
    }
    return value.n > 0;
}

static void put_escaped(struct log_line *line, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        put(line, '\\');
        put(line, (char)c);
    } else if (c < 0x20 || c >= 0x7F) {
        put(line, '\\');
        put(line, 'x');
        put(line, hex[c >> 4]);
        put(line, hex[c & 15]);
    } else {
        put(line, (char)c);
    }
}

void log_str(struct log_line *line, const char *key, struct str value)
{
    put(line, ' ');
    put_str(line, str_of(key));
    put(line, '=');
    if (is_plain(value)) {
        put_str(line, value);
        return;
    }
    put(line, '"');
    for (size_t i = 0; i < value.n; i++)
        put_escaped(line, (unsigned char)value.p[i]);
    line->text[line->n++] = '"'; // TAIL has room for it
    if (line->n > sizeof line->text - TAIL)
        line->n = sizeof line->text - TAIL;
}

void log_i64(struct log_line *line, const char *key, int64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    put(line, ' ');
    put_str(line, str_of(key));
    put(line, '=');
    put_str(line, (struct str){digits, (size_t)n});
}

void log_begin(struct log_line *line, const struct env *env, enum log_level level,
               const char *message)
{
    static const char *const words[] = {"info", "warning", "error"};
    char time[CIVIL_TEXT_ROOM];
    line->n = 0;
    put_str(line, STR("time="));
    put_str(line, civil_format_us(env_now_us(env), time));
    log_str(line, "level", str_of(words[level]));
    log_str(line, "msg", str_of(message));
}

void log_end(struct log_line *line)
{
    line->text[line->n++] = '\n';
    // A line that cannot be written has nowhere else to go.
    if (write(STDERR_FILENO, line->text, line->n) < 0)
        line->n = 0;
}
