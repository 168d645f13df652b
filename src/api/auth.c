// SPDX-License-Identifier: Apache-2.0
// auth.c - from the Authorization header to the key it names.
//
// Layer: api.  Tests: tests/api/guard_test.c
#include "api/auth.h"

#include "base/scope.h"

#include <sodium.h>
#include <string.h>

#define N_ENTRIES ((size_t)2048)

struct auth_cache {
    uint64_t generation;
    uint64_t renewed; // the generation for which somebody is asking
    bool used;
    bool found;
    struct hash hash;
    struct key_facts facts;
};

struct auth_cache *auth_cache_new(struct arena *arena)
{
    return arena_try_array(arena, N_ENTRIES, sizeof(struct auth_cache));
}

static struct auth_cache *entry_of(struct auth_cache *cache, const struct hash *hash)
{
    uint32_t index;
    memcpy(&index, hash->b, sizeof index);
    return &cache[index % N_ENTRIES];
}

enum auth_found auth_cache_get(struct auth_cache *cache, const struct hash *hash,
                               uint64_t *generation, struct key_facts *ret_facts)
{
    struct auth_cache *entry = entry_of(cache, hash);
    bool is_old = entry->generation + 1 == *generation;
    if (!entry->used || !api_key_hash_eq(&entry->hash, hash) ||
        (entry->generation != *generation && !is_old))
        return AUTH_UNKNOWN; // A1, A2
    if (is_old && entry->renewed != *generation) {
        entry->renewed = *generation;
        return AUTH_UNKNOWN;
    }
    *generation = entry->generation;
    if (!entry->found)
        return AUTH_NO_SUCH_KEY;
    *ret_facts = entry->facts;
    return AUTH_KNOWN;
}

void auth_cache_put(struct auth_cache *cache, const struct hash *hash, uint64_t generation,
                    const struct key_facts *facts)
{
    struct auth_cache *entry = entry_of(cache, hash);
    *entry = (struct auth_cache){.generation = generation,
                                 .used = true,
                                 .found = facts != NULL,
                                 .hash = *hash};
    if (facts)
        entry->facts = *facts;
}

uint64_t auth_scope(uint32_t scope)
{
    return scope == SCOPE_LOCAL ? SCOPE_METRICS_READ : scope;
}

enum err auth_permits(const struct key_facts *facts, uint32_t scope, int64_t now_us)
{
    if (facts->expires_us && now_us >= facts->expires_us)
        return ERR_UNAUTHENTICATED;
    return scope == SCOPE_PUBLIC || (facts->scopes & auth_scope(scope)) ? OK : ERR_FORBIDDEN;
}

static bool take_scheme(struct str *value, struct str scheme)
{
    if (value->n <= scheme.n || value->p[scheme.n] != ' ' ||
        !http_name_eq((struct str){value->p, scheme.n}, scheme))
        return false;
    *value = str_trim(str_skip(*value, scheme.n));
    return true;
}

// "<key>:" or "<key>" in base64.
static bool basic_user(struct str encoded, struct arena *arena, struct str *ret_key)
{
    size_t room = encoded.n, n = 0;
    char *text = arena_try(arena, room ? room : 1);
    if (!text || sodium_base642bin((unsigned char *)text, room, encoded.p, encoded.n, NULL, &n,
                                   NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    const char *colon = memchr(text, ':', n);
    if (colon && (size_t)(colon - text) + 1 != n)
        return false; // a password means that it is no key of ours
    *ret_key = (struct str){text, colon ? (size_t)(colon - text) : n};
    return true;
}

bool auth_key_text(const struct http_head *head, struct arena *arena, struct str *ret_key)
{
    struct str value = str_trim(http_header_get(head, "Authorization"));
    struct str key;
    if (take_scheme(&value, STR("Bearer")))
        key = value;
    else if (!take_scheme(&value, STR("Basic")) || !basic_user(value, arena, &key))
        return false;
    if (key.n != API_KEY_LENGTH)
        return false;
    *ret_key = key;
    return true;
}
