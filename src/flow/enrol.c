// SPDX-License-Identifier: Apache-2.0
// enrol.c - joining, and changing what is known of a member.
//
// Layer: flow.  Tests: tests/flow/enrol_test.c, tests/api/members.http
#include "store/members.h"
#include "store/store.h"

#include "flow/ingest.h"
#include "flow/members.h"

static struct str or_empty(struct str object)
{
    return object.p ? object : STR("{}");
}

static struct member_ref ref_of(const struct member_in *in)
{
    return (struct member_ref){.external_id = in->external_id,
                               .email = in->email,
                               .phone = in->phone,
                               .card = in->card};
}

// Who has the identifiers: nobody (nil), one member with all of them, or ERR_IDENTIFIER_TAKEN.
static enum err find_owner(struct tx *tx, struct arena *arena, int64_t tenant_id,
                           const struct identifier_given *given, size_t n, struct id *ret_owner)
{
    struct id owner = ID_NIL;
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        struct id found;
        enum err e = store_identifier_get(tx->db, tenant_id, str_of(given[i].kind), given[i].value,
                                          arena, &found);
        if (e == ERR_NOT_FOUND)
            continue;
        if (e)
            return e;
        if (n_found && !id_eq(found, owner))
            return ERR_IDENTIFIER_TAKEN;
        owner = found;
        n_found++;
    }
    if (n_found && n_found != n)
        return ERR_IDENTIFIER_TAKEN;
    *ret_owner = owner;
    return OK;
}

// A process that enrols the same person may commit between two of our looks: then the second pass
// sees all of it.
static enum err find_owner_twice(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                 const struct identifier_given *given, size_t n,
                                 struct id *ret_owner)
{
    enum err e = find_owner(tx, arena, tenant_id, given, n, ret_owner);

    return e == ERR_IDENTIFIER_TAKEN ? find_owner(tx, arena, tenant_id, given, n, ret_owner) : e;
}

static enum err answer_existing(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                struct id member_id, const struct member_in *in,
                                struct member_view *ret_member)
{
    struct member_view view;
    enum err e = member_view_get(tx, arena, tenant_id, member_id, &view);
    if (e)
        return e;
    bool differs = (in->name.p && !str_eq(in->name, view.name)) ||
                   (in->attributes.p && !str_eq(in->attributes, view.attributes)) ||
                   (in->metadata.p && !str_eq(in->metadata, view.metadata));
    if (differs)
        return ERR_ALREADY_EXISTS;
    *ret_member = view;
    return OK;
}

static enum err append_audit(struct tx *tx, struct arena *arena, struct caller by,
                             struct id member_id, struct str action)
{
    struct audit_row row = {.subject_id = member_id,
                            .at_us = tx->now_us,
                            .actor_id = by.actor_id,
                            .action = action,
                            .detail = STR("{}")};
    return tx_wrote(tx, store_audit_append(tx->db, by.tenant_id, &row, arena));
}

static enum err insert_member(struct tx *tx, struct arena *arena, struct caller by,
                              const struct member_in *in, const struct member_new *new)
{
    const struct program *program;
    enum err e = tx_program(tx, by.tenant_id, tx->now_us, &program);
    if (e)
        return e;
    e = member_insert(tx, by.tenant_id, new);
    if (!e)
        e = append_audit(tx, arena, by, new->id, STR("member.enrolled"));
    struct tx_member *member;
    if (!e)
        e = tx_member_new(tx, by.tenant_id, new->id, program, new->enrolled_us, &member);
    if (!e)
        e = ingest_welcome(tx, arena, by, program, member, new->enrolled_us);
    return e;
}

enum err flow_enrol(struct tx *tx, struct arena *arena, struct caller by,
                    const struct member_in *in, struct problems *problems,
                    struct member_view *ret_member, bool *ret_created)
{
    struct member_ref ref = ref_of(in);
    struct identifier_given given[IDENTIFIER_KINDS];
    size_t before = problems->n;
    size_t n = identifiers_of_ref(arena, &ref, STR(""), problems, given);
    if (problems->n != before)
        return ERR_INPUT_INVALID;
    if (in->enrolled_us > tx->now_us + FUTURE_US) {
        problem_add(problems, STR("/enrolled_at"), "range", "This lies in the future.");
        return ERR_INPUT_INVALID;
    }
    struct id owner;
    enum err e = find_owner_twice(tx, arena, by.tenant_id, given, n, &owner);
    if (e)
        return e;
    if (!id_is_nil(owner)) {
        *ret_created = false;
        return answer_existing(tx, arena, by.tenant_id, owner, in, ret_member);
    }
    struct person_row person = {.name = in->name,
                                .attributes = or_empty(in->attributes),
                                .metadata = or_empty(in->metadata)};
    struct member_new new = {.id = id_next(tx->ids),
                             .enrolled_us =
                                 in->enrolled_us == WHEN_NOW ? tx->now_us : in->enrolled_us,
                             .given = given,
                             .n_given = n,
                             .person = &person};
    e = insert_member(tx, arena, by, in, &new);
    if (e)
        return e;
    *ret_created = true;
    return member_view_get(tx, arena, by.tenant_id, new.id, ret_member);
}

enum err flow_member_find(struct tx *tx, struct arena *arena, int64_t tenant_id,
                          const struct member_ref *ref, struct member_view *ret_member)
{
    struct problems problems;
    problems_init(&problems, arena);
    struct id member_id;
    enum err e = member_resolve(tx, arena, tenant_id, ref, &problems, &member_id);
    // What cannot be an identifier is nobody's.
    if (e)
        return e == ERR_INPUT_INVALID ? ERR_NOT_FOUND : e;
    return member_view_get(tx, arena, tenant_id, member_id, ret_member);
}

// Identifiers the member does not have yet; ERR_IDENTIFIER_TAKEN when another one has it.
static enum err new_identifiers(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                struct id member_id, struct identifier_given *given, size_t *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        struct id owner;
        enum err e = store_identifier_get(tx->db, tenant_id, str_of(given[i].kind), given[i].value,
                                          arena, &owner);
        if (e == ERR_NOT_FOUND)
            given[kept++] = given[i];
        else if (e)
            return e;
        else if (!id_eq(owner, member_id))
            return ERR_IDENTIFIER_TAKEN;
    }
    *n = kept;
    return OK;
}

static enum err write_update(struct tx *tx, int64_t tenant_id, struct id member_id,
                             const struct member_in *in, const struct member_view *view,
                             const struct identifier_given *given, size_t n)
{
    struct person_row person = {.name = in->name.p ? in->name : view->name,
                                .attributes =
                                    in->attributes.p ? in->attributes : or_empty(view->attributes),
                                .metadata =
                                    in->metadata.p ? in->metadata : or_empty(view->metadata)};
    enum err e = tx_wrote(tx, store_person_update(tx->db, tenant_id, member_id, &person));
    if (!e)
        e = tx_person_changed(tx, tenant_id, member_id);
    for (size_t i = 0; !e && i < n; i++)
        e = member_identifier_insert(tx, tenant_id, member_id, &given[i]);
    // Two changes in one batch have one instant, but are two versions (If-Match).
    bool same_instant = tx->now_us <= view->updated_us;
    struct member_row row = {.member_id = member_id,
                             .status = MEMBER_ACTIVE,
                             .enrolled_us = view->enrolled_us,
                             .updated_us = same_instant ? view->updated_us + 1 : tx->now_us};
    return e ? e : tx_wrote(tx, store_member_update(tx->db, tenant_id, &row));
}

enum err flow_member_update(struct tx *tx, struct arena *arena, struct caller by,
                            struct id member_id, const struct member_in *in,
                            struct problems *problems, struct member_view *ret_member)
{
    struct member_view view;
    enum err e = member_view_get(tx, arena, by.tenant_id, member_id, &view);
    if (e)
        return e;
    if (!str_eq(view.status, STR("active")))
        return ERR_MEMBER_CLOSED;
    struct member_ref ref = ref_of(in);
    struct identifier_given given[IDENTIFIER_KINDS];
    size_t before = problems->n;
    size_t n = identifiers_of_ref(arena, &ref, STR(""), problems, given);
    if (problems->n != before)
        return ERR_INPUT_INVALID;
    e = new_identifiers(tx, arena, by.tenant_id, member_id, given, &n);
    if (e)
        return e;
    e = write_update(tx, by.tenant_id, member_id, in, &view, given, n);
    if (!e)
        e = append_audit(tx, arena, by, member_id, STR("member.updated"));
    return e ? e : member_view_get(tx, arena, by.tenant_id, member_id, ret_member);
}

enum err flow_member_list(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id after,
                          int limit, struct member_view **ret_members, size_t *ret_n)
{
    struct member_row *rows;
    size_t n;
    enum err e = store_member_list(tx->db, tenant_id, after, limit, arena, &rows, &n);
    if (e)
        return e;
    struct member_view *members = arena_try_array(arena, n, sizeof *members);
    if (!members)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        e = member_view_get(tx, arena, tenant_id, rows[i].member_id, &members[i]);
        if (e)
            return e;
    }
    *ret_members = members;
    *ret_n = n;
    return OK;
}
