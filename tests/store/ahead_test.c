// SPDX-License-Identifier: Apache-2.0
// ahead_test.c - what was asked ahead is what is asked, and writes that travel together are the
// same writes: D2 and D4 of db.h, on every back end.
#include "fixture.h"

#include "base/buf.h"
#include "store/sql_gen.h"

#include <stdio.h>
#include <string.h>

// ---- questions

struct question {
    enum sql_id id;
    struct db_value params[4];
};

static struct db_value number(int64_t value)
{
    return (struct db_value){.type = DB_I64, .i64 = value};
}

static struct db_value text(const char *value)
{
    return (struct db_value){.type = DB_TEXT, .bytes = str_of(value)};
}

static struct db_value id_value(const struct id *id)
{
    return (struct db_value){.type = DB_BLOB, .bytes = {(const char *)id->b, sizeof id->b}};
}

struct answer {
    struct buf text;
    int id;
};

static enum err note_row(void *ctx, const struct db_value *columns)
{
    struct answer *answer = ctx;

    buf_char(&answer->text, '[');
    for (int i = 0; i < sql_statements[answer->id].n_out; i++) {
        const struct db_value *value = &columns[i];
        // A file has no booleans.
        buf_printf(&answer->text, "%d:%lld:", value->type == DB_BOOL ? DB_I64 : (int)value->type,
                   value->bytes.p || value->type == DB_NULL ? 0LL : (long long)value->i64);
        buf_hex(&answer->text, value->bytes.p, value->type >= DB_TEXT ? value->bytes.n : 0);
        buf_char(&answer->text, ' ');
    }
    buf_char(&answer->text, ']');
    return OK;
}

// All rows and columns as text.
static struct str answer_of(struct fixture *f, const struct question *question)
{
    struct answer answer = {.id = (int)question->id};

    buf_init(&answer.text, &f->arena);
    buf_char(&answer.text, '.');
    assert_int_equal(db_query(f->db, question->id, question->params, note_row, &answer), OK);
    return buf_text(&answer.text);
}

static void announce(struct fixture *f, const struct question *question)
{
    assert_int_equal(db_ahead(f->db, question->id, question->params), OK);
}

static struct question whose(struct fixture *f, const char *value)
{
    return (struct question){SQL_IDENTIFIER_GET,
                             {number(f->tenant_id), text("external_id"), text(value)}};
}

static bool is_somebody(struct fixture *f, const char *value)
{
    struct id member_id;
    enum err e = store_identifier_get(f->db, f->tenant_id, STR("external_id"), str_of(value),
                                      &f->arena, &member_id);

    assert_true(e == OK || e == ERR_NOT_FOUND);
    return e == OK;
}

// Asks ahead and says how often the server was waited for since.
static int64_t ask(struct fixture *f, const struct question *questions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        announce(f, &questions[i]);
    assert_int_equal(db_ask(f->db), OK);
    return db_round_trips(f->db);
}

static void park(struct fixture *f, const char *external_id, const char *order)
{
    struct parked_row row = {.key = {STR("till"), str_of(external_id), STR("order.refunded")},
                             .event_id = fixture_id(f),
                             .refund_of = str_of(order),
                             .payload = STR("{}"),
                             .reply = STR("{}")};

    assert_int_equal(store_parked_insert(f->db, f->tenant_id, &row), OK);
}

// ---- D4

static void test_an_answer_asked_ahead_is_that_of_an_ordinary_query(void **state)
{
    struct fixture *f = *state;
    struct db_value tenant = number(f->tenant_id), paid = text("order.paid"), till = text("till");
    struct str plain[16], ahead[16];

    BEGIN(f);
    struct id first = fixture_member(f, "first"), second = fixture_member(f, "second");
    struct id nobody = fixture_id(f);
    struct person_row person = {.attributes = STR("{\"a\":\"\"}"), .metadata = STR("")};
    assert_int_equal(store_person_insert(f->db, f->tenant_id, first, &person), OK);
    fixture_event(f, first, "A-1");
    fixture_event(f, second, "A-2");
    park(f, "R-3", "A-9");
    park(f, "R-1", "A-9");
    park(f, "R-2", "A-9");
    park(f, "R-4", "A-8");
    COMMIT(f);
    const struct question questions[] = {
        {SQL_PROGRAM_GET_VERSION, {tenant}},
        {SQL_IDENTIFIER_GET, {tenant, text("external_id"), text("second")}},
        {SQL_IDENTIFIER_GET, {tenant, text("external_id"), text("third")}},
        {SQL_IDENTIFIER_GET, {tenant, text("external_id"), text("first")}},
        {SQL_IDENTIFIER_GET, {number(f->tenant_id + 1), text("external_id"), text("first")}},
        {SQL_MEMBER_LOCK, {tenant, id_value(&second)}},
        {SQL_MEMBER_LOCK, {tenant, id_value(&nobody)}},
        {SQL_MEMBER_LOCK, {tenant, id_value(&first)}},
        {SQL_PERSON_GET, {tenant, id_value(&first)}},
        {SQL_PERSON_GET, {tenant, id_value(&second)}},
        {SQL_EVENT_GET_BY_KEY, {tenant, till, text("A-2"), paid}},
        {SQL_EVENT_GET_BY_KEY, {tenant, till, text("A-3"), paid}},
        {SQL_EVENT_GET_BY_KEY, {tenant, till, text("A-1"), paid}},
        {SQL_PARKED_ORDER_LIST, {tenant, till, text("A-8")}},
        {SQL_PARKED_ORDER_LIST, {tenant, till, text("A-7")}},
        {SQL_PARKED_ORDER_LIST, {tenant, till, text("A-9")}},
    };
    const size_t n = sizeof questions / sizeof *questions;
    BEGIN(f);
    for (size_t i = 0; i < n; i++)
        plain[i] = answer_of(f, &questions[i]);
    db_rollback(f->db);
    BEGIN(f);
    int64_t before = ask(f, questions, n);
    for (int again = 0; again < 2; again++)
        for (size_t i = n; i-- > 0;) {
            ahead[i] = answer_of(f, &questions[i]);
            assert_true(str_eq(ahead[i], plain[i]));
        }
    assert_int_equal(db_round_trips(f->db), before); // nobody was asked again
    db_rollback(f->db);
    assert_false(str_eq(plain[1], plain[3]));
    assert_true(str_eq(plain[2], STR("."))); // no row
    assert_true(str_eq(plain[2], plain[4]));
}

static void test_a_member_asked_ahead_is_loaded_as_ever(void **state)
{
    struct fixture *f = *state;
    struct loaded plain, ahead;

    BEGIN(f);
    struct id member_id = fixture_member(f, "a"), other_id = fixture_member(f, "b");
    fixture_take(f, member_id);
    COMMIT(f);
    BEGIN(f);
    fixture_load(f, member_id, &plain);
    db_rollback(f->db);
    BEGIN(f);
    struct member_query other = plain.query;
    other.member_id = other_id;
    assert_int_equal(store_member_ahead(f->db, &other), OK);
    assert_int_equal(store_member_ahead(f->db, &plain.query), OK);
    assert_int_equal(db_ask(f->db), OK);
    int64_t before = db_round_trips(f->db);
    fixture_load(f, member_id, &ahead);
    assert_int_equal(db_round_trips(f->db), before);
    db_rollback(f->db);
    assert_int_equal(ahead.state.last_seq, 2);
    assert_memory_equal(ahead.state.head, plain.state.head, sizeof plain.state.head);
    assert_memory_equal(ahead.state.wallets, plain.state.wallets,
                        plain.state.n_wallets * sizeof *plain.state.wallets);
    assert_int_equal(ahead.state.n_lots, 1);
    assert_memory_equal(ahead.state.lots, plain.state.lots, sizeof *plain.state.lots);
}

static void test_a_write_that_names_a_question_is_seen_by_it(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    struct question questions[] = {whose(f, "new"), whose(f, "other")};
    ask(f, questions, 2);
    assert_false(is_somebody(f, "new"));
    fixture_member(f, "new");
    int64_t before = db_round_trips(f->db);
    assert_false(is_somebody(f, "other")); // of which it says nothing
    assert_int_equal(db_round_trips(f->db), before);
    assert_true(is_somebody(f, "new"));
    assert_true(is_somebody(f, "new"));
    COMMIT(f);
}

// Each write that says what it changes, between the question and the answer.
static void test_whatever_a_batched_write_changes_is_asked_anew(void **state)
{
    struct fixture *f = *state;
    struct loaded loaded;

    BEGIN(f);
    struct id member_id = fixture_member(f, "a");
    COMMIT(f);
    struct db_value tenant = number(f->tenant_id);
    const struct question event = {SQL_EVENT_GET_BY_KEY,
                                   {tenant, text("till"), text("A-1"), text("order.paid")}};
    const struct question person = {SQL_PERSON_GET, {tenant, id_value(&member_id)}};
    struct member_row unborn = {.member_id = fixture_id(f)};
    const struct question member = {SQL_MEMBER_LOCK, {tenant, id_value(&unborn.member_id)}};
    const struct question all[] = {event, person, member};
    BEGIN(f);
    ask(f, all, 3);
    assert_true(str_eq(answer_of(f, &member), STR(".")));
    assert_int_equal(store_member_insert(f->db, f->tenant_id, &unborn), OK);
    assert_false(str_eq(answer_of(f, &member), STR(".")));
    assert_true(str_eq(answer_of(f, &event), STR(".")));
    assert_true(str_eq(answer_of(f, &person), STR(".")));
    fixture_event(f, member_id, "A-1");
    assert_false(str_eq(answer_of(f, &event), STR(".")));
    struct person_row row = {.attributes = STR("{}"), .metadata = STR("{}")};
    assert_int_equal(store_person_insert(f->db, f->tenant_id, member_id, &row), OK);
    assert_false(str_eq(answer_of(f, &person), STR(".")));
    struct member_query query = {f->tenant_id, member_id, &f->program};
    assert_int_equal(store_member_ahead(f->db, &query), OK);
    assert_int_equal(db_ask(f->db), OK);
    fixture_take(f, member_id); // wallet, lot and head
    fixture_load(f, member_id, &loaded);
    assert_int_equal(loaded.state.last_seq, 2);
    assert_int_equal(loaded.state.wallets[0].available, 50);
    assert_int_equal(loaded.state.n_lots, 1);
    COMMIT(f);
}

static void test_any_other_write_makes_all_answers_be_asked_anew(void **state)
{
    struct fixture *f = *state;
    struct db_value tenant = number(f->tenant_id);
    const struct question waiting = {SQL_PARKED_ORDER_LIST, {tenant, text("till"), text("A-1")}};

    BEGIN(f);
    ask(f, &waiting, 1);
    assert_true(str_eq(answer_of(f, &waiting), STR(".")));
    park(f, "R-1", "A-1");
    assert_false(str_eq(answer_of(f, &waiting), STR(".")));
    ask(f, &waiting, 1);
    assert_false(str_eq(answer_of(f, &waiting), STR(".")));
    struct event_key key = {STR("till"), STR("R-1"), STR("order.refunded")};
    assert_int_equal(store_parked_delete(f->db, f->tenant_id, &key), OK); // tells what it changed
    assert_true(str_eq(answer_of(f, &waiting), STR(".")));
    COMMIT(f);
}

// A limit that members share is counted by every order.
static void test_a_write_that_says_it_changes_no_answer_leaves_them_all(void **state)
{
    struct fixture *f = *state;
    struct counter_key key = {.name = STR("limit:first-fifty")};

    BEGIN(f);
    struct question questions[] = {whose(f, "new"), whose(f, "other")};
    ask(f, questions, 2);
    assert_int_equal(store_counter_add(f->db, f->tenant_id, &key, 1, 50), OK);
    int64_t before = db_round_trips(f->db);
    assert_false(is_somebody(f, "new"));
    assert_false(is_somebody(f, "other"));
    assert_int_equal(db_round_trips(f->db), before);
    COMMIT(f);
}

// Another process writes between the transactions.
static void write_elsewhere(struct fixture *f, const char *external_id)
{
    struct db *own = f->db, *other = NULL;

    if (!f->is_sqlite)
        assert_int_equal(store_writer_open(f->store, &other), OK);
    f->db = other ? other : own;
    BEGIN(f);
    fixture_member(f, external_id);
    COMMIT(f);
    db_close(other);
    f->db = own;
}

static void test_nothing_asked_ahead_outlives_its_transaction(void **state)
{
    struct fixture *f = *state;
    struct question question = whose(f, "later");

    BEGIN(f);
    ask(f, &question, 1);
    announce(f, &question);
    assert_false(is_somebody(f, "later"));
    COMMIT(f);
    write_elsewhere(f, "later");
    BEGIN(f);
    assert_true(is_somebody(f, "later"));
    question = whose(f, "later still");
    ask(f, &question, 1);
    db_rollback(f->db);
    write_elsewhere(f, "later still");
    BEGIN(f);
    assert_int_equal(db_ask(f->db), OK); // what was announced before is not asked either
    assert_true(is_somebody(f, "later still"));
    COMMIT(f);
    assert_true(is_somebody(f, "later still"));
}

static void test_a_savepoint_rolled_back_takes_its_writes_and_what_was_known_with_it(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    fixture_member(f, "before");
    assert_int_equal(db_savepoint(f->db), OK);
    fixture_member(f, "inside");
    struct question question = whose(f, "inside");
    ask(f, &question, 1);
    assert_true(is_somebody(f, "inside"));
    fixture_member(f, "inside, not sent");
    assert_int_equal(db_savepoint_rollback(f->db), OK);
    assert_false(is_somebody(f, "inside"));
    assert_true(is_somebody(f, "before"));
    fixture_member(f, "after");
    COMMIT(f);
    assert_true(is_somebody(f, "before") && is_somebody(f, "after"));
    assert_false(is_somebody(f, "inside") || is_somebody(f, "inside, not sent"));
}

static void test_a_savepoint_released_keeps_its_writes(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    assert_int_equal(db_savepoint(f->db), OK);
    fixture_member(f, "inside");
    assert_int_equal(db_savepoint_release(f->db), OK);
    COMMIT(f);
    assert_true(is_somebody(f, "inside"));
}

// ---- D2: writes that travel together

// A file is told at once what a server says later.
static void test_writes_go_in_the_order_of_their_places(void **state)
{
    struct fixture *f = *state;

    if (f->is_sqlite)
        skip();
    struct member_row member = {.member_id = fixture_id(f)};
    struct identifier_row name = {STR("external_id"), STR("early"), 1};
    struct person_row person = {.attributes = STR("{}"), .metadata = STR("{}")};
    BEGIN(f);
    assert_int_equal(store_identifier_insert(f->db, f->tenant_id, member.member_id, &name), OK);
    assert_int_equal(store_person_insert(f->db, f->tenant_id, member.member_id, &person), OK);
    assert_int_equal(store_member_insert(f->db, f->tenant_id, &member), OK);
    COMMIT(f);
    assert_true(is_somebody(f, "early"));
}

static enum err give_name(struct fixture *f, struct id member_id, const char *value)
{
    struct identifier_row name = {STR("external_id"), str_of(value), 1};

    return store_identifier_insert(f->db, f->tenant_id, member_id, &name);
}

static void test_a_taken_name_is_told_by_flush_as_such_and_else_as_a_conflict(void **state)
{
    struct fixture *f = *state;

    BEGIN(f);
    struct id member_id = fixture_member(f, "taken");
    COMMIT(f);
    BEGIN(f);
    fixture_member(f, "free");
    assert_int_equal(fixture_told(f, give_name(f, member_id, "taken")), ERR_ALREADY_EXISTS);
    db_rollback(f->db);
    assert_false(is_somebody(f, "free"));
    BEGIN(f);
    fixture_member(f, "free");
    enum err e = give_name(f, member_id, "taken");
    if (!e)
        e = db_commit(f->db);
    assert_int_equal(e, f->is_sqlite ? ERR_ALREADY_EXISTS : ERR_STORE_CONFLICT);
    db_rollback(f->db);
    assert_false(is_somebody(f, "free"));
    BEGIN(f); // the connection is as good as before
    fixture_member(f, "free");
    COMMIT(f);
    assert_true(is_somebody(f, "free"));
}

// A statement for many rows sees each row of its table as it was: one of the two would be lost.
static void test_a_row_changed_twice_in_one_batch_is_refused_not_lost(void **state)
{
    struct fixture *f = *state;

    if (f->is_sqlite) // one row after the other
        skip();
    BEGIN(f);
    struct id member_id = fixture_member(f, "a");
    fixture_take(f, member_id);
    COMMIT(f);
    struct sql_member_counter_add_in add = {f->tenant_id, member_id, STR("c"), 1, 5};
    BEGIN(f);
    assert_int_equal(sql_member_counter_add(f->db, &add), OK);
    assert_int_equal(sql_member_counter_add(f->db, &add), OK);
    assert_int_equal(db_flush(f->db), ERR_STORE_FAULT);
    db_rollback(f->db);
    BEGIN(f);
    assert_int_equal(sql_member_counter_add(f->db, &add), OK);
    assert_int_equal(db_flush(f->db), OK); // a batch of its own
    assert_int_equal(sql_member_counter_add(f->db, &add), OK);
    COMMIT(f);
    BEGIN(f);
    assert_int_equal(sql_member_counter_add(f->db, &add), OK);
    assert_int_equal(sql_member_counter_add(f->db, &add), OK);
    assert_int_equal(db_commit(f->db), ERR_STORE_FAULT);
    struct sql_member_counter_take_in take = {f->tenant_id, member_id, STR("c"), 1, 10};
    int64_t changed;
    BEGIN(f);
    assert_int_equal(sql_member_counter_take(f->db, &take, &changed), OK);
    assert_int_equal(changed, 1); // 10 were there
    take.units = 1;               // and no more than that: the schema knows no count below 0
    assert_int_equal(sql_member_counter_take(f->db, &take, &changed), ERR_STORE_FAULT);
    db_rollback(f->db);
}

static void test_more_than_a_megabyte_of_rows_arrives_as_it_was(void **state)
{
    struct fixture *f = *state;
    enum { N = 700, BYTES = 5000 };
    static char attributes[BYTES + 1];
    static struct id ids[N];
    char name[16];

    BEGIN(f);
    int64_t before = db_round_trips(f->db);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "m%d", i);
        ids[i] = fixture_member(f, name);
        memset(attributes, 'a' + i % 26, BYTES);
        struct person_row person = {.name = i % 2 ? str_of(name) : STR_NONE,
                                    .attributes = {attributes, (size_t)(BYTES - i)},
                                    .metadata = STR("{}")};
        assert_int_equal(store_person_insert(f->db, f->tenant_id, ids[i], &person), OK);
    }
    assert_int_equal(db_round_trips(f->db), before);
    COMMIT(f);
    for (int i = 0; i < N; i++) {
        struct person_row person;
        assert_int_equal(store_person_get(f->db, f->tenant_id, ids[i], &f->arena, &person), OK);
        memset(attributes, 'a' + i % 26, BYTES);
        assert_int_equal(person.attributes.n, BYTES - i);
        assert_memory_equal(person.attributes.p, attributes, (size_t)(BYTES - i));
        assert_int_equal(person.name.p != NULL, i % 2);
    }
}

static void test_writes_of_several_tenants_stay_apart(void **state)
{
    static const char *const names[] = {"a", "A", "b", "B", "c", "C"};
    struct fixture *f = *state;
    int64_t own = f->tenant_id, other;

    BEGIN(f);
    assert_int_equal(store_tenant_insert(f->db, STR("bakery"), 1, &f->arena, &other), OK);
    for (int i = 0; i < 6; i++) {
        f->tenant_id = i % 2 ? other : own;
        fixture_member(f, names[i]);
    }
    COMMIT(f);
    for (int i = 0; i < 6; i++) {
        f->tenant_id = own;
        assert_int_equal(is_somebody(f, names[i]), i % 2 == 0);
        f->tenant_id = other;
        assert_int_equal(is_somebody(f, names[i]), i % 2 == 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_an_answer_asked_ahead_is_that_of_an_ordinary_query),
        FIXTURE_TEST(test_a_member_asked_ahead_is_loaded_as_ever),
        FIXTURE_TEST(test_a_write_that_names_a_question_is_seen_by_it),
        FIXTURE_TEST(test_whatever_a_batched_write_changes_is_asked_anew),
        FIXTURE_TEST(test_any_other_write_makes_all_answers_be_asked_anew),
        FIXTURE_TEST(test_a_write_that_says_it_changes_no_answer_leaves_them_all),
        FIXTURE_TEST(test_nothing_asked_ahead_outlives_its_transaction),
        FIXTURE_TEST(test_a_savepoint_rolled_back_takes_its_writes_and_what_was_known_with_it),
        FIXTURE_TEST(test_a_savepoint_released_keeps_its_writes),
        FIXTURE_TEST(test_writes_go_in_the_order_of_their_places),
        FIXTURE_TEST(test_a_taken_name_is_told_by_flush_as_such_and_else_as_a_conflict),
        FIXTURE_TEST(test_a_row_changed_twice_in_one_batch_is_refused_not_lost),
        FIXTURE_TEST(test_more_than_a_megabyte_of_rows_arrives_as_it_was),
        FIXTURE_TEST(test_writes_of_several_tenants_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
