// SPDX-License-Identifier: Apache-2.0
// fixture.c - see fixture.h.
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_store(struct fixture *fixture)
{
    struct store_config config = {.data_dir = str_of(fixture->folder), .create = true};

    if (!fixture->is_sqlite)
        config.database = fixture->fresh.url;
    assert_int_equal(store_open(&config, &fixture->store), OK);
    fixture->db = store_writer(fixture->store);
}

int fixture_open(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);

    arena_init(&fixture->arena, (size_t)64 << 20);
    fixture->is_sqlite = !fresh_wanted();
    if (!fixture->is_sqlite)
        fixture->fresh = fresh_open(&fixture->arena);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/habitue-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    open_store(fixture);
    fixture->currencies[0].id = STR("points");
    fixture->currencies[1].id = STR("stars");
    fixture->program.version = 1;
    fixture->program.currencies = fixture->currencies;
    fixture->program.n_currencies = 2;
    BEGIN(fixture);
    assert_int_equal(store_tenant_insert(fixture->db, STR("cafe"), 1, &fixture->arena,
                                         &fixture->tenant_id),
                     OK);
    COMMIT(fixture);
    *state = fixture;
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

int fixture_close(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    if (!fixture->is_sqlite)
        fresh_close(&fixture->fresh);
    remove_folder(fixture->folder);
    arena_release(&fixture->arena);
    test_free(fixture);
    return 0;
}

void fixture_restart(struct fixture *fixture)
{
    store_close(fixture->store);
    open_store(fixture);
}

struct id fixture_id(struct fixture *fixture)
{
    struct id id = {{0x01, 0x90}};
    uint64_t n = ++fixture->n_ids;

    for (int i = 0; i < 8; i++)
        id.b[15 - i] = (uint8_t)(n >> (8 * i));
    return id;
}

struct id fixture_member(struct fixture *fixture, const char *external_id)
{
    struct member_row member = {.member_id = fixture_id(fixture),
                                .enrolled_us = 1000,
                                .updated_us = 1000};

    assert_int_equal(store_member_insert(fixture->db, fixture->tenant_id, &member), OK);
    if (external_id) {
        struct identifier_row row = {STR("external_id"), str_of(external_id), 1000};
        assert_int_equal(store_identifier_insert(fixture->db, fixture->tenant_id, member.member_id,
                                                 &row),
                         OK);
    }
    return member.member_id;
}

struct id fixture_event(struct fixture *fixture, struct id member_id, const char *external_id)
{
    struct event_row event = {
        .event_id = fixture_id(fixture),
        .member_id = member_id,
        .key = {STR("till"), str_of(external_id), STR("order.paid")},
        .occurred_us = 1000,
        .recorded_us = 1000,
        .program_version = 1,
        .payload = STR("{}"),
        .facts = STR("{}"),
        .reply = STR("{}"),
    };

    assert_int_equal(store_event_insert(fixture->db, fixture->tenant_id, &event), OK);
    return event.event_id;
}

void fixture_load(struct fixture *fixture, struct id member_id, struct loaded *ret_loaded)
{
    struct loaded loaded = {.query = {.tenant_id = fixture->tenant_id,
                                      .member_id = member_id,
                                      .program = &fixture->program}};

    assert_int_equal(store_member_load(fixture->db, &loaded.query, &fixture->arena, &loaded.state,
                                       &loaded.status, &loaded.image),
                     OK);
    *ret_loaded = loaded;
}

enum err fixture_append(struct fixture *fixture, struct loaded *loaded, struct effect *effect)
{
    struct entry_source source = {.tenant_id = fixture->tenant_id,
                                  .member_id = loaded->query.member_id,
                                  .recorded_us = 1000001,
                                  .program_version = 1};
    struct str derivation = STR("{}");

    effect->seq = ++loaded->state.last_seq;
    return store_entries_append(fixture->db, &source, &fixture->program, effect, &derivation, 1,
                                &loaded->state);
}

enum err fixture_told(struct fixture *fixture, enum err e)
{
    return e ? e : db_flush(fixture->db);
}

void fixture_take(struct fixture *fixture, struct id member_id)
{
    struct loaded loaded;
    struct effect earn = {.kind = EFFECT_EARN, .units = 90, .expires_us = NEVER_US};
    struct allocation taken = {.lot_seq = 1, .units = 40};
    struct effect redeem = {.kind = EFFECT_REDEEM,
                            .units = 40,
                            .allocations = &taken,
                            .n_allocations = 1};

    fixture_load(fixture, member_id, &loaded);
    assert_int_equal(fixture_append(fixture, &loaded, &earn), OK);
    assert_int_equal(fixture_append(fixture, &loaded, &redeem), OK);
    loaded.state.wallets[0].available = 50;
    loaded.state.lots[loaded.state.n_lots++] =
        (struct lot){.seq = 1, .units = 90, .remaining = 50, .expires_us = NEVER_US};
    assert_int_equal(store_state_save(fixture->db, &loaded.query, loaded.image, &loaded.state), OK);
}
