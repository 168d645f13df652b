// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct str tree_file(struct arena *arena, const char *path)
{
    const char *root = getenv("SOURCE_ROOT");
    struct str full = str_printf(arena, "%s/%s", root ? root : ".", path);
    FILE *file = fopen(str_c(arena, full), "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    struct buf buf;
    char part[4096];
    buf_init(&buf, arena);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        buf_put(&buf, part, n);
    fclose(file);
    return buf_text(&buf);
}

struct program *compile_or_null(struct arena *arena, struct str document,
                                struct program_problems *ret_problems)
{
    struct program *program = NULL;
    enum err e = program_compile(arena, document, ret_problems, &program);
    assert_true(e == OK || e == ERR_PROGRAM_INVALID);
    assert_int_equal(e == OK, ret_problems->n_errors == 0);
    assert_int_equal(e == OK, program != NULL);
    return program;
}

struct program *compile_good(struct arena *arena, struct str document)
{
    struct program_problems problems;
    struct program *program = compile_or_null(arena, document, &problems);
    for (size_t i = 0; i < problems.n; i++)
        print_error("%.*s: %.*s: %.*s\n", STR_FMT(problems.list[i].pointer),
                    STR_FMT(problems.list[i].code), STR_FMT(problems.list[i].detail));
    assert_int_equal(problems.n, 0);
    return program;
}

bool has_problem(const struct program_problems *problems, const char *pointer, const char *code)
{
    for (size_t i = 0; i < problems->n; i++)
        if (str_eq(problems->list[i].pointer, str_of(pointer)) &&
            str_eq(problems->list[i].code, str_of(code)))
            return true;
    return false;
}
