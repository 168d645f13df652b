// SPDX-License-Identifier: Apache-2.0
// Programmes, rules and amounts as people say them, in both languages.
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NARROW "\u202f"
#define HARD "\u00a0"

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

static void assert_text(struct str is, const char *should)
{
    assert_string_equal(str_c(&arena, is), should);
}

static void assert_summary(struct program *program, const char *en, const char *fr)
{
    struct bilingual summary = program_summary(&arena, program);
    assert_text(summary.en, en);
    assert_text(summary.fr, fr);
    program_unref(program);
}

// Two currencies, points and cents of credit, around these rules and rewards.
static struct program *programme(const char *rules, const char *rewards)
{
    struct str text =
        str_printf(&arena,
                   "{\"id\":\"p\",\"name\":\"P\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
                   "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}},"
                   "{\"id\":\"credit\",\"scale\":2,\"unit\":{\"en\":[\"credit\",\"credits\"],"
                   "\"fr\":[\"crédit\",\"crédits\"]}}],\"rules\":[%s],\"rewards\":[%s]}",
                   rules, rewards);
    return compile_good(&arena, text);
}

static void test_cafe_in_one_breath(void **state)
{
    assert_summary(compile_good(&arena, tree_file(&arena, "docs/templates/cafe.json")),
                   "1 € = 10 points. 500 points = 1 coffee.",
                   "1 € = 10 points. 500 points = 1 café.");
}

static void test_shop_in_one_breath(void **state)
{
    assert_summary(compile_good(&arena, tree_file(&arena, "docs/templates/online-shop.json")),
                   "£1 = 10 points. 1,000 points = free delivery. 2,500 points = £5 off an order. "
                   "10,000 points = £20 gift card.",
                   "1 £ = 10 points. 1" NARROW "000 points = livraison offerte. 2" NARROW
                   "500 points = 5 £ de remise. 10" NARROW "000 points = carte cadeau de 20 £.");
}

static void test_rates_are_said_per_whole_money_where_that_comes_out_even(void **state)
{
    assert_summary(programme("{\"id\":\"a\",\"on\":\"order.paid\",\"earn\":{\"points\":"
                             "{\"units\":1,\"per\":10}}},{\"id\":\"b\",\"on\":\"order.paid\","
                             "\"earn\":{\"credit\":{\"units\":3,\"per\":100}}}",
                             ""),
                   "1 € = 10 points. 1 € = 0.03 credits.", "1 € = 10 points. 1 € = 0,03 crédit.");
    assert_summary(programme("{\"id\":\"a\",\"on\":\"order.paid\",\"earn\":{\"points\":"
                             "{\"units\":2,\"per\":750}}}",
                             ""),
                   "7.50 € = 2 points.", "7,50 € = 2 points.");
}

static void test_fixed_amounts_are_said_per_visit_or_purchase(void **state)
{
    assert_summary(
        programme("{\"id\":\"v\",\"on\":\"visit\",\"earn\":{\"points\":1}},"
                  "{\"id\":\"o\",\"on\":\"order.paid\",\"earn\":{\"credit\":150}}",
                  "{\"id\":\"r\",\"name\":\"free delivery\",\"cost\":{\"points\":1,\"credit\":200},"
                  "\"gives\":{\"type\":\"free_shipping\"}}"),
        "1 visit = 1 point. 1 purchase = 1.50 credits. 1 point and 2 credits = free delivery.",
        "1 visite = 1 point. 1 achat = 1,50 crédit. 1 point et 2 crédits = free delivery.");
}

static void test_programme_without_units_says_nothing(void **state)
{
    assert_summary(compile_good(&arena, STR("{\"id\":\"p\",\"name\":\"P\",\"timezone\":\"UTC\","
                                            "\"money\":\"JPY\"}")),
                   "", "");
}

struct said {
    const char *rule, *en, *fr;
};

static void assert_rule(const char *rule, const char *en, const char *fr)
{
    // Something to multiply and to cap, sorted before the rule in question by priority.
    struct str rules = str_printf(&arena,
                                  "{\"id\":\"all\",\"on\":\"order.paid\",\"priority\":-9,"
                                  "\"earn\":{\"points\":1}},{\"id\":\"it\",%s}",
                                  rule);
    struct program *program = programme(str_c(&arena, rules), "");
    assert_int_equal(program->n_rules, 2);
    struct bilingual text = program_rule_sentence(&arena, program, &program->rules[1]);
    assert_text(text.en, en);
    assert_text(text.fr, fr);
    program_unref(program);
}

static void test_rules_are_sentences(void **state)
{
    static const struct said cases[] = {
        {"\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":10,\"per\":100}}",
         "10 points per 1 € paid", "10 points pour 1 € payé"},
        {"\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":1,\"per\":1000,\"of\":"
         "\"net_of_tax\",\"carry\":true}}",
         "1 point per 10 € after discounts, without tax, remainders kept for the next time",
         "1 point pour 10 € après remises, hors taxes, les restes gardés pour la fois suivante"},
        {"\"on\":\"visit\",\"earn\":{\"points\":5},\"limits\":[{\"times\":1,\"per\":\"member\","
         "\"within\":\"day\"},{\"times\":50}]",
         "5 points for each visit, at most once per member a day, at most 50 times in all",
         "5 points à chaque visite, au plus une fois par membre par jour, au plus 50 fois en tout"},
        {"\"on\":\"member.enrolled\",\"earn\":{\"points\":50},\"pending\":{\"for\":\"P14D\"}",
         "50 points for joining, can be spent after 2 weeks",
         "50 points à l'inscription, utilisables après 2 semaines"},
        {"\"on\":\"quiz.passed\",\"earn\":{\"points\":20},\"expiry\":{\"policy\":\"rolling\","
         "\"after\":\"P3M\",\"round\":\"month\"}",
         "20 points for each 'quiz.passed', which expire after 3 months, to the end of the month",
         "20 points à chaque «" HARD "quiz.passed" HARD
         "», qui expirent après 3 mois, en fin de mois"},
        {"\"on\":\"order.paid\",\"multiply\":{\"points\":\"2.50\"},\"active\":{\"from\":"
         "\"2026-12-01\",\"until\":\"2026-12-24\"}",
         "points times 2.5 for each purchase, from 1 December 2026 until the end of 24 December "
         "2026",
         "points multipliés par 2,5 à chaque achat, à partir du 1er décembre 2026 jusqu'au soir du "
         "24 décembre 2026"},
        {"\"on\":\"order.paid\",\"cap\":{\"points\":1500},\"active\":{\"from\":"
         "\"2026-03-29T18:30:00+02:00\"}",
         "at most 1,500 points for each purchase, from 29 March 2026 at 18:30",
         "au plus 1" NARROW "500 points à chaque achat, à partir du 29 mars 2026 à 18:30"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_rule(cases[i].rule, cases[i].en, cases[i].fr);
}

static void test_one_and_many(void **state)
{
    struct program *program = programme("", "");
    const struct program_currency *points = &program->currencies[0];
    const struct program_currency *credit = &program->currencies[1];
    assert_text(program_units(&arena, points, 1).en, "1 point");
    assert_text(program_units(&arena, points, 0).en, "0 points");
    assert_text(program_units(&arena, points, 0).fr, "0 point");
    assert_text(program_units(&arena, points, -1234567).en, "-1,234,567 points");
    assert_text(program_units(&arena, credit, 199).fr, "1,99 crédit");
    assert_text(program_units(&arena, credit, 100).en, "1 credit");
    assert_text(program_units(&arena, credit, 123456).fr, "1" NARROW "234,56 crédits");
    program_unref(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cafe_in_one_breath),
        cmocka_unit_test(test_shop_in_one_breath),
        cmocka_unit_test(test_rates_are_said_per_whole_money_where_that_comes_out_even),
        cmocka_unit_test(test_fixed_amounts_are_said_per_visit_or_purchase),
        cmocka_unit_test(test_programme_without_units_says_nothing),
        cmocka_unit_test(test_rules_are_sentences),
        cmocka_unit_test(test_one_and_many),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
