// SPDX-License-Identifier: Apache-2.0
// redeem.c - spending units on a reward: at once, or held first and captured later.
//
// Layer: flow.  Tests: tests/flow/redeem_test.c, tests/api/redemptions.http, tests/sim/
#include "flow/members.h"
#include "store/events.h"
#include "store/members.h"

static const char *const status_texts[] = {[REDEMPTION_HELD] = "held",
                                           [REDEMPTION_REDEEMED] = "redeemed",
                                           [REDEMPTION_RELEASED] = "released",
                                           [REDEMPTION_EXPIRED] = "expired",
                                           [REDEMPTION_REVERSED] = "reversed"};

static void view_reward(const struct program *program, struct redemption_view *view)
{
    int reward = program_reward_index(program, view->reward_id);
    if (reward < 0)
        return; // the programme dropped it since; the redemption stands
    view->reward_name = program->rewards[reward].name;
    view->gives = program->rewards[reward].gives;
    view->costs = program->rewards[reward].costs;
    view->n_costs = program->rewards[reward].n_costs;
}

static void view_of(const struct redemption_row *row, const struct tx_member *member,
                    struct redemption_view *ret_view)
{
    *ret_view = (struct redemption_view){.id = row->redemption_id,
                                         .member_id = row->member_id,
                                         .reward_id = row->reward_id,
                                         .status = str_of(status_texts[row->status]),
                                         .created_us = row->created_us,
                                         .updated_us = row->updated_us,
                                         .expires_us = row->expires_us,
                                         .program = member->program,
                                         .wallets = member->state.wallets};
    view_reward(member->program, ret_view);
}

static enum err decide(struct tx *tx, struct tx_member *member, int reward, struct id redemption_id,
                       int64_t expires_us, struct decision *decision)
{
    struct shared_counters shared = tx_shared_counters(tx, member->tenant_id);
    struct claim claim = {.reward = reward,
                          .redemption_id = redemption_id,
                          .at_us = tx->now_us,
                          .expires_us = expires_us};
    if (expires_us)
        return engine_decide_hold(member->program, &member->state, &shared, &claim, decision);
    return engine_decide_redeem(member->program, &member->state, &shared, &claim, decision);
}

static void explain_shortage(struct tx *tx, struct tx_member *member, int reward,
                             struct shortage *ret_shortage)
{
    struct shared_counters shared = tx_shared_counters(tx, member->tenant_id);
    struct reward_check check;
    engine_check_reward(member->program, &member->state, &shared, &tx->arena, reward, tx->now_us,
                        &check);
    *ret_shortage = (struct shortage){.currency = member->program->currencies[check.currency].id,
                                      .required = check.required,
                                      .available = check.available,
                                      .missing = check.missing};
}

static enum err find_member(struct tx *tx, struct arena *arena, int64_t tenant_id,
                            const struct member_ref *ref, struct tx_member **ret_member)
{
    struct problems problems;
    problems_init(&problems, arena);
    struct id member_id;
    enum err e = member_resolve(tx, arena, tenant_id, ref, &problems, &member_id);
    if (!e)
        e = member_now(tx, tenant_id, member_id, ret_member);
    return e == ERR_NOT_FOUND || e == ERR_INPUT_INVALID ? ERR_MEMBER_UNKNOWN : e;
}

static enum err record(struct tx *tx, int64_t actor_id, struct tx_member *member,
                       struct decision *decision, const struct redemption_row *row,
                       struct redemption_view *ret_redemption)
{
    struct cause cause = {.program = member->program, .actor_id = actor_id};
    enum err e = tx_wrote(tx, store_redemption_insert(tx->db, member->tenant_id, row));
    if (!e)
        e = tx_apply(tx, member, decision, &cause);
    if (e)
        return e;
    view_of(row, member, ret_redemption);
    return OK;
}

enum err flow_redeem(struct tx *tx, struct arena *arena, struct caller by,
                     const struct redeem_in *in, struct redemption_view *ret_redemption,
                     struct shortage *ret_shortage)
{
    struct tx_member *member;
    enum err e = find_member(tx, arena, by.tenant_id, &in->member, &member);
    if (e)
        return e;
    int reward = program_reward_index(member->program, in->reward_id);
    if (reward < 0)
        return ERR_REWARD_UNKNOWN;
    struct redemption_row row = {.redemption_id = id_next(tx->ids),
                                 .member_id = member->state.member_id,
                                 .reward_id = str_dup(&tx->arena, in->reward_id),
                                 .status = in->hold ? REDEMPTION_HELD : REDEMPTION_REDEEMED,
                                 .program_version = member->program->version,
                                 .first_seq = member->state.last_seq + 1,
                                 .created_us = tx->now_us,
                                 .updated_us = tx->now_us};
    if (in->hold) {
        e = calendar_add(member->program->tz, tx->now_us, member->program->rewards[reward].hold_for,
                         &row.expires_us);
        if (e)
            return e;
    }
    struct decision decision;
    decision_init(&decision, &tx->arena);
    e = decide(tx, member, reward, row.redemption_id, row.expires_us, &decision);
    if (e == ERR_INSUFFICIENT_BALANCE)
        explain_shortage(tx, member, reward, ret_shortage);
    return e ? e : record(tx, by.actor_id, member, &decision, &row, ret_redemption);
}

// ---- what becomes of a hold

// Bringing the member to now may have ended the hold.
static void end_hold(const struct tx *tx, struct redemption_row *row)
{
    if (row->status == REDEMPTION_HELD && row->expires_us <= tx->now_us)
        row->status = REDEMPTION_EXPIRED;
}

static enum err load_redemption(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                struct id redemption_id, struct redemption_row *row,
                                struct tx_member **ret_member)
{
    enum err e = store_redemption_get(tx->db, tenant_id, redemption_id, arena, row);
    if (!e)
        e = member_now(tx, tenant_id, row->member_id, ret_member);
    if (!e)
        end_hold(tx, row);
    return e;
}

static enum err move_on(struct tx *tx, int64_t actor_id, struct tx_member *member,
                        struct decision *decision, struct redemption_row *row,
                        enum redemption_status to, struct redemption_view *ret_redemption)
{
    struct cause cause = {.program = member->program, .actor_id = actor_id};
    enum err e = tx_apply(tx, member, decision, &cause);
    if (!e)
        e = tx_wrote(tx, store_redemption_update(tx->db, member->tenant_id, row->redemption_id,
                                                 row->status, to, tx->now_us));
    if (e)
        return e;
    row->status = to;
    row->updated_us = tx->now_us;
    view_of(row, member, ret_redemption);
    return OK;
}

// Ends a hold in one of two ways.
static enum err conclude(struct tx *tx, struct arena *arena, struct caller by,
                         struct id redemption_id, enum redemption_status to,
                         struct redemption_view *ret_redemption)
{
    struct redemption_row row;
    struct tx_member *member;
    enum err e = load_redemption(tx, arena, by.tenant_id, redemption_id, &row, &member);
    if (e)
        return e;
    if (row.status != REDEMPTION_HELD)
        return ERR_HOLD_ENDED;
    struct decision decision;
    decision_init(&decision, &tx->arena);
    e = to == REDEMPTION_REDEEMED ? engine_decide_capture(member->program, &member->state,
                                                          redemption_id, tx->now_us, &decision)
                                  : engine_decide_release(member->program, &member->state,
                                                          redemption_id, tx->now_us, &decision);
    return e ? e : move_on(tx, by.actor_id, member, &decision, &row, to, ret_redemption);
}

enum err flow_capture(struct tx *tx, struct arena *arena, struct caller by, struct id redemption_id,
                      struct redemption_view *ret_redemption)
{
    return conclude(tx, arena, by, redemption_id, REDEMPTION_REDEEMED, ret_redemption);
}

enum err flow_release(struct tx *tx, struct arena *arena, struct caller by, struct id redemption_id,
                      struct redemption_view *ret_redemption)
{
    return conclude(tx, arena, by, redemption_id, REDEMPTION_RELEASED, ret_redemption);
}

// ---- reversal

static size_t count_of(const struct allocation_row *rows, size_t n, int64_t entry_seq)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += rows[i].entry_seq == entry_seq;
    return count;
}

// The lots one REDEEM or HOLD entry took from, as they were opened.
static enum err read_spent(struct tx *tx, const struct tx_member *member,
                           const struct entry_row *entry, int64_t taken_by, struct spent *spent)
{
    struct allocation_row *rows;
    size_t n;
    struct id member_id = member->state.member_id;
    enum err e =
        store_allocation_list(tx->db, member->tenant_id, member_id,
                              (struct seq_range){taken_by, taken_by}, &tx->arena, &rows, &n);
    if (e)
        return e;
    size_t count = count_of(rows, n, taken_by);
    struct allocation *allocations = arena_try_array(&tx->arena, count, sizeof *allocations);
    struct lot *lots = arena_try_array(&tx->arena, count, sizeof *lots);
    if (!allocations || !lots)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < count; i++) {
        allocations[i] = (struct allocation){.lot_seq = rows[i].lot_seq, .units = rows[i].units};
        e = store_lot_get(tx->db, member->tenant_id, member_id, rows[i].lot_seq, member->program,
                          &tx->arena, &lots[i]);
    }
    *spent = (struct spent){.seq = entry->seq,
                            .currency = program_currency_index(member->program, entry->currency),
                            .units = entry->units,
                            .allocations = allocations,
                            .n_allocations = count,
                            .lots = lots};
    return !e && spent->currency < 0 ? ERR_NOT_REVERSIBLE : e;
}

static enum err list_spent(struct tx *tx, const struct tx_member *member,
                           const struct redemption_row *row, struct spent **ret_spent,
                           size_t *ret_n)
{
    struct redemption_ref ref = {.member_id = row->member_id,
                                 .redemption_id = row->redemption_id,
                                 .first_seq = row->first_seq};
    struct entry_row *entries;
    size_t n;
    enum err e =
        store_entry_list_by_redemption(tx->db, member->tenant_id, &ref, &tx->arena, &entries, &n);
    if (e)
        return e;
    struct spent *spent = arena_try_array(&tx->arena, n, sizeof *spent);
    if (!spent)
        return ERR_MEMORY;
    size_t n_spent = 0;
    for (size_t i = 0; !e && i < n; i++) {
        if (entries[i].kind == EFFECT_REDEEM)
            e = read_spent(tx, member, &entries[i], entries[i].seq, &spent[n_spent++]);
        else if (entries[i].kind == EFFECT_CAPTURE)
            e = read_spent(tx, member, &entries[i], entries[i].ref_seq, &spent[n_spent++]);
    }
    *ret_spent = spent;
    *ret_n = n_spent;
    return e;
}

enum err flow_reverse(struct tx *tx, struct arena *arena, struct caller by, struct id redemption_id,
                      struct redemption_view *ret_redemption)
{
    struct redemption_row row;
    struct tx_member *member;
    enum err e = load_redemption(tx, arena, by.tenant_id, redemption_id, &row, &member);
    if (e)
        return e;
    if (row.status == REDEMPTION_REVERSED)
        return ERR_ALREADY_REVERSED;
    if (row.status != REDEMPTION_REDEEMED)
        return ERR_NOT_REVERSIBLE;
    struct spent *spent;
    size_t n;
    e = list_spent(tx, member, &row, &spent, &n);
    if (e)
        return e;
    struct decision decision;
    decision_init(&decision, &tx->arena);
    struct reversal reversal = {.reward_id = row.reward_id,
                                .redemption_id = redemption_id,
                                .spent = spent,
                                .n_spent = n,
                                .at_us = tx->now_us};
    e = engine_decide_reverse(member->program, &member->state, &reversal, &decision);
    return e ? e
             : move_on(tx, by.actor_id, member, &decision, &row, REDEMPTION_REVERSED,
                       ret_redemption);
}

enum err flow_redemption_get(struct tx *tx, struct arena *arena, int64_t tenant_id,
                             struct id redemption_id, struct redemption_view *ret_redemption)
{
    struct redemption_row row;
    struct tx_member *member;
    enum err e = load_redemption(tx, arena, tenant_id, redemption_id, &row, &member);
    if (e)
        return e;
    view_of(&row, member, ret_redemption);
    return OK;
}

enum err flow_redemption_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                              const struct history_in *in, struct redemption_view **ret_redemptions,
                              size_t *ret_n)
{
    struct tx_member *member;
    struct member_page page = {in->member_id, in->before, in->limit};
    struct redemption_row *rows;
    size_t n;
    enum err e = member_now(tx, tenant_id, in->member_id, &member);
    if (!e)
        e = store_redemption_list(tx->db, tenant_id, &page, arena, &rows, &n);
    if (e)
        return e;
    struct redemption_view *redemptions = arena_try_array(arena, n, sizeof *redemptions);
    if (!redemptions)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        end_hold(tx, &rows[i]);
        view_of(&rows[i], member, &redemptions[i]);
    }
    *ret_redemptions = redemptions;
    *ret_n = n;
    return OK;
}

// ---- manual corrections

enum err flow_adjust(struct tx *tx, struct caller by, const struct adjust_in *in,
                     struct wallet *ret_wallet)
{
    struct tx_member *member;
    enum err e = member_now(tx, by.tenant_id, in->member_id, &member);
    if (e)
        return e;
    int index = program_currency_index(member->program, in->currency);
    if (index < 0)
        return ERR_INPUT_INVALID;
    struct decision decision;
    decision_init(&decision, &tx->arena);
    e = engine_decide_adjust(member->program, &member->state, index, in->units,
                             str_dup(&tx->arena, in->note), tx->now_us, &decision);
    struct cause cause = {.program = member->program, .actor_id = by.actor_id};
    if (!e)
        e = tx_apply(tx, member, &decision, &cause);
    if (e)
        return e;
    *ret_wallet = member->state.wallets[index];
    return OK;
}
