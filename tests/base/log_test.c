// SPDX-License-Identifier: Apache-2.0
// Laws of base/log.h.
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static int64_t fixed_time(const struct env *env)
{
    return 1000000;
}

static const struct env fixed = {.now_us = fixed_time};

static void test_line_is_logfmt(void **state)
{
    struct log_line line;
    log_begin(&line, &fixed, LOG_WARNING, "slow client");
    log_str(&line, "ip", STR("127.0.0.1"));
    log_i64(&line, "us", -5);
    log_str(&line, "path", STR_NONE);
    struct str text = {line.text, line.n};
    assert_true(str_starts(text, STR("time=1970-01-01T00:00:01")));
    assert_true(
        str_ends(text, STR(" level=warning msg=\"slow client\" ip=127.0.0.1 us=-5 path=\"\"")));
}

static void test_nothing_a_client_sends_breaks_the_line(void **state)
{
    struct log_line line;
    log_begin(&line, &fixed, LOG_INFO, "x");
    log_str(&line, "path", STR("/a\r\nlevel=error \"\\\x7f\xc3\xa9"));
    assert_null(memchr(line.text, '\n', line.n));
    struct str text = {line.text, line.n};
    assert_true(str_ends(text, STR(" path=\"/a\\x0d\\x0alevel=error \\\"\\\\\\x7f\\xc3\\xa9\"")));
}

static void test_long_line_is_cut(void **state)
{
    struct log_line line;
    char big[2 * LOG_LINE_BYTES];
    memset(big, ' ', sizeof big);
    log_begin(&line, &fixed, LOG_INFO, "x");
    for (int i = 0; i < 3; i++) {
        log_str(&line, "k", (struct str){big, sizeof big});
        assert_true(line.n <= LOG_LINE_BYTES - 1);
    }
    log_end(&line);
    assert_true(line.n == LOG_LINE_BYTES - 1 && line.text[line.n - 1] == '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_is_logfmt),
        cmocka_unit_test(test_nothing_a_client_sends_breaks_the_line),
        cmocka_unit_test(test_long_line_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
