// SPDX-License-Identifier: Apache-2.0
// amounts.c - the values of a programme document that may be one of several things: what a rule
// earns, by what it multiplies, what something costs, what a reward gives.
//
// Layer: program.  Tests: tests/program/bad_documents_test.c, tests/program/program_test.c
#include "program/types.h"

#define CURRENCIES_MAX 16

static bool expect_type(struct problems *problems, const struct json *value, enum json_type type)
{
    if (value->type == type)
        return true;
    json_problem(problems, value, "wrong_type", "must be %s, not %s", json_type_name(type),
                 json_type_name(value->type));
    return false;
}

static bool read_count(struct problems *problems, const struct json *value, int64_t *ret_units)
{
    int64_t units;
    if (!json_to_i64(value, &units)) {
        json_problem(problems, value, "not_an_integer", "must be a whole number of units");
        return false;
    }
    if (units < 1 || units > AMOUNT_MAX) {
        json_problem(problems, value, "out_of_range", "must be from 1 to %lld",
                     (long long)AMOUNT_MAX);
        return false;
    }
    *ret_units = units;
    return true;
}

// The one member of {currency: ...}, or NULL with a problem.
static const struct json *only_member(struct problems *problems, const struct json *value)
{
    if (!expect_type(problems, value, JSON_TYPE_OBJECT))
        return NULL;
    if (value->n == 1)
        return &value->items[0];
    if (value->n == 0)
        json_problem(problems, value, "too_few", "must name a currency: {\"points\": ...}");
    else
        json_problem(problems, value, "too_many",
                     "must name one currency; write a rule for each of them");
    return NULL;
}

static void schema_count(struct json_out *out)
{
    json_put_c(out, "type", "integer");
    json_put_i64(out, "minimum", 1);
    json_put_i64(out, "maximum", AMOUNT_MAX);
}

// Opens the schema of {currency: ...}; the caller describes the value and closes two objects.
static void open_currency_schema(struct json_out *out, int64_t members_max)
{
    json_put_c(out, "type", "object");
    json_put_i64(out, "minProperties", 1);
    json_put_i64(out, "maxProperties", members_max);
    json_put_object(out, "additionalProperties");
}

// ---- earn

static void read_earn(const struct field *field, const struct json *value,
                      struct problems *problems, void *to)
{
    struct doc_earn *earn = to;
    const struct json *amount = only_member(problems, value);
    if (!amount)
        return;
    if (amount->type == JSON_TYPE_NUMBER) {
        earn->kind = AMOUNT_FIXED;
        if (!read_count(problems, amount, &earn->fixed))
            return;
    } else if (amount->type == JSON_TYPE_STRING) {
        earn->kind = AMOUNT_EXPRESSION;
        type_expression.read(field, amount, problems, &earn->text);
    } else if (amount->type == JSON_TYPE_OBJECT) {
        earn->kind = AMOUNT_RATE;
        (void)!shape_read(&shape_rate, amount, problems, &earn->rate);
    } else {
        json_problem(problems, amount, "wrong_type",
                     "must be a number of units, a rate or an expression in quotes, not %s",
                     json_type_name(amount->type));
        return;
    }
    earn->at = amount;
}

static void schema_earn(struct json_out *out)
{
    open_currency_schema(out, 1);
    json_put_array(out, "oneOf");
    json_object(out);
    schema_count(out);
    json_end(out);
    json_object(out);
    type_expression.schema(out);
    json_end(out);
    json_object(out);
    json_put_c(out, "$ref", "#/$defs/rate");
    json_end(out);
    json_end(out);
    json_end(out);
}

const struct field_type type_earn = {sizeof(struct doc_earn), read_earn, schema_earn};

// ---- multiply

#define RATIO_WHOLE_MAX 1000
#define RATIO_WHOLE_DIGITS 4
#define RATIO_DECIMALS_MAX 6

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// Takes up to max digits off the text, adds them to *value; how many there were.
static size_t take_digits(struct str *text, size_t max, int64_t *value)
{
    size_t n = 0;
    while (n < max && text->n && text->p[0] >= '0' && text->p[0] <= '9') {
        *value = *value * 10 + (text->p[0] - '0');
        *text = str_skip(*text, 1);
        n++;
    }
    return n;
}

// "2", "1.5", "1.25": decimal text to an exact ratio in lowest terms.
static bool parse_ratio(struct str text, int64_t *ret_num, int64_t *ret_den)
{
    int64_t num = 0, den = 1;
    if (take_digits(&text, RATIO_WHOLE_DIGITS, &num) == 0)
        return false;
    if (str_starts(text, STR("."))) {
        text = str_skip(text, 1);
        size_t decimals = take_digits(&text, RATIO_DECIMALS_MAX, &num);
        if (decimals == 0)
            return false;
        while (decimals--)
            den *= 10;
    }
    if (text.n)
        return false;
    int64_t divisor = num ? common_divisor(num, den) : 1;
    *ret_num = num / divisor;
    *ret_den = den / divisor;
    return true;
}

// "1,5" -> "1.5"
static void suggest_point(struct problems *problems, struct str text)
{
    struct buf buf;
    int64_t num, den;
    buf_init(&buf, problems->arena);
    for (size_t i = 0; i < text.n; i++)
        buf_char(&buf, text.p[i] == ',' ? '.' : text.p[i]);
    if (parse_ratio(buf_text(&buf), &num, &den))
        problem_suggest(problems, buf_text(&buf));
}

static bool read_ratio(struct problems *problems, const struct json *value,
                       struct doc_multiply *ret)
{
    int64_t num, den;
    if (value->type == JSON_TYPE_NUMBER) {
        json_problem(problems, value, "wrong_type",
                     "must be a decimal number in quotes, so that it stays exact");
        problem_suggest(problems, str_printf(problems->arena, "\"%.*s\"", STR_FMT(value->text)));
        return false;
    }
    if (!expect_type(problems, value, JSON_TYPE_STRING))
        return false;
    if (!parse_ratio(value->text, &num, &den)) {
        json_problem(problems, value, "bad_ratio",
                     "must be a decimal number with at most %d decimals, such as \"1.5\"",
                     RATIO_DECIMALS_MAX);
        suggest_point(problems, value->text);
        return false;
    }
    if (num <= den || num > RATIO_WHOLE_MAX * den) {
        json_problem(problems, value, "out_of_range", "must be more than 1 and at most %d",
                     RATIO_WHOLE_MAX);
        return false;
    }
    ret->num = num;
    ret->den = den;
    return true;
}

static void read_multiply(const struct field *field, const struct json *value,
                          struct problems *problems, void *to)
{
    struct doc_multiply multiply = {0};
    const struct json *ratio = value;
    if (value->type == JSON_TYPE_OBJECT) {
        ratio = multiply.at = only_member(problems, value);
        if (!ratio)
            return;
    }
    if (read_ratio(problems, ratio, &multiply))
        *(struct doc_multiply *)to = multiply;
}

static void put_ratio_schema(struct json_out *out)
{
    json_put_c(out, "type", "string");
    json_put_c(out, "pattern", "^[0-9]{1,4}([.][0-9]{1,6})?$");
}

static void schema_multiply(struct json_out *out)
{
    json_put_array(out, "oneOf");
    json_object(out);
    put_ratio_schema(out);
    json_end(out);
    json_object(out);
    open_currency_schema(out, 1);
    put_ratio_schema(out);
    json_end(out);
    json_end(out);
    json_end(out);
}

const struct field_type type_multiply = {sizeof(struct doc_multiply), read_multiply,
                                         schema_multiply};

// ---- costs and caps

static void read_units(const struct field *field, const struct json *value,
                       struct problems *problems, void *to)
{
    int64_t units;
    bool good = true;
    if (!expect_type(problems, value, JSON_TYPE_OBJECT))
        return;
    if (value->n == 0 || value->n > CURRENCIES_MAX) {
        json_problem(problems, value, value->n ? "too_many" : "too_few",
                     "must name 1 to %d currencies: {\"points\": 500}", CURRENCIES_MAX);
        return;
    }
    for (uint32_t i = 0; i < value->n; i++)
        good = read_count(problems, &value->items[i], &units) && good;
    if (good)
        ((struct doc_units *)to)->at = value;
}

static void schema_units(struct json_out *out)
{
    open_currency_schema(out, CURRENCIES_MAX);
    schema_count(out);
    json_end(out);
}

const struct field_type type_units = {sizeof(struct doc_units), read_units, schema_units};

// ---- gives

static const struct reward_type_info reward_types[] = {
#define REWARD_TYPE(name, type, en, fr) {type, {STR(en), STR(fr)}},
#define REWARD_FIELD(name, field, kind, min, max, presence, en, fr)
#include "reward_types.def"
#undef REWARD_TYPE
#undef REWARD_FIELD
};
#define N_REWARD_TYPES (sizeof reward_types / sizeof reward_types[0])

const struct reward_type_info *reward_type_info(enum reward_type type)
{
    CHECK((size_t)type < N_REWARD_TYPES);
    return &reward_types[type];
}

size_t reward_type_count(void)
{
    return N_REWARD_TYPES;
}

enum gives_presence { GIVES_OPTIONAL, GIVES_REQUIRED, GIVES_ONE_OF };

static const struct gives_field {
    enum reward_type type;
    enum gives_presence presence;
    struct field field;
} gives_fields[] = {
#define REWARD_TYPE(name, type, en, fr)
#define REWARD_FIELD(name_, field_, kind_, min_, max_, presence_, en, fr)                          \
    {REWARD_##name_,                                                                               \
     GIVES_##presence_,                                                                            \
     {.name = field_,                                                                              \
      .help = en,                                                                                  \
      .kind = FIELD_##kind_,                                                                       \
      .min = min_,                                                                                 \
      .max = max_,                                                                                 \
      .required = GIVES_##presence_ == GIVES_REQUIRED}},
#include "reward_types.def"
#undef REWARD_TYPE
#undef REWARD_FIELD
};
#define N_GIVES_FIELDS (sizeof gives_fields / sizeof gives_fields[0])
#define GIVES_FIELDS_MAX 8

// The shape of "gives" for one type, built from the catalogue's lines.
struct gives_shape {
    struct field fields[GIVES_FIELDS_MAX];
    const char *choices[2];
    struct shape shape;
};

// Where values are read to be judged; the object itself is what is kept.
union gives_value {
    struct str text;
    int64_t number;
    int choice;
};

static void build_gives(enum reward_type type, struct gives_shape *ret)
{
    *ret = (struct gives_shape){.choices = {reward_types[type].code, NULL}};
    ret->fields[0] = (struct field){.name = "type",
                                    .kind = FIELD_ENUM,
                                    .required = true,
                                    .choices = ret->choices,
                                    .size = sizeof(int)};
    size_t n = 1;
    for (size_t i = 0; i < N_GIVES_FIELDS; i++) {
        if (gives_fields[i].type != type)
            continue;
        CHECK(n < GIVES_FIELDS_MAX);
        struct field *field = &ret->fields[n];
        *field = gives_fields[i].field;
        field->offset = n * sizeof(union gives_value);
        field->size = field->kind == FIELD_I64 ? sizeof(int64_t) : sizeof(struct str);
        n++;
    }
    ret->shape = (struct shape){.name = "gives",
                                .help = reward_types[type].name.en.p,
                                .fields = ret->fields,
                                .n_fields = n,
                                .size = n * sizeof(union gives_value)};
}

// Exactly one of the fields marked ONE_OF.
static void check_one_of(enum reward_type type, const struct json *value, struct problems *problems)
{
    struct buf names;
    size_t there = 0, known = 0;
    buf_init(&names, problems->arena);
    for (size_t i = 0; i < N_GIVES_FIELDS; i++) {
        if (gives_fields[i].type != type || gives_fields[i].presence != GIVES_ONE_OF)
            continue;
        buf_printf(&names, "%s%s", known++ ? " or " : "", gives_fields[i].field.name);
        there += json_get(value, gives_fields[i].field.name) != NULL;
    }
    if (known && there != 1)
        json_problem(problems, value, there ? "too_many" : "required",
                     "must have %.*s, one of them", STR_FMT(buf_text(&names)));
}

static bool find_reward_type(const struct json *value, struct problems *problems,
                             enum reward_type *ret_type)
{
    struct str codes[N_REWARD_TYPES];
    for (size_t i = 0; i < N_REWARD_TYPES; i++) {
        codes[i] = str_of(reward_types[i].code);
        if (value->type == JSON_TYPE_STRING && str_eq(value->text, codes[i])) {
            *ret_type = (enum reward_type)i;
            return true;
        }
    }
    struct buf list;
    buf_init(&list, problems->arena);
    for (size_t i = 0; i < N_REWARD_TYPES; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", reward_types[i].code);
    json_problem(problems, value, "not_one_of", "must be one of %.*s", STR_FMT(buf_text(&list)));
    if (value->type == JSON_TYPE_STRING)
        problem_suggest(problems, str_nearest(value->text, codes, N_REWARD_TYPES));
    return false;
}

static void read_gives(const struct field *field, const struct json *value,
                       struct problems *problems, void *to)
{
    struct doc_gives *gives = to;
    struct gives_shape shape;
    union gives_value scratch[GIVES_FIELDS_MAX];
    if (!expect_type(problems, value, JSON_TYPE_OBJECT))
        return;
    const struct json *type = json_get(value, "type");
    if (!type) {
        problem_add(problems, json_pointer_to(problems->arena, value, STR("type")), "required",
                    "is missing");
        return;
    }
    if (!find_reward_type(type, problems, &gives->type))
        return;
    build_gives(gives->type, &shape);
    if (shape_read(&shape.shape, value, problems, scratch))
        check_one_of(gives->type, value, problems);
    gives->at = value;
}

static void put_one_of_schema(enum reward_type type, struct json_out *out)
{
    bool opened = false;
    for (size_t i = 0; i < N_GIVES_FIELDS; i++) {
        if (gives_fields[i].type != type || gives_fields[i].presence != GIVES_ONE_OF)
            continue;
        if (!opened)
            json_put_array(out, "oneOf");
        opened = true;
        json_object(out);
        json_put_array(out, "required");
        json_str(out, str_of(gives_fields[i].field.name));
        json_end(out);
        json_end(out);
    }
    if (opened)
        json_end(out);
}

static void schema_gives(struct json_out *out)
{
    json_put_array(out, "oneOf");
    for (size_t i = 0; i < N_REWARD_TYPES; i++) {
        struct gives_shape shape;
        build_gives((enum reward_type)i, &shape);
        json_object(out);
        json_put_array(out, "allOf");
        shape_write_schema(&shape.shape, "#/$defs/", out);
        json_end(out);
        put_one_of_schema((enum reward_type)i, out);
        json_end(out);
    }
    json_end(out);
}

const struct field_type type_gives = {sizeof(struct doc_gives), read_gives, schema_gives};
