// SPDX-License-Identifier: Apache-2.0
// expressions.c - what an expression would be in the tenant's programme.
//
// Layer: flow.  Tests: tests/api/expressions.http
#include "flow/views.h"

enum err flow_expression_check(struct tx *tx, struct arena *arena, int64_t tenant_id,
                               const struct expression_in *in, struct expression_check *ret_check)
{
    const struct program *program;
    enum err e = tx_program(tx, tenant_id, tx->now_us, &program);
    return e ? e : program_check_expression(arena, program, in, ret_check);
}
