// SPDX-License-Identifier: Apache-2.0
// returns.h - finds the purchase that a return belongs to, as a till would: newest first.
//
// The rules are in docs/import.md, "Returns"; tests/retail/expected.py applies them independently.
//
//   R1  What was taken from a purchase never exceeds what was bought.
//   R2  The same calls in the same order give the same answers: a second run of a file matches as
//       the first one did.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/retail_test.py
#pragma once

#include "cli/import/names.h"

#define ANY_ORDER UINT32_MAX

struct purchase {
    int64_t left;
    uint32_t order, line;
    uint32_t older; // index + 1 of the next older one of the same member and article; 0: none
};

struct returns {
    struct arena *arena;
    struct names articles; // member and article
    uint32_t *newest;      // by article: index + 1
    size_t n_newest, newest_room;
    struct purchase *purchases;
    size_t n_purchases, purchases_room;
};

void returns_init(struct returns *returns, struct arena *arena);

// Remembers a line of a sale.  ERR_MEMORY.
struct bought {
    struct str member, sku;
    uint32_t order, line;
    int64_t quantity;
};
MUST_CHECK enum err returns_add(struct returns *returns, const struct bought *bought);

// Takes up to *quantity pieces from what the member bought of the article (in that one order, if
// one is named) and is not returned yet; *quantity is what is left over.
struct wanted {
    struct str member, sku;
    uint32_t order; // or ANY_ORDER
};
struct taken {
    uint32_t order, line;
    int64_t quantity;
};
struct taken_list {
    struct arena *arena;
    struct taken *items;
    size_t n, room;
};
MUST_CHECK enum err returns_take(struct returns *returns, const struct wanted *wanted,
                                 int64_t *quantity, struct taken_list *list);
