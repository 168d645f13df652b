// SPDX-License-Identifier: Apache-2.0
// cel_eval.c - whatever compiles costs at most its bound, stays in its arena, gives a value of the
// deduced type, and means the same when it is printed or not checked.
//
// Layer: tests.
#include "cel_common.h"

static struct str shown(struct arena *arena, struct cel_value value)
{
    struct buf out;
    buf_init(&out, arena);
    cel_value_print(value, &out);
    return buf_text(&out);
}

static bool same(struct arena *arena, struct cel_value a, struct cel_value b)
{
    if (cel_is_error(a) || cel_is_error(b))
        return cel_is_error(a) && cel_is_error(b);
    return str_eq(shown(arena, a), shown(arena, b));
}

static bool has_dyn(const struct cel_type *type)
{
    bool found = type->kind == CEL_T_DYN || type->kind == CEL_T_TYPE;
    for (unsigned i = 0; i < type->n_params; i++)
        found |= has_dyn(type->param[i]);
    return found;
}

static bool uses_dyn(const struct cel_node *node)
{
    // A namespace or what has() tests has no type of its own.
    bool found = node->kind != CEL_N_NAME && node->kind != CEL_N_SELECT && has_dyn(node->type);
    for (uint32_t i = node->flags & CEL_F_SPACE ? 1 : 0; i < node->n_args; i++)
        found |= uses_dyn(node->args[i]) || has_dyn(node->args[i]->type);
    return found;
}

// Without dyn the checker's promise is kept: a value of the type, and never "no such overload".
static void check_type(const struct cel_prog *prog, struct cel_value v)
{
    uint32_t kinds = cel_kinds_of(prog->root->type);
    if (uses_dyn(prog->root))
        return;
    FUZZ_CHECK(cel_is_error(v) || kinds >> v.tag & 1, "a value of another type\n");
    FUZZ_CHECK(!cel_is_error(v) || v.aux != CEL_E_NO_OVERLOAD, "no overload at %u: %s\n", v.len,
               v.s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena, run, other;
    struct cel_value vars[3];
    struct str text = {.p = (const char *)data, .n = size};
    const struct cel_env *env = fuzz_env(vars);
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    arena_init(&run, 262144);
    arena_init(&other, 262144);
    struct cel_diags *diags = ARENA_NEW(&arena, struct cel_diags);
    cel_diags_init(diags, &arena);
    struct cel_prog *prog = cel_compile(env, &arena, text, NULL, diags);
    if (prog) {
        uint64_t cost = 0;
        struct cel_value v = cel_eval(prog, vars, &run, NULL, &cost);
        FUZZ_CHECK(cost <= cel_cost_max(prog), "cost %llu, bound %llu\n", (unsigned long long)cost,
                   (unsigned long long)cel_cost_max(prog));
        check_type(prog, v);
        struct buf out;
        buf_init(&out, &arena);
        cel_print(prog, &out);
        struct cel_diags *again = ARENA_NEW(&arena, struct cel_diags);
        cel_diags_init(again, &arena);
        struct cel_prog *printed = cel_compile(env, &arena, buf_text(&out), NULL, again);
        bool full = arena_overflowed(&arena) || arena_overflowed(&run);
        FUZZ_CHECK(printed || full, "does not compile when printed: %.*s\n",
                   STR_FMT(buf_text(&out)));
        if (printed && !full)
            FUZZ_CHECK(same(&arena, v, cel_eval(printed, vars, &other, NULL, NULL)) ||
                           arena_overflowed(&other),
                       "means something else when printed: %.*s\n", STR_FMT(buf_text(&out)));
    }
    arena_release(&arena);
    arena_release(&run);
    arena_release(&other);
    return 0;
}
