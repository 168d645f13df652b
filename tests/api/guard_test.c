// SPDX-License-Identifier: Apache-2.0
// Laws of the small guards of src/api: limiter.h, deadline.h, auth.h, listen.h, cursor.h.
#include "api/auth.h"
#include "api/cursor.h"
#include "api/deadline.h"
#include "api/limiter.h"
#include "api/listen.h"
#include "api/services.h"
#include "base/scope.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define SECOND_US ((int64_t)1000000)

static struct arena arena;

static int begin(void **state)
{
    arena_init(&arena, (size_t)4 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

// ---- limiter

static void test_burst_then_rate(void **state)
{
    struct limiter *limiter = limiter_new(&arena);
    int64_t now = 5 * SECOND_US;
    for (int i = 0; i < 20; i++) {
        struct limit_verdict v = limiter_take(limiter, 1, 0, 10, 20, now);
        assert_true(v.allowed);
        assert_int_equal(v.remaining, 19 - i);
    }
    struct limit_verdict v = limiter_take(limiter, 1, 0, 10, 20, now);
    assert_false(v.allowed);
    assert_int_equal(v.retry_s, 1);
    assert_int_equal(v.reset_s, 2);
    assert_false(limiter_take(limiter, 1, 0, 10, 20, now + 99999).allowed);
    assert_true(limiter_take(limiter, 1, 0, 10, 20, now + 100000).allowed);
    assert_false(limiter_take(limiter, 1, 0, 10, 20, now + 100000).allowed);
}

static void test_caller_below_the_rate_is_never_refused(void **state)
{
    struct limiter *limiter = limiter_new(&arena);
    for (int64_t i = 0; i < 100000; i++)
        assert_true(limiter_take(limiter, 7, 2, 3, 1, i * (SECOND_US / 3 + 1)).allowed);
}

static void test_callers_and_classes_do_not_share(void **state)
{
    struct limiter *limiter = limiter_new(&arena);
    assert_true(limiter_take(limiter, 1, 0, 1, 1, 0).allowed);
    assert_false(limiter_take(limiter, 1, 0, 1, 1, 0).allowed);
    assert_true(limiter_take(limiter, 1, 1, 1, 1, 0).allowed);
    assert_true(limiter_take(limiter, 2, 0, 1, 1, 0).allowed);
}

static void test_clock_that_stands_still_or_jumps_gives_no_more_than_a_burst(void **state)
{
    struct limiter *limiter = limiter_new(&arena);
    int allowed = 0;
    for (int i = 0; i < 100; i++)
        allowed += limiter_take(limiter, 1, 0, 1000, 5, INT64_MAX / 4).allowed;
    for (int i = 0; i < 100; i++)
        allowed += limiter_take(limiter, 1, 0, 1000, 5, INT64_MAX / 2).allowed;
    assert_int_equal(allowed, 10);
}

static void test_many_callers_cannot_make_it_grow(void **state)
{
    struct limiter *limiter = limiter_new(&arena);
    size_t used = arena.used;
    for (uint64_t caller = 0; caller < 100000; caller++)
        assert_true(limiter_take(limiter, caller, 0, 1, 1, (int64_t)caller).allowed);
    assert_int_equal(arena.used, used);
}

// ---- deadlines

static void test_phases_end(void **state)
{
    static const struct deadlines d = {.head_s = 10, .body_s = 120, .reply_s = 15};
    assert_false(deadline_passed(&d, PHASE_HEAD, 10 * SECOND_US, 0));
    assert_true(deadline_passed(&d, PHASE_HEAD, 10 * SECOND_US + 1, 4000));
    assert_false(deadline_passed(&d, PHASE_BODY, 5 * SECOND_US, 0));
    assert_true(deadline_passed(&d, PHASE_BODY, 5 * SECOND_US + 1, 0));
    assert_false(deadline_passed(&d, PHASE_BODY, 15 * SECOND_US, 10240));
    assert_true(deadline_passed(&d, PHASE_BODY, 15 * SECOND_US + 1, 10240));
    assert_true(deadline_passed(&d, PHASE_BODY, 121 * SECOND_US, 8 << 20));
    assert_false(deadline_passed(&d, PHASE_REPLY, 16 * SECOND_US, 2048));
    assert_true(deadline_passed(&d, PHASE_REPLY, 18 * SECOND_US, 2048));
    assert_false(deadline_passed(&d, PHASE_RUN, 3600 * SECOND_US, 0));
    assert_false(deadline_passed(&d, PHASE_IDLE, 3600 * SECOND_US, 0));
}

// ---- keys in headers

static struct http_head head_with(const char *value)
{
    struct http_head head = {.n_headers = 1};
    head.headers[0] = (struct http_header){STR("authorization"), str_of(value)};
    return head;
}

static void test_key_is_found_in_bearer_and_basic(void **state)
{
    char key[API_KEY_LENGTH + 1];
    struct str found;
    api_key_generate(env_system(), 1, key);
    struct http_head bearer = head_with(str_c(&arena, str_printf(&arena, "bearer  %s ", key)));
    assert_true(auth_key_text(&bearer, &arena, &found));
    assert_true(str_eq(found, str_of(key)));

    static const char *const after[] = {":", ""};
    for (int i = 0; i < 2; i++) {
        char plain[API_KEY_LENGTH + 2], coded[128];
        int n = snprintf(plain, sizeof plain, "%s%s", key, after[i]);
        sodium_bin2base64(coded, sizeof coded, (unsigned char *)plain, (size_t)n,
                          sodium_base64_VARIANT_ORIGINAL);
        struct http_head basic = head_with(str_c(&arena, str_printf(&arena, "Basic %s", coded)));
        assert_true(auth_key_text(&basic, &arena, &found));
        assert_true(str_eq(found, str_of(key)));
    }
}

static void test_what_is_no_key(void **state)
{
    static const char *const bad[] = {"",        "Bearer",     "Bearer ",    "Bearer x", "Basic",
                                      "Basic !", "Basic eDp5", "Digest a=b", "hb_live_"};
    struct str found;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct http_head head = head_with(bad[i]);
        assert_false(auth_key_text(&head, &arena, &found));
    }
    struct http_head none = {0};
    assert_false(auth_key_text(&none, &arena, &found));
}

static enum auth_found look(struct auth_cache *cache, const struct hash *hash, uint64_t generation,
                            uint64_t *ret_generation)
{
    struct key_facts facts;
    *ret_generation = generation;
    return auth_cache_get(cache, hash, ret_generation, &facts);
}

static void test_cache_holds_for_one_generation(void **state)
{
    struct auth_cache *cache = auth_cache_new(&arena);
    struct hash known, missing;
    struct key_facts facts = {.tenant_id = 3, .key_id = 4, .scopes = 5}, found = {0};
    uint64_t generation = 1, changed = generation + (UINT64_C(1) << 32);
    api_key_hash(STR("a"), &known);
    api_key_hash(STR("b"), &missing);
    assert_int_equal(auth_cache_get(cache, &known, &generation, &found), AUTH_UNKNOWN);
    auth_cache_put(cache, &known, 1, &facts);
    auth_cache_put(cache, &missing, 1, NULL);
    assert_int_equal(auth_cache_get(cache, &known, &generation, &found), AUTH_KNOWN);
    assert_memory_equal(&found, &facts, sizeof facts);
    assert_int_equal(look(cache, &missing, 1, &generation), AUTH_NO_SUCH_KEY);
    assert_int_equal(look(cache, &known, changed, &generation), AUTH_UNKNOWN);
    assert_int_equal(look(cache, &known, changed, &generation), AUTH_UNKNOWN);
    assert_int_equal(look(cache, &missing, changed, &generation), AUTH_UNKNOWN);
}

static void test_what_has_grown_old_is_asked_for_once_while_the_others_go_on(void **state)
{
    struct auth_cache *cache = auth_cache_new(&arena);
    struct hash known;
    struct key_facts facts = {.tenant_id = 3, .key_id = 4, .scopes = 5};
    uint64_t generation;
    api_key_hash(STR("a"), &known);
    auth_cache_put(cache, &known, 7, &facts);
    assert_int_equal(look(cache, &known, 8, &generation), AUTH_UNKNOWN);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(look(cache, &known, 8, &generation), AUTH_KNOWN);
        assert_int_equal(generation, 7); // a write is checked again by that
    }
    // Nobody answered: a second later all have to ask.
    assert_int_equal(look(cache, &known, 9, &generation), AUTH_UNKNOWN);
    assert_int_equal(look(cache, &known, 9, &generation), AUTH_UNKNOWN);
    auth_cache_put(cache, &known, 9, NULL);
    assert_int_equal(look(cache, &known, 9, &generation), AUTH_NO_SUCH_KEY);
    assert_int_equal(generation, 9);
}

static void test_scope_and_expiry(void **state)
{
    struct key_facts facts = {.scopes = SCOPE_MEMBERS_READ, .expires_us = 100};
    assert_int_equal(auth_permits(&facts, SCOPE_MEMBERS_READ, 99), OK);
    assert_int_equal(auth_permits(&facts, SCOPE_MEMBERS_READ, 100), ERR_UNAUTHENTICATED);
    assert_int_equal(auth_permits(&facts, SCOPE_MEMBERS_WRITE, 99), ERR_FORBIDDEN);
    assert_int_equal(auth_permits(&facts, SCOPE_PUBLIC, 99), OK);
    assert_int_equal(auth_permits(&facts, SCOPE_LOCAL, 99), ERR_FORBIDDEN);
    facts.scopes = SCOPE_METRICS_READ;
    assert_int_equal(auth_permits(&facts, SCOPE_LOCAL, 99), OK);
}

// ---- addresses

static struct peer peer(const char *text)
{
    struct peer found = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        peer_of((struct sockaddr *)&v4, &found);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        peer_of((struct sockaddr *)&v6, &found);
    else
        fail_msg("%s is no address", text);
    return found;
}

static void test_local_peers(void **state)
{
    assert_true(peer("127.0.0.1").local);
    assert_true(peer("127.8.9.1").local);
    assert_true(peer("::1").local);
    assert_true(peer("::ffff:127.0.0.1").local);
    assert_false(peer("128.0.0.1").local);
    assert_false(peer("::2").local);
    assert_false(peer("::ffff:10.0.0.1").local);
    struct sockaddr unix_socket = {.sa_family = AF_UNIX};
    struct peer found;
    peer_of(&unix_socket, &found);
    assert_true(found.local);
}

static void test_one_customer_is_one_cell(void **state)
{
    assert_string_equal(peer("::ffff:10.0.0.1").text, "10.0.0.1");
    assert_int_equal(peer("::ffff:10.0.0.1").cell, peer("10.0.0.1").cell);
    assert_int_equal(peer("2001:db8:1:2::1").cell, peer("2001:db8:1:2:ffff::9").cell);
    assert_int_not_equal(peer("2001:db8:1:2::1").cell, peer("2001:db8:1:3::1").cell);
    assert_int_not_equal(peer("10.0.0.1").cell, peer("10.0.0.2").cell);
}

static void test_listen_addresses(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "localhost:0", ":0"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int fd = -1;
        assert_int_equal(listen_open(str_of(good[i]), &fd), OK);
        assert_true(listen_port(fd) > 0);
        close(fd);
    }
    static const char *const bad[] = {
        "",           "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "1.2.3.4:65536", "127.0.0.1:-1",
        "192.0.2.1:0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int fd = -1;
        assert_int_equal(listen_open(str_of(bad[i]), &fd), ERR_CONFIG_INVALID);
    }
}

// ---- cursors

static void test_cursor_is_bound_to_route_and_tenant_and_unforgeable(void **state)
{
    static const struct services services = {.cursor_key = {1, 2, 3}};
    static const struct route one = {.name = "one"}, other = {.name = "other"};
    struct request req = {.arena = &arena,
                          .services = &services,
                          .route = &one,
                          .actor = {.tenant_id = 1}};
    int64_t place = 123456789, got = 0;
    struct str cursor = cursor_encode(&req, &place, sizeof place);
    assert_int_equal(cursor_decode(&req, cursor, &got, sizeof got), OK);
    assert_int_equal(got, place);

    char changed[128];
    memcpy(changed, cursor.p, cursor.n);
    for (size_t i = 0; i < cursor.n; i++) {
        changed[i] = cursor.p[i] == 'A' ? 'B' : 'A';
        assert_int_equal(cursor_decode(&req, (struct str){changed, cursor.n}, &got, sizeof got),
                         ERR_CURSOR_INVALID);
        changed[i] = cursor.p[i];
    }
    req.route = &other;
    assert_int_equal(cursor_decode(&req, cursor, &got, sizeof got), ERR_CURSOR_INVALID);
    req.route = &one;
    req.actor.tenant_id = 2;
    assert_int_equal(cursor_decode(&req, cursor, &got, sizeof got), ERR_CURSOR_INVALID);
    req.actor.tenant_id = 1;
    assert_int_equal(cursor_decode(&req, cursor, changed, 4), ERR_CURSOR_INVALID);
    assert_int_equal(cursor_decode(&req, STR(""), &got, sizeof got), ERR_CURSOR_INVALID);
    assert_int_equal(cursor_decode(&req, STR("not base64!"), &got, sizeof got), ERR_CURSOR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_rate),
        cmocka_unit_test(test_caller_below_the_rate_is_never_refused),
        cmocka_unit_test(test_callers_and_classes_do_not_share),
        cmocka_unit_test(test_clock_that_stands_still_or_jumps_gives_no_more_than_a_burst),
        cmocka_unit_test(test_many_callers_cannot_make_it_grow),
        cmocka_unit_test(test_phases_end),
        cmocka_unit_test(test_key_is_found_in_bearer_and_basic),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_cache_holds_for_one_generation),
        cmocka_unit_test(test_what_has_grown_old_is_asked_for_once_while_the_others_go_on),
        cmocka_unit_test(test_scope_and_expiry),
        cmocka_unit_test(test_local_peers),
        cmocka_unit_test(test_one_customer_is_one_cell),
        cmocka_unit_test(test_listen_addresses),
        cmocka_unit_test(test_cursor_is_bound_to_route_and_tenant_and_unforgeable),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
