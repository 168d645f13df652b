// SPDX-License-Identifier: Apache-2.0
// returns.c - a stack of purchases for each member and article.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/retail_test.py
#include "cli/import/returns.h"

#include "cli/import/grow.h"

void returns_init(struct returns *returns, struct arena *arena)
{
    *returns = (struct returns){.arena = arena};
    names_init(&returns->articles, arena);
}

// The stack of this member and article; made when it is not there.
static enum err find_stack(struct returns *returns, struct str member, struct str sku,
                           uint32_t **ret_newest)
{
    // A cell never holds NUL, so the two cannot run into one another.
    char key[2 * 1024];
    CHECK(member.n + 1 + sku.n <= sizeof key);
    memcpy(key, member.p, member.n);
    key[member.n] = '\0';
    if (sku.n)
        memcpy(key + member.n + 1, sku.p, sku.n);
    uint32_t number;
    bool new;
    enum err e =
        names_put(&returns->articles, (struct str){key, member.n + 1 + sku.n}, &number, &new);
    if (!e && new)
        e = GROW(returns->arena, returns->newest, returns->n_newest, returns->newest_room);
    if (e)
        return e;
    if (new)
        returns->newest[returns->n_newest++] = 0;
    *ret_newest = &returns->newest[number];
    return OK;
}

enum err returns_add(struct returns *returns, const struct bought *bought)
{
    uint32_t *newest;
    enum err e = find_stack(returns, bought->member, bought->sku, &newest);
    if (!e)
        e = GROW(returns->arena, returns->purchases, returns->n_purchases, returns->purchases_room);
    if (e)
        return e;
    returns->purchases[returns->n_purchases++] = (struct purchase){.left = bought->quantity,
                                                                   .order = bought->order,
                                                                   .line = bought->line,
                                                                   .older = *newest};
    *newest = (uint32_t)returns->n_purchases;
    return OK;
}

enum err returns_take(struct returns *returns, const struct wanted *wanted, int64_t *quantity,
                      struct taken_list *list)
{
    uint32_t *newest;
    enum err e = find_stack(returns, wanted->member, wanted->sku, &newest);
    for (uint32_t at = e ? 0 : *newest; at && *quantity > 0;) {
        struct purchase *purchase = &returns->purchases[at - 1];
        at = purchase->older;
        if (purchase->left == 0 || (wanted->order != ANY_ORDER && purchase->order != wanted->order))
            continue;
        int64_t part = *quantity < purchase->left ? *quantity : purchase->left;
        e = GROW(list->arena, list->items, list->n, list->room);
        if (e)
            return e;
        list->items[list->n++] = (struct taken){purchase->order, purchase->line, part};
        purchase->left -= part;
        *quantity -= part;
        // What is used up at the top is not looked at again.
        if (wanted->order == ANY_ORDER && purchase->left == 0)
            *newest = purchase->older;
    }
    return e;
}
