// SPDX-License-Identifier: Apache-2.0
// cursor.c - where a list goes on.
//
// Layer: api.  Tests: tests/api/guard_test.c
#include "api/cursor.h"

#include "api/services.h"

#include <sodium.h>
#include <string.h>

#define MAC_BYTES 16
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

static void sign(const struct request *req, const void *bytes, size_t n, uint8_t ret_mac[MAC_BYTES])
{
    crypto_auth_hmacsha256_state state;
    uint8_t whole[crypto_auth_hmacsha256_BYTES];
    const char *name = req->route->name;
    crypto_auth_hmacsha256_init(&state, req->services->cursor_key,
                                sizeof req->services->cursor_key);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)"cursor", 7);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)name, strlen(name) + 1);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)&req->actor.tenant_id,
                                  sizeof req->actor.tenant_id);
    crypto_auth_hmacsha256_update(&state, bytes, n);
    crypto_auth_hmacsha256_final(&state, whole);
    memcpy(ret_mac, whole, MAC_BYTES);
}

struct str cursor_encode(struct request *req, const void *bytes, size_t n)
{
    uint8_t signed_bytes[CURSOR_BYTES_MAX + MAC_BYTES];
    CHECK(n <= CURSOR_BYTES_MAX);
    memcpy(signed_bytes, bytes, n);
    sign(req, bytes, n, signed_bytes + n);
    size_t room = sodium_base64_encoded_len(n + MAC_BYTES, VARIANT);
    char *text = arena_new(req->arena, room);
    sodium_bin2base64(text, room, signed_bytes, n + MAC_BYTES, VARIANT);
    return str_of(text);
}

enum err cursor_decode(struct request *req, struct str cursor, void *ret_bytes, size_t n)
{
    uint8_t signed_bytes[CURSOR_BYTES_MAX + MAC_BYTES], mac[MAC_BYTES];
    size_t got = 0;
    CHECK(n <= CURSOR_BYTES_MAX);
    if (sodium_base642bin(signed_bytes, sizeof signed_bytes, cursor.p, cursor.n, NULL, &got, NULL,
                          VARIANT) != 0 ||
        got != n + MAC_BYTES)
        return ERR_CURSOR_INVALID;
    sign(req, signed_bytes, n, mac);
    if (sodium_memcmp(mac, signed_bytes + n, MAC_BYTES) != 0)
        return ERR_CURSOR_INVALID;
    memcpy(ret_bytes, signed_bytes, n);
    return OK;
}
