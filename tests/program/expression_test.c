// SPDX-License-Identifier: Apache-2.0
// The environment of expressions is catalog/facts.def, and an expression sees what its place
// allows.
#include "support.h"

#include "cel/cel.h"
#include "program/facts.h"

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

// A programme whose one rule, on this event, has this member as well.
static struct program *with_member(const char *on, const char *member,
                                   struct program_problems *ret_problems)
{
    struct str text =
        str_printf(&arena,
                   "{\"id\":\"p\",\"name\":\"P\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
                   "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]}}],"
                   "\"rules\":[{\"id\":\"r\",\"on\":\"%s\",\"earn\":{\"points\":1},%s}]}",
                   on, member);
    return compile_or_null(&arena, text, ret_problems);
}

static void assert_good(const char *on, const char *member)
{
    struct program_problems problems;
    struct program *program = with_member(on, member, &problems);
    if (!program)
        print_error("%s: %.*s\n", member, STR_FMT(problems.list[0].detail));
    assert_non_null(program);
    assert_int_equal(problems.n, 0);
    program_unref(program);
}

static void test_every_fact_has_its_slot(void **state)
{
    static const struct {
        const char *record, *field;
        unsigned slot;
    } facts[] = {
#define FACT(record, field, name, type, presence, en, fr) {#record, name, FACT_SLOT(record, field)},
#include "facts.def"
#undef FACT
    };
    struct program *program = compile_good(&arena, tree_file(&arena, "docs/templates/cafe.json"));
    assert_int_equal(cel_env_n_vars(program->cel), N_VARIABLES);
    assert_int_equal(cel_env_slot(program->cel, STR("item")), VARIABLE_ITEM);
    assert_int_equal(cel_env_slot(program->cel, STR("now")), VARIABLE_NOW);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        char name[16] = {0};
        for (size_t c = 0; facts[i].record[c] && c < sizeof name - 1; c++)
            name[c] = (char)(facts[i].record[c] | 0x20); // lower case
        const struct cel_record_type *type = cel_env_record_type(program->cel, name);
        assert_non_null(type);
        assert_int_equal(cel_field_index(type, str_of(facts[i].field)), facts[i].slot);
    }
    program_unref(program);
}

static void test_condition_is_evaluated_with_the_facts_that_were_bound(void **state)
{
    struct program_problems problems;
    struct program *program =
        with_member("order.paid", "\"when\":\"order.paid >= 500 && program.id == 'p'\"", &problems);
    assert_non_null(program);
    struct cel_value vars[N_VARIABLES] = {0};
    struct cel_record *order = cel_record_new(&arena, cel_env_record_type(program->cel, "order"));
    struct cel_record *head = cel_record_new(&arena, cel_env_record_type(program->cel, "program"));
    head->slot[FACT_SLOT(PROGRAM, ID)] = cel_string(STR("p"));
    vars[VARIABLE_PROGRAM] = cel_record_value(head);
    vars[VARIABLE_ORDER] = cel_record_value(order);
    order->slot[FACT_SLOT(ORDER, PAID)] = cel_int(500);
    const struct cel_prog *when = program->rules[0].when;
    assert_true(cel_is_true(cel_eval(when, vars, &arena, NULL, NULL)));
    order->slot[FACT_SLOT(ORDER, PAID)] = cel_int(499);
    assert_false(cel_is_true(cel_eval(when, vars, &arena, NULL, NULL)));
    program_unref(program);
}

static void test_each_place_sees_what_it_may(void **state)
{
    assert_good("order.paid", "\"when\":\"order.paid > 1 && event.source == 'till'\"");
    assert_good("order.paid",
                "\"lines\":\"item.sku == 'A' && order.paid > 1 && member.orders > 1\"");
    assert_good("visit", "\"when\":\"event.attributes['floor'] == 2 || now > member.enrolled_at\"");
    // A name of one's own inside a macro is no question about the variable of that name.
    assert_good("order.paid", "\"when\":\"order.items.exists(item, item.sku == 'A')\"");
    struct program_problems problems;
    assert_null(with_member("visit", "\"when\":\"order.paid > 1 || item.net > 1\"", &problems));
    assert_int_equal(problems.n_errors, 2);
    assert_true(has_problem(&problems, "/rules/0/when", "expression_not_here"));
}

static struct expression_check checked(const char *text, const char *want, const char *on)
{
    struct program_problems problems;
    struct expression_check check;
    struct program *program = with_member("visit", "\"when\":\"member.orders > 1\"", &problems);
    struct expression_in in = {str_of(text), str_of(want), str_of(on), false};
    assert_int_equal(program_check_expression(&arena, program, &in, &check), OK);
    program_unref(program);
    return check;
}

static bool mentions(struct str text, const char *what)
{
    return strstr(str_c(&arena, text), what) != NULL;
}

static void test_one_expression_is_checked_as_in_a_document(void **state)
{
    struct expression_check check = checked("order.paid>1000", "bool", "order.paid");
    assert_true(check.valid);
    assert_true(str_eq(check.type, STR("bool")));
    assert_true(str_eq(check.canonical, STR("order.paid > 1000")));
    assert_true(check.cost_max > 0 && mentions(check.tree, "\"op\":\">\""));
    assert_true(str_eq(check.diagnostics, STR("[]")));
    check = checked("order.payd > 1000", "bool", "order.paid");
    assert_false(check.valid);
    assert_null(check.canonical.p);
    assert_true(mentions(check.diagnostics, "\"text\":\"paid\""));
    assert_false(checked("order.paid", "bool", "order.paid").valid);
}

static void test_one_expression_sees_what_its_place_allows(void **state)
{
    assert_true(mentions(checked("order.paid > 1", "bool", "visit").diagnostics, "not-here"));
    assert_true(mentions(checked("event.type == 'a'", "bool", "").diagnostics, "not-here"));
    assert_true(mentions(checked("item.paid > 1", "bool", "order.paid").diagnostics, "not-here"));
    assert_true(checked("member.orders > 1", "bool", "").valid);
    assert_true(checked("event.type == 'a'", "bool", "visit").valid);
}

static void test_the_programmes_zone_is_there(void **state)
{
    assert_good("visit", "\"when\":\"event.time.getDayOfWeek(program.timezone) in [0, 6]\"");
}

static void test_attributes_are_loaded_only_for_programmes_that_ask(void **state)
{
    struct program_problems problems;
    struct program *program =
        with_member("visit", "\"when\":\"'vip' in member.attributes\"", &problems);
    assert_true(program->uses_member_attributes);
    program_unref(program);
    program = with_member("visit", "\"when\":\"member.orders > 1\"", &problems);
    assert_false(program->uses_member_attributes);
    program_unref(program);
}

static void test_mistake_has_its_span_and_the_mended_text(void **state)
{
    struct program_problems problems;
    assert_null(with_member("order.paid", "\"when\":\"1 < order.piad && true\"", &problems));
    assert_int_equal(problems.n_errors, 1);
    const struct program_problem *problem = &problems.list[0];
    assert_true(str_eq(problem->code, STR("expression_unknown_field")));
    assert_int_equal(problem->start, 10);
    assert_int_equal(problem->end, 14);
    assert_true(str_eq(problem->suggestion, STR("1 < order.paid && true")));
}

static void test_several_mistakes_of_one_expression_are_told(void **state)
{
    struct program_problems problems;
    assert_null(
        with_member("order.paid", "\"when\":\"order.piad > 1 && member.ordres > 1\"", &problems));
    assert_int_equal(problems.n_errors, 2);
}

static void test_question_without_a_guard_is_a_warning(void **state)
{
    struct program_problems problems;
    struct program *program =
        with_member("visit", "\"when\":\"event.channel == 'online'\"", &problems);
    assert_non_null(program);
    assert_int_equal(problems.n_errors, 0);
    assert_int_equal(problems.n, 1);
    assert_true(problems.list[0].warning);
    program_unref(program);
}

static void test_expression_that_may_cost_too_much_is_refused(void **state)
{
    struct program_problems problems;
    assert_null(with_member("order.paid",
                            "\"when\":\"order.items.all(a, order.items.all(b, order.items.all(c, "
                            "order.items.all(d, a.sku + b.sku != c.sku + d.sku))))\"",
                            &problems));
    assert_true(problems.n_errors >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fact_has_its_slot),
        cmocka_unit_test(test_condition_is_evaluated_with_the_facts_that_were_bound),
        cmocka_unit_test(test_each_place_sees_what_it_may),
        cmocka_unit_test(test_one_expression_is_checked_as_in_a_document),
        cmocka_unit_test(test_one_expression_sees_what_its_place_allows),
        cmocka_unit_test(test_the_programmes_zone_is_there),
        cmocka_unit_test(test_attributes_are_loaded_only_for_programmes_that_ask),
        cmocka_unit_test(test_mistake_has_its_span_and_the_mended_text),
        cmocka_unit_test(test_several_mistakes_of_one_expression_are_told),
        cmocka_unit_test(test_question_without_a_guard_is_a_warning),
        cmocka_unit_test(test_expression_that_may_cost_too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
