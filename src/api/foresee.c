// SPDX-License-Identifier: Apache-2.0
// foresee.c - what a request that writes is going to read, and about whom it is.
//
// Layer: api.  Tests: tests/api/two_servers_test.py, tests/flow/foresee_test.c
#include "api/foresee.h"

#include "api/objects.h"
#include "base/hash.h"
#include "flow/event_in.h"
#include "flow/foresee.h"

// ---- events

static enum err foresee_events(struct request *req)
{
    if (req->in_shape == &shape_event_in)
        return foresee_event_body(req->tx, req->actor.tenant_id, req->in);
    struct json_list events = event_batch_items(req);
    const struct json *const *items = events.items;
    enum err e = OK;
    for (size_t i = 0; !e && i < events.n; i++) {
        struct problems problems; // are for the handler to tell
        problems_init(&problems, &req->tx->arena);
        struct event_body *body = ARENA_NEW(&req->tx->arena, struct event_body);
        if (shape_read(&shape_event_in, items[i], &problems, body))
            e = foresee_event_body(req->tx, req->actor.tenant_id, body);
    }
    return e;
}

// ---- members

static enum err foresee_named(struct request *req, struct id member_id)
{
    struct member_ref ref = {.id = member_id};
    return foresee_member(req->tx, req->actor.tenant_id, &ref);
}

static enum err foresee_path(struct request *req)
{
    struct id member_id;
    if (!id_parse(req->path_arg[0], "mbr", &member_id))
        return OK; // nobody: the handler says so
    return foresee_named(req, member_id);
}

static enum err foresee_joining(struct request *req)
{
    struct member_ref ref = member_joining(req);
    return foresee_member(req->tx, req->actor.tenant_id, &ref);
}

static enum err foresee_redemption(struct request *req)
{
    return foresee_named(req, redemption_member(req));
}

// ---- whom it is about

static uint64_t number_of_ref(const struct member_ref *ref)
{
    const struct str texts[] = {ref->external_id, ref->email, ref->phone, ref->card, ref->code};
    uint64_t hash = hash_plain(HASH_PLAIN_BEGIN, ref->id.b, sizeof ref->id.b);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hash = hash_plain(hash, texts[i].p, texts[i].n);
    return hash;
}

static uint64_t number_of_event(const struct request *req)
{
    const struct event_body *body = req->in;
    if (req->in_shape != &shape_event_in || !body->member)
        return 0;
    struct member_ref ref = event_member_ref(body->member);
    return number_of_ref(&ref);
}

static uint64_t number_of_joining(const struct request *req)
{
    struct member_ref ref = member_joining(req);
    return number_of_ref(&ref);
}

static uint64_t number_of_id(struct id id)
{
    return hash_plain(HASH_PLAIN_BEGIN, id.b, sizeof id.b);
}

static uint64_t number_of_path(const struct request *req)
{
    struct id member_id;
    return id_parse(req->path_arg[0], "mbr", &member_id) ? number_of_id(member_id) : 0;
}

static uint64_t number_of_redemption(const struct request *req)
{
    return number_of_id(redemption_member(req));
}

// ---- the requests of which something can be said

static const struct {
    enum err (*handler)(struct request *req);
    enum err (*foresee)(struct request *req);
    uint64_t (*number)(const struct request *req);
} sights[] = {
    {event_create, foresee_events, number_of_event},
    {redemption_create, foresee_redemption, number_of_redemption},
    {member_adjust, foresee_path, number_of_path},
    {member_update, foresee_path, number_of_path},
    {member_create, foresee_joining, number_of_joining},
};

enum err request_foresee(struct request *req)
{
    for (size_t i = 0; i < sizeof sights / sizeof *sights; i++)
        if (sights[i].handler == req->route->handler)
            return sights[i].foresee(req);
    return OK;
}

uint64_t request_affinity(const struct request *req)
{
    for (size_t i = 0; i < sizeof sights / sizeof *sights; i++)
        if (sights[i].handler == req->route->handler)
            return sights[i].number(req);
    return 0;
}
