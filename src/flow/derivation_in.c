// SPDX-License-Identifier: Apache-2.0
// derivation_in.c - a stored derivation read back, so that it can be told as a sentence.
//
// Layer: flow.  Tests: tests/flow/derivation_in_test.c
#include "flow/derivation_in.h"

#include "base/json_in.h"
#include "engine/engine.h"

#include <string.h>

// ---- words

static bool is_word(const struct json *value, const char *word)
{
    return value && value->type == JSON_TYPE_STRING && str_eq(value->text, str_of(word));
}

// Index of the word among n codes, or n.
static int word_index(const struct json *value, const char *(*code_of)(int), int n)
{
    int i = 0;
    while (i < n && !is_word(value, code_of(i)))
        i++;
    return i;
}

static const char *reason_word(int i)
{
    return reason_code((enum reason)i);
}

static const char *base_word(int i)
{
    return earning_base_code((enum earning_base)i);
}

static const char *rounding_word(int i)
{
    return rounding_code((enum rounding)i);
}

static const char *scope_word(int i)
{
    return limit_scope_code((enum limit_scope)i);
}

static const char *window_word(int i)
{
    return limit_window_code((enum limit_window)i);
}

// ---- parts

static int64_t number_of(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, name);
    int64_t number = 0;
    if (!value || value->type != JSON_TYPE_NUMBER || !str_to_i64(value->text, &number))
        return 0;
    return number;
}

static struct str text_of(const struct json *object, const char *name)
{
    const struct json *value = json_get(object, name);
    return value && value->type == JSON_TYPE_STRING ? value->text : STR("");
}

static void read_named(const struct json *object, struct str *id, struct bilingual *name)
{
    *id = text_of(object, "id");
    *name = (struct bilingual){text_of(object, "en"), text_of(object, "fr")};
}

static bool read_rounding(const struct json *object, enum rounding *rounding)
{
    int i = word_index(json_get(object, "rounding"), rounding_word, ROUND_HALF_UP + 1);
    *rounding = (enum rounding)i;
    return i <= ROUND_HALF_UP;
}

static bool read_rate(const struct json *json, struct derivation *why)
{
    const struct json *base = json_get(json, "base"), *rate = json_get(json, "rate");
    const struct json *per_line = json_get(rate, "per_line"), *carry = json_get(json, "carry");
    int of = word_index(json_get(base, "of"), base_word, BASE_NET_OF_TAX + 1);
    if (of > BASE_NET_OF_TAX || !read_rounding(rate, &why->rounding))
        return false;
    why->of = (enum earning_base)of;
    why->base = number_of(base, "amount");
    why->money = text_of(base, "money");
    why->units = number_of(rate, "units");
    why->per = number_of(rate, "per");
    why->per_line = per_line && per_line->truth;
    why->carry = carry != NULL;
    why->carry_in = number_of(carry, "in");
    why->carry_out = number_of(carry, "out");
    return why->per > 0;
}

static bool read_multiplier(const struct json *json, struct derivation *why)
{
    const struct json *factor = json_get(json, "factor");
    why->units = number_of(factor, "num");
    why->per = number_of(factor, "den");
    why->base = number_of(factor, "of_units");
    return why->per > 0 && read_rounding(factor, &why->rounding);
}

static bool read_clip(const struct json *json, struct clip *clip)
{
    clip->by = is_word(json_get(json, "by"), "cap") ? CLIP_CAP : CLIP_LIMIT;
    clip->rule_id = text_of(json, "rule");
    if (clip->by == CLIP_LIMIT) {
        int scope = word_index(json_get(json, "scope"), scope_word, LIMIT_STORE + 1);
        int window = word_index(json_get(json, "window"), window_word, WINDOW_EVER + 1);
        if (scope > LIMIT_STORE || window > WINDOW_EVER)
            return false;
        clip->scope = (enum limit_scope)scope;
        clip->window = (enum limit_window)window;
        clip->counts_units = is_word(json_get(json, "counts"), "units");
    }
    clip->max = number_of(json, "max");
    clip->used = number_of(json, "used");
    clip->wanted = number_of(json, "wanted");
    clip->given = number_of(json, "given");
    return true;
}

static bool read_lists(struct arena *arena, const struct json *json, struct derivation *why)
{
    const struct json *clips = json_get(json, "clips"), *lines = json_get(json, "lines");
    why->n_clips = clips ? clips->n : 0;
    why->n_shares = lines ? lines->n : 0;
    struct clip *clip_list = arena_try_array(arena, why->n_clips, sizeof *clip_list);
    struct line_share *shares = arena_try_array(arena, why->n_shares, sizeof *shares);
    if (!clip_list || !shares)
        return false;
    for (size_t i = 0; i < why->n_clips; i++)
        if (!read_clip(&clips->items[i], &clip_list[i]))
            return false;
    for (size_t i = 0; i < why->n_shares; i++)
        shares[i] = (struct line_share){.line_id = text_of(&lines->items[i], "line"),
                                        .units = number_of(&lines->items[i], "units")};
    why->clips = clip_list;
    why->shares = shares;
    return true;
}

enum err derivation_read(struct arena *arena, struct str text, struct derivation *ret_derivation)
{
    struct problems problems;
    problems_init(&problems, arena);
    const struct json *json;
    if (json_parse(arena, text, &json_limits_bulk, &problems, &json))
        return ERR_STORE_CORRUPT;
    struct derivation why = {.version = number_of(json, "version"),
                             .exact = number_of(json, "exact"),
                             .before = number_of(json, "before"),
                             .after = number_of(json, "after"),
                             .carried = number_of(json, "carried"),
                             .forgiven = number_of(json, "forgiven"),
                             .until_us = number_of(json, "until_us"),
                             .note = text_of(json, "note")};
    int reason = word_index(json_get(json, "reason"), reason_word, N_REASONS);
    if (reason == N_REASONS)
        return ERR_STORE_CORRUPT;
    why.reason = (enum reason)reason;
    read_named(json_get(json, "rule"), &why.rule_id, &why.rule_name);
    read_named(json_get(json, "reward"), &why.reward_id, &why.reward_name);
    bool sound = why.reason == REASON_RULE_RATE    ? read_rate(json, &why)
                 : why.reason == REASON_MULTIPLIER ? read_multiplier(json, &why)
                                                   : true;
    if (!sound || !read_lists(arena, json, &why))
        return arena_overflowed(arena) ? ERR_MEMORY : ERR_STORE_CORRUPT;
    *ret_derivation = why;
    return OK;
}
