// SPDX-License-Identifier: Apache-2.0
// Whatever is sent as a document, the answer is a snapshot or a list of what is wrong.
#include "support.h"

#include "base/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static int begin(void **state)
{
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

// The library's own checks and the sanitizers watch; here only the shape of the answer.
static bool compiles(struct str document)
{
    struct program_problems problems;
    struct program *program = compile_or_null(&arena, document, &problems);
    bool good = program != NULL;
    program_unref(program);
    return good;
}

static uint64_t seed = 20261121;

static size_t random_below(size_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % n);
}

static void test_every_cut_of_a_document_is_refused(void **state)
{
    struct str cafe = str_trim(tree_file(&arena, "docs/templates/cafe.json"));
    for (size_t n = 0; n < cafe.n; n++) {
        struct str cut = {cafe.p, n};
        assert_false(compiles(cut));
    }
    assert_true(compiles(cafe));
}

// Bytes exchanged, doubled and taken away, words put in other places.
static struct str mutate(struct str text, char *room)
{
    static const char *const words[] = {"null",
                                        "[]",
                                        "{}",
                                        "-1",
                                        "9007199254740993",
                                        "\"\"",
                                        "1e9",
                                        "true",
                                        "\"order.paid\"",
                                        "\"\\u0000\"",
                                        "{\"a\":1}"};
    memcpy(room, text.p, text.n);
    size_t n = text.n;
    for (size_t times = 1 + random_below(3); times--;) {
        size_t at = random_below(n - 32);
        size_t kind = random_below(3);
        if (kind == 0) {
            room[at] = (char)(random_below(95) + 32);
        } else if (kind == 1) {
            size_t length = 1 + random_below(16);
            memmove(room + at, room + at + length, n - at - length);
            n -= length;
        } else {
            const char *word = words[random_below(sizeof words / sizeof words[0])];
            size_t length = strlen(word);
            memcpy(room + at, word, length);
        }
    }
    return (struct str){room, n};
}

static void test_mutations_of_templates_are_answered(void **state)
{
    static const char *const names[] = {"boutique", "gym", "online-shop", "restaurant"};
    size_t good = 0, bad = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str path = str_printf(&arena, "docs/templates/%s.json", names[i]);
        struct str text = tree_file(&arena, str_c(&arena, path));
        char *room = arena_try(&arena, text.n);
        struct arena kept = arena;
        for (size_t turn = 0; turn < 1500; turn++) {
            arena_init(&arena, (size_t)64 << 20);
            bool compiled = compiles(mutate(text, room));
            good += compiled;
            bad += !compiled;
            arena_release(&arena);
        }
        arena = kept;
    }
    // Both kinds of answer were seen, or the mutations would prove nothing.
    assert_true(good > 20);
    assert_true(bad > 200);
}

static void test_too_little_memory_is_said(void **state)
{
    struct str cafe = tree_file(&arena, "docs/templates/restaurant.json");
    size_t refused = 0;
    for (size_t limit = 512; limit <= (size_t)1 << 20; limit += limit / 4) {
        struct arena small;
        struct program_problems problems;
        struct program *program = NULL;
        arena_init(&small, limit);
        enum err e = program_compile(&small, cafe, &problems, &program);
        assert_true(e == OK || e == ERR_MEMORY);
        assert_int_equal(e == OK, program != NULL);
        refused += e == ERR_MEMORY;
        program_unref(program);
        arena_release(&small);
    }
    assert_true(refused > 5);
}

static struct str document_of_rules(size_t n)
{
    struct buf buf;
    buf_init(&buf, &arena);
    buf_str(&buf, STR("{\"id\":\"p\",\"name\":\"P\",\"timezone\":\"UTC\",\"money\":\"EUR\","
                      "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"a\",\"b\"]}}],"
                      "\"rules\":["));
    for (size_t i = 0; i < n; i++)
        buf_printf(&buf,
                   "%s{\"id\":\"r%zu\",\"on\":\"e%zu\",\"when\":\"member.orders > %zu\","
                   "\"earn\":{\"points\":1}}",
                   i ? "," : "", i, i % 50, i);
    buf_str(&buf, STR("]}"));
    return buf_text(&buf);
}

static void test_thousand_rules_compile_and_one_more_is_refused(void **state)
{
    struct program *program = compile_good(&arena, document_of_rules(PROGRAM_RULES_MAX));
    assert_int_equal(program->n_rules, PROGRAM_RULES_MAX);
    assert_int_equal(program->n_rules_by_event, 50);
    assert_int_equal(program_rules_for(program, STR("e7")).n, 20);
    assert_true(program->arena.used < (size_t)8 << 20); // versions are kept in memory side by side
    program_unref(program);
    struct program_problems problems;
    assert_null(compile_or_null(&arena, document_of_rules(PROGRAM_RULES_MAX + 1), &problems));
    assert_true(has_problem(&problems, "/rules", "too_many"));
}

static void test_document_of_more_than_a_mebibyte_is_refused(void **state)
{
    struct str cafe = str_trim(tree_file(&arena, "docs/templates/cafe.json"));
    char *text = arena_try(&arena, PROGRAM_DOCUMENT_MAX + 1);
    memset(text, ' ', PROGRAM_DOCUMENT_MAX + 1);
    memcpy(text, cafe.p, cafe.n);
    assert_true(compiles((struct str){text, PROGRAM_DOCUMENT_MAX}));
    struct program_problems problems;
    assert_null(compile_or_null(&arena, (struct str){text, PROGRAM_DOCUMENT_MAX + 1}, &problems));
    assert_true(has_problem(&problems, "", "too_long"));
}

static void test_more_mistakes_than_are_kept_are_still_a_refusal(void **state)
{
    struct buf buf;
    buf_init(&buf, &arena);
    buf_str(&buf, STR("{"));
    for (int i = 0; i < 200; i++)
        buf_printf(&buf, "%s\"x%d\":1", i ? "," : "", i);
    buf_str(&buf, STR("}"));
    struct program_problems problems;
    assert_null(compile_or_null(&arena, buf_text(&buf), &problems));
    assert_int_equal(problems.n_errors, 50);
}

static void test_nesting_is_bounded(void **state)
{
    char deep[4000];
    memset(deep, '[', sizeof deep);
    assert_false(compiles((struct str){deep, sizeof deep}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut_of_a_document_is_refused),
        cmocka_unit_test(test_mutations_of_templates_are_answered),
        cmocka_unit_test(test_too_little_memory_is_said),
        cmocka_unit_test(test_thousand_rules_compile_and_one_more_is_refused),
        cmocka_unit_test(test_document_of_more_than_a_mebibyte_is_refused),
        cmocka_unit_test(test_more_mistakes_than_are_kept_are_still_a_refusal),
        cmocka_unit_test(test_nesting_is_bounded),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
