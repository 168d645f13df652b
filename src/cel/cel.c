// SPDX-License-Identifier: Apache-2.0
// cel.c - the public functions: compiling, evaluating, tracing.
//
// Layer: cel.  Tests: tests/cel/eval_test.c
#include "cel/step.h"

#include <string.h>

#define LOCALS_ON_STACK 16

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

struct cel_prog *cel_compile_json(const struct cel_env *env, struct arena *arena, struct str json,
                                  const char *want, struct cel_diags *diags)
{
    CHECK(env->sealed);
    struct cel_source source = {.text = json, .diags = diags, .arena = arena};
    struct cel_node *root = cel_node_from_json(&source);
    if (!root)
        return NULL;
    // The canonical text is what the diagnostics and spans are about.
    struct buf text;
    buf_init(&text, arena);
    cel_print_node(root, &text);
    return compile(env, arena, buf_text(&text), want, true, diags);
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

static size_t words_of(const struct cel_node *node, struct str path, struct str *words, size_t max)
{
    if (node->kind != CEL_N_OP || (node->op != CEL_OP_EQ && node->op != CEL_OP_IN))
        return 0;
    unsigned at = node->op == CEL_OP_EQ && node->args[0]->kind == CEL_N_LITERAL ? 1 : 0;
    const struct cel_node *other = node->args[1 - at];
    if (!is_path(node->args[at], path))
        return 0;
    bool list = node->op == CEL_OP_IN && other->kind == CEL_N_LIST;
    if (!list && node->op == CEL_OP_IN)
        return 0;
    uint32_t n = list ? other->n_args : 1;
    for (uint32_t i = 0; i < n; i++) {
        const struct cel_node *word = list ? other->args[i] : other;
        if (word->kind != CEL_N_LITERAL || word->value.tag != CEL_STRING)
            return 0;
        if (i < max)
            words[i] = cel_text(word->value);
    }
    return n <= max ? n : 0;
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

// ---- evaluation

struct cel_tracer {
    const struct cel_step **steps;
    struct cel_traced *parts;
    size_t n, room;
};

static struct cel_value evaluate(const struct cel_prog *prog, const struct cel_value *vars,
                                 struct arena *arena, const struct cel_limits *limits,
                                 struct cel_tracer *tracer, uint64_t *ret_cost)
{
    CEL_SCRATCH struct cel_value on_stack[LOCALS_ON_STACK];
    struct cel_frame frame = {
        .call = {.arena = arena,
                 .env = prog->env,
                 .cost_max = limits && limits->cost ? limits->cost : CEL_COST_DEFAULT},
        .vars = vars,
        .locals = on_stack,
        .tracer = tracer,
    };
    if (prog->n_locals > LOCALS_ON_STACK) {
        frame.locals = arena_try_array(arena, prog->n_locals, sizeof *frame.locals);
        if (!frame.locals)
            return cel_error_memory();
    }
    struct cel_value v = cel_run(&frame, prog->step);
    if (ret_cost)
        *ret_cost = frame.call.cost;
    if (prog->want && !(prog->want >> v.tag & 1) && !cel_is_error(v))
        return cel_fail(prog->step, CEL_E_NO_OVERLOAD, "the result has the wrong type");
    return v;
}

struct cel_value cel_eval(const struct cel_prog *prog, const struct cel_value *vars,
                          struct arena *arena, const struct cel_limits *limits, uint64_t *ret_cost)
{
    return evaluate(prog, vars, arena, limits, NULL, ret_cost);
}

void cel_note(struct cel_frame *f, const struct cel_step *s, struct cel_value v)
{
    struct cel_tracer *t = f->tracer;
    if (!s->traced || s->end <= s->start)
        return;
    for (size_t i = 0; i < t->n; i++) {
        if (t->steps[i] == s) {
            t->parts[i].value = v;
            return;
        }
    }
    if (t->n == t->room)
        return;
    t->steps[t->n] = s;
    t->parts[t->n++] = (struct cel_traced){.start = s->start, .end = s->end, .value = v};
}

static size_t count(const struct cel_step *s)
{
    size_t n = 1;
    for (uint32_t i = 0; i < s->n; i++)
        n += count(s->args[i]);
    return n;
}

// By place, the wider part first.
static void sort_parts(struct cel_traced *parts, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct cel_traced part = parts[i];
        size_t k = i;
        for (; k > 0 && (parts[k - 1].start > part.start ||
                         (parts[k - 1].start == part.start && parts[k - 1].end < part.end));
             k--)
            parts[k] = parts[k - 1];
        parts[k] = part;
    }
}

#define PARTS_MAX 256u

struct cel_value cel_trace(const struct cel_prog *prog, const struct cel_value *vars,
                           struct arena *arena, const struct cel_limits *limits,
                           const struct cel_traced **ret_parts, size_t *ret_n)
{
    struct cel_tracer tracer = {.room = count(prog->step)};
    if (tracer.room > PARTS_MAX)
        tracer.room = PARTS_MAX;
    tracer.steps = arena_try_array(arena, tracer.room, sizeof *tracer.steps);
    tracer.parts = arena_try_array(arena, tracer.room, sizeof *tracer.parts);
    if (!tracer.steps || !tracer.parts)
        tracer.room = 0;
    struct cel_value v = evaluate(prog, vars, arena, limits, &tracer, NULL);
    sort_parts(tracer.parts, tracer.n);
    *ret_parts = tracer.parts;
    *ret_n = tracer.n;
    return v;
}
