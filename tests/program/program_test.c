// SPDX-License-Identifier: Apache-2.0
// Laws of program/program.h: what a right document becomes, and how long it lives.
#include "support.h"

#include "base/calendar.h"

#include <pthread.h>
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

// A document around these rules, one currency "points", no rewards.
static struct str with_rules(const char *rules)
{
    return str_printf(&arena,
                      "{\"id\":\"p\",\"name\":\"P\",\"timezone\":\"Europe/Paris\","
                      "\"money\":\"EUR\",\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":"
                      "[\"point\",\"points\"]}}],\"rules\":[%s]}",
                      rules);
}

static void test_cafe_is_what_it_says(void **state)
{
    struct program *program = compile_good(&arena, tree_file(&arena, "docs/templates/cafe.json"));
    assert_true(str_eq(program->id, STR("cafe-luna")));
    assert_true(str_eq(program->name.fr, STR("Les habitués de Luna")));
    assert_string_equal(program->money->code, "EUR");
    assert_true(str_eq(program->tz->name, STR("Europe/Paris")));
    assert_true(program->enrol_unknown);
    assert_int_equal(program->back_dating.days, 30);
    assert_int_equal(program->n_currencies, 1);
    assert_int_equal(program->currencies[0].expiry.policy, EXPIRY_ROLLING);
    assert_int_equal(program->currencies[0].expiry.after.months, 12);
    assert_int_equal(program->n_rules, 1);
    assert_int_equal(program->rules[0].amount.kind, AMOUNT_RATE);
    assert_int_equal(program->rules[0].amount.rate.units, 10);
    assert_int_equal(program->rules[0].amount.rate.per, 100);
    assert_int_equal(program->rules[0].amount.rate.of, BASE_PAID);
    int coffee = program_reward_index(program, STR("coffee"));
    assert_int_equal(coffee, 0);
    assert_int_equal(program->rewards[coffee].costs[0].units, 500);
    assert_int_equal(program->rewards[coffee].hold_for.seconds, 15 * 60);
    assert_int_equal(program->rewards[coffee].type, REWARD_PRODUCT);
    assert_true(
        str_eq(program->rewards[coffee].gives, STR("{\"type\":\"product\",\"sku\":\"COFFEE\"}")));
    assert_int_equal(program_currency_index(program, STR("points")), 0);
    assert_int_equal(program_currency_index(program, STR("stars")), -1);
    assert_int_equal(program_reward_index(program, STR("tea")), -1);
    program_unref(program);
}

static void test_excluded_lines_never_earn(void **state)
{
    struct program *program =
        compile_good(&arena, tree_file(&arena, "docs/templates/online-shop.json"));
    assert_true(program_excludes(program, STR(""), STR("POST")));
    assert_true(program_excludes(program, STR(""), STR("BANK CHARGES")));
    assert_true(program_excludes(program, STR(""), STR("gift_0001_20")));
    assert_false(program_excludes(program, STR(""), STR("gift")));
    assert_false(program_excludes(program, STR(""), STR("POSTER")));
    assert_false(program_excludes(program, STR(""), STR("")));
    program_unref(program);
}

// Whoever copies a template begins without a single remark.
static void test_every_template_compiles_without_warnings(void **state)
{
    static const char *const names[] = {"boutique",    "cafe",       "gym",  "juice-bar",
                                        "online-shop", "restaurant", "salon"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct str path = str_printf(&arena, "docs/templates/%s.json", names[i]);
        struct program *program = compile_good(&arena, tree_file(&arena, str_c(&arena, path)));
        struct bilingual summary = program_summary(&arena, program);
        assert_true(summary.en.n > 0 && summary.fr.n > 0);
        program_unref(program);
    }
}

static void test_rules_stand_in_phase_priority_id(void **state)
{
    struct program *program =
        compile_good(&arena,
                     with_rules("{\"id\":\"z-cap\",\"on\":\"order.paid\",\"cap\":{\"points\":9}},"
                                "{\"id\":\"b\",\"on\":\"order.paid\",\"earn\":{\"points\":1}},"
                                "{\"id\":\"bonus\",\"on\":\"order.paid\",\"phase\":\"bonus\","
                                "\"earn\":{\"points\":1}},"
                                "{\"id\":\"a\",\"on\":\"order.paid\",\"earn\":{\"points\":1}},"
                                "{\"id\":\"first\",\"on\":\"order.paid\",\"priority\":-1,"
                                "\"earn\":{\"points\":1}},"
                                "{\"id\":\"m\",\"on\":\"order.paid\",\"multiply\":\"1.50\"}"));
    const char *const order[] = {"first", "a", "b", "m", "bonus", "z-cap"};
    assert_int_equal(program->n_rules, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(str_eq(program->rules[i].id, str_of(order[i])));
        assert_int_equal(program->rules[i].index, i);
    }
    assert_int_equal(program->rules[3].multiply_num, 3);
    assert_int_equal(program->rules[3].multiply_den, 2);
    program_unref(program);
}

static void test_index_holds_each_rule_once_under_its_event(void **state)
{
    struct program *program =
        compile_good(&arena,
                     with_rules("{\"id\":\"v\",\"on\":\"visit\",\"earn\":{\"points\":1}},"
                                "{\"id\":\"o2\",\"on\":\"order.paid\",\"earn\":{\"points\":1}},"
                                "{\"id\":\"q\",\"on\":\"quiz.passed\",\"earn\":{\"points\":1}},"
                                "{\"id\":\"o1\",\"on\":\"order.paid\",\"earn\":{\"points\":1}}"));
    struct event_rules orders = program_rules_for(program, STR("order.paid"));
    assert_int_equal(orders.n, 2);
    assert_true(str_eq(orders.rules[0]->id, STR("o1")));
    assert_true(str_eq(orders.rules[1]->id, STR("o2")));
    assert_int_equal(program_rules_for(program, STR("visit")).n, 1);
    assert_int_equal(program_rules_for(program, STR("quiz.passed")).n, 1);
    assert_int_equal(program_rules_for(program, STR("quiz")).n, 0);
    assert_int_equal(program_rules_for(program, STR("")).n, 0);
    program_unref(program);
}

static void test_dates_are_days_of_the_programmes_zone(void **state)
{
    struct program *program = compile_good(
        &arena, with_rules("{\"id\":\"r\",\"on\":\"visit\",\"active\":{\"from\":\"2026-03-29\","
                           "\"until\":\"2026-03-29\"},\"earn\":{\"points\":1}},"
                           "{\"id\":\"s\",\"on\":\"visit\",\"active\":{\"until\":"
                           "\"2026-01-01T00:00:00+01:00\"},\"earn\":{\"points\":1}},"
                           "{\"id\":\"t\",\"on\":\"visit\",\"active\":{\"from\":"
                           "\"2026-01-01\",\"until\":\"9999-12-31\"},\"earn\":{\"points\":1}}"));
    // The last Sunday of March has 23 hours in Paris.
    const struct program_rule *day = &program->rules[0], *until = &program->rules[1];
    assert_int_equal(day->active_until_us - day->active_from_us, 23 * 3600 * SECOND_US);
    assert_int_equal(until->active_from_us, INT64_MIN);
    assert_int_equal(until->active_until_us, INT64_C(1767222000) * SECOND_US);
    assert_int_equal(program->rules[2].active_until_us, INT64_MAX);
    program_unref(program);
}

static void test_snapshot_does_not_need_the_callers_memory(void **state)
{
    struct arena short_lived;
    arena_init(&short_lived, (size_t)16 << 20);
    struct str file = tree_file(&short_lived, "docs/templates/cafe.json");
    struct program *program = compile_good(&short_lived, file);
    arena_release(&short_lived); // the sanitizer sees what still points there
    assert_true(str_eq(program->rewards[0].name.fr, STR("café")));
    assert_true(str_eq(program->currencies[0].many.en, STR("points")));
    assert_true(str_eq(program_rules_for(program, STR("order.paid")).rules[0]->id, STR("spend")));
    assert_true(str_starts(program->document, STR("{\n  \"id\": \"cafe-luna\"")));
    program_unref(program);
}

static void test_unref_accepts_null(void **state)
{
    program_unref(NULL);
}

#define THREADS 4
#define TURNS 20000

static void *ref_and_read(void *arg)
{
    struct program *program = arg;
    int64_t sum = 0;
    for (int i = 0; i < TURNS; i++) {
        struct program *mine = program_ref(program);
        sum += program_rules_for(mine, STR("order.paid")).rules[0]->amount.rate.units;
        program_unref(mine);
    }
    program_unref(program); // the reference this thread was given
    return sum == TURNS * 10 ? arg : NULL;
}

static void test_threads_share_a_snapshot_and_the_last_one_frees_it(void **state)
{
    struct program *program = compile_good(&arena, tree_file(&arena, "docs/templates/cafe.json"));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ref_and_read, program_ref(program)), 0);
    program_unref(program); // ours: from here on the threads alone keep it
    for (int i = 0; i < THREADS; i++) {
        void *right = NULL;
        assert_int_equal(pthread_join(threads[i], &right), 0);
        assert_non_null(right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cafe_is_what_it_says),
        cmocka_unit_test(test_excluded_lines_never_earn),
        cmocka_unit_test(test_every_template_compiles_without_warnings),
        cmocka_unit_test(test_rules_stand_in_phase_priority_id),
        cmocka_unit_test(test_index_holds_each_rule_once_under_its_event),
        cmocka_unit_test(test_dates_are_days_of_the_programmes_zone),
        cmocka_unit_test(test_snapshot_does_not_need_the_callers_memory),
        cmocka_unit_test(test_unref_accepts_null),
        cmocka_unit_test(test_threads_share_a_snapshot_and_the_last_one_frees_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
