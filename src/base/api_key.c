// SPDX-License-Identifier: Apache-2.0
// api_key.c - the text of an API key, and what is kept of it.
//
// Layer: base.  Tests: tests/base/api_key_test.c
#include "base/api_key.h"

#include <sodium.h>

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

void api_key_generate(const struct env *env, char ret_text[API_KEY_LENGTH + 1])
{
    uint8_t random[RANDOM_BYTES + 1] = {0}; // a pair of bytes is read for the last digit
    env_random(env, random, RANDOM_BYTES);
    for (size_t i = 0; i < prefix.n; i++)
        ret_text[i] = prefix.p[i];
    put_digits(random, ret_text + prefix.n, RANDOM_DIGITS);
    put_checksum((struct str){ret_text, prefix.n + RANDOM_DIGITS},
                 ret_text + prefix.n + RANDOM_DIGITS);
    ret_text[API_KEY_LENGTH] = '\0';
    sodium_memzero(random, sizeof random);
}

bool api_key_well_formed(struct str text)
{
    char checksum[CHECKSUM_DIGITS];
    if (text.n != API_KEY_LENGTH || !str_starts(text, prefix))
        return false;
    size_t n = API_KEY_LENGTH - CHECKSUM_DIGITS;
    put_checksum((struct str){text.p, n}, checksum);
    return str_eq(str_skip(text, n), (struct str){checksum, CHECKSUM_DIGITS});
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
