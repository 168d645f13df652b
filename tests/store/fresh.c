// SPDX-License-Identifier: Apache-2.0
// fresh.c - see fresh.h.
#include "fresh.h"

#include "base/err.h"
#include "store/db.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool fresh_wanted(void)
{
    const char *backend = getenv("TEST_BACKEND");
    return backend && strcmp(backend, "postgres") == 0;
}

static void run(const char *sql)
{
    struct db_config config = {.lock_wait_ms_max = 10000};
    struct db *db;
    CHECK(getenv("TEST_PG") != NULL);
    config.url = str_of(getenv("TEST_PG"));
    CHECK(db_open(&config, &db) == OK);
    CHECK(db_script(db, sql) == OK);
    db_close(db);
}

struct fresh fresh_open(struct arena *arena)
{
    static atomic_int n_opened;
    int number = atomic_fetch_add(&n_opened, 1);
    const char *server = getenv("TEST_PG");
    CHECK(server != NULL && strchr(server, '?') != NULL);
    struct str name = str_printf(arena, "t%ld_%d", (long)getpid(), number);
    run(str_printf(arena, "CREATE SCHEMA %.*s", STR_FMT(name)).p);
    struct str url = str_printf(arena, "%s&options=-csearch_path%%3D%.*s&application_name=%.*s",
                                server, STR_FMT(name), STR_FMT(name));
    return (struct fresh){.name = name, .url = url};
}

void fresh_cut(const struct fresh *fresh)
{
    struct arena arena;
    arena_init(&arena, 4096);
    run(str_printf(&arena,
                   "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                   "WHERE application_name = '%.*s'",
                   STR_FMT(fresh->name))
            .p);
    arena_release(&arena);
}

void fresh_clear(const struct fresh *fresh)
{
    struct arena arena;
    arena_init(&arena, 4096);
    run(str_printf(&arena,
                   "SET session_replication_role = replica;"
                   "DO $$ DECLARE names text; BEGIN"
                   "  SELECT string_agg(schemaname || '.' || tablename, ', ') INTO names"
                   "  FROM pg_tables"
                   "  WHERE schemaname = '%.*s' AND tablename <> 'schema_migration';"
                   "  IF names IS NOT NULL THEN EXECUTE 'TRUNCATE ' || names; END IF;"
                   "END $$",
                   STR_FMT(fresh->name))
            .p);
    arena_release(&arena);
}

void fresh_close(const struct fresh *fresh)
{
    struct arena arena;
    arena_init(&arena, 4096);
    run(str_printf(&arena, "SET client_min_messages = error; DROP SCHEMA %.*s CASCADE",
                   STR_FMT(fresh->name))
            .p);
    arena_release(&arena);
}
