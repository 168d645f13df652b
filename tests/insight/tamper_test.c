// SPDX-License-Identifier: Apache-2.0
// tamper_test.c - whatever is changed behind our back is found, and found where it is.
//
// Each case changes one thing in a copy of the database, triggers and constraints off, as somebody
// who holds the machine could, and expects a finding that names the table and the row; the same on
// every back end.
//
// Layer: tests.
#include "tamper.h"

#include "insight/audit.h"

#include <stdio.h>
#include <string.h>

// $A and $B stand for the two members, in SQL as blobs, in rows as text.
struct tampering {
    const char *sql;
    const char *table; // of a finding, and
    const char *row;   // the beginning of its row
    bool written_anew; // Ada's chain is computed again
};

static const struct tampering tamperings[] = {
#include "tamperings.def"
};

static void replace(char *text, size_t room, const char *what, const char *with)
{
    char *at;
    while ((at = strstr(text, what))) {
        char rest[2000];
        snprintf(rest, sizeof rest, "%s", at + strlen(what));
        snprintf(at, room - (size_t)(at - text), "%s%s", with, rest);
    }
}

static const struct tamperer *tamperer(void)
{
    return fresh_wanted() ? &tamperer_postgres : &tamperer_sqlite;
}

// Changes the copy, with the two members filled in.
static void tamper(const struct history *history, const struct tampering *tampering)
{
    char text[4000], ada[60], bob[60];
    tamperer()->blob(history->ada, ada, sizeof ada);
    tamperer()->blob(history->bob, bob, sizeof bob);
    snprintf(text, sizeof text, "%s", tampering->sql);
    replace(text, sizeof text, "$A", ada);
    replace(text, sizeof text, "$B", bob);
    tamperer()->change(text);
    if (tampering->written_anew)
        tamperer()->write_anew(history->ada);
}

static void audit(const struct history *history, struct arena *arena,
                  struct audit_report *ret_report)
{
    struct store_config config = tamperer()->config();
    struct audit_options options = {.public_key = history->key.public_key};
    struct store *store;
    struct db *db;
    assert_int_equal(store_open(&config, &store), OK);
    assert_int_equal(store_reader_open(store, &db), OK);
    assert_int_equal(audit_run(db, arena, &options, ret_report), OK);
    db_close(db);
    store_close(store);
}

static bool is_located(const struct history *history, const struct tampering *tampering,
                       const struct audit_report *report)
{
    char row[300], text[ID_TEXT_ROOM];
    snprintf(row, sizeof row, "%s", tampering->row);
    id_format(history->ada, "mbr", text);
    replace(row, sizeof row, "$A", text);
    id_format(history->bob, "mbr", text);
    replace(row, sizeof row, "$B", text);
    for (size_t i = 0; i < report->n_kept; i++)
        if (str_eq(report->findings[i].table, str_of(tampering->table)) &&
            str_starts(report->findings[i].row, str_of(row)))
            return true;
    return false;
}

static void test_an_untouched_history_has_no_finding(void **state)
{
    struct history *history = *state;
    struct arena arena;
    struct audit_report report;
    arena_init(&arena, (size_t)1 << 28);
    tamperer()->renew(history);
    audit(history, &arena, &report);
    if (report.n_findings)
        print_error("%.*s", STR_FMT(audit_text(&arena, &report, STR("en"))));
    assert_int_equal(report.n_findings, 0);
    assert_int_equal(report.n_seals, 2);
    assert_int_equal(report.n_currencies, 1);
    const struct audit_currency *sums = &report.currencies[0];
    int64_t wallets = 0;
    for (int i = 0; i < 2; i++) {
        struct wallet wallet = shop_wallet(&history->shop, i ? "bob" : "ada");
        wallets += wallet.available + wallet.pending + wallet.held - wallet.debt;
    }
    assert_int_equal(sums->outstanding, wallets);
    arena_release(&arena);
}

static void test_every_tampering_is_found_where_it_is(void **state)
{
    struct history *history = *state;
    size_t n = sizeof tamperings / sizeof *tamperings, n_found = 0, n_located = 0;
    for (size_t i = 0; i < n; i++) {
        struct arena arena;
        struct audit_report report;
        arena_init(&arena, (size_t)1 << 28);
        tamperer()->renew(history);
        tamper(history, &tamperings[i]);
        audit(history, &arena, &report);
        bool located = is_located(history, &tamperings[i], &report);
        // Nothing but the seal can tell a chain that agrees with itself.
        for (size_t k = 0; tamperings[i].written_anew && k < report.n_kept; k++)
            located = located && str_eq(report.findings[k].table, STR("seal"));
        n_found += report.n_findings > 0;
        n_located += located;
        if (!located)
            print_error("not located in %s %s: %s\n%.*s", tamperings[i].table, tamperings[i].row,
                        tamperings[i].sql, STR_FMT(audit_text(&arena, &report, STR("en"))));
        arena_release(&arena);
    }
    print_message("%zu tamperings: %zu found, %zu located\n", n, n_found, n_located);
    assert_int_equal(n_found, n);
    assert_int_equal(n_located, n);
    assert_true(n >= 60);
}

static int set_up(void **state)
{
    static struct history history;
    history_open(&history);
    tamperer()->open(&history);
    *state = &history;
    return 0;
}

static int tear_down(void **state)
{
    history_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_untouched_history_has_no_finding),
        cmocka_unit_test(test_every_tampering_is_found_where_it_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
