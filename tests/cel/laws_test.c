// SPDX-License-Identifier: Apache-2.0
// laws_test.c - the laws of printing and JSON on trees that no person would write.
//
//   laws_test [SEED]     the seed of a failure is printed
//
//   parse(print(a)) = a, print(parse(print(a))) = print(a), from_json(to_json(a)) = a; whatever
//   compiles costs at most its bound, means the same when printed, and means the same unchecked.
#include "cel/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20000

static uint64_t seed;
static struct arena arena;
static struct cel_env *env;
static int n_compiled, n_failed;

static uint32_t dice(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

static struct str pick(const char *const *words, uint32_t n)
{
    return str_of(words[dice(n)]);
}

static struct cel_value literal(void)
{
    static const double doubles[] = {0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, 0.1, 1e21, -1e-7};
    static const char *const texts[] = {
        "", "a", "it's", "\"q\"", "\\", "\n\t", "\xc3\xa9\xf0\x9f\x98\x80", "\x01", "'\""};
    static const int64_t ints[] = {0, 1, -1, INT64_MAX, INT64_MIN, 42, -5};
    switch (dice(7)) {
    case 0:
        return cel_null();
    case 1:
        return cel_bool(dice(2));
    case 2:
        return cel_double(doubles[dice(9)]);
    case 3:
        return cel_uint((uint64_t)ints[dice(7)]);
    case 4:
        return cel_bytes(dice(2) ? STR("\xff\0z'") : STR("abc"));
    case 5:
        return cel_string(dice(8) ? pick(texts, 9) : STR("nul\0nul"));
    default:
        return cel_int(ints[dice(7)]);
    }
}

static struct cel_node *tree(unsigned depth);

static struct cel_node *with_args(enum cel_kind kind, uint32_t n, unsigned depth)
{
    struct cel_node *node = cel_node_new(&arena, kind, n);
    for (uint32_t i = 0; i < n; i++)
        node->args[i] = tree(depth);
    return node;
}

static struct cel_node *call(unsigned depth)
{
    static const char *const globals[] = {"size", "f", "int", "string", "percent", "dyn"};
    static const char *const methods[] = {"size",  "sum",   "startsWith", "package", "contains",
                                          "first", "value", "exists",     "map"};
    bool member = dice(2);
    struct cel_node *node = with_args(CEL_N_CALL, dice(3) + member, depth);
    node->flags = member ? CEL_F_MEMBER : 0;
    node->name = member ? pick(methods, 9) : pick(globals, 6);
    return node;
}

static struct cel_node *macro(unsigned depth)
{
    static const char *const vars[] = {"i", "j", "x", "order"};
    const struct cel_macro_info *m = &cel_macros[dice((uint32_t)cel_n_macros)];
    struct cel_node *node = with_args(CEL_N_MACRO, 1u + m->n_bodies, depth);
    node->op = m->macro;
    node->name = m->name;
    node->n_vars = m->n_vars;
    for (unsigned i = 0; i < m->n_vars; i++)
        node->vars[i] = str_of(vars[dice(4)]);
    if (m->n_vars == 2 && str_eq(node->vars[0], node->vars[1]))
        node->vars[1] = STR("k");
    if (m->macro == CEL_M_HAS) {
        struct cel_node *select = with_args(CEL_N_SELECT, 1, depth);
        select->name = STR("amount");
        node->args[0] = select;
    }
    return node;
}

static struct cel_node *some_name(void)
{
    static const char *const words[] = {"order", "i", "x", "list", "text", "j", "int", "nothing"};
    struct cel_node *node = cel_node_new(&arena, CEL_N_NAME, 0);
    node->name = pick(words, 8);
    node->flags = dice(10) ? 0 : CEL_F_ROOT;
    return node;
}

static struct cel_node *some_list(unsigned depth)
{
    bool map = dice(2);
    struct cel_node *node = with_args(map ? CEL_N_MAP : CEL_N_LIST, dice(4) * (map ? 2 : 1), depth);
    for (uint32_t i = 0; i < node->n_args; i += map ? 2 : 1)
        if (!dice(6))
            node->args[i]->flags |= CEL_F_IF_THERE;
    return node;
}

static struct cel_node *tree(unsigned depth)
{
    static const char *const fields[] = {"amount", "items", "content-type", "package", "a b", "in"};
    struct cel_node *node;
    if (depth == 0 || !dice(5)) {
        if (dice(2))
            return some_name();
        node = cel_node_new(&arena, CEL_N_LITERAL, 0);
        node->value = literal();
        return node;
    }
    switch (dice(7)) {
    case 0:
        node = with_args(CEL_N_SELECT, 1, depth - 1);
        node->name = pick(fields, 6);
        node->flags = dice(6) ? 0 : CEL_F_OPTIONAL;
        return node;
    case 1:
        node = with_args(CEL_N_INDEX, 2, depth - 1);
        node->flags = dice(6) ? 0 : CEL_F_OPTIONAL;
        return node;
    case 2:
        return call(depth - 1);
    case 3:
        return some_list(depth - 1);
    case 4:
        return macro(depth - 1);
    default: {
        enum cel_op op = (enum cel_op)(1 + dice(CEL_OP_COUNT - 1));
        bool flat = op == CEL_OP_AND || op == CEL_OP_OR;
        node = with_args(CEL_N_OP, flat ? 2 + dice(3) : (uint32_t)cel_ops[op].n_args, depth - 1);
        node->op = (uint8_t)op;
        return node;
    }
    }
}

// A random call may be what the parser reads as a macro, and -(5) a literal: not trees of a text.
static bool is_written(const struct cel_node *node)
{
    for (size_t i = 0; node->kind == CEL_N_CALL && i < cel_n_macros; i++) {
        const struct cel_macro_info *m = &cel_macros[i];
        if (str_eq(m->name, node->name) && node->n_args == 1u + m->n_vars + m->n_bodies &&
            (m->n_vars > 0) == ((node->flags & CEL_F_MEMBER) != 0))
            return false;
    }
    for (uint32_t i = 0; i < node->n_args; i++)
        if (!is_written(node->args[i]))
            return false;
    return true;
}

static struct cel_node *parse(struct str text, bool json)
{
    struct cel_diags *diags = arena_try(&arena, sizeof *diags);
    cel_diags_init(diags, &arena);
    struct cel_source source = {.text = text, .diags = diags, .arena = &arena};
    struct cel_node *node = json ? cel_node_from_json(&source) : cel_parse(&source);
    if (diags->n_errors)
        printf("%s\n", diags->list[0].message);
    return diags->n_errors ? NULL : node;
}

static void fail(const char *law, struct str text, uint64_t at)
{
    printf("seed %llu: %s: %.*s\n", (unsigned long long)at, law, STR_FMT(text));
    n_failed++;
}

static bool same(struct cel_value a, struct cel_value b)
{
    struct buf x, y;
    buf_init(&x, &arena);
    buf_init(&y, &arena);
    cel_value_print(a, &x);
    cel_value_print(b, &y);
    return cel_is_error(a) ? cel_is_error(b) : str_eq(buf_text(&x), buf_text(&y));
}

static void meaning(struct str text, uint64_t at)
{
    struct cel_diags *diags = arena_try(&arena, 2 * sizeof *diags);
    struct cel_value vars[3] = {cel_null(), cel_list(NULL, 0), cel_string(STR("text"))};
    uint64_t cost = 0;
    cel_diags_init(diags, &arena);
    cel_diags_init(diags + 1, &arena);
    struct cel_prog *prog = cel_compile(env, &arena, text, NULL, diags);
    if (!prog)
        return;
    n_compiled++;
    struct cel_value v = cel_eval(prog, vars, &arena, NULL, &cost);
    if (cost > cel_cost_max(prog))
        fail("costs more than its bound", text, at);
    struct cel_prog *unchecked = cel_compile_unchecked(env, &arena, text, diags + 1);
    if (!unchecked || !same(v, cel_eval(unchecked, vars, &arena, NULL, NULL)))
        fail("means something else unchecked", text, at);
}

static void one_round(void)
{
    uint64_t at = seed;
    struct cel_node *a = tree(1 + dice(5));
    if (!is_written(a))
        return;
    struct buf text, again, json;
    buf_init(&text, &arena);
    buf_init(&again, &arena);
    buf_init(&json, &arena);
    cel_print_node(a, &text);
    struct cel_node *back = parse(buf_text(&text), false);
    if (!back || !cel_node_same(a, back)) {
        fail("parse(print(a)) is not a", buf_text(&text), at);
        return;
    }
    cel_print_node(back, &again);
    if (!str_eq(buf_text(&text), buf_text(&again)))
        fail("print(parse(print(a))) is not print(a)", buf_text(&text), at);
    cel_node_json(a, false, &json);
    struct cel_node *read = parse(buf_text(&json), true);
    if (!read || !cel_node_same(a, read))
        fail("from_json(to_json(a)) is not a", buf_text(&json), at);
    meaning(buf_text(&text), at);
}

int main(int argc, char **argv)
{
    struct arena env_arena;
    arena_init(&env_arena, (size_t)64 * 1024 * 1024);
    env = cel_env_new(&env_arena);
    cel_env_var(env, "order", "dyn");
    cel_env_var(env, "list", "list(int)");
    cel_env_var(env, "text", "string");
    if (cel_env_seal(env))
        return 1;
    seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    for (int i = 0; i < (argc > 1 ? 1 : ROUNDS) && n_failed < 10; i++) {
        one_round();
        arena_clear(&arena);
    }
    arena_release(&arena);
    arena_release(&env_arena);
    printf("%d compiled, %d failed\n", n_compiled, n_failed);
    return n_failed || (argc == 1 && n_compiled < 100) ? 1 : 0;
}
