// SPDX-License-Identifier: Apache-2.0
// model.h - the reference model: what the numbers must be, computed as naively as possible.
//
// Written from docs and headers alone, to be compared with the engine.  It keeps three lists that
// only grow (events, ledger entries, counts) and no balance, no remaining, no counter: each is
// added up again from its list whenever it is asked for.  It takes the parsed programme and the
// structs of an event from src/, but calls nothing of src/engine; roundings, shares and limits are
// its own.
//
//   M1  Nothing in a list is changed once it stands there.
//   M2  Lots are named by the index of their entry; the engine's seq is not known here.
//
// Layer: tests.  Used by: tests/sim/, tests/model/model_test.c
#pragma once

#include "engine/event.h"
#include "engine/state.h"
#include "program/program.h"

enum model_kind {
#define EFFECT(number, name, code, debit, credit, lots) MODEL_##name = number,
#include "effects.def"
#undef EFFECT
    MODEL_KINDS
};

struct model_take {
    int lot;
    int64_t units;
};

struct model_entry {
    int member, currency;
    enum model_kind kind;
    int64_t units;
    int64_t at_us, activates_us, expires_us; // the last two of a lot
    int order;                               // index of the event whose units these are, or -1
    int redemption;                          // -1: none
    int ref;                                 // ACTIVATE: the lot; CAPTURE, RELEASE: the hold
    int take, n_takes;
};

// How much something that is limited or summed was counted, and for whom.
struct model_count {
    uint64_t key; // of owner, name and period
    int64_t delta;
};

// A line as the model prices it.
struct model_line {
    int64_t quantity, gross, discount, net, tax, tender, paid;
    bool eligible;
};

#define MODEL_LINES 16
struct model_order {
    struct model_line lines[MODEL_LINES];
    size_t n;
    int64_t gross, net, paid;
};

// What expressions may look at.
struct model_facts {
    const struct event *event;
    const struct model_order *order; // NULL: none
    int64_t orders, spend, visits;
    int64_t enrolled_us;
};

struct model_event {
    int member;
    const struct event *event;
    const struct program *program;
    int n_counts, n_entries;       // how much the lists held when it was judged
    int64_t returned[MODEL_LINES]; // kept as a running sum over refunds
    bool visible;                  // false: refused
};

struct model_redemption {
    int member, reward;
    const struct program *program;
    int64_t hold_until_us; // holds only
};

struct model_member {
    int64_t enrolled_us;
};

struct model {
    struct arena *arena;
    // What a rule's expressions say; the model reads no CEL.
    bool (*when)(const struct program_rule *rule, const struct model_facts *facts);
    bool (*wants_line)(const struct program_rule *rule, const struct order_line *line,
                       const struct model_line *kept);
    struct model_member *members;
    struct model_event *events;
    struct model_entry *entries;
    struct model_take *takes;
    struct model_count *counts;
    struct model_redemption *redemptions;
    int n_members, n_events, n_entries, n_takes, n_counts, n_redemptions;
    int64_t forgiven; // claw-backs that found nothing and are not owed
};

// Room for that many of the busiest list; the rest follows from it.
void model_init(struct model *model, struct arena *arena, int room);

int model_enrol(struct model *model, int64_t at_us);
// Everything that becomes due by itself up to and with the instant.
void model_advance(struct model *model, int member, int64_t to_us);
// The event must stay where it is.  Returns its index.
int model_event(struct model *model, int member, const struct program *program,
                const struct event *event);
// returned: quantity by line of the order's event, in this refund alone.
// now: the newest programme, whose policy decides on what cannot be taken.
enum err model_refund(struct model *model, const struct program *now, int order,
                      const int64_t *returned, int64_t at_us);
// hold_until_us 0: at once.
enum err model_redeem(struct model *model, int member, const struct program *program, int reward,
                      int64_t at_us, int64_t hold_until_us, int *ret_redemption);
enum err model_capture(struct model *model, int redemption, int64_t at_us);
enum err model_release(struct model *model, int redemption, int64_t at_us);
enum err model_reverse(struct model *model, int redemption, int64_t at_us);
enum err model_adjust(struct model *model, int member, const struct program *program, int currency,
                      int64_t units, int64_t at_us);

// ---- what it all comes to

struct wallet model_wallet(const struct model *model, int member, int currency);
// The open lots in the order of consumption; lot.seq is the entry's index, order_id the event's.
int model_lots(const struct model *model, int member, struct lot *lots, int room);
// Open holds of a redemption, in units of the currency.
int64_t model_held(const struct model *model, int redemption, int currency);
// The sum of all entries of that kind and currency of one member.
int64_t model_total(const struct model *model, int member, int currency, enum model_kind kind);

// ---- inside the model

void model_price(const struct event *event, const struct program *program,
                 struct model_order *ret_order);
void model_without(const struct event *event, const struct model_order *order,
                   const int64_t *returned, struct model_order *ret_order);
int64_t model_round(int64_t a, int64_t b, int64_t c, enum rounding mode);
uint64_t model_key(enum limit_scope scope, int member, struct str store, const char *name,
                   int64_t period);
int64_t model_counted(const struct model *model, int n_counts, uint64_t key);
void model_count(struct model *model, uint64_t key, int64_t delta);
struct model_entry *model_add(struct model *model, int member, int currency, enum model_kind kind,
                              int64_t units, int64_t at_us);
// Units left of a lot; whether it waits for its activation.
int64_t model_left(const struct model *model, int lot);
bool model_is_pending(const struct model *model, int lot);
// Takes up to units from lots that fit, in the order of consumption, as one entry of that kind;
// returns what was found.
struct model_taking {
    int member, currency;
    enum model_kind kind;
    int64_t at_us;
    int order; // only its lots; -1: any
    bool pending;
    int redemption; // -1: none
};
int64_t model_take(struct model *model, struct model_taking taking, int64_t units);
// What is left of the lot is no longer worth anything.
void model_expire(struct model *model, int lot, int64_t at_us);
void model_repay(struct model *model, int member, int currency, int64_t units, int64_t at_us);
int64_t model_expiry(const struct program *program, const struct expiry *expiry,
                     int64_t activates_us);
