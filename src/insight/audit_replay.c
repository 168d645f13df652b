// SPDX-License-Identifier: Apache-2.0
// audit_replay.c - the ledger of one member, told again entry by entry.
//
// What lots, holds and balances must be follows from the entries alone; the caches are looked at
// afterwards (audit_cache.c).
//
// Layer: insight.  Tests: tests/insight/tamper_test.c
#include "insight/audit_replay.h"

#include <string.h>

const struct audit_kind *audit_kind_of(int64_t number)
{
    static const struct audit_kind kinds[] = {
#define EFFECT(number, name, code, debit, credit, lots)                                            \
    [number] = {ACCOUNT_##debit, ACCOUNT_##credit, LOTS_##lots, code},
#include "effects.def"
#undef EFFECT
    };
    bool exists = number > 0 && (size_t)number < sizeof kinds / sizeof *kinds;
    return exists && kinds[number].code ? &kinds[number] : NULL;
}

struct replay *replay_new(struct audit *audit, struct str member_id)
{
    struct replay *replay = arena_new(&audit->member_arena, sizeof *replay);
    replay->audit = audit;
    replay->member_id = member_id;
    replay->member = audit_id(audit, member_id, "mbr");
    return replay;
}

struct str replay_row(struct replay *replay, int64_t seq)
{
    return str_printf(&replay->audit->member_arena, "%.*s seq %lld", STR_FMT(replay->member),
                      (long long)seq);
}

struct balance *replay_balance(struct replay *replay, struct str currency)
{
    return table_get(&replay->balances, &replay->audit->member_arena, currency,
                     sizeof(struct balance));
}

static struct replay_lot *lot_of(struct replay *replay, int64_t seq)
{
    struct str key = {(const char *)&seq, sizeof seq};
    return table_get(&replay->lots, &replay->audit->member_arena, key, 0);
}

static struct replay_taking *taking_of(struct replay *replay, int64_t seq)
{
    struct str key = {(const char *)&seq, sizeof seq};
    return table_get(&replay->takings, &replay->audit->member_arena, key, 0);
}

// A law about the entry that is being told.
static void law(struct replay *replay, bool holds, enum audit_law broken, const char *expected,
                const char *found)
{
    if (!holds)
        audit_find(replay->audit, broken, "ledger_entry", replay_row(replay, replay->row->seq),
                   str_of(expected), str_of(found));
}

// The same for a number; the row's name is only made when it is needed.
static void law_same(struct replay *replay, enum audit_law broken, const char *table,
                     int64_t expected, int64_t found)
{
    if (expected != found)
        audit_same(replay->audit, broken, table, replay_row(replay, replay->row->seq), expected,
                   found);
}

// ---- the row itself

static void check_chain(struct replay *replay, const struct audit_allocations *allocations)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct audit *audit = replay->audit;
    law_same(replay, LAW_SEQ_GAPLESS, "ledger_entry", replay->last_seq + 1, row->seq);
    struct hash hash = audit_entry_hash(audit, row, allocations, &replay->hash);
    law(replay, audit_is_hash(row->hash, &hash), LAW_CHAIN, "the hash of the row", "another hash");
    // Go on from what is stored, so that one damaged row is one finding.
    replay->hash = hash;
    if (row->hash.n == sizeof hash.b)
        memcpy(replay->hash.b, row->hash.p, sizeof hash.b);
    law(replay, row->recorded_us >= replay->recorded_us, LAW_RECORDED_ORDER,
        "not before the entry before it", "earlier");
    replay->last_seq = row->seq;
    replay->recorded_us = row->recorded_us;
}

static void check_columns(struct replay *replay, const struct audit_kind *info)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    law(replay, row->debit == (int64_t)info->debit && row->credit == (int64_t)info->credit,
        LAW_ACCOUNTS, "the accounts of its kind", "others");
    law(replay, row->units > 0 && row->units <= ((int64_t)1 << 53) - 1, LAW_AMOUNT,
        "1 to 9007199254740991", "outside");
    bool opens = info->lots == LOTS_OPENS;
    law(replay, row->has_activates_us == opens && (opens || !row->has_expires_us), LAW_LOT_TERMS,
        opens ? "times of its lot" : "no times of a lot", opens ? "none" : "some");
    law(replay, !opens || !row->has_expires_us || row->expires_us > row->activates_us,
        LAW_LOT_TERMS, "expiry after activation", "before");
    law(replay, audit_program(replay->audit, row->program_version) != NULL, LAW_PROGRAM,
        "a version that exists", "none");
}

// ---- lots

static bool comes_before(const struct replay_lot *a, const struct replay_lot *b)
{
    if (a->expires_us != b->expires_us)
        return a->expires_us < b->expires_us;
    if (a->activates_us != b->activates_us)
        return a->activates_us < b->activates_us;
    return a->seq < b->seq;
}

static void open_lot(struct replay *replay, bool pending)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct arena *arena = &replay->audit->member_arena;
    struct replay_lot *lot =
        table_get(&replay->lots, arena, table_number(arena, row->seq), sizeof *lot);
    *lot =
        (struct replay_lot){.seq = row->seq,
                            .currency = str_dup(arena, row->currency),
                            .units = row->units,
                            .remaining = row->units,
                            .pending = pending,
                            .activates_us = row->activates_us,
                            .expires_us = row->has_expires_us ? row->expires_us : NEVER_US,
                            .order_id = row->order_id.p ? str_dup(arena, row->order_id) : STR_NONE};
    lot->next_open = replay->open;
    replay->open = lot;
}

// Lots that are empty leave the list of open ones.
static void close_lots(struct replay *replay)
{
    for (struct replay_lot **at = &replay->open; *at;) {
        if ((*at)->remaining == 0) {
            (*at)->is_closed = true;
            *at = (*at)->next_open;
        } else {
            at = &(*at)->next_open;
        }
    }
}

static bool is_own(const struct replay *replay, const struct replay_lot *lot)
{
    return replay->row->order_id.p && lot->order_id.p &&
           str_eq(lot->order_id, replay->row->order_id);
}

// Which lots a debit chooses from.
struct choice {
    bool pending;
    int own; // only lots of the entry's order (1), only others (0), all (-1)
};

static bool is_chosen(const struct replay *replay, struct choice choice,
                      const struct replay_lot *lot)
{
    return choice.own < 0 || is_own(replay, lot) == choice.own;
}

static bool can_give(const struct replay *replay, struct choice choice,
                     const struct replay_lot *lot)
{
    return lot->remaining > 0 && lot->pending == choice.pending &&
           str_eq(lot->currency, replay->row->currency) && is_chosen(replay, choice, lot) &&
           lot->expires_us > replay->row->effective_us;
}

// Nothing that comes before the last lot touched may have been passed over.
static void check_order(struct replay *replay, const struct audit_allocations *allocations,
                        struct choice choice)
{
    const struct replay_lot *last = NULL;
    for (size_t i = 0; i < allocations->n; i++) {
        const struct replay_lot *lot = lot_of(replay, allocations->list[i].lot_seq);
        if (lot && is_chosen(replay, choice, lot) && (!last || comes_before(last, lot)))
            last = lot;
    }
    for (const struct replay_lot *lot = replay->open; last && lot; lot = lot->next_open)
        law(replay, lot == last || !can_give(replay, choice, lot) || !comes_before(lot, last),
            LAW_CONSUMPTION, "the lot that expires first", "a later one");
}

// A claw-back takes from its order's lots before it touches others.
static void check_clawback(struct replay *replay, const struct audit_allocations *allocations)
{
    bool others = false;
    for (size_t i = 0; i < allocations->n; i++) {
        const struct replay_lot *lot = lot_of(replay, allocations->list[i].lot_seq);
        others = others || (lot && !is_own(replay, lot));
    }
    struct choice own = {.own = 1}, other = {.own = 0};
    for (const struct replay_lot *lot = replay->open; others && lot; lot = lot->next_open)
        law(replay, !can_give(replay, own, lot), LAW_CONSUMPTION, "the order's own lots first",
            "others");
    check_order(replay, allocations, own);
    check_order(replay, allocations, other);
}

static void take_from(struct replay *replay, struct replay_lot *lot, int64_t units, int kind)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    bool pending = kind == EFFECT_CLAWBACK_PENDING;
    law(replay, str_eq(lot->currency, row->currency) && lot->pending == pending, LAW_LOT_KIND,
        pending ? "a pending lot of the currency" : "a spendable lot of the currency", "another");
    law(replay, units > 0 && units <= lot->remaining, LAW_LOT_BOUNDS, "at most what is left",
        "more");
    if (kind == EFFECT_EXPIRE)
        law(replay, units == lot->remaining && row->effective_us >= lot->expires_us, LAW_EXPIRY,
            "the whole lot, when its time has come", "a part, or too early");
    else
        law(replay, row->effective_us < lot->expires_us, LAW_EXPIRY, "a lot that has not expired",
            "one that has");
    lot->remaining -= units;
}

static void give_to(struct replay *replay, struct replay_lot *lot, int64_t units)
{
    law(replay, str_eq(lot->currency, replay->row->currency), LAW_LOT_KIND, "a lot of the currency",
        "another");
    law(replay, units > 0 && units <= lot->units - lot->remaining, LAW_LOT_BOUNDS,
        "at most what was taken", "more");
    lot->remaining += units;
    if (lot->is_closed) {
        lot->is_closed = false;
        lot->next_open = replay->open;
        replay->open = lot;
    }
}

static void move_lots(struct replay *replay, const struct audit_allocations *allocations,
                      enum lot_use use)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    bool touches = use == LOTS_TAKES || use == LOTS_RETURNS;
    int64_t sum = 0;
    for (size_t i = 0; i < allocations->n; i++) {
        const struct sql_audit_allocation_page_out *allocation = &allocations->list[i];
        struct replay_lot *lot = lot_of(replay, allocation->lot_seq);
        law(replay, lot != NULL, LAW_LOT_BOUNDS, "a lot that exists", "none");
        if (__builtin_add_overflow(sum, allocation->units, &sum))
            sum = -1;
        if (lot && use == LOTS_TAKES)
            take_from(replay, lot, allocation->units, (int)row->kind);
        else if (lot && use == LOTS_RETURNS)
            give_to(replay, lot, allocation->units);
    }
    law_same(replay, LAW_ALLOCATION_SUM, "allocation", touches ? row->units : 0, sum);
    if (use != LOTS_TAKES)
        return;
    if (row->kind == EFFECT_CLAWBACK)
        check_clawback(replay, allocations);
    else if (row->kind == EFFECT_CLAWBACK_PENDING)
        check_order(replay, allocations, (struct choice){.pending = true, .own = 1});
    else if (row->kind != EFFECT_EXPIRE)
        check_order(replay, allocations, (struct choice){.own = -1});
    close_lots(replay);
}

// ---- kinds with a partner

static void activate(struct replay *replay)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct replay_lot *lot = row->has_ref_seq ? lot_of(replay, row->ref_seq) : NULL;
    bool good = lot && lot->pending && lot->remaining == row->units &&
                str_eq(lot->currency, row->currency) && row->effective_us >= lot->activates_us;
    law(replay, good, LAW_ACTIVATION, "what is left of a pending lot, when its time has come",
        "something else");
    if (lot)
        lot->pending = false;
}

static void keep_taking(struct replay *replay, const struct audit_allocations *allocations)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct arena *arena = &replay->audit->member_arena;
    struct replay_taking *taking =
        table_get(&replay->takings, arena, table_number(arena, row->seq), sizeof *taking);
    *taking = (struct replay_taking){.seq = row->seq,
                                     .kind = (int)row->kind,
                                     .currency = str_dup(arena, row->currency),
                                     .units = row->units,
                                     .allocations = *allocations,
                                     .redemption_id = row->redemption_id.p
                                                          ? str_dup(arena, row->redemption_id)
                                                          : STR_NONE};
}

static bool same_allocations(const struct audit_allocations *a, const struct audit_allocations *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->list[i].lot_seq != b->list[i].lot_seq || a->list[i].units != b->list[i].units)
            return false;
    return true;
}

// CAPTURE and RELEASE end a hold.
static void end_hold(struct replay *replay, const struct audit_allocations *allocations)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct replay_taking *hold = row->has_ref_seq ? taking_of(replay, row->ref_seq) : NULL;
    bool good = hold && hold->kind == EFFECT_HOLD && !hold->ended && hold->units == row->units &&
                str_eq(hold->currency, row->currency) &&
                str_eq(hold->redemption_id, row->redemption_id) &&
                (row->kind == EFFECT_CAPTURE || same_allocations(&hold->allocations, allocations));
    law(replay, good, LAW_HOLD_ONCE, "an open hold, whole", "something else");
    if (!hold)
        return;
    hold->ended = true;
    if (row->kind == EFFECT_CAPTURE) {
        keep_taking(replay, &hold->allocations);
        taking_of(replay, row->seq)->kind = EFFECT_CAPTURE;
    }
}

// RETURN undoes a REDEEM or a CAPTURE.
static void undo(struct replay *replay, const struct audit_allocations *allocations)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct replay_taking *spent = row->has_ref_seq ? taking_of(replay, row->ref_seq) : NULL;
    bool good = spent && (spent->kind == EFFECT_REDEEM || spent->kind == EFFECT_CAPTURE) &&
                !spent->ended && spent->units == row->units &&
                str_eq(spent->currency, row->currency) &&
                str_eq(spent->redemption_id, row->redemption_id) &&
                same_allocations(&spent->allocations, allocations);
    law(replay, good, LAW_RETURN_EXACT, "what a redemption took, once", "something else");
    if (spent)
        spent->ended = true;
}

static void pair_up(struct replay *replay, const struct audit_allocations *allocations)
{
    switch ((int)replay->row->kind) {
    case EFFECT_ACTIVATE:
        activate(replay);
        break;
    case EFFECT_REDEEM:
    case EFFECT_HOLD:
        keep_taking(replay, allocations);
        break;
    case EFFECT_CAPTURE:
    case EFFECT_RELEASE:
        end_hold(replay, allocations);
        break;
    case EFFECT_RETURN:
        undo(replay, allocations);
        break;
    default:
        break;
    }
}

// ---- sums

static int64_t *account_of(struct balance *balance, enum account account)
{
    switch (account) {
    case ACCOUNT_AVAILABLE:
        return &balance->available;
    case ACCOUNT_PENDING:
        return &balance->pending;
    case ACCOUNT_HELD:
        return &balance->held;
    case ACCOUNT_DEBT:
        return &balance->debt;
    default:
        return NULL;
    }
}

static void post(struct replay *replay, const struct audit_kind *info)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct balance *balance = replay_balance(replay, row->currency);
    int64_t *debit = account_of(balance, info->debit);
    int64_t *credit = account_of(balance, info->credit);
    // Debt is owed: its account goes the other way.
    if (debit)
        *debit += info->debit == ACCOUNT_DEBT ? row->units : -row->units;
    if (credit)
        *credit += info->credit == ACCOUNT_DEBT ? -row->units : row->units;
    law(replay,
        balance->available >= 0 && balance->pending >= 0 && balance->held >= 0 &&
            balance->debt >= 0,
        LAW_FLOOR, "0 or more", "less");
}

// issued - redeemed - expired - reversed + adjusted is what members have, less what they owe.
static void add_totals(struct replay *replay, const struct audit_kind *info)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    struct audit_currency *total = audit_currency(replay->audit, row->currency);
    if (info->debit == ACCOUNT_ISSUANCE)
        total->issued += row->units;
    if (info->credit == ACCOUNT_ISSUANCE)
        total->reversed += row->units;
    if (info->credit == ACCOUNT_REDEMPTION)
        total->redeemed += row->units;
    if (info->debit == ACCOUNT_REDEMPTION)
        total->redeemed -= row->units;
    if (info->credit == ACCOUNT_BREAKAGE)
        total->expired += row->units;
    if (info->debit == ACCOUNT_ADJUSTMENT)
        total->adjusted += row->units;
    if (info->credit == ACCOUNT_ADJUSTMENT)
        total->adjusted -= row->units;
}

static void add_order(struct replay *replay, const struct audit_kind *info)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    if (!row->order_id.p || (info->debit != ACCOUNT_ISSUANCE && info->credit != ACCOUNT_ISSUANCE))
        return;
    struct arena *arena = &replay->audit->member_arena;
    struct str key = str_printf(arena, "%.*s ", STR_FMT(row->currency));
    struct buf bytes;
    buf_init(&bytes, arena);
    buf_str(&bytes, key);
    buf_str(&bytes, row->order_id);
    struct replay_order *order = table_get(&replay->orders, arena, buf_text(&bytes), sizeof *order);
    if (info->debit == ACCOUNT_ISSUANCE)
        order->earned += row->units;
    else
        order->clawed += row->units;
    order->carried += replay_carried(replay);
    law(replay, order->clawed <= order->earned + order->carried, LAW_CLAWBACK,
        "at most what the order earned", "more");
}

static void add_redemption(struct replay *replay)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    if (!row->redemption_id.p)
        return;
    struct arena *arena = &replay->audit->member_arena;
    struct replay_spending *spending =
        table_get(&replay->spendings, arena, row->redemption_id, sizeof *spending);
    spending->n[row->kind]++;
    if (spending->first_seq == 0) {
        spending->first_seq = row->seq;
        spending->made_us = row->effective_us;
    }
    spending->changed_us = row->effective_us;
    if (row->kind != EFFECT_REDEEM && row->kind != EFFECT_HOLD)
        return;
    spending->version = row->program_version;
    struct spending_cost *cost = arena_new(arena, sizeof *cost);
    *cost = (struct spending_cost){spending->costs, str_dup(arena, row->currency), row->units};
    spending->costs = cost;
    if (row->kind == EFFECT_HOLD)
        spending->until_us = replay_until(replay);
}

static void add_rule(struct replay *replay)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    if (!row->rule_id.p || (row->kind != EFFECT_EARN && row->kind != EFFECT_EARN_PENDING))
        return;
    struct replay_rule *rule =
        table_get(&replay->rules, &replay->audit->member_arena, row->rule_id, sizeof *rule);
    rule->units += row->units;
    rule->times++;
}

// An entry that names no event came of time, a redemption or a hand; all others lie in their
// event's range, which audit_event.c looks at from the event's side.
static void check_event(struct replay *replay)
{
    const struct sql_audit_entry_page_out *row = replay->row;
    if (!row->event_id.p || (replay->event_id.p && str_eq(row->event_id, replay->event_id))) {
        law(replay, !row->event_id.p || row->seq <= replay->event_last_seq, LAW_EVENT_RANGE,
            "within the entries of its event", "beyond them");
        return;
    }
    struct audit *audit = replay->audit;
    struct sql_audit_event_get_in in = {.tenant_id = audit->tenant_id, .event_id = row->event_id};
    struct sql_audit_event_get_out event = {0};
    enum err e = sql_audit_event_get(audit->db, &in, &audit->member_arena, &event);
    bool good = !e && str_eq(event.member_id, row->member_id) && row->seq == event.first_seq;
    law(replay, good, LAW_EVENT_RANGE, "the first entry of an event of this member",
        "something else");
    replay->event_id = str_dup(&audit->member_arena, row->event_id);
    replay->event_last_seq = good ? event.last_seq : INT64_MAX;
}

void replay_entry(struct replay *replay, const struct sql_audit_entry_page_out *row,
                  const struct audit_allocations *allocations)
{
    replay->row = row;
    replay->json = NULL;
    check_chain(replay, allocations);
    const struct audit_kind *info = audit_kind_of(row->kind);
    law(replay, info != NULL, LAW_ACCOUNTS, "a kind that exists", "none");
    if (!info)
        return;
    check_columns(replay, info);
    check_event(replay);
    if (info->lots == LOTS_OPENS)
        open_lot(replay, row->kind == EFFECT_EARN_PENDING);
    move_lots(replay, allocations, info->lots);
    pair_up(replay, allocations);
    post(replay, info);
    add_totals(replay, info);
    add_order(replay, info);
    add_redemption(replay);
    add_rule(replay);
    if (replay->audit->n_seals &&
        row->recorded_us <= replay->audit->seals[replay->audit->n_seals - 1].at_us) {
        replay->sealed_seq = row->seq;
        memcpy(replay->sealed_hash.b, replay->hash.b, sizeof replay->hash.b);
    }
}

void replay_end(struct replay *replay)
{
    if (replay->sealed_seq)
        audit_sealed(replay->audit, 1, replay->member_id, replay->sealed_seq,
                     (struct str){(const char *)replay->sealed_hash.b, 32});
    for (const struct table_item *item = replay->balances.first; item; item = item->next) {
        const struct balance *balance = item->value;
        audit_check(replay->audit, balance->debt == 0 || balance->available == 0, LAW_DEBT_FIRST,
                    "ledger_entry", replay_row(replay, replay->last_seq), "no debt or no balance",
                    "both");
    }
}
