// SPDX-License-Identifier: Apache-2.0
// expressions.c - HTTP face of checking an expression while somebody writes it.
//
//   POST /v1/expressions/check   expression_check()
//
// An expression with errors is what an editor asks about most of the time: the answer is 200 and
// says what is wrong.
//
// Layer: api.  Tests: tests/api/expressions.http
#include "api/objects.h"

static const char *const wants[] = {"bool", "int", NULL};

struct expression_body {
    struct str expression;
    struct str on;
    int want;
    bool lines;
};
static const struct field expression_fields[] = {
    FIELD(struct expression_body, expression, TEXT, .required = true, .min = 1, .max = 4096),
    FIELD(struct expression_body, want, ENUM, .required = true, .choices = wants,
          .help = "bool for a condition, int for an amount"),
    FIELD(struct expression_body, on, STR, .min = 1, .max = 64,
          .help = "Type of the event the rule is for; absent: a reward, which no event asks for"),
    FIELD(struct expression_body, lines, BOOL, .help = "It is asked about each line (item)"),
};
const struct shape shape_expression_in =
    SHAPE_LIKE("expression_in", struct expression_body, expression_fields,
               "{\"expression\":\"order.paid >= 2000\",\"want\":\"bool\",\"on\":\"order.paid\"}");

static const struct field diagnostic_fields[] = {
    FIELD_OUT("code", STR, .required = true),
    FIELD_OUT("severity", STR, .required = true, .help = "error or warning"),
    FIELD_OUT("start", I64, .required = true, .min = 0, .max = 4096, .help = "In bytes"),
    FIELD_OUT("end", I64, .required = true, .min = 0, .max = 4096),
    FIELD_OUT("line", I64, .required = true, .min = 1, .max = 4096),
    FIELD_OUT("column", I64, .required = true, .min = 1, .max = 4096, .help = "In characters"),
    FIELD_OUT("message", JSON, .required = true, .help = "en, fr"),
    FIELD_OUT("fix", JSON, .help = "start, end and the text to put there"),
};
static const struct shape shape_diagnostic_out = SHAPE_OUT("diagnostic", diagnostic_fields);
static const struct field check_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("valid", BOOL, .required = true, .help = "Has no errors; may have warnings"),
    FIELD_OUT("type", STR, .help = "Of the result; absent when it cannot be told"),
    FIELD_OUT("canonical", STR, .help = "The expression in the one style"),
    FIELD_OUT("cost", I64, .min = 0, .max = JSON_I64_MAX, .help = "At most, for one evaluation"),
    FIELD_OUT("diagnostics", ARRAY, .required = true, .shape = &shape_diagnostic_out, .max = 32),
    FIELD_OUT("ast", JSON, .help = "The tree, with types and places"),
};
const struct shape shape_expression_out = SHAPE_OUT("expression_check", check_fields);

enum err expression_check(struct request *req)
{
    const struct expression_body *body = req->in;
    struct expression_in in = {.text = body->expression,
                               .want = str_of(wants[body->want]),
                               .on = body->on,
                               .lines = body->lines};
    struct expression_check check;
    enum err e = flow_expression_check(req->tx, req->arena, req->actor.tenant_id, &in, &check);
    if (e)
        return e;
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_c(out, "object", "expression_check");
    json_put_bool(out, "valid", check.valid);
    if (check.type.p) {
        json_put_str(out, "type", check.type);
        json_put_str(out, "canonical", check.canonical);
        json_put_i64(out, "cost", (int64_t)check.cost_max);
    }
    json_key(out, "diagnostics");
    json_raw(out, check.diagnostics);
    if (check.tree.p) {
        json_key(out, "ast");
        json_raw(out, check.tree);
    }
    json_end(out);
    return OK;
}
