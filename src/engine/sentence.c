// SPDX-License-Identifier: Apache-2.0
// sentence.c - an effect as one plain sentence, in English or French.
//
//   +45 points: every purchase, 10 points per 1 € on 4.50 €
//   +45 points : chaque achat, 10 points pour 1 € sur 4,50 €
//
// The number comes first, then why.  Words that would have to agree with the unit's gender or
// number are avoided: owners name their units as they like.
//
// Layer: engine (pure).  Tests: tests/scenarios/
#include "base/check.h"
#include "engine/engine.h"
#include "program/words.h"

static void say_str(struct words *words, struct str text)
{
    buf_str(&words->buf, text);
}

static const struct program_currency *currency_of(const struct words *words,
                                                  const struct effect *effect)
{
    CHECK(effect->currency >= 0 && (size_t)effect->currency < words->program->n_currencies);
    return &words->program->currencies[effect->currency];
}

static void say_amount(struct words *words, const struct effect *effect, int64_t units)
{
    say_units(words, currency_of(words, effect), units);
}

// "+45 points: " and "+45 points : ", or the word instead of the sign.
static void say_head(struct words *words, const struct effect *effect, const char *en,
                     const char *fr)
{
    say(words, en, fr);
    say_amount(words, effect, effect->units);
    say(words, ": ", "\u00a0: ");
}

// ---- what a rule gave

// Its name, or what kind of thing it is; true when it was a name.
static bool say_rule_name(struct words *words, const struct derivation *why)
{
    if (why->rule_name.en.n == 0)
        return false;
    say_name(words, why->rule_name);
    return true;
}

static void say_rate(struct words *words, const struct effect *effect)
{
    const struct derivation *why = effect->why;
    if (say_rule_name(words, why))
        say(words, ", ", ", ");
    say_amount(words, effect, why->units);
    say(words, " per ", " pour ");
    say_money(words, why->per);
    say(words, " on ", " sur ");
    say_money(words, why->base);
    if (why->carry && why->carry_in > 0)
        say(words, ", with what was left over before", ", avec le reste d'avant");
}

static void say_given(struct words *words, const struct derivation *why)
{
    if (say_rule_name(words, why))
        return;
    say(words, "bonus ", "bonus ");
    say_quoted(words, why->rule_id);
}

// A factor was written as a decimal, so its denominator divides a power of ten.
static void say_factor(struct words *words, int64_t num, int64_t den)
{
    int decimals = 0;
    for (; num % den != 0 && decimals < 6; decimals++)
        num *= 10;
    say_number(words, num / den, decimals);
}

static void say_multiplier(struct words *words, const struct effect *effect)
{
    const struct derivation *why = effect->why;
    if (say_rule_name(words, why))
        say(words, ", ", ", ");
    say(words, "×", "×");
    say_factor(words, why->units, why->per);
    say(words, " on ", " sur ");
    say_amount(words, effect, why->base);
}

// ---- what cut it

static void say_window(struct words *words, const struct clip *clip)
{
    static const char *const en[] = {" at a time", " a day",  " a week",
                                     " a month",   " a year", " in all"};
    static const char *const fr[] = {" à la fois", " par jour", " par semaine",
                                     " par mois",  " par an",   " en tout"};
    _Static_assert(WINDOW_EVENT == 0 && WINDOW_EVER == 5, "order of words");
    enum limit_window window = clip->by == CLIP_CAP ? WINDOW_EVENT : clip->window;
    say(words, en[window], fr[window]);
    if (clip->by == CLIP_LIMIT && clip->scope == LIMIT_PROGRAM)
        say(words, " for everyone", " pour tout le monde");
    if (clip->by == CLIP_LIMIT && clip->scope == LIMIT_STORE)
        say(words, " in this shop", " dans ce magasin");
}

static void say_clip(struct words *words, const struct effect *effect, const struct clip *clip)
{
    say(words, "; cut from ", "\u00a0; ramené de ");
    say_number(words, clip->wanted, currency_of(words, effect)->scale);
    say(words, " to ", " à ");
    say_number(words, clip->given, currency_of(words, effect)->scale);
    say(words, ": at most ", "\u00a0: au plus ");
    if (clip->counts_units)
        say_amount(words, effect, clip->max);
    else
        say_number(words, clip->max, 0);
    if (!clip->counts_units)
        say(words, " times", " fois");
    say_window(words, clip);
    if (clip->used == 0)
        return;
    say(words, ", ", ", ");
    say_number(words, clip->used, clip->counts_units ? currency_of(words, effect)->scale : 0);
    say(words, " before", " avant");
}

// What an order earned and earns after a return.
static void say_refund(struct words *words, const struct effect *effect)
{
    const struct derivation *why = effect->why;
    if (say_rule_name(words, why))
        say(words, ", ", ", ");
    say(words, "after a return the order earns ", "après un retour la commande rapporte ");
    say_amount(words, effect, why->after);
    say(words, " instead of ", " au lieu de ");
    say_number(words, why->before, currency_of(words, effect)->scale);
    if (why->carried != 0)
        say(words, ", and what was left over goes back too", ", et le reste gardé repart aussi");
    if (why->forgiven == 0)
        return;
    say(words, "; forgiven: ", "\u00a0; abandonné\u00a0: ");
    say_amount(words, effect, why->forgiven);
}

static void say_earned(struct words *words, const struct effect *effect)
{
    const struct derivation *why = effect->why;
    say_head(words, effect, "+", "+");
    switch (why->reason) {
    case REASON_RULE_RATE:
        say_rate(words, effect);
        break;
    case REASON_MULTIPLIER:
        say_multiplier(words, effect);
        break;
    case REASON_REFUND:
        say_refund(words, effect);
        break;
    default:
        say_given(words, why);
    }
    for (size_t i = 0; i < why->n_clips; i++)
        say_clip(words, effect, &why->clips[i]);
    if (effect->kind != EFFECT_EARN_PENDING)
        return;
    say(words, "; to be spent from ", "\u00a0; à dépenser à partir du ");
    say_instant(words, effect->activates_us);
}

// ---- returns

static void say_clawback(struct words *words, const struct effect *effect)
{
    if (effect->kind == EFFECT_CLAWBACK_DEBT)
        say_head(words, effect, "Owed: ", "Dû\u00a0: ");
    else
        say_head(words, effect, "-", "-");
    say_refund(words, effect);
}

static void say_repay(struct words *words, const struct effect *effect)
{
    say_head(words, effect, "-", "-");
    if (effect->why->after == 0) {
        say(words, "repays all that was owed", "règle tout ce qui était dû");
        return;
    }
    say(words, "repays what was owed, left to repay: ", "règle ce qui était dû, il reste\u00a0: ");
    say_amount(words, effect, effect->why->after);
}

// ---- time

static void say_activated(struct words *words, const struct effect *effect)
{
    say(words, "Can be spent now: ", "À dépenser dès maintenant\u00a0: ");
    say_amount(words, effect, effect->units);
}

static void say_expired(struct words *words, const struct effect *effect)
{
    const struct tz *tz = words->program->tz;
    say_head(words, effect, "-", "-");
    say(words, "expired, the last day was ", "échéance passée, le dernier jour était le ");
    say_instant(words, calendar_start(tz, effect->why->until_us - 1, CALENDAR_DAY));
}

// ---- rewards

static void say_reward(struct words *words, const struct derivation *why)
{
    if (why->reward_name.en.n > 0)
        say_name(words, why->reward_name);
    else
        say_quoted(words, why->reward_id);
}

static void say_spent(struct words *words, const struct effect *effect)
{
    if (effect->kind == EFFECT_HOLD) {
        say_head(words, effect, "Reserved: ", "Réservation\u00a0: ");
        say_reward(words, effect->why);
        say(words, ", until ", ", jusqu'au ");
        say_instant(words, effect->why->until_us);
        return;
    }
    say_head(words, effect, "-", "-");
    say_reward(words, effect->why);
    if (effect->kind == EFFECT_CAPTURE)
        say(words, ", reserved before", ", déjà en réserve");
}

static void say_given_back(struct words *words, const struct effect *effect)
{
    say_head(words, effect, "+", "+");
    say_reward(words, effect->why);
    if (effect->why->reason == REASON_HOLD_EXPIRED)
        say(words, ", not collected in time", ", pas retiré à temps");
    else if (effect->why->reason == REASON_HOLD_RELEASED)
        say(words, ", reservation cancelled", ", réservation annulée");
    else
        say(words, ", taken back", ", échange annulé");
}

static void say_adjusted(struct words *words, const struct effect *effect)
{
    bool up = effect->kind == EFFECT_ADJUST_UP;
    say_head(words, effect, up ? "+" : "-", up ? "+" : "-");
    say(words, "correction", "correction");
    if (effect->why->note.n == 0)
        return;
    say(words, ", ", ", ");
    say_str(words, effect->why->note);
}

// ---- the whole

static void say_effect(struct words *words, const struct effect *effect)
{
    static void (*const by_kind[])(struct words *, const struct effect *) = {
        [EFFECT_EARN] = say_earned,
        [EFFECT_EARN_PENDING] = say_earned,
        [EFFECT_ACTIVATE] = say_activated,
        [EFFECT_EXPIRE] = say_expired,
        [EFFECT_REDEEM] = say_spent,
        [EFFECT_HOLD] = say_spent,
        [EFFECT_CAPTURE] = say_spent,
        [EFFECT_RELEASE] = say_given_back,
        [EFFECT_RETURN] = say_given_back,
        [EFFECT_CLAWBACK] = say_clawback,
        [EFFECT_CLAWBACK_PENDING] = say_clawback,
        [EFFECT_CLAWBACK_DEBT] = say_clawback,
        [EFFECT_REPAY] = say_repay,
        [EFFECT_ADJUST_UP] = say_adjusted,
        [EFFECT_ADJUST_DOWN] = say_adjusted,
    };
    CHECK(effect_info(effect->kind));
    CHECK((size_t)effect->kind < sizeof by_kind / sizeof by_kind[0] && by_kind[effect->kind]);
    by_kind[effect->kind](words, effect);
}

struct str effect_sentence(struct arena *arena, const struct program *program,
                           const struct effect *effect, struct str lang)
{
    CHECK(effect->why);
    struct words words;
    words_init(&words, arena, program, str_eq(lang, STR("fr")));
    say_effect(&words, effect);
    return buf_text(&words.buf);
}
