// SPDX-License-Identifier: Apache-2.0
// currencies.c - what members collect: names, pending, expiry, what happens on a shortfall.
//
// Layer: program.  Tests: tests/program/program_test.c, tests/program/bad_documents.json
#include "base/sort.h"
#include "program/compile.h"

static int compare_days(const void *a, const void *b, void *ctx)
{
    const struct month_day *left = a, *right = b;
    return left->month != right->month ? left->month - right->month : left->day - right->day;
}

static void compile_dates(struct compiler *c, const struct doc_expiry *doc, const struct json *at,
                          struct expiry *ret)
{
    size_t n = doc->dates.n;
    const struct json *list = json_get(at, "dates");
    if (!list) {
        problem_add(&c->errors, json_pointer_to(c->arena, at, STR("dates")), "required",
                    "is missing: on which days do units expire?");
        return;
    }
    struct month_day *dates = keep_array(c, n, sizeof *dates);
    struct month_day *scratch = arena_try_array(c->arena, n ? n : 1, sizeof *scratch);
    if (!scratch)
        return;
    for (size_t i = 0; i < n; i++)
        dates[i] = ((const struct month_day *)doc->dates.items)[i];
    sort_stable(dates, scratch, n, sizeof *dates, compare_days, NULL);
    for (size_t i = 1; i < n; i++)
        if (compare_days(&dates[i - 1], &dates[i], NULL) == 0)
            json_problem(&c->errors, list, "duplicate_day", "names %02d-%02d twice", dates[i].month,
                         dates[i].day);
    ret->dates = dates;
    ret->n_dates = n;
}

// A field that means nothing under this policy is a misunderstanding: say so.
static void refuse_with_policy(struct compiler *c, const struct json *at, const char *name)
{
    const struct json *member = json_get(at, name);
    if (member)
        json_problem(&c->errors, member, "not_with_this", "means nothing with the policy \"%.*s\"",
                     STR_FMT(json_get(at, "policy")->text));
}

void compile_expiry(struct compiler *c, const struct doc_expiry *doc, const struct json *at,
                    struct expiry *ret)
{
    *ret = (struct expiry){.policy = (enum expiry_policy)doc->policy,
                           .after = doc->after,
                           .round = (enum expiry_round)doc->round};
    if (ret->policy != EXPIRY_CALENDAR)
        refuse_with_policy(c, at, "dates");
    if (ret->policy != EXPIRY_ROLLING)
        refuse_with_policy(c, at, "round");
    if (ret->policy == EXPIRY_NONE)
        refuse_with_policy(c, at, "after");
    if (ret->policy == EXPIRY_CALENDAR)
        compile_dates(c, doc, at, ret);
    if (ret->policy != EXPIRY_ROLLING)
        return;
    const struct json *after = json_get(at, "after");
    if (!after)
        problem_add(&c->errors, json_pointer_to(c->arena, at, STR("after")), "required",
                    "is missing: how long do units last?");
    else if (period_is_zero(doc->after))
        json_problem(&c->errors, after, "out_of_range",
                     "must be more than nothing: units would expire as they are earned");
}

static void compile_unit(struct compiler *c, const struct doc_unit *doc,
                         struct program_currency *currency)
{
    const struct str *en = doc->en.items, *fr = doc->fr.n ? doc->fr.items : doc->en.items;
    currency->one = keep_bilingual(c, (struct bilingual){en[0], fr[0]});
    currency->many = keep_bilingual(c, (struct bilingual){en[1], fr[1]});
}

static void compile_currency(struct compiler *c, const struct doc_currency *doc,
                             const struct json *at, struct program_currency *currency)
{
    currency->id = keep_str(c, doc->id);
    compile_unit(c, doc->unit, currency);
    currency->scale = (int)doc->scale;
    currency->shortfall = (enum shortfall)doc->shortfall;
    currency->debt_max = doc->debt_max;
    if (doc->pending)
        currency->pending = doc->pending->lasts;
    if (doc->expiry)
        compile_expiry(c, doc->expiry, json_get(at, "expiry"), &currency->expiry);
    const struct json *debt_max = json_get(at, "debt_max");
    if (debt_max && currency->shortfall != SHORTFALL_DEBT)
        json_problem(&c->errors, debt_max, "not_with_this",
                     "means nothing unless shortfall is \"debt\"");
}

void compile_currencies(struct compiler *c)
{
    const struct json *list = json_get(c->root, "currencies");
    size_t n = c->doc.currencies.n;
    const struct doc_currency *docs = c->doc.currencies.items;
    struct program_currency *currencies = keep_array(c, n, sizeof *currencies);
    for (size_t i = 0; i < n; i++) {
        bool faulty = compiler_has_fault(c, &list->items[i]);
        if (!compiler_duplicate(c, list, i) && !faulty)
            compile_currency(c, &docs[i], &list->items[i], &currencies[i]);
    }
    c->program->currencies = currencies;
    c->program->n_currencies = n;
}
