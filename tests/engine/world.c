// SPDX-License-Identifier: Apache-2.0
// world.c - a business in memory, and the laws around every decision.
#include "world.h"

#include "base/json_in.h"
#include "base/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

// ---- the programme

struct default_member {
    const char *key, *json;
};

static const struct default_member defaults[] = {
    {"id", "\"test\""},
    {"name", "\"Test\""},
    {"timezone", "\"Europe/Paris\""},
    {"money", "\"EUR\""},
    {"currencies", "[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"],"
                   "\"fr\":[\"point\",\"points\"]}}]"},
};

static struct str completed(struct world *world, struct str json)
{
    struct problems problems;
    const struct json *document;
    problems_init(&problems, &world->arena);
    if (json_parse(&world->arena, json, &json_limits_bulk, &problems, &document))
        fail_msg("the programme is no JSON: %.*s", STR_FMT(json));
    struct buf text;
    struct json_out out;
    buf_init(&text, &world->arena);
    json_init(&out, &text);
    json_object(&out);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
        if (json_get(document, defaults[i].key))
            continue;
        json_key(&out, defaults[i].key);
        json_raw(&out, str_of(defaults[i].json));
    }
    for (uint32_t i = 0; i < document->n; i++) {
        json_key_str(&out, document->items[i].key);
        json_copy(&out, &document->items[i]);
    }
    json_end(&out);
    return buf_text(&text);
}

void world_program(struct world *world, struct str json)
{
    struct program_problems problems;
    struct program *program;
    struct str document = completed(world, json);
    enum err e = program_compile(&world->arena, document, &problems, &program);
    for (size_t i = 0; i < problems.n; i++)
        print_error("%.*s: %.*s\n", STR_FMT(problems.list[i].pointer),
                    STR_FMT(problems.list[i].detail));
    if (e)
        fail_msg("the programme does not compile");
    program->version = world->program ? world->program->version + 1 : 1;
    world->program = program;
    arena_at_end(&world->arena, (void (*)(void *))program_unref, program);
}

void world_init(struct world *world)
{
    *world = (struct world){0};
    arena_init(&world->arena, (size_t)512 << 20);
}

void world_release(struct world *world)
{
    arena_release(&world->arena);
}

static struct id new_id(struct world *world)
{
    struct id id = {0};
    uint64_t n = ++world->next_id;
    memcpy(id.b, &n, sizeof n);
    return id;
}

struct world_member *world_member(struct world *world, struct str name)
{
    for (size_t i = 0; i < world->n_members; i++) {
        if (str_eq(world->members[i].name, name))
            return world->member = &world->members[i];
    }
    assert_true(world->n_members < WORLD_MEMBERS);
    struct world_member *member = &world->members[world->n_members++];
    member->name = str_dup(&world->arena, name);
    member->state = (struct member_state){
        .arena = &world->arena,
        .member_id = new_id(world),
        .enrolled_us = world->now_us,
        .n_wallets = world->program->n_currencies,
    };
    member->state.wallets =
        arena_new(&world->arena, world->program->n_currencies * sizeof(struct wallet));
    return world->member = member;
}

bool world_time(const struct world *world, struct str text, int64_t *ret_us)
{
    struct date date;
    int64_t clock_s = 0;
    struct str day = {text.p, text.n < 10 ? text.n : 10};
    if (!civil_parse_date(day, &date))
        return false;
    struct str clock = str_skip(text, 10);
    if (clock.n != 0) {
        int parts[3] = {0};
        int n = sscanf(str_c((struct arena *)&world->arena, clock), "T%d:%d:%d", &parts[0],
                       &parts[1], &parts[2]);
        if (n < 2)
            return false;
        clock_s = parts[0] * 3600 + parts[1] * 60 + parts[2];
    } else {
        *ret_us = calendar_at(world->program->tz, date);
        return true;
    }
    int64_t local = civil_day(date) * DAY_S + clock_s;
    *ret_us = tz_unix(world->program->tz, local, TZ_GAP_SHIFT, TZ_FOLD_FIRST) * SECOND_US;
    return true;
}

// ---- counters of the programme and of stores

static struct str shared_name(struct world *world, struct str store, struct str name)
{
    return str_printf(&world->arena, "%.*s/%.*s", STR_FMT(store), STR_FMT(name));
}

static int64_t shared_get(void *ctx, enum limit_scope owner, struct str store, struct str name,
                          int64_t period)
{
    struct world *world = ctx;
    assert_true(owner != LIMIT_MEMBER);
    return counters_get(&world->shared, shared_name(world, store, name), period);
}

struct shared_counters world_shared(struct world *world)
{
    return (struct shared_counters){.get = shared_get, .ctx = world};
}

static void apply_shared(struct world *world, const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_counters; i++) {
        const struct counter_change *change = &decision->counters[i];
        if (change->owner == LIMIT_MEMBER)
            continue;
        struct str name = shared_name(world, change->store, change->name);
        counters_add(&world->shared, &world->arena, name, change->period, change->delta);
        if (change->max > 0 && change->delta > 0)
            assert_true(counters_get(&world->shared, name, change->period) <= change->max);
    }
}

// ---- laws

static struct str picture_of_state(struct arena *arena, const struct member_state *state)
{
    struct buf text;
    buf_init(&text, arena);
    buf_printf(&text, "seq %lld;", (long long)state->last_seq);
    for (size_t i = 0; i < state->n_wallets; i++) {
        const struct wallet *w = &state->wallets[i];
        buf_printf(&text, "wallet %lld %lld %lld %lld;", (long long)w->available,
                   (long long)w->pending, (long long)w->held, (long long)w->debt);
    }
    for (size_t i = 0; i < state->n_lots; i++) {
        const struct lot *l = &state->lots[i];
        buf_printf(&text, "lot %lld %d %lld/%lld %d %lld %lld;", (long long)l->seq, l->currency,
                   (long long)l->remaining, (long long)l->units, l->pending,
                   (long long)l->activates_us, (long long)l->expires_us);
    }
    for (size_t i = 0; i < state->n_holds; i++)
        buf_printf(&text, "hold %lld %lld;", (long long)state->holds[i].seq,
                   (long long)state->holds[i].units);
    for (size_t i = 0; i < state->counters.n; i++) {
        const struct counter *c = &state->counters.list[i];
        buf_printf(&text, "counter %.*s %lld %lld;", STR_FMT(c->name), (long long)c->period,
                   (long long)c->value);
    }
    return buf_text(&text);
}

static struct str picture_of_decision(struct arena *arena, const struct decision *decision)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, arena);
    for (size_t i = 0; i < decision->n_effects; i++) {
        const struct effect *e = &decision->effects[i];
        buf_printf(&text, "%lld %s %d %lld at %lld %lld %lld ref %lld ", (long long)e->seq,
                   effect_info(e->kind)->code, e->currency, (long long)e->units,
                   (long long)e->effective_us, (long long)e->activates_us, (long long)e->expires_us,
                   (long long)e->ref_seq);
        for (size_t j = 0; j < e->n_allocations; j++)
            buf_printf(&text, "(%lld %lld)", (long long)e->allocations[j].lot_seq,
                       (long long)e->allocations[j].units);
        json_init(&out, &text);
        derivation_json(&out, e);
    }
    for (size_t i = 0; i < decision->n_counters; i++)
        buf_printf(&text, "%.*s %lld %lld;", STR_FMT(decision->counters[i].name),
                   (long long)decision->counters[i].period, (long long)decision->counters[i].delta);
    return buf_text(&text);
}

// S1 to S3 and S5.
static void check_state(struct world *world, const struct member_state *state)
{
    struct wallet *sums = arena_new(&world->arena, (state->n_wallets + 1) * sizeof(struct wallet));
    for (size_t i = 0; i < state->n_lots; i++) {
        const struct lot *lot = &state->lots[i];
        assert_true(lot->remaining > 0 && lot->remaining <= lot->units);
        assert_true(lot->expires_us > lot->activates_us);
        int64_t *sum = lot->pending ? &sums[lot->currency].pending : &sums[lot->currency].available;
        *sum += lot->remaining;
        if (i > 0) {
            const struct lot *before = &state->lots[i - 1];
            assert_true(before->expires_us <= lot->expires_us);
            if (before->expires_us == lot->expires_us)
                assert_true(before->activates_us < lot->activates_us ||
                            (before->activates_us == lot->activates_us && before->seq < lot->seq));
        }
    }
    for (size_t i = 0; i < state->n_holds; i++)
        sums[state->holds[i].currency].held += state->holds[i].units;
    for (size_t i = 0; i < state->n_wallets; i++) {
        const struct wallet *wallet = &state->wallets[i];
        assert_int_equal(wallet->available, sums[i].available);
        assert_int_equal(wallet->pending, sums[i].pending);
        assert_int_equal(wallet->held, sums[i].held);
        assert_true(wallet->debt >= 0);
        if (wallet->debt > 0)
            assert_int_equal(wallet->available, 0);
    }
}

static int64_t sign(enum account account, enum account debit, enum account credit)
{
    return (account == credit) - (account == debit);
}

// The wallet is the sum of all movements, and everything a movement takes arrives somewhere.
static void check_log(struct world *world, const struct world_member *member)
{
    for (size_t c = 0; c < member->state.n_wallets; c++) {
        int64_t sums[16] = {0}, total = 0;
        for (size_t i = 0; i < world->n_log; i++) {
            const struct effect *e = &world->log[i].effect;
            if (world->log[i].member != member || (size_t)e->currency != c)
                continue;
            const struct effect_info *info = effect_info(e->kind);
            for (enum account a = ACCOUNT_AVAILABLE; a <= ACCOUNT_TRANSFER; a++)
                sums[a] += sign(a, info->debit, info->credit) * e->units;
        }
        for (enum account a = ACCOUNT_AVAILABLE; a <= ACCOUNT_TRANSFER; a++)
            total += sums[a];
        const struct wallet *wallet = &member->state.wallets[c];
        assert_int_equal(total, 0);
        assert_int_equal(wallet->available, sums[ACCOUNT_AVAILABLE]);
        assert_int_equal(wallet->pending, sums[ACCOUNT_PENDING]);
        assert_int_equal(wallet->held, sums[ACCOUNT_HELD]);
        assert_int_equal(wallet->debt, -sums[ACCOUNT_DEBT]);
    }
}

// units - remaining of a lot is what allocations took less what they gave back.
static int64_t left_of_lot(const struct world *world, const struct world_member *member,
                           const struct effect *opened)
{
    int64_t left = opened->units;
    for (size_t i = 0; i < world->n_log; i++) {
        const struct effect *e = &world->log[i].effect;
        if (world->log[i].member != member)
            continue;
        for (size_t j = 0; j < e->n_allocations; j++) {
            if (e->allocations[j].lot_seq != opened->seq)
                continue;
            bool takes = effect_info(e->kind)->lots == LOTS_TAKES;
            left += takes ? -e->allocations[j].units : e->allocations[j].units;
            assert_true(left >= 0 && left <= opened->units);
        }
    }
    return left;
}

static void check_lots(struct world *world, const struct world_member *member)
{
    int64_t seq = 0;
    for (size_t i = 0; i < world->n_log; i++) {
        const struct effect *e = &world->log[i].effect;
        if (world->log[i].member != member)
            continue;
        assert_int_equal(e->seq, ++seq); // gapless
        if (effect_info(e->kind)->lots != LOTS_OPENS)
            continue;
        int64_t left = left_of_lot(world, member, e), there = 0;
        for (size_t j = 0; j < member->state.n_lots; j++) {
            if (member->state.lots[j].seq == e->seq)
                there = member->state.lots[j].remaining;
        }
        assert_int_equal(left, there);
    }
    assert_int_equal(seq, member->state.last_seq);
}

void world_check(struct world *world, const struct world_member *member)
{
    check_state(world, &member->state);
    check_log(world, member);
    check_lots(world, member);
}

static void check_effect(const struct effect *effect)
{
    int64_t shares = 0, allocated = 0;
    assert_true(effect->units > 0);
    for (size_t i = 0; i < effect->n_allocations; i++)
        allocated += effect->allocations[i].units;
    if (effect->n_allocations > 0)
        assert_int_equal(allocated, effect->units);
    for (size_t i = 0; i < effect->why->n_shares; i++)
        shares += effect->why->shares[i].units;
    if (effect->why->n_shares > 0 && effect->why->reason != REASON_REFUND)
        assert_int_equal(shares, effect->units);
    for (size_t i = 0; i < effect->why->n_clips; i++) {
        const struct clip *clip = &effect->why->clips[i];
        assert_true(clip->given < clip->wanted);
        if (clip->counts_units)
            assert_true(clip->used + clip->given <= clip->max);
    }
}

// ---- deciding

typedef enum err deciding(struct world *world, const void *ctx, struct decision *decision);

static void write_log(struct world *world, struct world_member *member,
                      const struct decision *decision)
{
    for (size_t i = 0; i < decision->n_effects; i++) {
        if (world->n_log == world->room_log) {
            size_t room = world->room_log ? world->room_log * 2 : 64;
            struct world_entry *log = arena_try_array(&world->arena, room, sizeof *log);
            assert_non_null(log);
            if (world->n_log)
                memcpy(log, world->log, world->n_log * sizeof *log);
            world->log = log;
            world->room_log = room;
        }
        check_effect(&decision->effects[i]);
        world->log[world->n_log++] = (struct world_entry){member, decision->effects[i]};
    }
}

// Twice the same question, once carried out.
static enum err decide(struct world *world, struct world_member *member, deciding *decider,
                       const void *ctx, struct decision *ret_decision)
{
    struct decision again;
    struct str before = picture_of_state(&world->arena, &member->state);
    decision_init(ret_decision, &world->arena);
    decision_init(&again, &world->arena);
    enum err e = decider(world, ctx, ret_decision);
    enum err e_again = decider(world, ctx, &again);
    assert_int_equal(e, e_again);
    struct str a = picture_of_decision(&world->arena, ret_decision);
    assert_true(str_eq(a, picture_of_decision(&world->arena, &again)));           // I24
    assert_true(str_eq(before, picture_of_state(&world->arena, &member->state))); // N1, N2
    if (e) {
        assert_int_equal(ret_decision->n_effects + ret_decision->n_counters, 0);
        return e;
    }
    engine_apply(&member->state, ret_decision);
    apply_shared(world, ret_decision);
    write_log(world, member, ret_decision);
    world_check(world, member);
    return OK;
}

static enum err decide_advance(struct world *world, const void *ctx, struct decision *decision)
{
    const int64_t *to_us = ctx;
    return engine_advance(world->program, &world->member->state, *to_us, decision);
}

void world_advance(struct world *world, int64_t to_us)
{
    assert_true(to_us >= world->now_us);
    world->now_us = to_us;
    for (size_t i = 0; i < world->n_members; i++) {
        struct world_member *current = world->member;
        world->member = &world->members[i];
        struct decision decision;
        assert_int_equal(decide(world, world->member, decide_advance, &to_us, &decision), OK);
        assert_true(engine_next_due(&world->member->state) > to_us);
        world->member = current;
        if (world->member == &world->members[i])
            world->last = decision;
    }
}

// ---- events

static enum err decide_event(struct world *world, const void *ctx, struct decision *decision)
{
    struct shared_counters shared = world_shared(world);
    struct world_order *order = (struct world_order *)ctx;
    return engine_decide_event(world->program, &world->member->state, &shared, &order->event,
                               decision, &order->facts);
}

enum err world_event(struct world *world, struct str name, const struct event *event)
{
    struct world_order order = {
        .name = str_dup(&world->arena, name),
        .member = world->member,
        .program = world->program,
        .event = *event,
    };
    order.event.id = new_id(world);
    if (order.event.order) {
        enum err e = event_price(&world->arena, order.event.order, world->program);
        if (e)
            return e;
    }
    enum err e = decide(world, world->member, decide_event, &order, &world->last);
    if (!e && world->n_orders < WORLD_ORDERS)
        world->orders[world->n_orders++] = order;
    return e;
}

struct world_order *world_order(struct world *world, struct str name)
{
    for (size_t i = 0; i < world->n_orders; i++) {
        if (str_eq(world->orders[i].name, name))
            return &world->orders[i];
    }
    return NULL;
}

// ---- returns

static enum err decide_refund(struct world *world, const void *ctx, struct decision *decision)
{
    const struct refund *refund = ctx;
    return engine_decide_refund(world->program, &world->member->state, refund, decision);
}

static struct returned *added(struct world *world, const struct world_order *order,
                              const struct returned *returned, size_t n, size_t *ret_n)
{
    struct returned *all = arena_new(&world->arena, (order->n_returned + n + 1) * sizeof *all);
    size_t count = order->n_returned;
    if (count)
        memcpy(all, order->returned, count * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < count && !str_eq(all[at].line_id, returned[i].line_id))
            at++;
        if (at == count)
            all[count++] = (struct returned){.line_id = returned[i].line_id};
        all[at].quantity += returned[i].quantity;
    }
    *ret_n = count;
    return all;
}

enum err world_refund(struct world *world, struct str name, const struct returned *returned,
                      size_t n)
{
    struct world_order *order = world_order(world, name);
    assert_non_null(order);
    world->member = order->member;
    size_t n_after;
    struct returned *after = added(world, order, returned, n, &n_after);
    struct refund refund = {
        .program = order->program,
        .order = &order->event,
        .facts = &order->facts,
        .before = order->returned,
        .n_before = order->n_returned,
        .after = after,
        .n_after = n_after,
        .at_us = world->now_us,
    };
    enum err e = decide(world, order->member, decide_refund, &refund, &world->last);
    if (e)
        return e;
    order->returned = after;
    order->n_returned = n_after;
    return OK;
}

// ---- rewards

static struct world_redemption *redemption_of(struct world *world, struct str name)
{
    for (size_t i = 0; i < world->n_redemptions; i++) {
        if (str_eq(world->redemptions[i].name, name))
            return &world->redemptions[i];
    }
    return NULL;
}

static enum err decide_claim(struct world *world, const void *ctx, struct decision *decision)
{
    const struct claim *claim = ctx;
    struct shared_counters shared = world_shared(world);
    const struct member_state *state = &world->member->state;
    if (claim->expires_us)
        return engine_decide_hold(world->program, state, &shared, claim, decision);
    return engine_decide_redeem(world->program, state, &shared, claim, decision);
}

enum err world_redeem(struct world *world, struct str reward, struct str name,
                      int64_t hold_until_us)
{
    struct claim claim = {
        .reward = program_reward_index(world->program, reward),
        .redemption_id = new_id(world),
        .at_us = world->now_us,
        .expires_us = hold_until_us,
    };
    enum err e = decide(world, world->member, decide_claim, &claim, &world->last);
    if (e)
        return e;
    assert_true(world->n_redemptions < WORLD_REDEMPTIONS);
    world->redemptions[world->n_redemptions++] = (struct world_redemption){
        .name = str_dup(&world->arena, name),
        .member = world->member,
        .reward_id = str_dup(&world->arena, reward),
        .id = claim.redemption_id,
    };
    return OK;
}

static enum err decide_capture(struct world *world, const void *ctx, struct decision *decision)
{
    const struct world_redemption *redemption = ctx;
    return engine_decide_capture(world->program, &redemption->member->state, redemption->id,
                                 world->now_us, decision);
}

enum err world_capture(struct world *world, struct str name)
{
    struct world_redemption *redemption = redemption_of(world, name);
    if (!redemption)
        return ERR_NOT_FOUND;
    return decide(world, redemption->member, decide_capture, redemption, &world->last);
}

static enum err decide_release(struct world *world, const void *ctx, struct decision *decision)
{
    const struct world_redemption *redemption = ctx;
    return engine_decide_release(world->program, &redemption->member->state, redemption->id,
                                 world->now_us, decision);
}

enum err world_release_hold(struct world *world, struct str name)
{
    struct world_redemption *redemption = redemption_of(world, name);
    if (!redemption)
        return ERR_NOT_FOUND;
    return decide(world, redemption->member, decide_release, redemption, &world->last);
}

// The entry of the log with that seq.
static const struct effect *entry_of(const struct world *world, const struct world_member *member,
                                     int64_t seq)
{
    for (size_t i = 0; i < world->n_log; i++) {
        if (world->log[i].member == member && world->log[i].effect.seq == seq)
            return &world->log[i].effect;
    }
    fail_msg("no entry %lld", (long long)seq);
    return NULL;
}

// The lot as it was opened, from nothing but the log: what the flow reads from the ledger.
static struct lot lot_of(const struct world *world, const struct world_member *member, int64_t seq)
{
    const struct effect *e = entry_of(world, member, seq);
    return (struct lot){
        .seq = e->seq,
        .currency = e->currency,
        .units = e->units,
        .activates_us = e->activates_us,
        .expires_us = e->expires_us,
        .order_id = e->order_id,
    };
}

static struct spent spent_of(struct world *world, const struct world_member *member,
                             const struct effect *e)
{
    const struct effect *took = e;
    if (e->kind == EFFECT_CAPTURE)
        took = entry_of(world, member, e->ref_seq);
    struct lot *lots = arena_new(&world->arena, (took->n_allocations + 1) * sizeof *lots);
    for (size_t i = 0; i < took->n_allocations; i++)
        lots[i] = lot_of(world, member, took->allocations[i].lot_seq);
    return (struct spent){
        .seq = e->seq,
        .currency = e->currency,
        .units = e->units,
        .allocations = took->allocations,
        .n_allocations = took->n_allocations,
        .lots = lots,
    };
}

static enum err decide_reverse(struct world *world, const void *ctx, struct decision *decision)
{
    const struct reversal *reversal = ctx;
    return engine_decide_reverse(world->program, &world->member->state, reversal, decision);
}

enum err world_reverse(struct world *world, struct str name)
{
    struct world_redemption *redemption = redemption_of(world, name);
    struct spent spent[8];
    size_t n = 0;
    if (!redemption)
        return ERR_NOT_FOUND;
    world->member = redemption->member;
    for (size_t i = 0; i < world->n_log; i++) {
        const struct effect *e = &world->log[i].effect;
        if (!id_eq(e->redemption_id, redemption->id))
            continue;
        if (e->kind == EFFECT_RETURN)
            return ERR_ALREADY_REVERSED; // the flow's to know
        if (e->kind == EFFECT_REDEEM || e->kind == EFFECT_CAPTURE)
            spent[n++] = spent_of(world, redemption->member, e);
    }
    if (n == 0)
        return ERR_NOT_REVERSIBLE;
    struct reversal reversal = {
        .reward_id = redemption->reward_id,
        .redemption_id = redemption->id,
        .spent = spent,
        .n_spent = n,
        .at_us = world->now_us,
    };
    return decide(world, world->member, decide_reverse, &reversal, &world->last);
}

// ---- corrections

struct adjustment {
    int currency;
    int64_t units;
    struct str note;
};

static enum err decide_adjust(struct world *world, const void *ctx, struct decision *decision)
{
    const struct adjustment *adjustment = ctx;
    return engine_decide_adjust(world->program, &world->member->state, adjustment->currency,
                                adjustment->units, adjustment->note, world->now_us, decision);
}

enum err world_adjust(struct world *world, int currency, int64_t units, struct str note)
{
    struct adjustment adjustment = {currency, units, note};
    return decide(world, world->member, decide_adjust, &adjustment, &world->last);
}
