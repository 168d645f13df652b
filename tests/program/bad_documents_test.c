// SPDX-License-Identifier: Apache-2.0
// Every mistake of bad_documents.json is told as that file says: pointer, code, suggestion, in this
// order and nothing else.  Each case is a right document with some members replaced ("with"; null
// takes one away), or a text of its own.
//
//   bad_documents_test           compares
//   bad_documents_test --print   prints the cases with what is told now, to be read and kept
#include "support.h"

#include "base/json_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define CASES "tests/program/bad_documents.json"

static struct arena arena;

static const struct json *parse(struct str text)
{
    struct problems problems;
    const struct json *value = NULL;
    problems_init(&problems, &arena);
    assert_int_equal(json_parse(&arena, text, &json_limits_bulk, &problems, &value), OK);
    return value;
}

static struct str document_of(const struct json *base, const struct json *one)
{
    const struct json *text = json_get(one, "text"), *with = json_get(one, "with");
    struct buf buf;
    struct json_out out;
    if (text)
        return text->text;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    json_object(&out);
    for (uint32_t i = 0; i < base->n; i++)
        if (!json_get_str(with, base->items[i].key)) {
            json_key_str(&out, base->items[i].key);
            json_copy(&out, &base->items[i]);
        }
    for (uint32_t i = 0; i < with->n; i++)
        if (with->items[i].type != JSON_TYPE_NULL) {
            json_key_str(&out, with->items[i].key);
            json_copy(&out, &with->items[i]);
        }
    json_end(&out);
    return buf_text(&buf);
}

static void put_problem(struct json_out *out, const struct program_problem *problem)
{
    json_object(out);
    json_put_str(out, "pointer", problem->pointer);
    json_put_str(out, "code", problem->code);
    if (problem->suggestion.n)
        json_put_str(out, "suggestion", problem->suggestion);
    if (problem->warning)
        json_put_bool(out, "warning", true);
    json_end(out);
}

static struct str told(struct str document, bool with_details)
{
    struct program_problems problems;
    struct program *program = compile_or_null(&arena, document, &problems);
    struct buf buf;
    struct json_out out;
    program_unref(program);
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    json_array(&out);
    for (size_t i = 0; i < problems.n; i++) {
        put_problem(&out, &problems.list[i]);
        // A person reads it: it must be a sentence that fits behind the pointer.
        assert_true(problems.list[i].detail.n > 5);
        if (with_details)
            print_error("    %.*s %.*s\n", STR_FMT(problems.list[i].pointer),
                        STR_FMT(problems.list[i].detail));
    }
    json_end(&out);
    return buf_text(&buf);
}

static struct str expected(const struct json *one)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    json_copy(&out, json_get(one, "told"));
    return buf_text(&buf);
}

static void test_every_mistake_is_told_as_the_golden_file_says(void **state)
{
    const struct json *root = parse(tree_file(&arena, CASES));
    const struct json *base = json_get(root, "base"), *cases = json_get(root, "cases");
    size_t wrong = 0;
    assert_true(cases->n >= 40);
    for (uint32_t i = 0; i < cases->n; i++) {
        const struct json *one = &cases->items[i];
        struct str is = told(document_of(base, one), false), should = expected(one);
        if (str_eq(is, should))
            continue;
        wrong++;
        print_error("%.*s\n  is     %.*s\n  should %.*s\n", STR_FMT(json_get(one, "name")->text),
                    STR_FMT(is), STR_FMT(should));
    }
    assert_int_equal(wrong, 0);
}

// The base itself is right: what a case reports is the fault of its own members.
static void test_base_is_right(void **state)
{
    const struct json *base = json_get(parse(tree_file(&arena, CASES)), "base");
    struct buf buf;
    struct json_out out;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    json_copy(&out, base);
    program_unref(compile_good(&arena, buf_text(&buf)));
}

static void print_cases(void)
{
    const struct json *root = parse(tree_file(&arena, CASES));
    const struct json *cases = json_get(root, "cases");
    for (uint32_t i = 0; i < cases->n; i++) {
        const struct json *one = &cases->items[i];
        print_error("%.*s\n", STR_FMT(json_get(one, "name")->text));
        struct str is = told(document_of(json_get(root, "base"), one), true);
        printf("%.*s\n", STR_FMT(is));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_is_right),
        cmocka_unit_test(test_every_mistake_is_told_as_the_golden_file_says),
    };
    arena_init(&arena, (size_t)256 << 20);
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        print_cases();
        arena_release(&arena);
        return 0;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
