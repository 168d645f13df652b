// SPDX-License-Identifier: Apache-2.0
// json.c - how the words of the domain look as JSON, wherever they are written.
//
// Layer: flow.  Tests: tests/flow/json_test.c
#include "flow/json.h"

#include "base/civil.h"

void json_put_time(struct json_out *out, const char *key, int64_t us)
{
    char text[CIVIL_TEXT_ROOM];
    if (us == 0 || us == NEVER_US)
        json_put_null(out, key);
    else
        json_put_str(out, key, civil_format_us(us, text));
}

void json_balances(struct json_out *out, const struct program *program,
                   const struct wallet *wallets)
{
    json_object(out);
    for (size_t i = 0; i < program->n_currencies; i++) {
        json_key_str(out, program->currencies[i].id);
        json_object(out);
        json_put_i64(out, "available", wallets[i].available - wallets[i].debt);
        json_put_i64(out, "pending", wallets[i].pending);
        json_put_i64(out, "held", wallets[i].held);
        json_end(out);
    }
    json_end(out);
}

void json_put_bilingual(struct json_out *out, const char *key, struct bilingual text)
{
    json_put_object(out, key);
    json_put_str(out, "en", text.en);
    json_put_str(out, "fr", text.fr);
    json_end(out);
}
