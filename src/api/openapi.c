// SPDX-License-Identifier: Apache-2.0
// openapi.c - the API as an OpenAPI 3.1 document.
//
// Layer: api.  Tests: tests/api/openapi_test.py
#include "api/openapi.h"

#include "api/auth.h"
#include "api/route.h"

#include <string.h>

#define REF "#/components/schemas/"
#define SHAPES_MAX 256

struct shapes {
    const struct shape *list[SHAPES_MAX];
    size_t n;
};

// Every shape that is reached from this one, each once.
static void collect(struct shapes *shapes, const struct shape *shape)
{
    if (!shape || shape == &shape_nothing || shape == &shape_anything)
        return;
    for (size_t i = 0; i < shapes->n; i++)
        if (shapes->list[i] == shape)
            return;
    CHECK(shapes->n < SHAPES_MAX);
    shapes->list[shapes->n++] = shape;
    for (size_t i = 0; i < shape->n_fields; i++)
        collect(shapes, shape->fields[i].shape);
    for (size_t i = 0; shape->one_of && shape->one_of[i]; i++)
        collect(shapes, shape->one_of[i]);
}

static void put_schema_of(const struct shape *shape, struct json_out *out, struct arena *arena)
{
    json_key(out, "schema");
    json_object(out);
    if (shape != &shape_anything)
        json_put_str(out, "$ref", str_printf(arena, REF "%s", shape->name));
    json_end(out);
}

static void put_content(const char *media_type, const struct shape *shape, struct json_out *out,
                        struct arena *arena)
{
    json_put_object(out, "content");
    json_put_object(out, media_type);
    put_schema_of(shape, out, arena);
    json_end(out);
    json_end(out);
}

static void put_parameter(const char *in, struct str name, bool required, struct json_out *out)
{
    json_object(out);
    json_put_c(out, "in", in);
    json_put_str(out, "name", name);
    json_put_bool(out, "required", required);
}

static void put_string_schema(struct json_out *out)
{
    json_put_object(out, "schema");
    json_put_c(out, "type", "string");
    json_end(out);
}

static void put_path_parameters(const struct route *route, struct json_out *out)
{
    for (const char *p = strchr(route->path, '{'); p; p = strchr(p + 1, '{')) {
        const char *end = strchr(p, '}');
        CHECK(end);
        put_parameter("path", (struct str){p + 1, (size_t)(end - p - 1)}, true, out);
        put_string_schema(out);
        json_end(out);
    }
}

static void put_parameters(const struct route *route, struct json_out *out)
{
    json_put_array(out, "parameters");
    put_path_parameters(route, out);
    for (size_t i = 0; i < route->query->n_fields; i++) {
        const struct field *field = &route->query->fields[i];
        put_parameter("query", str_of(field->name), field->required, out);
        if (field->help)
            json_put_c(out, "description", field->help);
        json_key(out, "schema");
        struct field plain = *field;
        plain.help = NULL;
        field_write_schema(&plain, REF, out);
        json_end(out);
    }
    if (route->idempotency != IDEMPOTENCY_NONE) {
        put_parameter("header", STR("Idempotency-Key"), route->idempotency == IDEMPOTENCY_REQUIRED,
                      out);
        json_put_c(
            out, "description",
            "1 to 255 printable ASCII characters; a repeat is answered with the first reply");
        put_string_schema(out);
        json_end(out);
    }
    json_end(out);
}

static void put_problem(const char *status, struct json_out *out)
{
    json_put_object(out, status);
    json_put_c(out, "$ref", "#/components/responses/Problem");
    json_end(out);
}

static void put_success(const struct route *route, int status, const char *description,
                        struct json_out *out, struct arena *arena)
{
    json_key_str(out, str_printf(arena, "%d", status));
    json_object(out);
    json_put_c(out, "description", description);
    if (strcmp(route->path, "/metrics") == 0)
        put_content("text/plain", route->out, out, arena);
    else if (route->out != &shape_nothing)
        put_content("application/json", route->out, out, arena);
    json_end(out);
}

// Successes that a route has besides its own.
static const struct {
    const char *name;
    int status;
    const char *why;
} also[] = {{"event_create", 202, "A return that waits for its sale"}};

static void put_responses(const struct route *route, struct json_out *out, struct arena *arena)
{
    json_put_object(out, "responses");
    if (route->status == 201)
        put_success(route, 200, "Was there already, or several were sent at once", out, arena);
    put_success(route, route->status, "Done", out, arena);
    for (size_t i = 0; i < sizeof also / sizeof also[0]; i++)
        if (strcmp(also[i].name, route->name) == 0)
            put_success(route, also[i].status, also[i].why, out, arena);
    put_problem("4XX", out);
    put_problem("5XX", out);
    json_end(out);
}

static void put_security(const struct route *route, struct json_out *out)
{
    json_put_array(out, "security");
    if (route->scope == SCOPE_PUBLIC) {
        json_end(out);
        return;
    }
    uint64_t scope = auth_scope(route->scope);
    static const char *const schemes[] = {"bearer", "basic"};
    for (size_t s = 0; s < 2; s++) {
        json_object(out);
        json_put_array(out, schemes[s]);
        for (unsigned i = 0; i < N_SCOPES; i++)
            if (scope & UINT64_C(1) << i)
                json_str(out, scope_text(i));
        json_end(out);
        json_end(out);
    }
    json_end(out);
}

static void put_operation(const struct route *route, struct json_out *out, struct arena *arena)
{
    char method[8] = {0};
    struct str upper = method_text(route->method);
    for (size_t i = 0; i < upper.n; i++)
        method[i] = (char)(upper.p[i] + ('a' - 'A'));
    json_put_object(out, method);
    json_put_c(out, "operationId", route->name);
    json_put_c(out, "summary", route->summary);
    json_put_array(out, "tags");
    const char *end = strchr(route->name, '_'); // the handler's noun
    json_str(out,
             end ? (struct str){route->name, (size_t)(end - route->name)} : str_of(route->name));
    json_end(out);
    put_security(route, out);
    put_parameters(route, out);
    if (route->body != BODY_NONE) {
        json_put_object(out, "requestBody");
        json_put_bool(out, "required", route->in != &shape_nothing);
        put_content("application/json", route->in == &shape_nothing ? &shape_anything : route->in,
                    out, arena);
        json_end(out);
    }
    put_responses(route, out, arena);
    json_end(out);
}

// All methods of one path must be together, wherever their lines are.
static void put_paths(struct json_out *out, struct arena *arena)
{
    size_t n;
    const struct route *routes = route_table(&n);
    json_put_object(out, "paths");
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (strcmp(routes[first].path, routes[i].path) != 0)
            first++;
        if (first != i)
            continue;
        json_put_object(out, routes[i].path);
        for (size_t j = i; j < n; j++)
            if (strcmp(routes[j].path, routes[i].path) == 0)
                put_operation(&routes[j], out, arena);
        json_end(out);
    }
    json_end(out);
}

static const struct field fault_fields[] = {
    FIELD_OUT("pointer", STR, .required = true,
              .help = "JSON pointer into the body; ?name is a query parameter"),
    FIELD_OUT("code", STR, .required = true),
    FIELD_OUT("detail", STR, .required = true),
    FIELD_OUT("suggestion", STR, .help = "What to write there instead"),
    FIELD_OUT("start", I64, .min = 0, .max = JSON_I64_MAX, .help = "First byte that is meant"),
    FIELD_OUT("end", I64, .min = 1, .max = JSON_I64_MAX, .help = "The byte after the last"),
};
static const struct shape shape_fault = SHAPE_OUT("fault", fault_fields);
static const struct field problem_fields[] = {
    FIELD_OUT("type", STR, .required = true),
    FIELD_OUT("title", STR, .required = true),
    FIELD_OUT("status", I64, .required = true),
    FIELD_OUT("detail", STR),
    FIELD_OUT("instance", STR),
    FIELD_OUT("code", STR, .required = true, .help = "A code of the catalogue of errors"),
    FIELD_OUT("number", I64, .required = true),
    FIELD_OUT("request_id", STR, .required = true),
    FIELD_OUT("errors", ARRAY, .shape = &shape_fault),
};
static const struct shape shape_problem = SHAPE_OUT("problem", problem_fields);

static void put_security_schemes(struct json_out *out)
{
    json_put_object(out, "securitySchemes");
    json_put_object(out, "bearer");
    json_put_c(out, "type", "http");
    json_put_c(out, "scheme", "bearer");
    json_put_c(out, "description", "Authorization: Bearer hb_live_...");
    json_end(out);
    json_put_object(out, "basic");
    json_put_c(out, "type", "http");
    json_put_c(out, "scheme", "basic");
    json_put_c(out, "description", "The key as user name, without a password");
    json_end(out);
    json_end(out);
}

static void put_components(struct json_out *out, struct arena *arena)
{
    size_t n;
    const struct route *routes = route_table(&n);
    struct shapes shapes = {0};
    collect(&shapes, &shape_problem);
    for (size_t i = 0; i < n; i++) {
        collect(&shapes, routes[i].in);
        collect(&shapes, routes[i].out);
    }
    json_put_object(out, "components");
    json_put_object(out, "schemas");
    for (size_t i = 0; i < shapes.n; i++) {
        json_key(out, shapes.list[i]->name);
        shape_write_schema(shapes.list[i], REF, out);
    }
    json_end(out);
    json_put_object(out, "responses");
    json_put_object(out, "Problem");
    json_put_c(out, "description", "Why not");
    put_content("application/problem+json", &shape_problem, out, arena);
    json_end(out);
    json_end(out);
    put_security_schemes(out);
    json_end(out);
}

void openapi_write(struct json_out *out, const char *version, struct arena *arena)
{
    json_object(out);
    json_put_c(out, "openapi", "3.1.0");
    json_put_object(out, "info");
    json_put_c(out, "title", "Habitue");
    json_put_c(out, "version", version);
    json_put_c(out, "description", "A loyalty platform: members, events, points, rewards.");
    json_put_object(out, "license");
    json_put_c(out, "name", "Apache-2.0");
    json_put_c(out, "identifier", "Apache-2.0");
    json_end(out);
    json_end(out);
    json_put_array(out, "servers");
    json_object(out);
    json_put_c(out, "url", "/");
    json_end(out);
    json_end(out);
    put_paths(out, arena);
    put_components(out, arena);
    json_end(out);
}
