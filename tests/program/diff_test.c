// SPDX-License-Identifier: Apache-2.0
// What a new version changes is told in sentences; what means the same is not told.
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define HARD "\u00a0"

static struct arena arena;
static struct program_change *changes;
static size_t n_changes;

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

static void diff(struct str before, struct str after)
{
    assert_int_equal(program_diff(&arena, before, after, &changes, &n_changes), OK);
}

static struct str cafe(void)
{
    return tree_file(&arena, "docs/templates/cafe.json");
}

// The document with the first `from` replaced.
static struct str edited(struct str text, const char *from, const char *to)
{
    const char *whole = str_c(&arena, text);
    const char *at = strstr(whole, from);
    assert_non_null(at);
    return str_printf(&arena, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
}

static void assert_change(size_t i, const char *pointer, const char *kind, const char *en,
                          const char *fr)
{
    assert_true(i < n_changes);
    assert_string_equal(str_c(&arena, changes[i].pointer), pointer);
    assert_string_equal(str_c(&arena, changes[i].kind), kind);
    assert_string_equal(str_c(&arena, changes[i].sentence.en), en);
    assert_string_equal(str_c(&arena, changes[i].sentence.fr), fr);
}

static void test_same_document_has_no_changes(void **state)
{
    diff(cafe(), cafe());
    assert_int_equal(n_changes, 0);
}

static void test_order_of_keys_and_white_space_are_no_change(void **state)
{
    const char *from = "\"id\": \"spend\",\n      ";
    struct str moved = edited(edited(cafe(), from, ""), "\"on\": \"order.paid\",",
                              "\"on\":\"order.paid\",\"id\"  :  \"spend\",");
    diff(cafe(), moved);
    assert_int_equal(n_changes, 0);
}

static void test_first_version_is_told_whole(void **state)
{
    diff(STR_NONE, cafe());
    assert_int_equal(n_changes, 4);
    assert_change(0, "", "added",
                  "The programme Luna Rewards is new. 1 € = 10 points. 500 points = 1 coffee.",
                  "Le programme Les habitués de Luna est nouveau. 1 € = 10 points. 500 points = 1 "
                  "café.");
    assert_change(1, "/currencies/0", "added",
                  "Currency 'points' is new: points that expire after 12 months.",
                  "La monnaie «" HARD "points" HARD "» est nouvelle" HARD
                  ": points qui expirent après 12 mois.");
    assert_change(2, "/rules/0", "added", "Rule 'spend' is new: 10 points per 1 € paid.",
                  "La règle «" HARD "spend" HARD "» est nouvelle" HARD
                  ": 10 points pour 1 € payé.");
    assert_change(3, "/rewards/0", "added", "Reward 'coffee' is new: coffee for 500 points.",
                  "La récompense «" HARD "coffee" HARD "» est nouvelle" HARD
                  ": café pour 500 points.");
}

static void test_new_rule(void **state)
{
    struct str after = edited(cafe(), "\"rules\": [",
                              "\"rules\": [{\"id\":\"happy\",\"on\":\"order.paid\",\"multiply\":"
                              "\"2.0\",\"active\":{\"until\":\"2026-12-31\"}},");
    diff(cafe(), after);
    assert_int_equal(n_changes, 1);
    assert_change(0, "/rules/0", "added",
                  "Rule 'happy' is new: points times 2 for each purchase, until the end of 31 "
                  "December 2026.",
                  "La règle «" HARD "happy" HARD "» est nouvelle" HARD
                  ": points multipliés par 2 à chaque achat, jusqu'au soir du 31 décembre 2026.");
    diff(after, cafe());
    assert_int_equal(n_changes, 1);
    assert_change(0, "/rules/0", "removed",
                  "Rule 'happy' goes away: points times 2 for each purchase, until the end of 31 "
                  "December 2026.",
                  "La règle «" HARD "happy" HARD "» disparaît" HARD
                  ": points multipliés par 2 à chaque achat, jusqu'au soir du 31 décembre 2026.");
}

static void test_changed_fields_say_now_and_before(void **state)
{
    struct str after = edited(cafe(), "\"units\": 10", "\"units\": 12");
    after = edited(after, "{\"points\": 500}", "{\"points\": 450}");
    after = edited(after, "P12M", "P24M");
    diff(cafe(), after);
    assert_int_equal(n_changes, 3);
    assert_change(0, "/currencies/0/expiry", "changed",
                  "Currency 'points' has units that expire after 2 years (before: expire after 12 "
                  "months). Units that members have already keep their dates.",
                  "La monnaie «" HARD "points" HARD
                  "» a des unités qui expirent après 2 ans (avant" HARD
                  ": expirent après 12 mois). Les unités déjà gagnées gardent leurs dates.");
    assert_change(1, "/rules/0/earn", "changed",
                  "Rule 'spend' gives 12 points per 1 € paid (before: 10 points per 1 € paid).",
                  "La règle «" HARD "spend" HARD "» donne 12 points pour 1 € payé (avant" HARD
                  ": 10 points pour 1 € payé).");
    assert_change(2, "/rewards/0/cost", "changed",
                  "Reward 'coffee' costs 450 points (before: 500 points).",
                  "La récompense «" HARD "coffee" HARD "» coûte 450 points (avant" HARD
                  ": 500 points).");
    assert_string_equal(str_c(&arena, changes[2].before), "{\"points\":500}");
    assert_string_equal(str_c(&arena, changes[2].after), "{\"points\":450}");
}

static void test_field_that_comes_and_goes(void **state)
{
    struct str after = edited(cafe(), "\"on\": \"order.paid\",",
                              "\"on\": \"order.paid\", \"priority\": 3, \"limits\": "
                              "[{\"times\": 2, \"per\": \"member\", \"within\": \"week\"}],");
    diff(cafe(), after);
    assert_int_equal(n_changes, 2);
    assert_change(0, "/rules/0/priority", "added", "Rule 'spend' priority: 3 (before: not set).",
                  "La règle «" HARD "spend" HARD "» priority" HARD ": 3 (avant" HARD
                  ": non défini).");
    assert_change(1, "/rules/0/limits", "added",
                  "Rule 'spend' applies at most 2 times per member a week (before: without limit).",
                  "La règle «" HARD "spend" HARD
                  "» s'applique au plus 2 fois par membre par semaine (avant" HARD
                  ": sans limite).");
    diff(after, cafe());
    assert_int_equal(n_changes, 2);
    assert_string_equal(str_c(&arena, changes[0].kind), "removed");
    assert_string_equal(str_c(&arena, changes[0].pointer), "/rules/0/priority");
}

static void test_head_of_the_document(void **state)
{
    struct str after = edited(cafe(), "\"en\": \"Luna Rewards\"", "\"en\": \"Luna Club\"");
    after = edited(after, "\"money\"", "\"enrol_unknown\": false, \"money\"");
    diff(cafe(), after);
    assert_int_equal(n_changes, 2);
    assert_change(0, "/name", "changed",
                  "Name: Luna Club / Les habitués de Luna (before: Luna Rewards / Les habitués "
                  "de Luna).",
                  "Nom" HARD ": Luna Club / Les habitués de Luna (avant" HARD
                  ": Luna Rewards / Les habitués de Luna).");
    assert_change(1, "/enrol_unknown", "added",
                  "Unknown members are enrolled: no (before: not set).",
                  "Les membres inconnus sont inscrits" HARD ": non (avant" HARD ": non défini).");
}

static void test_document_with_errors_has_no_diff(void **state)
{
    assert_int_equal(program_diff(&arena, cafe(), STR("{}"), &changes, &n_changes),
                     ERR_PROGRAM_INVALID);
    assert_int_equal(program_diff(&arena, STR("{}"), cafe(), &changes, &n_changes),
                     ERR_PROGRAM_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_document_has_no_changes),
        cmocka_unit_test(test_order_of_keys_and_white_space_are_no_change),
        cmocka_unit_test(test_first_version_is_told_whole),
        cmocka_unit_test(test_new_rule),
        cmocka_unit_test(test_changed_fields_say_now_and_before),
        cmocka_unit_test(test_field_that_comes_and_goes),
        cmocka_unit_test(test_head_of_the_document),
        cmocka_unit_test(test_document_with_errors_has_no_diff),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
