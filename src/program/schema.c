// SPDX-License-Identifier: Apache-2.0
// schema.c - the document's JSON Schema, written by the tables that read it.
//
// Layer: program.  Tests: tests/program/schema_test.py
#include "program/document.h"

struct str program_schema(struct arena *arena)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, arena);
    json_init(&out, &buf);
    json_object(&out);
    json_put_c(&out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_put_c(&out, "title", "Habitue programme document");
    json_put_c(&out, "$ref", "#/$defs/document");
    json_put_object(&out, "$defs");
    for (size_t i = 0; document_shapes[i]; i++) {
        json_key(&out, document_shapes[i]->name);
        shape_write_schema(document_shapes[i], "#/$defs/", &out);
    }
    json_end(&out);
    json_end(&out);
    return buf_text(&buf);
}
