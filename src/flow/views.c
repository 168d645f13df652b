// SPDX-License-Identifier: Apache-2.0
// views.c - what a member has: balances, lots, the ledger, events.
//
// Whatever is shown is as of the transaction's instant: what has expired since the last write is
// shown as expired, whether or not a job has written it down.
//
// Layer: flow.  Tests: tests/flow/flow_test.c, tests/api/
#include "flow/derivation_in.h"
#include "flow/members.h"
#include "flow/views.h"
#include "store/events.h"
#include "store/members.h"

// The earliest expiry of each currency, and how many units go with it.
static void find_expiring(const struct member_state *state, int64_t *units, int64_t *us)
{
    for (size_t i = 0; i < state->n_lots; i++) {
        const struct lot *lot = &state->lots[i];
        if (lot->expires_us == NEVER_US)
            continue;
        int c = lot->currency;
        if (units[c] == 0 || lot->expires_us < us[c]) {
            units[c] = lot->remaining;
            us[c] = lot->expires_us;
        } else if (lot->expires_us == us[c]) {
            units[c] += lot->remaining;
        }
    }
}

enum err flow_wallets(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id member_id,
                      struct wallets_view *ret_wallets)
{
    struct tx_member *member;
    enum err e = member_now(tx, tenant_id, member_id, &member);
    if (e)
        return e;
    size_t n = member->program->n_currencies;
    int64_t *units = arena_try_array(arena, n, sizeof *units);
    int64_t *us = arena_try_array(arena, n, sizeof *us);
    if (!units || !us)
        return ERR_MEMORY;
    find_expiring(&member->state, units, us);
    *ret_wallets = (struct wallets_view){.program = member->program,
                                         .wallets = member->state.wallets,
                                         .as_of_us = tx->now_us,
                                         .expiring_units = units,
                                         .expiring_us = us};
    return OK;
}

enum err flow_lots(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id member_id,
                   const struct program **ret_program, const struct lot **ret_lots, size_t *ret_n)
{
    struct tx_member *member;
    enum err e = member_now(tx, tenant_id, member_id, &member);
    if (e)
        return e;
    *ret_program = member->program;
    *ret_lots = member->state.lots;
    *ret_n = member->state.n_lots;
    return OK;
}

// ---- ledger

static enum err view_entry(struct tx *tx, struct arena *arena, int64_t tenant_id,
                           const struct entry_row *row, struct entry_view *ret_view)
{
    *ret_view = (struct entry_view){.seq = row->seq,
                                    .info = effect_info_of_number(row->kind),
                                    .currency = row->currency,
                                    .units = row->units,
                                    .effective_us = row->effective_us,
                                    .recorded_us = row->recorded_us,
                                    .activates_us = row->activates_us,
                                    .expires_us = row->expires_us,
                                    .event_id = row->event_id,
                                    .order_id = row->order_id,
                                    .redemption_id = row->redemption_id,
                                    .rule_id = row->rule_id,
                                    .version = row->program_version,
                                    .derivation = row->derivation,
                                    .hash = row->hash};
    if (!ret_view->info)
        return ERR_STORE_CORRUPT;
    ret_view->debit = account_code(ret_view->info->debit);
    ret_view->credit = account_code(ret_view->info->credit);
    const struct program *program;
    enum err e = tx_program_version(tx, tenant_id, row->program_version, &program);
    struct derivation why;
    if (!e)
        e = derivation_read(arena, row->derivation, &why);
    int currency = e ? -1 : program_currency_index(program, row->currency);
    if (e || currency < 0)
        return e ? e : ERR_STORE_CORRUPT;
    struct effect effect = {.kind = ret_view->info->kind,
                            .currency = currency,
                            .units = row->units,
                            .seq = row->seq,
                            .effective_us = row->effective_us,
                            .activates_us = row->activates_us,
                            .expires_us = row->expires_us,
                            .order_id = row->order_id,
                            .redemption_id = row->redemption_id,
                            .ref_seq = row->ref_seq,
                            .rule_id = row->rule_id,
                            .why = &why};
    ret_view->sentence.en = effect_sentence(arena, program, &effect, STR("en"));
    ret_view->sentence.fr = effect_sentence(arena, program, &effect, STR("fr"));
    return OK;
}

enum err flow_ledger(struct tx *tx, struct arena *arena, int64_t tenant_id,
                     const struct ledger_in *in, struct entry_view **ret_entries, size_t *ret_n)
{
    struct member_row member;
    enum err e = store_member_get(tx->db, tenant_id, in->member_id, arena, &member);
    if (e)
        return e;
    struct entry_query query = {.tenant_id = tenant_id,
                                .member_id = in->member_id,
                                .currency = in->currency,
                                .before_seq = in->before_seq ? in->before_seq : INT64_MAX,
                                .limit = in->limit};
    struct entry_row *rows;
    size_t n;
    e = store_entry_list(tx->db, &query, arena, &rows, &n);
    if (e)
        return e;
    struct entry_view *entries = arena_try_array(arena, n, sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        e = view_entry(tx, arena, tenant_id, &rows[i], &entries[i]);
        if (e)
            return e;
    }
    *ret_entries = entries;
    *ret_n = n;
    return OK;
}

// ---- events

static void view_event(const struct event_row *row, struct event_view *ret_event)
{
    *ret_event = (struct event_view){.id = row->event_id,
                                     .member_id = row->member_id,
                                     .order_id = row->order_id,
                                     .source = row->key.source,
                                     .external_id = row->key.external_id,
                                     .type = row->key.type,
                                     .occurred_us = row->occurred_us,
                                     .recorded_us = row->recorded_us,
                                     .version = row->program_version,
                                     .payload = row->payload,
                                     .reply = row->reply};
}

enum err flow_event_get(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id event_id,
                        struct event_view *ret_event)
{
    struct event_row row;
    enum err e = store_event_get(tx->db, tenant_id, event_id, arena, &row);
    if (e)
        return e;
    view_event(&row, ret_event);
    return OK;
}

enum err flow_event_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                         const struct history_in *in, struct event_view **ret_events, size_t *ret_n)
{
    struct member_row member;
    struct member_page page = {in->member_id, in->before, in->limit};
    struct event_row *rows;
    size_t n;
    enum err e = store_member_get(tx->db, tenant_id, in->member_id, arena, &member);
    if (!e)
        e = store_event_list(tx->db, tenant_id, &page, arena, &rows, &n);
    if (e)
        return e;
    struct event_view *events = arena_try_array(arena, n, sizeof *events);
    if (!events)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        view_event(&rows[i], &events[i]);
    *ret_events = events;
    *ret_n = n;
    return OK;
}

enum err flow_order_find(struct tx *tx, struct arena *arena, int64_t tenant_id, struct str source,
                         struct str external_id, struct event_view *ret_event)
{
    struct event_key key = {source, external_id, STR("order.paid")};
    struct event_row row;
    enum err e = store_event_get_by_key(tx->db, tenant_id, &key, arena, &row);
    if (e)
        return e;
    view_event(&row, ret_event);
    return OK;
}
