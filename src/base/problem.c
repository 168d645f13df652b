// SPDX-License-Identifier: Apache-2.0
// problem.c - everything that is wrong with an input.
//
// Layer: base.  Tests: tests/base/json_in_test.c, tests/base/shape_test.c
#include "base/problem.h"

#include <stdarg.h>
#include <stdio.h>

#define DETAIL_BYTES 512

void problems_init(struct problems *problems, struct arena *arena)
{
    *problems = (struct problems){.arena = arena};
}

void problem_add(struct problems *problems, struct str pointer, const char *code,
                 const char *format, ...)
{
    problems->n++;
    if (problems->n > PROBLEMS_KEPT) // P1
        return;
    char detail[DETAIL_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    CHECK(n >= 0);
    size_t length = (size_t)n < sizeof detail ? (size_t)n : sizeof detail - 1;
    // The cut, or a name quoted from the input, must not leave half a character.
    while (length && !str_is_utf8((struct str){detail, length}))
        length--;

    struct problem *problem = ARENA_NEW(problems->arena, struct problem);
    problem->pointer = pointer;
    problem->code = str_dup(problems->arena, str_of(code));
    problem->detail = str_dup(problems->arena, (struct str){detail, length});
    if (problems->last)
        problems->last->next = problem;
    else
        problems->first = problem;
    problems->last = problem;
}

void problem_suggest(struct problems *problems, struct str suggestion)
{
    if (suggestion.n && problems->n && problems->n <= PROBLEMS_KEPT)
        problems->last->suggestion = str_dup(problems->arena, suggestion);
}

void problem_span(struct problems *problems, uint32_t start, uint32_t end)
{
    if (!problems->n || problems->n > PROBLEMS_KEPT)
        return;
    problems->last->start = start;
    problems->last->end = end;
}

void problems_write(const struct problems *problems, struct json_out *out)
{
    json_array(out);
    for (const struct problem *p = problems->first; p; p = p->next) {
        json_object(out);
        json_put_str(out, "pointer", p->pointer);
        json_put_str(out, "code", p->code);
        json_put_str(out, "detail", p->detail);
        if (p->suggestion.n)
            json_put_str(out, "suggestion", p->suggestion);
        if (p->end) {
            json_put_i64(out, "start", p->start);
            json_put_i64(out, "end", p->end);
        }
        json_end(out);
    }
    json_end(out);
}
