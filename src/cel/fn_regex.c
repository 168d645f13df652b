// SPDX-License-Identifier: Apache-2.0
// fn_regex.c - matches(): regular expressions that cannot run away.
//
// CEL means RE2's syntax, whose matching is linear; PCRE2 does the work.  Three fences keep it from
// doing more: a gate that refuses what RE2 does not have, a limit on the steps of one match, and
// patterns that are literals, compiled when the expression is saved.
//
//   X1  What the gate lets through means the same to RE2 and to PCRE2.
//   X2  A pattern is compiled into the caller's arena and shared by threads; a match uses the stack
//       alone, so that no text makes an arena overflow.
//
// Layer: cel.  Tests: tests/cel/regex_test.c
#include "cel/fn.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string.h>

#define MATCH_LIMIT 10000
#define PATTERN_MAX 2000
#define REPEAT_MAX 1000 // RE2's

// What PCRE2 remembers of the way back takes this much at first, and this much at most: a repeated
// group may go round some 400 times.
#define SHALLOW_KB 20
#define DEEP_KB 160

struct pattern {
    pcre2_code *code;
    pcre2_match_context *shallow;
    pcre2_match_context *deep;
};

// ---- the gate

struct gate {
    struct str s;
    size_t at;
    const char *refused;
};

static bool refuse(struct gate *g, const char *why)
{
    g->refused = why;
    return false;
}

static char peek(const struct gate *g, size_t ahead)
{
    return g->at + ahead < g->s.n ? g->s.p[g->at + ahead] : '\0';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// After a backslash: what RE2 knows and PCRE2 reads alike.
static bool pass_escape(struct gate *g, bool in_class)
{
    char c = peek(g, 1);
    if (g->at + 1 >= g->s.n)
        return refuse(g, "the pattern ends with a backslash");
    if (c >= '1' && c <= '9')
        return refuse(g, "a pattern cannot refer back to what a group matched");
    bool known = strchr(in_class ? "dDsSwWpPaftnrx0" : "dDsSwWpPaftnrx0AbBz", c) != NULL;
    if ((is_letter(c) || c == '0') && !known)
        return refuse(g, "a pattern cannot use this escape");
    g->at += 2;
    return true;
}

// "(?:", "(?P<name>", "(?i)", "(?i-s:": the only groups that RE2 has.
static bool pass_group(struct gate *g)
{
    g->at++;
    if (peek(g, 0) == '*')
        return refuse(g, "a pattern cannot begin a group with '*'");
    if (peek(g, 0) != '?')
        return true;
    g->at++;
    if (peek(g, 0) == 'P' && peek(g, 1) == '<')
        g->at++;
    if (peek(g, 0) == '<') {
        if (!is_letter(peek(g, 1)))
            return refuse(g, "a pattern cannot look behind");
        return true;
    }
    while (strchr("imsU-", peek(g, 0)) && g->at < g->s.n)
        g->at++;
    char end = peek(g, 0);
    if (end == ':' || end == ')')
        return true;
    if (end == '=' || end == '!')
        return refuse(g, "a pattern cannot look ahead");
    return refuse(g, "a pattern cannot use this kind of group");
}

static bool pass_class(struct gate *g)
{
    g->at++;
    if (peek(g, 0) == '^')
        g->at++;
    bool first = true; // "]" right after the bracket is itself
    while (g->at < g->s.n && (first || peek(g, 0) != ']')) {
        first = false;
        if (peek(g, 0) == '\\') {
            if (!pass_escape(g, true))
                return false;
        } else if (peek(g, 0) == '[' && strchr(":.=", peek(g, 1)) && peek(g, 1)) {
            const char *end = memmem(g->s.p + g->at, g->s.n - g->at, ":]", 2);
            if (peek(g, 1) != ':' || !end)
                return refuse(g, "a pattern knows classes such as [[:alpha:]] only");
            g->at = (size_t)(end - g->s.p) + 2;
        } else {
            g->at++;
        }
    }
    if (g->at >= g->s.n)
        return refuse(g, "a '[' is not closed");
    g->at++;
    return true;
}

// The bytes of "{2}", "{2,}" or "{2,5}" here, 0 when it is a '{' like any other.
static size_t counted_repeat(struct gate *g, bool *ret_too_many)
{
    size_t n = 1;
    int digits = 0;
    int value = 0;
    int commas = 0;
    *ret_too_many = false;
    for (;; n++) {
        char c = peek(g, n);
        if (c >= '0' && c <= '9') {
            digits++;
            value = value > REPEAT_MAX ? value : value * 10 + (c - '0');
            *ret_too_many = *ret_too_many || value > REPEAT_MAX;
        } else if (c == ',' && digits && commas == 0) {
            commas++;
            value = 0;
        } else {
            return c == '}' && digits ? n + 1 : 0;
        }
    }
}

// The bytes of a repetition here, its lazy '?' included; 0 when there is none.
static size_t repeat_bytes(struct gate *g, bool *ret_too_many)
{
    char c = peek(g, 0);
    size_t n = 0;
    *ret_too_many = false;
    if (c == '*' || c == '+' || c == '?')
        n = 1;
    else if (c == '{')
        n = counted_repeat(g, ret_too_many);
    return n && peek(g, n) == '?' ? n + 1 : n;
}

static bool pass_repeat(struct gate *g, size_t n, bool too_many)
{
    if (too_many)
        return refuse(g, "a pattern repeats at most 1000 times");
    g->at += n;
    bool ignored;
    if (repeat_bytes(g, &ignored))
        return refuse(g, "a repetition cannot be repeated");
    return true;
}

static bool pass_one(struct gate *g)
{
    bool too_many;
    size_t repeat = repeat_bytes(g, &too_many);
    if (repeat)
        return pass_repeat(g, repeat, too_many);
    switch (peek(g, 0)) {
    case '\\':
        return pass_escape(g, false);
    case '(':
        return pass_group(g);
    case '[':
        return pass_class(g);
    default:
        g->at++;
        return true;
    }
}

// NULL when PCRE2 may see the pattern, or why not; *ret_at is where.
static const char *gate_pattern(struct str pattern, size_t *ret_at)
{
    struct gate g = {.s = pattern};
    *ret_at = 0;
    if (pattern.n > PATTERN_MAX)
        return "a pattern has at most 2000 bytes";
    while (g.at < g.s.n) {
        size_t before = g.at;
        if (!pass_one(&g)) {
            *ret_at = before;
            return g.refused;
        }
    }
    return NULL;
}

// ---- PCRE2 in an arena

static void *take(size_t n, void *arena)
{
    return arena_try(arena, n);
}

static void give_back(void *p, void *arena)
{
    (void)p; // with the arena
    (void)arena;
}

// X1: '$' is the very end, '.' is all but "\n".
static pcre2_code *compile(pcre2_general_context *memory, struct str text, int *ret_error,
                           size_t *ret_at)
{
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    *ret_error = PCRE2_ERROR_NOMEMORY;
    if (!context)
        return NULL;
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    PCRE2_SPTR pattern = (PCRE2_SPTR)(text.n ? text.p : "");
    return pcre2_compile(pattern, text.n,
                         PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, ret_error,
                         ret_at, context);
}

static struct cel_prepared refused_by_compiler(struct arena *arena, int error, size_t at)
{
    PCRE2_UCHAR text[160];
    if (pcre2_get_error_message(error, text, sizeof text) < 0)
        text[0] = '\0';
    struct str message = str_printf(arena, "the pattern cannot be read: %s", (char *)text);
    return (struct cel_prepared){.refused = message.p, .at = (uint32_t)at};
}

static pcre2_match_context *limits(pcre2_general_context *memory, uint32_t heap_kb)
{
    pcre2_match_context *context = pcre2_match_context_create(memory);
    if (context) {
        pcre2_set_match_limit(context, MATCH_LIMIT);
        pcre2_set_depth_limit(context, MATCH_LIMIT);
        pcre2_set_heap_limit(context, heap_kb);
    }
    return context;
}

struct cel_prepared cel_prepare_regex(struct arena *arena, struct str literal)
{
    size_t at;
    const char *refused = gate_pattern(literal, &at);
    if (refused)
        return (struct cel_prepared){.refused = refused, .at = (uint32_t)at};
    static const struct cel_prepared no_memory = {.refused = "the pattern is too large"};
    pcre2_general_context *memory = pcre2_general_context_create(take, give_back, arena);
    struct pattern *pattern = arena_try(arena, sizeof *pattern);
    if (!memory || !pattern)
        return no_memory;
    int error;
    pattern->code = compile(memory, literal, &error, &at);
    if (!pattern->code)
        return refused_by_compiler(arena, error, at);
    pattern->shallow = limits(memory, SHALLOW_KB);
    pattern->deep = limits(memory, DEEP_KB);
    if (!pattern->shallow || !pattern->deep)
        return no_memory;
    return (struct cel_prepared){.ready = pattern};
}

// ---- matching

// Memory for one match.  Nothing is given back before the match is over.
struct scratch {
    char *next;
    char *stop;
};

static void *take_scratch(size_t n, void *scratch)
{
    struct scratch *s = scratch;
    n = (n + 15) / 16 * 16;
    if (n > (size_t)(s->stop - s->next))
        return NULL;
    void *taken = s->next;
    s->next += n;
    return taken;
}

// What pcre2_match answers.
static int run_match(const struct pattern *pattern, pcre2_match_context *context,
                     struct str subject, struct scratch scratch)
{
    pcre2_general_context *memory = pcre2_general_context_create(take_scratch, give_back, &scratch);
    pcre2_match_data *data = memory ? pcre2_match_data_create(1, memory) : NULL;
    if (!data)
        return PCRE2_ERROR_NOMEMORY;
    PCRE2_SPTR text = (PCRE2_SPTR)(subject.n ? subject.p : "");
    return pcre2_match(pattern->code, text, subject.n, 0, 0, data, context);
}

// The vector doubles from SHALLOW_KB to DEEP_KB, and old ones stay: twice the last and some.
static __attribute__((noinline)) int match_deep(const struct pattern *pattern, struct str subject)
{
    __attribute__((uninitialized)) _Alignas(16) char room[(2 * DEEP_KB + 4) * 1024];
    return run_match(pattern, pattern->deep, subject, (struct scratch){room, room + sizeof room});
}

static __attribute__((noinline)) int match_shallow(const struct pattern *pattern,
                                                   struct str subject)
{
    __attribute__((uninitialized)) _Alignas(16) char room[(SHALLOW_KB + 4) * 1024];
    return run_match(pattern, pattern->shallow, subject,
                     (struct scratch){room, room + sizeof room});
}

struct cel_value cel_fn_matches(struct cel_call *call, const struct cel_value *args)
{
    const struct pattern *pattern = call->prepared;
    if (!pattern)
        return cel_error(CEL_E_REGEX, "the pattern must be written in the expression itself");
    int n = match_shallow(pattern, cel_text(args[0]));
    if (n == PCRE2_ERROR_HEAPLIMIT || n == PCRE2_ERROR_NOMEMORY)
        n = match_deep(pattern, cel_text(args[0]));
    if (n >= 0 || n == PCRE2_ERROR_NOMATCH)
        return cel_bool(n >= 0);
    return cel_error(CEL_E_COST, "the pattern takes too many steps on this text");
}
