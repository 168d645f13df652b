// SPDX-License-Identifier: Apache-2.0
// refund.c - a return or cancellation of an order that is known.
//
// What the order earned is decided again, by the programme and the facts of its day, without what
// has come back in all; the engine takes the difference.  So it makes no difference in how many
// steps an order is returned.
//
// Layer: flow.  Tests: tests/flow/refund_test.c, tests/api/refunds.http, tests/sim/
#include "flow/attributes.h"
#include "flow/event_in.h"
#include "flow/facts.h"
#include "flow/ingest.h"
#include "flow/members.h"
#include "flow/tally.h"
#include "store/events.h"
#include "store/members.h"

// Every line must exist and have that much left; a return of nothing is none.
static enum err check_returned(struct arena *arena, const struct tally *before,
                               const struct event_in *in, struct problems *problems)
{
    int64_t left = 0;
    for (size_t i = 0; i < before->order->n_lines; i++)
        left += tally_left(before, i);
    if (left == 0)
        return ERR_REFUND_EXCEEDS_ORDER;
    enum err e = OK;
    for (size_t k = 0; k < in->n_returned; k++) {
        size_t i = tally_line(before, in->returned[k].line_id);
        if (i == before->order->n_lines) {
            problem_add(problems, str_printf(arena, "/order/lines/%zu/id", k), "unknown",
                        "The order has no line '%.*s'.", STR_FMT(in->returned[k].line_id));
            e = e ? e : ERR_INPUT_INVALID;
        } else if (in->returned[k].quantity > tally_left(before, i)) {
            problem_add(problems, str_printf(arena, "/order/lines/%zu/quantity", k), "range",
                        "%lld is returned, %lld is left of this line.",
                        (long long)in->returned[k].quantity, (long long)tally_left(before, i));
            e = ERR_REFUND_EXCEEDS_ORDER;
        }
    }
    return e;
}

// The order's event as it was decided, from what the store kept of it.
struct known_order {
    const struct program *program; // of its day
    struct event event;
    struct event_facts facts;
};

static enum err read_order(struct tx *tx, struct arena *arena, int64_t tenant_id,
                           const struct event_row *row, struct known_order *known)
{
    enum err e = tx_program_version(tx, tenant_id, row->program_version, &known->program);
    struct event_in in;
    if (!e)
        e = event_in_read(arena, row->payload, &in);
    if (e)
        return e;
    if (!in.order->currency.p)
        in.order->currency = str_of(known->program->money->code);
    known->event = (struct event){.id = row->event_id,
                                  .source = in.source,
                                  .external_id = in.external_id,
                                  .type = in.type,
                                  .store = in.store,
                                  .channel = in.channel,
                                  .occurred_us = row->occurred_us,
                                  .order = in.order,
                                  .attributes = in.attributes};
    e = event_price(arena, in.order, known->program);
    if (!e)
        e = facts_read(arena, known->program, row->facts, &known->facts);
    if (!e)
        e = attributes_bind(arena, in.attributes, &known->event.attributes_value);
    if (!e)
        e = attributes_bind(arena, known->facts.attributes, &known->facts.attributes_value);
    return e;
}

// A return may name its member; then it must be the order's.
static enum err check_member(struct tx *tx, struct arena *arena, const struct ingest_refund *refund,
                             struct problems *problems)
{
    const struct member_ref *ref = &refund->in->member;
    bool named = !id_is_nil(ref->id) || ref->external_id.p || ref->email.p || ref->phone.p ||
                 ref->card.p || ref->code.p;
    if (!named)
        return OK;
    struct id member_id;
    enum err e = member_resolve(tx, arena, refund->by.tenant_id, ref, problems, &member_id);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e && id_eq(member_id, refund->order->member_id))
        return OK;
    problem_add(problems, STR("/member"), "mismatch", "The order belongs to another member.");
    return ERR_INPUT_INVALID;
}

static enum err insert_refund(struct tx *tx, const struct ingest_refund *refund,
                              const struct program *program, const struct member_state *state,
                              int64_t before_seq, struct str reply)
{
    const struct event_in *in = refund->in;
    bool moved = state->last_seq > before_seq;
    struct event_row row = {.event_id = refund->event_id,
                            .member_id = refund->order->member_id,
                            .key = {in->source, in->external_id, in->type},
                            .order_id = refund->order->event_id,
                            .occurred_us = refund->occurred_us,
                            .recorded_us = tx->now_us,
                            .program_version = program->version,
                            .fingerprint = in->fingerprint,
                            .payload = in->payload,
                            .facts = STR("{}"),
                            .reply = reply,
                            .first_seq = moved ? before_seq + 1 : 0,
                            .last_seq = moved ? state->last_seq : 0,
                            .actor_id = refund->by.actor_id};
    enum err e = store_event_insert(tx->db, refund->by.tenant_id, &row);
    return tx_wrote(tx, e == ERR_ALREADY_EXISTS ? ERR_STORE_CONFLICT : e);
}

// Decides, applies, records.
static enum err carry_out(struct tx *tx, struct arena *arena, const struct ingest_refund *refund,
                          const struct known_order *known, struct tally *before,
                          struct tally *after, struct event_out *ret_out)
{
    const struct program *program;
    struct tx_member *member;
    enum err e = tx_program(tx, refund->by.tenant_id, refund->at_us, &program);
    if (!e)
        e = tx_member_load(tx, refund->by.tenant_id, refund->order->member_id, program, &member);
    if (!e)
        e = tx_advance(tx, member, refund->at_us);
    if (e)
        return e;
    struct refund again = {.program = known->program,
                           .order = &known->event,
                           .facts = &known->facts,
                           .before = before->lines,
                           .n_before = tally_compact(before),
                           .after = after->lines,
                           .n_after = tally_compact(after),
                           .at_us = refund->at_us};
    struct decision decision;
    decision_init(&decision, arena);
    e = engine_decide_refund(program, &member->state, &again, &decision);
    int64_t before_seq = member->state.last_seq;
    struct cause cause = {.program = program,
                          .event_id = refund->event_id,
                          .actor_id = refund->by.actor_id};
    if (!e)
        e = tx_apply(tx, member, &decision, &cause);
    if (e)
        return e;
    struct event_reply reply = {.event_id = refund->event_id,
                                .member_id = member->state.member_id,
                                .type = refund->in->type,
                                .source = refund->in->source,
                                .external_id = refund->in->external_id,
                                .occurred_us = refund->occurred_us,
                                .program = program,
                                .decision = &decision,
                                .state = &member->state};
    *ret_out = (struct event_out){.outcome = EVENT_APPLIED,
                                  .event_id = refund->event_id,
                                  .member_id = member->state.member_id,
                                  .reply = event_reply_json(arena, &reply)};
    return insert_refund(tx, refund, program, &member->state, before_seq, ret_out->reply);
}

// What was returned before is counted with the member loaded, and so locked: two processes must not
// give the same line back.
static enum err hold_member(struct tx *tx, const struct ingest_refund *refund)
{
    const struct program *program;
    struct tx_member *member;
    enum err e = tx_program(tx, refund->by.tenant_id, refund->at_us, &program);

    return e ? e
             : tx_member_load(tx, refund->by.tenant_id, refund->order->member_id, program, &member);
}

enum err ingest_refund(struct tx *tx, struct arena *arena, const struct ingest_refund *refund,
                       struct problems *problems, struct event_out *ret_out)
{
    struct known_order known = {0};
    enum err e = check_member(tx, arena, refund, problems);
    if (!e)
        e = hold_member(tx, refund);
    if (!e)
        e = read_order(tx, arena, refund->by.tenant_id, refund->order, &known);
    if (e)
        return e;
    struct tally before, after;
    if (!tally_init(&before, arena, known.event.order) ||
        !tally_init(&after, arena, known.event.order))
        return ERR_MEMORY;
    e = tally_earlier(tx, arena, refund->by.tenant_id, refund->order->event_id, &before);
    if (!e)
        e = check_returned(arena, &before, refund->in, problems);
    if (e)
        return e;
    for (size_t i = 0; i < known.event.order->n_lines; i++)
        after.lines[i].quantity = before.lines[i].quantity;
    tally_add(&after, refund->in);
    return carry_out(tx, arena, refund, &known, &before, &after, ret_out);
}
