// SPDX-License-Identifier: Apache-2.0
// foresee.c - what a batch of work is going to read, asked for all of it at once.
//
// Layer: flow.  Tests: tests/flow/foresee_test.c
#include "flow/foresee.h"

#include "base/sort.h"
#include "flow/event_in.h"
#include "flow/members.h"
#include "store/events.h"
#include "store/members.h"
#include "store/store.h"

#include <string.h>

// Somebody whom the batch will load.  Several may turn out to be the same.
struct foreseen {
    struct foreseen *next;
    int64_t tenant_id;
    struct id member_id; // nil: one of the identifiers says, or the order
    struct identifier_given given[IDENTIFIER_KINDS];
    size_t n_given;
    struct event_key order; // that is given back; external_id.p NULL: none
    struct id order_id;     // once it is known
};

// ---- what is known by name

enum err foresee_member(struct tx *tx, int64_t tenant_id, const struct member_ref *ref)
{
    if (!db_asks_ahead(tx->db))
        return OK;
    struct foreseen *foreseen = ARENA_NEW(&tx->arena, struct foreseen);
    struct problems problems; // whatever is wrong with the reference is for the use case to say
    problems_init(&problems, &tx->arena);
    *foreseen =
        (struct foreseen){.next = tx->foreseen, .tenant_id = tenant_id, .member_id = ref->id};
    tx->foreseen = foreseen;
    enum err e = store_program_get_version_ahead(tx->db, tenant_id);
    if (e || !id_is_nil(ref->id))
        return e;
    foreseen->n_given = identifiers_of_ref(&tx->arena, ref, STR(""), &problems, foreseen->given);
    for (size_t i = 0; !e && i < foreseen->n_given; i++)
        e = store_identifier_ahead(tx->db, tenant_id, str_of(foreseen->given[i].kind),
                                   foreseen->given[i].value);
    return e;
}

// What is read of an order that is given back, whose member is the order's.
static enum err foresee_order(struct tx *tx, int64_t tenant_id, const struct event_key *order)
{
    struct foreseen *foreseen = ARENA_NEW(&tx->arena, struct foreseen);
    *foreseen = (struct foreseen){.next = tx->foreseen, .tenant_id = tenant_id, .order = *order};
    tx->foreseen = foreseen;
    enum err e = store_program_get_version_ahead(tx->db, tenant_id);
    return e ? e : store_event_get_by_key_ahead(tx->db, tenant_id, order);
}

enum err foresee_event(struct tx *tx, int64_t tenant_id, const struct foreseen_event *event)
{
    if (!db_asks_ahead(tx->db))
        return OK;
    struct event_key key = {event->source, event->external_id, event->type};
    enum err e = store_event_get_by_key_ahead(tx->db, tenant_id, &key);
    if (!e && event_refers_to_order(event->type)) {
        struct event_key order = {event->source, event->refund_of, STR("order.paid")};
        e = store_parked_get_ahead(tx->db, tenant_id, &key);
        if (!e && event->refund_of.p)
            e = foresee_order(tx, tenant_id, &order);
    } else if (!e) {
        e = store_parked_list_by_order_ahead(tx->db, tenant_id, event->source, event->external_id);
    }
    if (!e && event->member)
        e = foresee_member(tx, tenant_id, event->member);
    return e;
}

enum err foresee_event_body(struct tx *tx, int64_t tenant_id, const struct event_body *body)
{
    struct member_ref ref = body->member ? event_member_ref(body->member) : (struct member_ref){0};
    struct foreseen_event event = {.source = body->source,
                                   .external_id = body->external_id,
                                   .type = body->type,
                                   .refund_of = body->refund_of,
                                   .member = body->member ? &ref : NULL};
    return foresee_event(tx, tenant_id, &event);
}

// ---- the members

struct known {
    int64_t tenant_id;
    struct id member_id;
    struct id order_id; // nil: none of theirs comes back
};

static int by_id(const void *a, const void *b, void *ctx)
{
    const struct known *x = a, *y = b;
    (void)ctx;
    if (x->tenant_id != y->tenant_id)
        return x->tenant_id < y->tenant_id ? -1 : 1;
    return memcmp(x->member_id.b, y->member_id.b, sizeof x->member_id.b);
}

static enum err resolve_order(struct tx *tx, struct foreseen *foreseen)
{
    struct event_row row;
    enum err e =
        store_event_get_by_key(tx->db, foreseen->tenant_id, &foreseen->order, &tx->arena, &row);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    foreseen->member_id = row.member_id;
    foreseen->order_id = row.event_id;
    return OK;
}

// Whoever the identifiers or the order name: the store has been asked already.  Nil: nobody.
static enum err resolve(struct tx *tx, struct foreseen *foreseen)
{
    if (foreseen->order.external_id.p)
        return resolve_order(tx, foreseen);
    enum err e = ERR_NOT_FOUND;
    for (size_t i = 0; e == ERR_NOT_FOUND && i < foreseen->n_given; i++)
        e = store_identifier_get(tx->db, foreseen->tenant_id, str_of(foreseen->given[i].kind),
                                 foreseen->given[i].value, &tx->arena, &foreseen->member_id);
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err collect(struct tx *tx, struct known *members, size_t *ret_n)
{
    size_t n = 0;
    for (struct foreseen *foreseen = tx->foreseen; foreseen; foreseen = foreseen->next) {
        enum err e = id_is_nil(foreseen->member_id) ? resolve(tx, foreseen) : OK;
        if (e)
            return e;
        if (!id_is_nil(foreseen->member_id))
            members[n++] =
                (struct known){foreseen->tenant_id, foreseen->member_id, foreseen->order_id};
    }
    *ret_n = n;
    return OK;
}

static size_t count(const struct foreseen *foreseen)
{
    size_t n = 0;
    for (; foreseen; foreseen = foreseen->next)
        n++;
    return n;
}

// What a load will read: state.c's statements, in its order.  What came back of an order before is
// asked after the lock, for it must not grow any more (refund.c).
static enum err ask_member(struct tx *tx, const struct known *member)
{
    const struct program *program;
    enum err e = tx_program(tx, member->tenant_id, tx->now_us, &program);
    if (e == ERR_PROGRAM_MISSING)
        return OK;
    struct member_query query = {.tenant_id = member->tenant_id,
                                 .member_id = member->member_id,
                                 .program = program};
    if (!e)
        e = store_member_ahead(tx->db, &query);
    if (e || id_is_nil(member->order_id))
        return e;
    return store_event_list_by_order_ahead(tx->db, member->tenant_id, member->order_id);
}

static enum err ask_members(struct tx *tx)
{
    size_t n = count(tx->foreseen);
    struct known *members = arena_try_array(&tx->arena, n, sizeof *members);
    struct known *scratch = arena_try_array(&tx->arena, n, sizeof *scratch);
    if (!members || !scratch)
        return ERR_MEMORY;
    enum err e = collect(tx, members, &n);
    tx->foreseen = NULL;
    if (e || !n)
        return e;
    sort_stable(members, scratch, n, sizeof *members, by_id, NULL);
    for (size_t i = 0; !e && i < n; i++)
        e = ask_member(tx, &members[i]);
    return e ? e : db_ask(tx->db);
}

enum err foresee_ask(struct tx *tx)
{
    if (!db_asks_ahead(tx->db))
        return OK;
    enum err e = db_ask(tx->db);
    return e || !tx->foreseen ? e : ask_members(tx);
}
