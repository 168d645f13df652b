// SPDX-License-Identifier: Apache-2.0
// members.h - finding and making members, as the use cases share it.
//
// Layer: flow.  Tests: tests/flow/members_test.c
#pragma once

#include "flow/flow.h"

#define IDENTIFIER_KINDS 5

// One identifier as it was given and as it is compared.
struct identifier_given {
    const char *kind; // also its name in JSON
    struct str value; // normalised
};

// Those of a reference or an input that are set, normalised.  Adds a problem at "<under>/<kind>"
// for each that cannot be one.
size_t identifiers_of_ref(struct arena *arena, const struct member_ref *ref, struct str under,
                          struct problems *problems,
                          struct identifier_given ret_given[IDENTIFIER_KINDS]);

// The member a reference names.  ERR_NOT_FOUND; ERR_INPUT_INVALID with problems.
MUST_CHECK enum err member_resolve(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                   const struct member_ref *ref, struct problems *problems,
                                   struct id *ret_member_id);

// An identifier that nobody has, as far as we looked.  Who gave it to somebody in the meantime is
// another process: ERR_STORE_CONFLICT, look again.
MUST_CHECK enum err member_identifier_insert(struct tx *tx, int64_t tenant_id, struct id member_id,
                                             const struct identifier_given *given);

// A member with its identifiers and person, checked and not written yet.
struct member_new {
    struct id id;
    int64_t enrolled_us;
    const struct identifier_given *given;
    size_t n_given;
    struct person_row *person;
};
MUST_CHECK enum err member_insert(struct tx *tx, int64_t tenant_id,
                                  const struct member_new *member);
// Inserts a member that is still unborn; harmless for all others.
MUST_CHECK enum err member_bear(struct tx *tx, struct tx_member *member);

// The member by the programme of now, brought to now.
MUST_CHECK enum err member_now(struct tx *tx, int64_t tenant_id, struct id member_id,
                               struct tx_member **ret_member);

MUST_CHECK enum err member_view_get(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                    struct id member_id, struct member_view *ret_member);
