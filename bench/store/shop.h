// SPDX-License-Identifier: Apache-2.0
// shop.h - what happens in the bench's shop: one member of many buys something at one of 200 tills.
//
// Both ways of writing an event, the bare loop and the store, write the rows that this describes.
#pragma once

#include "base/id.h"
#include "base/text.h"

#define TENANT 1
#define TILLS 200
#define EXPIRES_US INT64_C(1800000000000000)

struct shop {
    uint64_t n_members;
    uint64_t seed;
    uint64_t n_events;    // so far; never the same again in one data folder
    uint64_t till[TILLS]; // receipts: each till counts its own
    struct str payload, facts, reply, derivation;
};

struct sale {
    uint64_t member; // 1..n_members
    struct id member_id;
    struct id event_id;
    int64_t at_us;
    char external_member[24];
    char source[24];
    char external_id[40];
    char key[40]; // of idempotency: random, as clients make them
};

// Same numbers for every run on a fresh folder; `began` keeps runs on one folder apart.
void shop_init(struct shop *shop, struct arena *arena, uint64_t n_members, uint64_t began);
struct id shop_member_id(uint64_t member);
uint64_t shop_member_of(struct id member_id);
// The next sale, to a random member.
void shop_sell(struct shop *shop, struct sale *ret_sale);
void shop_sell_to(struct shop *shop, uint64_t member, struct sale *ret_sale);

// ---- both ways to write

struct result {
    double events_per_s;
    double cpu_us_per_event; // user and system, all threads
    double kb_per_event;     // written to the log and, in a checkpoint, to the file
    double stall_ms_max; // longest time from the beginning of a group to the beginning of the next
    double stall_ms_p99;
    double step_ms_max; // longest step of a checkpoint; 0 for the bare loop
};

struct run {
    const char *folder;
    struct shop *shop;
    int group;
    double seconds;
    bool keys; // with idempotency rows
};

// The bare loop: prepared statements of SQLite and nothing else; it checkpoints by itself every
// `autocheckpoint` pages.
struct result raw_run(const struct run *run, int autocheckpoint);
// The same members and one sale to each, without syncing.
void raw_preload(const char *folder, struct shop *shop);
// True when the folder has as many members.
bool raw_is_loaded(const char *folder, uint64_t n_members);

// Through the functions of the store, as the flow calls them, with its own pace of checkpoints.
struct result store_run(const struct run *run);

// ---- measuring

struct clock {
    double began, group_began, cpu_began, step_began, step_s_max;
    uint64_t n_events, n_groups, bytes_began;
    float *groups_s; // room for GROUPS_MAX
};
#define GROUPS_MAX ((size_t)1 << 20)
void clock_start(struct clock *clock, struct arena *arena);
void clock_group(struct clock *clock, int n_events);
// Between these two the store checkpoints.
void clock_step_begin(struct clock *clock);
void clock_step_end(struct clock *clock);
bool clock_before(const struct clock *clock, double seconds);
struct result clock_result(struct clock *clock);
// Says where and why, and ends.
_Noreturn void give_up(const char *where, const char *why);
