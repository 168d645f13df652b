// SPDX-License-Identifier: Apache-2.0
// tx_apply.c - carrying a decision out: state, ledger, counters.
//
// Layer: flow.  Tests: tests/flow/tx_test.c
#include "flow/tx.h"

#include "base/checked.h"
#include "base/hash.h"
#include "base/json_out.h"
#include "store/events.h"
#include "store/members.h"

#include <string.h>

// ---- counters that members share

struct tx_shared {
    struct tx_shared *next;
    int64_t tenant_id;
    struct counter_key key;
    int64_t value;
};

// A store is known to the counters by a hash of its name, so that every key has one length.
static struct id owner_of(enum limit_scope owner, struct str store)
{
    struct id id = ID_NIL;
    if (owner == LIMIT_STORE) {
        struct hash hash = hash_sha256(store.p, store.n);
        memcpy(id.b, hash.b, sizeof id.b);
    }
    return id;
}

static struct tx_shared *shared_counter(struct tx *tx, int64_t tenant_id,
                                        const struct counter_key *key)
{
    for (struct tx_shared *shared = tx->shared; shared; shared = shared->next)
        if (shared->tenant_id == tenant_id && id_eq(shared->key.owner_id, key->owner_id) &&
            shared->key.period == key->period && str_eq(shared->key.name, key->name))
            return shared;
    struct tx_shared *shared = ARENA_NEW(&tx->arena, struct tx_shared);
    *shared = (struct tx_shared){.next = tx->shared, .tenant_id = tenant_id, .key = *key};
    shared->key.name = str_dup(&tx->arena, key->name);
    // A counter that cannot be read is full: the limit holds, and the fault ends the transaction.
    if (store_counter_get(tx->db, tenant_id, key, &shared->value)) {
        shared->value = AMOUNT_MAX;
        tx->broken = true;
    }
    tx->shared = shared;
    return shared;
}

static int64_t get_shared(void *ctx, enum limit_scope owner, struct str store, struct str name,
                          int64_t period)
{
    struct tx *tx = ctx;
    struct counter_key key = {.owner_id = owner_of(owner, store), .name = name, .period = period};
    return shared_counter(tx, tx->shared_tenant_id, &key)->value;
}

struct shared_counters tx_shared_counters(struct tx *tx, int64_t tenant_id)
{
    tx->shared_tenant_id = tenant_id;
    return (struct shared_counters){.get = get_shared, .ctx = tx};
}

static enum err change_shared(struct tx *tx, int64_t tenant_id, const struct counter_change *change)
{
    struct counter_key key = {.owner_id = owner_of(change->owner, change->store),
                              .name = change->name,
                              .period = change->period};
    struct tx_shared *shared = shared_counter(tx, tenant_id, &key);
    int64_t max = change->max ? change->max : AMOUNT_MAX;
    enum err e = store_counter_add(tx->db, tenant_id, &key, change->delta, max);
    // Another process took the last one since it was read: decide again with what is left.
    if (tx_wrote(tx, e == ERR_LIMIT_REACHED ? ERR_STORE_CONFLICT : e))
        return e == ERR_LIMIT_REACHED ? ERR_STORE_CONFLICT : e;
    shared->value += change->delta;
    return OK;
}

static enum err change_counters(struct tx *tx, int64_t tenant_id, const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_counters; i++) {
        if (decision->counters[i].owner == LIMIT_MEMBER)
            continue; // engine_apply has changed the state
        enum err e = change_shared(tx, tenant_id, &decision->counters[i]);
        if (e)
            return e;
    }
    return OK;
}

// ---- ledger

static enum err append_entries(struct tx *tx, struct tx_member *member,
                               const struct decision *decision, const struct cause *cause)
{
    struct str *derivations = arena_try_array(&tx->arena, decision->n_effects, sizeof *derivations);
    if (!derivations)
        return ERR_MEMORY;
    for (size_t i = 0; i < decision->n_effects; i++) {
        struct buf text;
        struct json_out out;
        buf_init(&text, &tx->arena);
        json_init(&out, &text);
        derivation_json(&out, &decision->effects[i]);
        derivations[i] = buf_text(&text);
    }
    int64_t recorded_us = tx->now_us;
    if (recorded_us < member->state.recorded_us)
        recorded_us = member->state.recorded_us; // the clock stepped back between two processes
    struct entry_source source = {.tenant_id = member->tenant_id,
                                  .member_id = member->state.member_id,
                                  .recorded_us = recorded_us,
                                  .event_id = cause->event_id,
                                  .actor_id = cause->actor_id,
                                  .program_version = cause->program->version};
    return tx_wrote(tx, store_entries_append(tx->db, &source, member->program, decision->effects,
                                             derivations, decision->n_effects, &member->state));
}

enum err tx_apply(struct tx *tx, struct tx_member *member, struct decision *decision,
                  const struct cause *cause)
{
    if (decision->n_effects == 0 && decision->n_counters == 0)
        return OK;
    engine_apply(&member->state, decision);
    member->dirty = true;
    enum err e = change_counters(tx, member->tenant_id, decision);
    if (!e && decision->n_effects)
        e = append_entries(tx, member, decision, cause);
    return e;
}

// A hold that ran out ends its redemption.
static enum err end_redemptions(struct tx *tx, const struct tx_member *member,
                                const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_effects; i++) {
        const struct effect *effect = &decision->effects[i];
        if (effect->kind != EFFECT_RELEASE || id_is_nil(effect->redemption_id))
            continue;
        enum err e =
            store_redemption_update(tx->db, member->tenant_id, effect->redemption_id,
                                    REDEMPTION_HELD, REDEMPTION_EXPIRED, effect->effective_us);
        // One redemption of two currencies releases twice.
        if (e && e != ERR_STORE_CONFLICT)
            return tx_wrote(tx, e);
    }
    return OK;
}

enum err tx_advance(struct tx *tx, struct tx_member *member, int64_t to_us)
{
    if (engine_next_due(&member->state) > to_us)
        return OK;
    struct decision decision;
    decision_init(&decision, &tx->arena);
    enum err e = engine_advance(member->program, &member->state, to_us, &decision);
    if (e)
        return e;
    if (!tx->writable) {
        engine_apply(&member->state, &decision);
        return OK;
    }
    struct cause cause = {.program = member->program};
    int64_t n_writes = tx->n_writes;
    e = tx_apply(tx, member, &decision, &cause);
    if (!e)
        e = end_redemptions(tx, member, &decision);
    // What time did stays right whatever becomes of the request that looked at the member.
    if (!e)
        tx->n_writes = n_writes;
    return e;
}
