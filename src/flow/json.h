// SPDX-License-Identifier: Apache-2.0
// json.h - how the words of the domain look as JSON, wherever they are written.
//
// Layer: flow.  Tests: tests/flow/json_test.c
#pragma once

#include "base/json_out.h"
#include "engine/state.h"
#include "program/program.h"

// RFC 3339 in UTC with milliseconds; null for 0 and NEVER_US.
void json_put_time(struct json_out *out, const char *key, int64_t us);
// {"points":{"available":90,"pending":0,"held":0}}; available is what may be spent less what is
// owed.
void json_balances(struct json_out *out, const struct program *program,
                   const struct wallet *wallets);
// {"en":...,"fr":...}
void json_put_bilingual(struct json_out *out, const char *key, struct bilingual text);
