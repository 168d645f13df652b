// SPDX-License-Identifier: Apache-2.0
// engine_bench.c - decisions a second, beside the same decision as a bare C function.
//
// Twenty rules want the event: rates, conditions, lines, multipliers, bonuses, limits, a cap.  The
// member has twelve lots and the counters of a year.  The reference knows the programme by heart:
// no rules, no lots, no derivations, the same units; both results are compared before the clock
// starts.  Prints decisions a second on one core, for both, and the ratio.
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RULES_WANTED 20
#define ROUNDS 200000
#define REPEATS 5

static const char document[] =
    "{\"id\":\"bench\",\"name\":\"Bench\",\"timezone\":\"Europe/Paris\",\"money\":\"EUR\","
    "\"currencies\":[{\"id\":\"points\",\"unit\":{\"en\":[\"point\",\"points\"]},"
    "\"expiry\":{\"policy\":\"rolling\",\"after\":\"P12M\",\"round\":\"month\"}}],\"rules\":["
    "{\"id\":\"spend\",\"on\":\"order.paid\",\"earn\":{\"points\":{\"units\":10,\"per\":100}},"
    "\"limits\":[{\"units\":5000,\"per\":\"member\",\"within\":\"day\"}]},"
    "{\"id\":\"drinks\",\"on\":\"order.paid\",\"lines\":\"item.category == 'drinks'\","
    "\"earn\":{\"points\":{\"units\":5,\"per\":100}}},"
    "{\"id\":\"own\",\"on\":\"order.paid\",\"lines\":\"item.sku.startsWith('own-')\","
    "\"earn\":{\"points\":{\"units\":1,\"per\":100}}},"
    "{\"id\":\"double\",\"on\":\"order.paid\",\"multiply\":\"2\","
    "\"when\":\"event.time.getDayOfWeek(program.timezone) in [0, 6]\"},"
    "{\"id\":\"gold\",\"on\":\"order.paid\",\"multiply\":\"1.5\",\"when\":\"member.spend >= "
    "50000\"},"
    "{\"id\":\"cakes\",\"on\":\"order.paid\",\"multiply\":\"3\",\"lines\":\"item.category == "
    "'cake'\","
    "\"when\":\"order.paid >= 5000\"},"
    "{\"id\":\"online\",\"on\":\"order.paid\",\"phase\":\"bonus\","
    "\"when\":\"has(event.channel) && event.channel == 'online'\",\"earn\":{\"points\":20}},"
    "{\"id\":\"first\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"when\":\"member.orders == 0\","
    "\"earn\":{\"points\":100}},"
    "{\"id\":\"tenth\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"when\":\"member.orders % 10 == "
    "9\","
    "\"earn\":{\"points\":50}},"
    "{\"id\":\"smoothie\",\"on\":\"order.paid\",\"phase\":\"bonus\","
    "\"when\":\"order.items.exists(i, i.sku == 'SMOOTHIE')\",\"earn\":{\"points\":100},"
    "\"limits\":[{\"times\":1,\"per\":\"member\"},{\"times\":50}]},"
    "{\"id\":\"big\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"when\":\"order.paid >= 3000\","
    "\"earn\":{\"points\":30}},"
    "{\"id\":\"bigger\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"when\":\"order.paid >= 6000\","
    "\"earn\":{\"points\":60}},"
    "{\"id\":\"paris\",\"on\":\"order.paid\",\"phase\":\"bonus\","
    "\"when\":\"has(event.store) && event.store in ['paris-1', "
    "'paris-2']\",\"earn\":{\"points\":5}},"
    "{\"id\":\"many\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"when\":\"order.items.size() >= "
    "3\","
    "\"earn\":{\"points\":9}},"
    "{\"id\":\"loyal\",\"on\":\"order.paid\",\"phase\":\"bonus\","
    "\"when\":\"member.visits > 100 && member.balances['points'] > 1000\",\"earn\":{\"points\":2}},"
    "{\"id\":\"new\",\"on\":\"order.paid\",\"phase\":\"bonus\","
    "\"when\":\"event.time - member.enrolled_at < duration('720h')\",\"earn\":{\"points\":7}},"
    "{\"id\":\"gift\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"when\":\"order.shipping > 0\","
    "\"earn\":{\"points\":1}},"
    "{\"id\":\"formula\",\"on\":\"order.paid\",\"phase\":\"bonus\","
    "\"earn\":{\"points\":\"points.perAmount(order.paid, 1, 1000)\"}},"
    "{\"id\":\"weekly\",\"on\":\"order.paid\",\"phase\":\"bonus\",\"earn\":{\"points\":4},"
    "\"limits\":[{\"times\":3,\"per\":\"member\",\"within\":\"week\"}]},"
    "{\"id\":\"most\",\"on\":\"order.paid\",\"cap\":{\"points\":2000}}]}";

struct bench {
    struct arena arena; // of the programme and the member
    struct program *program;
    struct member_state state;
    struct event event;
};

static int64_t nothing_used(void *ctx, enum limit_scope owner, struct str store, struct str name,
                            int64_t period)
{
    (void)ctx;
    (void)owner;
    (void)store;
    (void)name;
    (void)period;
    return 0;
}

static const struct shared_counters shared = {.get = nothing_used};

static void compile(struct bench *bench)
{
    struct program_problems problems;
    if (program_compile(&bench->arena, str_of(document), &problems, &bench->program) == OK)
        return;
    for (size_t i = 0; i < problems.n; i++)
        (void)fprintf(stderr, "%.*s: %.*s\n", STR_FMT(problems.list[i].pointer),
                      STR_FMT(problems.list[i].detail));
    exit(1);
}

static void make_member(struct bench *bench)
{
    struct member_state *state = &bench->state;
    *state = (struct member_state){.arena = &bench->arena, .n_wallets = 1};
    state->wallets = arena_new(&bench->arena, sizeof *state->wallets);
    for (int i = 0; i < 12; i++) {
        struct decision decision;
        decision_init(&decision, &bench->arena);
        if (engine_decide_adjust(bench->program, state, 0, 100 + i, STR("seed"),
                                 bench->event.occurred_us - (12 - i) * DAY_US, &decision))
            exit(1);
        engine_apply(state, &decision);
    }
    static const struct {
        const char *name;
        int64_t value;
    } counters[] = {{"orders", 19}, {"spend", 60000}, {"visits", 120}};
    for (int i = 0; i < 3; i++)
        counters_add(&state->counters, &bench->arena, str_of(counters[i].name), 0,
                     counters[i].value);
}

static void make_event(struct bench *bench)
{
    static struct order_line lines[] = {
        {.id = STR("1"),
         .sku = STR("LATTE"),
         .category = STR("drinks"),
         .quantity = 2,
         .unit_amount = 450},
        {.id = STR("2"),
         .sku = STR("own-tart"),
         .category = STR("cake"),
         .quantity = 1,
         .unit_amount = 1290},
        {.id = STR("3"),
         .sku = STR("SMOOTHIE"),
         .category = STR("drinks"),
         .quantity = 3,
         .unit_amount = 620},
    };
    static struct order order = {.currency = STR("EUR"),
                                 .lines = lines,
                                 .n_lines = 3,
                                 .discount = 150};
    struct str text = STR("2026-11-21T10:00:00Z"); // a Saturday
    if (!civil_parse_us(text, &bench->event.occurred_us) ||
        event_price(&bench->arena, &order, bench->program))
        exit(1);
    bench->event.source = STR("till-1");
    bench->event.type = STR("order.paid");
    bench->event.store = STR("paris-1");
    bench->event.channel = STR("in_store");
    bench->event.order = &order;
}

static int64_t decide(struct bench *bench, struct arena *arena)
{
    struct decision decision;
    struct event_facts facts;
    int64_t units = 0;
    arena_clear(arena);
    decision_init(&decision, arena);
    if (engine_decide_event(bench->program, &bench->state, &shared, &bench->event, &decision,
                            &facts))
        exit(1);
    for (size_t i = 0; i < decision.n_effects; i++)
        units += decision.effects[i].units;
    return units;
}

// ---- the same by heart

static bool same(struct str a, const char *b)
{
    return a.n == strlen(b) && memcmp(a.p, b, a.n) == 0;
}

struct basket {
    int64_t all, drinks, own, smoothies;
};

static struct basket look_at(const struct order *order)
{
    struct basket basket = {0};
    for (size_t i = 0; i < order->n_lines; i++) {
        const struct order_line *line = &order->lines[i];
        bool own = line->sku.n >= 4 && memcmp(line->sku.p, "own-", 4) == 0;
        basket.all += line->paid;
        basket.drinks += same(line->category, "drinks") ? line->paid : 0;
        basket.own += own ? line->paid : 0;
        basket.smoothies += same(line->sku, "SMOOTHIE");
    }
    return basket;
}

static int64_t for_the_member(const struct event *event, const struct member_state *member,
                              int64_t base)
{
    int64_t orders = counters_get(&member->counters, STR("orders"), 0);
    int64_t spend = counters_get(&member->counters, STR("spend"), 0);
    int64_t visits = counters_get(&member->counters, STR("visits"), 0);
    int64_t units = spend >= 50000 ? base / 2 : 0;
    units += orders == 0 ? 100 : 0;
    units += orders % 10 == 9 ? 50 : 0;
    units += visits > 100 && member->wallets[0].available > 1000 ? 2 : 0;
    units += event->occurred_us - member->enrolled_us < 30 * DAY_US ? 7 : 0;
    return units;
}

static int64_t for_the_basket(const struct order *order, const struct basket *basket)
{
    int64_t units = basket->smoothies > 0 ? 100 : 0;
    units += basket->all >= 3000 ? 30 : 0;
    units += basket->all >= 6000 ? 60 : 0;
    units += order->n_lines >= 3 ? 9 : 0;
    units += order->shipping > 0 ? 1 : 0;
    return units + basket->all / 1000 + 4;
}

static int64_t for_the_place(const struct event *event, int64_t base)
{
    int64_t weekday = ((event->occurred_us / SECOND_US + 3600) / DAY_S + 4) % 7; // winter
    bool paris = same(event->store, "paris-1") || same(event->store, "paris-2");
    int64_t units = weekday == 0 || weekday == 6 ? base : 0;
    units += same(event->channel, "online") ? 20 : 0;
    return units + (paris ? 5 : 0);
}

// What the programme gives, as somebody would write who had to write only this one.
static int64_t by_heart(const struct event *event, const struct member_state *member)
{
    struct basket basket = look_at(event->order);
    int64_t base = basket.all * 10 / 100 + basket.drinks * 5 / 100 + basket.own / 100;
    int64_t units = base + for_the_member(event, member, base) +
                    for_the_basket(event->order, &basket) + for_the_place(event, base);
    return units < 2000 ? units : 2000;
}

// ---- measuring

// Of this thread: what others do on the machine is not counted.
static double cpu_s(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now))
        exit(1);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double best_rate(struct bench *bench, struct arena *arena)
{
    double best = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double start_s = cpu_s();
        for (int i = 0; i < ROUNDS; i++) {
            __asm__ volatile("" ::: "memory"); // every round reads the event anew
            int64_t units = arena ? decide(bench, arena) : by_heart(&bench->event, &bench->state);
            __asm__ volatile("" ::"r"(units)); // and its result is used
        }
        double rate = ROUNDS / (cpu_s() - start_s + 1e-9);
        best = rate > best ? rate : best;
    }
    return best;
}

int main(void)
{
    static struct bench bench;
    struct arena arena;
    arena_init(&bench.arena, (size_t)64 << 20);
    arena_init(&arena, (size_t)4 << 20);
    compile(&bench);
    make_event(&bench);
    make_member(&bench);
    int64_t units = decide(&bench, &arena);
    size_t bytes = arena.used;
    if (units != by_heart(&bench.event, &bench.state) || bench.program->n_rules != RULES_WANTED) {
        (void)fprintf(stderr, "not the same decision: %lld units, by heart %lld\n",
                      (long long)units, (long long)by_heart(&bench.event, &bench.state));
        return 1;
    }
    double rate = best_rate(&bench, &arena);
    double reference = best_rate(&bench, NULL);
    printf("engine_decide_event, 20 rules, 12 lots: %.0f decisions/s (%zu bytes of arena each); "
           "by heart in C: %.0f/s; ratio %.3f; bar 300000\n",
           rate, bytes, reference, rate / reference);
    arena_release(&arena);
    program_unref(bench.program);
    arena_release(&bench.arena);
    return 0;
}
