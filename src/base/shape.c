// SPDX-License-Identifier: Apache-2.0
// shape.c - reading a JSON object by its table.
//
// Layer: base.  Tests: tests/base/shape_test.c
#include "base/shape.h"

#include "base/civil.h"

#include <string.h>

struct reader {
    struct problems *problems;
    bool query; // values are texts, faults are at "?name"
};

static bool read_object(struct reader *r, const struct shape *shape, const struct json *value,
                        void *target);
static void read_value(struct reader *r, const struct field *field, const struct json *value,
                       void *to);

static struct str pointer_of(struct reader *r, const struct json *value)
{
    if (r->query)
        return str_printf(r->problems->arena, "?%.*s", STR_FMT(value->key));
    return json_pointer(r->problems->arena, value);
}

#define FAULT(r, value, code, ...)                                                                 \
    problem_add((r)->problems, pointer_of((r), (value)), (code), __VA_ARGS__)

static bool expect(struct reader *r, const struct json *value, enum json_type type)
{
    if (value->type == type)
        return true;
    FAULT(r, value, "wrong_type", "must be %s, not %s", json_type_name(type),
          json_type_name(value->type));
    return false;
}

// ---- plain values

static bool has_control(struct str text, bool lines_allowed)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool line = c == '\n' || c == '\t' || c == '\r';
        if ((c < 0x20 && !(line && lines_allowed)) || c == 0x7F)
            return true;
    }
    return false;
}

static void read_str(struct reader *r, const struct field *field, const struct json *value,
                     struct str *to)
{
    CHECK(field->max > 0); // S3
    if (!expect(r, value, JSON_TYPE_STRING))
        return;
    int64_t length = (int64_t)str_code_points(value->text);
    if (length > field->max)
        FAULT(r, value, "too_long", "must have at most %lld characters, not %lld",
              (long long)field->max, (long long)length);
    else if (length < field->min)
        FAULT(r, value, "too_short", "must have at least %lld character%s", (long long)field->min,
              field->min == 1 ? "" : "s");
    else if (has_control(value->text, field->kind == FIELD_TEXT))
        FAULT(r, value, "bad_character", "must not contain control characters");
    else
        *to = value->text;
}

static void read_i64(struct reader *r, const struct field *field, const struct json *value,
                     int64_t *to)
{
    CHECK(field->max > field->min); // S3
    int64_t number;
    bool integer = r->query ? str_to_i64(value->text, &number) : json_to_i64(value, &number);
    if (!r->query && !expect(r, value, JSON_TYPE_NUMBER))
        return;
    if (!integer)
        FAULT(r, value, "not_an_integer",
              "must be an integer of at most 16 digits, without point or exponent");
    else if (number < field->min || number > field->max)
        FAULT(r, value, "out_of_range", "must be from %lld to %lld", (long long)field->min,
              (long long)field->max);
    else
        *to = number;
}

static void read_bool(struct reader *r, const struct json *value, bool *to)
{
    if (r->query) {
        *to = str_eq(value->text, STR("true"));
        if (!*to && !str_eq(value->text, STR("false")))
            FAULT(r, value, "wrong_type", "must be true or false");
    } else if (expect(r, value, JSON_TYPE_BOOL)) {
        *to = value->truth;
    }
}

#define CHOICES_MAX 64

static void read_enum(struct reader *r, const struct field *field, const struct json *value,
                      int *to)
{
    struct str known[CHOICES_MAX];
    struct buf list;
    size_t n = 0;
    if (!expect(r, value, JSON_TYPE_STRING))
        return;
    buf_init(&list, r->problems->arena);
    for (; field->choices[n]; n++) {
        CHECK(n < CHOICES_MAX);
        known[n] = str_of(field->choices[n]);
        if (str_eq(known[n], value->text)) {
            *to = (int)n;
            return;
        }
        buf_printf(&list, "%s%s", n ? ", " : "", field->choices[n]);
    }
    struct str near = str_nearest(value->text, known, n);
    if (near.p)
        FAULT(r, value, "not_one_of", "must be one of %.*s; did you mean \"%.*s\"?",
              STR_FMT(buf_text(&list)), STR_FMT(near));
    else
        FAULT(r, value, "not_one_of", "must be one of %.*s", STR_FMT(buf_text(&list)));
    problem_suggest(r->problems, near);
}

static void read_time(struct reader *r, const struct json *value, int64_t *to)
{
    if (expect(r, value, JSON_TYPE_STRING) && !civil_parse_us(value->text, to))
        FAULT(r, value, "bad_time",
              "must be a time with zone offset, such as 2026-11-21T10:00:00+01:00");
}

static void read_id(struct reader *r, const struct field *field, const struct json *value,
                    struct id *to)
{
    if (expect(r, value, JSON_TYPE_STRING) && !id_parse(value->text, field->prefix, to))
        FAULT(r, value, "bad_id", "must be %s_ and 26 digits", field->prefix);
}

static void read_map(struct reader *r, const struct field *field, const struct json *value,
                     const struct json **to)
{
    CHECK(field->max > 0); // S3
    if (!expect(r, value, JSON_TYPE_OBJECT))
        return;
    if (value->n > field->max)
        FAULT(r, value, "too_many", "must have at most %lld members", (long long)field->max);
    for (uint32_t i = 0; i < value->n; i++) {
        const struct json *item = &value->items[i];
        int64_t ignored;
        bool plain = item->type == JSON_TYPE_STRING || item->type == JSON_TYPE_BOOL ||
                     item->type == JSON_TYPE_NULL || json_to_i64(item, &ignored);
        if (!plain)
            FAULT(r, item, "wrong_type", "must be a string, an integer, true, false or null");
    }
    *to = value;
}

// ---- arrays and objects

static size_t size_of_kind(const struct field *field, enum field_kind kind)
{
    switch (kind) {
    case FIELD_STR:
    case FIELD_TEXT:
        return sizeof(struct str);
    case FIELD_I64:
    case FIELD_TIME:
        return sizeof(int64_t);
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_ENUM:
        return sizeof(int);
    case FIELD_ID:
        return sizeof(struct id);
    case FIELD_ARRAY:
        return sizeof(struct json_list);
    case FIELD_OBJECT:
    case FIELD_MAP:
    case FIELD_JSON:
        return sizeof(void *);
    case FIELD_CUSTOM:
        return field->type->size;
    case FIELD_NONE:
        break;
    }
    CHECK(!"a kind of field that can be read");
    return 0;
}

static void read_array(struct reader *r, const struct field *field, const struct json *value,
                       struct json_list *to)
{
    CHECK(field->max > 0); // S3
    if (!expect(r, value, JSON_TYPE_ARRAY))
        return;
    if (field->min == field->max && value->n != field->max) {
        FAULT(r, value, value->n > field->max ? "too_many" : "too_few",
              "must have %lld items, not %u", (long long)field->max, value->n);
        return;
    }
    if (value->n > field->max || value->n < field->min) {
        FAULT(r, value, value->n > field->max ? "too_many" : "too_few",
              "must have %lld to %lld items, not %u", (long long)field->min, (long long)field->max,
              value->n);
        return;
    }
    struct field item = *field;
    item.kind = field->type ? FIELD_CUSTOM : field->items;
    item.min = field->item_min;
    item.max = field->item_max;
    size_t size = field->shape ? field->shape->size : size_of_kind(&item, item.kind);
    char *items = arena_try_array(r->problems->arena, value->n ? value->n : 1, size);
    if (!items)
        return; // the arena's overflow mark says so
    for (uint32_t i = 0; i < value->n; i++) {
        if (field->shape)
            read_object(r, field->shape, &value->items[i], items + i * size);
        else
            read_value(r, &item, &value->items[i], items + i * size);
    }
    *to = (struct json_list){items, value->n};
}

static void read_nested(struct reader *r, const struct field *field, const struct json *value,
                        void **to)
{
    void *target = arena_try(r->problems->arena, field->shape->size);
    if (target && read_object(r, field->shape, value, target))
        *to = target;
}

static void read_value(struct reader *r, const struct field *field, const struct json *value,
                       void *to)
{
    switch (field->kind) {
    case FIELD_STR:
    case FIELD_TEXT:
        read_str(r, field, value, to);
        return;
    case FIELD_I64:
        read_i64(r, field, value, to);
        return;
    case FIELD_BOOL:
        read_bool(r, value, to);
        return;
    case FIELD_ENUM:
        read_enum(r, field, value, to);
        return;
    case FIELD_TIME:
        read_time(r, value, to);
        return;
    case FIELD_ID:
        read_id(r, field, value, to);
        return;
    case FIELD_OBJECT:
        read_nested(r, field, value, to);
        return;
    case FIELD_ARRAY:
        read_array(r, field, value, to);
        return;
    case FIELD_MAP:
        read_map(r, field, value, to);
        return;
    case FIELD_JSON:
        *(const struct json **)to = value;
        return;
    case FIELD_CUSTOM:
        field->type->read(field, value, r->problems, to);
        return;
    case FIELD_NONE:
        break;
    }
    CHECK(!"a kind of field that can be read");
}

static void set_absent(const struct field *field, void *to)
{
    if (field->kind == FIELD_I64 || field->kind == FIELD_TIME)
        *(int64_t *)to = field->absent;
    else if (field->kind == FIELD_BOOL)
        *(bool *)to = field->absent != 0;
    else if (field->kind == FIELD_ENUM)
        *(int *)to = (int)field->absent;
}

static void read_absent_text(struct reader *r, const struct field *field, void *to)
{
    struct json text = {.type = JSON_TYPE_STRING, .text = str_of(field->absent_text)};
    size_t before = r->problems->n;
    field->type->read(field, &text, r->problems, to);
    CHECK(r->problems->n == before); // the table holds no faults
}

static void read_field(struct reader *r, const struct field *field, const struct json *object,
                       void *target)
{
    CHECK(field->size == size_of_kind(field, field->kind));
    void *to = (char *)target + field->offset;
    const struct json *value = json_get(object, field->name);
    set_absent(field, to);
    if (value && (value->type != JSON_TYPE_NULL || field->kind == FIELD_JSON || field->required)) {
        read_value(r, field, value, to);
    } else if (field->required) {
        struct str name = str_of(field->name);
        struct str pointer = r->query ? str_printf(r->problems->arena, "?%s", field->name)
                                      : json_pointer_to(r->problems->arena, object, name);
        problem_add(r->problems, pointer, "required", "is missing");
    } else if (field->absent_text) {
        read_absent_text(r, field, to);
    }
}

#define FIELDS_MAX 128

static void refuse_member(struct reader *r, const struct shape *shape, const struct json *member)
{
    struct str known[FIELDS_MAX];
    CHECK(shape->n_fields <= FIELDS_MAX);
    for (size_t i = 0; i < shape->n_fields; i++)
        known[i] = str_of(shape->fields[i].name);
    struct str near = str_nearest(member->key, known, shape->n_fields);
    if (near.p)
        FAULT(r, member, "unknown_field", "is not known here; did you mean \"%.*s\"?",
              STR_FMT(near));
    else
        FAULT(r, member, "unknown_field", "is not known here");
    problem_suggest(r->problems, near);
}

static void refuse_unknown(struct reader *r, const struct shape *shape, const struct json *object)
{
    for (uint32_t m = 0; m < object->n; m++) {
        const struct json *member = &object->items[m];
        size_t i = 0;
        while (i < shape->n_fields && !str_eq(str_of(shape->fields[i].name), member->key))
            i++;
        if (i == shape->n_fields)
            refuse_member(r, shape, member);
    }
}

static bool read_object(struct reader *r, const struct shape *shape, const struct json *value,
                        void *target)
{
    size_t before = r->problems->n;
    if (!expect(r, value, JSON_TYPE_OBJECT))
        return false;
    refuse_unknown(r, shape, value);
    for (size_t i = 0; i < shape->n_fields; i++)
        read_field(r, &shape->fields[i], value, target);
    return r->problems->n == before && !arena_overflowed(r->problems->arena);
}

bool shape_read(const struct shape *shape, const struct json *value, struct problems *problems,
                void *target)
{
    struct reader reader = {.problems = problems};
    return read_object(&reader, shape, value, target);
}

const struct shape *shape_choose(const struct shape *shape, const struct json *value)
{
    if (!shape->one_of)
        return shape;
    size_t i = 0;
    while (shape->one_of[i + 1] && !json_get(value, shape->one_of[i]->fields[0].name))
        i++;
    return shape->one_of[i];
}

bool shape_read_query(const struct shape *shape, const struct text_pair *pairs, size_t n,
                      struct problems *problems, void *target)
{
    struct reader reader = {.problems = problems, .query = true};
    struct json object = {.type = JSON_TYPE_OBJECT};
    size_t before = problems->n;
    object.items = arena_try_array(problems->arena, n ? n : 1, sizeof(struct json));
    if (!object.items)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct json item = {.type = JSON_TYPE_STRING,
                            .key = pairs[i].name,
                            .text = pairs[i].value,
                            .parent = &object};
        if (json_get_str(&object, item.key))
            FAULT(&reader, &item, "given_twice", "must be given once");
        object.items[object.n++] = item;
    }
    bool good = read_object(&reader, shape, &object, target);
    return good && problems->n == before;
}
