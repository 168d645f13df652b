// SPDX-License-Identifier: Apache-2.0
// main.c - durable events a second: the bare loop, and the store beside it.
//
//   store_bench FOLDER [MEMBERS [SECONDS]]
//
// FOLDER keeps the preloaded members for the next run.
#include "shop.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void prepare(const char *folder, struct arena *arena, uint64_t n_members)
{
    struct store_config config = {.data_dir = str_of(folder), .create = true};
    struct shop shop;
    struct store *store;
    enum err e = store_open(&config, &store);

    if (e)
        give_up(folder, err_info(e)->code);
    store_close(store);
    if (raw_is_loaded(folder, n_members))
        return;
    fprintf(stderr, "preloading %llu members\n", (unsigned long long)n_members);
    shop_init(&shop, arena, n_members, 0);
    raw_preload(folder, &shop);
}

// NAME VALUE UNIT RATIO REFERENCE=VALUE, as every bench here.
static void print(const char *what, int group, struct result ours, struct result raw)
{
    printf("store_%s_g%d %.0f events/s %.2f raw_autocheckpoint_1000=%.0f\n", what, group,
           ours.events_per_s, ours.events_per_s / raw.events_per_s, raw.events_per_s);
    printf("store_%s_cpu_g%d %.0f us/event %.2f raw=%.0f\n", what, group, ours.cpu_us_per_event,
           raw.cpu_us_per_event / ours.cpu_us_per_event, raw.cpu_us_per_event);
    printf("store_%s_kb_g%d %.1f KB/event %.2f raw=%.1f\n", what, group, ours.kb_per_event,
           raw.kb_per_event / ours.kb_per_event, raw.kb_per_event);
    printf("store_%s_group_ms_max_g%d %.1f ms %.2f raw=%.1f\n", what, group, ours.stall_ms_max,
           raw.stall_ms_max / ours.stall_ms_max, raw.stall_ms_max);
    printf("store_%s_group_ms_p99_g%d %.1f ms %.2f raw=%.1f\n", what, group, ours.stall_ms_p99,
           raw.stall_ms_p99 / ours.stall_ms_p99, raw.stall_ms_p99);
    printf("store_%s_checkpoint_ms_max_g%d %.1f ms\n", what, group, ours.step_ms_max);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t n_members = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 3;
    struct arena arena;
    struct shop shop;

    if (argc < 2)
        give_up("usage", "store_bench FOLDER [MEMBERS [SECONDS]]");
    arena_init(&arena, (size_t)1 << 20);
    prepare(argv[1], &arena, n_members);
    // Runs on one folder are told apart by the second they began in.
    shop_init(&shop, &arena, n_members, (uint64_t)(time(NULL) - 1700000000));
    static const struct {
        const char *name;
        int group;
        bool keys;
    } runs[] = {{"events", 1, true}, {"events", 100, true}, {"events_without_key", 100, false}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct run run = {argv[1], &shop, runs[i].group, seconds, runs[i].keys};
        struct result raw = raw_run(&run, 1000);
        print(runs[i].name, runs[i].group, store_run(&run), raw);
    }
    arena_release(&arena);
    return 0;
}
