// SPDX-License-Identifier: Apache-2.0
// versions.c - programmes: what a document would change, and making it the one that counts.
//
// Layer: flow.  Tests: tests/flow/versions_test.c, tests/api/programs.http
#include "base/hash.h"
#include "flow/flow.h"
#include "store/members.h"
#include "store/store.h"

#include <string.h>

static enum err latest_document(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                struct program_row *ret_row)
{
    enum err e = store_program_get_latest(tx->db, tenant_id, arena, ret_row);
    if (e == ERR_NOT_FOUND) {
        *ret_row = (struct program_row){0};
        return OK;
    }
    return e;
}

static void add_problem(struct arena *arena, struct program_problems *problems, struct str pointer,
                        const char *code, struct str detail)
{
    struct program_problem *grown = arena_try_array(arena, problems->n + 1, sizeof *grown);
    if (!grown)
        return;
    if (problems->n)
        memcpy(grown, problems->list, problems->n * sizeof *grown);
    grown[problems->n] =
        (struct program_problem){.pointer = pointer, .code = str_of(code), .detail = detail};
    problems->list = grown;
    problems->n++;
    problems->n_errors++;
}

static void check_currency(struct arena *arena, const struct program_currency *before,
                           const struct program *after, struct program_problems *problems)
{
    int index = program_currency_index(after, before->id);
    if (index < 0)
        add_problem(arena, problems, STR("/currencies"), "currency_removed",
                    str_printf(arena,
                               "The currency '%.*s' cannot be removed: members may own units of "
                               "it.",
                               STR_FMT(before->id)));
    else if (after->currencies[index].scale != before->scale)
        add_problem(arena, problems, str_printf(arena, "/currencies/%d/scale", index),
                    "scale_changed",
                    str_printf(arena,
                               "The scale of '%.*s' cannot change: it would change what members "
                               "own.",
                               STR_FMT(before->id)));
}

// What members own must keep its meaning from one version to the next.
static enum err check_successor(struct arena *arena, struct str before, const struct program *after,
                                struct program_problems *problems)
{
    struct program_problems ignored;
    struct program *earlier;
    enum err e = program_compile(arena, before, &ignored, &earlier);
    if (e)
        return e == ERR_PROGRAM_INVALID ? ERR_STORE_CORRUPT : e;
    for (size_t i = 0; i < earlier->n_currencies; i++)
        check_currency(arena, &earlier->currencies[i], after, problems);
    if (!str_eq(str_of(earlier->money->code), str_of(after->money->code)))
        add_problem(arena, problems, STR("/money"), "money_changed",
                    STR("The money of a programme cannot change."));
    program_unref(earlier);
    return problems->n_errors ? ERR_PROGRAM_INVALID : OK;
}

// Until the first member joins nobody owns anything: everything may change.
static enum err has_members(struct tx *tx, struct arena *arena, int64_t tenant_id, bool *ret_has)
{
    struct member_row *rows;
    size_t n;
    enum err e = store_member_list(tx->db, tenant_id, ID_NIL, 1, arena, &rows, &n);
    if (!e)
        *ret_has = n > 0;
    return e;
}

static enum err compile(struct tx *tx, struct arena *arena, int64_t tenant_id, struct str document,
                        const struct program_row *latest, struct program_problems *problems)
{
    bool owned = false;
    struct program *program;
    enum err e = program_compile(arena, document, problems, &program);
    if (e)
        return e;
    if (latest->version)
        e = has_members(tx, arena, tenant_id, &owned);
    if (!e && owned)
        e = check_successor(arena, latest->document, program, problems);
    program_unref(program);
    return e;
}

enum err flow_plan(struct tx *tx, struct arena *arena, int64_t tenant_id, struct str document,
                   struct plan_view *ret_plan)
{
    struct program_row latest;
    enum err e = latest_document(tx, arena, tenant_id, &latest);
    if (e)
        return e;
    struct plan_view plan = {.current_version = latest.version};
    e = compile(tx, arena, tenant_id, document, &latest, &plan.problems);
    struct program_change *changes = NULL;
    if (!e)
        e = program_diff(arena, latest.document, document, &changes, &plan.n_changes);
    plan.changes = changes;
    if (!e || e == ERR_PROGRAM_INVALID)
        *ret_plan = plan;
    return e;
}

static void view_of(const struct program_row *row, struct version_view *ret_version)
{
    *ret_version = (struct version_view){.version = row->version,
                                         .document = row->document,
                                         .author = row->author,
                                         .note = row->note,
                                         .valid_from_us = row->valid_from_us,
                                         .recorded_us = row->recorded_us,
                                         .sha256 = row->sha256};
}

static enum err append_audit(struct tx *tx, struct arena *arena, struct caller by, int64_t version)
{
    struct audit_row row = {.at_us = tx->now_us,
                            .actor_id = by.actor_id,
                            .action = STR("program.applied"),
                            .detail = str_printf(arena, "{\"version\":%lld}", (long long)version)};
    return tx_wrote(tx, store_audit_append(tx->db, by.tenant_id, &row, arena));
}

enum err flow_apply(struct tx *tx, struct arena *arena, struct caller by, const struct apply_in *in,
                    struct program_problems *ret_problems, struct version_view *ret_version)
{
    struct program_row latest;
    enum err e = latest_document(tx, arena, by.tenant_id, &latest);
    if (!e)
        e = compile(tx, arena, by.tenant_id, in->document, &latest, ret_problems);
    if (e)
        return e;
    if (str_eq(in->document, latest.document)) {
        view_of(&latest, ret_version);
        return OK;
    }
    struct program_row row = {.version = latest.version + 1,
                              .document = in->document,
                              .sha256 = hash_sha256(in->document.p, in->document.n),
                              .author = in->author,
                              .note = in->note,
                              .valid_from_us = tx->now_us,
                              .recorded_us = tx->now_us};
    e = store_program_insert(tx->db, by.tenant_id, &row);
    e = tx_wrote(tx, e == ERR_ALREADY_EXISTS ? ERR_STORE_CONFLICT : e);
    if (!e)
        e = append_audit(tx, arena, by, row.version);
    if (e)
        return e;
    tx_program_changed(tx, by.tenant_id);
    view_of(&row, ret_version);
    return OK;
}

enum err flow_version_get(struct tx *tx, struct arena *arena, int64_t tenant_id, int64_t version,
                          struct version_view *ret_version)
{
    struct program_row row;
    enum err e = version ? store_program_get(tx->db, tenant_id, version, arena, &row)
                         : store_program_get_latest(tx->db, tenant_id, arena, &row);
    if (e)
        return e;
    view_of(&row, ret_version);
    return OK;
}

enum err flow_version_list(struct tx *tx, struct arena *arena, int64_t tenant_id, int64_t before,
                           int limit, struct version_view **ret_versions, size_t *ret_n)
{
    struct program_row *rows;
    size_t n;
    enum err e =
        store_program_list(tx->db, tenant_id, before ? before : INT64_MAX, limit, arena, &rows, &n);
    if (e)
        return e;
    struct version_view *versions = arena_try_array(arena, n, sizeof *versions);
    if (!versions)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        view_of(&rows[i], &versions[i]);
    *ret_versions = versions;
    *ret_n = n;
    return OK;
}
