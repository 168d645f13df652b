// SPDX-License-Identifier: Apache-2.0
// members.c - who takes part, and by which names they are found.
//
// Layer: store.  Tests: tests/store/members_test.c
#include "store/members.h"

#include "store/rows.h"
#include "store/sql_gen.h"

static const struct str statuses[] = {[MEMBER_ACTIVE] = STR("active"),
                                      [MEMBER_MERGED] = STR("merged"),
                                      [MEMBER_CLOSED] = STR("closed")};

struct str member_status_text(enum member_status status)
{
    CHECK(status <= MEMBER_CLOSED);
    return statuses[status];
}

enum err member_status_of(struct str text, enum member_status *ret_status)
{
    for (int i = MEMBER_ACTIVE; i <= MEMBER_CLOSED; i++)
        if (str_eq(text, statuses[i])) {
            *ret_status = (enum member_status)i;
            return OK;
        }
    return ERR_STORE_CORRUPT;
}

// ---- members

enum err store_member_insert(struct db *db, int64_t tenant_id, const struct member_row *member)
{
    struct sql_member_insert_in in = {
        .tenant_id = tenant_id,
        .member_id = member->member_id,
        .status = member_status_text(member->status),
        .enrolled_us = member->enrolled_us,
        .updated_us = member->updated_us,
    };

    return sql_member_insert(db, &in);
}

static enum err take_member(struct id member_id, struct str status, int64_t enrolled_us,
                            int64_t updated_us, struct member_row *ret_member)
{
    struct member_row member = {.member_id = member_id,
                                .enrolled_us = enrolled_us,
                                .updated_us = updated_us};
    enum err e = member_status_of(status, &member.status);

    if (!e)
        *ret_member = member;
    return e;
}

enum err store_member_get(struct db *db, int64_t tenant_id, struct id member_id,
                          struct arena *arena, struct member_row *ret_member)
{
    struct sql_member_get_in in = {.tenant_id = tenant_id, .member_id = member_id};
    struct sql_member_get_out out;
    enum err e = sql_member_get(db, &in, arena, &out);

    return e ? e : take_member(member_id, out.status, out.enrolled_us, out.updated_us, ret_member);
}

enum err store_member_lock(struct db *db, int64_t tenant_id, struct id member_id,
                           struct arena *arena, struct member_row *ret_member)
{
    struct sql_member_lock_in in = {.tenant_id = tenant_id, .member_id = member_id};
    struct sql_member_lock_out out;
    enum err e = sql_member_lock(db, &in, arena, &out);

    return e ? e : take_member(member_id, out.status, out.enrolled_us, out.updated_us, ret_member);
}

enum err store_member_update(struct db *db, int64_t tenant_id, const struct member_row *member)
{
    struct sql_member_update_in in = {
        .tenant_id = tenant_id,
        .member_id = member->member_id,
        .status = member_status_text(member->status),
        .updated_us = member->updated_us,
    };
    int64_t changed;
    enum err e = sql_member_update(db, &in, &changed);

    if (e)
        return e;
    return changed ? OK : ERR_NOT_FOUND;
}

enum err store_member_list(struct db *db, int64_t tenant_id, struct id after_id, int64_t limit,
                           struct arena *arena, struct member_row **ret_members, size_t *ret_n)
{
    struct sql_member_list_in in = {.tenant_id = tenant_id,
                                    .after_id = after_id,
                                    .row_limit = limit};
    struct sql_member_list_out *rows;
    size_t n;
    enum err e = sql_member_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct member_row *members = rows_new(arena, n, sizeof *members);
    if (!members)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < n; i++) {
        members[i].member_id = rows[i].member_id;
        members[i].enrolled_us = rows[i].enrolled_us;
        members[i].updated_us = rows[i].updated_us;
        e = member_status_of(rows[i].status, &members[i].status);
    }
    if (e)
        return e;
    *ret_members = members;
    *ret_n = n;
    return OK;
}

// ---- persons

enum err store_person_insert(struct db *db, int64_t tenant_id, struct id member_id,
                             const struct person_row *person)
{
    struct sql_person_insert_in in = {
        .tenant_id = tenant_id,
        .member_id = member_id,
        .name = person->name,
        .attributes = person->attributes,
        .metadata = person->metadata,
    };

    return sql_person_insert(db, &in);
}

enum err store_person_update(struct db *db, int64_t tenant_id, struct id member_id,
                             const struct person_row *person)
{
    struct sql_person_put_in in = {
        .tenant_id = tenant_id,
        .member_id = member_id,
        .name = person->name,
        .attributes = person->attributes,
        .metadata = person->metadata,
    };

    return sql_person_put(db, &in);
}

enum err store_person_get(struct db *db, int64_t tenant_id, struct id member_id,
                          struct arena *arena, struct person_row *ret_person)
{
    struct sql_person_get_in in = {.tenant_id = tenant_id, .member_id = member_id};
    struct sql_person_get_out out;
    enum err e = sql_person_get(db, &in, arena, &out);

    if (!e)
        *ret_person = (struct person_row){out.name, out.attributes, out.metadata};
    return e;
}

enum err store_person_delete(struct db *db, int64_t tenant_id, struct id member_id)
{
    struct sql_person_delete_in in = {.tenant_id = tenant_id, .member_id = member_id};

    return sql_person_delete(db, &in);
}

// ---- identifiers

enum err store_identifier_insert(struct db *db, int64_t tenant_id, struct id member_id,
                                 const struct identifier_row *identifier)
{
    struct sql_identifier_insert_in in = {
        .tenant_id = tenant_id,
        .member_id = member_id,
        .kind = identifier->kind,
        .value = identifier->value,
        .created_us = identifier->created_us,
    };

    return sql_identifier_insert(db, &in);
}

enum err store_identifier_ahead(struct db *db, int64_t tenant_id, struct str kind, struct str value)
{
    struct sql_identifier_get_in in = {.tenant_id = tenant_id, .kind = kind, .value = value};

    return sql_identifier_get_ahead(db, &in);
}

enum err store_identifier_get(struct db *db, int64_t tenant_id, struct str kind, struct str value,
                              struct arena *arena, struct id *ret_member_id)
{
    struct sql_identifier_get_in in = {.tenant_id = tenant_id, .kind = kind, .value = value};
    struct sql_identifier_get_out out;
    enum err e = sql_identifier_get(db, &in, arena, &out);

    if (!e)
        *ret_member_id = out.member_id;
    return e;
}

enum err store_identifier_list(struct db *db, int64_t tenant_id, struct id member_id,
                               struct arena *arena, struct identifier_row **ret_identifiers,
                               size_t *ret_n)
{
    struct sql_identifier_list_in in = {.tenant_id = tenant_id, .member_id = member_id};
    struct sql_identifier_list_out *rows;
    size_t n;
    enum err e = sql_identifier_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct identifier_row *identifiers = rows_new(arena, n, sizeof *identifiers);
    if (!identifiers)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        identifiers[i] = (struct identifier_row){rows[i].kind, rows[i].value, rows[i].created_us};
    *ret_identifiers = identifiers;
    *ret_n = n;
    return OK;
}

enum err store_identifier_delete(struct db *db, int64_t tenant_id, struct id member_id,
                                 struct str kind, struct str value)
{
    struct sql_identifier_delete_in in = {.tenant_id = tenant_id,
                                          .member_id = member_id,
                                          .kind = kind,
                                          .value = value};
    int64_t changed;
    enum err e = sql_identifier_delete(db, &in, &changed);

    if (e)
        return e;
    return changed ? OK : ERR_NOT_FOUND;
}

// ---- work that is due

enum err store_due_list_ahead(struct db *db, int64_t tenant_id, int64_t until_us, int64_t limit)
{
    struct sql_member_due_list_in in = {.tenant_id = tenant_id,
                                        .until_us = until_us,
                                        .row_limit = limit};

    return sql_member_due_list_ahead(db, &in);
}

enum err store_due_list(struct db *db, int64_t tenant_id, int64_t until_us, int64_t limit,
                        struct arena *arena, struct id **ret_member_ids, size_t *ret_n)
{
    struct sql_member_due_list_in in = {.tenant_id = tenant_id,
                                        .until_us = until_us,
                                        .row_limit = limit};
    struct sql_member_due_list_out *rows;
    size_t n;
    enum err e = sql_member_due_list(db, &in, arena, &rows, &n);

    if (e)
        return e;
    struct id *ids = rows_new(arena, n, sizeof *ids);
    if (!ids)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        ids[i] = rows[i].member_id;
    *ret_member_ids = ids;
    *ret_n = n;
    return OK;
}
