// SPDX-License-Identifier: Apache-2.0
// audit_cache.c - what is kept of a member to be fast, and its redemptions, against its ledger.
//
// Layer: insight.  Tests: tests/insight/tamper_test.c
#include "insight/audit_replay.h"

#include <string.h>

enum cache_kind { CACHE_HEAD, CACHE_WALLET, CACHE_LOT, CACHE_COUNTER };

static struct str row_text(struct replay *replay, const char *what, struct str name)
{
    return str_printf(&replay->audit->member_arena, "%.*s %s %.*s", STR_FMT(replay->member), what,
                      STR_FMT(name));
}

// ---- head

static int64_t due_of(const struct replay *replay)
{
    int64_t due_us = NEVER_US;
    for (const struct replay_lot *lot = replay->open; lot; lot = lot->next_open) {
        int64_t at_us = lot->pending ? lot->activates_us : lot->expires_us;
        due_us = at_us < due_us ? at_us : due_us;
    }
    for (const struct table_item *item = replay->takings.first; item; item = item->next) {
        const struct replay_taking *taking = item->value;
        if (taking->kind != EFFECT_HOLD || taking->ended)
            continue;
        const struct replay_spending *spending =
            table_get((struct table *)&replay->spendings, NULL, taking->redemption_id, 0);
        if (spending && spending->until_us && spending->until_us < due_us)
            due_us = spending->until_us;
    }
    return due_us;
}

static void check_head(struct replay *replay, const struct sql_audit_cache_page_out *row)
{
    struct audit *audit = replay->audit;
    struct str name = row_text(replay, "head", STR(""));
    replay->has_head = true;
    audit_same(audit, LAW_HEAD, "member_cache", name, replay->last_seq, row->last_seq);
    audit_same(audit, LAW_HEAD, "member_cache", name, replay->recorded_us, row->recorded_us);
    audit_check(audit, audit_is_hash(row->hash, &replay->hash), LAW_HEAD, "member_cache", name,
                "the hash of the last entry", "another");
    audit_same(audit, LAW_HEAD, "member_cache", name, due_of(replay),
               row->has_due_us ? row->due_us : NEVER_US);
}

// ---- wallets and lots

static void check_wallet(struct replay *replay, const struct sql_audit_cache_page_out *row)
{
    struct audit *audit = replay->audit;
    struct str name = row_text(replay, "wallet", row->name);
    struct balance *balance = replay_balance(replay, row->name);
    balance->was_cached = true;
    audit_same(audit, LAW_WALLET, "member_cache", name, balance->available, row->available);
    audit_same(audit, LAW_WALLET, "member_cache", name, balance->pending, row->pending);
    audit_same(audit, LAW_WALLET, "member_cache", name, balance->held, row->held);
    audit_same(audit, LAW_WALLET, "member_cache", name, balance->debt, row->debt);
}

static bool same_bytes(struct str a, struct str b)
{
    return (a.p != NULL) == (b.p != NULL) && str_eq(a, b);
}

static void check_lot(struct replay *replay, const struct sql_audit_cache_page_out *row)
{
    struct audit *audit = replay->audit;
    struct str key = {(const char *)&row->number, sizeof row->number};
    struct replay_lot *lot = table_get(&replay->lots, NULL, key, 0);
    struct str name = row_text(replay, "lot", audit_number(audit, row->number));
    if (!lot || lot->remaining == 0) {
        audit_find(audit, LAW_OPEN_LOT, "member_cache", name, STR("no open lot"), STR("one"));
        return;
    }
    lot->was_cached = true;
    audit_same(audit, LAW_OPEN_LOT, "member_cache", name, lot->units, row->units);
    audit_same(audit, LAW_OPEN_LOT, "member_cache", name, lot->remaining, row->remaining);
    audit_same(audit, LAW_OPEN_LOT, "member_cache", name, lot->pending, row->pending);
    audit_same(audit, LAW_OPEN_LOT, "member_cache", name, lot->activates_us, row->activates_us);
    audit_same(audit, LAW_OPEN_LOT, "member_cache", name, lot->expires_us,
               row->has_expires_us ? row->expires_us : NEVER_US);
    audit_check(audit, str_eq(lot->currency, row->name) && same_bytes(lot->order_id, row->order_id),
                LAW_OPEN_LOT, "member_cache", name, "currency and order of the credit", "others");
}

// ---- counters

// "limit:<rule>:member/day/units" -> the rule, and whether units are counted.
static struct str rule_of_limit(struct str name, bool *ret_units)
{
    struct str rest = str_skip(name, sizeof "limit:" - 1);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != ':')
        n++;
    *ret_units = str_ends(name, STR("/units"));
    return (struct str){rest.p, n};
}

static int64_t per_of_carry(struct str name)
{
    size_t n = name.n;
    while (n > 0 && name.p[n - 1] != ':')
        n--;
    int64_t per = 0;
    return str_to_i64(str_skip(name, n), &per) ? per : 0;
}

static void check_limit(struct replay *replay, const struct sql_audit_cache_page_out *row,
                        struct str name)
{
    bool units;
    struct str id = rule_of_limit(row->name, &units);
    const struct replay_rule *rule = table_get(&replay->rules, NULL, id, 0);
    int64_t most = rule ? (units ? rule->units : rule->times) : 0;
    audit_check(replay->audit, row->value <= most, LAW_COUNTER, "member_cache", name,
                "at most what the rule gave", "more");
}

static void check_counter(struct replay *replay, const struct sql_audit_cache_page_out *row)
{
    struct audit *audit = replay->audit;
    struct str name = row_text(replay, "counter", row->name);
    if (str_starts(row->name, STR("limit:"))) {
        check_limit(replay, row, name);
    } else if (str_starts(row->name, STR("carry:"))) {
        audit_check(audit, row->value < per_of_carry(row->name), LAW_COUNTER, "member_cache", name,
                    "less than the divisor", "more");
    } else if (str_starts(row->name, STR("reward:"))) {
        int64_t *given = table_get(&replay->rewards, &audit->member_arena,
                                   str_skip(row->name, sizeof "reward:" - 1), sizeof *given);
        audit_same(audit, LAW_COUNTER, "member_cache", name, *given, row->value);
        *given = 0; // met
    }
}

void replay_cache(struct replay *replay, const struct sql_audit_cache_page_out *row)
{
    switch (row->kind) {
    case CACHE_HEAD:
        check_head(replay, row);
        break;
    case CACHE_WALLET:
        check_wallet(replay, row);
        break;
    case CACHE_LOT:
        check_lot(replay, row);
        break;
    default:
        check_counter(replay, row);
        break;
    }
}

// ---- redemptions

// The state that the entries of a redemption tell.
static const char *status_of(const struct replay_spending *spending, const char *status)
{
    if (!spending)
        return "none";
    if (spending->n[EFFECT_RETURN])
        return "reversed";
    if (spending->n[EFFECT_CAPTURE] || spending->n[EFFECT_REDEEM])
        return "redeemed";
    if (!spending->n[EFFECT_RELEASE])
        return "held";
    // Whether somebody or time let go is told by the redemption alone.
    return strcmp(status, "expired") == 0 ? "expired" : "released";
}

// All entries of one redemption go the same way.
static bool is_whole(const struct replay_spending *spending)
{
    const int64_t *n = spending->n;
    bool at_once = n[EFFECT_REDEEM] > 0 && n[EFFECT_HOLD] == 0;
    int64_t taken = n[EFFECT_REDEEM] + n[EFFECT_HOLD];
    int64_t ended = n[EFFECT_CAPTURE] + n[EFFECT_RELEASE];
    return (at_once ? ended == 0 : n[EFFECT_REDEEM] == 0 && (ended == 0 || ended == taken)) &&
           (n[EFFECT_CAPTURE] == 0 || n[EFFECT_RELEASE] == 0) &&
           (n[EFFECT_RETURN] == 0 || n[EFFECT_RETURN] == taken);
}

static int64_t cost_of(const struct replay_spending *spending, struct str currency)
{
    int64_t units = 0;
    for (const struct spending_cost *cost = spending->costs; cost; cost = cost->next)
        if (str_eq(cost->currency, currency))
            units += cost->units;
    return units;
}

static void check_cost(struct replay *replay, const struct sql_audit_redemption_page_out *row,
                       const struct replay_spending *spending, struct str name)
{
    struct audit *audit = replay->audit;
    const struct audit_program *program = audit_program(audit, row->program_version);
    const struct json *rewards = program ? json_get(program->json, "rewards") : NULL;
    const struct json *costs = NULL;
    for (uint32_t i = 0; rewards && i < rewards->n; i++)
        if (str_eq(audit_json_text(&rewards->items[i], "id"), row->reward_id))
            costs = json_get(&rewards->items[i], "cost");
    audit_check(audit, costs != NULL, LAW_REDEMPTION_COST, "redemption", name,
                "a reward of that version", "none");
    int64_t n = 0;
    for (const struct spending_cost *cost = spending->costs; cost; cost = cost->next)
        n++;
    for (uint32_t i = 0; costs && i < costs->n; i++) {
        int64_t units = -1;
        (void)!str_to_i64(costs->items[i].text, &units);
        audit_same(audit, LAW_REDEMPTION_COST, "redemption", name, units,
                   cost_of(spending, costs->items[i].key));
    }
    if (costs)
        audit_same(audit, LAW_REDEMPTION_COST, "redemption", name, costs->n, n);
}

static void count_reward(struct replay *replay, struct str reward)
{
    struct audit *audit = replay->audit;
    int64_t *given = table_get(&replay->rewards, &audit->member_arena, reward, sizeof *given);
    ++*given;
    audit_sum(audit, str_printf(&audit->member_arena, "reward:%.*s", STR_FMT(reward)), 1);
}

void replay_redemption(struct replay *replay, const struct sql_audit_redemption_page_out *row)
{
    struct audit *audit = replay->audit;
    struct str name = audit_id(audit, row->redemption_id, "rdm");
    struct replay_spending *spending = table_get(&replay->spendings, NULL, row->redemption_id, 0);
    const char *status = str_c(&audit->member_arena, row->status);
    const char *told = status_of(spending, status);
    audit_check(audit, strcmp(status, told) == 0, LAW_REDEMPTION, "redemption", name, told, status);
    if (strcmp(status, "held") == 0 || strcmp(status, "redeemed") == 0)
        count_reward(replay, row->reward_id);
    if (!spending)
        return;
    spending->has_row = true;
    audit_check(audit, is_whole(spending), LAW_REDEMPTION, "redemption", name,
                "all its entries going the same way", "some");
    audit_same(audit, LAW_REDEMPTION, "redemption", name, spending->first_seq, row->first_seq);
    audit_same(audit, LAW_REDEMPTION, "redemption", name, spending->version, row->program_version);
    audit_same(audit, LAW_REDEMPTION, "redemption", name, spending->until_us,
               row->has_expires_us ? row->expires_us : 0);
    audit_same(audit, LAW_REDEMPTION, "redemption", name, spending->made_us, row->created_us);
    audit_same(audit, LAW_REDEMPTION, "redemption", name, spending->changed_us, row->updated_us);
    check_cost(replay, row, spending, name);
}

// ---- what is not there

static bool is_zero(const struct balance *balance)
{
    return balance->available == 0 && balance->pending == 0 && balance->held == 0 &&
           balance->debt == 0;
}

void replay_missing(struct replay *replay)
{
    struct audit *audit = replay->audit;
    if (replay->last_seq && !replay->has_head)
        audit_find(audit, LAW_HEAD, "member_cache", row_text(replay, "head", STR("")), STR("a row"),
                   STR("none"));
    for (const struct table_item *item = replay->balances.first; item; item = item->next) {
        const struct balance *balance = item->value;
        if (!balance->was_cached && !is_zero(balance))
            audit_find(audit, LAW_WALLET, "member_cache", row_text(replay, "wallet", item->key),
                       STR("a row"), STR("none"));
    }
    for (const struct replay_lot *lot = replay->open; lot; lot = lot->next_open)
        if (!lot->was_cached)
            audit_find(audit, LAW_OPEN_LOT, "member_cache",
                       row_text(replay, "lot", audit_number(audit, lot->seq)), STR("a row"),
                       STR("none"));
    for (const struct table_item *item = replay->spendings.first; item; item = item->next) {
        const struct replay_spending *spending = item->value;
        if (!spending->has_row)
            audit_find(audit, LAW_REDEMPTION, "redemption", audit_id(audit, item->key, "rdm"),
                       STR("a row"), STR("none"));
    }
    for (const struct table_item *item = replay->rewards.first; item; item = item->next)
        audit_same(audit, LAW_COUNTER, "member_cache",
                   row_text(replay, "counter reward", item->key), *(const int64_t *)item->value, 0);
    for (const struct table_item *item = replay->rules.first; item; item = item->next) {
        const struct replay_rule *rule = item->value;
        audit_sum(audit, str_printf(&audit->member_arena, "units:%.*s", STR_FMT(item->key)),
                  rule->units);
        audit_sum(audit, str_printf(&audit->member_arena, "times:%.*s", STR_FMT(item->key)),
                  rule->times);
    }
}
