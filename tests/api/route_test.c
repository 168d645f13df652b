// SPDX-License-Identifier: Apache-2.0
// Laws of api/route.h and api/percent.h, on the routes of the test server.
#include "api/percent.h"
#include "api/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static int begin(void **state)
{
    arena_init(&arena, (size_t)1 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

static struct route_match find(enum method method, const char *path)
{
    struct route_match match;
    route_find(method, str_of(path), &arena, &match);
    return match;
}

static void test_every_route_is_found_by_its_own_path(void **state)
{
    size_t n;
    const struct route *routes = route_table(&n);
    assert_true(n > 10);
    for (size_t i = 0; i < n; i++)
        assert_ptr_equal(find(routes[i].method, routes[i].path).route, &routes[i]);
}

static void test_names_are_unique_for_they_are_operation_ids(void **state)
{
    size_t n;
    const struct route *routes = route_table(&n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(routes[i].name, routes[j].name);
}

static void test_arguments_arrive_decoded(void **state)
{
    struct route_match match = find(METHOD_GET, "/v1/notes/caf%C3%A9%2F%25");
    assert_string_equal(match.route->name, "note_get");
    assert_int_equal(match.n_args, 1);
    assert_true(str_eq(match.args[0], STR("caf\xc3\xa9/%")));
}

static void test_other_methods_of_an_address_are_known(void **state)
{
    struct route_match match = find(METHOD_PUT, "/v1/notes/7");
    assert_null(match.route);
    assert_true(str_eq(methods_text(match.methods, &arena), STR("GET, DELETE, HEAD, OPTIONS")));
    assert_string_equal(find(METHOD_HEAD, "/v1/notes/7").route->name, "note_get");
    assert_null(find(METHOD_HEAD, "/v1/empty").route);
}

static void test_addresses_that_are_none(void **state)
{
    static const char *const none[] = {"/",
                                       "/v1",
                                       "/v1/",
                                       "/v1/notes/",
                                       "/v1/notes/7/",
                                       "/v1/notes/7/8",
                                       "//v1/notes",
                                       "/v1//notes",
                                       "/V1/notes",
                                       "/healthz/",
                                       "/v1/./notes",
                                       "/v1/x/../notes",
                                       "/v1/%6eotes",
                                       "/v1/notes/%",
                                       "/v1/notes/%0a",
                                       "/v1/notes/%00",
                                       "/v1/notes/%ff"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct route_match match = find(METHOD_GET, none[i]);
        if (match.route || match.methods)
            fail_msg("%s was found", none[i]);
    }
}

static void test_query_is_split_and_decoded(void **state)
{
    struct text_pair pairs[QUERY_PAIRS_MAX];
    size_t n = 0;
    assert_true(query_split(STR("a=1&b%5Bgte%5D=x+y%26&&c&d=e=f"), &arena, pairs, &n));
    assert_int_equal(n, 4);
    assert_true(str_eq(pairs[1].name, STR("b[gte]")));
    assert_true(str_eq(pairs[1].value, STR("x y&")));
    assert_int_equal(pairs[2].value.n, 0);
    assert_true(str_eq(pairs[3].value, STR("e=f")));
    assert_true(query_split(STR_NONE, &arena, pairs, &n));
    assert_int_equal(n, 0);
    assert_false(query_split(STR("=1"), &arena, pairs, &n));
    assert_false(query_split(STR("a=%zz"), &arena, pairs, &n));
    assert_false(query_split(STR("a=%c3%28"), &arena, pairs, &n));
}

static void test_query_has_at_most_so_many_pairs(void **state)
{
    struct text_pair pairs[QUERY_PAIRS_MAX];
    char text[2 * QUERY_PAIRS_MAX + 2];
    size_t n;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "a&", 2);
    assert_true(query_split((struct str){text, 2 * QUERY_PAIRS_MAX}, &arena, pairs, &n));
    assert_int_equal(n, QUERY_PAIRS_MAX);
    assert_false(query_split((struct str){text, sizeof text}, &arena, pairs, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route_is_found_by_its_own_path),
        cmocka_unit_test(test_names_are_unique_for_they_are_operation_ids),
        cmocka_unit_test(test_arguments_arrive_decoded),
        cmocka_unit_test(test_other_methods_of_an_address_are_known),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_query_is_split_and_decoded),
        cmocka_unit_test(test_query_has_at_most_so_many_pairs),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
