// SPDX-License-Identifier: Apache-2.0
// ledger_test.c - entries, allocations, the chain of docs/ledger-hash.md, lots.
#include "fixture.h"

#include "store/chain.h"
#include "store/sql_gen.h"

#include <stdio.h>
#include <string.h>

// The member and event of the example in docs/ledger-hash.md.
static const struct id example_member = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
                                          0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};
static const struct id example_event = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static void test_the_example_of_the_document_has_its_hash(void **state)
{
    struct fixture *f = *state;
    struct member_row member = {.member_id = example_member};
    struct loaded loaded;
    struct effect effect = {.kind = EFFECT_EARN,
                            .units = 90,
                            .seq = 1,
                            .effective_us = 1000000,
                            .activates_us = 1000000,
                            .expires_us = NEVER_US,
                            .order_id = example_event,
                            .rule_id = STR("spend")};
    struct entry_source source = {.tenant_id = f->tenant_id,
                                  .member_id = example_member,
                                  .recorded_us = 1000001,
                                  .event_id = example_event,
                                  .actor_id = 2,
                                  .program_version = 1};
    struct str derivation = STR("{}");
    char hex[65];

    assert_int_equal(f->tenant_id, 1);
    BEGIN(f);
    assert_int_equal(store_member_insert(f->db, 1, &member), OK);
    fixture_load(f, example_member, &loaded);
    assert_int_equal(store_entries_append(f->db, &source, &f->program, &effect, &derivation, 1,
                                          &loaded.state),
                     OK);
    COMMIT(f);
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", loaded.state.head[i]);
    assert_string_equal(hex, "0da624a47ca0b1813132266875f2114e45762adc0704a6e445d4c59bae5fb7a2");
}

static struct hash hash_texts(struct arena *arena, const char *first, const char *second)
{
    struct chain chain;
    struct hash hash;

    chain_begin(&chain, arena, "test", (const uint8_t[32]){0});
    chain_text_or_null(&chain, str_of(first));
    chain_text_or_null(&chain, str_of(second));
    assert_int_equal(chain_end(&chain, &hash), OK);
    return hash;
}

static void test_no_two_rows_read_alike(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {NULL, "", "a", "ab", "b", "aba"};
    struct hash hashes[36];
    size_t n = 0;

    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++)
            hashes[n++] = hash_texts(&f->arena, texts[i], texts[j]);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(&hashes[i], &hashes[j], sizeof *hashes);
}

static void test_a_row_that_does_not_fit_in_memory_has_no_hash(void **state)
{
    struct arena small;
    struct chain chain;
    struct hash hash;

    (void)state;
    arena_init(&small, 100);
    chain_begin(&chain, &small, "test", (const uint8_t[32]){0});
    for (int i = 0; i < 100; i++)
        chain_i64(&chain, i);
    assert_int_equal(chain_end(&chain, &hash), ERR_MEMORY);
    arena_release(&small);
}

static void test_entries_are_listed_newest_first_by_currency(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;
    struct entry_row *rows;
    size_t n;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_load(f, member_id, &loaded);
    for (int i = 0; i < 5; i++) {
        struct effect effect = {.kind = EFFECT_EARN,
                                .currency = i % 2,
                                .units = 10 + i,
                                .expires_us = 5000 + i};
        assert_int_equal(fixture_append(f, &loaded, &effect), OK);
    }
    COMMIT(f);
    struct entry_query query = {.tenant_id = f->tenant_id,
                                .member_id = member_id,
                                .before_seq = INT64_MAX,
                                .limit = 2};
    assert_int_equal(store_entry_list(f->db, &query, &f->arena, &rows, &n), OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].seq, 5);
    assert_memory_equal(rows[0].hash.b, loaded.state.head, 32);
    query.before_seq = rows[1].seq;
    query.limit = 9;
    assert_int_equal(store_entry_list(f->db, &query, &f->arena, &rows, &n), OK);
    assert_int_equal(n, 3);
    assert_int_equal(rows[0].units, 12);
    assert_int_equal(rows[0].expires_us, 5002);
    assert_int_equal(rows[0].debit, ACCOUNT_ISSUANCE);
    assert_int_equal(rows[0].credit, ACCOUNT_AVAILABLE);
    assert_true(id_is_nil(rows[0].event_id) && rows[0].ref_seq == 0 && !rows[0].rule_id.p);
    query = (struct entry_query){f->tenant_id, member_id, STR("stars"), INT64_MAX, 9};
    assert_int_equal(store_entry_list(f->db, &query, &f->arena, &rows, &n), OK);
    assert_int_equal(n, 2);
    assert_true(str_eq(rows[1].currency, STR("stars")) && rows[1].seq == 2);
    assert_int_equal(store_entry_list_range(f->db, f->tenant_id, member_id,
                                            (struct seq_range){2, 3}, &f->arena, &rows, &n),
                     OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].seq, 2);
}

static void test_allocations_and_lots_say_what_was_taken(void **state)
{
    struct fixture *f = *state;
    struct allocation_row *rows;
    struct lot *lots;
    struct lot lot;
    size_t n;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_take(f, member_id);
    COMMIT(f);
    assert_int_equal(store_allocation_list(f->db, f->tenant_id, member_id, (struct seq_range){1, 9},
                                           &f->arena, &rows, &n),
                     OK);
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].entry_seq, 2);
    assert_int_equal(rows[0].lot_seq, 1);
    assert_int_equal(rows[0].units, 40);
    assert_int_equal(store_lot_get(f->db, f->tenant_id, member_id, 1, &f->program, &f->arena, &lot),
                     OK);
    assert_int_equal(lot.units, 90);
    assert_int_equal(lot.remaining, 50);
    assert_true(lot.expires_us == NEVER_US);
    // The second entry opens no lot.
    assert_int_equal(store_lot_get(f->db, f->tenant_id, member_id, 2, &f->program, &f->arena, &lot),
                     ERR_NOT_FOUND);
    assert_int_equal(store_lot_list(f->db, f->tenant_id, member_id, &f->program, &f->arena, &lots,
                                    &n),
                     OK);
    assert_int_equal(n, 1);
    assert_int_equal(lots[0].remaining, 50);
}

// What a bug in the engine or the flow might write; the schema refuses each.
static void test_the_schema_refuses_what_the_laws_forbid(void **state)
{
    struct fixture *f = *state;
    struct allocation not_before = {.lot_seq = 2, .units = 1};
    struct allocation nowhere = {.lot_seq = 0, .units = 1};
    struct allocation nothing = {.lot_seq = 1, .units = 0};
    struct effect bad[] = {
        {.kind = EFFECT_EARN, .units = 0, .expires_us = NEVER_US},
        {.kind = EFFECT_EARN, .units = -5, .expires_us = NEVER_US},
        {.kind = EFFECT_EARN, .units = INT64_C(9007199254740992), .expires_us = NEVER_US},
        {.kind = EFFECT_EARN, .units = 1, .activates_us = 9, .expires_us = 9},
        {.kind = EFFECT_REDEEM, .units = 1, .allocations = &not_before, .n_allocations = 1},
        {.kind = EFFECT_REDEEM, .units = 1, .allocations = &nowhere, .n_allocations = 1},
        {.kind = EFFECT_REDEEM, .units = 1, .allocations = &nothing, .n_allocations = 1},
    };
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = fixture_member(f, NULL);
    fixture_load(f, member_id, &loaded);
    struct effect earn = {.kind = EFFECT_EARN, .units = 9, .expires_us = NEVER_US};
    assert_int_equal(fixture_append(f, &loaded, &earn), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct loaded copy = loaded;
        assert_int_equal(db_savepoint(f->db), OK);
        assert_int_equal(fixture_told(f, fixture_append(f, &copy, &bad[i])), ERR_STORE_FAULT);
        assert_int_equal(db_savepoint_rollback(f->db), OK);
    }
    // An entry's number is taken once, and there is no entry without a member.
    struct loaded again = loaded;
    again.state.last_seq = 0;
    assert_int_equal(db_savepoint(f->db), OK);
    assert_int_equal(fixture_told(f, fixture_append(f, &again, &earn)), ERR_ALREADY_EXISTS);
    assert_int_equal(db_savepoint_rollback(f->db), OK);
    struct loaded stranger = loaded;
    stranger.query.member_id = fixture_id(f);
    assert_int_equal(fixture_told(f, fixture_append(f, &stranger, &earn)), ERR_STORE_FAULT);
    db_rollback(f->db);
}

static void test_heads_of_ledgers_are_listed_for_the_seal(void **state)
{
    struct fixture *f = *state;
    struct chain_head *heads;
    struct loaded loaded;
    size_t n;

    BEGIN(f);
    struct id first = fixture_member(f, NULL);
    fixture_member(f, NULL); // has no entries
    struct id third = fixture_member(f, NULL);
    fixture_take(f, first);
    fixture_take(f, third);
    COMMIT(f);
    fixture_load(f, third, &loaded);
    assert_int_equal(store_ledger_head_list(f->db, f->tenant_id, ID_NIL, 9, &f->arena, &heads, &n),
                     OK);
    assert_int_equal(n, 2);
    assert_true(id_eq(heads[1].owner_id, third) && heads[1].seq == 2);
    assert_memory_equal(heads[1].hash.b, loaded.state.head, 32);
    assert_int_equal(store_ledger_head_list(f->db, f->tenant_id, first, 9, &f->arena, &heads, &n),
                     OK);
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_the_example_of_the_document_has_its_hash),
        FIXTURE_TEST(test_no_two_rows_read_alike),
        FIXTURE_TEST(test_a_row_that_does_not_fit_in_memory_has_no_hash),
        FIXTURE_TEST(test_entries_are_listed_newest_first_by_currency),
        FIXTURE_TEST(test_allocations_and_lots_say_what_was_taken),
        FIXTURE_TEST(test_the_schema_refuses_what_the_laws_forbid),
        FIXTURE_TEST(test_heads_of_ledgers_are_listed_for_the_seal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
