// SPDX-License-Identifier: Apache-2.0
// members.c - finding and making members, as the use cases share it.
//
// Layer: flow.  Tests: tests/flow/members_test.c
#include "store/members.h"

#include "flow/members.h"

static const char *const status_texts[] = {
    [MEMBER_ACTIVE] = "active", [MEMBER_MERGED] = "merged", [MEMBER_CLOSED] = "closed"};

size_t identifiers_of_ref(struct arena *arena, const struct member_ref *ref, struct str under,
                          struct problems *problems,
                          struct identifier_given ret_given[IDENTIFIER_KINDS])
{
    const struct identifier_given all[IDENTIFIER_KINDS] = {
        {"external_id", ref->external_id},
        {"email", ref->email},
        {"phone", ref->phone},
        {"card", ref->card},
        {"code", ref->code},
    };
    size_t n = 0;
    for (size_t i = 0; i < IDENTIFIER_KINDS; i++) {
        if (!all[i].value.p)
            continue;
        struct str value;
        if (identifier_normalise(arena, str_of(all[i].kind), all[i].value, &value)) {
            problem_add(problems, str_printf(arena, "%.*s/%s", STR_FMT(under), all[i].kind),
                        "format", "This cannot be the %s of anybody.", all[i].kind);
            continue;
        }
        ret_given[n++] = (struct identifier_given){.kind = all[i].kind, .value = value};
    }
    return n;
}

enum err member_resolve(struct tx *tx, struct arena *arena, int64_t tenant_id,
                        const struct member_ref *ref, struct problems *problems,
                        struct id *ret_member_id)
{
    if (!id_is_nil(ref->id)) {
        *ret_member_id = ref->id; // whether there is one shows when it is loaded
        return OK;
    }
    size_t before = problems->n;
    struct identifier_given given[IDENTIFIER_KINDS];
    size_t n = identifiers_of_ref(arena, ref, STR("/member"), problems, given);
    if (problems->n != before)
        return ERR_INPUT_INVALID;
    for (size_t i = 0; i < n; i++) {
        enum err e = store_identifier_get(tx->db, tenant_id, str_of(given[i].kind), given[i].value,
                                          arena, ret_member_id);
        if (e != ERR_NOT_FOUND)
            return e;
    }
    return ERR_NOT_FOUND;
}

enum err member_identifier_insert(struct tx *tx, int64_t tenant_id, struct id member_id,
                                  const struct identifier_given *given)
{
    struct identifier_row row = {.kind = str_of(given->kind),
                                 .value = given->value,
                                 .created_us = tx->now_us};
    enum err e = store_identifier_insert(tx->db, tenant_id, member_id, &row);
    return tx_wrote(tx, e == ERR_ALREADY_EXISTS ? ERR_STORE_CONFLICT : e);
}

enum err member_insert(struct tx *tx, int64_t tenant_id, const struct member_new *member)
{
    struct member_row row = {.member_id = member->id,
                             .status = MEMBER_ACTIVE,
                             .enrolled_us = member->enrolled_us,
                             .updated_us = tx->now_us};
    enum err e = tx_wrote(tx, store_member_insert(tx->db, tenant_id, &row));
    if (e)
        return e;
    e = tx_wrote(tx, store_person_insert(tx->db, tenant_id, member->id, member->person));
    for (size_t i = 0; !e && i < member->n_given; i++)
        e = member_identifier_insert(tx, tenant_id, member->id, &member->given[i]);
    return e;
}

enum err member_bear(struct tx *tx, struct tx_member *member)
{
    const struct member_new *unborn = member->unborn;
    member->unborn = NULL;
    return unborn ? member_insert(tx, member->tenant_id, unborn) : OK;
}

enum err member_now(struct tx *tx, int64_t tenant_id, struct id member_id,
                    struct tx_member **ret_member)
{
    const struct program *program;
    enum err e = tx_program(tx, tenant_id, tx->now_us, &program);
    if (!e)
        e = tx_member_load(tx, tenant_id, member_id, program, ret_member);
    return e ? e : tx_advance(tx, *ret_member, tx->now_us);
}

static enum err read_identifiers(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                 struct member_view *view)
{
    struct identifier_row *rows;
    size_t n;
    enum err e = store_identifier_list(tx->db, tenant_id, view->id, arena, &rows, &n);
    if (e)
        return e;
    struct identifier_view *identifiers = arena_try_array(arena, n, sizeof *identifiers);
    if (!identifiers)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        identifiers[i] = (struct identifier_view){.kind = rows[i].kind, .value = rows[i].value};
    view->identifiers = identifiers;
    view->n_identifiers = n;
    return OK;
}

enum err member_view_get(struct tx *tx, struct arena *arena, int64_t tenant_id, struct id member_id,
                         struct member_view *ret_member)
{
    struct member_row row;
    enum err e = store_member_get(tx->db, tenant_id, member_id, arena, &row);
    if (e)
        return e;
    struct member_view view = {.id = member_id,
                               .status = str_of(status_texts[row.status]),
                               .enrolled_us = row.enrolled_us,
                               .updated_us = row.updated_us};
    struct person_row person;
    e = store_person_get(tx->db, tenant_id, member_id, arena, &person);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e) {
        view.name = person.name;
        view.attributes = person.attributes;
        view.metadata = person.metadata;
    }
    e = read_identifiers(tx, arena, tenant_id, &view);
    if (e)
        return e;
    *ret_member = view;
    return OK;
}
