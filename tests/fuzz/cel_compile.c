// SPDX-License-Identifier: Apache-2.0
// cel_compile.c - any bytes: compile, print, compile; the laws of printing hold.
//
// Layer: tests.
#include "cel_common.h"

static struct cel_node *parse(struct arena *arena, struct str text)
{
    struct cel_diags *diags = ARENA_NEW(arena, struct cel_diags);
    cel_diags_init(diags, arena);
    struct cel_source source = {.text = text, .diags = diags, .arena = arena};
    struct cel_node *node = cel_parse(&source);
    for (uint32_t i = 0; i < diags->n; i++)
        FUZZ_CHECK(diags->list[i].start <= diags->list[i].end + 1, "a span backwards");
    return diags->n_errors || arena_overflowed(arena) ? NULL : node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct str text = {.p = (const char *)data, .n = size};
    const struct cel_env *env = fuzz_env(NULL);
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    struct cel_node *a = parse(&arena, text);
    if (a) {
        struct buf one, two;
        buf_init(&one, &arena);
        buf_init(&two, &arena);
        cel_print_node(a, &one);
        struct cel_node *b = parse(&arena, buf_text(&one));
        FUZZ_CHECK(b && cel_node_same(a, b), "parse(print(a)) is not a: %.*s\n",
                   STR_FMT(buf_text(&one)));
        cel_print_node(b, &two);
        FUZZ_CHECK(str_eq(buf_text(&one), buf_text(&two)), "printed otherwise: %.*s\n",
                   STR_FMT(buf_text(&two)));
    }
    struct cel_diags *diags = ARENA_NEW(&arena, struct cel_diags);
    cel_diags_init(diags, &arena);
    struct cel_prog *prog = cel_compile(env, &arena, text, NULL, diags);
    FUZZ_CHECK(prog || diags->n_errors || arena_overflowed(&arena), "no program and no error");
    arena_release(&arena);
    return 0;
}
