// SPDX-License-Identifier: Apache-2.0
// money.h - the currencies of ISO 4217 and how their amounts are written.
//
// Money is an int64_t of minor units beside its currency; nothing ever holds a fraction of one.
// There is no conversion here: a rate is a fact of an order, not of the code.
//
// Layer: base (pure).  Tests: tests/base/money_test.c
#pragma once

#include "base/text.h"

struct money_info {
    char code[4];
    uint8_t exponent; // digits after the decimal point: 0, 2, 3 or 4
};

// NULL when ISO 4217 has no such currency in circulation.  The code is in capitals.
const struct money_info *money_find(struct str code);
// All, ordered by code.
const struct money_info *money_table(size_t *ret_n);

// "-0.05", "1234", "3.250": the amount with exactly exponent decimals, '.' and no grouping.
struct str money_text(struct arena *arena, int64_t amount, unsigned exponent);
// The reverse: at most exponent decimals, no sign but '-', no grouping, no exponent; |x| <=
// AMOUNT_MAX.  Fewer decimals are filled with zeros.
MUST_CHECK bool money_parse(struct str text, unsigned exponent, int64_t *ret_amount);
