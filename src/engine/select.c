// SPDX-License-Identifier: Apache-2.0
// select.c - the amounts a rule counts on, line by line.
//
// Layer: engine (pure).  Tests: tests/scenarios/
#include "base/check.h"
#include "base/checked.h"
#include "engine/bind.h"
#include "engine/earn.h"

static int64_t amount_of(const struct order_line *line, enum earning_base of)
{
    switch (of) {
    case BASE_PAID:
        return line->paid;
    case BASE_GROSS:
        return line->gross;
    case BASE_NET:
        return line->net;
    case BASE_NET_OF_TAX:
        return line->net - line->tax;
    }
    CHECK(false);
}

static enum err collect(struct earning *earning, const struct program_rule *rule,
                        enum earning_base of, struct selection *ret_selection)
{
    const struct order *order = earning->event->order;
    struct selection selection = {.n = order ? order->n_lines : 0};
    int64_t *amounts = arena_try_array(earning->arena, selection.n, sizeof *amounts);
    bool *counts = arena_try_array(earning->arena, selection.n, sizeof *counts);
    if (!amounts || !counts)
        return ERR_MEMORY;
    for (size_t i = 0; i < selection.n; i++) {
        const struct order_line *line = &order->lines[i];
        if (!line->eligible || (rule->lines && !bind_line(earning, rule, i)))
            continue;
        counts[i] = true;
        amounts[i] = amount_of(line, of);
        CHECK(amounts[i] >= 0);
        selection.total += amounts[i]; // at most the order's gross
        selection.n_selected++;
    }
    CHECK(amount_valid(selection.total));
    selection.amounts = amounts;
    selection.counts = counts;
    *ret_selection = selection;
    return OK;
}

enum err select_lines(struct earning *earning, const struct program_rule *rule,
                      enum earning_base of, struct selection *ret_selection)
{
    CHECK(of <= BASE_NET_OF_TAX);
    if (rule->lines)
        return collect(earning, rule, of, ret_selection);
    // Without a choice of its own a rule sees what the others see.
    struct selection *eligible = &earning->eligible[of];
    enum err e = eligible->amounts ? OK : collect(earning, rule, of, eligible);
    if (!e)
        *ret_selection = *eligible;
    return e;
}

// Free lines still count: then every selected line weighs the same.
static enum err equal_weights(struct arena *arena, const struct selection *selection,
                              const int64_t **ret_weights)
{
    int64_t *weights = arena_try_array(arena, selection->n, sizeof *weights);
    if (!weights)
        return ERR_MEMORY;
    for (size_t i = 0; i < selection->n; i++)
        weights[i] = selection->counts[i];
    *ret_weights = weights;
    return OK;
}

enum err select_spread(struct earning *earning, const struct selection *selection, int64_t units,
                       int64_t **ret_line_units)
{
    CHECK(units >= 0);
    *ret_line_units = NULL;
    if (selection->n_selected == 0)
        return OK;
    const int64_t *weights = selection->amounts;
    enum err e = OK;
    if (selection->total == 0)
        e = equal_weights(earning->arena, selection, &weights);
    int64_t *line_units = arena_try_array(earning->arena, selection->n, sizeof *line_units);
    if (e || !line_units)
        return ERR_MEMORY;
    e = split_by_weight(earning->arena, units, weights, selection->n, line_units);
    if (!e)
        *ret_line_units = line_units;
    return e;
}
