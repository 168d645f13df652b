// SPDX-License-Identifier: Apache-2.0
// run.c - what an operation means here and now, told to both sides, and both compared.
#include "sim/sim.h"

#include "sim/subject.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define US_S ((int64_t)1000000)
#define US_DAY (86400 * US_S)
#define START_US (1772323200 * US_S) // 2026-03-01
#define VERSIONS_MAX 64
#define LOTS_ROOM 1024
#define EARLY_MAX 256

// A return that came before its sale: one piece of its first line.
struct early {
    int order;
    bool waits;
};

// What an operation that is told again starts from.
struct moment {
    struct model model;
    struct model_event *events; // their sums of what was returned
    struct early early[EARLY_MAX];
    int n_early, n_printed, n_programs;
};

// Operations of one instant.
struct group {
    const struct op *ops;
    int n;
    struct moment *moments; // NULL: none is ever told again
    int n_tried;            // how many have a moment
    enum err *found;
    struct moment before; // the rehearsal
};

struct world {
    const struct sim *sim;
    struct arena arena;
    struct plan plan;
    struct model model;
    struct subject *subject;
    struct program *programs[VERSIONS_MAX];
    int n_programs;
    struct event **events;
    int64_t clock_us, now_us;
    struct rng rng; // of the operation
    struct sim_report report;
    struct early early[EARLY_MAX];
    int n_early;
    struct str data_dir;
    int n_printed;    // of the model's entries
    const char *what; // the operation's name
    enum err found;   // how it ended
    int64_t number;   // the operation's
    bool rehearsing;
    uint64_t touched; // a bit for each member since the last comparison
    struct group group;
};

// ---- programmes

static void add_program(struct world *world)
{
    if (world->n_programs == VERSIONS_MAX)
        return;
    struct str document = plan_document(&world->plan, &world->arena, world->n_programs + 1);
    struct program_problems problems = {0};
    struct program *program;
    if (program_compile(&world->arena, document, &problems, &program) != OK) {
        for (size_t i = 0; i < problems.n && !world->sim->quiet; i++)
            fprintf(stderr, "%.*s: %.*s\n", STR_FMT(problems.list[i].pointer),
                    STR_FMT(problems.list[i].detail));
        CHECK(!"the plan's document compiles");
    }
    program->version = world->n_programs + 1;
    program->valid_from_us = world->now_us;
    if (world->sim->loud && !world->rehearsing)
        printf("programme %d: %.*s\n", world->n_programs + 1, STR_FMT(document));
    world->programs[world->n_programs++] = program;
    world->subject->program(world->subject, program, document);
}

static const struct program *program_at(const struct world *world, int64_t at_us)
{
    int i = world->n_programs - 1;
    while (i > 0 && world->programs[i]->valid_from_us > at_us)
        i--;
    return world->programs[i];
}

// ---- comparing

static _Noreturn void differ(const struct world *world, const char *what, int member, int64_t model,
                             int64_t subject)
{
    if (!world->sim->quiet)
        fprintf(stderr, "seed %llu, operation %lld (%s), member %d: %s is %lld, should be %lld\n",
                (unsigned long long)world->sim->seed, (long long)world->number, world->what, member,
                what, (long long)subject, (long long)model);
    fflush(NULL);
    _exit(1);
}

#define SAME(world, what, member, model, subject)                                                  \
    do {                                                                                           \
        if ((int64_t)(model) != (int64_t)(subject))                                                \
            differ((world), (what), (member), (int64_t)(model), (int64_t)(subject));               \
    } while (0)

static void compare_lots(struct world *world, int member)
{
    struct lot expected[LOTS_ROOM];
    size_t n;
    const struct lot *found = world->subject->lots(world->subject, member, &n);
    int n_expected = model_lots(&world->model, member, expected, LOTS_ROOM);
    SAME(world, "number of open lots", member, n_expected, n);
    for (size_t i = 0; i < n; i++) {
        SAME(world, "a lot's currency", member, expected[i].currency, found[i].currency);
        SAME(world, "a lot's units", member, expected[i].units, found[i].units);
        SAME(world, "what a lot has left", member, expected[i].remaining, found[i].remaining);
        SAME(world, "whether a lot is pending", member, expected[i].pending, found[i].pending);
        SAME(world, "when a lot activates", member, expected[i].activates_us,
             found[i].activates_us);
        SAME(world, "when a lot expires", member, expected[i].expires_us, found[i].expires_us);
        SAME(world, "a lot's order", member, 0, id_cmp(expected[i].order_id, found[i].order_id));
    }
}

static void compare(struct world *world, int member)
{
    struct model before = world->model;
    if (world->subject->shows_now) // what is due is shown as done, whether or not it is written
        model_advance(&world->model, member, world->now_us);
    const struct wallet *found = world->subject->wallets(world->subject, member);
    for (int c = 0; c < world->plan.n_currencies; c++) {
        struct wallet expected = model_wallet(&world->model, member, c);
        SAME(world, "available", member, expected.available, found[c].available);
        SAME(world, "pending", member, expected.pending, found[c].pending);
        SAME(world, "held", member, expected.held, found[c].held);
        SAME(world, "debt", member, expected.debt, found[c].debt);
    }
    compare_lots(world, member);
    world->model = before;
}

// ---- one operation on both sides

// Brings the model's member to the instant, and keeps what a refusal goes back to.  The lists only
// grow, so their lengths are the whole of it.
static struct model begin_op(struct world *world, int member)
{
    struct model before = world->model;
    model_advance(&world->model, member, world->now_us);
    return world->subject->keeps_advance ? world->model : before;
}

static void print_entries(struct world *world)
{
    for (; world->n_printed < world->model.n_entries; world->n_printed++) {
        const struct model_entry *entry = &world->model.entries[world->n_printed];
        printf("       model  %3d kind %-11d %6lld of currency %d for member %d", world->n_printed,
               (int)entry->kind, (long long)entry->units, entry->currency, entry->member);
        for (int i = entry->take; i < entry->take + entry->n_takes; i++)
            printf(" %lldx%d", (long long)world->model.takes[i].units, world->model.takes[i].lot);
        printf("\n");
    }
}

static void both(struct world *world, int member, const struct model *before, enum err expected,
                 enum err found)
{
    if (world->rehearsing) {
        if (expected)
            world->model = *before;
        return;
    }
    if (world->sim->loud)
        printf("%4lld %+9.3f d %-12s member %d: %s\n", (long long)world->number,
               (double)(world->now_us - START_US) / (double)US_DAY, world->what, member,
               found ? err_info(found)->code : "ok");
    if (world->sim->loud)
        print_entries(world);
    SAME(world, "the outcome", member, expected, found);
    world->found = found;
    world->touched |= UINT64_C(1) << member;
    if (found) {
        world->model = *before;
        world->n_printed = before->n_entries;
    }
}

static int any_member(struct world *world)
{
    return (int)rng_below(&world->rng, world->plan.n_members);
}

static struct str text(struct world *world, const char *prefix, int64_t n)
{
    return str_printf(&world->arena, "%s%lld", prefix, (long long)n);
}

static struct order *draw_order(struct world *world)
{
    struct rng *rng = &world->rng;
    struct order *order = ARENA_NEW(&world->arena, struct order);
    *order = (struct order){.currency = STR("EUR"), .n_lines = (size_t)rng_between(rng, 1, 4)};
    order->lines = arena_new(&world->arena, order->n_lines * sizeof *order->lines);
    bool cheap = rng_chance(rng, 20);
    int64_t net = 0;
    for (size_t i = 0; i < order->n_lines; i++) {
        struct order_line *line = &order->lines[i];
        line->id = text(world, "", (int64_t)i + 1);
        line->sku = rng_chance(rng, 10) ? STR("gift_box") : text(world, "S", rng_below(rng, 5));
        line->name = line->sku;
        line->category = text(world, "c", rng_below(rng, 5));
        line->quantity = rng_between(rng, 1, 4);
        line->unit_amount = rng_between(rng, 0, cheap ? 3 : 2500);
        if (world->plan.discounts && rng_chance(rng, 30))
            line->discount = rng_below(rng, line->quantity * line->unit_amount + 1);
        line->gift_card = rng_chance(rng, 5);
        net += line->quantity * line->unit_amount - line->discount;
    }
    if (world->plan.discounts && rng_chance(rng, 50))
        order->discount = rng_below(rng, net + 1);
    net -= order->discount;
    if (world->plan.discounts && rng_chance(rng, 50))
        order->tax = rng_below(rng, net / 4 + 1);
    if (world->plan.discounts && rng_chance(rng, 30))
        order->tendered = rng_below(rng, net + 1);
    return order;
}

// The sale has arrived: what waited for it happens, unless more comes back than was sold.
static void unpark(struct world *world, int number, int member)
{
    int64_t quantity[MODEL_LINES] = {1};
    for (int i = 0; i < world->n_early; i++) {
        struct early *early = &world->early[i];
        if (!early->waits || early->order != number)
            continue;
        model_advance(&world->model, member, world->now_us);
        early->waits = model_refund(&world->model, program_at(world, world->now_us), number,
                                    quantity, world->now_us) != OK;
    }
}

static void do_event(struct world *world, bool order)
{
    struct rng *rng = &world->rng;
    int member = any_member(world);
    int number = world->model.n_events;
    struct event *event = ARENA_NEW(&world->arena, struct event);
    *event = (struct event){.source = STR("till"),
                            .external_id = text(world, "E-", number),
                            .type = order ? STR("order.paid") : STR("visit"),
                            .store = rng_chance(rng, 80) ? text(world, "store-", rng_below(rng, 2))
                                                         : STR_NONE,
                            .occurred_us = world->now_us};
    if (rng_chance(rng, world->plan.late_percent))
        event->occurred_us -= rng_below(rng, 2 * world->plan.step_us_max + US_DAY);
    if (event->occurred_us < START_US && START_US <= world->now_us)
        event->occurred_us = START_US;
    if (order)
        event->order = draw_order(world);
    const struct program *program = program_at(world, event->occurred_us);
    world->events[number] = event;
    struct model before = begin_op(world, member);
    enum err found = world->subject->event(world->subject, member, program, event);
    model_event(&world->model, member, program, event);
    if (order)
        unpark(world, number, member);
    both(world, member, &before, OK, found);
}

static int any_order(struct world *world)
{
    for (int tries = 0; tries < 8 && world->model.n_events > 0; tries++) {
        int order = (int)rng_below(&world->rng, world->model.n_events);
        if (world->events[order]->order != NULL)
            return order;
    }
    return -1;
}

static void do_refund(struct world *world, bool all)
{
    struct rng *rng = &world->rng;
    int index = any_order(world);
    if (index < 0)
        return;
    const struct model_event *at = &world->model.events[index];
    const struct order *order = at->event->order;
    int64_t quantity[MODEL_LINES] = {0};
    struct returned returned[MODEL_LINES];
    size_t n = 0;
    bool too_much = !all && rng_chance(rng, 5);
    for (size_t i = 0; i < order->n_lines; i++) {
        int64_t left = order->lines[i].quantity - at->returned[i];
        quantity[i] = all ? left : rng_below(rng, left + 1);
        if (too_much)
            quantity[i] = left + 1;
        if (quantity[i] > 0)
            returned[n++] = (struct returned){order->lines[i].id, quantity[i]};
    }
    if (n == 0)
        return;
    int member = at->member;
    struct model before = begin_op(world, member);
    enum err expected = model_refund(&world->model, program_at(world, world->now_us), index,
                                     quantity, world->now_us);
    both(world, member, &before, expected,
         world->subject->refund(world->subject, index, at->event->external_id, returned,
                                all ? 0 : n));
}

static void do_early_refund(struct world *world)
{
    if (world->subject->retry == NULL || world->n_early == EARLY_MAX)
        return;
    int number = world->model.n_events + (int)rng_below(&world->rng, 3);
    struct returned returned = {STR("1"), 1};
    world->early[world->n_early++] = (struct early){number, true};
    enum err found =
        world->subject->refund(world->subject, -1, text(world, "E-", number), &returned, 1);
    if (!world->rehearsing)
        SAME(world, "the outcome", 0, OK, found);
}

static void do_retry(struct world *world)
{
    bool altered = rng_chance(&world->rng, 30);
    if (world->subject->retry == NULL)
        return;
    world->found = world->subject->retry(world->subject, altered);
    if (!world->rehearsing)
        SAME(world, "the outcome", 0, altered ? ERR_EVENT_DIFFERS : OK, world->found);
}

static void do_person(struct world *world)
{
    if (world->subject->person != NULL)
        world->subject->person(world->subject, any_member(world), (int)world->number);
}

static void do_redeem(struct world *world, bool hold)
{
    int member = any_member(world);
    int reward = (int)rng_below(&world->rng, world->plan.n_rewards);
    const struct program *program = program_at(world, world->now_us);
    int64_t until_us = 0;
    if (hold)
        CHECK(calendar_add(program->tz, world->now_us, program->rewards[reward].hold_for,
                           &until_us) == OK);
    struct model before = begin_op(world, member);
    int redemption;
    enum err expected =
        model_redeem(&world->model, member, program, reward, world->now_us, until_us, &redemption);
    both(world, member, &before, expected,
         world->subject->redeem(world->subject, member, reward, hold, until_us));
}

static void do_redemption(struct world *world, enum op_kind kind)
{
    if (world->model.n_redemptions == 0)
        return;
    int redemption = (int)rng_below(&world->rng, world->model.n_redemptions);
    int member = world->model.redemptions[redemption].member;
    struct model before = begin_op(world, member);
    enum err expected, found;
    if (kind == OP_CAPTURE) {
        expected = model_capture(&world->model, redemption, world->now_us);
        found = world->subject->capture(world->subject, redemption);
    } else if (kind == OP_RELEASE) {
        expected = model_release(&world->model, redemption, world->now_us);
        found = world->subject->release(world->subject, redemption);
    } else {
        expected = model_reverse(&world->model, redemption, world->now_us);
        found = world->subject->reverse(world->subject, redemption);
    }
    both(world, member, &before, expected, found);
}

static void do_adjust(struct world *world)
{
    int member = any_member(world);
    int currency = (int)rng_below(&world->rng, world->plan.n_currencies);
    int64_t units = rng_between(&world->rng, 1, 400);
    if (rng_chance(&world->rng, 50))
        units = -units;
    struct model before = begin_op(world, member);
    enum err expected = model_adjust(&world->model, member, program_at(world, world->now_us),
                                     currency, units, world->now_us);
    both(world, member, &before, expected,
         world->subject->adjust(world->subject, member, currency, units));
}

// Whoever is due.
static void do_advance(struct world *world)
{
    int member = any_member(world);
    for (int i = 0; i < world->plan.n_members; i++) {
        model_advance(&world->model, i, world->now_us);
        world->subject->advance(world->subject, i);
    }
    both(world, member, &world->model, OK, OK);
}

static const char *const names[OP_KINDS] = {
    [OP_ORDER] = "order",
    [OP_VISIT] = "visit",
    [OP_REFUND] = "refund",
    [OP_REFUND_ALL] = "refund all",
    [OP_EARLY_REFUND] = "early refund",
    [OP_REDEEM] = "redeem",
    [OP_HOLD] = "hold",
    [OP_CAPTURE] = "capture",
    [OP_RELEASE] = "release",
    [OP_REVERSE] = "reverse",
    [OP_ADJUST] = "adjust",
    [OP_ADVANCE] = "advance",
    [OP_CLOCK_BACK] = "clock back",
    [OP_PROGRAM] = "programme",
    [OP_RETRY] = "retry",
    [OP_RESTART] = "restart",
    [OP_PERSON] = "person",
};

static void do_op(struct world *world, enum op_kind kind)
{
    switch (kind) {
    case OP_ORDER:
    case OP_VISIT:
        do_event(world, kind == OP_ORDER);
        break;
    case OP_REFUND:
    case OP_REFUND_ALL:
        do_refund(world, kind == OP_REFUND_ALL);
        break;
    case OP_REDEEM:
    case OP_HOLD:
        do_redeem(world, kind == OP_HOLD);
        break;
    case OP_CAPTURE:
    case OP_RELEASE:
    case OP_REVERSE:
        do_redemption(world, kind);
        break;
    case OP_ADJUST:
        do_adjust(world);
        break;
    case OP_ADVANCE:
        do_advance(world);
        break;
    case OP_PROGRAM:
        add_program(world);
        break;
    case OP_EARLY_REFUND:
        do_early_refund(world);
        break;
    case OP_RETRY:
        do_retry(world);
        break;
    case OP_PERSON:
        do_person(world);
        break;
    default:
        break;
    }
}

// ---- operations of one instant

static void remember(struct world *world, struct moment *moment)
{
    size_t n = (size_t)world->model.n_events;
    *moment = (struct moment){.model = world->model,
                              .n_early = world->n_early,
                              .n_printed = world->n_printed,
                              .n_programs = world->n_programs};
    moment->events = arena_try_array(&world->arena, n + 1, sizeof *moment->events);
    CHECK(moment->events != NULL);
    memcpy(moment->events, world->model.events, n * sizeof *moment->events);
    memcpy(moment->early, world->early, sizeof moment->early);
}

// The store took it back, and so the model does.
static void go_back(struct world *world, const struct moment *moment)
{
    world->model = moment->model;
    memcpy(world->model.events, moment->events,
           (size_t)world->model.n_events * sizeof *moment->events);
    memcpy(world->early, moment->early, sizeof moment->early);
    world->n_early = moment->n_early;
    world->n_printed = moment->n_printed;
    while (world->n_programs > moment->n_programs)
        program_unref(world->programs[--world->n_programs]);
}

// How far the clock goes before the operation when it does not join another.
static int64_t clock_step(struct world *world, const struct op *op)
{
    world->rng = (struct rng){op->seed};
    int64_t step_us = rng_below(&world->rng, world->plan.step_us_max) + 1;
    if (op->kind == OP_CLOCK_BACK)
        step_us -= rng_below(&world->rng, 10 * world->plan.step_us_max);
    return step_us;
}

static void do_op_number(struct world *world, int i, int64_t now_us)
{
    const struct op *op = &world->group.ops[i];
    world->number = world->report.n_ops + i;
    world->now_us = now_us;
    world->what = names[op->kind];
    world->found = OK;
    clock_step(world, op); // what it draws comes first, whether or not the clock moves
    do_op(world, op->kind);
}

// The model alone does it, so that the subject hears what it will be asked for.
static void rehearse_op(void *ctx, int i)
{
    struct world *world = ctx;
    if (i == 0)
        remember(world, &world->group.before);
    world->rehearsing = true;
    do_op_number(world, i, world->clock_us > world->now_us ? world->clock_us : world->now_us);
    world->rehearsing = false;
}

static void ops_rehearsed(void *ctx)
{
    struct world *world = ctx;
    go_back(world, &world->group.before);
}

static enum err run_op(void *ctx, int i, int64_t now_us)
{
    struct world *world = ctx;
    struct group *group = &world->group;
    // What came after it in an earlier attempt has not happened.
    if (i < group->n_tried)
        go_back(world, &group->moments[i]);
    else if (group->moments != NULL)
        remember(world, &group->moments[i]);
    group->n_tried = i + 1;
    do_op_number(world, i, now_us);
    return group->found[i] = world->found;
}

static void op_settled(void *ctx, int i, bool failed)
{
    struct world *world = ctx;
    if (failed)
        go_back(world, &world->group.moments[i]);
    world->report.n_refused += failed || world->group.found[i];
}

static void compare_touched(struct world *world)
{
    for (int member = 0; member < world->plan.n_members; member++)
        if (world->touched >> member & 1)
            compare(world, member);
    world->touched = 0;
}

static void run_group(struct world *world, const struct op *ops, int n)
{
    bool unruly = false, restarts = false;
    for (int i = 0; i < n; i++) {
        unruly = unruly || ops[i].fate != FATE_NONE;
        restarts = restarts || ops[i].kind == OP_RESTART;
    }
    struct group *group = &world->group;
    *group = (struct group){.ops = ops, .n = n};
    group->found = arena_try_array(&world->arena, (size_t)n, sizeof *group->found);
    if (unruly)
        group->moments = arena_try_array(&world->arena, (size_t)n, sizeof *group->moments);
    CHECK(group->found != NULL && (group->moments != NULL || !unruly));
    world->clock_us += clock_step(world, &ops[0]);
    world->subject->together(world->subject, &(struct together){.clock_us = world->clock_us,
                                                                .n = n,
                                                                .ops = ops,
                                                                .rehearse = rehearse_op,
                                                                .rehearsed = ops_rehearsed,
                                                                .run = run_op,
                                                                .settled = op_settled,
                                                                .ctx = world});
    compare_touched(world);
    if (restarts && world->subject->restart != NULL)
        world->subject->restart(world->subject);
    world->report.n_ops += n;
}

static void run_ops(struct world *world)
{
    const struct sim *sim = world->sim;
    for (int first = 0, next; first < sim->n_ops; first = next) {
        next = first + 1;
        while (next < sim->n_ops && sim->ops[next].joins)
            next++;
        run_group(world, sim->ops + first, next - first);
    }
}

// ---- the beginning and the end

static struct str make_dir(struct world *world)
{
    const char *base = getenv("TMPDIR");
    struct str dir = str_printf(&world->arena, "%s/habitue-sim-XXXXXX", base ? base : "/tmp");
    CHECK(mkdtemp((char *)dir.p) != NULL);
    return world->data_dir = dir;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    return remove(path);
}

static void on_settled(void *ctx, int i, bool failed)
{
    CHECK(!failed);
}

// A step that is no operation of the plan: told once, never taken back.
static void run_alone(struct world *world, int n, enum err (*run)(void *, int, int64_t))
{
    world->subject->together(world->subject, &(struct together){.clock_us = world->clock_us,
                                                                .n = n,
                                                                .run = run,
                                                                .settled = on_settled,
                                                                .ctx = world});
}

static enum err run_start(void *ctx, int i, int64_t now_us)
{
    struct world *world = ctx;
    world->now_us = now_us;
    if (i == 0) {
        add_program(world);
    } else {
        world->subject->enrol(world->subject, i - 1);
        model_enrol(&world->model, now_us);
    }
    return OK;
}

static enum err run_end(void *ctx, int i, int64_t now_us)
{
    struct world *world = ctx;
    world->now_us = now_us;
    do_advance(world);
    return OK;
}

// Long after everything has expired or been captured both sides say the same of everybody.
static void end_world(struct world *world)
{
    world->what = "the end";
    world->clock_us += 400 * US_DAY;
    run_alone(world, 1, run_end);
    world->touched = ~UINT64_C(0);
    compare_touched(world);
    if (world->subject->finish != NULL)
        world->subject->finish(world->subject);
    world->report.n_effects = world->subject->n_effects;
    world->report.state = world->subject->state;
    if (world->data_dir.n > 0)
        CHECK(nftw(world->data_dir.p, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    for (int i = 0; i < world->n_programs; i++)
        program_unref(world->programs[i]);
}

void sim_run(const struct sim *sim, struct sim_report *ret_report)
{
    static struct world worlds;
    struct world *world = &worlds;
    *world = (struct world){.sim = sim};
    arena_init(&world->arena, (size_t)4 << 30);
    plan_init(&world->plan, sim->seed);
    model_init(&world->model, &world->arena, sim->n_ops + 64);
    world->model.when = plan_when;
    world->model.wants_line = plan_wants_line;
    if (sim->flow)
        world->subject = subject_flow(&world->arena, sim->n_ops + 64, sim, make_dir(world));
    else
        world->subject = subject_engine(&world->arena, sim->n_ops + 64);
    world->subject->loud = sim->loud;
    world->events = arena_try_array(&world->arena, (size_t)sim->n_ops + 64, sizeof(void *));
    CHECK(world->events != NULL);
    world->clock_us = START_US;
    world->what = "start";
    run_alone(world, 1 + world->plan.n_members, run_start);
    run_ops(world);
    end_world(world);
    *ret_report = world->report;
    arena_release(&world->arena);
}
