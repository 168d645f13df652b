// SPDX-License-Identifier: Apache-2.0
// cel_ast_json.c - any bytes as an AST in JSON: what is read can be printed and read again.
//
// Layer: tests.
#include "cel_common.h"

static struct cel_node *read_tree(struct arena *arena, struct str text, bool json)
{
    struct cel_diags *diags = ARENA_NEW(arena, struct cel_diags);
    cel_diags_init(diags, arena);
    struct cel_source source = {.text = text, .diags = diags, .arena = arena};
    struct cel_node *node = json ? cel_node_from_json(&source) : cel_parse(&source);
    return diags->n_errors || arena_overflowed(arena) ? NULL : node;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    struct cel_node *a = read_tree(&arena, (struct str){.p = (const char *)data, .n = size}, true);
    if (a) {
        struct buf text, json;
        buf_init(&text, &arena);
        buf_init(&json, &arena);
        cel_node_json(a, false, &json);
        struct cel_node *b = read_tree(&arena, buf_text(&json), true);
        FUZZ_CHECK(b && cel_node_same(a, b), "from_json(to_json(a)) is not a: %.*s\n",
                   STR_FMT(buf_text(&json)));
        cel_print_node(a, &text);
        struct cel_node *c = read_tree(&arena, buf_text(&text), false);
        // A negative number or a tree deeper than texts may be is written in another way.
        struct buf again;
        buf_init(&again, &arena);
        if (c)
            cel_print_node(c, &again);
        FUZZ_CHECK(!c || str_eq(buf_text(&text), buf_text(&again)), "printed otherwise: %.*s\n",
                   STR_FMT(buf_text(&text)));
    }
    arena_release(&arena);
    return 0;
}
