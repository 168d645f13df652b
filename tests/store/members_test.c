// SPDX-License-Identifier: Apache-2.0
// members_test.c - members, persons, identifiers, and the walls between tenants.
#include "fixture.h"

static void test_members_page_by_id(void **state)
{
    struct fixture *f = *state;
    struct member_row *page;
    struct id ids[5];
    size_t n;

    BEGIN(f);
    for (int i = 0; i < 5; i++)
        ids[i] = fixture_member(f, NULL);
    COMMIT(f);
    assert_int_equal(store_member_list(f->db, f->tenant_id, ID_NIL, 3, &f->arena, &page, &n), OK);
    assert_int_equal(n, 3);
    assert_true(id_eq(page[2].member_id, ids[2]));
    assert_int_equal(store_member_list(f->db, f->tenant_id, ids[2], 3, &f->arena, &page, &n), OK);
    assert_int_equal(n, 2);
    assert_true(id_eq(page[1].member_id, ids[4]));
    assert_int_equal(store_member_list(f->db, f->tenant_id, ids[4], 3, &f->arena, &page, &n), OK);
    assert_int_equal(n, 0);
}

static void test_a_status_is_kept_and_a_member_is_inserted_once(void **state)
{
    struct fixture *f = *state;
    struct member_row row;

    BEGIN(f);
    struct id id = fixture_member(f, NULL);
    assert_int_equal(store_member_get(f->db, f->tenant_id, id, &f->arena, &row), OK);
    assert_int_equal(row.status, MEMBER_ACTIVE);
    row.status = MEMBER_CLOSED;
    row.updated_us = 2000;
    assert_int_equal(store_member_update(f->db, f->tenant_id, &row), OK);
    COMMIT(f);
    assert_int_equal(store_member_get(f->db, f->tenant_id, id, &f->arena, &row), OK);
    assert_int_equal(row.status, MEMBER_CLOSED);
    assert_int_equal(row.updated_us, 2000);
    assert_int_equal(row.enrolled_us, 1000);
    BEGIN(f);
    assert_int_equal(fixture_told(f, store_member_insert(f->db, f->tenant_id, &row)),
                     ERR_ALREADY_EXISTS);
    db_rollback(f->db);
    row.member_id = fixture_id(f);
    BEGIN(f);
    assert_int_equal(store_member_update(f->db, f->tenant_id, &row), ERR_NOT_FOUND);
    db_rollback(f->db);
}

static void test_a_person_is_replaced_and_forgotten(void **state)
{
    struct fixture *f = *state;
    struct person_row person = {STR("Ana"), STR("{\"a\":1}"), STR("{}")};

    BEGIN(f);
    struct id id = fixture_member(f, NULL);
    assert_int_equal(store_person_update(f->db, f->tenant_id, id, &person), OK);
    person.name = STR_NONE;
    assert_int_equal(store_person_update(f->db, f->tenant_id, id, &person), OK);
    assert_int_equal(store_person_get(f->db, f->tenant_id, id, &f->arena, &person), OK);
    assert_null(person.name.p);
    assert_true(str_eq(person.attributes, STR("{\"a\":1}")));
    assert_int_equal(store_person_delete(f->db, f->tenant_id, id), OK);
    assert_int_equal(store_person_delete(f->db, f->tenant_id, id), OK);
    assert_int_equal(store_person_get(f->db, f->tenant_id, id, &f->arena, &person), ERR_NOT_FOUND);
    COMMIT(f);
}

static void test_a_person_needs_a_member(void **state)
{
    struct fixture *f = *state;
    struct person_row person = {STR_NONE, STR("{}"), STR("{}")};

    BEGIN(f);
    assert_int_equal(fixture_told(f,
                                  store_person_update(f->db, f->tenant_id, fixture_id(f), &person)),
                     ERR_STORE_FAULT);
    db_rollback(f->db);
}

static void test_an_identifier_names_one_member(void **state)
{
    struct fixture *f = *state;
    struct identifier_row phone = {STR("phone"), STR("+33612345678"), 5};
    struct identifier_row *list;
    struct id found;
    size_t n;

    BEGIN(f);
    struct id first = fixture_member(f, "1");
    struct id second = fixture_member(f, "2");
    assert_int_equal(store_identifier_insert(f->db, f->tenant_id, first, &phone), OK);
    COMMIT(f);
    BEGIN(f);
    assert_int_equal(fixture_told(f, store_identifier_insert(f->db, f->tenant_id, second, &phone)),
                     ERR_ALREADY_EXISTS);
    db_rollback(f->db);
    assert_int_equal(store_identifier_get(f->db, f->tenant_id, phone.kind, phone.value, &f->arena,
                                          &found),
                     OK);
    assert_true(id_eq(found, first));
    assert_int_equal(store_identifier_list(f->db, f->tenant_id, first, &f->arena, &list, &n), OK);
    assert_int_equal(n, 2);
    assert_true(str_eq(list[0].kind, STR("external_id")) && str_eq(list[1].value, phone.value));
    BEGIN(f);
    assert_int_equal(store_identifier_delete(f->db, f->tenant_id, second, phone.kind, phone.value),
                     ERR_NOT_FOUND);
    assert_int_equal(store_identifier_delete(f->db, f->tenant_id, first, phone.kind, phone.value),
                     OK);
    COMMIT(f);
    assert_int_equal(store_identifier_get(f->db, f->tenant_id, phone.kind, phone.value, &f->arena,
                                          &found),
                     ERR_NOT_FOUND);
}

static void test_tenants_do_not_see_each_other(void **state)
{
    struct fixture *f = *state;
    struct member_row row;
    struct member_row *list;
    struct id found;
    size_t n;
    int64_t other;

    BEGIN(f);
    struct id id = fixture_member(f, "1");
    assert_int_equal(store_tenant_insert(f->db, STR("other"), 1, &f->arena, &other), OK);
    COMMIT(f);
    assert_int_equal(store_member_get(f->db, other, id, &f->arena, &row), ERR_NOT_FOUND);
    assert_int_equal(store_identifier_get(f->db, other, STR("external_id"), STR("1"), &f->arena,
                                          &found),
                     ERR_NOT_FOUND);
    assert_int_equal(store_member_list(f->db, other, ID_NIL, 9, &f->arena, &list, &n), OK);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_members_page_by_id),
        FIXTURE_TEST(test_a_status_is_kept_and_a_member_is_inserted_once),
        FIXTURE_TEST(test_a_person_is_replaced_and_forgotten),
        FIXTURE_TEST(test_a_person_needs_a_member),
        FIXTURE_TEST(test_an_identifier_names_one_member),
        FIXTURE_TEST(test_tenants_do_not_see_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
