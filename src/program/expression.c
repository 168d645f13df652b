// SPDX-License-Identifier: Apache-2.0
// expression.c - conditions and amounts of a document.
//
// Layer: program.  Tests: tests/program/expression_test.c
#include "program/expression.h"

enum err expression_environment(struct compiler *c)
{
    return OK;
}

const struct cel_prog *expression_compile(struct compiler *c, const struct json *at,
                                          const char *want, enum expression_sight sight)
{
    json_problem(&c->errors, at, "expression", "needs the rule language");
    return NULL;
}
