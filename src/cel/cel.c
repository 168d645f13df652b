// SPDX-License-Identifier: Apache-2.0
// cel.c - the public functions of compiling, and what a program tells about itself.
//
// Layer: cel.  Tests: tests/cel/eval_test.c
#include "cel/internal.h"

#include <string.h>

// Tables of locals and bindings, some 100 KiB, and what the estimate of a large expression takes.
#define SCRATCH_BYTES_MAX ((size_t)64 << 20)

static struct cel_prog *build(const struct cel_env *env, struct cel_source *source,
                              struct cel_node *root, const char *want, bool checked)
{
    struct arena *arena = source->arena;
    if (source->diags->n_errors && !checked)
        return NULL;
    struct cel_checked result = cel_check(env, source, root, want, checked);
    if (source->diags->n_errors)
        return NULL;
    struct cel_prog *prog = ARENA_NEW(arena, struct cel_prog);
    prog->env = env;
    prog->text = source->text;
    prog->root = root;
    prog->n_locals = result.n_locals;
    prog->step = cel_plan(env, source, root, arena, checked);
    struct buf type;
    buf_init(&type, arena);
    cel_t_print(result.type, &type);
    prog->type = str_c(arena, buf_text(&type));
    prog->want = checked && want ? result.want : 0;
    prog->cost_max = cel_estimate(env, source->scratch, root);
    if (env->cost_max && prog->cost_max > env->cost_max)
        cel_report(source, (struct cel_report){
                               .code = CEL_D_COST,
                               .end = root->end,
                               .a = str_printf(arena, "%llu", (unsigned long long)prog->cost_max),
                               .b = str_printf(arena, "%llu", (unsigned long long)env->cost_max)});
    bool failed = arena_overflowed(arena) || arena_overflowed(source->scratch);
    return source->diags->n_errors || failed ? NULL : prog;
}

static struct cel_prog *compile(const struct cel_env *env, struct arena *arena, struct str text,
                                const char *want, bool checked, struct cel_diags *diags)
{
    CHECK(env->sealed);
    struct arena scratch;
    arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct cel_source source = {.text = text.n ? str_dup(arena, text) : STR(""),
                                .diags = diags,
                                .arena = arena,
                                .scratch = &scratch};
    struct cel_node *root = cel_parse(&source);
    struct cel_prog *prog = build(env, &source, root, want, checked);
    arena_release(&scratch);
    return prog;
}

struct cel_prog *cel_compile(const struct cel_env *env, struct arena *arena, struct str text,
                             const char *want, struct cel_diags *diags)
{
    return compile(env, arena, text, want, true, diags);
}

struct cel_prog *cel_compile_unchecked(const struct cel_env *env, struct arena *arena,
                                       struct str text, struct cel_diags *diags)
{
    return compile(env, arena, text, NULL, false, diags);
}

struct str cel_json_to_text(struct arena *arena, struct str json, struct cel_diags *diags)
{
    struct cel_source source = {.text = json, .diags = diags, .arena = arena};
    struct cel_node *root = cel_node_from_json(&source);
    if (!root)
        return STR_NONE;
    struct buf text;
    buf_init(&text, arena);
    cel_print_node(root, &text);
    return buf_text(&text);
}

struct cel_prog *cel_compile_json(const struct cel_env *env, struct arena *arena, struct str json,
                                  const char *want, struct cel_diags *diags)
{
    struct str text = cel_json_to_text(arena, json, diags);
    return text.p ? compile(env, arena, text, want, true, diags) : NULL;
}

const char *cel_result_type(const struct cel_prog *prog)
{
    return prog->type;
}

uint64_t cel_cost_max(const struct cel_prog *prog)
{
    return prog->cost_max;
}

void cel_print(const struct cel_prog *prog, struct buf *out)
{
    cel_print_node(prog->root, out);
}

void cel_to_json(const struct cel_prog *prog, struct buf *out)
{
    cel_node_json(prog->root, true, out);
}

// ---- what a program reads

struct refs {
    void (*fn)(void *ctx, struct str path);
    void *ctx;
    struct str seen[256];
    size_t n_seen;
};

static void ref(struct refs *refs, struct str path)
{
    for (size_t i = 0; i < refs->n_seen; i++)
        if (str_eq(refs->seen[i], path))
            return;
    if (refs->n_seen < sizeof refs->seen / sizeof *refs->seen)
        refs->seen[refs->n_seen++] = path;
    refs->fn(refs->ctx, path);
}

// The path of a chain of selects on a variable; false when it is none.
static bool path_of(const struct cel_node *node, struct buf *out)
{
    if (node->found == CEL_FOUND_VAR && node->kind == CEL_N_NAME) {
        buf_str(out, node->name);
        return true;
    }
    if (node->kind != CEL_N_SELECT || !path_of(node->args[0], out))
        return false;
    buf_char(out, '.');
    buf_str(out, node->name);
    return true;
}

static void collect(struct refs *refs, const struct cel_node *node, struct arena *arena)
{
    struct buf path;
    buf_init(&path, arena);
    if (path_of(node, &path)) {
        ref(refs, buf_text(&path));
        return;
    }
    for (uint32_t i = node->flags & CEL_F_SPACE ? 1 : 0; i < node->n_args; i++)
        collect(refs, node->args[i], arena);
}

void cel_refs(const struct cel_prog *prog, void (*fn)(void *ctx, struct str path), void *ctx)
{
    struct arena arena;
    arena_init(&arena, (size_t)4 * 1024 * 1024);
    struct refs *refs = ARENA_NEW(&arena, struct refs);
    refs->fn = fn;
    refs->ctx = ctx;
    collect(refs, prog->root, &arena);
    arena_release(&arena);
}

static bool is_path(const struct cel_node *node, struct str path)
{
    struct arena arena;
    arena_init(&arena, (size_t)1024 * 1024);
    struct buf text;
    buf_init(&text, &arena);
    bool same = path_of(node, &text) && str_eq(buf_text(&text), path);
    arena_release(&arena);
    return same;
}

static bool is_word(const struct cel_node *node)
{
    return node->kind == CEL_N_LITERAL && node->value.tag == CEL_STRING;
}

// The words of path == "a", "a" == path or path in ["a", "b"].
static size_t words_of(const struct cel_node *node, struct str path, struct str *words, size_t max)
{
    if (node->kind != CEL_N_OP || (node->op != CEL_OP_EQ && node->op != CEL_OP_IN))
        return 0;
    unsigned at = node->op == CEL_OP_EQ && is_word(node->args[0]) ? 1 : 0;
    struct cel_node *const *list = &node->args[1 - at];
    uint32_t n = 1;
    if (node->op == CEL_OP_IN) {
        if (list[0]->kind != CEL_N_LIST)
            return 0;
        n = list[0]->n_args;
        list = list[0]->args;
    }
    if (n > max || !is_path(node->args[at], path))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_word(list[i]))
            return 0;
        words[i] = cel_text(list[i]->value);
    }
    return n;
}

size_t cel_required_words(const struct cel_prog *prog, struct str path, struct str *words,
                          size_t max)
{
    const struct cel_node *root = prog->root;
    if (root->kind != CEL_N_OP || root->op != CEL_OP_AND)
        return words_of(root, path, words, max);
    for (uint32_t i = 0; i < root->n_args; i++) {
        size_t n = words_of(root->args[i], path, words, max);
        if (n)
            return n;
    }
    return 0;
}
