// SPDX-License-Identifier: Apache-2.0
// identifier.c - what identifiers look like when they are compared.
//
// Two spellings of one address or number must find one member, so each is brought to one form
// before it is stored or looked up.
//
// Layer: flow.  Tests: tests/flow/identifier_test.c
#include "base/fold.h"
#include "flow/flow.h"

#define PHONE_DIGITS_MIN 6
#define PHONE_DIGITS_MAX 15 // E.164

static bool is_ignored_in_numbers(char c)
{
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/';
}

// Drops spaces and punctuation that people put into numbers.
static struct str without_punctuation(struct arena *arena, struct str value)
{
    char *kept = arena_try(arena, value.n + 1);
    size_t n = 0;
    for (size_t i = 0; kept && i < value.n; i++)
        if (!is_ignored_in_numbers(value.p[i]))
            kept[n++] = value.p[i];
    return (struct str){.p = kept, .n = n};
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

static enum err normalise_phone(struct arena *arena, struct str value, struct str *ret_value)
{
    struct str phone = without_punctuation(arena, value);
    if (str_starts(phone, STR("00")))
        phone = str_printf(arena, "+%.*s", STR_FMT(str_skip(phone, 2)));
    struct str digits = str_starts(phone, STR("+")) ? str_skip(phone, 1) : phone;
    if (!all_digits(digits) || digits.n < PHONE_DIGITS_MIN || digits.n > PHONE_DIGITS_MAX)
        return ERR_INPUT_INVALID;
    *ret_value = phone;
    return OK;
}

static enum err normalise_email(struct arena *arena, struct str value, struct str *ret_value)
{
    size_t at = 0, n_at = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '@') {
            at = i;
            n_at++;
        } else if ((unsigned char)value.p[i] <= ' ') {
            return ERR_INPUT_INVALID;
        }
    }
    if (n_at != 1 || at == 0 || at + 1 == value.n)
        return ERR_INPUT_INVALID;
    *ret_value = str_fold(arena, value);
    return ret_value->p ? OK : ERR_INPUT_INVALID;
}

// Upper case, without punctuation; in codes the letters that look like digits are read as those.
static enum err normalise_card(struct arena *arena, struct str value, bool is_code,
                               struct str *ret_value)
{
    struct str card = str_dup(arena, without_punctuation(arena, value));
    char *p = arena_try(arena, card.n + 1);
    if (!p || card.n == 0)
        return ERR_INPUT_INVALID;
    for (size_t i = 0; i < card.n; i++) {
        char c = card.p[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (is_code && c == 'O')
            c = '0';
        if (is_code && (c == 'I' || c == 'L'))
            c = '1';
        p[i] = c;
    }
    *ret_value = (struct str){.p = p, .n = card.n};
    return OK;
}

enum err identifier_normalise(struct arena *arena, struct str kind, struct str value,
                              struct str *ret_value)
{
    value = str_trim(value);
    if (value.n == 0)
        return ERR_INPUT_INVALID;
    if (str_eq(kind, STR("email")))
        return normalise_email(arena, value, ret_value);
    if (str_eq(kind, STR("phone")))
        return normalise_phone(arena, value, ret_value);
    if (str_eq(kind, STR("card")))
        return normalise_card(arena, value, false, ret_value);
    if (str_eq(kind, STR("code")))
        return normalise_card(arena, value, true, ret_value);
    *ret_value = str_dup(arena, value);
    return OK;
}
