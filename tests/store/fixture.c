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

    assert_int_equal(store_open(&config, &fixture->store), OK);
    fixture->db = store_writer(fixture->store);
}

int fixture_open(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);

    arena_init(&fixture->arena, (size_t)64 << 20);
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
