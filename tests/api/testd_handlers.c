// SPDX-License-Identifier: Apache-2.0
// testd_handlers.c - handlers that exist to test the router (tests/api/catalog/routes.def).
#include "api/cursor.h"
#include "api/handlers.h"
#include "standin.h"

#include <stdio.h>
#include <unistd.h>

// ---- notes

struct note_in {
    struct str text;
    int64_t count;
};
static const struct field note_in_fields[] = {
    FIELD(struct note_in, text, STR, .required = true, .min = 1, .max = 60, .help = "What it says"),
    FIELD(struct note_in, count, I64, .min = 0, .max = 1000, .absent = 1),
};
const struct shape shape_note_in = SHAPE("note_in", struct note_in, note_in_fields);

static const struct field note_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", I64, .required = true),
    FIELD_OUT("text", STR, .required = true),
    FIELD_OUT("count", I64, .required = true),
};
const struct shape shape_note_out = SHAPE_OUT("note", note_out_fields);

static const struct field list_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_note_out),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", JSON, .required = true),
};
const struct shape shape_note_list_out = SHAPE_OUT("note_list", list_out_fields);

struct note_query {
    int64_t limit;
    struct str cursor;
};
static const struct field query_fields[] = {
    FIELD(struct note_query, limit, I64, .min = 1, .max = 100, .absent = 20),
    FIELD(struct note_query, cursor, STR, .max = 200),
};
const struct shape shape_note_query = SHAPE("note_query", struct note_query, query_fields);

static void write_note(struct json_out *out, int i)
{
    json_object(out);
    json_put_c(out, "object", "note");
    json_put_i64(out, "id", i);
    json_put_c(out, "text", notes[i].text);
    json_put_i64(out, "count", notes[i].count);
    json_end(out);
}

static int add_note(struct str text, int64_t count)
{
    CHECK(n_notes < NOTES_MAX);
    snprintf(notes[n_notes].text, sizeof notes[0].text, "%.*s", STR_FMT(text));
    notes[n_notes].count = count;
    notes[n_notes].gone = false;
    return n_notes++;
}

enum err note_create(struct request *req)
{
    const struct note_in *in = req->in;
    int i = add_note(in->text, in->count);
    reply_header(req, "Location", str_printf(req->arena, "/v1/notes/%d", i));
    write_note(reply_json(req, 201), i);
    return OK;
}

static enum err find_note(struct request *req, int *ret_i)
{
    int64_t i;
    if (!str_to_i64(req->path_arg[0], &i) || i < 0 || i >= n_notes || notes[i].gone)
        return ERR_NOT_FOUND;
    *ret_i = (int)i;
    return OK;
}

enum err note_get(struct request *req)
{
    int i;
    enum err e = find_note(req, &i);
    if (e)
        return e;
    reply_etag(req, notes[i].count);
    write_note(reply_json(req, 200), i);
    return OK;
}

enum err note_delete(struct request *req)
{
    int i;
    enum err e = find_note(req, &i);
    if (e)
        return e;
    e = request_if_match(req, notes[i].count);
    if (e)
        return e;
    notes[i].gone = true;
    reply_empty(req);
    return OK;
}

enum err note_list(struct request *req)
{
    const struct note_query *query = req->query;
    int64_t from = 0;
    if (query->cursor.p) {
        enum err e = cursor_decode(req, query->cursor, &from, sizeof from);
        if (e)
            return e;
    }
    struct json_out *out = reply_list(req);
    int64_t i = from;
    for (; i < n_notes && i < from + query->limit; i++)
        write_note(out, (int)i);
    reply_list_end(req, i < n_notes ? cursor_encode(req, &i, sizeof i) : STR_NONE);
    return OK;
}

// ---- odd ones

const struct shape shape_empty_out = {.name = "empty"};

enum err empty_post(struct request *req)
{
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_end(out);
    return OK;
}

static int64_t count_values(const struct json *value)
{
    int64_t n = 1;
    for (uint32_t i = 0; value->items && i < value->n; i++)
        n += count_values(&value->items[i]);
    return n;
}

enum err bulk_post(struct request *req)
{
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_i64(out, "values", count_values(req->json));
    json_end(out);
    return OK;
}

struct notes_in {
    struct json_list notes;
};
static const struct field notes_in_fields[] = {
    FIELD(struct notes_in, notes, ARRAY, .required = true, .shape = &shape_note_in, .min = 1,
          .max = 10),
};
static const struct shape shape_notes_in = SHAPE("notes_in", struct notes_in, notes_in_fields);
static const struct shape *const either[] = {&shape_notes_in, &shape_note_in, NULL};
const struct shape shape_either_in = {.name = "either_in", .one_of = either};

enum err either_post(struct request *req)
{
    int64_t n = 1;
    if (req->in_shape == &shape_notes_in)
        n = (int64_t)((const struct notes_in *)req->in)->notes.n;
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_i64(out, "notes", n);
    json_end(out);
    return OK;
}

enum err poor_post(struct request *req)
{
    add_note(STR("must not stay"), 0);
    problem_detail(req, "It takes %d and there are %d", 500, 120);
    problem_number(req, "required", 500);
    problem_number(req, "available", 120);
    problem_text(req, "currency", STR("points"));
    return ERR_INSUFFICIENT_BALANCE;
}

enum err fault_post(struct request *req)
{
    static int calls; // on the writer thread only
    problem_detail(req, "secret of the inside");
    return ++calls % 3 == 0 ? empty_post(req) : ERR_STORE_BUSY;
}

enum err greedy_post(struct request *req)
{
    struct json_out *out = reply_json(req, 200);
    json_array(out);
    for (int i = 0; i < 4000000; i++)
        json_i64(out, i);
    json_end(out);
    return OK;
}

struct sleep_in {
    int64_t ms;
};
static const struct field sleep_fields[] = {
    FIELD(struct sleep_in, ms, I64, .required = true, .min = 0, .max = 5000),
};
const struct shape shape_sleep_in = SHAPE("sleep_in", struct sleep_in, sleep_fields);

enum err sleep_post(struct request *req)
{
    usleep((useconds_t)((const struct sleep_in *)req->in)->ms * 1000);
    return empty_post(req);
}

enum err rare_get(struct request *req)
{
    return empty_post(req);
}

enum err big_get(struct request *req)
{
    struct json_out *out = reply_json(req, 200);
    json_array(out);
    for (int i = 0; i < 1024; i++)
        json_str(out, str_printf(req->arena, "%01020d", i));
    json_end(out);
    return OK;
}

enum err keys_revoke(struct request *req)
{
    int64_t tenant_id;
    if (!str_to_i64(req->path_arg[0], &tenant_id))
        return ERR_NOT_FOUND;
    standin_revoke_keys_of(tenant_id);
    reply_empty(req);
    return OK;
}
