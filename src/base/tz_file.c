// SPDX-License-Identifier: Apache-2.0
// tz_file.c - reading TZif files (RFC 9636) and the POSIX rule at their end.
//
// A file is input like any other: every count and index is checked before it is used.
//
// Layer: base; tz_load does I/O.  Tests: tests/base/tz_test.c, tests/base/tz_zones.py
#include "base/tz.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"
#define FILE_MAX ((size_t)32 * 1024) // the largest of tzdata 2025 has 4 KB
#define HEADER_BYTES 44

// ---- bytes

struct reader {
    const unsigned char *p;
    size_t n;
};

static const unsigned char *take(struct reader *r, size_t n)
{
    if (r->n < n)
        return NULL;
    const unsigned char *taken = r->p;
    r->p += n;
    r->n -= n;
    return taken;
}

static int64_t big_endian(const unsigned char *p, int n)
{
    uint64_t value = p[0] & 0x80 ? UINT64_MAX : 0; // two's complement
    for (int i = 0; i < n; i++)
        value = value << 8 | p[i];
    return (int64_t)value;
}

struct header {
    char version;
    size_t isut, isstd, leap, time, type, text; // how many of each follow
};

static bool read_header(struct reader *r, struct header *ret_header)
{
    const unsigned char *p = take(r, HEADER_BYTES);
    if (!p || memcmp(p, "TZif", 4) != 0)
        return false;
    size_t counts[6];
    for (int i = 0; i < 6; i++) {
        int64_t count = big_endian(p + 20 + 4 * i, 4);
        if (count < 0 || count > (int64_t)FILE_MAX)
            return false;
        counts[i] = (size_t)count;
    }
    *ret_header = (struct header){(char)p[4], counts[0], counts[1], counts[2],
                                  counts[3],  counts[4], counts[5]};
    return true;
}

static size_t block_bytes(const struct header *h, size_t time_bytes)
{
    return h->time * (time_bytes + 1) + h->type * 6 + h->text + h->leap * (time_bytes + 4) +
           h->isstd + h->isut;
}

// ---- the rule: "CET-1CEST,M3.5.0,M10.5.0/3"

static bool skip_char(struct str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_skip(*s, 1);
    return true;
}

static bool read_number(struct str *s, int limit, int *ret_value)
{
    int value = 0;
    size_t digits = 0;
    while (s->n && s->p[0] >= '0' && s->p[0] <= '9' && digits++ < 3) {
        value = value * 10 + (s->p[0] - '0');
        *s = str_skip(*s, 1);
    }
    *ret_value = value;
    return digits > 0 && value <= limit;
}

// "CET" or "<+0330>".
static bool skip_name(struct str *s)
{
    bool quoted = skip_char(s, '<');
    size_t n = 0;
    while (n < s->n) {
        char c = s->p[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool inner = quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-');
        if (!letter && !inner)
            break;
        n++;
    }
    *s = str_skip(*s, n);
    return n >= 3 && (!quoted || skip_char(s, '>'));
}

// [+-]h[h[h]][:mm[:ss]], as seconds.
static bool read_time(struct str *s, int hours_max, int32_t *ret_s)
{
    int sign = skip_char(s, '-') ? -1 : 1;
    if (sign > 0)
        skip_char(s, '+');
    int hours;
    int minutes = 0;
    int seconds = 0;
    if (!read_number(s, hours_max, &hours))
        return false;
    if (skip_char(s, ':')) {
        if (!read_number(s, 59, &minutes))
            return false;
        if (skip_char(s, ':') && !read_number(s, 59, &seconds))
            return false;
    }
    *ret_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool read_day(struct str *s, struct tz_day *ret_day)
{
    struct tz_day day = {.kind = 'N', .time_s = 2 * 3600};
    if (skip_char(s, 'M')) {
        day.kind = 'M';
        if (!read_number(s, 12, &day.month) || !skip_char(s, '.') || day.month < 1 ||
            !read_number(s, 5, &day.week) || !skip_char(s, '.') || day.week < 1 ||
            !read_number(s, 6, &day.day))
            return false;
    } else if (skip_char(s, 'J')) {
        day.kind = 'J';
        if (!read_number(s, 365, &day.day) || day.day < 1)
            return false;
    } else if (!read_number(s, 365, &day.day)) {
        return false;
    }
    if (skip_char(s, '/') && !read_time(s, 167, &day.time_s))
        return false;
    *ret_day = day;
    return true;
}

static bool read_rule(struct str s, struct tz_rule *ret_rule)
{
    struct tz_rule rule = {.known = true};
    int32_t west_s;
    if (!skip_name(&s) || !read_time(&s, 24, &west_s))
        return false;
    rule.offset_s = -west_s; // POSIX counts westwards
    if (s.n) {
        rule.has_summer = true;
        rule.summer_offset_s = rule.offset_s + 3600;
        if (!skip_name(&s))
            return false;
        if (s.n && s.p[0] != ',') {
            if (!read_time(&s, 24, &west_s))
                return false;
            rule.summer_offset_s = -west_s;
        }
        if (!skip_char(&s, ',') || !read_day(&s, &rule.summer_start) || !skip_char(&s, ',') ||
            !read_day(&s, &rule.summer_end))
            return false;
    }
    *ret_rule = rule;
    return s.n == 0;
}

// '\n', a rule or nothing, '\n'.
static bool read_footer(struct reader *r, struct tz_rule *ret_rule)
{
    *ret_rule = (struct tz_rule){0};
    struct str text = {.p = (const char *)r->p, .n = r->n};
    if (!skip_char(&text, '\n'))
        return false;
    const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
    if (!end)
        return false;
    text.n = (size_t)(end - text.p);
    return text.n == 0 || read_rule(text, ret_rule);
}

// ---- the table

static bool read_type(const unsigned char *types, size_t i, int32_t *ret_offset_s)
{
    *ret_offset_s = (int32_t)big_endian(types + 6 * i, 4);
    return *ret_offset_s > -26 * 3600 && *ret_offset_s < 26 * 3600; // Z1
}

static enum err read_table(struct arena *arena, struct reader *r, const struct header *h,
                           struct tz *tz)
{
    const unsigned char *times = take(r, h->time * 8);
    const unsigned char *which = take(r, h->time);
    const unsigned char *types = take(r, h->type * 6);
    if (!times || !which || !types || h->type == 0 || !read_type(types, 0, &tz->first_offset_s))
        return ERR_INPUT_INVALID;
    int64_t *at = arena_try_array(arena, h->time, sizeof *at);
    int32_t *offset_s = arena_try_array(arena, h->time, sizeof *offset_s);
    if (h->time && (!at || !offset_s))
        return ERR_MEMORY;
    for (size_t i = 0; i < h->time; i++) {
        at[i] = big_endian(times + 8 * i, 8);
        if ((i && at[i] <= at[i - 1]) || which[i] >= h->type ||
            !read_type(types, which[i], &offset_s[i]))
            return ERR_INPUT_INVALID;
    }
    tz->n = h->time;
    tz->at = at;
    tz->offset_s = offset_s;
    return OK;
}

enum err tz_parse(struct arena *arena, struct str file, struct tz *ret_tz)
{
    struct reader r = {.p = (const unsigned char *)file.p, .n = file.n};
    struct header h;
    // The first block is for readers of 32 bits: skip it.
    if (!read_header(&r, &h) || h.version < '2' || !take(&r, block_bytes(&h, 4)) ||
        !read_header(&r, &h))
        return ERR_INPUT_INVALID;
    // Files that count leap seconds ("right/...") have another idea of what a unix second is.
    if (h.leap != 0)
        return ERR_INPUT_INVALID;
    struct reader rest = r;
    struct tz tz = {0};
    if (!take(&rest, block_bytes(&h, 8)) || !read_footer(&rest, &tz.rule))
        return ERR_INPUT_INVALID;
    enum err e = read_table(arena, &r, &h, &tz);
    if (e)
        return e;
    *ret_tz = tz;
    return OK;
}

// ---- files

bool tz_name_valid(struct str name)
{
    static const char known[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
    if (name.n == 0 || name.n > 64 || name.p[name.n - 1] == '/')
        return false;
    char last = '/';
    for (size_t i = 0; i < name.n; i++) {
        if (!memchr(known, name.p[i], sizeof known - 1) || (name.p[i] == '/' && last == '/'))
            return false;
        last = name.p[i];
    }
    return true;
}

static bool read_file(struct str name, char buffer[FILE_MAX], size_t *ret_n)
{
    char path[sizeof ZONE_FOLDER + 64];
    snprintf(path, sizeof path, ZONE_FOLDER "%.*s", STR_FMT(name));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    struct stat st;
    size_t n = 0;
    ssize_t got = -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        while (n < FILE_MAX && (got = read(fd, buffer + n, FILE_MAX - n)) > 0)
            n += (size_t)got;
    }
    close(fd);
    *ret_n = n;
    return got == 0;
}

enum err tz_load(struct arena *arena, struct str name, const struct tz **ret_tz)
{
    if (str_eq(name, STR("UTC"))) {
        *ret_tz = tz_utc();
        return OK;
    }
    struct tz tz;
    int32_t offset_s;
    if (tz_parse_offset(name, &offset_s)) {
        tz = tz_fixed(offset_s);
    } else {
        char buffer[FILE_MAX];
        size_t n;
        if (!tz_name_valid(name) || !read_file(name, buffer, &n))
            return ERR_INPUT_INVALID;
        enum err e = tz_parse(arena, (struct str){.p = buffer, .n = n}, &tz);
        if (e)
            return e;
    }
    struct tz *loaded = arena_try(arena, sizeof *loaded);
    if (!loaded)
        return ERR_MEMORY;
    *loaded = tz;
    loaded->name = str_dup(arena, name);
    *ret_tz = loaded;
    return OK;
}
