// SPDX-License-Identifier: Apache-2.0
// shape_schema.c - a shape as JSON Schema 2020-12, for /openapi.json and for editors.
//
// Layer: base.  Tests: tests/base/shape_test.c
#include "base/shape.h"

static void put_limits(struct json_out *out, const char *least, const char *most, int64_t min,
                       int64_t max)
{
    if (max == 0 && min == 0)
        return;                      // only described, without limits
    if (min != 0 || least[0] == 'm') // "minimum": 0 says something, "minLength": 0 does not
        json_put_i64(out, least, min);
    json_put_i64(out, most, max);
}

// Nullable: a member of a reply that need not be there may be null as well.
static void put_type(const char *type, bool nullable, struct json_out *out)
{
    if (!nullable) {
        json_put_c(out, "type", type);
        return;
    }
    json_put_array(out, "type");
    json_str(out, str_of(type));
    json_str(out, STR("null"));
    json_end(out);
}

static void put_choices(const struct field *field, bool nullable, struct json_out *out)
{
    put_type("string", nullable, out);
    json_put_array(out, "enum");
    for (size_t i = 0; field->choices && field->choices[i]; i++)
        json_str(out, str_of(field->choices[i]));
    if (nullable)
        json_null(out);
    json_end(out);
}

static void put_ref(const struct shape *shape, const char *ref_prefix, struct json_out *out)
{
    json_key(out, "$ref");
    struct buf text;
    buf_init(&text, out->buf->arena);
    buf_printf(&text, "%s%s", ref_prefix, shape->name);
    json_str(out, buf_text(&text));
}

static void put_object(const struct field *field, const char *ref_prefix, bool nullable,
                       struct json_out *out)
{
    if (!nullable) {
        put_ref(field->shape, ref_prefix, out);
        return;
    }
    json_put_array(out, "anyOf");
    json_object(out);
    put_ref(field->shape, ref_prefix, out);
    json_end(out);
    json_object(out);
    json_put_c(out, "type", "null");
    json_end(out);
    json_end(out);
}

static void put_id(const struct field *field, bool nullable, struct json_out *out)
{
    struct buf pattern;
    buf_init(&pattern, out->buf->arena);
    buf_printf(&pattern, "^%s_[0-7][0-9a-hjkmnp-tv-z]{25}$", field->prefix);
    put_type("string", nullable, out);
    json_put_str(out, "pattern", buf_text(&pattern));
}

static void put_map(const struct field *field, bool nullable, struct json_out *out)
{
    static const char *const types[] = {"string", "integer", "boolean", "null"};
    put_type("object", nullable, out);
    if (field->max)
        json_put_i64(out, "maxProperties", field->max);
    json_put_object(out, "additionalProperties");
    json_put_array(out, "type");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        json_str(out, str_of(types[i]));
    json_end(out);
    json_end(out);
}

static void put_kind(const struct field *field, const char *ref_prefix, bool nullable,
                     struct json_out *out);

static void put_array(const struct field *field, const char *ref_prefix, bool nullable,
                      struct json_out *out)
{
    struct field item = *field;
    item.kind = field->shape ? FIELD_OBJECT : field->type ? FIELD_CUSTOM : field->items;
    item.min = field->item_min;
    item.max = field->item_max;
    put_type("array", nullable, out);
    put_limits(out, "minItems", "maxItems", field->min, field->max);
    json_put_object(out, "items");
    put_kind(&item, ref_prefix, false, out);
    json_end(out);
}

static void put_plain(const struct field *field, bool nullable, struct json_out *out)
{
    if (field->kind == FIELD_I64) {
        put_type("integer", nullable, out);
        put_limits(out, "minimum", "maximum", field->min, field->max);
    } else if (field->kind == FIELD_BOOL) {
        put_type("boolean", nullable, out);
    } else if (field->kind == FIELD_TIME) {
        put_type("string", nullable, out);
        json_put_c(out, "format", "date-time");
    } else {
        put_type("string", nullable, out);
        put_limits(out, "minLength", "maxLength", field->min, field->max);
    }
}

static void put_kind(const struct field *field, const char *ref_prefix, bool nullable,
                     struct json_out *out)
{
    switch (field->kind) {
    case FIELD_STR:
    case FIELD_TEXT:
    case FIELD_I64:
    case FIELD_BOOL:
    case FIELD_TIME:
        put_plain(field, nullable, out);
        return;
    case FIELD_ENUM:
        put_choices(field, nullable, out);
        return;
    case FIELD_ID:
        put_id(field, nullable, out);
        return;
    case FIELD_OBJECT:
        put_object(field, ref_prefix, nullable, out);
        return;
    case FIELD_ARRAY:
        put_array(field, ref_prefix, nullable, out);
        return;
    case FIELD_MAP:
        put_map(field, nullable, out);
        return;
    case FIELD_CUSTOM:
        field->type->schema(out);
        return;
    case FIELD_JSON:
    case FIELD_NONE: // an array of anything
        return;
    }
    CHECK(!"a kind of field");
}

// What an absent field means; a field that is only described (no size) has no default.
static void put_default(const struct field *field, struct json_out *out)
{
    if (field->required)
        return;
    if (field->absent_text)
        json_put_c(out, "default", field->absent_text);
    else if (field->kind == FIELD_ENUM && field->size && field->absent >= 0)
        json_put_c(out, "default", field->choices[field->absent]);
    else if (field->kind == FIELD_BOOL && field->size)
        json_put_bool(out, "default", field->absent != 0);
    else if (field->kind == FIELD_I64 && field->absent)
        json_put_i64(out, "default", field->absent);
}

static void put_field(const struct field *field, const char *ref_prefix, bool nullable,
                      struct json_out *out)
{
    json_object(out);
    if (field->help)
        json_put_c(out, "description", field->help);
    put_kind(field, ref_prefix, nullable, out);
    put_default(field, out);
    json_end(out);
}

void field_write_schema(const struct field *field, const char *ref_prefix, struct json_out *out)
{
    put_field(field, ref_prefix, false, out);
}

static void put_one_of(const struct shape *shape, const char *ref_prefix, struct json_out *out)
{
    json_put_array(out, "oneOf");
    for (size_t i = 0; shape->one_of[i]; i++) {
        json_object(out);
        put_ref(shape->one_of[i], ref_prefix, out);
        json_end(out);
    }
    json_end(out);
}

// A shape that is only described says what we send: a client must bear members that come later.
static void put_fields(const struct shape *shape, const char *ref_prefix, struct json_out *out)
{
    bool some_required = false;
    json_put_c(out, "type", "object");
    json_put_object(out, "properties");
    for (size_t i = 0; i < shape->n_fields; i++) {
        some_required |= shape->fields[i].required;
        json_key(out, shape->fields[i].name);
        put_field(&shape->fields[i], ref_prefix, !shape->size && !shape->fields[i].required, out);
    }
    json_end(out);
    if (some_required) {
        json_put_array(out, "required");
        for (size_t i = 0; i < shape->n_fields; i++)
            if (shape->fields[i].required)
                json_str(out, str_of(shape->fields[i].name));
        json_end(out);
    }
    if (shape->size)
        json_put_bool(out, "additionalProperties", false);
}

void shape_write_schema(const struct shape *shape, const char *ref_prefix, struct json_out *out)
{
    json_object(out);
    if (shape->help)
        json_put_c(out, "description", shape->help);
    if (shape->one_of)
        put_one_of(shape, ref_prefix, out);
    else if (shape->n_fields)
        put_fields(shape, ref_prefix, out);
    if (shape->example) {
        json_put_array(out, "examples");
        json_raw(out, str_of(shape->example));
        json_end(out);
    }
    json_end(out);
}
