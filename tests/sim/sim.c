// SPDX-License-Identifier: Apache-2.0
// sim.c - seeded histories of a shop, told to the model and to what is being proved, and compared
// after every operation.
//
//   sim --seed N [--ops M]     one history, exactly as it was
//   sim --seeds A..B [--ops M] [--seconds S] [--hashes]
//   ... --flow [--batch N] [--rows]   on a store, at most N operations in one transaction (50)
//
// A failing history is printed with its seed, then made smaller by leaving operations out for as
// long as it still fails; what remains is printed operation by operation.
//
//   V1  A run depends on its seed, the number of operations and the code, on nothing else.
//
// Layer: tests.
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options {
    uint64_t first, last;
    int ops;
    int seconds;
    int batch_max;
    struct fresh fresh; // on PostgreSQL
    bool flow;
    bool hashes, rows;
};

static bool read_number(const char *text, uint64_t *ret, const char **ret_rest)
{
    char *rest;
    *ret = strtoull(text, &rest, 10);
    *ret_rest = rest;
    return rest != text;
}

static bool read_flag(const char *name, struct options *options)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--flow", &options->flow},
                 {"--hashes", &options->hashes},
                 {"--rows", &options->rows}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(name, flags[i].name) == 0)
            return *flags[i].flag = true;
    return false;
}

static bool read_value(const char *name, const char *value, struct options *options)
{
    const struct {
        const char *name;
        int *number;
    } numbers[] = {{"--batch", &options->batch_max},
                   {"--seconds", &options->seconds},
                   {"--ops", &options->ops}};
    const char *rest = "";
    uint64_t n = 0;
    if (!read_number(value, &n, &rest))
        return false;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            *numbers[i].number = (int)n;
            return true;
        }
    }
    options->first = options->last = n;
    if (strcmp(name, "--seed") == 0)
        return true;
    return strcmp(name, "--seeds") == 0 && strncmp(rest, "..", 2) == 0 &&
           read_number(rest + 2, &options->last, &rest);
}

static bool read_options(int argc, char **argv, struct options *ret)
{
    *ret = (struct options){.first = 1, .last = 1, .ops = 300, .batch_max = 50};
    for (int i = 1; i < argc; i++) {
        if (read_flag(argv[i], ret))
            continue;
        if (i + 1 == argc || !read_value(argv[i], argv[i + 1], ret))
            return false;
        i++;
    }
    return ret->ops > 0 && ret->ops <= 10000 && ret->batch_max > 0;
}

// ---- a history in a process of its own, because a broken law aborts

static bool survives(const struct sim *sim, struct sim_report *ret_report)
{
    int ends[2];
    CHECK(pipe(ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct sim_report report;
        close(ends[0]);
        if (sim->quiet)
            (void)!freopen("/dev/null", "w", stderr);
        sim_run(sim, &report);
        ssize_t n = write(ends[1], &report, sizeof report);
        _exit(n == sizeof report ? 0 : 1);
    }
    close(ends[1]);
    bool whole = read(ends[0], ret_report, sizeof *ret_report) == sizeof *ret_report;
    _Static_assert(sizeof *ret_report <= 4096, "a pipe takes it at once");
    close(ends[0]);
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    return whole && status == 0;
}

// Leaves out ever smaller runs of operations for as long as the history still fails.
static void shrink(struct sim *sim, struct arena *arena)
{
    struct sim_report report;
    sim->quiet = true;
    time_t until = time(NULL) + 60;
    for (int size = sim->n_ops / 2; size > 0; size /= 2) {
        for (int at = 0; at + size <= sim->n_ops && time(NULL) < until;) {
            struct op *ops = arena_try_array(arena, (size_t)sim->n_ops, sizeof *ops);
            CHECK(ops != NULL);
            memcpy(ops, sim->ops, (size_t)at * sizeof *ops);
            memcpy(ops + at, sim->ops + at + size, (size_t)(sim->n_ops - at - size) * sizeof *ops);
            struct sim smaller = *sim;
            smaller.ops = ops;
            smaller.n_ops = sim->n_ops - size;
            if (survives(&smaller, &report))
                at += size;
            else
                *sim = smaller;
        }
    }
    sim->quiet = false;
}

static bool run_seed(uint64_t seed, const struct options *options, struct sim_report *ret_report)
{
    struct sim sim = {.seed = seed,
                      .flow = options->flow,
                      .n_ops = options->ops,
                      .batch_max = options->batch_max,
                      .fresh = options->fresh.name.n ? &options->fresh : NULL,
                      .rows = options->rows};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 30);
    sim.ops = arena_try_array(&arena, (size_t)sim.n_ops, sizeof *sim.ops);
    CHECK(sim.ops != NULL);
    struct plan plan;
    plan_init(&plan, seed);
    for (int i = 0; i < sim.n_ops; i++)
        sim.ops[i] = plan_op(&plan);
    bool good = survives(&sim, ret_report);
    if (!good) {
        printf("seed %llu fails: sim%s --seed %llu --ops %d\n", (unsigned long long)seed,
               options->flow ? " --flow" : "", (unsigned long long)seed, options->ops);
        shrink(&sim, &arena);
        printf("%d operations are enough:\n", sim.n_ops);
        sim.loud = true;
        (void)survives(&sim, ret_report);
        fflush(NULL);
    }
    arena_release(&arena);
    return good;
}

static void print_state(uint64_t seed, const struct state_hash *state)
{
    for (int i = 0; i < STATE_PARTS; i++)
        if (state->parts[i].n_rows > 0)
            printf("seed %llu %s %lld rows %016llx\n", (unsigned long long)seed, state_part_name(i),
                   (long long)state->parts[i].n_rows, (unsigned long long)state->parts[i].hash);
}

// What never occurs is not compared.
static int count_missing(const struct state_hash *seen)
{
    int n = 0;
    for (int i = 0; i < STATE_PARTS; i++) {
        if (seen->parts[i].n_rows == 0) {
            printf("no seed ends with %s\n", state_part_name(i));
            n++;
        }
    }
    return n;
}

static int run_seeds(const struct options *options)
{
    int passed = 0, failed = 0;
    struct state_hash seen = {0};
    int64_t n_ops = 0, n_effects = 0, n_refused = 0;
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    double seconds = 0;
    for (uint64_t seed = options->first; seed <= options->last; seed++) {
        struct sim_report report = {0};
        if (run_seed(seed, options, &report)) {
            passed++;
            n_ops += report.n_ops;
            n_effects += report.n_effects;
            n_refused += report.n_refused;
            if (options->hashes)
                print_state(seed, &report.state);
            for (int i = 0; i < STATE_PARTS; i++)
                seen.parts[i].n_rows += report.state.parts[i].n_rows;
        } else {
            failed++;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        seconds = (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
        if (failed >= 5 || (options->seconds > 0 && seconds > options->seconds))
            break;
    }
    printf("%d passed, %d failed: %lld operations (%lld refused), %lld ledger entries, %.0f "
           "operations/s\n",
           passed, failed, (long long)n_ops, (long long)n_refused, (long long)n_effects,
           (double)n_ops / (seconds > 0 ? seconds : 1));
    return options->hashes && passed >= 50 ? failed + count_missing(&seen) : failed;
}

int main(int argc, char **argv)
{
    struct options options;
    if (!read_options(argc, argv, &options)) {
        fprintf(stderr,
                "usage: sim [--flow [--batch N]] --seed N | --seeds A..B [--ops M] [--seconds S] "
                "[--hashes] [--rows]\n");
        return 2;
    }
    struct arena arena;
    arena_init(&arena, 65536);
    if (options.flow && fresh_wanted())
        options.fresh = fresh_open(&arena);
    int failed = run_seeds(&options);
    if (options.fresh.name.n)
        fresh_close(&options.fresh);
    arena_release(&arena);
    return failed > 0;
}
