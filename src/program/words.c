// SPDX-License-Identifier: Apache-2.0
// words.c - numbers, money, periods and dates in English and French.
//
// Layer: program.  Tests: tests/program/sentence_test.c
#include "program/words.h"

#include "base/calendar.h"

#define NARROW_SPACE "\u202f"
#define HARD_SPACE "\u00a0"

void words_init(struct words *words, struct arena *arena, const struct program *program, bool fr)
{
    *words = (struct words){.program = program, .fr = fr};
    buf_init(&words->buf, arena);
}

void say(struct words *words, const char *en, const char *fr)
{
    buf_str(&words->buf, str_of(words->fr ? fr : en));
}

void say_name(struct words *words, struct bilingual name)
{
    buf_str(&words->buf, words->fr ? name.fr : name.en);
}

void say_quoted(struct words *words, struct str id)
{
    say(words, "'", "«" HARD_SPACE);
    buf_str(&words->buf, id);
    say(words, "'", HARD_SPACE "»");
}

// Digits in groups of three.
static void say_whole(struct words *words, struct str digits)
{
    for (size_t i = 0; i < digits.n; i++) {
        if (i && (digits.n - i) % 3 == 0)
            say(words, ",", NARROW_SPACE);
        buf_char(&words->buf, digits.p[i]);
    }
}

void say_number(struct words *words, int64_t value, int decimals)
{
    struct str text = money_text(words->buf.arena, value, (unsigned)decimals);
    if (str_starts(text, STR("-"))) {
        buf_char(&words->buf, '-');
        text = str_skip(text, 1);
    }
    size_t whole = text.n - (decimals ? (size_t)decimals + 1 : 0);
    say_whole(words, (struct str){text.p, whole});
    if (!decimals)
        return;
    say(words, ".", ",");
    buf_str(&words->buf, str_skip(text, whole + 1));
}

static const char *symbol_of(const char *code)
{
    static const char *const symbols[][2] = {{"EUR", "€"}, {"GBP", "£"}, {"USD", "$"}};
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
        if (str_eq(str_of(symbols[i][0]), str_of(code)))
            return symbols[i][1];
    return code;
}

static int64_t power_of_ten(int n)
{
    int64_t power = 1;
    while (n-- > 0)
        power *= 10;
    return power;
}

void say_money(struct words *words, int64_t minor)
{
    const struct money_info *money = words->program->money;
    const char *symbol = symbol_of(money->code);
    bool before = !words->fr && (*symbol == '$' || str_eq(str_of(symbol), STR("£")));
    int64_t one = power_of_ten(money->exponent);
    if (before)
        buf_str(&words->buf, str_of(symbol));
    if (minor % one == 0)
        say_number(words, minor / one, 0);
    else
        say_number(words, minor, money->exponent);
    if (!before)
        buf_printf(&words->buf, " %s", symbol);
}

void say_units(struct words *words, const struct program_currency *currency, int64_t units)
{
    // English: one is exactly one.  French: all that is less than two.
    int64_t one = power_of_ten(currency->scale);
    int64_t size = units < 0 ? -units : units;
    bool singular = words->fr ? size < 2 * one : size == one;
    if (units % one == 0)
        say_number(words, units / one, 0);
    else
        say_number(words, units, currency->scale);
    buf_char(&words->buf, ' ');
    say_name(words, singular ? currency->one : currency->many);
}

// ---- periods

static void say_count(struct words *words, int64_t n, const char *en, const char *fr, bool *first)
{
    if (n == 0)
        return;
    if (!*first)
        say(words, " and ", " et ");
    *first = false;
    say_number(words, n, 0);
    buf_char(&words->buf, ' ');
    say(words, en, fr);
    // "mois" is its own plural.
    if (n != 1 && !(words->fr && fr[0] == 'm' && fr[1] == 'o'))
        buf_char(&words->buf, 's');
}

void say_period(struct words *words, struct period period)
{
    bool first = true;
    bool years = period.months % 12 == 0 && period.months > 12;
    bool weeks = period.days % 7 == 0 && period.days > 7;
    if (years)
        say_count(words, period.months / 12, "year", "an", &first);
    else
        say_count(words, period.months, "month", "mois", &first);
    if (weeks)
        say_count(words, period.days / 7, "week", "semaine", &first);
    else
        say_count(words, period.days, "day", "jour", &first);
    say_count(words, period.seconds / 3600, "hour", "heure", &first);
    say_count(words, period.seconds / 60 % 60, "minute", "minute", &first);
    say_count(words, period.seconds % 60, "second", "seconde", &first);
}

// ---- dates

static const char *const months[][2] = {
    {"January", "janvier"}, {"February", "février"},  {"March", "mars"},
    {"April", "avril"},     {"May", "mai"},           {"June", "juin"},
    {"July", "juillet"},    {"August", "août"},       {"September", "septembre"},
    {"October", "octobre"}, {"November", "novembre"}, {"December", "décembre"},
};

void say_instant(struct words *words, int64_t us)
{
    const struct tz *tz = words->program->tz;
    struct date date = calendar_date(tz, us);
    buf_i64(&words->buf, date.day);
    say(words, " ", date.day == 1 ? "er " : " ");
    say(words, months[date.month - 1][0], months[date.month - 1][1]);
    buf_printf(&words->buf, " %lld", (long long)date.year);
    int64_t of_day = (us - calendar_start(tz, us, CALENDAR_DAY)) / SECOND_US;
    if (of_day == 0)
        return;
    // By the clock on the wall, not by the seconds since midnight: a day may have 23 or 25 hours.
    int64_t seconds = us / SECOND_US - (us % SECOND_US < 0);
    int64_t wall = (seconds + tz_offset_at(tz, seconds)) % DAY_S;
    wall += wall < 0 ? DAY_S : 0;
    say(words, " at ", " à ");
    buf_printf(&words->buf, "%02d:%02d", (int)(wall / 3600), (int)(wall / 60 % 60));
}

struct bilingual words_both(struct arena *arena, const struct program *program,
                            void (*write)(struct words *words, const void *ctx), const void *ctx)
{
    struct words en, fr;
    words_init(&en, arena, program, false);
    write(&en, ctx);
    words_init(&fr, arena, program, true);
    write(&fr, ctx);
    return (struct bilingual){buf_text(&en.buf), buf_text(&fr.buf)};
}
