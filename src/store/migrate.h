// SPDX-License-Identifier: Apache-2.0
// migrate.h - brings the schema of a database up to this program.
//
//   G1  Migrations are applied in order, each in a transaction of its own with the note that it
//   was. G2  Applying twice changes nothing.  There is no way back. G3  A database that has seen a
//   migration we do not know, or one of ours with another text, is
//       not touched.
//
// Layer: store.  Tests: tests/store/migrate_test.c
#pragma once

#include "store/db.h"
#include "store/sql.h"

// ERR_STORE_NEWER, ERR_STORE_CORRUPT (G3).
MUST_CHECK enum err migrate(struct db *db);
// ERR_NOT_FOUND when nothing was ever applied: this is no database of ours.
MUST_CHECK enum err migrate_find(struct db *db);
// The same without applying anything: ERR_STORE_BUSY when something would have to be.
MUST_CHECK enum err migrate_check(struct db *db);
// For tests: migrations other than the program's own.
MUST_CHECK enum err migrate_with(struct db *db, const struct sql_migration *migrations, int n);
