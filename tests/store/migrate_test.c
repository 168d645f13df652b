// SPDX-License-Identifier: Apache-2.0
// migrate_test.c - forward, once, all or nothing.
#include "fixture.h"

#include "store/migrate.h"

#include <string.h>

// The program's own first migration, then steps of a program that came later.
#define STEP(n, sql)                                                                               \
    {                                                                                              \
        .number = (n), .name = "step", .text = {sql, sql}, .sha256 = { "abc" #n, "abc" #n }        \
    }

static enum err migrate_later(struct fixture *f, const struct sql_migration *steps, int n)
{
    struct sql_migration all[8];

    memcpy(all, sql_migrations, (size_t)n_sql_migrations * sizeof *all);
    memcpy(all + n_sql_migrations, steps, (size_t)n * sizeof *all);
    return migrate_with(f->db, all, n_sql_migrations + n);
}

static void test_applying_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(migrate(f->db), OK);
    assert_int_equal(migrate(f->db), OK);
    assert_int_equal(migrate_check(f->db), OK);
}

static void test_a_later_step_is_applied_once(void **state)
{
    struct fixture *f = *state;
    const struct sql_migration step = STEP(2, "CREATE TABLE later (a INTEGER)");

    assert_int_equal(migrate_later(f, &step, 1), OK);
    assert_int_equal(migrate_later(f, &step, 1), OK); // a second CREATE TABLE would fail
    assert_int_equal(db_script(f->db, "INSERT INTO later VALUES (1)"), OK);
}

static void test_a_newer_database_is_not_touched(void **state)
{
    struct fixture *f = *state;
    const struct sql_migration step = STEP(2, "CREATE TABLE later (a INTEGER)");
    struct store_config config = {.data_dir = str_of(f->folder)};

    ONLY_SQLITE(f);
    assert_int_equal(migrate_later(f, &step, 1), OK);
    assert_int_equal(migrate(f->db), ERR_STORE_NEWER);
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(store_open(&config, &f->store), ERR_STORE_NEWER);
}

static void test_another_text_under_a_known_number_is_refused(void **state)
{
    struct fixture *f = *state;
    const struct sql_migration steps[] = {STEP(2, "CREATE TABLE later (a INTEGER)"),
                                          STEP(3, "CREATE TABLE even_later (a INTEGER)")};
    struct sql_migration edited[2];

    memcpy(edited, steps, sizeof edited);
    edited[0].sha256[DB_SQLITE] = edited[0].sha256[DB_POSTGRES] = "other";
    assert_int_equal(migrate_later(f, steps, 1), OK);
    assert_int_equal(migrate_later(f, edited, 2), ERR_STORE_CORRUPT);
    assert_int_equal(db_script(f->db, "INSERT INTO even_later VALUES (1)"), ERR_STORE_FAULT);
}

static void test_a_step_that_fails_leaves_nothing_of_itself(void **state)
{
    struct fixture *f = *state;
    const struct sql_migration bad =
        STEP(2, "CREATE TABLE half (a INTEGER); INSERT INTO nowhere VALUES (1)");
    const struct sql_migration good = STEP(2, "CREATE TABLE half (a INTEGER)");

    assert_int_equal(migrate_later(f, &bad, 1), ERR_STORE_FAULT);
    assert_int_equal(migrate_later(f, &good, 1), OK);
}

// Whichever call fails, the next attempt finishes the work.
static void test_any_call_may_fail(void **state)
{
    struct fixture *f = *state;
    const struct sql_migration steps[] = {STEP(2, "CREATE TABLE later (a INTEGER)"),
                                          STEP(3, "CREATE TABLE even_later (a INTEGER)")};
    int n_failures = 0;
    enum err e;

    do {
        struct db_fault fault = {.fail_at = n_failures + 1, .err = ERR_STORE_BUSY};
        db_set_fault(f->db, &fault);
        e = migrate_later(f, steps, 2);
        n_failures += e != OK;
        assert_in_range(n_failures, 0, 50);
    } while (e);
    db_set_fault(f->db, NULL);
    assert_in_range(n_failures, 5, 50);
    assert_int_equal(db_script(f->db, "INSERT INTO even_later VALUES (1)"), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_applying_twice_changes_nothing),
        FIXTURE_TEST(test_a_later_step_is_applied_once),
        FIXTURE_TEST(test_a_newer_database_is_not_touched),
        FIXTURE_TEST(test_another_text_under_a_known_number_is_refused),
        FIXTURE_TEST(test_a_step_that_fails_leaves_nothing_of_itself),
        FIXTURE_TEST(test_any_call_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
