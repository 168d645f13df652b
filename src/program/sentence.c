// SPDX-License-Identifier: Apache-2.0
// sentence.c - rules and rewards as an owner says them, in English and French.
//
// Layer: program.  Tests: tests/program/sentence_test.c
#include "program/words.h"

#include "base/calendar.h"

// ---- what a rule gives

// Per one unit of money where that comes out even: 1 point per 0.10 is 10 points per 1.
static void normal_rate(const struct program *program, const struct rate *rate, int64_t *ret_units,
                        int64_t *ret_per)
{
    int64_t one = 1, scaled;
    for (int i = 0; i < program->money->exponent; i++)
        one *= 10;
    *ret_units = rate->units;
    *ret_per = rate->per;
    if (checked_mul(rate->units, one, &scaled) && scaled % rate->per == 0) {
        *ret_units = scaled / rate->per;
        *ret_per = one;
    }
}

static const struct program_currency *currency_of(const struct words *words, int currency)
{
    return &words->program->currencies[currency];
}

static void say_rate(struct words *words, const struct program_rule *rule)
{
    static const char *const of[][2] = {
        {" paid", " payé"},
        {" before discounts", " avant remises"},
        {" after discounts", " après remises"},
        {" after discounts, without tax", " après remises, hors taxes"},
    };
    const struct rate *rate = &rule->amount.rate;
    int64_t units, per;
    normal_rate(words->program, rate, &units, &per);
    say_units(words, currency_of(words, rule->currency), units);
    say(words, " per ", " pour ");
    say_money(words, per);
    say(words, of[rate->of][0], of[rate->of][1]);
    if (rate->rounding == ROUND_CEIL)
        say(words, ", rounded up", ", arrondi au-dessus");
    if (rate->rounding == ROUND_HALF_EVEN)
        say(words, ", rounded to the nearest", ", arrondi au plus proche");
    if (rate->per_line)
        say(words, ", line by line", ", ligne par ligne");
    if (rate->carry)
        say(words, ", remainders kept for the next time",
            ", les restes gardés pour la fois suivante");
}

static void say_formula(struct words *words, const struct program_rule *rule)
{
    say_name(words, currency_of(words, rule->currency)->many);
    say(words, " by the formula ", " selon la formule ");
    buf_str(&words->buf, rule->amount.text);
}

// The exact decimal: the denominator divides a power of ten.
static void say_ratio(struct words *words, int64_t num, int64_t den)
{
    int decimals = 0;
    int64_t scaled = num;
    while (scaled % den) {
        scaled *= 10;
        decimals++;
    }
    say_number(words, scaled / den, decimals);
}

static void say_multiplier(struct words *words, const struct program_rule *rule)
{
    say_name(words, currency_of(words, rule->currency)->many);
    say(words, " times ", " multipliés par ");
    say_ratio(words, rule->multiply_num, rule->multiply_den);
    if (rule->compound)
        say(words, ", on top of the other multipliers", ", en plus des autres multiplicateurs");
}

void say_rule_amount(struct words *words, const struct program_rule *rule)
{
    if (rule->phase == PHASE_MULTIPLIER) {
        say_multiplier(words, rule);
    } else if (rule->phase == PHASE_CAP) {
        say(words, "at most ", "au plus ");
        say_units(words, currency_of(words, rule->currency), rule->cap);
    } else if (rule->amount.kind == AMOUNT_RATE) {
        say_rate(words, rule);
    } else if (rule->amount.kind == AMOUNT_EXPRESSION) {
        say_formula(words, rule);
    } else {
        say_units(words, currency_of(words, rule->currency), rule->amount.fixed);
    }
}

// A rate says its base; everything else says what it is for.
static void say_event(struct words *words, const struct program_rule *rule)
{
    bool is_rate = rule->phase != PHASE_CAP && rule->phase != PHASE_MULTIPLIER &&
                   rule->amount.kind == AMOUNT_RATE;
    if (is_rate)
        return;
    if (str_eq(rule->on, STR("order.paid"))) {
        say(words, " for each purchase", " à chaque achat");
    } else if (str_eq(rule->on, STR("visit"))) {
        say(words, " for each visit", " à chaque visite");
    } else if (str_eq(rule->on, STR("member.enrolled"))) {
        say(words, " for joining", " à l'inscription");
    } else {
        say(words, " for each ", " à chaque ");
        say_quoted(words, rule->on);
    }
}

// ---- when, until when, how often

void say_rule_when(struct words *words, const struct program_rule *rule)
{
    if (!rule->when_text.n) {
        say(words, "always", "toujours");
        return;
    }
    say(words, "when ", "quand ");
    buf_str(&words->buf, rule->when_text);
}

// The last instant that still counts, when that is the end of a day: then the day is what people
// say.
static bool is_midnight(const struct program *program, int64_t us)
{
    return calendar_start(program->tz, us, CALENDAR_DAY) == us;
}

void say_active(struct words *words, int64_t from_us, int64_t until_us)
{
    bool has_from = from_us != INT64_MIN, has_until = until_us != INT64_MAX;
    if (has_from) {
        say(words, "from ", "à partir du ");
        say_instant(words, from_us);
    }
    if (has_from && has_until)
        buf_char(&words->buf, ' ');
    if (has_until && is_midnight(words->program, until_us)) {
        say(words, "until the end of ", "jusqu'au soir du ");
        say_instant(words, calendar_start(words->program->tz, until_us - 1, CALENDAR_DAY));
    } else if (has_until) {
        say(words, "until ", "jusqu'au ");
        say_instant(words, until_us);
    }
    if (!has_from && !has_until)
        say(words, "always", "toujours");
}

static void say_limit(struct words *words, const struct program_rule *rule,
                      const struct limit *limit)
{
    static const char *const scopes[][2] = {{" per member", " par membre"},
                                            {" in all", " en tout"},
                                            {" per store", " par magasin"}};
    static const char *const windows[][2] = {
        {" each time", " à chaque fois"}, {" a day", " par jour"}, {" a week", " par semaine"},
        {" a month", " par mois"},        {" a year", " par an"},  {"", ""}};
    say(words, "at most ", "au plus ");
    if (limit->counts_units) {
        say_units(words, currency_of(words, rule->currency), limit->max);
    } else if (limit->max == 1) {
        say(words, "once", "une fois");
    } else {
        say_number(words, limit->max, 0);
        say(words, " times", " fois");
    }
    say(words, scopes[limit->scope][0], scopes[limit->scope][1]);
    say(words, windows[limit->window][0], windows[limit->window][1]);
}

void say_rule_limits(struct words *words, const struct program_rule *rule)
{
    for (size_t i = 0; i < rule->n_limits; i++) {
        if (i)
            buf_str(&words->buf, STR(", "));
        say_limit(words, rule, &rule->limits[i]);
    }
    if (!rule->n_limits)
        say(words, "without limit", "sans limite");
}

// ---- how long units last

void say_pending(struct words *words, struct period pending)
{
    if (period_is_zero(pending)) {
        say(words, "can be spent at once", "utilisables tout de suite");
        return;
    }
    say(words, "can be spent after ", "utilisables après ");
    say_period(words, pending);
}

static void say_expiry_dates(struct words *words, const struct expiry *expiry)
{
    for (size_t i = 0; i < expiry->n_dates; i++)
        buf_printf(&words->buf, "%s%02d-%02d", i ? ", " : "", expiry->dates[i].month,
                   expiry->dates[i].day);
}

void say_expiry(struct words *words, const struct expiry *expiry)
{
    static const char *const rounds[][2] = {
        {"", ""},
        {", to the end of the month", ", en fin de mois"},
        {", to the end of the quarter", ", en fin de trimestre"},
        {", to the end of the half-year", ", en fin de semestre"},
        {", to the end of the year", ", en fin d'année"},
    };
    if (expiry->policy == EXPIRY_NONE) {
        say(words, "never expire", "n'expirent jamais");
    } else if (expiry->policy == EXPIRY_ROLLING) {
        say(words, "expire after ", "expirent après ");
        say_period(words, expiry->after);
        say(words, rounds[expiry->round][0], rounds[expiry->round][1]);
    } else {
        say(words, "expire after the day ", "expirent après le jour ");
        say_expiry_dates(words, expiry);
        if (period_is_zero(expiry->after))
            return;
        say(words, ", but not before ", ", mais pas avant ");
        say_period(words, expiry->after);
    }
}

// ---- whole sentences

void say_rule(struct words *words, const struct program_rule *rule)
{
    say_rule_amount(words, rule);
    say_event(words, rule);
    if (rule->lines_text.n) {
        say(words, ", on lines where ", ", sur les lignes où ");
        buf_str(&words->buf, rule->lines_text);
    }
    if (rule->when_text.n) {
        buf_str(&words->buf, STR(", "));
        say_rule_when(words, rule);
    }
    if (rule->active_from_us != INT64_MIN || rule->active_until_us != INT64_MAX) {
        buf_str(&words->buf, STR(", "));
        say_active(words, rule->active_from_us, rule->active_until_us);
    }
    if (rule->n_limits) {
        buf_str(&words->buf, STR(", "));
        say_rule_limits(words, rule);
    }
    if (rule->has_pending) {
        buf_str(&words->buf, STR(", "));
        say_pending(words, rule->pending);
    }
    if (rule->has_expiry) {
        say(words, ", which ", ", qui ");
        say_expiry(words, &rule->expiry);
    }
}

void say_costs(struct words *words, const struct program_reward *reward)
{
    for (size_t i = 0; i < reward->n_costs; i++) {
        if (i)
            say(words, " and ", " et ");
        say_units(words, currency_of(words, reward->costs[i].currency), reward->costs[i].units);
    }
}

// ---- the programme in one breath

#define REWARDS_SAID 3

// The rule that says what everybody gets: base, for all, on everything, at all times.
static bool is_plain(const struct program_rule *rule)
{
    bool amount = rule->amount.kind != AMOUNT_EXPRESSION;
    return rule->phase == PHASE_BASE && amount && !rule->when_text.n && !rule->lines_text.n &&
           rule->active_from_us == INT64_MIN && rule->active_until_us == INT64_MAX;
}

static bool say_equation_left(struct words *words, const struct program_rule *rule,
                              int64_t *ret_units)
{
    int64_t per;
    *ret_units = rule->amount.fixed;
    if (rule->amount.kind == AMOUNT_RATE) {
        normal_rate(words->program, &rule->amount.rate, ret_units, &per);
        say_money(words, per);
    } else if (str_eq(rule->on, STR("order.paid"))) {
        say(words, "1 purchase", "1 achat");
    } else if (str_eq(rule->on, STR("visit"))) {
        say(words, "1 visit", "1 visite");
    } else {
        return false;
    }
    return true;
}

static void say_earning(struct words *words, int currency)
{
    const struct program *program = words->program;
    for (size_t i = 0; i < program->n_rules; i++) {
        const struct program_rule *rule = &program->rules[i];
        int64_t units;
        if (rule->currency != currency || !is_plain(rule) ||
            !say_equation_left(words, rule, &units))
            continue;
        buf_str(&words->buf, STR(" = "));
        say_units(words, currency_of(words, currency), units);
        buf_str(&words->buf, STR(". "));
        return;
    }
}

static void say_reward(struct words *words, const struct program_reward *reward)
{
    bool counted = reward->type == REWARD_PRODUCT || reward->type == REWARD_MERCHANDISE;
    say_costs(words, reward);
    buf_str(&words->buf, counted ? STR(" = 1 ") : STR(" = "));
    say_name(words, reward->name);
    buf_str(&words->buf, STR(". "));
}

// The n-th reward by its first cost: the first gain is what people hear.
static const struct program_reward *nth_cheapest(const struct program *program, size_t nth)
{
    for (size_t i = 0; i < program->n_rewards; i++) {
        size_t cheaper = 0;
        int64_t cost = program->rewards[i].costs[0].units;
        for (size_t j = 0; j < program->n_rewards; j++) {
            int64_t other = program->rewards[j].costs[0].units;
            cheaper += other < cost || (other == cost && j < i);
        }
        if (cheaper == nth)
            return &program->rewards[i];
    }
    return NULL;
}

static void write_summary(struct words *words, const void *ctx)
{
    const struct program *program = words->program;
    for (size_t i = 0; i < program->n_currencies; i++)
        say_earning(words, (int)i);
    for (size_t i = 0; i < program->n_rewards && i < REWARDS_SAID; i++)
        say_reward(words, nth_cheapest(program, i));
}

struct bilingual program_summary(struct arena *arena, const struct program *program)
{
    struct bilingual text = words_both(arena, program, write_summary, NULL);
    return (struct bilingual){str_trim(text.en), str_trim(text.fr)};
}

static void write_rule(struct words *words, const void *ctx)
{
    say_rule(words, ctx);
}

struct bilingual program_rule_sentence(struct arena *arena, const struct program *program,
                                       const struct program_rule *rule)
{
    return words_both(arena, program, write_rule, rule);
}

struct units_ctx {
    const struct program_currency *currency;
    int64_t units;
};

static void write_units(struct words *words, const void *ctx)
{
    const struct units_ctx *in = ctx;
    say_units(words, in->currency, in->units);
}

struct bilingual program_units(struct arena *arena, const struct program_currency *currency,
                               int64_t units)
{
    return words_both(arena, NULL, write_units, &(struct units_ctx){currency, units});
}
