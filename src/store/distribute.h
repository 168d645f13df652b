// SPDX-License-Identifier: Apache-2.0
// distribute.h - hands the tables over to Citus, which keeps the rows of a tenant on one machine.
//
//   H1  All in one transaction: either every table has been handed over or none.
//   H2  What was handed over before is left alone.
//
// Which table goes where is a line of catalog/tables.def; docs/operations/scale.md says what is
// known of running it.
//
// Layer: store.  Tests: tests/cli/distributed_test.py
#pragma once

#include "store/db.h"

// OK when the database has the extension, ERR_CITUS_MISSING when not.
MUST_CHECK enum err distribute_check(struct db *db);
// The schema is there; outside of a transaction.
MUST_CHECK enum err distribute(struct db *db);
