// SPDX-License-Identifier: Apache-2.0
#include "flow/seal.h"

#include "shop.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char document[] =
    "{\"id\":\"s\",\"name\":\"S\",\"timezone\":\"UTC\",\"money\":\"EUR\",\"currencies\":[{\"id\":"
    "\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],\"rules\":[{\"id\":\"v\",\"on\":"
    "\"visit\",\"earn\":{\"points\":5}}]}";

static struct sign_key key;

static enum err seal(struct test_shop *shop, struct tx *tx, void *ctx)
{
    enum err e = flow_seal(tx, shop->tenant_id, &key, ctx);
    if (!e) // it lives longer than the transaction
        ((struct seal_row *)ctx)->signature = STR_NONE;
    return e;
}

static void visit(struct test_shop *shop, const char *member, int n)
{
    char json[200];
    snprintf(json, sizeof json,
             "{\"source\":\"t\",\"external_id\":\"%d\",\"type\":\"visit\",\"member\":"
             "{\"external_id\":\"%s\"}}",
             n, member);
    shop_sent(shop, json);
}

static void test_seals_are_numbered_linked_and_only_made_when_there_is_news(void **state)
{
    struct test_shop shop;
    struct seal_row first, second, none;
    shop_open(&shop, document);
    sign_key_new(&shop.env, &key);
    visit(&shop, "ada", 1);
    assert_int_equal(shop_write(&shop, seal, &first), OK);
    assert_int_equal(first.seal_no, 1);
    assert_int_equal(first.n_chains, 2); // Ada's, and what was done to the tenant
    assert_int_equal(shop_write(&shop, seal, &none), ERR_NOT_FOUND);
    visit(&shop, "bob", 2);
    visit(&shop, "ada", 3);
    assert_int_equal(shop_write(&shop, seal, &second), OK);
    assert_int_equal(second.seal_no, 2);
    assert_int_equal(second.n_chains, 3);
    assert_int_equal(second.n_rows, first.n_rows + 2);
    assert_memory_not_equal(second.root.b, first.root.b, 32);
    assert_memory_not_equal(second.previous.b, first.previous.b, 32);
    shop_close(&shop);
}

struct together {
    struct seal_row seal;
    int64_t before_us, after_us;
};

static enum err seal_together(struct test_shop *shop, struct tx *tx, void *ctx)
{
    struct together *together = ctx;
    together->before_us = tx->now_us;
    enum err e = seal(shop, tx, &together->seal);
    together->after_us = tx->now_us;
    return e;
}

static void test_what_comes_after_a_seal_has_a_later_instant(void **state)
{
    struct test_shop shop;
    struct together together;
    shop_open(&shop, document);
    visit(&shop, "ada", 1);
    assert_int_equal(shop_write(&shop, seal_together, &together), OK);
    assert_int_equal(together.seal.at_us, together.before_us);
    assert_true(together.after_us > together.before_us);
    // The clock stands still, and a restart forgets nothing.
    visit(&shop, "ada", 2);
    struct entry_view *entries;
    assert_int_equal(shop_ledger(&shop, "ada", &entries), 2);
    assert_true(entries[0].recorded_us > together.seal.at_us);
    shop_restart(&shop);
    visit(&shop, "ada", 3);
    assert_int_equal(shop_ledger(&shop, "ada", &entries), 3);
    assert_true(entries[0].recorded_us > together.seal.at_us);
    shop_close(&shop);
}

static void test_the_key_is_made_once_for_its_owner_alone(void **state)
{
    struct test_shop shop;
    struct sign_key made, again;
    struct stat info;
    char path[100];
    shop_open(&shop, document);
    struct str folder = str_of(shop.folder);
    snprintf(path, sizeof path, "%s/" SEAL_KEY_FILE, shop.folder);
    assert_int_equal(seal_key_find(folder, &again), ERR_NOT_FOUND);
    assert_int_equal(seal_key_load(&shop.env, folder, &made), OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(seal_key_load(&shop.env, folder, &again), OK);
    assert_memory_equal(made.public_key, again.public_key, SIGN_PUBLIC_BYTES);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(seal_key_load(&shop.env, folder, &again), ERR_CONFIG_INVALID);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(seal_key_find(folder, &again), ERR_CONFIG_INVALID);
    shop_close(&shop);
}

static void test_a_signature_holds_for_its_bytes_alone(void **state)
{
    uint8_t seed[SIGN_SEED_BYTES] = {1}, signature[SIGN_BYTES];
    struct sign_key signer;
    sign_key_of_seed(seed, &signer);
    sign_make(&signer, "bytes", 5, signature);
    assert_true(sign_check(signer.public_key, "bytes", 5, signature));
    assert_false(sign_check(signer.public_key, "bytez", 5, signature));
    signature[3] ^= 1;
    assert_false(sign_check(signer.public_key, "bytes", 5, signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seals_are_numbered_linked_and_only_made_when_there_is_news),
        cmocka_unit_test(test_what_comes_after_a_seal_has_a_later_instant),
        cmocka_unit_test(test_the_key_is_made_once_for_its_owner_alone),
        cmocka_unit_test(test_a_signature_holds_for_its_bytes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
