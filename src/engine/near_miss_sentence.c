// SPDX-License-Identifier: Apache-2.0
// near_miss_sentence.c - what a little more would earn, as one plain sentence in English or French.
//
//   +20 points if you add 3.10 €: every purchase
//   +20 points en ajoutant 3,10 € : chaque achat
//
// Layer: engine (pure).  Tests: tests/engine/near_miss_sentence_test.c, tests/api/quotes.http
#include "base/check.h"
#include "engine/engine.h"
#include "program/words.h"

struct str near_miss_sentence(struct arena *arena, const struct program *program,
                              const struct near_miss *miss, struct str lang)
{
    struct words words;
    CHECK(miss->currency >= 0 && (size_t)miss->currency < program->n_currencies);
    words_init(&words, arena, program, str_eq(lang, STR("fr")));
    say(&words, "+", "+");
    say_units(&words, &program->currencies[miss->currency], miss->units);
    say(&words, " if you add ", " en ajoutant ");
    say_money(&words, miss->missing);
    if (miss->rule_name.en.n) {
        say(&words, ": ", "\u00a0: ");
        say_name(&words, miss->rule_name);
    }
    return buf_text(&words.buf);
}
