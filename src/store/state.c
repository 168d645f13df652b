// SPDX-License-Identifier: Apache-2.0
// state.c - a member's state between the tables and the engine.
//
// Loading is two statements (member, member_cache) when nothing is on hold.  Saving compares with
// what was loaded and writes the difference: a wallet is one row, a lot one row, a counter one row,
// all of them neighbours on one page.
//
// Layer: store.  Tests: tests/store/state_test.c
#include "store/members.h"

#include "base/sort.h"
#include "store/rows.h"
#include "store/sql_gen.h"

#include <string.h>

enum cache_kind { CACHE_HEAD, CACHE_WALLET, CACHE_LOT, CACHE_COUNTER };

// Counters that every order changes: they are columns of the head, not rows of their own.
struct figures {
    int64_t orders, spend, visits;
};

struct state_image {
    struct arena *arena;
    int64_t last_seq;
    int64_t due_us;
    struct figures figures;
    struct wallet *wallets;
    struct lot *lots; // by seq
    size_t n_lots;
    struct counter *counters;
    size_t n_counters;
    bool is_saved; // rows of this member may wait in a batch
};

// ---- order

static int by_consumption(const void *a, const void *b, void *ctx)
{
    const struct lot *x = a;
    const struct lot *y = b;

    (void)ctx;
    if (x->expires_us != y->expires_us)
        return x->expires_us < y->expires_us ? -1 : 1;
    if (x->activates_us != y->activates_us)
        return x->activates_us < y->activates_us ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_seq(const void *a, const void *b, void *ctx)
{
    const struct lot *x = a;
    const struct lot *y = b;

    (void)ctx;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

// ---- the image

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t counter_value(const struct counter *counters, size_t n, struct str name,
                             int64_t period)
{
    for (size_t i = 0; i < n; i++)
        if (counters[i].period == period && str_eq(counters[i].name, name))
            return counters[i].value;
    return 0;
}

static struct figures figures_of(const struct member_state *state)
{
    const struct counter *counters = state->counters.list;
    size_t n = state->counters.n;

    return (struct figures){counter_value(counters, n, STR("orders"), 0),
                            counter_value(counters, n, STR("spend"), 0),
                            counter_value(counters, n, STR("visits"), 0)};
}

static bool is_figure(const struct counter *counter)
{
    return counter->period == 0 &&
           (str_eq(counter->name, STR("orders")) || str_eq(counter->name, STR("spend")) ||
            str_eq(counter->name, STR("visits")));
}

// When something happens to the member by itself; NEVER_US: never.
static int64_t due_of(const struct member_state *state)
{
    int64_t due_us = NEVER_US;

    for (size_t i = 0; i < state->n_lots; i++) {
        const struct lot *lot = &state->lots[i];
        due_us = earlier(due_us, lot->pending ? lot->activates_us : lot->expires_us);
    }
    for (size_t i = 0; i < state->n_holds; i++)
        due_us = earlier(due_us, state->holds[i].expires_us);
    return due_us;
}

static void *copy(struct arena *arena, const void *items, size_t n, size_t size)
{
    void *to = rows_new(arena, n, size);

    if (to && n)
        memcpy(to, items, n * size);
    return to;
}

// The lots by seq.
static struct lot *lots_by_seq(struct arena *arena, const struct lot *lots, size_t n)
{
    struct lot *sorted = copy(arena, lots, n, sizeof *sorted);
    struct lot *scratch = rows_new(arena, n, sizeof *scratch);

    if (!sorted || !scratch)
        return NULL;
    sort_stable(sorted, scratch, n, sizeof *sorted, by_seq, NULL);
    return sorted;
}

// Makes the image say what the state says.
static enum err take_image(struct state_image *image, const struct member_state *state)
{
    image->last_seq = state->last_seq;
    image->due_us = due_of(state);
    image->figures = figures_of(state);
    image->wallets = copy(image->arena, state->wallets, state->n_wallets, sizeof *image->wallets);
    image->lots = lots_by_seq(image->arena, state->lots, state->n_lots);
    image->n_lots = state->n_lots;
    image->counters =
        copy(image->arena, state->counters.list, state->counters.n, sizeof *image->counters);
    image->n_counters = state->counters.n;
    return image->wallets && image->lots && image->counters ? OK : ERR_MEMORY;
}

// ---- loading

static int currency_index(const struct program *program, struct str currency)
{
    for (size_t i = 0; i < program->n_currencies; i++)
        if (str_eq(program->currencies[i].id, currency))
            return (int)i;
    return -1;
}

static void take_figure(struct member_state *state, struct str name, int64_t value)
{
    if (value)
        state->counters.list[state->counters.n++] = (struct counter){.name = name, .value = value};
}

static enum err take_head(struct member_state *state, const struct sql_member_cache_list_out *row)
{
    if (!row->has_hash)
        return ERR_STORE_CORRUPT;
    state->last_seq = row->last_seq;
    state->recorded_us = row->recorded_us;
    memcpy(state->head, row->hash.b, sizeof state->head);
    take_figure(state, STR("orders"), row->orders);
    take_figure(state, STR("spend"), row->spend);
    take_figure(state, STR("visits"), row->visits);
    return OK;
}

static void take_wallet(const struct program *program, struct member_state *state,
                        const struct sql_member_cache_list_out *row)
{
    int currency = currency_index(program, row->name);

    if (currency >= 0)
        state->wallets[currency] =
            (struct wallet){row->available, row->pending, row->held, row->debt};
}

static void take_lot(const struct program *program, struct member_state *state,
                     const struct sql_member_cache_list_out *row)
{
    int currency = currency_index(program, row->name);

    if (currency >= 0)
        state->lots[state->n_lots++] = (struct lot){
            .seq = row->number,
            .currency = currency,
            .units = row->units,
            .remaining = row->remaining,
            .pending = row->pending != 0,
            .activates_us = row->activates_us,
            .expires_us = row->has_expires_us ? row->expires_us : NEVER_US,
            .order_id = row->order_id,
        };
}

static void take_counter(struct member_state *state, const struct sql_member_cache_list_out *row)
{
    state->counters.list[state->counters.n++] =
        (struct counter){.name = row->name, .period = row->number, .value = row->value};
}

static enum err take_row(const struct program *program, struct member_state *state,
                         const struct sql_member_cache_list_out *row)
{
    switch (row->kind) {
    case CACHE_HEAD:
        return take_head(state, row);
    case CACHE_WALLET:
        take_wallet(program, state, row);
        return OK;
    case CACHE_LOT:
        take_lot(program, state, row);
        return OK;
    case CACHE_COUNTER:
        take_counter(state, row);
        return OK;
    default:
        return ERR_STORE_CORRUPT;
    }
}

// Room for what n rows may hold, and a little for what the next decision adds.
static enum err make_room(struct member_state *state, const struct program *program, size_t n)
{
    size_t room = n + 12;

    state->n_wallets = program->n_currencies;
    state->wallets = rows_new(state->arena, state->n_wallets, sizeof *state->wallets);
    state->lots = rows_new(state->arena, room, sizeof *state->lots);
    state->room_lots = room;
    state->counters.list = rows_new(state->arena, room, sizeof *state->counters.list);
    state->counters.room = room;
    return state->wallets && state->lots && state->counters.list ? OK : ERR_MEMORY;
}

// ret_due_us is what the store believes: a save repairs it when it is not so.
static enum err load_cache(struct db *db, const struct member_query *query,
                           struct member_state *state, int64_t *ret_due_us)
{
    struct sql_member_cache_list_in in = {.tenant_id = query->tenant_id,
                                          .member_id = query->member_id};
    struct sql_member_cache_list_out *rows;
    size_t n;
    enum err e = sql_member_cache_list(db, &in, state->arena, &rows, &n);

    if (!e)
        e = make_room(state, query->program, n);
    *ret_due_us = NEVER_US;
    for (size_t i = 0; !e && i < n; i++) {
        e = take_row(query->program, state, &rows[i]);
        if (rows[i].has_due_us)
            *ret_due_us = rows[i].due_us;
    }
    if (e)
        return e;
    struct lot *scratch = rows_new(state->arena, state->n_lots, sizeof *scratch);
    if (!scratch)
        return ERR_MEMORY;
    sort_stable(state->lots, scratch, state->n_lots, sizeof *scratch, by_consumption, NULL);
    return OK;
}

// What the hold took, and the lots it took from, which may be empty by now.
static enum err load_taken(struct db *db, const struct member_query *query, struct arena *arena,
                           struct hold *hold)
{
    struct allocation_row *rows;
    size_t n;
    enum err e = store_allocation_list(db, query->tenant_id, query->member_id,
                                       (struct seq_range){hold->seq, hold->seq}, arena, &rows, &n);

    if (e)
        return e;
    struct allocation *allocations = rows_new(arena, n, sizeof *allocations);
    struct lot *lots = rows_new(arena, n, sizeof *lots);
    if (!allocations || !lots)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < n; i++) {
        allocations[i] = (struct allocation){rows[i].lot_seq, rows[i].units};
        e = store_lot_get(db, query->tenant_id, query->member_id, rows[i].lot_seq, query->program,
                          arena, &lots[i]);
    }
    hold->allocations = allocations;
    hold->lots = lots;
    hold->n_allocations = n;
    return e == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : e;
}

static enum err load_holds(struct db *db, const struct member_query *query,
                           struct member_state *state)
{
    struct sql_hold_list_in in = {.tenant_id = query->tenant_id, .member_id = query->member_id};
    struct sql_hold_list_out *rows;
    size_t n;
    enum err e = sql_hold_list(db, &in, state->arena, &rows, &n);

    if (e)
        return e;
    state->holds = rows_new(state->arena, n, sizeof *state->holds);
    state->room_holds = n;
    if (!state->holds)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < n; i++) {
        int currency = currency_index(query->program, rows[i].currency);
        if (!rows[i].has_expires_us)
            return ERR_STORE_CORRUPT;
        if (currency < 0)
            continue;
        struct hold *hold = &state->holds[state->n_holds++];
        *hold = (struct hold){
            .seq = rows[i].seq,
            .currency = currency,
            .units = rows[i].units,
            .redemption_id = rows[i].redemption_id,
            .reward_id = rows[i].reward_id,
            .expires_us = rows[i].expires_us,
        };
        e = load_taken(db, query, state->arena, hold);
    }
    return e;
}

static bool has_held(const struct member_state *state)
{
    for (size_t i = 0; i < state->n_wallets; i++)
        if (state->wallets[i].held)
            return true;
    return false;
}

static enum err load_attributes(struct db *db, const struct member_query *query,
                                struct member_state *state)
{
    struct person_row person = {0};
    enum err e = store_person_get(db, query->tenant_id, query->member_id, state->arena, &person);

    if (e && e != ERR_NOT_FOUND)
        return e;
    state->attributes = person.attributes;
    return OK;
}

// One that may write also keeps other processes from writing about the member until it ends.
static enum err get_member(struct db *db, const struct member_query *query, struct arena *arena,
                           struct member_row *ret_member)
{
    if (db_is_writable(db))
        return store_member_lock(db, query->tenant_id, query->member_id, arena, ret_member);
    return store_member_get(db, query->tenant_id, query->member_id, arena, ret_member);
}

enum err store_member_ahead(struct db *db, const struct member_query *query)
{
    struct sql_member_lock_in lock = {.tenant_id = query->tenant_id, .member_id = query->member_id};
    struct sql_member_cache_list_in cache = {.tenant_id = query->tenant_id,
                                             .member_id = query->member_id};
    struct sql_person_get_in person = {.tenant_id = query->tenant_id,
                                       .member_id = query->member_id};
    enum err e = sql_member_lock_ahead(db, &lock);

    if (!e)
        e = sql_member_cache_list_ahead(db, &cache);
    if (!e && query->program->uses_member_attributes)
        e = sql_person_get_ahead(db, &person);
    return e;
}

enum err store_member_load(struct db *db, const struct member_query *query, struct arena *arena,
                           struct member_state *ret_state, enum member_status *ret_status,
                           struct state_image **ret_image)
{
    struct member_state state = {.arena = arena, .member_id = query->member_id};
    struct state_image *image = ARENA_NEW(arena, struct state_image);
    struct member_row member;
    enum err e = get_member(db, query, arena, &member);

    if (e)
        return e;
    state.enrolled_us = member.enrolled_us;
    int64_t due_us;
    e = load_cache(db, query, &state, &due_us);
    if (!e && has_held(&state))
        e = load_holds(db, query, &state);
    if (!e && query->program->uses_member_attributes)
        e = load_attributes(db, query, &state);
    if (e)
        return e;
    image->arena = arena;
    e = take_image(image, &state);
    if (e)
        return e;
    image->due_us = due_us;
    *ret_state = state;
    *ret_status = member.status;
    *ret_image = image;
    return OK;
}

enum err store_member_new(const struct member_query *query, int64_t enrolled_us,
                          struct arena *arena, struct member_state *ret_state,
                          struct state_image **ret_image)
{
    struct member_state state = {.arena = arena,
                                 .member_id = query->member_id,
                                 .enrolled_us = enrolled_us};
    struct state_image *image = ARENA_NEW(arena, struct state_image);
    enum err e = make_room(&state, query->program, 0);

    image->arena = arena;
    if (!e)
        e = take_image(image, &state);
    if (e)
        return e;
    *ret_state = state;
    *ret_image = image;
    return OK;
}

// ---- saving

static enum err save_head(struct db *db, const struct member_query *query,
                          const struct state_image *image, const struct member_state *state)
{
    int64_t due_us = due_of(state);
    struct figures figures = figures_of(state);

    if (state->last_seq == image->last_seq && due_us == image->due_us &&
        memcmp(&figures, &image->figures, sizeof figures) == 0)
        return OK;
    struct sql_member_head_put_in in = {
        .tenant_id = query->tenant_id,
        .member_id = query->member_id,
        .last_seq = state->last_seq,
        .recorded_us = state->recorded_us,
        .has_due_us = due_us != NEVER_US,
        .due_us = due_us,
        .orders = figures.orders,
        .spend = figures.spend,
        .visits = figures.visits,
    };
    memcpy(in.hash.b, state->head, sizeof in.hash.b);
    if (due_us != image->due_us)
        return sql_member_head_put(db, &in);
    struct sql_member_head_move_in move;
    _Static_assert(sizeof move == sizeof in, "the two statements take the same");
    memcpy(&move, &in, sizeof move);
    return sql_member_head_move(db, &move);
}

static enum err save_wallets(struct db *db, const struct member_query *query,
                             const struct state_image *image, const struct member_state *state)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < state->n_wallets; i++) {
        const struct wallet *wallet = &state->wallets[i];
        if (memcmp(wallet, &image->wallets[i], sizeof *wallet) == 0)
            continue;
        struct sql_member_wallet_put_in in = {
            .tenant_id = query->tenant_id,
            .member_id = query->member_id,
            .currency = query->program->currencies[i].id,
            .available = wallet->available,
            .pending = wallet->pending,
            .held = wallet->held,
            .debt = wallet->debt,
        };
        e = sql_member_wallet_put(db, &in);
    }
    return e;
}

static enum err put_lot(struct db *db, const struct member_query *query, const struct lot *lot)
{
    struct sql_member_lot_put_in in = {
        .tenant_id = query->tenant_id,
        .member_id = query->member_id,
        .currency = query->program->currencies[lot->currency].id,
        .lot_seq = lot->seq,
        .units = lot->units,
        .remaining = lot->remaining,
        .pending = lot->pending,
        .activates_us = lot->activates_us,
        .has_expires_us = lot->expires_us != NEVER_US,
        .expires_us = lot->expires_us,
        .has_order_id = !id_is_nil(lot->order_id),
        .order_id = lot->order_id,
    };

    return sql_member_lot_put(db, &in);
}

static enum err delete_lot(struct db *db, const struct member_query *query, const struct lot *lot)
{
    struct sql_member_lot_delete_in in = {
        .tenant_id = query->tenant_id,
        .member_id = query->member_id,
        .currency = query->program->currencies[lot->currency].id,
        .lot_seq = lot->seq,
    };

    return sql_member_lot_delete(db, &in);
}

static bool lot_changed(const struct lot *before, const struct lot *after)
{
    return before->remaining != after->remaining || before->pending != after->pending ||
           before->activates_us != after->activates_us || before->expires_us != after->expires_us;
}

// Walks both lists by seq: what is only in the image is used up, what is only in the state is new.
static enum err save_lots(struct db *db, const struct member_query *query,
                          const struct state_image *image, const struct member_state *state)
{
    const struct lot *before = image->lots;
    const struct lot *before_stop = before + image->n_lots;
    const struct lot *after = lots_by_seq(image->arena, state->lots, state->n_lots);
    enum err e = OK;

    if (!after)
        return ERR_MEMORY;
    const struct lot *after_stop = after + state->n_lots;
    while (!e && (before < before_stop || after < after_stop)) {
        if (after == after_stop || (before < before_stop && before->seq < after->seq)) {
            e = delete_lot(db, query, before++);
        } else if (before == before_stop || after->seq < before->seq) {
            e = put_lot(db, query, after++);
        } else {
            e = lot_changed(before, after) ? put_lot(db, query, after) : OK;
            before++;
            after++;
        }
    }
    return e;
}

static int64_t counter_before(const struct state_image *image, const struct counter *counter)
{
    return counter_value(image->counters, image->n_counters, counter->name, counter->period);
}

// By difference: a counter of a window that was left out at loading is not overwritten.
static enum err save_counter(struct db *db, const struct member_query *query,
                             const struct counter *counter, int64_t delta)
{
    if (delta > 0) {
        struct sql_member_counter_add_in in = {.tenant_id = query->tenant_id,
                                               .member_id = query->member_id,
                                               .name = counter->name,
                                               .period = counter->period,
                                               .units = delta};
        return sql_member_counter_add(db, &in);
    }
    struct sql_member_counter_take_in in = {.tenant_id = query->tenant_id,
                                            .member_id = query->member_id,
                                            .name = counter->name,
                                            .period = counter->period,
                                            .units = -delta};
    int64_t changed;
    enum err e = sql_member_counter_take(db, &in, &changed);
    if (e)
        return e;
    return changed == 1 ? OK : ERR_STORE_CORRUPT;
}

static enum err save_counters(struct db *db, const struct member_query *query,
                              const struct state_image *image, struct member_state *state)
{
    enum err e = OK;

    for (size_t i = 0; !e && i < state->counters.n; i++) {
        struct counter *counter = &state->counters.list[i];
        bool is_row = counter->dirty && !is_figure(counter);
        int64_t delta = is_row ? counter->value - counter_before(image, counter) : 0;
        if (delta)
            e = save_counter(db, query, counter, delta);
        counter->dirty = false;
    }
    return e;
}

enum err store_state_save(struct db *db, const struct member_query *query,
                          struct state_image *image, struct member_state *state)
{
    // A batch writes a row once: what was saved before must have gone.
    enum err e = image->is_saved && db_asks_ahead(db) ? db_flush(db) : OK;

    image->is_saved = true;
    if (!e)
        e = save_head(db, query, image, state);
    if (!e)
        e = save_wallets(db, query, image, state);
    if (!e)
        e = save_lots(db, query, image, state);
    if (!e)
        e = save_counters(db, query, image, state);
    return e ? e : take_image(image, state);
}
