// SPDX-License-Identifier: Apache-2.0
// store.c - the data folder: who has it, where the database lies in it, who writes.
//
//   DIR/lock         held (flock) by the one process that writes
//   DIR/habitue.db   with habitue.db-wal and habitue.db-shm beside it
//
// The folder is ours alone (0700), and so is what is in it (0600).
//
// Layer: store.  Tests: tests/store/store_test.c
#include "store/store.h"

#include "store/distribute.h"
#include "store/migrate.h"
#include "store/reach.h"
#include "store/sql_gen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CACHE_BYTES ((int64_t)256 * 1024 * 1024)
#define READER_CACHE_BYTES ((int64_t)16 * 1024 * 1024)
#define LOCK_WAIT_MS 1000
// Whoever waits for another process holds up a batch of its own, and both may wait for each other.
#define SHARED_LOCK_WAIT_MS 500
#define LOCK_POLL_MS 20

struct store {
    struct arena arena; // holds the store itself, too
    struct store_config config;
    struct str url; // of the database
    int lock_fd;
    struct db *writer;
    struct reach reach; // of a database that is shared
};

static enum err make_folder(const char *path)
{
    if (mkdir(path, S_IRWXU) == 0 || errno == EEXIST)
        return OK;
    return ERR_FILE_UNREADABLE;
}

// Waits a little: a server that was just told to stop may still be closing its files.
static enum err lock_folder(struct store *store)
{
    const char *path = str_printf(&store->arena, "%.*s/lock", STR_FMT(store->config.data_dir)).p;
    struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};

    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (store->lock_fd < 0)
        return ERR_FILE_UNREADABLE;
    for (int64_t waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
        if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
            return OK;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return ERR_STORE_FAULT;
        if (waited_ms >= store->config.lock_wait_ms_max)
            return ERR_STORE_LOCKED;
        nanosleep(&pause, NULL);
    }
}

static struct db_config connection(struct store *store, bool read_only)
{
    return (struct db_config){
        .url = store->url,
        .read_only = read_only,
        .cache_bytes = read_only ? store->config.reader_cache_bytes : store->config.cache_bytes,
        .lock_wait_ms_max = store->config.lock_wait_ms_max,
        .statement_ms_max = store->config.statement_ms_max,
        .reach = &store->reach,
    };
}

static enum err open_folder(struct store *store)
{
    const char *folder = str_c(&store->arena, store->config.data_dir);
    enum err e = store->config.create ? make_folder(folder) : OK;

    if (e)
        return e;
    store->url = str_printf(&store->arena, "%s/habitue.db", folder);
    if (access(store->url.p, F_OK) != 0 && !store->config.create)
        return ERR_NOT_FOUND;
    return store->config.look ? OK : lock_folder(store);
}

static enum err open_database(struct store *store)
{
    struct db_config config = connection(store, store->config.look);
    struct db *db;

    config.reason = store->config.reason;
    enum err e = db_open(&config, &db);
    if (e)
        return e;
    if (!store->config.create)
        e = migrate_find(db);
    if (!e && store->config.distribute)
        e = distribute_check(db);
    if (!e)
        e = store->config.look ? migrate_check(db) : migrate(db);
    if (!e && store->config.distribute)
        e = distribute(db);
    if (e && config.reason)
        snprintf(config.reason, DB_REASON_BYTES, "%s", db_reason(db));
    if (e || store->config.look)
        db_close(db);
    else
        store->writer = db;
    return e;
}

// A file has one process, and the folder's lock says which: other files are not opened.  A folder
// there is all the same, for what is not to lie in a database.
static enum err check_address(struct store *store)
{
    if (db_dialect_of(store->config.database) != DB_POSTGRES)
        return ERR_CONFIG_INVALID;
    bool make = store->config.create && store->config.data_dir.n;
    return make ? make_folder(str_c(&store->arena, store->config.data_dir)) : OK;
}

enum err store_open(const struct store_config *config, struct store **ret_store)
{
    struct arena arena;

    arena_init(&arena, (size_t)64 * 1024);
    struct store *store = arena_try(&arena, sizeof *store);
    if (!store)
        return ERR_MEMORY;
    *store = (struct store){.arena = arena, .config = *config, .lock_fd = -1};
    reach_init(&store->reach);
    if (config->reason)
        config->reason[0] = '\0';
    store->config.data_dir = str_dup(&store->arena, config->data_dir);
    store->config.database = str_dup(&store->arena, config->database);
    if (!store->config.cache_bytes)
        store->config.cache_bytes = CACHE_BYTES;
    if (!store->config.reader_cache_bytes)
        store->config.reader_cache_bytes = READER_CACHE_BYTES;
    if (!store->config.lock_wait_ms_max)
        store->config.lock_wait_ms_max = config->database.n ? SHARED_LOCK_WAIT_MS : LOCK_WAIT_MS;
    store->url = store->config.database;
    enum err e = config->database.n ? check_address(store) : open_folder(store);
    if (!e)
        e = open_database(store);
    if (e) {
        store_close(store);
        return e;
    }
    *ret_store = store;
    return OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    reach_stop(&store->reach);
    reach_release(&store->reach);
    db_close(store->writer);
    if (store->lock_fd >= 0)
        close(store->lock_fd); // gives the lock back
    struct arena arena = store->arena;
    arena_release(&arena);
}

bool store_is_shared(const struct store *store)
{
    return store->config.database.n > 0;
}

enum err store_session_count(struct db *db, int64_t *ret_n)
{
    return sql_run_i64(db, SQL_COPY_SESSION_GET, NULL, ret_n);
}

void store_watch(struct store *store, const struct store_watch *watch)
{
    struct reach_config config = {.db = connection(store, false),
                                  .env = watch->env,
                                  .on_change = watch->on_change,
                                  .ctx = watch->ctx};

    if (store_is_shared(store))
        reach_watch(&store->reach, &config);
}

bool store_is_away(const struct store *store)
{
    return reach_is_away(&store->reach);
}

struct db *store_writer(struct store *store)
{
    return store->writer;
}

enum err store_writer_open(struct store *store, struct db **ret_db)
{
    CHECK(store_is_shared(store));
    struct db_config config = connection(store, false);

    return db_open(&config, ret_db);
}

enum err store_turn_take(struct db *db)
{
    int64_t n_locks;

    return sql_run_i64(db, SQL_TURN_LOCK, NULL, &n_locks);
}

void store_after_commit(struct store *store)
{
    // A checkpoint that could not be made has marked the connection dead: the next use of it fails.
    enum err e = store->writer && !store_is_shared(store) ? db_checkpoint(store->writer) : OK;
    (void)e;
}

enum err store_reader_open(struct store *store, struct db **ret_db)
{
    struct db_config config = connection(store, true);

    return db_open(&config, ret_db);
}
