// SPDX-License-Identifier: Apache-2.0
// history.h - a small shop in which everything has happened once, sealed twice.
//
// Ada has pending and spent units, a reward of each fate, returns, corrections and units that
// expired; Bob owes after a return and pays it back.  What happens is always the same, so that
// numbers of entries can be named in tests.
//
// Layer: tests.
#pragma once

#include "base/sign.h"
#include "shop.h"

struct history {
    struct test_shop shop;
    struct sign_key key;
    struct id ada, bob;
};

void history_open(struct history *history);
void history_close(struct history *history);
