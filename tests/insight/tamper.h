// SPDX-License-Identifier: Apache-2.0
// tamper.h - how somebody who holds the machine changes what is stored, on each back end.
//
// Triggers, checks and foreign keys do not hold them up; keys of tables do.
//
// Layer: tests.
#pragma once

#include "history.h"

#include "store/store.h"

struct tamperer {
    // Once: makes the place of the copy.
    void (*open)(const struct history *history);
    // The copy is as the history was left.
    void (*renew)(struct history *history);
    // Changes the copy.  $A and $B in the text are blobs of it already made (blob).
    void (*change)(const char *sql);
    // Ada's chain is made to agree with itself again: what somebody would do who knows
    // docs/ledger-hash.md.
    void (*write_anew)(struct id member_id);
    // A blob of the member's id in SQL.
    void (*blob)(struct id id, char *text, size_t room);
    // What opens the copy.
    struct store_config (*config)(void);
};

extern const struct tamperer tamperer_sqlite, tamperer_postgres;
