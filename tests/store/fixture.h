// SPDX-License-Identifier: Apache-2.0
// fixture.h - a store of its own for every test, on whichever back end is being tested.
//
// The contract is one: meson runs each of these tests once for every back end that it lists, named
// by TEST_BACKEND; "postgres" is the server of TEST_PG.
#pragma once

#include "fresh.h"

#include "engine/state.h"
#include "program/program.h"
#include "store/events.h"
#include "store/members.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    bool is_sqlite;
    char folder[64];    // SQLite
    struct fresh fresh; // PostgreSQL
    struct store *store;
    struct db *db; // the writer
    int64_t tenant_id;
    struct program_currency currencies[2]; // "points", "stars"
    struct program program;                // version 1, with those
    uint64_t n_ids;
};

// cmocka's set-up and tear-down; *state is the fixture.  A tenant exists and nothing else.
int fixture_open(void **state);
int fixture_close(void **state);

// Closes and opens the store again, as a restart does.
void fixture_restart(struct fixture *fixture);

// Ascending ids, the same in every run.
struct id fixture_id(struct fixture *fixture);
// A member with the external id given, or none when it is NULL.
struct id fixture_member(struct fixture *fixture, const char *external_id);

// An event of the member, without effects.
struct id fixture_event(struct fixture *fixture, struct id member_id, const char *external_id);
// 90 points earned, 40 of them redeemed: two entries, an allocation, and what is left is cached.
void fixture_take(struct fixture *fixture, struct id member_id);

// A state with its image, as a use case has it.
struct loaded {
    struct member_query query;
    struct member_state state;
    enum member_status status;
    struct state_image *image;
};
void fixture_load(struct fixture *fixture, struct id member_id, struct loaded *ret_loaded);
// Appends the effect with the state's next seq.
enum err fixture_append(struct fixture *fixture, struct loaded *loaded, struct effect *effect);

// What a write that returned e has to say: a back end may tell of a failure later (db.h, D2).
enum err fixture_told(struct fixture *fixture, enum err e);

#define BEGIN(fixture) assert_int_equal(db_begin((fixture)->db), OK)
#define COMMIT(fixture) assert_int_equal(db_commit((fixture)->db), OK)
// For a test of something that only SQLite has.
#define ONLY_SQLITE(fixture)                                                                       \
    do {                                                                                           \
        if (!(fixture)->is_sqlite)                                                                 \
            skip();                                                                                \
    } while (0)
#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_open, fixture_close)
