// SPDX-License-Identifier: Apache-2.0
// problem.h - everything that is wrong with an input, not only the first thing.
//
// Whoever reads a document (a request, a programme) adds a line per fault and goes on, so that the
// author sees all of them at once.  Each line has a JSON pointer, a code for programs and a
// sentence for people.
//
//   P1  Only the first PROBLEMS_KEPT are kept; n counts all.
//
// Layer: base.  Tests: tests/base/json_in_test.c, tests/base/shape_test.c
#pragma once

#include "base/json_out.h"
#include "base/text.h"

#define PROBLEMS_KEPT 50

struct problem {
    struct problem *next;
    struct str pointer;    // RFC 6901, "" is the whole document; "?name" is a query parameter
    struct str code;       // snake_case, part of the API
    struct str detail;     // one English sentence
    struct str suggestion; // what to write instead, or empty
    uint32_t start, end;   // bytes of the text at pointer that are meant; end 0: all of it
};

struct problems {
    struct arena *arena;
    struct problem *first;
    struct problem *last;
    size_t n;
};

void problems_init(struct problems *problems, struct arena *arena);
// The pointer must live as long as the arena; the rest is copied.
void problem_add(struct problems *problems, struct str pointer, const char *code,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
// What to write in the place of the problem that was added last; empty: nothing.
void problem_suggest(struct problems *problems, struct str suggestion);
// Which bytes of the text are meant by the problem that was added last.
void problem_span(struct problems *problems, uint32_t start, uint32_t end);
// [{"pointer":...,"code":...,"detail":...,"suggestion":...,"start":...,"end":...}, ...]
void problems_write(const struct problems *problems, struct json_out *out);
