// SPDX-License-Identifier: Apache-2.0
// ingest.c - an event arrives: once, for one member, judged by the programme of its day.
//
// Layer: flow.  Tests: tests/flow/ingest_test.c, tests/api/events.http, tests/sim/
#include "flow/ingest.h"

#include "base/hash.h"
#include "flow/attributes.h"
#include "flow/event_in.h"
#include "flow/facts.h"
#include "flow/members.h"
#include "store/events.h"
#include "store/members.h"

// ---- the second time

static enum err replay(const struct hash *fingerprint, const struct hash *stored,
                       struct event_out *out, struct event_out *ret_out)
{
    if (__builtin_memcmp(fingerprint->b, stored->b, sizeof stored->b) != 0)
        return ERR_EVENT_DIFFERS;
    out->outcome = EVENT_REPLAYED;
    *ret_out = *out;
    return OK;
}

// ERR_NOT_FOUND: it is new.
static enum err find_replay(struct tx *tx, struct arena *arena, int64_t tenant_id,
                            const struct event_in *in, struct event_out *ret_out)
{
    struct event_key key = {in->source, in->external_id, in->type};
    struct event_row row;
    enum err e = store_event_get_by_key(tx->db, tenant_id, &key, arena, &row);
    if (!e) {
        struct event_out out = {.event_id = row.event_id,
                                .member_id = row.member_id,
                                .reply = row.reply};
        return replay(&in->fingerprint, &row.fingerprint, &out, ret_out);
    }
    if (e != ERR_NOT_FOUND || !in->refund_of.p)
        return e;
    struct parked_row parked;
    e = store_parked_get(tx->db, tenant_id, &key, arena, &parked);
    if (e)
        return e;
    struct event_out out = {.event_id = parked.event_id,
                            .member_id = parked.member_id,
                            .reply = parked.reply};
    return replay(&in->fingerprint, &parked.fingerprint, &out, ret_out);
}

// ---- when

static enum err read_time(struct tx *tx, const struct program *program, const struct event_in *in,
                          struct problems *problems, int64_t *ret_occurred_us)
{
    int64_t occurred_us = in->occurred_us == WHEN_NOW ? tx->now_us : in->occurred_us;
    *ret_occurred_us = occurred_us;
    if (in->historical)
        return OK;
    if (occurred_us > tx->now_us + FUTURE_US) {
        problem_add(problems, STR("/occurred_at"), "range", "This lies in the future.");
        return ERR_INPUT_INVALID;
    }
    int64_t earliest_us;
    enum err e = calendar_subtract(program->tz, tx->now_us, program->back_dating, &earliest_us);
    if (e)
        return e;
    if (occurred_us < earliest_us) {
        problem_add(problems, STR("/occurred_at"), "range",
                    "This lies further back than the programme accepts.");
        return ERR_INPUT_INVALID;
    }
    return OK;
}

// ---- who

// Enrols whoever is not known, when the programme allows.
static enum err enrol_by_event(struct tx *tx, struct arena *arena, const struct ingest *ingest,
                               const struct event_in *in, struct problems *problems,
                               struct tx_member **ret_member)
{
    if (!ingest->program->enrol_unknown || !id_is_nil(in->member.id) || in->member.code.p)
        return ERR_MEMBER_UNKNOWN;
    struct identifier_given *given = arena_try_array(arena, IDENTIFIER_KINDS, sizeof *given);
    struct person_row *person = ARENA_NEW(arena, struct person_row);
    struct member_new *unborn = ARENA_NEW(&tx->arena, struct member_new);
    if (!given)
        return ERR_MEMORY;
    *person = (struct person_row){.attributes = STR("{}"), .metadata = STR("{}")};
    *unborn = (struct member_new){.id = id_next(tx->ids),
                                  .enrolled_us = ingest->at_us,
                                  .given = given,
                                  .n_given = identifiers_of_ref(arena, &in->member, STR("/member"),
                                                                problems, given),
                                  .person = person};
    struct tx_member *member;
    enum err e = tx_member_new(tx, ingest->by.tenant_id, unborn->id, ingest->program, ingest->at_us,
                               &member);
    if (e)
        return e;
    member->unborn = unborn;
    e = ingest_welcome(tx, arena, ingest->by, ingest->program, member, ingest->at_us);
    if (e)
        return e;
    *ret_member = member;
    return OK;
}

static enum err find_member(struct tx *tx, struct arena *arena, int64_t tenant_id,
                            const struct program *program, const struct event_in *in,
                            struct problems *problems, struct tx_member **ret_member)
{
    struct id member_id;
    enum err e = member_resolve(tx, arena, tenant_id, &in->member, problems, &member_id);
    if (e)
        return e;
    return tx_member_load(tx, tenant_id, member_id, program, ret_member);
}

// ---- what

enum err order_check(struct arena *arena, const struct program *program, struct order *order,
                     struct problems *problems)
{
    if (!order)
        return OK;
    if (!order->currency.p)
        order->currency = str_of(program->money->code);
    if (!str_eq(order->currency, str_of(program->money->code))) {
        problem_add(problems, STR("/order/currency"), "currency",
                    "The programme counts in %s; amounts in %.*s are not converted.",
                    program->money->code, STR_FMT(order->currency));
        return ERR_INPUT_INVALID;
    }
    enum err e = event_price(arena, order, program);
    if (e == ERR_INPUT_INVALID)
        problem_add(problems, STR("/order"), "range",
                    "Discounts, tax or tender are more than the lines they belong to.");
    if (e == ERR_OUT_OF_RANGE)
        problem_add(problems, STR("/order"), "range", "The order is more than can be counted.");
    return e == ERR_OUT_OF_RANGE ? ERR_INPUT_INVALID : e;
}

static enum err insert_event(struct tx *tx, struct arena *arena, const struct ingest *ingest,
                             const struct event_facts *facts, int64_t before_seq, struct str reply)
{
    const struct event *event = ingest->event;
    int64_t last_seq = ingest->member->state.last_seq;
    bool moved = last_seq > before_seq;
    struct event_row row = {.event_id = event->id,
                            .member_id = ingest->member->state.member_id,
                            .key = {event->source, event->external_id, event->type},
                            .occurred_us = event->occurred_us,
                            .recorded_us = tx->now_us,
                            .program_version = ingest->program->version,
                            .fingerprint = ingest->in->fingerprint,
                            .payload = ingest->in->payload,
                            .facts = facts_write(arena, ingest->program, facts),
                            .reply = reply,
                            .first_seq = moved ? before_seq + 1 : 0,
                            .last_seq = moved ? last_seq : 0,
                            .actor_id = ingest->by.actor_id};
    enum err e = store_event_insert(tx->db, ingest->by.tenant_id, &row);
    return tx_wrote(tx, e == ERR_ALREADY_EXISTS ? ERR_STORE_CONFLICT : e);
}

enum err ingest_event(struct tx *tx, struct arena *arena, const struct ingest *ingest,
                      struct event_out *ret_out)
{
    struct tx_member *member = ingest->member;
    enum err e = tx_advance(tx, member, ingest->at_us);
    if (!e)
        e = attributes_bind(arena, ingest->event->attributes, &ingest->event->attributes_value);
    if (e)
        return e;
    struct decision decision;
    struct event_facts facts;
    decision_init(&decision, arena);
    struct shared_counters shared = tx_shared_counters(tx, ingest->by.tenant_id);
    e = engine_decide_event(ingest->program, &member->state, &shared, ingest->event, &decision,
                            &facts);
    if (e)
        return e;
    int64_t before_seq = member->state.last_seq;
    struct cause cause = {.program = ingest->program,
                          .event_id = ingest->event->id,
                          .actor_id = ingest->by.actor_id};
    e = member_bear(tx, member);
    if (!e)
        e = tx_apply(tx, member, &decision, &cause);
    if (e)
        return e;
    struct event_reply reply = {.event_id = ingest->event->id,
                                .member_id = member->state.member_id,
                                .type = ingest->event->type,
                                .source = ingest->event->source,
                                .external_id = ingest->event->external_id,
                                .occurred_us = ingest->event->occurred_us,
                                .program = ingest->program,
                                .decision = &decision,
                                .state = &member->state};
    *ret_out = (struct event_out){.outcome = EVENT_APPLIED,
                                  .event_id = ingest->event->id,
                                  .member_id = member->state.member_id,
                                  .reply = event_reply_json(arena, &reply)};
    return insert_event(tx, arena, ingest, &facts, before_seq, ret_out->reply);
}

enum err ingest_welcome(struct tx *tx, struct arena *arena, struct caller by,
                        const struct program *program, struct tx_member *member, int64_t at_us)
{
    struct event event = {.id = id_next(tx->ids),
                          .source = STR("habitue"),
                          .external_id = id_text(arena, member->state.member_id, "mbr"),
                          .type = STR("member.enrolled"),
                          .occurred_us = at_us};
    if (program_rules_for(program, event.type).n == 0)
        return OK;
    struct event_in in = {.payload = STR("{}"), .fingerprint = hash_sha256("{}", 2)};
    struct ingest ingest = {
        .by = by, .program = program, .member = member, .event = &event, .at_us = at_us, .in = &in};
    struct event_out out;
    return ingest_event(tx, arena, &ingest, &out);
}

// ---- returns

static enum err park(struct tx *tx, struct arena *arena, struct caller by,
                     const struct event_in *in, int64_t occurred_us, struct event_out *ret_out)
{
    struct event_reply reply = {.event_id = id_next(tx->ids),
                                .type = in->type,
                                .source = in->source,
                                .external_id = in->external_id,
                                .occurred_us = occurred_us,
                                .parked = true};
    struct parked_row row = {.key = {in->source, in->external_id, in->type},
                             .event_id = reply.event_id,
                             .refund_of = in->refund_of,
                             .occurred_us = occurred_us,
                             .recorded_us = tx->now_us,
                             .fingerprint = in->fingerprint,
                             .payload = in->payload,
                             .reply = event_reply_json(arena, &reply),
                             .actor_id = by.actor_id};
    *ret_out =
        (struct event_out){.outcome = EVENT_PARKED, .event_id = row.event_id, .reply = row.reply};
    return tx_wrote(tx, store_parked_insert(tx->db, by.tenant_id, &row));
}

static enum err refund(struct tx *tx, struct arena *arena, struct caller by,
                       const struct event_in *in, int64_t occurred_us, struct problems *problems,
                       struct event_out *ret_out)
{
    struct event_key key = {in->source, in->refund_of, STR("order.paid")};
    struct event_row order;
    enum err e = store_event_get_by_key(tx->db, by.tenant_id, &key, arena, &order);
    if (e == ERR_NOT_FOUND)
        return park(tx, arena, by, in, occurred_us, ret_out);
    if (e)
        return e;
    struct ingest_refund refund = {.by = by,
                                   .event_id = id_next(tx->ids),
                                   .in = in,
                                   .order = &order,
                                   .occurred_us = occurred_us,
                                   .at_us = in->historical ? occurred_us : tx->now_us};
    return ingest_refund(tx, arena, &refund, problems, ret_out);
}

// ---- the use case

static struct event event_of(struct tx *tx, const struct event_in *in, int64_t occurred_us)
{
    return (struct event){.id = id_next(tx->ids),
                          .source = in->source,
                          .external_id = in->external_id,
                          .type = in->type,
                          .store = in->store,
                          .channel = in->channel,
                          .occurred_us = occurred_us,
                          .order = in->order,
                          .attributes = in->attributes};
}

static enum err ingest_new(struct tx *tx, struct arena *arena, struct caller by,
                           const struct event_in *in, int64_t occurred_us,
                           struct problems *problems, struct event_out *ret_out)
{
    struct ingest ingest = {.by = by, .at_us = in->historical ? occurred_us : tx->now_us, .in = in};
    enum err e = tx_program(tx, by.tenant_id, occurred_us, &ingest.program);
    if (!e)
        e = order_check(arena, ingest.program, in->order, problems);
    if (e)
        return e;
    e = find_member(tx, arena, by.tenant_id, ingest.program, in, problems, &ingest.member);
    if (e == ERR_NOT_FOUND)
        e = enrol_by_event(tx, arena, &ingest, in, problems, &ingest.member);
    if (e)
        return e;
    struct event event = event_of(tx, in, occurred_us);
    ingest.event = &event;
    e = ingest_event(tx, arena, &ingest, ret_out);
    if (e || !in->order)
        return e;
    // The sale has arrived: what waited for it happens now.
    struct event_key key = {in->source, in->external_id, in->type};
    size_t n;
    return ingest_parked(tx, arena, by.tenant_id, &key, ingest.at_us, &n);
}

enum err flow_ingest(struct tx *tx, struct arena *arena, struct caller by,
                     const struct event_in *in, struct problems *problems,
                     struct event_out *ret_out)
{
    enum err e = find_replay(tx, arena, by.tenant_id, in, ret_out);
    if (e != ERR_NOT_FOUND)
        return e;
    const struct program *newest;
    e = tx_program(tx, by.tenant_id, tx->now_us, &newest);
    if (e)
        return e;
    int64_t occurred_us;
    e = read_time(tx, newest, in, problems, &occurred_us);
    if (e)
        return e;
    if (event_refers_to_order(in->type))
        return refund(tx, arena, by, in, occurred_us, problems, ret_out);
    return ingest_new(tx, arena, by, in, occurred_us, problems, ret_out);
}
