// SPDX-License-Identifier: Apache-2.0
// subject_engine.c - the pure engine in the place of the flow: states in memory, no store.
//
// It keeps every effect, because a reversal asks for the entries that are to be undone, and checks
// the laws that one decision can break (decision.h D1-D4, state.h S1-S5).
#include "sim/subject.h"

#include <stdio.h>
#include <string.h>

enum { SPEND_HELD, SPEND_DONE, SPEND_OVER, SPEND_REVERSED };

struct told_event {
    int member;
    const struct program *program;
    const struct event *event;
    struct event_facts facts;
    struct returned returned[MODEL_LINES];
    size_t n_lines;
};

struct spending {
    int member, reward;
    struct id id;
    const struct program *program;
};

struct engine_subject {
    struct subject subject;
    struct arena *arena;
    const struct program *program;
    struct member_state *states;
    struct effect **effects; // by member, room_effects each
    int *n_effects;
    struct counters *shared[3]; // by limit scope
    struct told_event *events;
    struct spending *spendings;
    int n_members, n_events, n_spendings, room;
    int64_t now_us;
};

#define EFFECTS_PER_MEMBER 16384

static struct engine_subject *of(struct subject *subject)
{
    return (struct engine_subject *)(void *)subject;
}

static struct id make_id(int kind, int n)
{
    struct id id = {{(uint8_t)kind}};
    memcpy(id.b + 8, &n, sizeof n);
    return id;
}

// ---- counters of the programme and of stores

static struct str shared_name(struct arena *arena, enum limit_scope owner, struct str store,
                              struct str name)
{
    return owner == LIMIT_STORE ? str_printf(arena, "%.*s|%.*s", STR_FMT(store), STR_FMT(name))
                                : name;
}

static int64_t get_shared(void *ctx, enum limit_scope owner, struct str store, struct str name,
                          int64_t period)
{
    struct engine_subject *it = ctx;
    return counters_get(it->shared[owner], shared_name(it->arena, owner, store, name), period);
}

static struct shared_counters shared_of(struct engine_subject *it)
{
    return (struct shared_counters){get_shared, it};
}

// ---- laws of one decision and of the state after it

static void check_effect(const struct effect *effect, int64_t seq)
{
    int64_t sum = 0;
    CHECK(effect->units > 0);  // D1
    CHECK(effect->seq == seq); // D4
    for (size_t i = 0; i < effect->n_allocations; i++)
        sum += effect->allocations[i].units;
    enum lot_use use = effect_info(effect->kind)->lots;
    CHECK((use == LOTS_TAKES || use == LOTS_RETURNS) ? sum == effect->units : sum == 0); // D2
    sum = 0;
    for (size_t i = 0; effect->why != NULL && i < effect->why->n_shares; i++)
        sum += effect->why->shares[i].units;
    CHECK(effect->why != NULL);
    CHECK(effect->why->n_shares == 0 || use != LOTS_OPENS || effect->why->reason == REASON_REFUND ||
          sum == effect->units); // D3
    CHECK(use != LOTS_OPENS || effect->expires_us > effect->activates_us);
}

static void check_state(const struct member_state *state)
{
    for (size_t c = 0; c < state->n_wallets; c++) {
        struct wallet sums = {0};
        for (size_t i = 0; i < state->n_lots; i++) {
            const struct lot *lot = &state->lots[i];
            if (lot->currency == (int)c)
                *(lot->pending ? &sums.pending : &sums.available) += lot->remaining;
            CHECK(lot->remaining > 0 && lot->remaining <= lot->units); // S3
        }
        for (size_t i = 0; i < state->n_holds; i++)
            if (state->holds[i].currency == (int)c)
                sums.held += state->holds[i].units;
        const struct wallet *wallet = &state->wallets[c];
        CHECK(wallet->available == sums.available && wallet->pending == sums.pending &&
              wallet->held == sums.held && wallet->debt >= 0); // S1
    }
}

static void print_effect(const struct effect *effect)
{
    printf("       engine %3lld %-16s %6lld of currency %d by '%.*s'", (long long)effect->seq,
           effect_info(effect->kind)->code, (long long)effect->units, effect->currency,
           STR_FMT(effect->rule_id));
    for (size_t i = 0; i < effect->n_allocations; i++)
        printf(" %lldx%lld", (long long)effect->allocations[i].units,
               (long long)effect->allocations[i].lot_seq);
    printf("\n");
}

static void carry_out(struct engine_subject *it, int member, const struct decision *decision)
{
    struct member_state *state = &it->states[member];
    CHECK(!arena_overflowed(it->arena));
    for (size_t i = 0; i < decision->n_effects; i++) {
        if (it->subject.loud)
            print_effect(&decision->effects[i]);
        check_effect(&decision->effects[i], state->last_seq + 1 + (int64_t)i);
        CHECK(it->n_effects[member] < EFFECTS_PER_MEMBER);
        it->effects[member][it->n_effects[member]++] = decision->effects[i];
    }
    it->subject.n_effects += (int64_t)decision->n_effects;
    engine_apply(state, decision);
    CHECK(!arena_overflowed(state->arena));
    for (size_t i = 0; i < decision->n_counters; i++) {
        const struct counter_change *change = &decision->counters[i];
        if (change->owner != LIMIT_MEMBER)
            counters_add(it->shared[change->owner], it->arena,
                         shared_name(it->arena, change->owner, change->store, change->name),
                         change->period, change->delta);
    }
    check_state(state);
}

static enum err settle(struct engine_subject *it, int member, struct decision *decision, enum err e)
{
    if (e) {
        CHECK(decision->n_effects == 0 && decision->n_counters == 0); // N1
        return e;
    }
    carry_out(it, member, decision);
    return OK;
}

// ---- the operations

static void together(struct subject *subject, const struct together *steps)
{
    struct engine_subject *it = of(subject);
    for (int i = 0; i < steps->n; i++) {
        it->now_us = steps->clock_us > it->now_us ? steps->clock_us : it->now_us + 1;
        (void)steps->run(steps->ctx, i, it->now_us);
        steps->settled(steps->ctx, i, false);
    }
}

static void take_program(struct subject *subject, const struct program *program,
                         struct str document)
{
    of(subject)->program = program;
}

static void enrol(struct subject *subject, int member)
{
    struct engine_subject *it = of(subject);
    size_t n = it->program->n_currencies;
    it->states[member] = (struct member_state){
        .arena = it->arena,
        .member_id = make_id(1, member),
        .enrolled_us = it->now_us,
        .n_wallets = n,
        .wallets = arena_try_array(it->arena, n, sizeof(struct wallet)),
    };
    it->effects[member] = arena_try_array(it->arena, EFFECTS_PER_MEMBER, sizeof **it->effects);
    CHECK(it->states[member].wallets != NULL && it->effects[member] != NULL);
    it->n_members++;
}

static void advance(struct subject *subject, int member)
{
    struct engine_subject *it = of(subject);
    struct decision decision;
    decision_init(&decision, it->arena);
    CHECK(engine_advance(it->program, &it->states[member], it->now_us, &decision) == OK);
    bool due = engine_next_due(&it->states[member]) <= it->now_us;
    CHECK(due == (decision.n_effects > 0));
    carry_out(it, member, &decision);
    CHECK(engine_next_due(&it->states[member]) > it->now_us);
}

// The same programme, state and event decide the same (engine.h, first line).
static void check_same(const struct decision *a, const struct decision *b)
{
    CHECK(a->n_effects == b->n_effects && a->n_counters == b->n_counters);
    for (size_t i = 0; i < a->n_effects; i++) {
        const struct effect *x = &a->effects[i], *y = &b->effects[i];
        CHECK(x->kind == y->kind && x->units == y->units && x->seq == y->seq &&
              x->currency == y->currency && x->expires_us == y->expires_us &&
              x->activates_us == y->activates_us && x->n_allocations == y->n_allocations);
    }
    for (size_t i = 0; i < a->n_counters; i++)
        CHECK(str_eq(a->counters[i].name, b->counters[i].name) &&
              a->counters[i].delta == b->counters[i].delta);
}

static enum err event(struct subject *subject, int member, const struct program *program,
                      struct event *event)
{
    struct engine_subject *it = of(subject);
    struct told_event *told = &it->events[it->n_events++];
    *told = (struct told_event){.member = member, .program = program, .event = event};
    event->id = make_id(2, it->n_events);
    for (size_t i = 0; event->order != NULL && i < event->order->n_lines; i++)
        told->returned[told->n_lines++].line_id = event->order->lines[i].id;
    if (event->order != NULL)
        CHECK(event_price(it->arena, event->order, program) == OK);
    advance(subject, member);
    struct decision decision, again;
    decision_init(&decision, it->arena);
    decision_init(&again, it->arena);
    struct shared_counters shared = shared_of(it);
    struct event_facts facts;
    CHECK(engine_decide_event(program, &it->states[member], &shared, event, &again, &facts) == OK);
    enum err e = settle(it, member, &decision,
                        engine_decide_event(program, &it->states[member], &shared, event, &decision,
                                            &told->facts));
    check_same(&again, &decision);
    return e;
}

static enum err refund(struct subject *subject, int index, struct str order,
                       const struct returned *returned, size_t n)
{
    struct engine_subject *it = of(subject);
    struct told_event *told = &it->events[index];
    struct returned all[2][MODEL_LINES];
    size_t counts[2] = {0};
    struct returned sum[MODEL_LINES];
    for (size_t i = 0; i < told->n_lines; i++) {
        sum[i] = told->returned[i];
        if (n == 0)
            sum[i].quantity = told->event->order->lines[i].quantity;
        for (size_t j = 0; j < n; j++)
            if (str_eq(sum[i].line_id, returned[j].line_id))
                sum[i].quantity += returned[j].quantity;
        if (told->returned[i].quantity > 0)
            all[0][counts[0]++] = told->returned[i];
        if (sum[i].quantity > 0)
            all[1][counts[1]++] = sum[i];
    }
    advance(subject, told->member);
    struct refund what = {.program = told->program,
                          .order = told->event,
                          .facts = &told->facts,
                          .before = all[0],
                          .n_before = counts[0],
                          .after = all[1],
                          .n_after = counts[1],
                          .at_us = it->now_us};
    struct decision decision;
    decision_init(&decision, it->arena);
    enum err e =
        settle(it, told->member, &decision,
               engine_decide_refund(it->program, &it->states[told->member], &what, &decision));
    if (e == OK)
        memcpy(told->returned, sum, told->n_lines * sizeof *sum);
    return e;
}

static enum err redeem(struct subject *subject, int member, int reward, bool hold,
                       int64_t hold_until_us)
{
    struct engine_subject *it = of(subject);
    advance(subject, member);
    struct decision decision;
    decision_init(&decision, it->arena);
    struct shared_counters shared = shared_of(it);
    struct claim claim = {.reward = reward,
                          .redemption_id = make_id(3, it->n_spendings),
                          .at_us = it->now_us,
                          .expires_us = hold_until_us};
    enum err e =
        (hold ? engine_decide_hold : engine_decide_redeem)(it->program, &it->states[member],
                                                           &shared, &claim, &decision);
    e = settle(it, member, &decision, e);
    if (e == OK)
        it->spendings[it->n_spendings++] =
            (struct spending){member, reward, claim.redemption_id, it->program};
    return e;
}

static enum err end_hold(struct subject *subject, int redemption,
                         enum err (*decide)(const struct program *, const struct member_state *,
                                            struct id, int64_t, struct decision *))
{
    struct engine_subject *it = of(subject);
    const struct spending *spending = &it->spendings[redemption];
    advance(subject, spending->member);
    struct decision decision;
    decision_init(&decision, it->arena);
    return settle(it, spending->member, &decision,
                  decide(spending->program, &it->states[spending->member], spending->id, it->now_us,
                         &decision));
}

static enum err capture(struct subject *subject, int redemption)
{
    return end_hold(subject, redemption, engine_decide_capture);
}

static enum err release(struct subject *subject, int redemption)
{
    return end_hold(subject, redemption, engine_decide_release);
}

static const struct effect *effect_at(struct engine_subject *it, int member, int64_t seq)
{
    return &it->effects[member][seq - 1];
}

// The entries of a redemption that took units for good, with the lots as they were opened.
static size_t find_spent(struct engine_subject *it, const struct spending *spending,
                         struct spent *spent, bool *ret_reversed)
{
    size_t n = 0;
    *ret_reversed = false;
    for (int i = 0; i < it->n_effects[spending->member]; i++) {
        const struct effect *effect = &it->effects[spending->member][i];
        if (!id_eq(effect->redemption_id, spending->id))
            continue;
        if (effect->kind == EFFECT_RETURN)
            *ret_reversed = true;
        if (effect->kind != EFFECT_REDEEM && effect->kind != EFFECT_CAPTURE)
            continue;
        const struct effect *took = effect->kind == EFFECT_CAPTURE
                                        ? effect_at(it, spending->member, effect->ref_seq)
                                        : effect;
        struct lot *lots = arena_try_array(it->arena, took->n_allocations, sizeof *lots);
        CHECK(lots != NULL);
        for (size_t j = 0; j < took->n_allocations; j++) {
            const struct effect *opened =
                effect_at(it, spending->member, took->allocations[j].lot_seq);
            lots[j] = (struct lot){.seq = opened->seq,
                                   .currency = opened->currency,
                                   .units = opened->units,
                                   .activates_us = opened->activates_us,
                                   .expires_us = opened->expires_us,
                                   .order_id = opened->order_id};
        }
        spent[n++] = (struct spent){effect->seq,       effect->currency,    effect->units,
                                    took->allocations, took->n_allocations, lots};
    }
    return n;
}

static enum err reverse(struct subject *subject, int redemption)
{
    struct engine_subject *it = of(subject);
    const struct spending *spending = &it->spendings[redemption];
    advance(subject, spending->member);
    struct spent spent[8];
    bool reversed;
    size_t n = find_spent(it, spending, spent, &reversed);
    if (reversed)
        return ERR_ALREADY_REVERSED;
    if (n == 0)
        return ERR_NOT_REVERSIBLE;
    struct decision decision;
    decision_init(&decision, it->arena);
    struct reversal reversal = {.reward_id = spending->program->rewards[spending->reward].id,
                                .redemption_id = spending->id,
                                .spent = spent,
                                .n_spent = n,
                                .at_us = it->now_us};
    return settle(it, spending->member, &decision,
                  engine_decide_reverse(it->program, &it->states[spending->member], &reversal,
                                        &decision));
}

static enum err adjust(struct subject *subject, int member, int currency, int64_t units)
{
    struct engine_subject *it = of(subject);
    advance(subject, member);
    struct decision decision;
    decision_init(&decision, it->arena);
    return settle(it, member, &decision,
                  engine_decide_adjust(it->program, &it->states[member], currency, units,
                                       STR("by hand"), it->now_us, &decision));
}

static const struct wallet *wallets(struct subject *subject, int member)
{
    return of(subject)->states[member].wallets;
}

static const struct lot *lots(struct subject *subject, int member, size_t *ret_n)
{
    *ret_n = of(subject)->states[member].n_lots;
    return of(subject)->states[member].lots;
}

struct subject *subject_engine(struct arena *arena, int room)
{
    struct engine_subject *it = arena_new(arena, sizeof *it);
    it->subject = (struct subject){.together = together,
                                   .program = take_program,
                                   .enrol = enrol,
                                   .event = event,
                                   .refund = refund,
                                   .redeem = redeem,
                                   .capture = capture,
                                   .release = release,
                                   .reverse = reverse,
                                   .adjust = adjust,
                                   .advance = advance,
                                   .wallets = wallets,
                                   .lots = lots};
    it->subject.keeps_advance = true;
    it->arena = arena;
    it->room = room;
    size_t n = (size_t)room;
    it->states = arena_try_array(arena, 16, sizeof *it->states);
    it->effects = arena_try_array(arena, 16, sizeof *it->effects);
    it->n_effects = arena_try_array(arena, 16, sizeof *it->n_effects);
    it->events = arena_try_array(arena, n, sizeof *it->events);
    it->spendings = arena_try_array(arena, n, sizeof *it->spendings);
    for (int i = 0; i < 3; i++)
        it->shared[i] = arena_new(arena, sizeof **it->shared);
    CHECK(!arena_overflowed(arena));
    return &it->subject;
}
