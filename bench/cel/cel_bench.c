// SPDX-License-Identifier: Apache-2.0
// cel_bench.c - how fast the rule language is: "name value" lines for run.sh.
//
// E1 is a comparison and a membership, E2 goes over five order items and holds at the fourth.
#include "cel/cel.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char e1[] = "order.amount >= 5000 && \"vip\" in member.segments";
static const char e2[] = "order.items.exists(i, i.category == \"smoothie\" && i.quantity >= 2)";

static const char schema[] =
    "{\"records\":{\"item\":{\"sku\":\"string\",\"category\":\"string\",\"quantity\":\"int\","
    "\"net\":{\"type\":\"int\",\"unit\":\"money\"}},"
    "\"order\":{\"id\":\"string\",\"amount\":{\"type\":\"int\",\"unit\":\"money\"},"
    "\"items\":\"list(item)\"},"
    "\"member\":{\"id\":\"string\",\"points\":\"int\",\"segments\":\"list(string)\"}},"
    "\"variables\":{\"order\":\"order\",\"member\":\"member\"}}";

// About 1 KB, as a till sends it.
static const char event[] =
    "{\"order\":{\"id\":\"ord_01J9ZK3V9M5QW8T2R7X4Y6B1CD\",\"amount\":6000,\"items\":["
    "{\"sku\":\"COFFEE-ARABICA-250\",\"category\":\"coffee\",\"quantity\":1,\"net\":1200,"
    "\"name\":\"Arabica from the highlands, 250 g\",\"brand\":\"Luna\",\"gross\":1440},"
    "{\"sku\":\"MUG-BLUE-LARGE\",\"category\":\"product\",\"quantity\":2,\"net\":1500,"
    "\"name\":\"Blue mug, large, hand made in Lyon\",\"brand\":\"Terre\",\"gross\":1800},"
    "{\"sku\":\"SMOOTHIE-MANGO\",\"category\":\"smoothie\",\"quantity\":1,\"net\":500,"
    "\"name\":\"Mango smoothie with ginger\",\"brand\":\"Luna\",\"gross\":600},"
    "{\"sku\":\"SMOOTHIE-BERRY\",\"category\":\"smoothie\",\"quantity\":2,\"net\":1000,"
    "\"name\":\"Berry smoothie with oats\",\"brand\":\"Luna\",\"gross\":1200},"
    "{\"sku\":\"ESPRESSO\",\"category\":\"coffee\",\"quantity\":4,\"net\":800,"
    "\"name\":\"Espresso\",\"brand\":\"Luna\",\"gross\":960}]},"
    "\"member\":{\"id\":\"mem_01J9ZK3V9M5QW8T2R7X4Y6B1CD\",\"points\":120,"
    "\"segments\":[\"student\",\"vip\"]}}";

static unsigned long n_mallocs;
static void *(*real_malloc)(size_t);

// Counts what the library asks the system for.
void *malloc(size_t size)
{
    if (!real_malloc)
        real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    n_mallocs++;
    return real_malloc(size);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cel_prog *compile(const struct cel_env *env, struct arena *arena, const char *text)
{
    struct cel_diags diags;
    cel_diags_init(&diags, arena);
    struct cel_prog *prog = cel_compile(env, arena, str_of(text), "bool", &diags);
    if (!prog) {
        fprintf(stderr, "%s\n", diags.list[0].message);
        exit(1);
    }
    return prog;
}

static bool holds(const struct cel_prog *prog, const struct cel_value *vars, struct arena *arena)
{
    return cel_is_true(cel_eval(prog, vars, arena, NULL, NULL));
}

// Evaluations a second, the best of three runs.
static double rate(const struct cel_prog *prog, const struct cel_value *vars)
{
    struct arena arena;
    double best = 0;
    arena_init(&arena, 262144);
    for (int k = 0; k < 3; k++) {
        long n = 5000000;
        double start = now();
        for (long i = 0; i < n; i++)
            if (!holds(prog, vars, &arena))
                exit(1);
        double r = (double)n / (now() - start);
        best = r > best ? r : best;
    }
    arena_release(&arena);
    return best;
}

static void show_mallocs(const struct cel_prog *one, const struct cel_prog *two,
                         const struct cel_value *vars)
{
    struct arena arena;
    arena_init(&arena, 262144);
    unsigned long before = n_mallocs;
    for (int i = 0; i < 1000; i++)
        if (!holds(one, vars, &arena) || !holds(two, vars, &arena))
            exit(1);
    printf("mallocs %lu\n", n_mallocs - before);
    arena_release(&arena);
}

static void show_compile(const struct cel_env *env)
{
    struct arena arena;
    int n = 20000;
    arena_init(&arena, (size_t)1024 * 1024);
    double start = now();
    for (int i = 0; i < n; i++) {
        arena_clear(&arena);
        compile(env, &arena, e1);
    }
    printf("compile_us %.2f\n", (now() - start) * 1e6 / n);
    arena_release(&arena);
}

static void bind(const struct cel_env *env, struct arena *arena, struct cel_value *vars)
{
    struct cel_diags *diags = ARENA_NEW(arena, struct cel_diags);
    cel_diags_init(diags, arena);
    if (cel_bind_json(env, arena, str_of(event), vars, diags)) {
        fprintf(stderr, "%s\n", diags->n ? diags->list[0].message : "bind");
        exit(1);
    }
}

// Parse and bind an event of 1 KB, then 100 rules over it.
static void show_events(const struct cel_env *env, struct arena *env_arena)
{
    struct cel_prog *rules[100];
    struct arena arena;
    struct cel_value vars[2];
    int n = 50000, matched = 0;
    for (int i = 0; i < 100; i++) {
        struct str text = str_printf(env_arena,
                                     "order.amount >= %d && member.points > %d && "
                                     "\"s%d\" in member.segments",
                                     i * 100, i, i);
        rules[i] = compile(env, env_arena, i % 2 ? str_c(env_arena, text) : e2);
    }
    arena_init(&arena, (size_t)1024 * 1024);
    double start = now();
    for (int i = 0; i < n; i++) {
        arena_clear(&arena);
        bind(env, &arena, vars);
        for (int k = 0; k < 100; k++)
            matched += holds(rules[k], vars, &arena);
    }
    printf("events %.0f\n", n / (now() - start));
    if (matched != n * 50)
        exit(1);
    arena_release(&arena);
}

int main(void)
{
    struct arena arena;
    struct cel_value vars[2];
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    struct cel_env *env = cel_env_new(&arena);
    if (cel_env_from_json(env, str_of(schema))) {
        fprintf(stderr, "%s\n", cel_env_problem(env));
        return 1;
    }
    bind(env, &arena, vars);
    struct cel_prog *one = compile(env, &arena, e1);
    struct cel_prog *two = compile(env, &arena, e2);
    printf("E1 %.0f\nE2 %.0f\n", rate(one, vars), rate(two, vars));
    show_mallocs(one, two, vars);
    show_compile(env);
    show_events(env, &arena);
    arena_release(&arena);
    return 0;
}
