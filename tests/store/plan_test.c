// SPDX-License-Identifier: Apache-2.0
// plan_test.c - no statement reads a whole table, or all rows of a tenant, to find a few.
//
// Asks SQLite how it would run each statement on an empty database with the statistics of the
// migration.  PostgreSQL keeps statistics of its own, so this is not asked there.
#include "fixture.h"

#include "store/sql_gen.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

// Tables of which a tenant, or the installation, has few rows.
static const char *const small[] = {"tenant", "setting",       "api_key",         "program_version",
                                    "seal",   "sqlite_schema", "schema_migration"};

static bool is_small(const char *detail)
{
    char word[64];

    // "SCAN table ..." or "SEARCH table USING ..."
    const char *name = strchr(detail, ' ');
    assert_non_null(name);
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name + 1, " "), name + 1);
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strcmp(word, small[i]) == 0)
            return true;
    return false;
}

// True when the step reads rows in the number of all members or all events.
static bool reads_too_much(const char *detail)
{
    bool scans = strncmp(detail, "SCAN ", 5) == 0 && !strstr(detail, "CONSTANT ROW");

    return (scans || strstr(detail, "(tenant_id=?)")) && !is_small(detail);
}

// The auditor's statements (sql/audit/) are there to read everything, and so is the one that
// counts.
static bool reads_everything(const char *name)
{
    return strncmp(name, "audit_", 6) == 0 || strcmp(name, "copy_count_list") == 0;
}

static int explain(sqlite3 *db, const struct sql_statement *statement)
{
    sqlite3_stmt *plan;
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement->text[DB_SQLITE]);
    int n_bad = 0;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        if (reads_too_much(detail)) {
            print_error("%s: %s\n", statement->name, detail);
            n_bad++;
        }
    }
    sqlite3_finalize(plan);
    sqlite3_free(sql);
    return n_bad;
}

static void test_every_statement_finds_its_rows_by_a_key(void **state)
{
    struct fixture *f = *state;
    char path[128];
    sqlite3 *db;
    int n_bad = 0;

    ONLY_SQLITE(f);
    snprintf(path, sizeof path, "%s/habitue.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (int i = 0; i < N_SQL_STATEMENTS; i++)
        if (!sql_statements[i].maintenance && !reads_everything(sql_statements[i].name))
            n_bad += explain(db, &sql_statements[i]);
    sqlite3_close(db);
    assert_int_equal(n_bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_every_statement_finds_its_rows_by_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
