// SPDX-License-Identifier: Apache-2.0
// Laws of api/gate.h.
#include "api/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct http_head head;

static void add(struct str name, struct str value)
{
    if (head.n_headers < HTTP_HEADERS_MAX)
        head.headers[head.n_headers] = (struct http_header){name, value};
    head.n_headers++;
}

static int begin(void **state)
{
    head = (struct http_head){.method = STR("POST"),
                              .path = STR("/v1/events"),
                              .version = STR("HTTP/1.1")};
    add(STR("Host"), STR("shop.example"));
    return 0;
}

static enum err check(void)
{
    const char *why = NULL;
    enum err e = gate_check(&head, &why);
    assert_int_equal(e != OK, why != NULL);
    return e;
}

static void test_plain_requests_pass(void **state)
{
    assert_int_equal(check(), OK);
    add(STR("content-LENGTH"), STR("0"));
    add(STR("X-Empty"), STR(""));
    add(STR("X-Utf8"), STR("caf\xc3\xa9\tau lait"));
    head.query = STR("limit=5&created_at[gte]=x");
    assert_int_equal(check(), OK);
}

static void test_chunked_in_any_case_passes(void **state)
{
    add(STR("transfer-encoding"), STR("Chunked"));
    assert_int_equal(check(), OK);
}

static void test_length_and_encoding_exclude_each_other(void **state)
{
    add(STR("Content-Length"), STR("5"));
    add(STR("Transfer-Encoding"), STR("chunked"));
    assert_int_equal(check(), ERR_BAD_REQUEST);
}

static void test_second_framing_header_is_refused_even_when_equal(void **state)
{
    static const struct http_header twice[] = {
        {STR("Host"), STR("shop.example")},
        {STR("Content-Length"), STR("5")},
        {STR("Transfer-Encoding"), STR("chunked")},
    };
    for (size_t i = 0; i < 3; i++) {
        begin(state);
        if (i > 0)
            add(twice[i].name, twice[i].value);
        assert_int_equal(check(), OK);
        add(twice[i].name, twice[i].value);
        assert_int_equal(check(), ERR_BAD_REQUEST);
    }
}

static void test_host_must_be_there(void **state)
{
    head.n_headers = 0;
    assert_int_equal(check(), ERR_BAD_REQUEST);
}

static void test_length_is_digits(void **state)
{
    static const struct str bad[] = {STR(""),    STR("+5"),
                                     STR("-5"),  STR("5,5"),
                                     STR("0x5"), STR("5 "),
                                     STR(" 5"),  STR("5.0"),
                                     STR("1e3"), STR("1234567890123456789")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin(state);
        add(STR("Content-Length"), bad[i]);
        assert_int_equal(check(), ERR_BAD_REQUEST);
    }
}

static void test_encoding_is_chunked_and_nothing_else(void **state)
{
    static const struct str bad[] = {STR(""),
                                     STR("identity"),
                                     STR("xchunked"),
                                     STR("chunked, chunked"),
                                     STR("gzip, chunked"),
                                     STR("chunked;q=1")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        begin(state);
        add(STR("Transfer-Encoding"), bad[i]);
        assert_int_equal(check(), ERR_BAD_REQUEST);
    }
    begin(state);
    add(STR("Transfer-Encoding"), STR("chunked"));
    head.version = STR("HTTP/1.0");
    assert_int_equal(check(), ERR_BAD_REQUEST);
}

static void test_every_byte_that_no_header_name_may_have(void **state)
{
    static const char token[] = "!#$%&'*+-.^_`|~";
    for (int c = 0; c < 256; c++) {
        char name[] = {'X', (char)c, 'Y'};
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool good = alnum || (c && strchr(token, c));
        begin(state);
        add((struct str){name, 3}, STR("v"));
        assert_int_equal(check(), good ? OK : ERR_BAD_REQUEST);
    }
    begin(state);
    add(STR(""), STR("v"));
    assert_int_equal(check(), ERR_BAD_REQUEST);
}

static void test_every_control_byte_in_a_value_is_refused(void **state)
{
    for (int c = 0; c < 256; c++) {
        char value[] = {'a', (char)c, 'b'};
        bool good = c == '\t' || (c >= 0x20 && c != 0x7F);
        begin(state);
        add(STR("X"), (struct str){value, 3});
        assert_int_equal(check(), good ? OK : ERR_BAD_REQUEST);
    }
}

static void test_methods_and_versions(void **state)
{
    static const struct str unknown[] = {STR("BREW"), STR("get"), STR("CONNECT"), STR("TRACE"),
                                         STR("GETT")};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        head.method = unknown[i];
        assert_int_equal(check(), ERR_METHOD_UNKNOWN);
    }
    head.method = STR("G\x01T");
    assert_int_equal(check(), ERR_BAD_REQUEST);
    head.method = STR("");
    assert_int_equal(check(), ERR_BAD_REQUEST);
    begin(state);
    head.version = STR("HTTP/1.0");
    assert_int_equal(check(), OK);
    head.version = STR("HTTP/2.0");
    assert_int_equal(check(), ERR_BAD_REQUEST);
}

static void test_addresses(void **state)
{
    static const struct str bad[] = {
        STR(""),     STR("*"),    STR("v1"),           STR("http://a/b"),
        STR("/a b"), STR("/a#b"), STR("/caf\xc3\xa9"), STR("/a\x7f")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        head.path = bad[i];
        assert_int_equal(check(), ERR_BAD_REQUEST);
    }
    char longest[PATH_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    head.path = (struct str){longest, PATH_BYTES_MAX};
    assert_int_equal(check(), OK);
    head.path.n++;
    assert_int_equal(check(), ERR_URI_TOO_LONG);
}

static void test_too_many_headers(void **state)
{
    while (head.n_headers < HTTP_HEADERS_MAX)
        add(STR("X"), STR("y"));
    assert_int_equal(check(), OK);
    add(STR("X"), STR("y"));
    assert_int_equal(check(), ERR_BAD_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_plain_requests_pass, begin),
        cmocka_unit_test_setup(test_chunked_in_any_case_passes, begin),
        cmocka_unit_test_setup(test_length_and_encoding_exclude_each_other, begin),
        cmocka_unit_test_setup(test_second_framing_header_is_refused_even_when_equal, begin),
        cmocka_unit_test_setup(test_host_must_be_there, begin),
        cmocka_unit_test_setup(test_length_is_digits, begin),
        cmocka_unit_test_setup(test_encoding_is_chunked_and_nothing_else, begin),
        cmocka_unit_test_setup(test_every_byte_that_no_header_name_may_have, begin),
        cmocka_unit_test_setup(test_every_control_byte_in_a_value_is_refused, begin),
        cmocka_unit_test_setup(test_methods_and_versions, begin),
        cmocka_unit_test_setup(test_addresses, begin),
        cmocka_unit_test_setup(test_too_many_headers, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
