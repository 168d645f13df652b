// SPDX-License-Identifier: Apache-2.0
// eval_test.c - programs over values that the host put into slots: results, limits, trace.
//
// Layer: tests.
#include "cel/cel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct cel_env *env;
static struct cel_value vars[2];

enum { ITEM_CATEGORY, ITEM_QUANTITY, ITEM_NET, ITEM_BRAND };
enum { ORDER_AMOUNT, ORDER_ITEMS, ORDER_DISCOUNT };

static struct cel_value text(const char *s)
{
    return cel_string(str_of(s));
}

static struct cel_value item(const char *category, int64_t quantity, int64_t net)
{
    struct cel_record *r = cel_record_new(&arena, cel_env_record_type(env, "item"));
    r->slot[ITEM_CATEGORY] = text(category);
    r->slot[ITEM_QUANTITY] = cel_int(quantity);
    r->slot[ITEM_NET] = cel_int(net);
    return cel_record_value(r);
}

static int setup(void **state)
{
    static const struct cel_field_spec item_fields[] = {
        {.name = "category", .type = "string"},
        {.name = "quantity", .type = "int"},
        {.name = "net", .type = "int", .money = true},
        {.name = "brand", .type = "string", .presence = CEL_OPTIONAL_FIELD},
    };
    static const struct cel_field_spec order_fields[] = {
        {.name = "amount", .type = "int", .money = true},
        {.name = "items", .type = "list(item)", .size_max = 50},
        {.name = "discount", .type = "int", .presence = CEL_OPTIONAL_FIELD},
    };
    (void)state;
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    env = cel_env_new(&arena);
    cel_env_record(env, "order", order_fields, 3);
    cel_env_record(env, "item", item_fields, 4);
    cel_env_var(env, "order", "order");
    cel_env_var(env, "attributes", "map(string, dyn)");
    assert_int_equal(cel_env_seal(env), OK);
    struct cel_value *items = arena_try_array(&arena, 3, sizeof *items);
    items[0] = item("coffee", 1, 300);
    items[1] = item("smoothie", 2, 1000);
    items[2] = item("coffee", 4, 800);
    struct cel_record *order = cel_record_new(&arena, cel_env_record_type(env, "order"));
    order->slot[ORDER_AMOUNT] = cel_int(2100);
    order->slot[ORDER_ITEMS] = cel_list(items, 3);
    vars[0] = cel_record_value(order);
    struct cel_value *pairs = arena_try_array(&arena, 2, sizeof *pairs);
    pairs[0] = text("colour");
    pairs[1] = text("red");
    vars[1] = cel_map(pairs, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct cel_prog *compile(const char *source, const char *want)
{
    struct cel_diags *diags = ARENA_NEW(&arena, struct cel_diags);
    cel_diags_init(diags, &arena);
    struct cel_prog *prog = cel_compile(env, &arena, str_of(source), want, diags);
    if (!prog)
        print_error("%s: %s\n", source, diags->list[0].message);
    return prog;
}

static struct cel_value run(const char *source)
{
    struct cel_prog *prog = compile(source, NULL);
    assert_non_null(prog);
    uint64_t cost;
    struct cel_value v = cel_eval(prog, vars, &arena, NULL, &cost);
    assert_true(cost <= cel_cost_max(prog));
    return v;
}

static void assert_int(const char *source, int64_t wanted)
{
    struct cel_value v = run(source);
    assert_int_equal(v.tag, CEL_INT);
    assert_int_equal(v.i, wanted);
}

static void assert_bool(const char *source, bool wanted)
{
    struct cel_value v = run(source);
    assert_int_equal(v.tag, CEL_BOOL);
    assert_int_equal(v.b, wanted);
}

static void test_a_field_is_read_from_its_slot(void **state)
{
    (void)state;
    assert_int("order.amount + 1", 2101);
    assert_int("order.items[1].net", 1000);
    assert_bool("order.items.exists(i, i.category == 'smoothie' && i.quantity >= 2)", true);
    assert_bool("order.items.all(i, i.net > 300)", false);
    assert_bool("order.items.exists_one(i, i.quantity == 4)", true);
    assert_bool("attributes.colour == 'red'", true);
}

static void test_a_missing_field_fails_unless_it_is_guarded(void **state)
{
    (void)state;
    assert_int_equal(run("order.discount > 1").tag, CEL_ERROR);
    assert_int_equal(run("order.discount > 1").aux, CEL_E_NO_SUCH_FIELD);
    assert_bool("has(order.discount) && order.discount > 1", false);
    assert_int("order.?discount.orValue(7)", 7);
    assert_int_equal(run("order.items.exists(i, i.brand == 'x')").aux, CEL_E_NO_SUCH_FIELD);
}

static void test_an_error_gives_way_to_what_decides(void **state)
{
    (void)state;
    assert_bool("order.amount / 0 == 1 || true", true);
    assert_bool("order.amount / 0 == 1 && false", false);
    struct cel_value v = run("true && order.amount / 0 == 1");
    assert_int_equal(v.aux, CEL_E_DIVIDE_BY_ZERO);
    assert_int_equal(v.len, 8); // where the division begins
}

static void test_a_sum_over_filter_and_map_is_one_loop(void **state)
{
    (void)state;
    assert_int("order.items.filter(i, i.category == 'coffee').map(i, i.net).sum()", 1100);
    assert_int("order.items.map(i, i.category == 'coffee', i.net * i.quantity).sum()", 3500);
    assert_int("order.items.map(i, i.net).filter(n, n > 500).map(n, n / 100).sum()", 18);
    assert_int("order.items.filter(i, i.net > 9999).map(i, i.net).sum()", 0);
    assert_int_equal(run("order.items.map(i, 9223372036854775807).sum()").aux, CEL_E_OVERFLOW);
    assert_int_equal(run("order.items.map(i, i.net / (i.quantity - 1)).sum()").aux,
                     CEL_E_DIVIDE_BY_ZERO);
    // No list is made on the way.
    struct cel_prog *prog =
        compile("order.items.filter(i, i.net > 1).map(i, i.net * 2).map(n, n + 1).sum()", "int");
    size_t before = arena.used;
    assert_int_equal(cel_eval(prog, vars, &arena, NULL, NULL).i, 4203);
    assert_int_equal(arena.used, before);
}

static void test_a_list_is_sorted_by_a_key(void **state)
{
    (void)state;
    assert_int("order.items.sortBy(i, -i.net)[0].net", 1000);
    assert_int("order.items.sortBy(i, i.quantity)[2].quantity", 4);
}

static void test_an_evaluation_ends_at_its_limit(void **state)
{
    (void)state;
    struct cel_prog *prog =
        compile("order.items.map(i, order.items.map(j, i.net * j.net)).size()", "int");
    struct cel_limits limits = {.cost = 20};
    struct cel_value v = cel_eval(prog, vars, &arena, &limits, NULL);
    assert_int_equal(v.tag, CEL_ERROR);
    assert_int_equal(v.aux, CEL_E_COST);
    assert_int_equal(cel_eval(prog, vars, &arena, NULL, NULL).i, 3);
}

static void test_nothing_absorbs_the_end_of_the_cost(void **state)
{
    (void)state;
    struct cel_prog *prog =
        compile("order.items.map(i, order.items.map(j, i.net)).size() == 1 || true", "bool");
    struct cel_limits limits = {.cost = 10};
    assert_int_equal(cel_eval(prog, vars, &arena, &limits, NULL).aux, CEL_E_COST);
    assert_int_equal(run("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'.matches('^(a+)+$') || true").aux,
                     CEL_E_COST);
}

static void test_a_full_arena_is_an_error_and_no_crash(void **state)
{
    (void)state;
    struct arena small;
    struct cel_prog *prog = compile("lists.range(1000).map(i, string(i)).join(',').size()", "int");
    arena_init(&small, 4096);
    struct cel_value v = cel_eval(prog, vars, &small, NULL, NULL);
    assert_int_equal(v.aux, CEL_E_MEMORY);
    arena_release(&small);
}

static void test_a_result_of_the_wrong_kind_is_an_error(void **state)
{
    (void)state;
    struct cel_prog *prog = compile("attributes.colour", "bool"); // dyn: only now it is known
    assert_int_equal(cel_eval(prog, vars, &arena, NULL, NULL).aux, CEL_E_NO_OVERLOAD);
}

static void test_a_trace_tells_every_part(void **state)
{
    (void)state;
    const char source[] = "order.amount >= 5000 || order.items.exists(i, i.net > 900)";
    struct cel_prog *prog = compile(source, "bool");
    const struct cel_traced *parts;
    size_t n;
    struct cel_value v = cel_trace(prog, vars, &arena, NULL, &parts, &n);
    assert_true(cel_is_true(v));
    struct buf out;
    buf_init(&out, &arena);
    for (size_t i = 0; i < n; i++) {
        buf_printf(&out, "%.*s = ", (int)(parts[i].end - parts[i].start), source + parts[i].start);
        if (parts[i].value.tag != CEL_LIST && parts[i].value.tag != CEL_RECORD)
            cel_value_print(parts[i].value, &out);
        buf_char(&out, '\n');
    }
    assert_string_equal(str_c(&arena, buf_text(&out)),
                        "order.amount >= 5000 || order.items.exists(i, i.net > 900) = true\n"
                        "order.amount >= 5000 = false\n"
                        "order.amount = 2100\n"
                        "order.items.exists(i, i.net > 900) = true\n"
                        "order.items = \n"
                        "i.net > 900 = true\n"
                        "i.net = 1000\n");
}

static void add_path(void *ctx, struct str path)
{
    buf_str(ctx, path);
    buf_char(ctx, ' ');
}

static void test_a_program_tells_what_it_reads(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, &arena);
    cel_refs(compile("order.amount > 1 && order.items.exists(i, i.net > order.amount) && "
                     "math.abs(order.amount) > 1",
                     "bool"),
             add_path, &out);
    assert_string_equal(str_c(&arena, buf_text(&out)), "order.amount order.items ");
}

static void test_a_condition_tells_the_words_it_needs(void **state)
{
    (void)state;
    struct str words[4];
    struct str path = STR("attributes.colour");
    assert_int_equal(cel_required_words(compile("order.amount > 1 && attributes.colour == 'red'",
                                                "bool"),
                                        path, words, 4),
                     1);
    assert_true(str_eq(words[0], STR("red")));
    assert_int_equal(cel_required_words(compile("attributes.colour in ['a', 'b']", "bool"), path,
                                        words, 4),
                     2);
    assert_int_equal(cel_required_words(compile("attributes.colour == 'a' || order.amount > 1",
                                                "bool"),
                                        path, words, 4),
                     0);
}

static void test_the_static_cost_is_refused_when_it_is_too_high(void **state)
{
    (void)state;
    struct arena own;
    arena_init(&own, (size_t)4 * 1024 * 1024);
    struct cel_env *strict = cel_env_new(&own);
    cel_env_var(strict, "list", "list(int)");
    cel_env_cost(strict, 100000);
    assert_int_equal(cel_env_seal(strict), OK);
    struct cel_diags *diags = ARENA_NEW(&own, struct cel_diags);
    cel_diags_init(diags, &own);
    assert_non_null(cel_compile(strict, &own, STR("list.exists(i, i > 1)"), "bool", diags));
    assert_null(cel_compile(strict, &own,
                            STR("list.exists(i, list.exists(j, list.exists(k, i + j > k)))"),
                            "bool", diags));
    assert_string_equal(diags->list[0].code, "cost");
    arena_release(&own);
}

static void test_data_as_json_gets_its_declared_types(void **state)
{
    (void)state;
    struct cel_diags *diags = ARENA_NEW(&arena, struct cel_diags);
    struct cel_value bound[2];
    cel_diags_init(diags, &arena);
    assert_int_equal(
        cel_bind_json(env, &arena,
                      STR("{\"order\":{\"amount\":9007199254740993,\"items\":[]},"
                          "\"attributes\":{\"n\":3,\"x\":1.5,\"deep\":[{\"a\":null}]}}"),
                      bound, diags),
        OK);
    struct cel_prog *prog = compile("order.amount == 9007199254740993 && attributes.n == 3 && "
                                    "attributes.x > 1.4 && attributes.deep[0].a == null",
                                    "bool");
    assert_true(cel_is_true(cel_eval(prog, bound, &arena, NULL, NULL)));
    assert_int_equal(cel_bind_json(env, &arena, STR("{\"order\":{\"amount\":1.5,\"items\":[]}}"),
                                   bound, diags),
                     ERR_INPUT_INVALID);
    assert_string_equal(diags->list[0].message, "order.amount must be int");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_field_is_read_from_its_slot),
        cmocka_unit_test(test_a_missing_field_fails_unless_it_is_guarded),
        cmocka_unit_test(test_an_error_gives_way_to_what_decides),
        cmocka_unit_test(test_a_sum_over_filter_and_map_is_one_loop),
        cmocka_unit_test(test_a_list_is_sorted_by_a_key),
        cmocka_unit_test(test_an_evaluation_ends_at_its_limit),
        cmocka_unit_test(test_nothing_absorbs_the_end_of_the_cost),
        cmocka_unit_test(test_a_full_arena_is_an_error_and_no_crash),
        cmocka_unit_test(test_a_result_of_the_wrong_kind_is_an_error),
        cmocka_unit_test(test_a_trace_tells_every_part),
        cmocka_unit_test(test_a_program_tells_what_it_reads),
        cmocka_unit_test(test_a_condition_tells_the_words_it_needs),
        cmocka_unit_test(test_the_static_cost_is_refused_when_it_is_too_high),
        cmocka_unit_test(test_data_as_json_gets_its_declared_types),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
