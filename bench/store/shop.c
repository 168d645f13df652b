// SPDX-License-Identifier: Apache-2.0
// shop.c - see shop.h.
#include "shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// xorshift64: good enough for choosing members.
static uint64_t next_random(struct shop *shop)
{
    shop->seed ^= shop->seed << 13;
    shop->seed ^= shop->seed >> 7;
    shop->seed ^= shop->seed << 17;
    return shop->seed;
}

static struct str filler(struct arena *arena, size_t n)
{
    char *p = arena_new(arena, n);

    memset(p, 'x', n);
    return (struct str){p, n};
}

void shop_init(struct shop *shop, struct arena *arena, uint64_t n_members, uint64_t began)
{
    *shop = (struct shop){.n_members = n_members,
                          .seed = 0x9e3779b97f4a7c15U ^ (began * 2654435761U + 1),
                          .n_events = began << 32,
                          .payload = filler(arena, 405),
                          .facts = filler(arena, 120),
                          .reply = filler(arena, 370),
                          .derivation = filler(arena, 220)};
    for (int i = 0; i < TILLS; i++)
        shop->till[i] = began << 32;
}

static struct id id_of(uint8_t first, uint64_t n)
{
    struct id id = {{first}};

    for (int i = 0; i < 8; i++)
        id.b[8 - i] = (uint8_t)(n >> (8 * i));
    return id;
}

struct id shop_member_id(uint64_t member)
{
    return id_of(1, member);
}

uint64_t shop_member_of(struct id member_id)
{
    uint64_t n = 0;

    for (int i = 1; i <= 8; i++)
        n = n << 8 | member_id.b[i];
    return n;
}

void shop_sell_to(struct shop *shop, uint64_t member, struct sale *ret_sale)
{
    uint64_t till = next_random(shop) % TILLS;
    uint64_t n = ++shop->n_events;

    *ret_sale = (struct sale){.member = member,
                              .member_id = shop_member_id(member),
                              .event_id = id_of(2, n),
                              .at_us = INT64_C(1700000000000000) + (int64_t)(n & 0xffffffff) * 100};
    snprintf(ret_sale->external_member, sizeof ret_sale->external_member, "%llu",
             (unsigned long long)member);
    snprintf(ret_sale->source, sizeof ret_sale->source, "till-%03u", (unsigned)till);
    snprintf(ret_sale->external_id, sizeof ret_sale->external_id, "A-%014llu",
             (unsigned long long)++shop->till[till]);
    snprintf(ret_sale->key, sizeof ret_sale->key, "%016llx%010llx",
             (unsigned long long)next_random(shop), (unsigned long long)next_random(shop) >> 24);
}

void shop_sell(struct shop *shop, struct sale *ret_sale)
{
    shop_sell_to(shop, next_random(shop) % shop->n_members + 1, ret_sale);
}

// ---- measuring

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

// Bytes this process handed to write() and its kin.
static uint64_t bytes_written(void)
{
    unsigned long long read_chars = 0;
    unsigned long long written_chars = 0;
    FILE *io = fopen("/proc/self/io", "r");

    if (!io || fscanf(io, "rchar: %llu wchar: %llu", &read_chars, &written_chars) != 2)
        written_chars = 0;
    if (io)
        fclose(io);
    return written_chars;
}

void clock_start(struct clock *clock, struct arena *arena)
{
    *clock = (struct clock){.began = now_s(), .cpu_began = cpu_s(), .bytes_began = bytes_written()};
    clock->group_began = clock->began;
    clock->groups_s = arena_try_array(arena, GROUPS_MAX, sizeof *clock->groups_s);
    if (!clock->groups_s)
        give_up("clock", "no memory");
}

void clock_group(struct clock *clock, int n_events)
{
    double now = now_s();

    if (clock->n_groups < GROUPS_MAX)
        clock->groups_s[clock->n_groups++] = (float)(now - clock->group_began);
    clock->group_began = now;
    clock->n_events += (uint64_t)n_events;
}

void clock_step_begin(struct clock *clock)
{
    clock->step_began = now_s();
}

void clock_step_end(struct clock *clock)
{
    double step_s = now_s() - clock->step_began;

    if (step_s > clock->step_s_max)
        clock->step_s_max = step_s;
}

bool clock_before(const struct clock *clock, double seconds)
{
    return clock->group_began - clock->began < seconds;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

struct result clock_result(struct clock *clock)
{
    double seconds = now_s() - clock->began;
    uint64_t n = clock->n_groups;

    qsort(clock->groups_s, n, sizeof *clock->groups_s, by_value);
    return (struct result){
        .events_per_s = (double)clock->n_events / seconds,
        .cpu_us_per_event = 1e6 * (cpu_s() - clock->cpu_began) / (double)clock->n_events,
        .kb_per_event =
            (double)(bytes_written() - clock->bytes_began) / 1024.0 / (double)clock->n_events,
        .step_ms_max = 1000.0 * clock->step_s_max,
        .stall_ms_max = 1000.0 * (double)clock->groups_s[n - 1],
        .stall_ms_p99 = 1000.0 * (double)clock->groups_s[n * 99 / 100],
    };
}

void give_up(const char *where, const char *why)
{
    fprintf(stderr, "%s: %s\n", where, why);
    exit(1);
}
