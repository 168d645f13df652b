// SPDX-License-Identifier: Apache-2.0
// json_out.c - writing JSON, commas and escapes included.
//
// Layer: base.  Tests: tests/base/json_out_test.c
#include "base/json_out.h"

void json_init(struct json_out *out, struct buf *buf)
{
    *out = (struct json_out){.buf = buf};
}

static void before_value(struct json_out *out)
{
    if (out->after_key) {
        out->after_key = false;
        return;
    }
    if (out->depth == 0)
        return;
    CHECK(out->closing[out->depth - 1] == ']'); // a value in an object needs a key
    if (out->has_items[out->depth - 1])
        buf_char(out->buf, ',');
    out->has_items[out->depth - 1] = true;
}

static void open(struct json_out *out, char opening, char closing)
{
    before_value(out);
    CHECK(out->depth < JSON_DEPTH); // J1
    buf_char(out->buf, opening);
    out->closing[out->depth] = closing;
    out->has_items[out->depth] = false;
    out->depth++;
}

void json_object(struct json_out *out)
{
    open(out, '{', '}');
}

void json_array(struct json_out *out)
{
    open(out, '[', ']');
}

void json_end(struct json_out *out)
{
    CHECK(out->depth > 0 && !out->after_key);
    out->depth--;
    buf_char(out->buf, out->closing[out->depth]);
}

static void escape(struct buf *buf, unsigned char c)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof short_forms; i += 2) {
        if ((unsigned char)short_forms[i] == c) {
            buf_char(buf, '\\');
            buf_char(buf, short_forms[i + 1]);
            return;
        }
    }
    buf_str(buf, STR("\\u00"));
    buf_hex(buf, &c, 1);
}

static void quoted(struct buf *buf, struct str s)
{
    buf_char(buf, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(buf, s.p + from, i - from);
        escape(buf, c);
        from = i + 1;
    }
    if (from < s.n)
        buf_put(buf, s.p + from, s.n - from);
    buf_char(buf, '"');
}

void json_key_str(struct json_out *out, struct str key)
{
    CHECK(out->depth > 0 && !out->after_key && out->closing[out->depth - 1] == '}');
    if (out->has_items[out->depth - 1])
        buf_char(out->buf, ',');
    out->has_items[out->depth - 1] = true;
    quoted(out->buf, key);
    buf_char(out->buf, ':');
    out->after_key = true;
}

void json_key(struct json_out *out, const char *key)
{
    json_key_str(out, str_of(key));
}

void json_str(struct json_out *out, struct str value)
{
    before_value(out);
    quoted(out->buf, value);
}

void json_i64(struct json_out *out, int64_t value)
{
    before_value(out);
    buf_i64(out->buf, value);
}

void json_bool(struct json_out *out, bool value)
{
    before_value(out);
    buf_str(out->buf, value ? STR("true") : STR("false"));
}

void json_null(struct json_out *out)
{
    before_value(out);
    buf_str(out->buf, STR("null"));
}

void json_raw(struct json_out *out, struct str json)
{
    before_value(out);
    buf_str(out->buf, json);
}

void json_put_str(struct json_out *out, const char *key, struct str value)
{
    json_key(out, key);
    json_str(out, value);
}

void json_put_c(struct json_out *out, const char *key, const char *value)
{
    json_put_str(out, key, str_of(value));
}

void json_put_i64(struct json_out *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_i64(out, value);
}

void json_put_bool(struct json_out *out, const char *key, bool value)
{
    json_key(out, key);
    json_bool(out, value);
}

void json_put_null(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_null(out);
}

void json_put_object(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_object(out);
}

void json_put_array(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_array(out);
}
