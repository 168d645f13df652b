// SPDX-License-Identifier: Apache-2.0
// mapping.c - the fields of a mapping, and what they mean together.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/import/mapping.h"

#include "base/checked.h"
#include "base/money.h"
#include "cli/import/cell.h"

#include <string.h>

#define NAME_MAX_CHARS 255
#define VALUES_MAX 1000
#define CONDITIONS_MAX 100
#define NUMBER_MAX INT64_C(1000000000)

// ---- the document

static const char *const kinds_of_row[] = {"all", "sales", "returns", NULL};
static const char *const decimal_marks[] = {".", ",", NULL};
static const char *const amount_forms[] = {"decimal", "minor", NULL};
static const char *const identifiers[] = {"external_id", "email", "phone", "card", NULL};

#define CONDITION_FIELDS                                                                           \
    FIELD(struct mapping_condition, column, STR, .required = true, .min = 1,                       \
          .max = NAME_MAX_CHARS, .help = "Header of the column that is looked at"),                \
        FIELD(struct mapping_condition, is, ARRAY, .items = FIELD_STR, .max = VALUES_MAX,          \
              .item_max = NAME_MAX_CHARS, .help = "The cell is one of these"),                     \
        FIELD(struct mapping_condition, starts_with, ARRAY, .items = FIELD_STR, .max = VALUES_MAX, \
              .item_min = 1, .item_max = NAME_MAX_CHARS,                                           \
              .help = "The cell begins with one of these"),                                        \
        FIELD(struct mapping_condition, at_most, I64, .min = -NUMBER_MAX, .max = NUMBER_MAX,       \
              .absent = INT64_MAX, .help = "The cell is a number, this or less"),                  \
        FIELD(struct mapping_condition, at_least, I64, .min = -NUMBER_MAX, .max = NUMBER_MAX,      \
              .absent = INT64_MIN, .help = "The cell is a number, this or more")

static const struct field return_fields[] = {CONDITION_FIELDS};
static const struct shape shape_return =
    SHAPE("mapping_return", struct mapping_condition, return_fields);

static const struct field skip_fields[] = {
    FIELD(struct mapping_condition, reason, STR, .required = true, .min = 1, .max = 80,
          .help = "Why such rows are left out; the summary counts them by it"),
    FIELD(struct mapping_condition, of, ENUM, .choices = kinds_of_row, .absent = ROW_ANY,
          .help = "Which rows this is asked of"),
    CONDITION_FIELDS};
static const struct shape shape_skip = SHAPE("mapping_skip", struct mapping_condition, skip_fields);

#define COLUMN(type, member, ...)                                                                  \
    FIELD(type, member, STR, .min = 1, .max = NAME_MAX_CHARS, __VA_ARGS__)

static const struct field order_column_fields[] = {
    COLUMN(struct order_columns, order, .required = true,
           .help = "Number of the order; rows of one number are one order"),
    COLUMN(struct order_columns, member, .required = true, .help = "Whose order it is"),
    COLUMN(struct order_columns, time, .required = true, .help = "When it was paid"),
    COLUMN(struct order_columns, sku, .help = "Number of the product; returns are matched by it"),
    COLUMN(struct order_columns, name, .help = "Name of the product"),
    COLUMN(struct order_columns, category, .help = "Category of the product"),
    COLUMN(struct order_columns, brand, .help = "Brand of the product"),
    COLUMN(struct order_columns, quantity, .help = "How many; 1 when there is no such column"),
    COLUMN(struct order_columns, unit_amount, .required = true, .help = "What one costs"),
    COLUMN(struct order_columns, discount, .help = "Taken off the row"),
    COLUMN(struct order_columns, store, .help = "Where it was bought"),
    COLUMN(struct order_columns, channel, .help = "How it was bought"),
    COLUMN(struct order_columns, refund_of,
           .help = "Number of the order that is returned, where the table says it"),
};
static const struct shape shape_order_columns =
    SHAPE("mapping_order_columns", struct order_columns, order_column_fields);

#define COMMON_FIELDS                                                                              \
    FIELD(struct mapping, about, STR, .max = 500, .help = "For people"),                           \
        FIELD(struct mapping, source, STR, .required = true, .min = 1, .max = 128,                 \
              .help = "The system the table comes from; with an order's number it names the "      \
                      "event, for ever"),                                                          \
        FIELD(struct mapping, timezone, STR, .min = 1, .max = 64,                                  \
              .help = "Zone of the table's times, such as Europe/Paris"),                          \
        FIELD(struct mapping, time_format, STR, .min = 1, .max = 64,                               \
              .help = "%Y %m %d %H %M %S, %I with %p, or rfc3339 or unix"),                        \
        FIELD_AS(struct mapping, decimal_mark, "decimal", ENUM, .choices = decimal_marks,          \
                 .help = "What divides whole and decimals")

static const struct field order_fields[] = {
    COMMON_FIELDS,
    FIELD(struct mapping, currency, STR, .required = true, .min = 3, .max = 3, .help = "ISO 4217"),
    FIELD(struct mapping, amounts, ENUM, .choices = amount_forms,
          .help = "Amounts are decimals (12.50) or minor units (1250)"),
    FIELD(struct mapping, member_is, ENUM, .choices = identifiers,
          .help = "What the member column holds"),
    FIELD(struct mapping, store, STR, .min = 1, .max = 128, .help = "Of every order"),
    FIELD(struct mapping, channel, STR, .min = 1, .max = 64, .help = "Of every order"),
    FIELD_AS(struct mapping, order, "columns", OBJECT, .required = true,
             .shape = &shape_order_columns, .help = "Headers of the columns"),
    FIELD(struct mapping, returns, ARRAY, .shape = &shape_return, .max = CONDITIONS_MAX,
          .help = "A row that meets one of these is a return"),
    FIELD(struct mapping, skip, ARRAY, .shape = &shape_skip, .max = CONDITIONS_MAX,
          .help = "A row that meets one of these is left out"),
};
static const struct shape shape_orders = SHAPE("mapping_orders", struct mapping, order_fields);

static const struct field member_column_fields[] = {
    COLUMN(struct member_columns, external_id, .help = "Your id of the customer"),
    COLUMN(struct member_columns, email, .help = "E-mail address"),
    COLUMN(struct member_columns, phone, .help = "Telephone number with + and country"),
    COLUMN(struct member_columns, card, .help = "Number of a card"),
    COLUMN(struct member_columns, name, .help = "How to call them"),
    COLUMN(struct member_columns, enrolled_at, .help = "When they joined"),
    COLUMN(struct member_columns, balance, .help = "Units they bring along"),
};
static const struct shape shape_member_columns =
    SHAPE("mapping_member_columns", struct member_columns, member_column_fields);

static const struct field member_fields[] = {
    COMMON_FIELDS,
    FIELD_AS(struct mapping, member, "columns", OBJECT, .required = true,
             .shape = &shape_member_columns, .help = "Headers of the columns"),
    FIELD(struct mapping, attributes, MAP, .max = MAPPING_EXTRAS_MAX,
          .help = "Attributes of members, each with the header of its column"),
    FIELD(struct mapping, metadata, MAP, .max = MAPPING_EXTRAS_MAX,
          .help =
              "What is kept with members, such as consents, each with the header of its column"),
    FIELD(struct mapping, balance_currency, STR, .min = 1, .max = 64,
          .help = "Which of the programme's currencies the balance is in"),
    FIELD(struct mapping, balance_note, STR, .min = 1, .max = 200,
          .help = "Stands beside the opening balance in the ledger"),
    FIELD(struct mapping, skip, ARRAY, .shape = &shape_skip, .max = CONDITIONS_MAX,
          .help = "A row that meets one of these is left out"),
};
static const struct shape shape_members = SHAPE("mapping_members", struct mapping, member_fields);

struct str mapping_of_members(void)
{
    return STR("{\"source\":\"import\",\"time_format\":\"rfc3339\",\"balance_currency\":\"points\","
               "\"columns\":{\"external_id\":\"external_id\",\"email\":\"email\","
               "\"phone\":\"phone\",\"card\":\"card\",\"name\":\"name\","
               "\"enrolled_at\":\"enrolled_at\",\"balance\":\"balance\"}}");
}

// ---- what the fields mean together

static void check_conditions(const struct json_list *list, const char *member,
                             struct problems *problems)
{
    const struct mapping_condition *conditions = list->items;
    for (size_t i = 0; i < list->n; i++)
        if (conditions[i].is.n == 0 && conditions[i].starts_with.n == 0 &&
            conditions[i].at_most == INT64_MAX && conditions[i].at_least == INT64_MIN)
            problem_add(problems, str_printf(problems->arena, "/%s/%zu", member, i), "required",
                        "needs one of is, starts_with, at_most or at_least");
}

static void check_time(struct arena *arena, struct mapping *mapping, struct problems *problems)
{
    if (!mapping->time_format.p)
        mapping->time_format = STR("rfc3339");
    if (!cell_format_valid(mapping->time_format)) {
        problem_add(problems, STR("/time_format"), "format",
                    "has %%Y, %%m and %%d, perhaps %%H %%M %%S (or %%I with %%p), and characters "
                    "that stand for themselves; or is rfc3339 or unix");
        return;
    }
    mapping->tz = tz_utc();
    if (mapping->time_format.p[0] != 'r' && mapping->time_format.p[0] != 'u' &&
        !mapping->timezone.p)
        problem_add(problems, STR("/timezone"), "required",
                    "is needed: times of this format do not say their zone");
    else if (mapping->timezone.p && tz_load(arena, mapping->timezone, &mapping->tz))
        problem_add(problems, STR("/timezone"), "unknown", "There is no time zone '%.*s'",
                    STR_FMT(mapping->timezone));
}

static void check_money(struct mapping *mapping, struct problems *problems)
{
    const struct money_info *money = money_find(mapping->currency);
    if (!money)
        problem_add(problems, STR("/currency"), "unknown",
                    "There is no currency '%.*s'; it is written in capitals",
                    STR_FMT(mapping->currency));
    else if (mapping->amounts == 0)
        mapping->exponent = money->exponent;
}

enum err mapping_read(struct arena *arena, enum mapping_kind kind, struct str text,
                      struct problems *problems, struct mapping **ret_mapping)
{
    const struct json *json;
    enum err e = json_parse(arena, text, &json_limits_request, problems, &json);
    if (e)
        return e;
    struct mapping *mapping = ARENA_NEW(arena, struct mapping);
    const struct shape *shape = kind == MAPPING_ORDERS ? &shape_orders : &shape_members;
    if (!shape_read(shape, json, problems, mapping))
        return ERR_MAPPING_INVALID;
    check_time(arena, mapping, problems);
    check_conditions(&mapping->returns, "returns", problems);
    check_conditions(&mapping->skip, "skip", problems);
    if (kind == MAPPING_ORDERS)
        check_money(mapping, problems);
    else if (mapping->member->balance.p && !mapping->balance_currency.p)
        problem_add(problems, STR("/balance_currency"), "required",
                    "says which currency of the programme the balance is in");
    *ret_mapping = mapping;
    return problems->n ? ERR_MAPPING_INVALID : OK;
}

// ---- binding

struct binding {
    const struct csv_row *header;
    struct problems *problems;
    bool lenient;
};

static void check_header(const struct binding *b)
{
    for (size_t i = 0; i < b->header->n; i++) {
        struct str name = b->header->cells[i];
        if (!str_is_utf8(name))
            problem_add(b->problems, STR(""), "utf8", "The header of column %zu is no UTF-8",
                        i + 1);
        for (size_t k = 0; k < i && name.n; k++)
            if (str_eq(name, b->header->cells[k]))
                problem_add(b->problems, STR(""), "duplicate", "Two columns have the header '%.*s'",
                            STR_FMT(name));
    }
}

static int column_of(const struct binding *b, struct str name, struct str pointer)
{
    if (!name.p)
        return -1;
    for (size_t i = 0; i < b->header->n; i++)
        if (str_eq(b->header->cells[i], name))
            return (int)i;
    if (b->lenient)
        return -1;
    struct str near = str_nearest(name, b->header->cells, b->header->n);
    if (near.p)
        problem_add(b->problems, pointer, "unknown",
                    "The table has no column '%.*s'; did you mean '%.*s'?", STR_FMT(name),
                    STR_FMT(near));
    else
        problem_add(b->problems, pointer, "unknown", "The table has no column '%.*s'",
                    STR_FMT(name));
    problem_suggest(b->problems, near);
    return -1;
}

static void bind_conditions(const struct binding *b, const struct json_list *list,
                            const char *member)
{
    struct mapping_condition *conditions = list->items;
    for (size_t i = 0; i < list->n; i++)
        conditions[i].at = column_of(b, conditions[i].column,
                                     str_printf(b->problems->arena, "/%s/%zu/column", member, i));
}

// The columns of a shape are texts at the offsets of its fields; the binding's numbers stand in the
// same order.
static void bind_columns(const struct binding *b, const struct shape *shape, const void *columns,
                         int *ret_at)
{
    for (size_t i = 0; i < shape->n_fields; i++) {
        struct str name;
        memcpy(&name, (const char *)columns + shape->fields[i].offset, sizeof name);
        ret_at[i] = column_of(b, name,
                              str_printf(b->problems->arena, "/columns/%s", shape->fields[i].name));
    }
}

enum err mapping_bind_orders(struct arena *arena, struct mapping *mapping,
                             const struct csv_row *header, struct problems *problems,
                             struct order_binding *ret_binding)
{
    struct binding b = {.header = header, .problems = problems};
    int at[sizeof order_column_fields / sizeof order_column_fields[0]];
    _Static_assert(sizeof at == sizeof *ret_binding, "the same columns in the same order");
    check_header(&b);
    bind_columns(&b, &shape_order_columns, mapping->order, at);
    bind_conditions(&b, &mapping->returns, "returns");
    bind_conditions(&b, &mapping->skip, "skip");
    memcpy(ret_binding, at, sizeof at);
    return problems->n ? ERR_MAPPING_INVALID : OK;
}

static size_t bind_extras(const struct binding *b, const struct json *map, const char *member,
                          struct str *ret_names, int *ret_at)
{
    size_t n = 0;
    for (uint32_t i = 0; map && i < map->n; i++) {
        const struct json *column = &map->items[i];
        struct str pointer = json_pointer(b->problems->arena, column);
        if (column->type != JSON_TYPE_STRING) {
            problem_add(b->problems, pointer, "wrong_type", "is the header of a column in /%s",
                        member);
            continue;
        }
        ret_names[n] = column->key;
        ret_at[n++] = column_of(b, column->text, pointer);
    }
    return n;
}

enum err mapping_bind_members(struct arena *arena, struct mapping *mapping,
                              const struct csv_row *header, bool lenient, struct problems *problems,
                              struct member_binding *ret_binding)
{
    struct binding b = {.header = header, .problems = problems, .lenient = lenient};
    struct member_binding bound = {0};
    int at[sizeof member_column_fields / sizeof member_column_fields[0]];
    check_header(&b);
    bind_columns(&b, &shape_member_columns, mapping->member, at);
    _Static_assert(offsetof(struct member_binding, attribute_names) >= sizeof at,
                   "the same columns in the same order");
    memcpy(&bound, at, sizeof at);
    if (bound.external_id < 0 && bound.email < 0 && bound.phone < 0 && bound.card < 0)
        problem_add(problems, STR("/columns"), "required",
                    "One of external_id, email, phone and card says who a member is");
    bound.n_attributes =
        bind_extras(&b, mapping->attributes, "attributes", bound.attribute_names, bound.attributes);
    bound.n_metadata =
        bind_extras(&b, mapping->metadata, "metadata", bound.metadata_names, bound.metadata);
    bind_conditions(&b, &mapping->skip, "skip");
    *ret_binding = bound;
    return problems->n ? ERR_MAPPING_INVALID : OK;
}

// ---- conditions

static bool is_one_of(struct str cell, const struct json_list *list)
{
    const struct str *values = list->items;
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(cell, values[i]))
            return true;
    return false;
}

static bool starts_with_one_of(struct str cell, const struct json_list *list)
{
    const struct str *values = list->items;
    for (size_t i = 0; i < list->n; i++)
        if (str_starts(cell, values[i]))
            return true;
    return false;
}

// Four decimals tell on which side of a whole number every price lies.
static bool in_bounds(const struct mapping *mapping, const struct mapping_condition *condition,
                      struct str cell)
{
    char mark = mapping->decimal_mark ? ',' : '.';
    const int64_t unit = 10000;
    int64_t value;
    if (!cell_amount(cell, mark, 4, &value))
        return false;
    return (condition->at_most != INT64_MAX && value <= condition->at_most * unit) ||
           (condition->at_least != INT64_MIN && value >= condition->at_least * unit);
}

bool mapping_meets(const struct mapping *mapping, const struct mapping_condition *condition,
                   const struct csv_row *row)
{
    struct str cell = row->cells[condition->at];
    if (is_one_of(cell, &condition->is) || starts_with_one_of(cell, &condition->starts_with))
        return true;
    bool bounded = condition->at_most != INT64_MAX || condition->at_least != INT64_MIN;
    return bounded && in_bounds(mapping, condition, cell);
}
