// SPDX-License-Identifier: Apache-2.0
// run.c - scenarios as text: what happens to members, and what must be so afterwards.
//
//   run DIRECTORY    every *.txt in it is a test; its name is the law
//
// One line, one thing; a line that begins with white space goes on with the line before; '#' begins
// a comment.  The verbs are explained in README.md.
#include "engine/world.h"

#include "base/buf.h"

#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WORDS_MAX 64
#define FILES_MAX 256

struct scenario {
    struct world world;
    const char *file;
    int line;
    struct str words[WORDS_MAX];
    size_t n_words;
};

static void blame(const struct scenario *s, const char *what)
{
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct buf line;
    buf_init(&line, &arena);
    for (size_t i = 0; i < s->n_words; i++)
        buf_printf(&line, "%s%.*s", i ? " " : "", STR_FMT(s->words[i]));
    fail_msg("%s:%d: %s: %.*s", s->file, s->line, what, (int)line.n, line.p);
}

static struct str word(const struct scenario *s, size_t i)
{
    if (i >= s->n_words)
        blame(s, "a word is missing");
    return s->words[i];
}

static bool is(const struct scenario *s, size_t i, const char *text)
{
    return i < s->n_words && str_eq(s->words[i], str_of(text));
}

static int64_t number(const struct scenario *s, struct str text)
{
    int64_t value = 0;
    if (text.n && text.p[0] == '+')
        text = str_skip(text, 1);
    if (!str_to_i64(text, &value))
        blame(s, "not a number");
    return value;
}

static int64_t instant(const struct scenario *s, struct str text)
{
    int64_t us = 0;
    if (!world_time(&s->world, text, &us))
        blame(s, "not a time");
    return us;
}

// "key=value" -> value when the key fits.
static bool option(struct str text, const char *key, struct str *ret_value)
{
    size_t n = strlen(key);
    if (text.n <= n || memcmp(text.p, key, n) != 0 || text.p[n] != '=')
        return false;
    *ret_value = str_skip(text, n + 1);
    return true;
}

static bool cut(struct str text, char at, struct str *ret_left, struct str *ret_right)
{
    const char *found = text.n ? memchr(text.p, at, text.n) : NULL;
    if (!found)
        return false;
    *ret_left = (struct str){text.p, (size_t)(found - text.p)};
    *ret_right = str_skip(text, (size_t)(found - text.p) + 1);
    return true;
}

static int currency_at(const struct scenario *s, size_t i)
{
    if (i >= s->n_words)
        return 0;
    int currency = program_currency_index(s->world.program, s->words[i]);
    if (currency < 0)
        blame(s, "no such currency");
    return currency;
}

// ---- verbs

static struct str file_text(struct arena *arena, const char *path)
{
    struct buf buf;
    char part[4096];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    buf_init(&buf, arena);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;)
        buf_put(&buf, part, n);
    fclose(file);
    return buf_text(&buf);
}

// program FILE of the source tree, or program {JSON}
static enum err do_program(struct scenario *s)
{
    struct world *world = &s->world;
    struct str text = word(s, 1);
    if (!str_starts(text, STR("{"))) {
        const char *root = getenv("SOURCE_ROOT");
        struct str path = str_printf(&world->arena, "%s/%.*s", root ? root : ".", STR_FMT(text));
        text = file_text(&world->arena, path.p);
    }
    world_program(world, text);
    return OK;
}

static enum err do_member(struct scenario *s)
{
    if (s->n_words > 2)
        world_advance(&s->world, instant(s, s->words[2]));
    world_member(&s->world, word(s, 1));
    return OK;
}

static enum err do_advance(struct scenario *s)
{
    world_advance(&s->world, instant(s, word(s, 1)));
    return OK;
}

// sku/category=2x450,discount=50,gift,reward
static struct order_line line_of(const struct scenario *s, struct str text)
{
    struct str name, rest, price, category, sku;
    struct order_line line = {.quantity = 1};
    if (!cut(text, '=', &name, &rest)) {
        name = STR("item");
        rest = text;
    }
    line.sku = line.id = line.name = name;
    if (cut(name, '/', &sku, &category)) {
        line.sku = line.id = line.name = sku;
        line.category = category;
    }
    struct str options = STR_NONE;
    if (!cut(rest, ',', &price, &options))
        price = rest;
    struct str quantity, amount = price;
    if (cut(price, 'x', &quantity, &amount))
        line.quantity = number(s, quantity);
    line.unit_amount = number(s, amount);
    for (struct str one; options.n;
         options = one.n < options.n ? str_skip(options, one.n + 1) : STR_NONE) {
        struct str after, value;
        if (!cut(options, ',', &one, &after))
            one = options;
        if (option(one, "discount", &value))
            line.discount = number(s, value);
        line.gift_card |= str_eq(one, STR("gift"));
        line.reward |= str_eq(one, STR("reward"));
    }
    return line;
}

static bool order_option(const struct scenario *s, struct str text, struct event *event)
{
    struct str value;
    if (option(text, "discount", &value))
        event->order->discount = number(s, value);
    else if (option(text, "tax", &value))
        event->order->tax = number(s, value);
    else if (option(text, "shipping", &value))
        event->order->shipping = number(s, value);
    else if (option(text, "tendered", &value))
        event->order->tendered = number(s, value);
    else if (option(text, "store", &value))
        event->store = value;
    else if (option(text, "channel", &value))
        event->channel = value;
    else if (option(text, "at", &value))
        event->occurred_us = instant(s, value);
    else
        return false;
    return true;
}

// purchase NAME (LINE | OPTION)...
static enum err do_purchase(struct scenario *s)
{
    struct world *world = &s->world;
    struct order *order = ARENA_NEW(&world->arena, struct order);
    order->lines = arena_new(&world->arena, WORDS_MAX * sizeof *order->lines);
    order->currency = str_of(world->program->money->code);
    struct event event = {.source = STR("test"),
                          .type = STR("order.paid"),
                          .occurred_us = world->now_us};
    event.order = order;
    for (size_t i = 2; i < s->n_words; i++) {
        if (!order_option(s, s->words[i], &event))
            order->lines[order->n_lines++] = line_of(s, s->words[i]);
    }
    return world_event(world, word(s, 1), &event);
}

// event TYPE [store=...] [channel=...] [at=...]
static enum err do_event(struct scenario *s)
{
    struct order unused = {0};
    struct event event = {.source = STR("test"), .occurred_us = s->world.now_us, .order = &unused};
    event.type = word(s, 1);
    for (size_t i = 2; i < s->n_words; i++) {
        if (!order_option(s, s->words[i], &event))
            blame(s, "not an option");
    }
    event.order = NULL;
    return world_event(&s->world, STR(""), &event);
}

static size_t everything_left(struct scenario *s, const struct world_order *order,
                              struct returned *returned)
{
    size_t n = 0;
    for (size_t i = 0; i < order->event.order->n_lines; i++) {
        const struct order_line *line = &order->event.order->lines[i];
        int64_t left = line->quantity;
        for (size_t j = 0; j < order->n_returned; j++) {
            if (str_eq(order->returned[j].line_id, line->id))
                left -= order->returned[j].quantity;
        }
        if (left > 0)
            returned[n++] = (struct returned){line->id, left};
    }
    (void)s;
    return n;
}

// refund NAME [LINE=QUANTITY]...; without lines: everything that is left
static enum err do_refund(struct scenario *s)
{
    struct returned returned[WORDS_MAX];
    size_t n = 0;
    const struct world_order *order = world_order(&s->world, word(s, 1));
    if (!order)
        blame(s, "no such purchase");
    for (size_t i = 2; i < s->n_words; i++) {
        struct str name, quantity;
        if (!cut(s->words[i], '=', &name, &quantity))
            blame(s, "not LINE=QUANTITY");
        returned[n++] = (struct returned){name, number(s, quantity)};
    }
    if (s->n_words == 2)
        n = everything_left(s, order, returned);
    return world_refund(&s->world, word(s, 1), returned, n);
}

// redeem REWARD as NAME
static enum err do_redeem(struct scenario *s)
{
    return world_redeem(&s->world, word(s, 1), word(s, 3), 0);
}

// hold REWARD as NAME until TIME
static enum err do_hold(struct scenario *s)
{
    return world_redeem(&s->world, word(s, 1), word(s, 3), instant(s, word(s, 5)));
}

// end NAME captured | released | reversed
static enum err do_end(struct scenario *s)
{
    struct str name = word(s, 1);
    if (is(s, 2, "captured"))
        return world_capture(&s->world, name);
    if (is(s, 2, "released"))
        return world_release_hold(&s->world, name);
    if (is(s, 2, "reversed"))
        return world_reverse(&s->world, name);
    blame(s, "ends how?");
    return OK;
}

// adjust +50 [CURRENCY] [because TEXT]
static enum err do_adjust(struct scenario *s)
{
    struct str note = STR_NONE;
    int64_t units = number(s, word(s, 1));
    int currency = 0;
    for (size_t i = 2; i < s->n_words; i++) {
        if (is(s, i, "because"))
            note = word(s, ++i);
        else
            currency = currency_at(s, i);
    }
    return world_adjust(&s->world, currency, units, note);
}

// ---- expectations

static void same(const struct scenario *s, int64_t is_value, int64_t expected)
{
    if (is_value == expected)
        return;
    char text[64];
    (void)snprintf(text, sizeof text, "it is %lld", (long long)is_value);
    blame(s, text);
}

// Hard and narrow spaces are spaces to whoever writes scenarios.
static struct str with_plain_spaces(struct arena *arena, struct str text)
{
    struct buf plain;
    buf_init(&plain, arena);
    for (size_t i = 0; i < text.n;) {
        struct str rest = str_skip(text, i);
        bool hard = str_starts(rest, STR("\u00a0"));
        bool narrow = str_starts(rest, STR("\u202f"));
        buf_char(&plain, hard || narrow ? ' ' : text.p[i]);
        i += hard ? 2 : narrow ? 3 : 1;
    }
    return buf_text(&plain);
}

static void same_text(const struct scenario *s, struct str is_text, struct str expected)
{
    if (str_eq(is_text, expected))
        return;
    print_error("it is: %.*s\n", STR_FMT(is_text));
    blame(s, "another text");
}

static const struct wallet *wallet(const struct scenario *s)
{
    return &s->world.member->state.wallets[currency_at(s, 3)];
}

static void expect_available(struct scenario *s)
{
    same(s, wallet(s)->available, number(s, word(s, 2)));
}

static void expect_pending(struct scenario *s)
{
    same(s, wallet(s)->pending, number(s, word(s, 2)));
}

static void expect_held(struct scenario *s)
{
    same(s, wallet(s)->held, number(s, word(s, 2)));
}

static void expect_debt(struct scenario *s)
{
    same(s, wallet(s)->debt, number(s, word(s, 2)));
}

// expect earned UNITS [by RULE]: what the last operation gave less what it took back
static void expect_earned(struct scenario *s)
{
    int64_t sum = 0;
    const struct decision *last = &s->world.last;
    for (size_t i = 0; i < last->n_effects; i++) {
        const struct effect *e = &last->effects[i];
        if (is(s, 3, "by") && !str_eq(e->rule_id, word(s, 4)))
            continue;
        if (e->kind == EFFECT_EARN || e->kind == EFFECT_EARN_PENDING)
            sum += e->units;
        if (e->kind == EFFECT_CLAWBACK || e->kind == EFFECT_CLAWBACK_PENDING ||
            e->kind == EFFECT_CLAWBACK_DEBT)
            sum -= e->units;
    }
    same(s, sum, number(s, word(s, 2)));
}

// expect effects earn=90 repay=30: exactly these, in this order
static void expect_effects(struct scenario *s)
{
    const struct decision *last = &s->world.last;
    struct buf text, expected;
    buf_init(&text, &s->world.arena);
    buf_init(&expected, &s->world.arena);
    for (size_t i = 0; i < last->n_effects; i++)
        buf_printf(&text, "%s=%lld ", effect_info(last->effects[i].kind)->code,
                   (long long)last->effects[i].units);
    for (size_t i = 2; i < s->n_words && !is(s, 2, "none"); i++)
        buf_printf(&expected, "%.*s ", STR_FMT(s->words[i]));
    same_text(s, buf_text(&text), buf_text(&expected));
}

static struct str instant_text(struct scenario *s, int64_t us)
{
    if (us == NEVER_US)
        return STR("never");
    const struct tz *tz = s->world.program->tz;
    int64_t local = us / SECOND_US + tz_offset_at(tz, us / SECOND_US);
    struct date date = civil_date(local / DAY_S);
    int64_t clock = local % DAY_S;
    char day[CIVIL_DATE_ROOM];
    struct str text = str_dup(&s->world.arena, civil_format_date(date, day));
    if (clock == 0)
        return text;
    return str_printf(&s->world.arena, "%.*sT%02d:%02d", STR_FMT(text), (int)(clock / 3600),
                      (int)(clock / 60 % 60));
}

// expect lots 45@2027-11-22 30@never 10~2027-11-22: in the order of consumption, ~ when pending;
// the day is the first on which they cannot be spent
static void expect_lots(struct scenario *s)
{
    const struct member_state *state = &s->world.member->state;
    struct buf text, expected;
    buf_init(&text, &s->world.arena);
    buf_init(&expected, &s->world.arena);
    for (size_t i = 0; i < state->n_lots; i++) {
        const struct lot *lot = &state->lots[i];
        buf_printf(&text, "%lld%c%.*s ", (long long)lot->remaining, lot->pending ? '~' : '@',
                   STR_FMT(instant_text(s, lot->expires_us)));
    }
    for (size_t i = 2; i < s->n_words && !is(s, 2, "none"); i++)
        buf_printf(&expected, "%.*s ", STR_FMT(s->words[i]));
    same_text(s, buf_text(&text), buf_text(&expected));
}

// expect due TIME: when time will do something next
static void expect_due(struct scenario *s)
{
    same_text(s, instant_text(s, engine_next_due(&s->world.member->state)), word(s, 2));
}

// expect sentence en|fr TEXT: of the last operation's effects, one says so
static void expect_sentence(struct scenario *s)
{
    const struct decision *last = &s->world.last;
    struct buf said;
    buf_init(&said, &s->world.arena);
    for (size_t i = 0; i < last->n_effects; i++) {
        struct str text =
            effect_sentence(&s->world.arena, s->world.program, &last->effects[i], word(s, 2));
        text = with_plain_spaces(&s->world.arena, text);
        if (str_eq(text, word(s, 3)))
            return;
        buf_printf(&said, "\n  it says: %.*s", STR_FMT(text));
    }
    print_error("%.*s\n", STR_FMT(buf_text(&said)));
    blame(s, "nothing says so");
}

// expect counter NAME VALUE: of the member, all windows together
static void expect_counter(struct scenario *s)
{
    const struct counters *counters = &s->world.member->state.counters;
    int64_t sum = 0;
    for (size_t i = 0; i < counters->n; i++) {
        if (str_eq(counters->list[i].name, word(s, 2)))
            sum += counters->list[i].value;
    }
    same(s, sum, number(s, word(s, 3)));
}

// expect line LINE UNITS: of what the last operation earned or took back, by line
static void expect_line(struct scenario *s)
{
    const struct decision *last = &s->world.last;
    int64_t sum = 0;
    for (size_t i = 0; i < last->n_effects; i++) {
        const struct derivation *why = last->effects[i].why;
        if (i > 0 && why == last->effects[i - 1].why)
            continue; // one claw-back in several effects
        for (size_t j = 0; j < why->n_shares; j++) {
            if (str_eq(why->shares[j].line_id, word(s, 2)))
                sum += why->shares[j].units;
        }
    }
    same(s, sum, number(s, word(s, 3)));
}

static void expect_forgiven(struct scenario *s)
{
    same(s, s->world.last.shortfall_forgiven, number(s, word(s, 2)));
}

// expect miss RULE MISSING UNITS: of the last purchase
static void expect_miss(struct scenario *s)
{
    struct world *world = &s->world;
    struct decision decision;
    decision_init(&decision, &world->arena);
    const struct world_order *order = &world->orders[world->n_orders - 1];
    struct shared_counters shared = world_shared(world);
    enum err e = engine_near_misses(order->program, &world->member->state, &shared, &order->event,
                                    &order->facts, &decision);
    assert_int_equal(e, OK);
    for (size_t i = 0; i < decision.n_near_misses; i++) {
        const struct near_miss *miss = &decision.near_misses[i];
        if (str_eq(miss->rule_id, word(s, 2)) && miss->missing == number(s, word(s, 3)) &&
            miss->units == number(s, word(s, 4)))
            return;
    }
    if (!is(s, 2, "none") || decision.n_near_misses > 0)
        blame(s, "no such near miss");
}

static enum err do_expect(struct scenario *s)
{
    static const struct {
        const char *what;
        void (*expect)(struct scenario *s);
    } expectations[] = {
        {"available", expect_available}, {"pending", expect_pending}, {"held", expect_held},
        {"debt", expect_debt},           {"earned", expect_earned},   {"effects", expect_effects},
        {"lots", expect_lots},           {"due", expect_due},         {"sentence", expect_sentence},
        {"counter", expect_counter},     {"line", expect_line},       {"forgiven", expect_forgiven},
        {"miss", expect_miss},
    };
    for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
        if (is(s, 1, expectations[i].what)) {
            expectations[i].expect(s);
            return OK;
        }
    }
    blame(s, "expects what?");
    return OK;
}

// ---- lines

static enum err do_line(struct scenario *s)
{
    static const struct {
        const char *verb;
        enum err (*run)(struct scenario *s);
    } verbs[] = {
        {"program", do_program}, {"member", do_member}, {"purchase", do_purchase},
        {"event", do_event},     {"refund", do_refund}, {"redeem", do_redeem},
        {"hold", do_hold},       {"end", do_end},       {"adjust", do_adjust},
        {"advance", do_advance}, {"expect", do_expect},
    };
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (is(s, 0, verbs[i].verb))
            return verbs[i].run(s);
    }
    blame(s, "no such verb");
    return OK;
}

// refused CODE, then a line that must be refused so
static void do_maybe_refused(struct scenario *s)
{
    if (!is(s, 0, "refused")) {
        enum err e = do_line(s);
        if (e)
            blame(s, err_info(e)->code);
        return;
    }
    struct str code = word(s, 1);
    s->n_words -= 2;
    memmove(s->words, s->words + 2, s->n_words * sizeof s->words[0]);
    enum err e = do_line(s);
    if (!str_eq(str_of(err_info(e)->code), code) || e == OK)
        blame(s, e ? err_info(e)->code : "not refused");
}

// Words, "quoted words", and a {JSON} that takes the rest of the line.
static void split(struct scenario *s, struct str line)
{
    s->n_words = 0;
    for (line = str_trim(line); line.n && s->n_words < WORDS_MAX; line = str_trim(line)) {
        size_t n = 0;
        bool quoted = line.p[0] == '"';
        if (line.p[0] == '{') {
            n = line.n;
        } else if (quoted) {
            for (n = 1; n < line.n && line.p[n] != '"';)
                n++;
        } else {
            while (n < line.n && !isspace((unsigned char)line.p[n]))
                n++;
        }
        s->words[s->n_words++] = quoted ? (struct str){line.p + 1, n - 1} : (struct str){line.p, n};
        line = str_skip(line, quoted ? n + 1 : n);
    }
}

// The end of the logical line: lines that begin with white space belong to it.
static size_t line_length(struct str text, int *ret_lines)
{
    size_t n = 0;
    *ret_lines = 0;
    do {
        while (n < text.n && text.p[n] != '\n')
            n++;
        n += n < text.n;
        ++*ret_lines;
    } while (n < text.n && (text.p[n] == ' ' || text.p[n] == '\t'));
    return n;
}

static void test_scenario(void **state)
{
    struct scenario *s = calloc(1, sizeof *s);
    struct arena texts;
    assert_non_null(s);
    arena_init(&texts, 1 << 22);
    s->file = *state;
    world_init(&s->world);
    struct str text = file_text(&texts, s->file);
    int lines;
    s->line = 1;
    for (size_t n; text.n; text = str_skip(text, n), s->line += lines) {
        n = line_length(text, &lines);
        struct str line = str_trim((struct str){text.p, n});
        if (line.n == 0 || line.p[0] == '#')
            continue;
        split(s, line);
        do_maybe_refused(s);
    }
    world_release(&s->world);
    arena_release(&texts);
    free(s);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_scenario(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), STR(".txt"));
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[FILES_MAX];
    struct dirent **files;
    struct arena names;
    arena_init(&names, 1 << 20);
    const char *folder = argc > 1 ? argv[1] : ".";
    int n = scandir(folder, &files, is_scenario, by_name);
    if (n <= 0 || n > FILES_MAX)
        return 2;
    for (int i = 0; i < n; i++) {
        struct str name = str_of(files[i]->d_name);
        name.n -= 4;
        tests[i] = (struct CMUnitTest){
            .name = str_c(&names, name),
            .test_func = test_scenario,
            .initial_state = (void *)str_printf(&names, "%s/%s", folder, files[i]->d_name).p,
        };
        free(files[i]);
    }
    free(files);
    int failed = _cmocka_run_group_tests("scenarios", tests, (size_t)n, NULL, NULL);
    arena_release(&names);
    return failed;
}
