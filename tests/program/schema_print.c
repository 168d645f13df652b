// SPDX-License-Identifier: Apache-2.0
// schema_print.c - prints the schema of the programme document, for the tests in Python.
#include "base/text.h"
#include "program/program.h"

#include <stdio.h>

int main(void)
{
    struct arena arena;
    arena_init(&arena, (size_t)8 << 20);
    struct str schema = program_schema(&arena);
    size_t written = fwrite(schema.p, 1, schema.n, stdout);
    bool good = written == schema.n && !arena_overflowed(&arena);
    arena_release(&arena);
    return good ? 0 : 1;
}
