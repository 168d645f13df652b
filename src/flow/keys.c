// SPDX-License-Identifier: Apache-2.0
// keys.c - tenants and their API keys.
//
// Layer: flow.  Tests: tests/flow/keys_test.c, tests/api/keys.http
#include "flow/keys.h"

#include "base/scope.h"
#include "flow/flow.h"
#include "store/store.h"

#include <string.h>

enum err flow_tenant_create(struct tx *tx, struct str slug, int64_t *ret_tenant_id)
{
    return tx_wrote(tx, store_tenant_insert(tx->db, slug, tx->now_us, &tx->arena, ret_tenant_id));
}

enum err flow_tenant_find(struct tx *tx, struct str slug, int64_t *ret_tenant_id)
{
    struct tenant_row row;
    enum err e = store_tenant_get(tx->db, slug, &tx->arena, &row);
    if (e)
        return e;
    *ret_tenant_id = row.tenant_id;
    return OK;
}

enum err flow_tenant_list(struct tx *tx, struct arena *arena, int64_t after, int limit,
                          int64_t **ret_tenant_ids, size_t *ret_n)
{
    struct tenant_row *rows;
    size_t n;
    enum err e = store_tenant_list(tx->db, after, limit, arena, &rows, &n);
    if (e)
        return e;
    int64_t *tenant_ids = arena_try_array(arena, n, sizeof *tenant_ids);
    if (!tenant_ids)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        tenant_ids[i] = rows[i].tenant_id;
    *ret_tenant_ids = tenant_ids;
    *ret_n = n;
    return OK;
}

// ---- finding the key that a request names, for the HTTP side

// A batch asks once for a key, whoever of its requests came with it.
struct tx_key {
    struct tx_key *next;
    struct key_ref ref;
    struct key_facts facts;
    bool is_valid;
};

static enum err read_key(struct tx *tx, const struct key_ref *ref, struct tx_key *ret_key)
{
    struct key_row row;
    enum err e = store_key_get_by_hash(tx->db, ref, &tx->arena, &row);
    *ret_key = (struct tx_key){.next = tx->keys, .ref = *ref};
    if (e || row.revoked_us)
        return e == ERR_NOT_FOUND ? OK : e;
    struct str unknown;
    ret_key->is_valid = true;
    ret_key->facts = (struct key_facts){.tenant_id = row.tenant_id,
                                        .key_id = row.key_id,
                                        .expires_us = row.expires_us};
    return scopes_parse(row.scopes, &ret_key->facts.scopes, &unknown) ? ERR_STORE_CORRUPT : OK;
}

static enum err find_key(void *ctx, struct tx *tx, const struct key_ref *ref,
                         struct key_facts *ret_facts)
{
    (void)ctx;
    struct tx_key *key = tx->keys;
    while (key && memcmp(key->ref.hash.b, ref->hash.b, sizeof ref->hash.b) != 0)
        key = key->next;
    if (!key) {
        key = ARENA_NEW(&tx->arena, struct tx_key);
        enum err e = read_key(tx, ref, key);
        if (e)
            return e;
        tx->keys = key;
    }
    if (!key->is_valid)
        return ERR_NOT_FOUND;
    *ret_facts = key->facts;
    return OK;
}

static uint64_t key_generation(void *ctx)
{
    struct flow *flow = ctx;
    uint64_t changes = atomic_load(&flow->key_changes);
    // Another process may have revoked a key: what is known of keys grows old by itself.
    uint64_t age =
        store_is_shared(flow->store) ? (uint64_t)(env_monotonic_us(flow->env) / KEY_AGE_US) : 0;
    return changes << 32 | (age & UINT32_MAX);
}

struct key_source key_source_of(struct flow *flow)
{
    return (struct key_source){.find = find_key, .generation = key_generation, .ctx = flow};
}

// ---- making and revoking

static enum err append_audit(struct tx *tx, struct caller by, struct str action, int64_t key_id)
{
    struct audit_row row = {.at_us = tx->now_us,
                            .actor_id = by.actor_id,
                            .action = action,
                            .detail =
                                str_printf(&tx->arena, "{\"key_id\":%lld}", (long long)key_id)};
    return tx_wrote(tx, store_audit_append(tx->db, by.tenant_id, &row, &tx->arena));
}

static void view_of(const struct key_row *row, struct key_view *ret_key)
{
    *ret_key = (struct key_view){.key_id = row->key_id,
                                 .name = row->name,
                                 .last4 = row->last4,
                                 .scopes = row->scopes,
                                 .created_us = row->created_us,
                                 .expires_us = row->expires_us,
                                 .revoked_us = row->revoked_us};
}

enum err flow_key_create(struct tx *tx, struct arena *arena, struct caller by,
                         const struct key_in *in, struct key_view *ret_key, struct str *ret_text)
{
    char text[API_KEY_LENGTH + 1];
    api_key_generate(tx->flow->env, by.tenant_id, text);
    struct str secret = str_dup(arena, str_of(text));
    struct buf scope_words;
    buf_init(&scope_words, arena);
    scopes_write(in->scopes, &scope_words);
    struct key_row row = {.tenant_id = by.tenant_id,
                          .name = in->name,
                          .last4 = str_dup(arena, api_key_last4(secret)),
                          .scopes = buf_text(&scope_words),
                          .created_us = tx->now_us,
                          .expires_us = in->expires_us};
    api_key_hash(secret, &row.secret_hash);
    enum err e = store_key_insert(tx->db, &row, arena, &row.key_id);
    // Another process took the number a moment ago.
    e = tx_wrote(tx, e == ERR_ALREADY_EXISTS ? ERR_STORE_CONFLICT : e);
    if (!e)
        e = append_audit(tx, by, STR("key.created"), row.key_id);
    if (e)
        return e;
    view_of(&row, ret_key);
    *ret_text = secret;
    return OK;
}

// A cached key is asked for again once the generation has risen: from the next batch on, at the
// latest, nobody is let in by it.
static void raise_generation(void *key_changes)
{
    atomic_fetch_add((atomic_ullong *)key_changes, 1);
}

enum err flow_key_revoke(struct tx *tx, struct caller by, int64_t key_id)
{
    enum err e = store_key_revoke(tx->db, by.tenant_id, key_id, tx->now_us);
    if (e == ERR_NOT_FOUND)
        return e;
    e = tx_wrote(tx, e);
    tx->keys = NULL; // the rest of the batch looks again
    if (!e)
        e = append_audit(tx, by, STR("key.revoked"), key_id);
    // The transaction's arena ends right after its commit.
    arena_at_end(&tx->arena, raise_generation, &tx->flow->key_changes);
    return e;
}

enum err flow_key_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                       struct key_view **ret_keys, size_t *ret_n)
{
    struct key_row *rows;
    size_t n;
    enum err e = store_key_list(tx->db, tenant_id, arena, &rows, &n);
    if (e)
        return e;
    struct key_view *keys = arena_try_array(arena, n, sizeof *keys);
    if (!keys)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        view_of(&rows[i], &keys[i]);
    *ret_keys = keys;
    *ret_n = n;
    return OK;
}
