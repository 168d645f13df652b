// SPDX-License-Identifier: Apache-2.0
// near_miss_sentence_test.c - what a little more would earn, said in both languages.
//
// Layer: tests.
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const char document[] =
    "{\"id\":\"cafe\",\"name\":\"Cafe\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"],"
    "\"fr\":[\"point\",\"points\"]}},"
    "{\"id\":\"credit\",\"unit\":{\"en\":[\"credit\",\"credits\"]},\"scale\":2}],"
    "\"rules\":[],\"rewards\":[]}";

static void assert_said(const struct near_miss *miss, const char *en, const char *fr)
{
    struct arena arena;
    struct program_problems problems;
    struct program *program;
    arena_init(&arena, 1 << 20);
    assert_int_equal(program_compile(&arena, str_of(document), &problems, &program), OK);
    assert_string_equal(str_c(&arena, near_miss_sentence(&arena, program, miss, STR("en"))), en);
    assert_string_equal(str_c(&arena, near_miss_sentence(&arena, program, miss, STR("fr"))), fr);
    program_unref(program);
    arena_release(&arena);
}

static void test_the_sentence_says_what_to_add_and_what_for(void **state)
{
    (void)state;
    struct near_miss miss = {.currency = 0, .units = 20, .missing = 310};
    assert_said(&miss, "+20 points if you add 3.10 €", "+20 points en ajoutant 3,10 €");
    miss.rule_name = (struct bilingual){STR("a large basket"), STR("un grand panier")};
    assert_said(&miss, "+20 points if you add 3.10 €: a large basket",
                "+20 points en ajoutant 3,10 €\u00a0: un grand panier");
}

static void test_one_unit_and_decimals_are_told_as_in_every_sentence(void **state)
{
    (void)state;
    struct near_miss one = {.currency = 0, .units = 1, .missing = 100};
    assert_said(&one, "+1 point if you add 1 €", "+1 point en ajoutant 1 €");
    struct near_miss credit = {.currency = 1, .units = 250, .missing = 5};
    assert_said(&credit, "+2.50 credits if you add 0.05 €", "+2,50 credits en ajoutant 0,05 €");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_sentence_says_what_to_add_and_what_for),
        cmocka_unit_test(test_one_unit_and_decimals_are_told_as_in_every_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
