// SPDX-License-Identifier: Apache-2.0
// ledger.c - entries, their allocations and their chain; lots as entries opened them.
//
// Layer: store.  Tests: tests/store/ledger_test.c
#include "store/chain.h"
#include "store/members.h"
#include "store/rows.h"
#include "store/sql_gen.h"

#include "base/sort.h"

#include <string.h>

// ---- writing

// What the catalogue says of a kind of effect.
struct kind_line {
    enum account debit, credit;
    enum lot_use lots;
};

static const struct kind_line kind_lines[] = {
#define EFFECT(number, name, code, from, to, use)                                                  \
    [number] = {.debit = ACCOUNT_##from, .credit = ACCOUNT_##to, .lots = LOTS_##use},
#include "effects.def"
#undef EFFECT
};

// An entry on its way into the table: the row, and its allocations by lot.
struct draft {
    struct sql_entry_insert_in row;
    struct allocation *allocations;
    size_t n_allocations;
};

static struct sql_entry_insert_in row_of(const struct entry_source *source,
                                         const struct program *program, const struct effect *effect,
                                         struct str derivation)
{
    CHECK(effect->kind > 0 && (size_t)effect->kind < sizeof kind_lines / sizeof *kind_lines);
    const struct kind_line *line = &kind_lines[effect->kind];
    bool opens = line->lots == LOTS_OPENS;

    return (struct sql_entry_insert_in){
        .tenant_id = source->tenant_id,
        .member_id = source->member_id,
        .seq = effect->seq,
        .kind = effect->kind,
        .currency = program->currencies[effect->currency].id,
        .units = effect->units,
        .debit = line->debit,
        .credit = line->credit,
        .effective_us = effect->effective_us,
        .has_activates_us = opens,
        .activates_us = effect->activates_us,
        .has_expires_us = opens && effect->expires_us != NEVER_US,
        .expires_us = effect->expires_us,
        .recorded_us = source->recorded_us,
        .has_event_id = !id_is_nil(source->event_id),
        .event_id = source->event_id,
        .has_order_id = !id_is_nil(effect->order_id),
        .order_id = effect->order_id,
        .has_redemption_id = !id_is_nil(effect->redemption_id),
        .redemption_id = effect->redemption_id,
        .has_ref_seq = effect->ref_seq != 0,
        .ref_seq = effect->ref_seq,
        .rule_id = effect->rule_id.n ? effect->rule_id : STR_NONE,
        .program_version = source->program_version,
        .derivation = derivation,
        .has_actor_id = source->actor_id != 0,
        .actor_id = source->actor_id,
    };
}

static int by_lot(const void *a, const void *b, void *ctx)
{
    const struct allocation *x = a;
    const struct allocation *y = b;

    (void)ctx;
    return (x->lot_seq > y->lot_seq) - (x->lot_seq < y->lot_seq);
}

static enum err sort_allocations(struct arena *arena, const struct effect *effect,
                                 struct draft *draft)
{
    size_t n = effect->n_allocations;
    struct allocation *both = rows_new(arena, 2 * n, sizeof *both);

    if (!both)
        return ERR_MEMORY;
    if (n)
        memcpy(both, effect->allocations, n * sizeof *both);
    sort_stable(both, both + n, n, sizeof *both, by_lot, NULL);
    draft->allocations = both;
    draft->n_allocations = n;
    return OK;
}

// docs/ledger-hash.md
static enum err hash_draft(struct arena *arena, struct draft *draft, const uint8_t previous[32])
{
    struct sql_entry_insert_in *row = &draft->row;
    struct chain chain;

    chain_begin(&chain, arena, "habitue ledger 1", previous);
    chain_i64(&chain, row->tenant_id);
    chain_id(&chain, row->member_id);
    chain_i64(&chain, row->seq);
    chain_i64(&chain, row->kind);
    chain_text(&chain, row->currency);
    chain_i64(&chain, row->units);
    chain_i64(&chain, row->debit);
    chain_i64(&chain, row->credit);
    chain_i64(&chain, row->effective_us);
    chain_i64_or_null(&chain, row->has_activates_us, row->activates_us);
    chain_i64_or_null(&chain, row->has_expires_us, row->expires_us);
    chain_i64(&chain, row->recorded_us);
    chain_id_or_null(&chain, row->has_event_id, row->event_id);
    chain_id_or_null(&chain, row->has_order_id, row->order_id);
    chain_id_or_null(&chain, row->has_redemption_id, row->redemption_id);
    chain_i64_or_null(&chain, row->has_ref_seq, row->ref_seq);
    chain_text_or_null(&chain, row->rule_id);
    chain_i64(&chain, row->program_version);
    chain_text(&chain, row->derivation);
    chain_i64_or_null(&chain, row->has_actor_id, row->actor_id);
    chain_i64(&chain, (int64_t)draft->n_allocations);
    for (size_t i = 0; i < draft->n_allocations; i++) {
        chain_i64(&chain, draft->allocations[i].lot_seq);
        chain_i64(&chain, draft->allocations[i].units);
    }
    return chain_end(&chain, &row->hash);
}

static enum err insert_draft(struct db *db, const struct draft *draft)
{
    enum err e = sql_entry_insert(db, &draft->row);

    for (size_t i = 0; !e && i < draft->n_allocations; i++) {
        struct sql_allocation_insert_in in = {
            .tenant_id = draft->row.tenant_id,
            .member_id = draft->row.member_id,
            .entry_seq = draft->row.seq,
            .lot_seq = draft->allocations[i].lot_seq,
            .units = draft->allocations[i].units,
        };
        e = sql_allocation_insert(db, &in);
    }
    return e;
}

enum err store_entries_append(struct db *db, const struct entry_source *source,
                              const struct program *program, const struct effect *effects,
                              const struct str *derivations, size_t n, struct member_state *state)
{
    CHECK(!n || source->recorded_us >= state->recorded_us);
    for (size_t i = 0; i < n; i++) {
        struct draft draft = {.row = row_of(source, program, &effects[i], derivations[i])};
        enum err e = sort_allocations(state->arena, &effects[i], &draft);

        if (e)
            return e;
        e = hash_draft(state->arena, &draft, state->head);
        if (e)
            return e;
        e = insert_draft(db, &draft);
        if (e)
            return e;
        memcpy(state->head, draft.row.hash.b, sizeof state->head);
        state->recorded_us = source->recorded_us;
    }
    return OK;
}

// ---- reading

// All statements that read entries have the same columns; this is one row of any of them.
static struct entry_row entry_of(const struct sql_entry_list_out *row)
{
    int64_t no_expiry = row->has_activates_us ? NEVER_US : 0;

    return (struct entry_row){
        .seq = row->seq,
        .kind = row->kind,
        .currency = row->currency,
        .units = row->units,
        .debit = row->debit,
        .credit = row->credit,
        .effective_us = row->effective_us,
        .recorded_us = row->recorded_us,
        .event_id = row->event_id,
        .order_id = row->order_id,
        .redemption_id = row->redemption_id,
        .ref_seq = row->ref_seq,
        .rule_id = row->rule_id,
        .program_version = row->program_version,
        .derivation = row->derivation,
        .actor_id = row->actor_id,
        .hash = row->hash,
        .activates_us = row->activates_us,
        .expires_us = row->has_expires_us ? row->expires_us : no_expiry,
    };
}

_Static_assert(sizeof(struct sql_entry_list_out) == sizeof(struct sql_entry_range_list_out) &&
                   sizeof(struct sql_entry_list_out) ==
                       sizeof(struct sql_entry_redemption_list_out),
               "statements about entries select the same columns");

static enum err list_entries(struct db *db, enum sql_id id, const void *in, struct arena *arena,
                             struct entry_row **ret_entries, size_t *ret_n)
{
    void *rows;
    size_t n;
    enum err e = sql_run_many(db, id, in, arena, &rows, &n);

    if (e)
        return e;
    struct entry_row *entries = rows_new(arena, n, sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        entries[i] = entry_of((const struct sql_entry_list_out *)rows + i);
    *ret_entries = entries;
    *ret_n = n;
    return OK;
}

enum err store_entry_list(struct db *db, const struct entry_query *query, struct arena *arena,
                          struct entry_row **ret_entries, size_t *ret_n)
{
    struct sql_entry_list_in in = {
        .tenant_id = query->tenant_id,
        .member_id = query->member_id,
        .currency = query->currency,
        .before_seq = query->before_seq,
        .row_limit = query->limit,
    };

    return list_entries(db, SQL_ENTRY_LIST, &in, arena, ret_entries, ret_n);
}

enum err store_entry_list_range(struct db *db, int64_t tenant_id, struct id member_id,
                                struct seq_range range, struct arena *arena,
                                struct entry_row **ret_entries, size_t *ret_n)
{
    struct sql_entry_range_list_in in = {.tenant_id = tenant_id,
                                         .member_id = member_id,
                                         .from_seq = range.from,
                                         .to_seq = range.to};

    return list_entries(db, SQL_ENTRY_RANGE_LIST, &in, arena, ret_entries, ret_n);
}

enum err store_entry_list_by_redemption(struct db *db, int64_t tenant_id,
                                        const struct redemption_ref *ref, struct arena *arena,
                                        struct entry_row **ret_entries, size_t *ret_n)
{
    struct sql_entry_redemption_list_in in = {
        .tenant_id = tenant_id,
        .member_id = ref->member_id,
        .from_seq = ref->first_seq,
        .redemption_id = ref->redemption_id,
    };

    return list_entries(db, SQL_ENTRY_REDEMPTION_LIST, &in, arena, ret_entries, ret_n);
}

enum err store_allocation_list(struct db *db, int64_t tenant_id, struct id member_id,
                               struct seq_range range, struct arena *arena,
                               struct allocation_row **ret_allocations, size_t *ret_n)
{
    struct sql_allocation_list_in in = {.tenant_id = tenant_id,
                                        .member_id = member_id,
                                        .from_seq = range.from,
                                        .to_seq = range.to};
    struct sql_allocation_list_out *rows;
    size_t n;
    enum err e = sql_allocation_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct allocation_row *allocations = rows_new(arena, n, sizeof *allocations);
    if (!allocations)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        allocations[i] = (struct allocation_row){rows[i].entry_seq, rows[i].lot_seq, rows[i].units};
    *ret_allocations = allocations;
    *ret_n = n;
    return OK;
}

// ---- lots

static int currency_index(const struct program *program, struct str currency)
{
    for (size_t i = 0; i < program->n_currencies; i++)
        if (str_eq(program->currencies[i].id, currency))
            return (int)i;
    return -1;
}

enum err store_lot_list(struct db *db, int64_t tenant_id, struct id member_id,
                        const struct program *program, struct arena *arena, struct lot **ret_lots,
                        size_t *ret_n)
{
    struct sql_lot_list_in in = {.tenant_id = tenant_id, .member_id = member_id};
    struct sql_lot_list_out *rows;
    size_t n;
    enum err e = sql_lot_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct lot *lots = rows_new(arena, n, sizeof *lots);
    if (!lots)
        return ERR_MEMORY;
    size_t n_lots = 0;
    for (size_t i = 0; i < n; i++) {
        int currency = currency_index(program, rows[i].currency);
        if (currency < 0)
            continue;
        lots[n_lots++] = (struct lot){
            .seq = rows[i].lot_seq,
            .currency = currency,
            .units = rows[i].units,
            .remaining = rows[i].remaining,
            .pending = rows[i].pending != 0,
            .activates_us = rows[i].activates_us,
            .expires_us = rows[i].has_expires_us ? rows[i].expires_us : NEVER_US,
            .order_id = rows[i].order_id,
        };
    }
    *ret_lots = lots;
    *ret_n = n_lots;
    return OK;
}

enum err store_lot_get(struct db *db, int64_t tenant_id, struct id member_id, int64_t lot_seq,
                       const struct program *program, struct arena *arena, struct lot *ret_lot)
{
    struct sql_lot_get_in in = {.tenant_id = tenant_id, .member_id = member_id, .lot_seq = lot_seq};
    struct sql_lot_get_out out;
    enum err e = sql_lot_get(db, &in, arena, &out);

    if (e)
        return e;
    int currency = currency_index(program, out.currency);
    if (currency < 0)
        return ERR_NOT_FOUND;
    *ret_lot = (struct lot){
        .seq = lot_seq,
        .currency = currency,
        .units = out.units,
        .remaining = out.remaining,
        .pending = out.pending != 0,
        .activates_us = out.activates_us,
        .expires_us = out.has_expires_us ? out.expires_us : NEVER_US,
        .order_id = out.order_id,
    };
    return OK;
}
