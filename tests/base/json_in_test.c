// SPDX-License-Identifier: Apache-2.0
// Laws of base/json_in.h.
#include "base/json_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;
static struct problems problems;

static int begin(void **state)
{
    arena_init(&arena, (size_t)64 << 20);
    problems_init(&problems, &arena);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

static enum err parse(struct str text, const struct json **ret_value)
{
    problems_init(&problems, &arena);
    return json_parse(&arena, text, &json_limits_request, &problems, ret_value);
}

static const struct json *parsed(const char *text)
{
    const struct json *value = NULL;
    assert_int_equal(parse(str_of(text), &value), OK);
    assert_non_null(value);
    return value;
}

static void assert_str(struct str got, const char *wanted)
{
    if (!str_eq(got, str_of(wanted)))
        fail_msg("got \"%.*s\", wanted \"%s\"", STR_FMT(got), wanted);
}

static void test_values_keep_their_text_and_order(void **state)
{
    const struct json *v = parsed(" {\"b\": [1, -20, 3.50, 1e400], \"a\": {\"x\": null}, "
                                  "\"c\": true, \"d\":false} ");
    assert_int_equal(v->n, 4);
    assert_str(v->items[0].key, "b");
    assert_str(v->items[1].key, "a");
    const struct json *b = json_get(v, "b");
    assert_int_equal(b->n, 4);
    assert_str(b->items[2].text, "3.50");
    assert_str(b->items[3].text, "1e400");
    assert_true(json_get(v, "c")->truth);
    assert_int_equal(json_get(json_get(v, "a"), "x")->type, JSON_TYPE_NULL);
    assert_null(json_get(v, "nothing"));
    assert_null(json_get(b, "x"));
    assert_null(json_get(NULL, "x"));
}

static void test_pointer_of_every_value(void **state)
{
    const struct json *v = parsed("{\"a/b\":[{\"~c\":[[7]]}]}");
    const struct json *list = json_get(v, "a/b");
    const struct json *c = json_get(&list->items[0], "~c");
    assert_str(json_pointer(&arena, v), "");
    assert_str(json_pointer(&arena, &c->items[0].items[0]), "/a~1b/0/~0c/0/0");
    assert_str(json_pointer_to(&arena, &list->items[0], STR("x")), "/a~1b/0/x");
}

static void test_integers_are_at_most_sixteen_digits(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"9007199254740991", true, JSON_I64_MAX},
        {"-9999999999999999", true, -9999999999999999},
        {"10000000000000000", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"1E0", false, 0},
        {"\"1\"", false, 0},
        {"99999999999999999999999999", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        bool good = json_to_i64(parsed(cases[i].text), &value);
        assert_int_equal(good, cases[i].good);
        if (good)
            assert_int_equal(value, cases[i].value);
    }
}

static void test_escapes_are_decoded(void **state)
{
    const struct json *v =
        parsed("[\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\", \"\\u00e9\\u20AC\\ud83d\\ude00\","
               "\"caf\xc3\xa9\", \"x\\u0041\\\\\"]");
    assert_str(v->items[0].text, "a\"\\/\b\f\n\r\tz");
    assert_str(v->items[1].text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_str(v->items[2].text, "caf\xc3\xa9");
    assert_str(v->items[3].text, "xA\\");
}

static void test_what_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1 \"b\":2}",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "-01",
        "0x10",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "nullx",
        "True",
        "1 2",
        "[]]",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u123g\"",
        "\"\t\"",
        "\"\n\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\u0000\"",
        "\"\\ud800",
        "\"abc\\",
        "/**/1",
        "[1]//",
        "\"\\",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
        "\xef\xbb\xbf{}",
        "\"\xc3\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\\ndone\x01\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct json *value = NULL;
        enum err e = parse(str_of(bad[i]), &value);
        if (e != ERR_JSON_SYNTAX || value || problems.n != 1)
            fail_msg("%s: err %d, %zu problems", bad[i], e, problems.n);
        assert_true(str_starts(problems.first->detail, STR("line ")));
    }
    const struct json *value;
    assert_int_equal(parse((struct str){"[1\0]", 4}, &value), ERR_JSON_SYNTAX);
}

static void test_fault_is_located(void **state)
{
    const struct json *value;
    assert_int_equal(parse(STR("{\n  \"\xc3\xa9\": 1,\n  \"b\" 2}"), &value), ERR_JSON_SYNTAX);
    assert_str(problems.first->detail, "line 3, column 7: a colon was expected");
    assert_int_equal(parse(STR("{\"a\":1,\n \"a\":2}"), &value), ERR_JSON_SYNTAX);
    assert_str(problems.first->detail, "line 2, column 2: this name is there twice in one object");
    assert_int_equal(parse(STR("[\"ok \xc3\xa9 \xff\"]"), &value), ERR_JSON_SYNTAX);
    assert_str(problems.first->detail, "line 1, column 8: the text is not UTF-8, or holds NUL");
}

static struct str repeat(const char *piece, size_t n, const char *tail)
{
    struct buf buf;
    buf_init(&buf, &arena);
    for (size_t i = 0; i < n; i++)
        buf_str(&buf, str_of(piece));
    buf_str(&buf, str_of(tail));
    return buf_text(&buf);
}

static void test_limits_hold_exactly(void **state)
{
    const struct json *value;
    char nested[65];
    memset(nested, '[', 32);
    memset(nested + 32, ']', 32);
    nested[64] = '\0';
    assert_int_equal(parse(str_of(nested), &value), OK);
    assert_int_equal(parse(repeat("[", 33, ""), &value), ERR_TOO_DEEP);
    assert_int_equal(parse(repeat("{\"a\":", 100000, ""), &value), ERR_TOO_DEEP);

    for (unsigned n = 255; n <= 257; n++) {
        struct buf buf;
        buf_init(&buf, &arena);
        for (unsigned i = 0; i < n; i++)
            buf_printf(&buf, "%s\"k%u\":%u", i ? "," : "{", i, i);
        buf_char(&buf, '}');
        assert_int_equal(parse(buf_text(&buf), &value), n <= 256 ? OK : ERR_TOO_DEEP);
    }
    assert_int_equal(parse(repeat("1,", 0, "[1]"), &value), OK);
    struct buf wide;
    buf_init(&wide, &arena);
    buf_str(&wide, STR("[1"));
    for (unsigned i = 0; i < 19998; i++)
        buf_str(&wide, STR(",1"));
    struct str open = buf_text(&wide);
    assert_int_equal(parse(str_printf(&arena, "%.*s]", STR_FMT(open)), &value), OK);
    assert_int_equal(parse(str_printf(&arena, "%.*s,1]", STR_FMT(open)), &value), ERR_TOO_DEEP);
}

static void test_small_arena_gives_memory_error_not_a_crash(void **state)
{
    struct str text = repeat("[1,2,3,{\"a\":\"\\n\"}],", 400, "1]");
    text = str_printf(&arena, "[%.*s", STR_FMT(text));
    for (size_t limit = 64; limit < 200000; limit = limit * 5 / 4) {
        struct arena small;
        arena_init(&small, limit);
        struct problems p;
        problems_init(&p, &small);
        const struct json *value = NULL;
        enum err e = json_parse(&small, text, &json_limits_request, &p, &value);
        assert_true(e == ERR_MEMORY || (e == OK && value->n == 401));
        arena_release(&small);
    }
}

static struct str canonical(const char *text)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    json_canonical(&out, &arena, parsed(text));
    return buf_text(&buf);
}

static void test_canonical_form_ignores_order_space_and_escapes(void **state)
{
    assert_str(canonical(" { \"b\" : [ 1 , {} ] , \"a\\u0061\" : \"\\u00e9\\/\" } "),
               "{\"aa\":\"\xc3\xa9/\",\"b\":[1,{}]}");
    assert_true(str_eq(canonical("{\"a\":1,\"b\":2}"), canonical("{\"b\":2,\"a\":1}")));
    assert_false(str_eq(canonical("[1,2]"), canonical("[2,1]")));
    assert_false(str_eq(canonical("[1]"), canonical("[1.0]")));
}

static void test_copy_keeps_order(void **state)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    json_copy(&out, parsed("{\"b\": [1.50, \"\\n\", true, null], \"a\": {} }"));
    assert_str(buf_text(&buf), "{\"b\":[1.50,\"\\n\",true,null],\"a\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_keep_their_text_and_order),
        cmocka_unit_test(test_pointer_of_every_value),
        cmocka_unit_test(test_integers_are_at_most_sixteen_digits),
        cmocka_unit_test(test_escapes_are_decoded),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_fault_is_located),
        cmocka_unit_test(test_limits_hold_exactly),
        cmocka_unit_test(test_small_arena_gives_memory_error_not_a_crash),
        cmocka_unit_test(test_canonical_form_ignores_order_space_and_escapes),
        cmocka_unit_test(test_copy_keeps_order),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
