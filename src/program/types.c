// SPDX-License-Identifier: Apache-2.0
// types.c - texts of a programme document with a form of their own: ids, names, events, zones,
// money, periods, times, expressions.  What may be one of several things is in amounts.c.
//
// Layer: program.  Tests: tests/program/bad_documents_test.c, tests/program/program_test.c
#include "program/types.h"

#include "base/calendar.h"
#include "base/money.h"

#define NAME_MAX_POINTS 120

static bool expect_text(struct problems *problems, const struct json *value, const char *what)
{
    if (value->type == JSON_TYPE_STRING)
        return true;
    json_problem(problems, value, "wrong_type", "must be %s in quotes, not %s", what,
                 json_type_name(value->type));
    return false;
}

static void schema_text(struct json_out *out, const char *pattern, const char *format)
{
    json_put_c(out, "type", "string");
    if (pattern)
        json_put_c(out, "pattern", pattern);
    if (format)
        json_put_c(out, "format", format);
}

// ---- ids and event types

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_id_char(char c)
{
    return is_word_char(c) || c == '-';
}

static bool is_id(struct str text)
{
    if (text.n == 0 || text.n > PROGRAM_ID_MAX || text.p[0] == '_' || text.p[0] == '-')
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!is_id_char(text.p[i]))
            return false;
    return true;
}

// The id somebody may have meant: "Happy Hour" -> "happy-hour".
static struct str id_from(struct arena *arena, struct str text)
{
    struct buf buf;
    buf_init(&buf, arena);
    for (size_t i = 0; i < text.n && buf.n < PROGRAM_ID_MAX; i++) {
        char c = text.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (!is_id_char(c))
            c = '-';
        bool begins = buf.n == 0 && (c == '-' || c == '_');
        if (!begins)
            buf_char(&buf, c);
    }
    return buf_text(&buf);
}

static void read_id(const struct field *field, const struct json *value, struct problems *problems,
                    void *to)
{
    if (!expect_text(problems, value, "an id"))
        return;
    if (is_id(value->text)) {
        *(struct str *)to = value->text;
        return;
    }
    json_problem(problems, value, "bad_id",
                 "must be 1 to %d of a-z, 0-9, '-' and '_', and begin with a letter or digit",
                 PROGRAM_ID_MAX);
    problem_suggest(problems, id_from(problems->arena, value->text));
}

static void schema_id(struct json_out *out)
{
    schema_text(out, "^[a-z0-9][a-z0-9_-]{0,63}$", NULL);
}

const struct field_type type_id = {sizeof(struct str), read_id, schema_id};

// word(.word)*, each beginning with a letter.
static bool is_event_type(struct str text)
{
    bool begins = true;
    if (text.n == 0 || text.n > PROGRAM_ID_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (begins ? !(c >= 'a' && c <= 'z') : !(is_word_char(c) || c == '.'))
            return false;
        begins = c == '.';
    }
    return !begins;
}

static void read_event(const struct field *field, const struct json *value,
                       struct problems *problems, void *to)
{
    if (!expect_text(problems, value, "an event type"))
        return;
    if (is_event_type(value->text))
        *(struct str *)to = value->text;
    else
        json_problem(problems, value, "bad_event_type",
                     "must be words of a-z, 0-9 and '_' with dots between them, such as "
                     "order.paid");
}

static void schema_event(struct json_out *out)
{
    schema_text(out, "^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)*$", NULL);
    json_put_i64(out, "maxLength", PROGRAM_ID_MAX);
}

const struct field_type type_event = {sizeof(struct str), read_event, schema_event};

// ---- names in both languages

static bool check_name(struct problems *problems, const struct json *value)
{
    if (!expect_text(problems, value, "a name"))
        return false;
    size_t n = str_code_points(value->text);
    bool good = str_trim(value->text).n > 0 && n <= NAME_MAX_POINTS;
    for (size_t i = 0; i < value->text.n; i++)
        good = good && (unsigned char)value->text.p[i] >= 0x20 && value->text.p[i] != 0x7F;
    if (!good)
        json_problem(problems, value, "bad_name",
                     "must have 1 to %d characters, no control characters among them",
                     NAME_MAX_POINTS);
    return good;
}

static void refuse_language(struct problems *problems, const struct json *member)
{
    json_problem(problems, member, "unknown_field",
                 "is not known here; names have a text for en and one for fr");
}

static void read_name(const struct field *field, const struct json *value,
                      struct problems *problems, void *to)
{
    struct bilingual *name = to;
    if (value->type != JSON_TYPE_OBJECT) {
        if (check_name(problems, value))
            *name = (struct bilingual){value->text, value->text};
        return;
    }
    const struct json *en = json_get(value, "en"), *fr = json_get(value, "fr");
    for (uint32_t i = 0; i < value->n; i++)
        if (&value->items[i] != en && &value->items[i] != fr)
            refuse_language(problems, &value->items[i]);
    if (!en)
        problem_add(problems, json_pointer_to(problems->arena, value, STR("en")), "required",
                    "is missing");
    bool good = en && check_name(problems, en);
    if (fr)
        good = check_name(problems, fr) && good;
    if (good)
        *name = (struct bilingual){en->text, fr ? fr->text : en->text};
}

static void put_name_schema(struct json_out *out)
{
    json_object(out);
    json_put_c(out, "type", "string");
    json_put_i64(out, "minLength", 1);
    json_put_i64(out, "maxLength", NAME_MAX_POINTS);
    json_end(out);
}

static void schema_name(struct json_out *out)
{
    json_put_array(out, "oneOf");
    put_name_schema(out);
    json_object(out);
    json_put_c(out, "type", "object");
    json_put_object(out, "properties");
    json_key(out, "en");
    put_name_schema(out);
    json_key(out, "fr");
    put_name_schema(out);
    json_end(out);
    json_put_array(out, "required");
    json_str(out, STR("en"));
    json_end(out);
    json_put_bool(out, "additionalProperties", false);
    json_end(out);
    json_end(out);
}

const struct field_type type_name = {sizeof(struct bilingual), read_name, schema_name};

// ---- zone and money

static void read_zone(const struct field *field, const struct json *value,
                      struct problems *problems, void *to)
{
    const struct tz *tz;
    if (!expect_text(problems, value, "a time zone"))
        return;
    if (tz_load(problems->arena, value->text, &tz) == OK)
        *(struct str *)to = value->text;
    else
        json_problem(problems, value, "unknown_timezone",
                     "is no time zone of the IANA list, such as Europe/Paris");
}

static void schema_zone(struct json_out *out)
{
    schema_text(out, "^[A-Za-z0-9_+/:-]{1,64}$", NULL);
}

const struct field_type type_zone = {sizeof(struct str), read_zone, schema_zone};

static struct str upper(struct arena *arena, struct str text)
{
    struct str copy = str_dup(arena, text);
    char *p = (char *)(uintptr_t)copy.p;
    for (size_t i = 0; i < copy.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
    return copy;
}

static void read_money(const struct field *field, const struct json *value,
                       struct problems *problems, void *to)
{
    if (!expect_text(problems, value, "a currency code"))
        return;
    const struct money_info *found = money_find(value->text);
    if (found) {
        *(const struct money_info **)to = found;
        return;
    }
    json_problem(problems, value, "unknown_money",
                 "is no currency code of ISO 4217 in capitals, such as EUR");
    if (value->text.n == 3 && money_find(upper(problems->arena, value->text)))
        problem_suggest(problems, upper(problems->arena, value->text));
}

static void schema_money(struct json_out *out)
{
    size_t n;
    const struct money_info *table = money_table(&n);
    json_put_array(out, "enum");
    for (size_t i = 0; i < n; i++)
        json_str(out, str_of(table[i].code));
    json_end(out);
}

const struct field_type type_money = {sizeof(struct money_info *), read_money, schema_money};

// ---- periods, times, days of the year

// 100 years: more than any programme, and far from where calendar arithmetic ends.
#define PERIOD_MONTHS_MAX 1200
#define PERIOD_DAYS_MAX 36525
#define PERIOD_SECONDS_MAX (PERIOD_DAYS_MAX * DAY_S)

static void read_period(const struct field *field, const struct json *value,
                        struct problems *problems, void *to)
{
    struct period period;
    if (!expect_text(problems, value, "a period"))
        return;
    if (!period_parse(value->text, &period)) {
        json_problem(problems, value, "bad_period",
                     "must be a period of ISO 8601: P12M is 12 months, P30D 30 days, PT15M 15 "
                     "minutes");
        struct str with_p = str_printf(problems->arena, "P%.*s", STR_FMT(value->text));
        if (period_parse(with_p, &period))
            problem_suggest(problems, with_p);
    } else if (period.months > PERIOD_MONTHS_MAX || period.days > PERIOD_DAYS_MAX ||
               period.seconds > PERIOD_SECONDS_MAX) {
        json_problem(problems, value, "out_of_range", "must be at most 100 years");
    } else {
        *(struct period *)to = period;
    }
}

static void schema_period(struct json_out *out)
{
    schema_text(out,
                "^P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?"
                "(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$",
                NULL);
}

const struct field_type type_period = {sizeof(struct period), read_period, schema_period};

static void read_time(const struct field *field, const struct json *value,
                      struct problems *problems, void *to)
{
    struct doc_time time = {0};
    if (!expect_text(problems, value, "a time or date"))
        return;
    time.is_date = civil_parse_date(value->text, &time.date);
    if (time.is_date || civil_parse_us(value->text, &time.us))
        *(struct doc_time *)to = time;
    else
        json_problem(problems, value, "bad_time",
                     "must be a date such as 2026-11-21, or a time with zone offset such as "
                     "2026-11-21T10:00:00+01:00");
}

static void schema_time(struct json_out *out)
{
    schema_text(out,
                "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
                "([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$",
                NULL);
}

const struct field_type type_time = {sizeof(struct doc_time), read_time, schema_time};

// In a leap year, so that "02-29" is a day.
#define LEAP_YEAR 2000

static void read_month_day(const struct field *field, const struct json *value,
                           struct problems *problems, void *to)
{
    struct date date;
    if (!expect_text(problems, value, "a day of the year"))
        return;
    struct str text = str_printf(problems->arena, "%d-%.*s", LEAP_YEAR, STR_FMT(value->text));
    if (civil_parse_date(text, &date))
        *(struct month_day *)to = (struct month_day){date.month, date.day};
    else
        json_problem(problems, value, "bad_day", "must be a month and a day of it, such as 12-31");
}

static void schema_month_day(struct json_out *out)
{
    schema_text(out, "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", NULL);
}

const struct field_type type_month_day = {sizeof(struct month_day), read_month_day,
                                          schema_month_day};

// ---- expressions, and what is only kept

static void read_expression(const struct field *field, const struct json *value,
                            struct problems *problems, void *to)
{
    if (!expect_text(problems, value, "an expression"))
        return;
    if (str_trim(value->text).n == 0)
        json_problem(problems, value, "too_short", "must not be empty: leave it out instead");
    else if (value->text.n > EXPRESSION_MAX)
        json_problem(problems, value, "too_long", "must have at most %d bytes", EXPRESSION_MAX);
    else
        *(struct str *)to = value->text;
}

static void schema_expression(struct json_out *out)
{
    json_put_c(out, "type", "string");
    json_put_i64(out, "minLength", 1);
    json_put_i64(out, "maxLength", EXPRESSION_MAX);
}

const struct field_type type_expression = {sizeof(struct str), read_expression, schema_expression};

#define METADATA_MEMBERS_MAX 50
#define METADATA_TEXT_MAX 1000

static void read_metadata(const struct field *field, const struct json *value,
                          struct problems *problems, void *to)
{
    if (value->type != JSON_TYPE_OBJECT) {
        json_problem(problems, value, "wrong_type", "must be an object, not %s",
                     json_type_name(value->type));
        return;
    }
    if (value->n > METADATA_MEMBERS_MAX)
        json_problem(problems, value, "too_many", "must have at most %d members",
                     METADATA_MEMBERS_MAX);
    for (uint32_t i = 0; i < value->n; i++)
        if (expect_text(problems, &value->items[i], "a text") &&
            str_code_points(value->items[i].text) > METADATA_TEXT_MAX)
            json_problem(problems, &value->items[i], "too_long", "must have at most %d characters",
                         METADATA_TEXT_MAX);
    *(const struct json **)to = value;
}

static void schema_metadata(struct json_out *out)
{
    json_put_c(out, "type", "object");
    json_put_i64(out, "maxProperties", METADATA_MEMBERS_MAX);
    json_put_object(out, "additionalProperties");
    json_put_c(out, "type", "string");
    json_put_i64(out, "maxLength", METADATA_TEXT_MAX);
    json_end(out);
}

const struct field_type type_metadata = {sizeof(struct json *), read_metadata, schema_metadata};

// ---- what a later release runs

static void read_empty(const struct json *value, enum json_type type, struct problems *problems)
{
    if (value->type != type)
        json_problem(problems, value, "wrong_type", "must be %s, not %s", json_type_name(type),
                     json_type_name(value->type));
    else if (value->n > 0)
        json_problem(problems, value, "not_in_this_release",
                     "this release does not run %.*s yet: leave it out or leave it empty",
                     STR_FMT(value->key));
}

static void read_no_items(const struct field *field, const struct json *value,
                          struct problems *problems, void *to)
{
    read_empty(value, JSON_TYPE_ARRAY, problems);
}

static void schema_no_items(struct json_out *out)
{
    json_put_c(out, "type", "array");
    json_put_i64(out, "maxItems", 0);
}

static void read_no_members(const struct field *field, const struct json *value,
                            struct problems *problems, void *to)
{
    read_empty(value, JSON_TYPE_OBJECT, problems);
}

static void schema_no_members(struct json_out *out)
{
    json_put_c(out, "type", "object");
    json_put_i64(out, "maxProperties", 0);
}

const struct field_type type_no_items = {sizeof(struct json *), read_no_items, schema_no_items};
const struct field_type type_no_members = {sizeof(struct json *), read_no_members,
                                           schema_no_members};
