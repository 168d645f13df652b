// SPDX-License-Identifier: Apache-2.0
// price.c - amounts of an order, lines that do not count, and roundings.  See model.h.
#include "model/model.h"

int64_t model_round(int64_t a, int64_t b, int64_t c, enum rounding mode)
{
    __int128 product = (__int128)a * b;
    __int128 down = product / c;
    if (product % c < 0)
        down--;
    __int128 rest = product - down * c; // 0 <= rest < c
    bool up = false;
    if (mode == ROUND_CEIL)
        up = rest > 0;
    else if (mode == ROUND_HALF_EVEN)
        up = rest * 2 > c || (rest * 2 == c && down % 2 != 0);
    else if (mode == ROUND_HALF_UP)
        up = rest * 2 > c || (rest * 2 == c && product > 0);
    return (int64_t)(down + up);
}

// Largest remainder, the slow way: hand out what is left one by one.
static void share_out(int64_t total, const int64_t *weights, size_t n, int64_t *shares)
{
    int64_t sum = 0, given = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    __int128 rest[MODEL_LINES];
    for (size_t i = 0; i < n; i++) {
        shares[i] = sum > 0 ? (int64_t)((__int128)total * weights[i] / sum) : 0;
        rest[i] = sum > 0 ? (__int128)total * weights[i] % sum : 0;
        given += shares[i];
    }
    for (; sum > 0 && given < total; given++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            if (rest[i] > rest[best])
                best = i;
        shares[best]++;
        rest[best] = -1;
    }
}

static bool is_excluded(const struct program *program, const struct order_line *line)
{
    for (size_t i = 0; i < program->n_excluded_categories; i++)
        if (str_eq(program->excluded_categories[i], line->category))
            return true;
    for (size_t i = 0; i < program->n_excluded_skus; i++) {
        struct str sku = program->excluded_skus[i];
        bool prefix = sku.n > 0 && sku.p[sku.n - 1] == '*';
        if (prefix && str_starts(line->sku, (struct str){sku.p, sku.n - 1}))
            return true;
        if (!prefix && str_eq(line->sku, sku))
            return true;
    }
    return false;
}

static void sum_up(struct model_order *order)
{
    order->gross = order->net = order->paid = 0;
    for (size_t i = 0; i < order->n; i++) {
        struct model_line *line = &order->lines[i];
        line->net = line->gross - line->discount;
        line->paid = line->eligible ? line->net - line->tender : 0;
        order->gross += line->gross;
        order->net += line->net;
        order->paid += line->paid;
    }
}

void model_price(const struct event *event, const struct program *program,
                 struct model_order *ret_order)
{
    const struct order *from = event->order;
    int64_t weights[MODEL_LINES], shares[MODEL_LINES];
    *ret_order = (struct model_order){.n = from->n_lines};
    CHECK(from->n_lines <= MODEL_LINES);
    for (size_t i = 0; i < from->n_lines; i++) {
        const struct order_line *line = &from->lines[i];
        ret_order->lines[i] = (struct model_line){.quantity = line->quantity,
                                                  .gross = line->quantity * line->unit_amount,
                                                  .discount = line->discount,
                                                  .eligible = !line->gift_card && !line->reward &&
                                                              !is_excluded(program, line)};
        weights[i] = ret_order->lines[i].gross - line->discount;
    }
    share_out(from->discount, weights, from->n_lines, shares);
    for (size_t i = 0; i < from->n_lines; i++) {
        ret_order->lines[i].discount += shares[i];
        weights[i] -= shares[i];
    }
    share_out(from->tax, weights, from->n_lines, shares);
    for (size_t i = 0; i < from->n_lines; i++)
        ret_order->lines[i].tax = shares[i];
    share_out(from->tendered, weights, from->n_lines, shares);
    for (size_t i = 0; i < from->n_lines; i++)
        ret_order->lines[i].tender = shares[i];
    sum_up(ret_order);
}

// Of each line's discount the share of the kept quantity stays, rounded down; so it does of
// discount and tax together, and of discount and tender together.
void model_without(const struct event *event, const struct model_order *order,
                   const int64_t *returned, struct model_order *ret_order)
{
    *ret_order = *order;
    for (size_t i = 0; i < order->n; i++) {
        const struct model_line *old = &order->lines[i];
        struct model_line *line = &ret_order->lines[i];
        int64_t kept = old->quantity - returned[i], of = old->quantity;
        line->quantity = kept;
        line->gross = kept * event->order->lines[i].unit_amount;
        line->discount = model_round(old->discount, kept, of, ROUND_FLOOR);
        line->tax = model_round(old->discount + old->tax, kept, of, ROUND_FLOOR) - line->discount;
        line->tender =
            model_round(old->discount + old->tender, kept, of, ROUND_FLOOR) - line->discount;
    }
    sum_up(ret_order);
}
