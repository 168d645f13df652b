// SPDX-License-Identifier: Apache-2.0
// string_test.c - laws of src/cel/fn_string.c.
#include "call.h"

// Up to 12 code points of 1 to 4 bytes, few enough kinds that parts repeat.
static struct cel_value random_text(unsigned longest)
{
    static const char *const points[] = {"a", "b", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                         " "};
    struct str s = STR("");
    for (uint64_t n = next_random() % (longest + 1); n > 0; n--)
        s = str_printf(&test_arena, "%.*s%s", STR_FMT(s), points[next_random() % 6]);
    return cel_string(s);
}

static struct cel_value joined(struct cel_value a, struct cel_value b)
{
    return CALL(join, LIST(a, b));
}

static int64_t points_of(struct cel_value v)
{
    return CALL(string_size, v).i;
}

static void test_positions_count_code_points(void **state)
{
    (void)state;
    struct cel_value s = text("ta\xc2\xa9o\xc2\xa9\xce\xb1T");
    expect_int(CALL(string_size, s), 7);
    expect_int(CALL(bytes_size, cel_bytes(cel_text(s))), 10);
    expect_text(CALL(char_at, s, cel_int(5)), "\xce\xb1");
    expect_text(CALL(char_at, s, cel_int(7)), "");
    expect_int(CALL(index_of, s, text("\xc2\xa9"), cel_int(3)), 4);
    expect_int(CALL(last_index_of, s, text("\xc2\xa9"), cel_int(3)), 2);
    expect_text(CALL(substring, s, cel_int(2), cel_int(6)), "\xc2\xa9o\xc2\xa9\xce\xb1");
}

static void test_positions_outside_are_errors(void **state)
{
    (void)state;
    struct cel_value s = text("taco");
    expect_error(CALL(char_at, s, cel_int(5)), CEL_E_INDEX);
    expect_error(CALL(char_at, s, cel_int(-1)), CEL_E_INDEX);
    expect_error(CALL(char_at, s, cel_int(INT64_MAX)), CEL_E_INDEX);
    expect_error(CALL(index_of, s, text("a"), cel_int(30)), CEL_E_INDEX);
    expect_error(CALL(last_index_of, s, text("a"), cel_int(-1)), CEL_E_INDEX);
    expect_error(CALL(substring, s, cel_int(5)), CEL_E_INDEX);
    expect_error(CALL(substring, s, cel_int(3), cel_int(2)), CEL_E_INDEX);
}

static void test_a_string_cut_anywhere_is_whole_when_put_together(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct cel_value s = random_text(12);
        int64_t n = points_of(s);
        int64_t cut = (int64_t)(next_random() % (uint64_t)(n + 1));
        struct cel_value left = CALL(substring, s, cel_int(0), cel_int(cut));
        struct cel_value right = CALL(substring, s, cel_int(cut));
        expect_same(joined(left, right), s);
        assert_int_equal(points_of(left), cut);
        expect_same(CALL(string_reverse, CALL(string_reverse, s)), s);
        expect_same(CALL(string_reverse, joined(left, right)),
                    joined(CALL(string_reverse, right), CALL(string_reverse, left)));
        arena_clear(&test_arena);
    }
}

// Searching by trying every position.
static void check_search(struct cel_value s, struct cel_value part)
{
    int64_t n = points_of(s);
    int64_t first = -1;
    int64_t last = -1;
    for (int64_t i = 0; i <= n; i++) {
        if (!CALL(starts_with, CALL(substring, s, cel_int(i)), part).b)
            continue;
        first = first < 0 ? i : first;
        last = i;
        expect_int(CALL(index_of, s, part, cel_int(i)), i);
        expect_int(CALL(last_index_of, s, part, cel_int(i)), i);
    }
    expect_int(CALL(index_of, s, part), first);
    expect_int(CALL(last_index_of, s, part), last);
    expect_bool(CALL(contains, s, part), first >= 0);
    bool at_end = last >= 0 && last + points_of(part) == n;
    expect_bool(CALL(ends_with, s, part), at_end);
}

static void test_searching_finds_what_trying_every_position_finds(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        check_search(random_text(10), random_text(2));
        arena_clear(&test_arena);
    }
}

static void test_split_and_join_undo_each_other(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct cel_value s = random_text(12);
        struct cel_value separator = random_text(2);
        struct cel_value pieces = CALL(split, s, separator);
        expect_same(CALL(join, pieces, separator), s);
        struct cel_value some = CALL(split, s, separator, cel_int(2));
        expect_same(CALL(join, some, separator), s);
        assert_true(some.len <= 2);
        // Replacing is splitting and joining with something else.
        if (separator.len)
            expect_same(CALL(replace, s, separator, text("-")), CALL(join, pieces, text("-")));
        arena_clear(&test_arena);
    }
}

static void test_limits_of_split_and_replace(void **state)
{
    (void)state;
    assert_int_equal(CALL(split, text("a b c"), text(" "), cel_int(0)).len, 0);
    expect_same(CALL(split, text("a b c"), text(" "), cel_int(1)), LIST(text("a b c")));
    expect_same(CALL(split, text("a b c"), text(" "), cel_int(2)), LIST(text("a"), text("b c")));
    expect_same(CALL(split, text("ab"), text("")), LIST(text("a"), text("b")));
    assert_int_equal(CALL(split, text(""), text("")).len, 0);
    expect_same(CALL(split, text(""), text(",")), LIST(text("")));
    expect_text(CALL(replace, text("aaa"), text("a"), text("b"), cel_int(2)), "bba");
    expect_text(CALL(replace, text("aaa"), text("a"), text("b"), cel_int(0)), "aaa");
    expect_text(CALL(replace, text("ab"), text(""), text("-")), "-a-b-");
    expect_text(CALL(replace, text(""), text(""), text("-")), "-");
    expect_error(CALL(join, LIST(text("a"), cel_int(1))), CEL_E_NO_OVERLOAD);
}

static void test_trim_and_letters(void **state)
{
    (void)state;
    expect_text(CALL(trim, text(" \f\n\r\t\v\xc2\x85\xc2\xa0text \xe3\x80\x80")), "text");
    expect_text(CALL(trim, text("\xe2\x80\x8btext\xef\xbb\xbf")), "\xe2\x80\x8btext\xef\xbb\xbf");
    expect_text(CALL(trim, text(" \t ")), "");
    expect_text(CALL(lower_ascii, text("TacoC\xc3\x86t@[`{")), "tacoc\xc3\x86t@[`{");
    expect_text(CALL(upper_ascii, text("tacoC\xce\xb1t@[`{")), "TACOC\xce\xb1T@[`{");
    expect_text(CALL(quote, text("a\n\"b\"\\\x01")), "\"a\\n\\\"b\\\"\\\\\x01\"");
}

static void test_base64_of_rfc_4648(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cel_value bytes = cel_bytes(str_of(rows[i][0]));
        expect_text(CALL(base64_encode, bytes), rows[i][1]);
        expect_same(CALL(base64_decode, text(rows[i][1])), bytes);
    }
    expect_same(CALL(base64_decode, text("Zm8")), cel_bytes(STR("fo")));
    static const char *const bad[] = {"Z",        "Zg=",      "Zg===", "Z===",
                                      "Zm9v!mFy", "Zm9v YmF", "=",     "Zg==Zg=="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(CALL(base64_decode, text(bad[i])), CEL_E_ARGUMENT);
}

static void test_base64_gives_back_any_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        uint64_t bytes[4] = {next_random(), next_random(), next_random(), next_random()};
        struct str s = {.p = (const char *)bytes, .n = (size_t)(i % 33)};
        struct cel_value code = CALL(base64_encode, cel_bytes(s));
        assert_int_equal(code.len % 4, 0);
        expect_same(CALL(base64_decode, code), cel_bytes(s));
        arena_clear(&test_arena);
    }
}

static void test_a_full_arena_is_an_error_of_the_call(void **state)
{
    (void)state;
    struct arena small;
    arena_init(&small, 4096);
    struct cel_call call = {.arena = &small, .n_args = 3, .cost_max = 1000000};
    char many[3000];
    memset(many, 'a', sizeof many);
    const struct cel_value args[] = {cel_string((struct str){many, sizeof many}), text("a"),
                                     text("bbbbbbbbbb")};
    expect_error(cel_fn_replace(&call, args), CEL_E_MEMORY);
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_positions_count_code_points),
        cmocka_unit_test(test_positions_outside_are_errors),
        cmocka_unit_test(test_a_string_cut_anywhere_is_whole_when_put_together),
        cmocka_unit_test(test_searching_finds_what_trying_every_position_finds),
        cmocka_unit_test(test_split_and_join_undo_each_other),
        cmocka_unit_test(test_limits_of_split_and_replace),
        cmocka_unit_test(test_trim_and_letters),
        cmocka_unit_test(test_base64_of_rfc_4648),
        cmocka_unit_test(test_base64_gives_back_any_bytes),
        cmocka_unit_test(test_a_full_arena_is_an_error_of_the_call),
    };
    return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
