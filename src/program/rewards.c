// SPDX-License-Identifier: Apache-2.0
// rewards.c - what units buy.
//
// Layer: program.  Tests: tests/program/program_test.c, tests/program/bad_documents.json
#include "program/compile.h"

#include "program/expression.h"
#include "program/types.h"

#define HOLD_DAYS_MAX 366

static void compile_costs(struct compiler *c, const struct doc_reward *doc,
                          struct program_reward *reward)
{
    const struct json *at = doc->cost.at;
    struct reward_cost *costs = keep_array(c, at->n, sizeof *costs);
    for (uint32_t i = 0; i < at->n; i++) {
        costs[i].currency = compiler_currency(c, &at->items[i]);
        CHECK(json_to_i64(&at->items[i], &costs[i].units)); // read_units saw to it
    }
    reward->costs = costs;
    reward->n_costs = at->n;
}

static void compile_gives(struct compiler *c, const struct doc_reward *doc,
                          struct program_reward *reward)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, c->keep);
    json_init(&out, &buf);
    json_copy(&out, doc->gives.at);
    reward->gives = buf_text(&buf);
    reward->type = doc->gives.type;
    reward->gives_type = str_of(reward_type_info(doc->gives.type)->code);
}

static void check_hold(struct compiler *c, struct period hold, const struct json *at)
{
    bool too_long =
        hold.months > 12 || hold.days > HOLD_DAYS_MAX || hold.seconds > HOLD_DAYS_MAX * DAY_S;
    if (period_is_zero(hold) || too_long)
        json_problem(&c->errors, json_get(at, "hold_for"), "out_of_range",
                     "must be more than nothing and at most a year");
}

static void compile_reward(struct compiler *c, const struct doc_reward *doc, const struct json *at,
                           struct program_reward *reward)
{
    reward->id = keep_str(c, doc->id);
    reward->name = keep_bilingual(c, doc->name);
    compile_costs(c, doc, reward);
    compile_gives(c, doc, reward);
    compile_active(c, doc->active, at, &reward->active_from_us, &reward->active_until_us);
    if (doc->limits) {
        reward->per_member = doc->limits->per_member;
        reward->stock = doc->limits->stock;
    }
    reward->when_text = keep_str(c, doc->when);
    if (doc->when.n)
        reward->when = expression_compile(c, json_get(at, "when"), "bool", SEES_MEMBER);
    reward->hold_for = doc->hold_for;
    check_hold(c, doc->hold_for, at);
}

void compile_rewards(struct compiler *c)
{
    const struct json *list = json_get(c->root, "rewards");
    size_t n = c->doc.rewards.n;
    const struct doc_reward *docs = c->doc.rewards.items;
    struct program_reward *rewards = keep_array(c, n, sizeof *rewards);
    if (!rewards)
        return;
    for (size_t i = 0; i < n; i++) {
        bool faulty = compiler_has_fault(c, &list->items[i]);
        if (!compiler_duplicate(c, list, i) && !faulty)
            compile_reward(c, &docs[i], &list->items[i], &rewards[i]);
    }
    c->program->rewards = rewards;
    c->program->n_rewards = n;
}
