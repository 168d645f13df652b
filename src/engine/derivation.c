// SPDX-License-Identifier: Apache-2.0
// derivation.c - the reason of an effect as JSON: enough to recompute its units by hand.
//
//   {"reason":"rate","version":3,"rule":{"id":"spend","en":"every purchase","fr":"chaque achat"},
//    "base":{"of":"paid","amount":450,"money":"EUR"},
//    "rate":{"units":10,"per":100,"rounding":"floor","per_line":false},"carry":{"in":0,"out":0},
//    "exact":45,
//    "clips":[{"by":"limit","rule":"spend","scope":"member","window":"day","counts":"units",
//              "max":50,"used":20,"wanted":45,"given":30}],
//    "lines":[{"line":"1","units":30}]}
//
// Members stand in this order and are left out where the reason has none.
//
// Layer: engine (pure).  Tests: tests/engine/derivation_test.c
#include "base/check.h"
#include "base/json_out.h"
#include "engine/engine.h"

// ---- words

const char *reason_code(enum reason reason)
{
    static const char *const codes[] = {
#define REASON(name, code) [REASON_##name] = code,
        REASONS(REASON)
#undef REASON
    };
    CHECK(reason < N_REASONS);
    return codes[reason];
}

const char *earning_base_code(enum earning_base of)
{
    static const char *const codes[] = {
        [BASE_PAID] = "paid",
        [BASE_GROSS] = "gross",
        [BASE_NET] = "net",
        [BASE_NET_OF_TAX] = "net_of_tax",
    };
    CHECK(of < sizeof codes / sizeof codes[0]);
    return codes[of];
}

const char *rounding_code(enum rounding rounding)
{
    static const char *const codes[] = {
        [ROUND_FLOOR] = "floor",
        [ROUND_CEIL] = "ceil",
        [ROUND_HALF_EVEN] = "half_even",
        [ROUND_HALF_UP] = "half_up",
    };
    CHECK(rounding < sizeof codes / sizeof codes[0]);
    return codes[rounding];
}

const char *limit_scope_code(enum limit_scope scope)
{
    static const char *const codes[] = {
        [LIMIT_MEMBER] = "member",
        [LIMIT_PROGRAM] = "program",
        [LIMIT_STORE] = "store",
    };
    CHECK(scope < sizeof codes / sizeof codes[0]);
    return codes[scope];
}

const char *limit_window_code(enum limit_window window)
{
    static const char *const codes[] = {
        [WINDOW_EVENT] = "event", [WINDOW_DAY] = "day",   [WINDOW_WEEK] = "week",
        [WINDOW_MONTH] = "month", [WINDOW_YEAR] = "year", [WINDOW_EVER] = "ever",
    };
    CHECK(window < sizeof codes / sizeof codes[0]);
    return codes[window];
}

// ---- parts

static void put_named(struct json_out *out, const char *key, struct str id, struct bilingual name)
{
    if (id.n == 0)
        return;
    json_put_object(out, key);
    json_put_str(out, "id", id);
    if (name.en.n > 0) {
        json_put_str(out, "en", name.en);
        json_put_str(out, "fr", name.fr);
    }
    json_end(out);
}

static void put_rate(struct json_out *out, const struct derivation *why)
{
    json_put_object(out, "base");
    json_put_c(out, "of", earning_base_code(why->of));
    json_put_i64(out, "amount", why->base);
    json_put_str(out, "money", why->money);
    json_end(out);
    json_put_object(out, "rate");
    json_put_i64(out, "units", why->units);
    json_put_i64(out, "per", why->per);
    json_put_c(out, "rounding", rounding_code(why->rounding));
    json_put_bool(out, "per_line", why->per_line);
    json_end(out);
    if (!why->carry)
        return;
    json_put_object(out, "carry");
    json_put_i64(out, "in", why->carry_in);
    json_put_i64(out, "out", why->carry_out);
    json_end(out);
}

static void put_multiplier(struct json_out *out, const struct derivation *why)
{
    json_put_object(out, "factor");
    json_put_i64(out, "num", why->units);
    json_put_i64(out, "den", why->per);
    json_put_c(out, "rounding", rounding_code(why->rounding));
    json_put_i64(out, "of_units", why->base);
    json_end(out);
}

static void put_refund(struct json_out *out, const struct derivation *why)
{
    json_put_i64(out, "before", why->before);
    json_put_i64(out, "after", why->after);
    json_put_i64(out, "carried", why->carried);
    json_put_i64(out, "forgiven", why->forgiven);
}

static void put_clip(struct json_out *out, const struct clip *clip)
{
    CHECK(clip->given < clip->wanted);
    json_object(out);
    json_put_c(out, "by", clip->by == CLIP_CAP ? "cap" : "limit");
    json_put_str(out, "rule", clip->rule_id);
    if (clip->by == CLIP_LIMIT) {
        json_put_c(out, "scope", limit_scope_code(clip->scope));
        json_put_c(out, "window", limit_window_code(clip->window));
        json_put_c(out, "counts", clip->counts_units ? "units" : "times");
    }
    json_put_i64(out, "max", clip->max);
    json_put_i64(out, "used", clip->used);
    json_put_i64(out, "wanted", clip->wanted);
    json_put_i64(out, "given", clip->given);
    json_end(out);
}

static void put_lists(struct json_out *out, const struct derivation *why)
{
    if (why->n_clips > 0) {
        json_put_array(out, "clips");
        for (size_t i = 0; i < why->n_clips; i++)
            put_clip(out, &why->clips[i]);
        json_end(out);
    }
    if (why->n_shares == 0)
        return;
    json_put_array(out, "lines");
    for (size_t i = 0; i < why->n_shares; i++) {
        json_object(out);
        json_put_str(out, "line", why->shares[i].line_id);
        json_put_i64(out, "units", why->shares[i].units);
        json_end(out);
    }
    json_end(out);
}

static void put_reason(struct json_out *out, const struct derivation *why)
{
    switch (why->reason) {
    case REASON_RULE_RATE:
        put_rate(out, why);
        break;
    case REASON_MULTIPLIER:
        put_multiplier(out, why);
        break;
    case REASON_REFUND:
        put_refund(out, why);
        break;
    case REASON_DEBT:
        json_put_i64(out, "before", why->before);
        json_put_i64(out, "after", why->after);
        break;
    case REASON_EXPIRED:
        json_put_i64(out, "until_us", why->until_us);
        break;
    case REASON_REWARD:
        if (why->until_us)
            json_put_i64(out, "until_us", why->until_us);
        break;
    case REASON_ADJUSTMENT:
        json_put_str(out, "note", why->note);
        break;
    default:
        break; // said by its name
    }
}

static bool computes(enum reason reason)
{
    return reason <= REASON_REFUND;
}

void derivation_json(struct json_out *out, const struct effect *effect)
{
    const struct derivation *why = effect->why;
    CHECK(why);
    json_object(out);
    json_put_c(out, "reason", reason_code(why->reason));
    json_put_i64(out, "version", why->version);
    put_named(out, "rule", why->rule_id, why->rule_name);
    put_named(out, "reward", why->reward_id, why->reward_name);
    put_reason(out, why);
    if (computes(why->reason))
        json_put_i64(out, "exact", why->exact);
    put_lists(out, why);
    json_end(out);
}
