// SPDX-License-Identifier: Apache-2.0
// api_key.c - the text of an API key, and what is kept of it.
//
// Layer: base.  Tests: tests/base/api_key_test.c
#include "base/api_key.h"

#include "base/check.h"

#include <sodium.h>
#include <string.h>

#define TENANT_DIGITS 7
#define RANDOM_BYTES 32
#define RANDOM_DIGITS 52
#define CHECKSUM_DIGITS 4

static const struct str prefix = {"hb_live_", 8};
// Crockford's digits in lower case: none that people mix up.
static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void put_digits(const uint8_t *bytes, char *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
        to[i] = digits[(pair >> (11 - bit % 8)) & 31];
    }
}

static void put_checksum(struct str body, char to[CHECKSUM_DIGITS])
{
    struct hash hash;
    api_key_hash(body, &hash);
    put_digits(hash.b, to, CHECKSUM_DIGITS);
}

static void put_tenant(int64_t tenant_id, char to[TENANT_DIGITS])
{
    for (int i = TENANT_DIGITS - 1; i >= 0; i--) {
        to[i] = digits[tenant_id & 31];
        tenant_id >>= 5;
    }
}

void api_key_generate(const struct env *env, int64_t tenant_id, char ret_text[API_KEY_LENGTH + 1])
{
    uint8_t random[RANDOM_BYTES + 1] = {0}; // a pair of bytes is read for the last digit
    char *p = ret_text;
    CHECK(tenant_id > 0 && tenant_id <= API_KEY_TENANT_MAX);
    env_random(env, random, RANDOM_BYTES);
    for (size_t i = 0; i < prefix.n; i++)
        *p++ = prefix.p[i];
    put_tenant(tenant_id, p);
    p += TENANT_DIGITS;
    put_digits(random, p, RANDOM_DIGITS);
    p += RANDOM_DIGITS;
    put_checksum((struct str){ret_text, (size_t)(p - ret_text)}, p);
    p[CHECKSUM_DIGITS] = '\0';
    sodium_memzero(random, sizeof random);
}

// 0, which is nobody's number, when one of them is no digit.
static int64_t read_tenant(const char from[TENANT_DIGITS])
{
    int64_t tenant_id = 0;
    for (int i = 0; i < TENANT_DIGITS; i++) {
        const char *digit = from[i] ? strchr(digits, from[i]) : NULL;
        if (!digit)
            return 0;
        tenant_id = tenant_id << 5 | (digit - digits);
    }
    return tenant_id;
}

bool api_key_read(struct str text, struct key_ref *ret_key)
{
    char checksum[CHECKSUM_DIGITS];
    api_key_hash(text, &ret_key->hash);
    if (text.n != API_KEY_LENGTH || !str_starts(text, prefix))
        return false;
    ret_key->tenant_id = read_tenant(text.p + prefix.n);
    size_t n = API_KEY_LENGTH - CHECKSUM_DIGITS;
    put_checksum((struct str){text.p, n}, checksum);
    return ret_key->tenant_id && str_eq(str_skip(text, n), (struct str){checksum, CHECKSUM_DIGITS});
}

void api_key_hash(struct str text, struct hash *ret_hash)
{
    crypto_hash_sha256(ret_hash->b, (const unsigned char *)text.p, text.n);
}

bool api_key_hash_eq(const struct hash *a, const struct hash *b)
{
    return sodium_memcmp(a->b, b->b, sizeof a->b) == 0;
}

struct str api_key_last4(struct str text)
{
    return str_skip(text, text.n > 4 ? text.n - 4 : 0);
}
