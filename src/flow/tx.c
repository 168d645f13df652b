// SPDX-License-Identifier: Apache-2.0
// tx.c - one transaction: members, programmes and shared counters it has loaded, and its end.
//
// Layer: flow.  Tests: tests/flow/tx_test.c
#include "flow/tx.h"

#include "base/json_out.h"
#include "flow/attributes.h"
#include "flow/programs.h"
#include "store/members.h"
#include "store/store.h"

#include <string.h>

#define TX_ARENA_BYTES ((size_t)1 << 30)

// ---- the process

// How far ahead of the clock the instant is that a restart goes on from: so seldom it is written.
#define CLOCK_AHEAD_US INT64_C(1000000)
#define CLOCK_SETTING STR("clock_us")

// T1 over restarts: no earlier than what was kept of the process before.
static enum err read_clock(struct flow *flow)
{
    struct arena arena;
    arena_init(&arena, 16384);
    struct db *db = store_writer(flow->store);
    struct str text;
    enum err e = db ? store_setting_get(db, 0, CLOCK_SETTING, &arena, &text) : ERR_NOT_FOUND;
    int64_t kept_us;
    if (!e && str_to_i64(text, &kept_us)) {
        atomic_store(&flow->last_us, kept_us);
        atomic_store(&flow->kept_us, kept_us);
    }
    arena_release(&arena);
    return e == ERR_NOT_FOUND ? OK : e;
}

// Once in a while, in the transaction that needs it.
static enum err keep_clock(struct tx *tx)
{
    if (tx->now_us < atomic_load(&tx->flow->kept_us))
        return OK;
    return store_setting_update(tx->db, 0, CLOCK_SETTING,
                                str_printf(&tx->arena, "%lld",
                                           (long long)(tx->now_us + CLOCK_AHEAD_US)));
}

enum err flow_open(struct flow *flow, struct store *store, const struct env *env)
{
    *flow = (struct flow){.store = store, .env = env};
    enum err e = read_clock(flow);
    return e ? e : programs_new(&flow->programs);
}

void flow_close(struct flow *flow)
{
    programs_free(flow->programs);
    flow->programs = NULL;
}

// The wall clock, or the last instant when the clock has stepped back since.
static int64_t advance_clock(struct flow *flow)
{
    long long now = env_now_us(flow->env);
    long long last = atomic_load(&flow->last_us);
    while (now > last && !atomic_compare_exchange_weak(&flow->last_us, &last, now))
        ;
    return now > last ? now : last;
}

// ---- life cycle

enum err tx_begin(struct tx *tx, struct flow *flow, struct db *db, bool writable,
                  struct id_source *ids)
{
    *tx = (struct tx){.flow = flow, .db = db, .writable = writable, .ids = ids};
    arena_init(&tx->arena, TX_ARENA_BYTES);
    enum err e = db_begin(db);
    if (e) {
        arena_release(&tx->arena);
        return e;
    }
    tx_read_clock(tx);
    return OK;
}

void tx_read_clock(struct tx *tx)
{
    CHECK(!tx->n_writes);
    tx->now_us = advance_clock(tx->flow);
    // Ids are in the order of arrival, as instants are.
    if (tx->ids && tx->now_us > env_now_us(tx->flow->env))
        id_source_reach(tx->ids, tx->now_us / 1000);
}

static enum err save_member(struct tx *tx, struct tx_member *member)
{
    if (!member->dirty)
        return OK;
    struct member_query query = {.tenant_id = member->tenant_id,
                                 .member_id = member->state.member_id,
                                 .program = member->program};
    member->dirty = false;
    return tx_wrote(tx, store_state_save(tx->db, &query, member->image, &member->state));
}

enum err tx_save(struct tx *tx)
{
    for (size_t i = 0; i < TX_MEMBER_BUCKETS; i++) {
        for (struct tx_member *member = tx->members[i]; member; member = member->next) {
            enum err e = save_member(tx, member);
            if (e)
                return e;
        }
    }
    return OK;
}

enum err tx_commit(struct tx *tx)
{
    CHECK(tx->writable && !tx->broken); // T3
    enum err e = tx_save(tx);
    if (!e)
        e = keep_clock(tx);
    if (!e && arena_overflowed(&tx->arena))
        e = ERR_MEMORY;
    if (e) {
        tx_rollback(tx);
        return e;
    }
    e = db_commit(tx->db);
    if (!e && tx->now_us >= atomic_load(&tx->flow->kept_us))
        atomic_store(&tx->flow->kept_us, tx->now_us + CLOCK_AHEAD_US);
    arena_release(&tx->arena);
    return e;
}

void tx_rollback(struct tx *tx)
{
    db_rollback(tx->db);
    arena_release(&tx->arena);
}

enum err tx_wrote(struct tx *tx, enum err e)
{
    CHECK(tx->writable);
    tx->n_writes++;
    if (e)
        tx->broken = true;
    return e;
}

// ---- programmes

// Snapshots this transaction holds a reference to, and the newest version of each tenant.
struct tx_program {
    struct tx_program *next;
    int64_t tenant_id;
    bool is_newest;
    struct program *program;
};

static void unref_program(void *program)
{
    program_unref(program);
}

static enum err hold_program(struct tx *tx, int64_t tenant_id, int64_t version,
                             struct tx_program **ret_held)
{
    for (struct tx_program *held = tx->programs; held; held = held->next) {
        if (held->tenant_id == tenant_id && held->program->version == version) {
            *ret_held = held;
            return OK;
        }
    }
    struct tx_program *held = ARENA_NEW(&tx->arena, struct tx_program);
    enum err e = programs_get(tx->flow->programs, tx->db, tenant_id, version, !tx->changed_program,
                              &held->program);
    if (e)
        return e;
    arena_at_end(&tx->arena, unref_program, held->program);
    held->tenant_id = tenant_id;
    held->next = tx->programs;
    tx->programs = held;
    *ret_held = held;
    return OK;
}

static enum err newest_program(struct tx *tx, int64_t tenant_id, const struct program **ret_program)
{
    for (struct tx_program *held = tx->programs; held; held = held->next) {
        if (held->tenant_id == tenant_id && held->is_newest) {
            *ret_program = held->program;
            return OK;
        }
    }
    int64_t version;
    enum err e = store_program_get_version(tx->db, tenant_id, &version);
    if (e)
        return e;
    if (version == 0)
        return ERR_PROGRAM_MISSING;
    struct tx_program *held;
    e = hold_program(tx, tenant_id, version, &held);
    if (e)
        return e;
    held->is_newest = true;
    *ret_program = held->program;
    return OK;
}

void tx_program_changed(struct tx *tx, int64_t tenant_id)
{
    tx->changed_program = true;
    for (struct tx_program *held = tx->programs; held; held = held->next)
        if (held->tenant_id == tenant_id)
            held->is_newest = false;
}

enum err tx_program(struct tx *tx, int64_t tenant_id, int64_t at_us,
                    const struct program **ret_program)
{
    const struct program *newest;
    enum err e = newest_program(tx, tenant_id, &newest);
    if (e)
        return e;
    if (at_us >= newest->valid_from_us || newest->version == 1) {
        *ret_program = newest;
        return OK;
    }
    int64_t version;
    e = store_program_get_version_at(tx->db, tenant_id, at_us, &version);
    if (e)
        return e;
    return tx_program_version(tx, tenant_id, version ? version : 1, ret_program);
}

enum err tx_program_version(struct tx *tx, int64_t tenant_id, int64_t version,
                            const struct program **ret_program)
{
    struct tx_program *held;
    enum err e = hold_program(tx, tenant_id, version, &held);
    if (e)
        return e;
    *ret_program = held->program;
    return OK;
}

// ---- members

static struct tx_member **bucket_of(struct tx *tx, struct id member_id)
{
    // The last bytes of an id are its random ones.
    size_t hash = (size_t)member_id.b[15] | (size_t)member_id.b[14] << 8;
    return &tx->members[hash % TX_MEMBER_BUCKETS];
}

static struct tx_member *find_member(struct tx *tx, int64_t tenant_id, struct id member_id)
{
    struct tx_member *member = *bucket_of(tx, member_id);
    while (member && (member->tenant_id != tenant_id || !id_eq(member->state.member_id, member_id)))
        member = member->next;
    return member;
}

static bool same_layout(const struct program *a, const struct program *b)
{
    if (a == b)
        return true;
    if (a->n_currencies != b->n_currencies ||
        a->uses_member_attributes != b->uses_member_attributes)
        return false;
    for (size_t i = 0; i < a->n_currencies; i++)
        if (!str_eq(a->currencies[i].id, b->currencies[i].id))
            return false;
    return true;
}

static void keep_member(struct tx *tx, struct tx_member *member)
{
    struct tx_member **bucket = bucket_of(tx, member->state.member_id);
    member->next = *bucket;
    *bucket = member;
}

// The rule language's view of a member's attributes, which the store loads only when some rule asks
// for them.
static enum err bind_attributes(struct tx *tx, struct tx_member *member)
{
    return attributes_bind(&tx->arena, member->state.attributes, &member->state.attributes_value);
}

static enum err load_attributes(struct tx *tx, struct tx_member *member)
{
    if (!member->program->uses_member_attributes)
        return OK;
    struct person_row person;
    enum err e =
        store_person_get(tx->db, member->tenant_id, member->state.member_id, &tx->arena, &person);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    member->state.attributes = person.attributes;
    return bind_attributes(tx, member);
}

// T1 for a member that several processes write to: what is recorded later bears no earlier time.
// Whose clock is behind goes on from the time it met.
static enum err meet_clock(struct tx *tx, int64_t recorded_us)
{
    if (!tx->writable || recorded_us <= tx->now_us || !store_is_shared(tx->flow->store))
        return OK;
    long long last = atomic_load(&tx->flow->last_us);
    while (last < recorded_us &&
           !atomic_compare_exchange_weak(&tx->flow->last_us, &last, recorded_us))
        ;
    tx->broken = true;
    return ERR_STORE_CONFLICT;
}

static enum err load_member(struct tx *tx, struct tx_member *member, struct id member_id)
{
    struct member_query query = {.tenant_id = member->tenant_id,
                                 .member_id = member_id,
                                 .program = member->program};
    enum member_status status;
    enum err e =
        store_member_load(tx->db, &query, &tx->arena, &member->state, &status, &member->image);
    if (!e)
        e = meet_clock(tx, member->state.recorded_us);
    if (e)
        return e;
    if (status != MEMBER_ACTIVE)
        return ERR_MEMBER_CLOSED;
    return bind_attributes(tx, member);
}

enum err tx_member_load(struct tx *tx, int64_t tenant_id, struct id member_id,
                        const struct program *program, struct tx_member **ret_member)
{
    struct tx_member *member = find_member(tx, tenant_id, member_id);
    if (member && same_layout(member->program, program)) {
        member->program =
            program; // of this piece of work: a late one before may be judged by another
        *ret_member = member;
        return OK;
    }
    if (member) { // an older version with other currencies: go through the store
        enum err e = save_member(tx, member);
        if (e)
            return e;
        member->program = program;
        e = load_member(tx, member, member_id);
        if (e)
            return e;
        *ret_member = member;
        return OK;
    }
    member = ARENA_NEW(&tx->arena, struct tx_member);
    member->tenant_id = tenant_id;
    member->program = program;
    enum err e = load_member(tx, member, member_id);
    if (e)
        return e;
    keep_member(tx, member);
    *ret_member = member;
    return OK;
}

enum err tx_member_new(struct tx *tx, int64_t tenant_id, struct id member_id,
                       const struct program *program, int64_t enrolled_us,
                       struct tx_member **ret_member)
{
    struct tx_member *member = ARENA_NEW(&tx->arena, struct tx_member);
    member->tenant_id = tenant_id;
    member->program = program;
    struct member_query query = {.tenant_id = tenant_id,
                                 .member_id = member_id,
                                 .program = program};
    enum err e = store_member_new(&query, enrolled_us, &tx->arena, &member->state, &member->image);
    if (!e)
        e = load_attributes(tx, member);
    if (e)
        return e;
    keep_member(tx, member);
    *ret_member = member;
    return OK;
}

enum err tx_person_changed(struct tx *tx, int64_t tenant_id, struct id member_id)
{
    struct tx_member *member = find_member(tx, tenant_id, member_id);
    return member ? load_attributes(tx, member) : OK;
}
