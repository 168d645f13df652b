// SPDX-License-Identifier: Apache-2.0
// Laws of base/shape.h.
#include "base/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct line {
    struct str sku;
    int64_t quantity;
};

static const struct field line_fields[] = {
    FIELD(struct line, sku, STR, .required = true, .min = 1, .max = 10),
    FIELD(struct line, quantity, I64, .min = 1, .max = 1000, .absent = 1),
};
static const struct shape shape_line = SHAPE("line", struct line, line_fields);

enum { CHANNEL_ONLINE, CHANNEL_IN_STORE };
static const char *const channels[] = {"online", "in_store", NULL};

struct order {
    struct id member;
    struct str note;
    int64_t at_us;
    int64_t total;
    bool paid;
    int channel;
    struct line *first;
    struct json_list lines;
    struct json_list tags;
    const struct json *attributes;
};

static const struct field order_fields[] = {
    FIELD_AS(struct order, member, "member_id", ID, .prefix = "mbr", .required = true),
    FIELD(struct order, note, TEXT, .max = 20),
    FIELD_AS(struct order, at_us, "occurred_at", TIME, .absent = -1),
    FIELD(struct order, total, I64, .min = -5, .max = JSON_I64_MAX, .absent = 7,
          .help = "In minor units"),
    FIELD(struct order, paid, BOOL, .absent = true),
    FIELD(struct order, channel, ENUM, .choices = channels, .absent = CHANNEL_IN_STORE),
    FIELD(struct order, first, OBJECT, .shape = &shape_line),
    FIELD(struct order, lines, ARRAY, .shape = &shape_line, .min = 1, .max = 3),
    FIELD(struct order, tags, ARRAY, .items = FIELD_STR, .max = 2, .item_max = 5),
    FIELD(struct order, attributes, MAP, .max = 2),
};
static const struct shape shape_order = SHAPE("order", struct order, order_fields);

static struct arena arena;
static struct problems problems;

static int begin(void **state)
{
    arena_init(&arena, (size_t)8 << 20);
    return 0;
}

static int end(void **state)
{
    arena_release(&arena);
    return 0;
}

static bool read(const char *text, struct order *order)
{
    const struct json *value;
    problems_init(&problems, &arena);
    assert_int_equal(json_parse(&arena, str_of(text), &json_limits_request, &problems, &value), OK);
    memset(order, 0, sizeof *order);
    return shape_read(&shape_order, value, &problems, order);
}

static void assert_problem(const char *pointer, const char *code)
{
    for (const struct problem *p = problems.first; p; p = p->next)
        if (str_eq(p->pointer, str_of(pointer)) && str_eq(p->code, str_of(code)))
            return;
    for (const struct problem *p = problems.first; p; p = p->next)
        print_message("%.*s %.*s: %.*s\n", STR_FMT(p->pointer), STR_FMT(p->code),
                      STR_FMT(p->detail));
    fail_msg("no problem %s at %s", code, pointer);
}

#define MEMBER "\"member_id\":\"mbr_01h455vb4pex5vsknk084sn02q\""

static void test_complete_object_is_read(void **state)
{
    struct order order;
    assert_true(read("{" MEMBER ",\"note\":\"a\\nb\",\"occurred_at\":\"1970-01-01T01:00:01+01:00\","
                     "\"total\":-5,\"paid\":false,\"channel\":\"online\",\"first\":{\"sku\":\"A\"},"
                     "\"lines\":[{\"sku\":\"B\",\"quantity\":2},{\"sku\":\"C\"}],"
                     "\"tags\":[\"x\",\"y\"],\"attributes\":{\"a\":1,\"b\":\"z\"}}",
                     &order));
    char text[ID_TEXT_ROOM];
    assert_true(
        str_eq(id_format(order.member, "mbr", text), STR("mbr_01h455vb4pex5vsknk084sn02q")));
    assert_true(str_eq(order.note, STR("a\nb")));
    assert_int_equal(order.at_us, 1000000);
    assert_int_equal(order.total, -5);
    assert_false(order.paid);
    assert_int_equal(order.channel, CHANNEL_ONLINE);
    assert_int_equal(order.first->quantity, 1);
    struct line *lines = order.lines.items;
    assert_int_equal(order.lines.n, 2);
    assert_int_equal(lines[0].quantity, 2);
    assert_true(str_eq(lines[1].sku, STR("C")));
    assert_true(str_eq(((struct str *)order.tags.items)[1], STR("y")));
    assert_int_equal(order.attributes->n, 2);
}

static void test_absent_and_null_give_the_default(void **state)
{
    struct order order;
    assert_true(read("{" MEMBER ",\"total\":null,\"first\":null}", &order));
    assert_null(order.note.p);
    assert_int_equal(order.at_us, -1);
    assert_int_equal(order.total, 7);
    assert_true(order.paid);
    assert_int_equal(order.channel, CHANNEL_IN_STORE);
    assert_null(order.first);
    assert_int_equal(order.lines.n, 0);
    assert_null(order.attributes);
}

static void test_every_fault_is_told_with_its_pointer(void **state)
{
    struct order order;
    assert_false(read("{\"member_id\":\"evt_01h455vb4pex5vsknk084sn02q\",\"note\":\"\\u0007\","
                      "\"occurred_at\":\"2026-02-30T00:00:00Z\",\"total\":1.5,\"paid\":1,"
                      "\"channel\":\"on_line\",\"first\":[],"
                      "\"lines\":[{\"sku\":\"\",\"quantity\":0},{\"skU\":\"C\"}],"
                      "\"tags\":[\"toolong\",3],\"attributes\":{\"a\":[],\"b\":1,\"c\":0.5},"
                      "\"totl\":1}",
                      &order));
    assert_problem("/member_id", "bad_id");
    assert_problem("/note", "bad_character");
    assert_problem("/occurred_at", "bad_time");
    assert_problem("/total", "not_an_integer");
    assert_problem("/paid", "wrong_type");
    assert_problem("/channel", "not_one_of");
    assert_problem("/first", "wrong_type");
    assert_problem("/lines/0/sku", "too_short");
    assert_problem("/lines/0/quantity", "out_of_range");
    assert_problem("/lines/1/sku", "required");
    assert_problem("/lines/1/skU", "unknown_field");
    assert_problem("/tags/0", "too_long");
    assert_problem("/tags/1", "wrong_type");
    assert_problem("/attributes", "too_many");
    assert_problem("/attributes/a", "wrong_type");
    assert_problem("/attributes/c", "wrong_type");
    assert_problem("/totl", "unknown_field");
    assert_int_equal(problems.n, 17);
}

static void test_suggestions(void **state)
{
    struct order order;
    assert_false(read("{" MEMBER ",\"totl\":1,\"chanel\":\"online\",\"zzz\":1}", &order));
    assert_true(str_ends(problems.first->detail, STR("did you mean \"total\"?")));
    assert_true(str_ends(problems.first->next->detail, STR("did you mean \"channel\"?")));
    assert_true(str_eq(problems.first->next->next->detail, STR("is not known here")));
}

static void test_required_refuses_null_and_limits_are_inclusive(void **state)
{
    struct order order;
    assert_false(read("{\"member_id\":null}", &order));
    assert_problem("/member_id", "wrong_type");
    assert_false(read("[]", &order));
    assert_problem("", "wrong_type");
    assert_true(read("{" MEMBER ",\"total\":9007199254740991,\"lines\":[{\"sku\":\"1234567890\","
                     "\"quantity\":1000}]}",
                     &order));
    assert_false(read("{" MEMBER ",\"total\":9007199254740992,\"lines\":[]}", &order));
    assert_problem("/total", "out_of_range");
    assert_problem("/lines", "too_few");
}

static void test_only_the_first_fifty_are_kept(void **state)
{
    struct order order;
    struct buf buf;
    buf_init(&buf, &arena);
    buf_str(&buf, STR("{" MEMBER));
    for (int i = 0; i < 120; i++)
        buf_printf(&buf, ",\"x%d\":1", i);
    buf_str(&buf, STR("}"));
    assert_false(read(str_c(&arena, buf_text(&buf)), &order));
    assert_int_equal(problems.n, 120);
    size_t kept = 0;
    for (const struct problem *p = problems.first; p; p = p->next)
        kept++;
    assert_int_equal(kept, PROBLEMS_KEPT);
}

struct list_query {
    int64_t limit;
    struct str external_id;
    int64_t since_us;
    bool all;
};

static const struct field query_fields[] = {
    FIELD(struct list_query, limit, I64, .min = 1, .max = 100, .absent = 20),
    FIELD(struct list_query, external_id, STR, .max = 50),
    FIELD_AS(struct list_query, since_us, "created_at[gte]", TIME),
    FIELD(struct list_query, all, BOOL),
};
static const struct shape shape_query = SHAPE("list_query", struct list_query, query_fields);

static void test_query_values_are_read_from_text(void **state)
{
    struct list_query query = {0};
    const struct text_pair good[] = {{STR("limit"), STR("5")},
                                     {STR("created_at[gte]"), STR("1970-01-01T00:00:02Z")},
                                     {STR("all"), STR("true")}};
    problems_init(&problems, &arena);
    assert_true(shape_read_query(&shape_query, good, 3, &problems, &query));
    assert_int_equal(query.limit, 5);
    assert_int_equal(query.since_us, 2000000);
    assert_true(query.all);
    assert_null(query.external_id.p);

    const struct text_pair bad[] = {{STR("limit"), STR("101")},
                                    {STR("limit"), STR("2")},
                                    {STR("all"), STR("1")},
                                    {STR("externl_id"), STR("x")}};
    problems_init(&problems, &arena);
    assert_false(shape_read_query(&shape_query, bad, 4, &problems, &query));
    assert_problem("?limit", "out_of_range");
    assert_problem("?limit", "given_twice");
    assert_problem("?all", "wrong_type");
    assert_problem("?externl_id", "unknown_field");
}

static void test_schema_says_the_same(void **state)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    shape_write_schema(&shape_order, "#/components/schemas/", &out);
    const struct json *schema;
    problems_init(&problems, &arena);
    assert_int_equal(json_parse(&arena, buf_text(&buf), &json_limits_request, &problems, &schema),
                     OK);
    const struct json *properties = json_get(schema, "properties");
    assert_int_equal(properties->n, sizeof order_fields / sizeof order_fields[0]);
    int64_t value;
    assert_true(json_to_i64(json_get(json_get(properties, "total"), "minimum"), &value));
    assert_int_equal(value, -5);
    assert_true(str_eq(json_get(json_get(properties, "first"), "$ref")->text,
                       STR("#/components/schemas/line")));
    assert_int_equal(json_get(json_get(properties, "channel"), "enum")->n, 2);
    assert_false(json_get(schema, "additionalProperties")->truth);
    assert_int_equal(json_get(schema, "required")->n, 1);
}

static const struct field many_fields[] = {
    FIELD(struct order, lines, ARRAY, .shape = &shape_line, .max = 3)};
static const struct shape shape_many = SHAPE("many", struct order, many_fields);
static const struct shape *const either[] = {&shape_many, &shape_order, NULL};
static const struct shape shape_either = {.name = "either", .one_of = either};

static void test_alternative_is_chosen_by_its_first_field(void **state)
{
    struct json lines = {.type = JSON_TYPE_ARRAY, .key = STR("lines")};
    struct json object = {.type = JSON_TYPE_OBJECT};
    assert_ptr_equal(shape_choose(&shape_either, &object), &shape_order);
    object.items = &lines;
    object.n = 1;
    assert_ptr_equal(shape_choose(&shape_either, &object), &shape_many);
    assert_ptr_equal(shape_choose(&shape_line, &object), &shape_line);
}

// ---- kinds of another layer

static void read_even(const struct field *field, const struct json *value, struct problems *faults,
                      void *to)
{
    int64_t number;
    if (str_to_i64(value->text, &number) && number % 2 == 0)
        *(int64_t *)to = number;
    else
        json_problem(faults, value, "odd", "must be even");
}

static void schema_even(struct json_out *out)
{
    json_put_i64(out, "multipleOf", 2);
}

static const struct field_type type_even = {sizeof(int64_t), read_even, schema_even};

struct evens {
    int64_t one;
    struct json_list many;
};

static const struct field evens_fields[] = {
    FIELD(struct evens, one, CUSTOM, .type = &type_even, .absent_text = "12"),
    FIELD(struct evens, many, ARRAY, .type = &type_even, .max = 3),
};
static const struct shape shape_evens = SHAPE("evens", struct evens, evens_fields);

static bool read_evens(const char *text, struct evens *evens)
{
    const struct json *value;
    problems_init(&problems, &arena);
    assert_int_equal(json_parse(&arena, str_of(text), &json_limits_request, &problems, &value), OK);
    memset(evens, 0, sizeof *evens);
    return shape_read(&shape_evens, value, &problems, evens);
}

static void test_custom_kind_reads_itself_alone_in_arrays_and_when_absent(void **state)
{
    struct evens evens;
    assert_true(read_evens("{\"many\": [2, 4]}", &evens));
    assert_int_equal(evens.one, 12);
    assert_int_equal(((int64_t *)evens.many.items)[1], 4);
    assert_false(read_evens("{\"one\": 3, \"many\": [2, 5]}", &evens));
    assert_problem("/one", "odd");
    assert_problem("/many/1", "odd");
}

static void test_suggestion_is_told_by_itself(void **state)
{
    struct evens evens;
    assert_false(read_evens("{\"mnay\": []}", &evens));
    assert_true(str_eq(problems.first->suggestion, STR("many")));
}

static void test_schema_says_what_absent_means(void **state)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, &arena);
    json_init(&out, &buf);
    shape_write_schema(&shape_evens, "#/", &out);
    assert_non_null(
        strstr(str_c(&arena, buf_text(&buf)), "\"one\":{\"multipleOf\":2,\"default\":\"12\"}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete_object_is_read),
        cmocka_unit_test(test_absent_and_null_give_the_default),
        cmocka_unit_test(test_every_fault_is_told_with_its_pointer),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_required_refuses_null_and_limits_are_inclusive),
        cmocka_unit_test(test_only_the_first_fifty_are_kept),
        cmocka_unit_test(test_query_values_are_read_from_text),
        cmocka_unit_test(test_schema_says_the_same),
        cmocka_unit_test(test_alternative_is_chosen_by_its_first_field),
        cmocka_unit_test(test_custom_kind_reads_itself_alone_in_arrays_and_when_absent),
        cmocka_unit_test(test_suggestion_is_told_by_itself),
        cmocka_unit_test(test_schema_says_what_absent_means),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
