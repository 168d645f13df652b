// SPDX-License-Identifier: Apache-2.0
// world.h - a business in memory: members, orders, redemptions and a log of every effect.
//
// It does what the flow does without a store: advance to now, decide, apply.  Around every decision
// it checks the laws of docs/ledger.md, so that whatever a test does is a test of them as well:
// the same question gives the same answer twice, the state it was asked about is untouched, wallets
// are the sum of lots and of all effects, lots stand in order and keep what their allocations say.
#pragma once

#include "engine/engine.h"

#define WORLD_MEMBERS 8
#define WORLD_ORDERS 64
#define WORLD_REDEMPTIONS 64
#define WORLD_VERSIONS 8

struct world_member {
    struct str name;
    struct member_state state;
};

struct world_order {
    struct str name;
    struct world_member *member;
    const struct program *program; // by which it was judged
    struct event event;
    struct event_facts facts;
    struct returned *returned; // in all, so far
    size_t n_returned;
};

struct world_redemption {
    struct str name;
    struct world_member *member;
    struct str reward_id;
    struct id id;
};

struct world_entry {
    struct world_member *member;
    struct effect effect;
};

struct world {
    struct arena arena;
    const struct program *program;
    int64_t now_us;
    struct world_member members[WORLD_MEMBERS];
    size_t n_members;
    struct world_member *member; // the current one
    struct world_order orders[WORLD_ORDERS];
    size_t n_orders;
    struct world_redemption redemptions[WORLD_REDEMPTIONS];
    size_t n_redemptions;
    struct counters shared; // name prefixed by the store
    struct world_entry *log;
    size_t n_log, room_log;
    struct decision last; // of the latest operation, without the advance before it
    uint64_t next_id;
};

void world_init(struct world *world);
void world_release(struct world *world);
// A document, completed by an id, a name, Europe/Paris, EUR and points where it does not say.
// Fails the test when it does not compile.
void world_program(struct world *world, struct str json);
struct world_member *world_member(struct world *world, struct str name);

// Instants of the programme's zone: "2026-11-21", "2026-11-21T10:00", "2026-11-21T10:00:30".
bool world_time(const struct world *world, struct str text, int64_t *ret_us);

// ---- what happens; each advances the current member to now first
void world_advance(struct world *world, int64_t to_us);
enum err world_event(struct world *world, struct str name, const struct event *event);
enum err world_refund(struct world *world, struct str name, const struct returned *returned,
                      size_t n);
enum err world_redeem(struct world *world, struct str reward, struct str name,
                      int64_t hold_until_us);
enum err world_capture(struct world *world, struct str name);
enum err world_release_hold(struct world *world, struct str name);
enum err world_reverse(struct world *world, struct str name);
enum err world_adjust(struct world *world, int currency, int64_t units, struct str note);

struct world_order *world_order(struct world *world, struct str name);
struct shared_counters world_shared(struct world *world);
// The laws, for the member.
void world_check(struct world *world, const struct world_member *member);
