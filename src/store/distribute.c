// SPDX-License-Identifier: Apache-2.0
// distribute.c - see distribute.h.
//
// Layer: store.  Tests: tests/cli/distributed_test.py
#include "store/distribute.h"

#include "store/sql_gen.h"

// Tables of the same group lie together: the rows of a tenant are on one machine, whatever the
// table.  The first that is handed over begins the group, the others name it.
#define FIRST "member"

// Nothing is read from the table itself, so that the question goes to the coordinator alone.
#define UNLESS_DONE(name)                                                                          \
    " WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = '" name "'::regclass);"
#define CALL_OWNED(name)                                                                           \
    "SELECT create_distributed_table('" name "', 'tenant_id',"                                     \
    " colocate_with => CASE '" name "' WHEN '" FIRST "' THEN 'none' ELSE '" FIRST                  \
    "' END)" UNLESS_DONE(name)
#define CALL_REFERENCE(name) "SELECT create_reference_table('" name "')" UNLESS_DONE(name)
#define CALL_LOCAL(name) ""

// Sequential: one connection to each machine, or a table with foreign keys could not be handed over
// in the same transaction as what they point to.  Unsafe triggers: ours refuse a change and look at
// no other row, so that it does not matter where they run.
static const char script[] = "SET LOCAL citus.multi_shard_modify_mode TO 'sequential';"
                             "SET LOCAL citus.enable_unsafe_triggers TO on;"
#define TABLE(name, place, why) CALL_##place(#name)
#include "tables.def"
#undef TABLE
    ;

enum err distribute_check(struct db *db)
{
    int64_t n;

    if (db_dialect(db) != DB_POSTGRES)
        return ERR_CITUS_MISSING;
    enum err e = sql_run_i64(db, SQL_SCHEMA_CITUS_GET, NULL, &n);
    if (e)
        return e;
    return n ? OK : ERR_CITUS_MISSING;
}

enum err distribute(struct db *db)
{
    int64_t n_locks;
    enum err e = db_begin(db);

    if (e)
        return e;
    e = sql_run_i64(db, SQL_SCHEMA_LOCK, NULL, &n_locks);
    if (!e)
        e = db_script(db, script);
    if (e) {
        db_rollback(db);
        return e;
    }
    return db_commit(db);
}
