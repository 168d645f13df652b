// SPDX-License-Identifier: Apache-2.0
// price.c - what each line of an order amounts to, and what is left of an order after returns.
//
// Layer: engine (pure).  Tests: tests/engine/price_test.c
#include "base/check.h"
#include "base/checked.h"
#include "engine/event.h"
#include "program/program.h"

// ---- pricing

static bool line_valid(const struct order_line *line)
{
    return line->quantity > 0 && line->unit_amount >= 0 && line->discount >= 0;
}

static enum err price_line_gross(struct order_line *line)
{
    if (!line_valid(line))
        return ERR_INPUT_INVALID;
    int64_t gross;
    enum err e = amount_mul(line->quantity, line->unit_amount, &gross);
    if (e)
        return e;
    if (line->discount > gross)
        return ERR_INPUT_INVALID;
    line->gross = gross;
    return OK;
}

static bool order_valid(const struct order *order)
{
    return order->discount >= 0 && order->tax >= 0 && order->shipping >= 0 &&
           order->tendered >= 0 && amount_valid(order->discount) && amount_valid(order->tax) &&
           amount_valid(order->shipping) && amount_valid(order->tendered);
}

// Shares total out over the weights; shares may be the weights' own array.
static enum err share(struct arena *arena, int64_t total, const int64_t *weights, size_t n,
                      int64_t *ret_shares)
{
    if (total == 0) {
        for (size_t i = 0; i < n; i++)
            ret_shares[i] = 0;
        return OK;
    }
    return split_by_weight(arena, total, weights, n, ret_shares);
}

// Gross of each line, then net: less its discount and its share of the order's.
static enum err price_net(struct arena *arena, struct order *order, int64_t *weights,
                          int64_t *shares)
{
    int64_t gross = 0, before = 0;
    enum err e = OK;
    for (size_t i = 0; i < order->n_lines && !e; i++) {
        struct order_line *line = &order->lines[i];
        e = price_line_gross(line);
        if (!e)
            e = amount_add(gross, line->gross, &gross);
        weights[i] = line->gross - line->discount;
        before += weights[i];
    }
    if (e)
        return e;
    if (order->discount > before)
        return ERR_INPUT_INVALID;
    e = share(arena, order->discount, weights, order->n_lines, shares);
    for (size_t i = 0; i < order->n_lines && !e; i++) {
        CHECK(shares[i] >= 0 && shares[i] <= weights[i]); // E1
        order->lines[i].net = weights[i] - shares[i];
    }
    order->gross = gross;
    order->net = before - order->discount;
    return e;
}

// Tax and tender of each line.  What of them exceeds the lines belongs to shipping.
static enum err price_shares(struct arena *arena, struct order *order, int64_t *weights,
                             int64_t *shares)
{
    int64_t sum;
    enum err e = amount_add(order->net, order->shipping, &sum);
    if (e)
        return e;
    if (order->tax > sum || order->tendered > sum)
        return ERR_INPUT_INVALID;
    size_t n = order->n_lines;
    for (size_t i = 0; i < n; i++)
        weights[i] = order->lines[i].net;
    e = share(arena, order->tax < order->net ? order->tax : order->net, weights, n, shares);
    for (size_t i = 0; i < n && !e; i++)
        order->lines[i].tax = shares[i];
    if (!e)
        e = share(arena, order->tendered < order->net ? order->tendered : order->net, weights, n,
                  shares);
    for (size_t i = 0; i < n && !e; i++)
        order->lines[i].tender = shares[i];
    return e;
}

static void price_paid(struct order *order, const struct program *program)
{
    order->paid = 0;
    for (size_t i = 0; i < order->n_lines; i++) {
        struct order_line *line = &order->lines[i];
        line->eligible = !line->gift_card && !line->reward &&
                         !program_excludes(program, line->category, line->sku);
        CHECK(line->tender >= 0 && line->tender <= line->net); // E1
        line->paid = line->eligible ? line->net - line->tender : 0;
        order->paid += line->paid; // at most net
    }
    CHECK(order->paid <= order->net);
}

enum err event_price(struct arena *arena, struct order *order, const struct program *program)
{
    if (!order_valid(order))
        return ERR_INPUT_INVALID;
    int64_t *weights = arena_try_array(arena, order->n_lines, sizeof *weights);
    int64_t *shares = arena_try_array(arena, order->n_lines, sizeof *shares);
    if (!weights || !shares)
        return ERR_MEMORY;
    enum err e = price_net(arena, order, weights, shares);
    if (!e)
        e = price_shares(arena, order, weights, shares);
    if (!e)
        price_paid(order, program);
    return e;
}

// ---- what is left after returns

static enum err returned_of(const struct order_line *line, const struct returned *returned,
                            size_t n, int64_t *ret_quantity)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(returned[i].line_id, line->id))
            continue;
        if (returned[i].quantity <= 0 || !checked_add(sum, returned[i].quantity, &sum))
            return ERR_INPUT_INVALID;
    }
    *ret_quantity = sum;
    return sum > line->quantity ? ERR_REFUND_EXCEEDS_ORDER : OK;
}

static bool has_line(const struct order *order, struct str id)
{
    for (size_t i = 0; i < order->n_lines; i++) {
        if (str_eq(order->lines[i].id, id))
            return true;
    }
    return false;
}

// part * kept / of, rounded down; part, kept <= of hold by construction.
static int64_t kept_share(int64_t part, int64_t kept, int64_t of)
{
    int64_t value = 0;
    CHECK(muldiv(part, kept, of, ROUND_FLOOR, &value));
    return value;
}

// What is kept of the line's discount and of a part of its net together.
static int64_t kept_part(const struct order_line *line, int64_t part, int64_t kept)
{
    return kept_share(line->gross - line->net + part, kept, line->quantity);
}

static struct order_line line_without(const struct order_line *line, int64_t returned)
{
    int64_t kept = line->quantity - returned;
    CHECK(kept > 0);
    struct order_line left = *line;
    left.quantity = kept;
    left.gross = kept * line->unit_amount; // at most the gross of the whole line
    left.discount = kept_share(line->gross - line->net, kept, line->quantity);
    left.net = left.gross - left.discount;
    // Rounded together with the discount: two floors of their own could drop at the same step, and
    // the line would be worth more after a return than before.
    left.tax = kept_part(line, line->tax, kept) - left.discount;
    left.tender = kept_part(line, line->tender, kept) - left.discount;
    CHECK(left.net >= left.tender && left.net >= 0); // E1: floors of parts of the same whole
    left.paid = left.eligible ? left.net - left.tender : 0;
    return left;
}

static void add_line(struct order *order, const struct order_line *line)
{
    order->lines[order->n_lines++] = *line;
    order->gross += line->gross;
    order->net += line->net;
    order->tax += line->tax;
    order->tendered += line->tender;
    order->paid += line->paid;
}

enum err order_without(struct arena *arena, const struct order *order,
                       const struct returned *returned, size_t n, struct order **ret_order)
{
    for (size_t i = 0; i < n; i++) {
        if (!has_line(order, returned[i].line_id))
            return ERR_NOT_FOUND;
    }
    struct order *left = arena_try(arena, sizeof *left);
    struct order_line *lines = arena_try_array(arena, order->n_lines, sizeof *lines);
    if (!left || !lines)
        return ERR_MEMORY;
    *left = (struct order){.currency = order->currency,
                           .lines = lines,
                           .shipping = order->shipping,
                           .tax = order->tax,
                           .tendered = order->tendered};
    for (size_t i = 0; i < order->n_lines; i++) {
        left->tax -= order->lines[i].tax;
        left->tendered -= order->lines[i].tender;
        int64_t quantity;
        enum err e = returned_of(&order->lines[i], returned, n, &quantity);
        if (e)
            return e;
        if (quantity == order->lines[i].quantity)
            continue;
        struct order_line line = line_without(&order->lines[i], quantity);
        add_line(left, &line);
    }
    CHECK(left->paid <= order->paid);
    *ret_order = left;
    return OK;
}
