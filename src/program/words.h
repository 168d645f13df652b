// SPDX-License-Identifier: Apache-2.0
// words.h - a sentence in one of the two languages, as it grows: numbers, money, periods, dates.
//
// A sentence is written by the same function for both languages, run twice; say() takes what
// differs.
//
// Layer: program; the engine writes its sentences with it.  Tests: tests/program/sentence_test.c
#pragma once

#include "base/buf.h"
#include "program/program.h"

struct words {
    struct buf buf;
    const struct program *program;
    bool fr;
};

void words_init(struct words *words, struct arena *arena, const struct program *program, bool fr);
// The text in the language of the sentence.
void say(struct words *words, const char *en, const char *fr);
void say_name(struct words *words, struct bilingual name);
// 'id', and « id » in French.
void say_quoted(struct words *words, struct str id);
// 12,345.50 and 12 345,50
void say_number(struct words *words, int64_t value, int decimals);
// 1 €, 4.50 €, £5
void say_money(struct words *words, int64_t minor);
// 1 point, 500 points
void say_units(struct words *words, const struct program_currency *currency, int64_t units);
// 12 months, 1 day and 2 hours; "at once" has no words here: the period is not zero
void say_period(struct words *words, struct period period);
// 31 March 2026, with the time of day unless it is midnight in the programme's zone
void say_instant(struct words *words, int64_t us);

// Runs write for both languages.
struct bilingual words_both(struct arena *arena, const struct program *program,
                            void (*write)(struct words *words, const void *ctx), const void *ctx);

// ---- sentence.c: parts of rules, rewards and currencies, without a full stop

void say_rule(struct words *words, const struct program_rule *rule);
void say_rule_amount(struct words *words, const struct program_rule *rule);
void say_rule_when(struct words *words, const struct program_rule *rule);
void say_rule_limits(struct words *words, const struct program_rule *rule);
void say_active(struct words *words, int64_t from_us, int64_t until_us);
void say_expiry(struct words *words, const struct expiry *expiry);
void say_pending(struct words *words, struct period pending);
void say_costs(struct words *words, const struct program_reward *reward);
