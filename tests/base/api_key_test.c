// SPDX-License-Identifier: Apache-2.0
// Laws of base/api_key.h and base/scope.h.
#include "base/api_key.h"
#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_generated_key_is_well_formed_and_unlike_the_next(void **state)
{
    char a[API_KEY_LENGTH + 1], b[API_KEY_LENGTH + 1];
    api_key_generate(env_system(), 1, a);
    api_key_generate(env_system(), 1, b);
    assert_int_equal(strlen(a), API_KEY_LENGTH);
    assert_true(str_starts(str_of(a), STR("hb_live_")));
    struct key_ref read;
    assert_true(api_key_read(str_of(a), &read));
    assert_string_not_equal(a, b);
    struct hash ha, hb, again;
    api_key_hash(str_of(a), &ha);
    api_key_hash(str_of(b), &hb);
    api_key_hash(str_of(a), &again);
    assert_true(api_key_hash_eq(&ha, &again));
    assert_true(api_key_hash_eq(&ha, &read.hash));
    assert_false(api_key_hash_eq(&ha, &hb));
    assert_true(str_eq(api_key_last4(str_of(a)), str_of(a + API_KEY_LENGTH - 4)));
}

static void test_a_key_names_its_tenant(void **state)
{
    static const int64_t tenants[] = {1, 31, 32, 1023, 1048576, API_KEY_TENANT_MAX};
    for (size_t i = 0; i < sizeof tenants / sizeof tenants[0]; i++) {
        char key[API_KEY_LENGTH + 1];
        struct key_ref read;
        api_key_generate(env_system(), tenants[i], key);
        assert_true(api_key_read(str_of(key), &read));
        assert_int_equal(read.tenant_id, tenants[i]);
    }
}

static void test_every_typing_error_is_noticed(void **state)
{
    char key[API_KEY_LENGTH + 1];
    struct key_ref read;
    api_key_generate(env_system(), 1, key);
    int noticed = 0;
    for (size_t i = 0; i < API_KEY_LENGTH; i++) {
        char kept = key[i];
        key[i] = kept == '0' ? '1' : '0';
        noticed += !api_key_read(str_of(key), &read);
        key[i] = kept;
    }
    // 20 bits of checksum: one unnoticed change in a million.
    assert_true(noticed >= (int)API_KEY_LENGTH - 1);
    assert_false(api_key_read((struct str){key, API_KEY_LENGTH - 1}, &read));
    assert_false(api_key_read(STR_NONE, &read));
}

static uint8_t chosen[32];

static void fill_chosen(const struct env *env, void *to, size_t n)
{
    assert_int_equal(n, sizeof chosen);
    memcpy(to, chosen, n);
}

static void test_random_bytes_are_all_in_the_text(void **state)
{
    // The same environment but for one bit gives another key, whichever bit it is.
    char zero[API_KEY_LENGTH + 1], one[API_KEY_LENGTH + 1];
    const struct env env = {.random = fill_chosen};
    api_key_generate(&env, 1, zero);
    for (size_t bit = 0; bit < 256; bit++) {
        chosen[bit / 8] = (uint8_t)(1 << (bit % 8));
        api_key_generate(&env, 1, one);
        chosen[bit / 8] = 0;
        assert_string_not_equal(zero, one);
    }
}

static void test_scopes_by_word(void **state)
{
    uint64_t scopes;
    struct str unknown = STR_NONE;
    assert_int_equal(scopes_parse(STR("members:read, ledger:read"), &scopes, &unknown), OK);
    assert_int_equal(scopes, SCOPE_MEMBERS_READ | SCOPE_LEDGER_READ);
    assert_int_equal(scopes_parse(STR("all"), &scopes, &unknown), OK);
    assert_int_equal(scopes, SCOPES_ALL);
    assert_int_equal(scopes_parse(STR("admin members:raed"), &scopes, &unknown), ERR_INPUT_INVALID);
    assert_true(str_eq(unknown, STR("members:raed")));
    assert_int_equal(scopes, SCOPES_ALL); // untouched
    assert_int_equal(scopes_parse(STR("  "), &scopes, &unknown), OK);
    assert_int_equal(scopes, 0);
}

static void test_scopes_survive_being_written(void **state)
{
    struct arena arena;
    arena_init(&arena, 65536);
    for (unsigned i = 0; i < N_SCOPES; i++) {
        struct buf buf;
        uint64_t wanted = SCOPES_ALL & ~(UINT64_C(1) << i), got = 0;
        struct str unknown;
        buf_init(&buf, &arena);
        scopes_write(wanted, &buf);
        assert_int_equal(scopes_parse(buf_text(&buf), &got, &unknown), OK);
        assert_int_equal(got, wanted);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated_key_is_well_formed_and_unlike_the_next),
        cmocka_unit_test(test_a_key_names_its_tenant),
        cmocka_unit_test(test_every_typing_error_is_noticed),
        cmocka_unit_test(test_random_bytes_are_all_in_the_text),
        cmocka_unit_test(test_scopes_by_word),
        cmocka_unit_test(test_scopes_survive_being_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
