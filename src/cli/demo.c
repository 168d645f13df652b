// SPDX-License-Identifier: Apache-2.0
// demo.c - habitue demo: ninety days in the life of a small shop, to look at.
//
// Everything goes through the use cases, as a till would send it.  Members carry "demo": true in
// their metadata, events in their attributes, and all have the source "demo".  The same seed on the
// same day makes the same history.
//
//   D1  A business that has demo members already is left alone.
//
// Layer: cli.  Tests: tests/cli/
#include "base/calendar.h"
#include "base/sort.h"
#include "cli/commands.h"
#include "flow/event_in.h"

#include <string.h>

#define DAYS 90
#define MEMBERS 60
#define BATCH 200
#define VISITS_MAX_PER_DAY MEMBERS
#define FIRST_MINUTE (7 * 60 + 30)
#define OPEN_MINUTES (11 * 60)
#define BATCH_ARENA_BYTES ((size_t)64 << 20)

struct product {
    const char *sku, *name, *category;
    int64_t cents;
};
static const struct product products[] = {
    {"ESPRESSO", "Espresso", "drinks", 220},     {"LATTE", "Latte", "drinks", 450},
    {"CAPPUCCINO", "Cappuccino", "drinks", 420}, {"TEA", "Tea", "drinks", 380},
    {"SMOOTHIE", "Smoothie", "drinks", 560},     {"CROISSANT", "Croissant", "bakery", 180},
    {"TARTE", "Lemon tart", "bakery", 480},      {"SANDWICH", "Sandwich", "food", 750},
    {"BEANS-250", "Beans, 250 g", "shop", 1150},
};
#define N_PRODUCTS (sizeof products / sizeof products[0])

static const char *const names[] = {"Ada",    "Basile", "Chloé", "David", "Emma", "Farid", "Gwen",
                                    "Hugo",   "Inès",   "Jules", "Karim", "Léa",  "Marc",  "Nora",
                                    "Olivia", "Paul",   "Rosa",  "Sami",  "Théo", "Yasmin"};
#define N_NAMES (sizeof names / sizeof names[0])

// Visits in 100 days: the regulars, those who come on Saturdays, those who tried it once.
static const int habits[] = {70, 45, 30, 14, 14, 7, 7, 4, 2, 2};
#define N_HABITS (sizeof habits / sizeof habits[0])

struct visit {
    int member, minute;
    int64_t us;
};

struct demo {
    struct cli *cli;
    struct shop shop;
    struct arena arena; // of the batch
    uint64_t dice;
    const struct tz *tz;
    struct str zone;
    const char *money;
    unsigned exponent;
    bool is_there;
    int64_t today;       // day number
    int joined[MEMBERS]; // days after the first day
    bool lapses[MEMBERS];
    struct str *events; // JSON
    size_t n_events;
    int64_t n_orders, n_returns, n_members, n_redemptions, n_refused;
};

// splitmix64: the same numbers everywhere.
static uint64_t roll(struct demo *demo, uint64_t sides)
{
    uint64_t z = demo->dice += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % sides;
}

// ---- the programme and what is there

static enum err look(void *ctx, struct tx *tx)
{
    struct demo *demo = ctx;
    const struct program *program;
    enum err e = tx_program(tx, demo->shop.tenant_id, tx->now_us, &program);
    if (e)
        return e;
    demo->zone = str_dup(&demo->cli->arena, program->tz->name);
    demo->money = str_c(&demo->cli->arena, str_of(program->money->code));
    demo->exponent = program->money->exponent;
    struct member_ref first = {.external_id = STR("demo-1")};
    struct member_view view;
    e = flow_member_find(tx, &demo->cli->arena, demo->shop.tenant_id, &first, &view);
    demo->is_there = e == OK;
    return e == ERR_NOT_FOUND ? OK : e;
}

// ---- members

static struct str member_name(struct arena *arena, int i)
{
    return str_printf(arena, "%s %c.", names[(size_t)i % N_NAMES],
                      'A' + (int)((size_t)i / N_NAMES));
}

static enum err enrol_all(void *ctx, struct tx *tx)
{
    struct demo *demo = ctx;
    struct caller by = {.tenant_id = demo->shop.tenant_id};
    for (int i = 0; i < MEMBERS; i++) {
        struct arena *arena = &demo->arena;
        int64_t day = demo->today - DAYS + demo->joined[i];
        struct member_in in = {.external_id = str_printf(arena, "demo-%d", i + 1),
                               .email = str_printf(arena, "demo-%d@example.org", i + 1),
                               .name = member_name(arena, i),
                               .metadata = STR("{\"demo\":true}"),
                               .enrolled_us = calendar_at(demo->tz, civil_date(day)) +
                                              FIRST_MINUTE * 60 * SECOND_US};
        struct problems problems;
        struct member_view view;
        bool created;
        problems_init(&problems, arena);
        enum err e = flow_enrol(tx, arena, by, &in, &problems, &view, &created);
        if (e)
            return e;
    }
    demo->n_members = MEMBERS;
    return OK;
}

// ---- events

static int64_t price_of(const struct demo *demo, const struct product *product)
{
    int64_t price = product->cents;
    for (unsigned i = 2; i < demo->exponent; i++)
        price *= 10;
    return price; // a currency without decimals: 450 yen
}

static void put_head(struct demo *demo, struct json_out *out, const struct visit *visit,
                     const char *type, struct str external_id)
{
    char time[CIVIL_TEXT_ROOM];
    json_object(out);
    json_put_c(out, "source", "demo");
    json_put_str(out, "external_id", external_id);
    json_put_c(out, "type", type);
    json_put_str(out, "occurred_at", civil_format_us(visit->us, time));
    json_put_object(out, "member");
    json_put_str(out, "external_id", str_printf(&demo->arena, "demo-%d", visit->member + 1));
    json_end(out);
    json_put_c(out, "store", visit->member % 3 ? "main-street" : "station");
    json_put_object(out, "attributes");
    json_put_bool(out, "demo", true);
    json_end(out);
}

static void put_lines(struct demo *demo, struct json_out *out)
{
    size_t n = 1 + roll(demo, 10) / 6 + roll(demo, 10) / 8;
    for (size_t i = 0; i < n; i++) {
        const struct product *product = &products[roll(demo, N_PRODUCTS)];
        json_object(out);
        json_put_str(out, "id", str_printf(&demo->arena, "%zu", i + 1));
        json_put_c(out, "sku", product->sku);
        json_put_c(out, "name", product->name);
        json_put_c(out, "category", product->category);
        json_put_i64(out, "quantity", roll(demo, 10) ? 1 : 2);
        json_put_i64(out, "unit_amount", price_of(demo, product));
        json_end(out);
    }
}

static void add_order(struct demo *demo, const struct visit *visit, struct str name)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, &demo->arena);
    json_init(&out, &text);
    put_head(demo, &out, visit, "order.paid", name);
    json_put_c(&out, "channel", "in_store");
    json_put_object(&out, "order");
    json_put_c(&out, "currency", demo->money);
    json_put_array(&out, "lines");
    put_lines(demo, &out);
    json_end(&out);
    json_end(&out);
    json_end(&out);
    demo->events[demo->n_events++] = buf_text(&text);
    demo->n_orders++;
}

// Now and then something is brought back, ten minutes later.
static void add_return(struct demo *demo, const struct visit *visit, struct str order)
{
    struct visit later = *visit;
    struct buf text;
    struct json_out out;
    later.us += 10 * 60 * SECOND_US;
    buf_init(&text, &demo->arena);
    json_init(&out, &text);
    put_head(demo, &out, &later, "order.refunded",
             str_printf(&demo->arena, "%.*s-R", STR_FMT(order)));
    json_put_str(&out, "refund_of", order);
    json_end(&out);
    demo->events[demo->n_events++] = buf_text(&text);
    demo->n_returns++;
}

static enum err send_event(struct demo *demo, struct tx *tx, struct str text)
{
    struct arena *arena = &demo->arena;
    struct problems problems;
    const struct json *json;
    problems_init(&problems, arena);
    enum err e = json_parse(arena, text, &json_limits_request, &problems, &json);
    if (e)
        return e;
    struct event_body *body = ARENA_NEW(arena, struct event_body);
    struct event_in in;
    struct event_out out;
    if (!shape_read(&shape_event_in, json, &problems, body) ||
        !event_in_of(arena, body, json, STR_NONE, &problems, &in))
        return ERR_INPUT_INVALID;
    in.historical = true;
    return flow_ingest(tx, arena, (struct caller){.tenant_id = demo->shop.tenant_id}, &in,
                       &problems, &out);
}

static enum err send_batch(void *ctx, struct tx *tx)
{
    struct demo *demo = ctx;
    enum err e = OK;
    for (size_t i = 0; i < demo->n_events && !e; i++)
        e = send_event(demo, tx, demo->events[i]);
    return e || !arena_overflowed(&demo->arena) ? e : ERR_MEMORY;
}

static enum err flush(struct demo *demo)
{
    enum err e = demo->n_events ? shop_write(&demo->shop, send_batch, demo) : OK;
    demo->n_events = 0;
    arena_clear(&demo->arena);
    demo->events =
        arena_try_array(&demo->arena, BATCH + 2 * VISITS_MAX_PER_DAY, sizeof *demo->events);
    return demo->events ? e : ERR_MEMORY;
}

// ---- ninety days

static bool comes(struct demo *demo, int member, int day)
{
    if (day < demo->joined[member])
        return false;
    // A third of the members stay away at last: somebody to win back.
    if (demo->lapses[member] && day > demo->joined[member] + (DAYS - demo->joined[member]) / 2)
        return false;
    int weekday = civil_weekday(demo->today - DAYS + day);
    int chance = habits[(size_t)member % N_HABITS] * (weekday == 6 ? 2 : weekday == 0 ? 1 : 2) / 2;
    return day == demo->joined[member] || (int)roll(demo, 100) < chance;
}

static int by_time(const void *a, const void *b, void *ctx)
{
    const struct visit *left = a, *right = b;
    (void)ctx;
    return left->us < right->us ? -1 : left->us > right->us;
}

static enum err live_day(struct demo *demo, int day, int64_t now_us)
{
    struct visit visits[VISITS_MAX_PER_DAY], scratch[VISITS_MAX_PER_DAY];
    size_t n = 0;
    struct date date = civil_date(demo->today - DAYS + day);
    for (int i = 0; i < MEMBERS; i++) {
        if (!comes(demo, i, day))
            continue;
        int minute = FIRST_MINUTE + (int)roll(demo, OPEN_MINUTES);
        visits[n++] =
            (struct visit){i, minute,
                           calendar_at(demo->tz, date) + (int64_t)minute * 60 * SECOND_US};
    }
    sort_stable(visits, scratch, n, sizeof *visits, by_time, NULL);
    for (size_t i = 0; i < n && visits[i].us < now_us; i++) {
        char text[CIVIL_DATE_ROOM];
        struct str name = str_printf(&demo->arena, "D-%.*s-%d",
                                     STR_FMT(civil_format_date(date, text)), visits[i].member + 1);
        add_order(demo, &visits[i], name);
        if (roll(demo, 60) == 0)
            add_return(demo, &visits[i], name);
    }
    return demo->n_events < BATCH ? OK : flush(demo);
}

// ---- rewards

static enum err redeem_some(void *ctx, struct tx *tx)
{
    struct demo *demo = ctx;
    const struct program *program;
    enum err e = tx_program(tx, demo->shop.tenant_id, tx->now_us, &program);
    struct caller by = {.tenant_id = demo->shop.tenant_id};
    for (int i = 0; !e && program->n_rewards && i < MEMBERS; i += 2) {
        struct redeem_in in = {.member = {.external_id =
                                              str_printf(&demo->arena, "demo-%d", i + 1)},
                               .reward_id = program->rewards[0].id};
        struct redemption_view view;
        struct shortage shortage;
        tx->n_writes = 0;
        enum err refused = flow_redeem(tx, &demo->arena, by, &in, &view, &shortage);
        // Whoever has not enough yet goes without.
        if (refused && (tx->broken || tx->n_writes))
            return refused;
        demo->n_redemptions += refused == OK;
    }
    return e;
}

// ---- the command

static enum err make(struct demo *demo)
{
    int64_t now_us = env_now_us(env_system());
    demo->today = civil_day(calendar_date(demo->tz, now_us));
    for (int i = 0; i < MEMBERS; i++) {
        demo->joined[i] = i < MEMBERS / 3 ? 0 : (int)roll(demo, DAYS - 2);
        demo->lapses[i] = i % 3 == 2;
    }
    enum err e = shop_write(&demo->shop, enrol_all, demo);
    if (!e)
        e = flush(demo);
    for (int day = 0; day <= DAYS && !e; day++)
        e = live_day(demo, day, now_us);
    if (!e)
        e = flush(demo);
    return e ? e : shop_write(&demo->shop, redeem_some, demo);
}

static int run(struct demo *demo)
{
    enum err e = shop_read(&demo->shop, look, demo);
    if (!e && demo->is_there) {
        puts("The demo members are there already; nothing changed.");
        return EXIT_DONE;
    }
    if (!e)
        e = tz_load(&demo->cli->arena, demo->zone, &demo->tz);
    if (!e)
        e = make(demo);
    if (e)
        return cli_fail_err(e, "the demo");
    printf("%lld members, %lld orders, %lld returns and %lld rewards in %d days.\n",
           (long long)demo->n_members, (long long)demo->n_orders, (long long)demo->n_returns,
           (long long)demo->n_redemptions, DAYS);
    return EXIT_DONE;
}

int command_demo(struct cli *cli)
{
    struct demo *demo = arena_try(&cli->arena, sizeof *demo);
    int64_t seed = 1;
    struct str given = cli_value(cli, "seed");
    if (given.p && !str_to_i64(given, &seed)) {
        cli_fail("--seed is a whole number, not '%.*s'", STR_FMT(given));
        return EXIT_USAGE;
    }
    if (!demo || !shop_open(&demo->shop, cli, false))
        return EXIT_FAILED;
    demo->cli = cli;
    demo->dice = (uint64_t)seed;
    arena_init(&demo->arena, BATCH_ARENA_BYTES);
    int code = run(demo);
    arena_release(&demo->arena);
    shop_close(&demo->shop);
    return code;
}
