// SPDX-License-Identifier: Apache-2.0
// programs.c - compiled programme versions, kept between transactions.
//
// Layer: flow.  Tests: tests/flow/programs_test.c
#include "flow/programs.h"

#include "store/store.h"

#include <pthread.h>

#define KEPT 256

struct kept {
    int64_t tenant_id;
    struct program *program; // NULL: free
    uint64_t used;           // when last asked for, by the cache's own count
};

struct programs {
    struct arena arena; // holds this struct itself
    pthread_mutex_t mutex;
    uint64_t asked;
    struct kept kept[KEPT];
};

enum err programs_new(struct programs **ret_programs)
{
    struct arena arena;
    arena_init(&arena, sizeof(struct programs) * 2);
    struct programs *programs = arena_try(&arena, sizeof *programs);
    if (!programs)
        return ERR_MEMORY;
    programs->arena = arena;
    CHECK(pthread_mutex_init(&programs->mutex, NULL) == 0);
    *ret_programs = programs;
    return OK;
}

void programs_free(struct programs *programs)
{
    if (!programs)
        return;
    for (int i = 0; i < KEPT; i++)
        program_unref(programs->kept[i].program);
    CHECK(pthread_mutex_destroy(&programs->mutex) == 0);
    struct arena arena = programs->arena;
    arena_release(&arena);
}

static struct program *find(struct programs *programs, int64_t tenant_id, int64_t version)
{
    struct program *found = NULL;
    CHECK(pthread_mutex_lock(&programs->mutex) == 0);
    programs->asked++;
    for (int i = 0; i < KEPT && !found; i++) {
        struct kept *kept = &programs->kept[i];
        if (kept->program && kept->tenant_id == tenant_id && kept->program->version == version) {
            kept->used = programs->asked;
            found = program_ref(kept->program);
        }
    }
    CHECK(pthread_mutex_unlock(&programs->mutex) == 0);
    return found;
}

// Puts it where the one stands that was not asked for longest.  Two threads may compile the same
// version at once; keeping both does no harm.
static void keep_program(struct programs *programs, int64_t tenant_id, struct program *program)
{
    CHECK(pthread_mutex_lock(&programs->mutex) == 0);
    struct kept *oldest = &programs->kept[0];
    for (int i = 1; i < KEPT; i++)
        if (programs->kept[i].used < oldest->used)
            oldest = &programs->kept[i];
    program_unref(oldest->program);
    *oldest = (struct kept){.tenant_id = tenant_id,
                            .program = program_ref(program),
                            .used = ++programs->asked};
    CHECK(pthread_mutex_unlock(&programs->mutex) == 0);
}

static enum err compile(struct db *db, int64_t tenant_id, int64_t version, struct arena *arena,
                        struct program **ret_program)
{
    struct program_row row;
    enum err e = store_program_get(db, tenant_id, version, arena, &row);
    if (e)
        return e;
    struct program_problems problems;
    e = program_compile(arena, row.document, &problems, ret_program);
    if (e)
        return e == ERR_PROGRAM_INVALID ? ERR_STORE_CORRUPT : e;
    (*ret_program)->version = row.version;
    (*ret_program)->valid_from_us = row.valid_from_us;
    return OK;
}

enum err programs_get(struct programs *programs, struct db *db, int64_t tenant_id, int64_t version,
                      bool keep, struct program **ret_program)
{
    struct program *program = find(programs, tenant_id, version);
    if (!program) {
        struct arena arena;
        arena_init(&arena, (size_t)64 << 20);
        enum err e = compile(db, tenant_id, version, &arena, &program);
        arena_release(&arena);
        if (e)
            return e;
        if (keep)
            keep_program(programs, tenant_id, program);
    }
    *ret_program = program;
    return OK;
}
