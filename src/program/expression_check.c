// SPDX-License-Identifier: Apache-2.0
// expression_check.c - one expression by itself, as an editor asks about it while it is written.
//
// Layer: program.  Tests: tests/program/expression_test.c, tests/api/expressions.http
#include "cel/cel.h"
#include "program/expression.h"

#include <string.h>

struct sight_check {
    enum expression_sight sight;
    const struct expression_refusal *refusal;
};

static void check_path(void *ctx, struct str path)
{
    struct sight_check *check = ctx;
    if (!check->refusal)
        check->refusal = expression_refusal(path, check->sight);
}

// The error stands first: it is about the whole text, and diagnostics are in order of their place.
static void refuse(struct cel_diags *diags, struct str text,
                   const struct expression_refusal *refusal)
{
    diags->n -= diags->n == CEL_DIAGS_MAX; // the last warning makes room
    memmove(diags->list + 1, diags->list, diags->n * sizeof diags->list[0]);
    diags->list[0] = (struct cel_diag){.severity = CEL_ERROR_DIAG,
                                       .code = "not-here",
                                       .end = (uint32_t)text.n,
                                       .line = 1,
                                       .column = 1,
                                       .message = refusal->en,
                                       .message_fr = refusal->fr};
    diags->n++;
    diags->n_errors++;
}

static enum expression_sight sight_of(const struct expression_in *in)
{
    if (!in->on.n)
        return SEES_MEMBER;
    if (!rule_event_has_order(in->on))
        return SEES_EVENT;
    return in->lines ? SEES_ITEM : SEES_ORDER;
}

static struct str text_of(const struct cel_prog *prog, struct arena *arena,
                          void (*write)(const struct cel_prog *prog, struct buf *out))
{
    struct buf buf;
    buf_init(&buf, arena);
    write(prog, &buf);
    return buf_text(&buf);
}

enum err program_check_expression(struct arena *arena, const struct program *program,
                                  const struct expression_in *in,
                                  struct expression_check *ret_check)
{
    struct cel_diags *diags = ARENA_NEW(arena, struct cel_diags);
    struct sight_check sight = {.sight = sight_of(in)};
    struct expression_check check = {0};
    cel_diags_init(diags, arena);
    const struct cel_prog *prog =
        cel_compile(program->cel, arena, in->text, str_c(arena, in->want), diags);
    if (prog)
        cel_refs(prog, check_path, &sight);
    if (sight.refusal)
        refuse(diags, in->text, sight.refusal);
    if (prog) {
        check.type = str_of(cel_result_type(prog));
        check.cost_max = cel_cost_max(prog);
        check.canonical = text_of(prog, arena, cel_print);
        check.tree = text_of(prog, arena, cel_to_json);
    }
    struct buf buf;
    buf_init(&buf, arena);
    cel_diags_json(diags, &buf);
    check.diagnostics = buf_text(&buf);
    check.valid = diags->n_errors == 0;
    if (arena_overflowed(arena))
        return ERR_MEMORY;
    *ret_check = check;
    return OK;
}
