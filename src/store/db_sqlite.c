// SPDX-License-Identifier: Apache-2.0
// db_sqlite.c - SQLite behind the seam; the only file that knows sqlite3.h.
//
// One process opens the file (store.c holds the lock), one connection writes, and the same one
// checkpoints: the SQLite of Debian 12 can lose committed pages when two connections do either at
// the same time (the WAL-reset bug).  Readers are query-only and never checkpoint.
//
// Checkpoints.  Left to itself SQLite copies the whole log into the file and syncs the file inside
// one COMMIT: half a second during which nobody is served.  Here the caller asks for a step after
// each commit, when its clients have their answers, and a step is short:
//   * A read transaction of our own (the pin) holds an older snapshot than the newest commit.  A
//     PASSIVE checkpoint copies up to the pin and, because that is not the end of the log, does not
//     sync.  After each step the pin moves up, so a step copies what was committed since the last.
//   * A thread syncs the file in the background when enough was copied.  It touches nothing else.
//   * Once the log is long enough the file is synced a few times in a row, each time with less to
//     do, and then the pin is let go: the checkpoint that follows reaches the end of the log with
//     little to copy and little to sync, and the next commit starts the log from its beginning.
// Nothing of this is needed for safety: until the log restarts it holds everything since its
// beginning, and SQLite itself syncs the file before it lets that happen.
//
//   L1  When COMMIT fails with anything but "busy" or "full" the connection is dead (db.h, D3):
//   what
//       fsync could not write may or may not be there after the restart.
//   L2  When the background sync fails the connection is dead, too: the kernel reports such an
//       error once, and a later sync that succeeds proves nothing.
//
// Layer: store.  Tests: tests/store/db_test.c
#include "store/db_backend.h"
#include "store/sql.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Frames (pages) in the log.  A step copies STEP of them: a few milliseconds.  With RESTART the log
// is 100 MB long: longer would save a few copies of pages that change often, and cost start-up time
// after a crash.
#define STEP_FRAMES 500
#define SYNC_FRAMES 4000
#define RESTART_FRAMES 25000
// Syncs in the background before the one that SQLite does, each with less left to do.
#define LAST_SYNCS 3

enum sync_state { SYNC_IDLE, SYNC_ASKED, SYNC_RUNNING, SYNC_FAILED, SYNC_STOP };

// The thread that syncs the file.
struct syncer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started;
    enum sync_state state;
    sqlite3 *handle; // opened for its file only
    sqlite3_file *file;
};

struct sqlite_db {
    struct db base;
    sqlite3 *handle;
    sqlite3_stmt *statements[N_SQL_STATEMENTS];
    struct db_config config;
    int64_t give_up_ms; // on the monotonic clock; with config.statement_ms_max
    char *path;

    // of the writer
    sqlite3 *pin;
    bool pinned;
    int n_frames;     // in the log, told by the hook after each commit
    int n_copied;     // of these, those that are in the file
    int n_unsynced;   // copied since the last sync was asked for
    int n_syncs_left; // until the log ends; -1: it does not end yet
    struct syncer syncer;
};

static struct sqlite_db *self(struct db *db)
{
    return (struct sqlite_db *)db;
}

static enum err err_of(int code)
{
    switch (code) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return OK;
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
        return ERR_ALREADY_EXISTS;
    default:
        break;
    }
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
        return ERR_STORE_BUSY;
    case SQLITE_FULL:
        return ERR_STORE_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_STORE_CORRUPT;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    default:
        return ERR_STORE_FAULT;
    }
}

static enum err run_text(sqlite3 *handle, const char *sql)
{
    return err_of(sqlite3_exec(handle, sql, NULL, NULL, NULL));
}

// ---- statements

static enum err statement_get(struct sqlite_db *db, enum sql_id id, sqlite3_stmt **ret_statement)
{
    CHECK(id < N_SQL_STATEMENTS);
    if (!db->statements[id]) {
        int code = sqlite3_prepare_v3(db->handle, sql_statements[id].text[DB_SQLITE], -1,
                                      SQLITE_PREPARE_PERSISTENT, &db->statements[id], NULL);
        if (code)
            return err_of(code);
    }
    *ret_statement = db->statements[id];
    return OK;
}

static int bind_value(sqlite3_stmt *statement, int place, const struct db_value *value)
{
    // STATIC: the statement runs before the call returns, so nothing needs to be copied.
    switch (value->type) {
    case DB_NULL:
        return sqlite3_bind_null(statement, place);
    case DB_I64:
    case DB_BOOL:
        return sqlite3_bind_int64(statement, place, value->i64);
    case DB_TEXT:
        return sqlite3_bind_text64(statement, place, value->bytes.p, value->bytes.n, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case DB_BLOB:
        break;
    }
    return sqlite3_bind_blob64(statement, place, value->bytes.p, value->bytes.n, SQLITE_STATIC);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Called by SQLite every few thousand steps of a statement; anything but 0 interrupts it.
static int on_progress(void *ctx)
{
    const struct sqlite_db *db = ctx;

    return monotonic_ms() > db->give_up_ms;
}

static enum err statement_bind(struct sqlite_db *db, enum sql_id id, const struct db_value *params,
                               sqlite3_stmt **ret_statement)
{
    enum err e = statement_get(db, id, ret_statement);

    if (db->config.statement_ms_max)
        db->give_up_ms = monotonic_ms() + db->config.statement_ms_max;
    for (int i = 0; !e && i < sql_statements[id].n_in; i++)
        e = err_of(bind_value(*ret_statement, i + 1, &params[i]));
    return e;
}

static struct db_value column_value(sqlite3_stmt *statement, int place)
{
    struct db_value value = {.type = DB_NULL};

    switch (sqlite3_column_type(statement, place)) {
    case SQLITE_INTEGER:
        value.type = DB_I64;
        value.i64 = sqlite3_column_int64(statement, place);
        break;
    case SQLITE_TEXT:
        value.type = DB_TEXT;
        value.bytes.p = (const char *)sqlite3_column_text(statement, place);
        value.bytes.n = (size_t)sqlite3_column_bytes(statement, place);
        break;
    case SQLITE_BLOB:
        value.type = DB_BLOB;
        value.bytes.p = sqlite3_column_blob(statement, place);
        value.bytes.n = (size_t)sqlite3_column_bytes(statement, place);
        break;
    default: // NULL; a REAL is nothing we store and reads as NULL, which the contract refuses
        break;
    }
    return value;
}

static enum err on_exec(struct db *base, enum sql_id id, const struct db_value *params,
                        int64_t *ret_changed)
{
    struct sqlite_db *db = self(base);
    sqlite3_stmt *statement;
    enum err e = statement_bind(db, id, params, &statement);

    if (e)
        return e;
    e = err_of(sqlite3_step(statement));
    if (!e && ret_changed)
        *ret_changed = sqlite3_changes64(db->handle);
    int code = sqlite3_reset(statement);
    return e ? e : err_of(code);
}

static enum err on_query(struct db *base, enum sql_id id, const struct db_value *params,
                         enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx,
                         bool *ret_from_row)
{
    struct sqlite_db *db = self(base);
    struct db_value columns[SQL_FIELDS_MAX];
    sqlite3_stmt *statement;
    int code;
    enum err e = statement_bind(db, id, params, &statement);

    if (e)
        return e;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sql_statements[id].n_out; i++)
            columns[i] = column_value(statement, i);
        e = on_row(ctx, columns);
        *ret_from_row = e != OK;
        if (e)
            break;
    }
    if (!e)
        e = err_of(code);
    sqlite3_reset(statement);
    return e;
}

// ---- transactions

static enum err on_script(struct db *base, const char *sql)
{
    return run_text(self(base)->handle, sql);
}

static enum err on_begin(struct db *base)
{
    struct sqlite_db *db = self(base);

    return run_text(db->handle, db->config.read_only ? "BEGIN" : "BEGIN IMMEDIATE");
}

static void on_rollback(struct db *base)
{
    // Some errors have rolled back already; then there is nothing to do.
    if (!sqlite3_get_autocommit(self(base)->handle))
        sqlite3_exec(self(base)->handle, "ROLLBACK", NULL, NULL, NULL);
}

static enum err on_commit(struct db *base)
{
    enum err e = run_text(self(base)->handle, "COMMIT");

    if (!e)
        return OK;
    on_rollback(base);
    // L1.  What is refused for want of room or of a lock was not written; of the rest we cannot
    // know.
    return e == ERR_STORE_BUSY || e == ERR_STORE_FULL ? e : ERR_OUTCOME_UNKNOWN;
}

static enum err on_savepoint(struct db *base)
{
    return run_text(self(base)->handle, "SAVEPOINT work");
}

static enum err on_savepoint_release(struct db *base)
{
    return run_text(self(base)->handle, "RELEASE work");
}

static enum err on_savepoint_rollback(struct db *base)
{
    return run_text(self(base)->handle, "ROLLBACK TO work; RELEASE work");
}

static enum err on_flush(struct db *base)
{
    (void)base;
    return OK;
}

// ---- the thread that syncs

static void *sync_main(void *ctx)
{
    struct syncer *syncer = ctx;

    pthread_mutex_lock(&syncer->lock);
    while (syncer->state != SYNC_STOP) {
        if (syncer->state != SYNC_ASKED) {
            pthread_cond_wait(&syncer->changed, &syncer->lock);
            continue;
        }
        syncer->state = SYNC_RUNNING;
        pthread_mutex_unlock(&syncer->lock);
        int code = syncer->file->pMethods->xSync(syncer->file, SQLITE_SYNC_NORMAL);
        pthread_mutex_lock(&syncer->lock);
        if (syncer->state == SYNC_RUNNING)
            syncer->state = code ? SYNC_FAILED : SYNC_IDLE;
    }
    pthread_mutex_unlock(&syncer->lock);
    return NULL;
}

static enum err syncer_start(struct syncer *syncer, const char *path)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

    if (syncer->started)
        return OK;
    if (!syncer->handle && sqlite3_open_v2(path, &syncer->handle, flags, NULL)) {
        sqlite3_close(syncer->handle);
        syncer->handle = NULL;
        return ERR_STORE_FAULT;
    }
    sqlite3_db_config(syncer->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_file_control(syncer->handle, "main", SQLITE_FCNTL_FILE_POINTER, &syncer->file))
        return ERR_STORE_FAULT;
    pthread_mutex_init(&syncer->lock, NULL);
    pthread_cond_init(&syncer->changed, NULL);
    if (pthread_create(&syncer->thread, NULL, sync_main, syncer))
        return ERR_STORE_FAULT;
    syncer->started = true;
    return OK;
}

static void syncer_stop(struct syncer *syncer)
{
    if (syncer->started) {
        pthread_mutex_lock(&syncer->lock);
        syncer->state = SYNC_STOP;
        pthread_cond_signal(&syncer->changed);
        pthread_mutex_unlock(&syncer->lock);
        pthread_join(syncer->thread, NULL);
    }
    sqlite3_close(syncer->handle);
}

static enum sync_state syncer_state(struct syncer *syncer)
{
    if (!syncer->started)
        return SYNC_IDLE;
    pthread_mutex_lock(&syncer->lock);
    enum sync_state state = syncer->state;
    pthread_mutex_unlock(&syncer->lock);
    return state;
}

static void syncer_ask(struct syncer *syncer)
{
    pthread_mutex_lock(&syncer->lock);
    if (syncer->state == SYNC_IDLE)
        syncer->state = SYNC_ASKED;
    pthread_cond_signal(&syncer->changed);
    pthread_mutex_unlock(&syncer->lock);
}

// ---- checkpoints

static int on_wal_commit(void *ctx, sqlite3 *handle, const char *schema, int n_frames)
{
    struct sqlite_db *db = ctx;

    (void)handle;
    (void)schema;
    if (n_frames < db->n_frames) { // the log began anew
        db->n_copied = 0;
        db->n_syncs_left = -1;
    }
    db->n_frames = n_frames;
    return SQLITE_OK;
}

static void unpin(struct sqlite_db *db)
{
    if (db->pinned)
        sqlite3_exec(db->pin, "COMMIT", NULL, NULL, NULL);
    db->pinned = false;
}

static enum err pin(struct sqlite_db *db)
{
    unpin(db);
    // The snapshot is taken by the first read.
    enum err e = run_text(db->pin, "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1");
    db->pinned = !sqlite3_get_autocommit(db->pin);
    return e;
}

static enum err copy_frames(struct sqlite_db *db)
{
    int n_log = 0;
    int n_copied = 0;
    int code =
        sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &n_log, &n_copied);

    // A reader in the way is no error: the next step will do.
    if (code && (code & 0xff) != SQLITE_BUSY)
        return err_of(code);
    if (n_copied > db->n_copied)
        db->n_unsynced += n_copied - db->n_copied;
    db->n_copied = n_copied;
    return OK;
}

static enum err open_handle(const char *path, int flags, sqlite3 **ret_handle);

static enum err checkpoint_start(struct sqlite_db *db)
{
    enum err e = syncer_start(&db->syncer, db->path);

    if (!e)
        e = open_handle(db->path, SQLITE_OPEN_READWRITE, &db->pin);
    if (!e)
        e = run_text(db->pin, "PRAGMA query_only = ON");
    if (!e)
        return pin(db);
    sqlite3_close(db->pin);
    db->pin = NULL;
    return e;
}

// The end of a log: everything is copied and synced, so that the next commit starts a new one.
static enum err checkpoint_end(struct sqlite_db *db)
{
    unpin(db);
    db->n_syncs_left = -1;
    return copy_frames(db);
}

// One step: a few milliseconds of copying.
static enum err checkpoint_step(struct sqlite_db *db, bool syncing)
{
    enum err e = copy_frames(db);

    if (e)
        return e;
    bool ending = db->n_frames >= RESTART_FRAMES;
    if (ending && db->n_syncs_left < 0)
        db->n_syncs_left = LAST_SYNCS;
    if (!syncing && (ending || db->n_unsynced >= SYNC_FRAMES)) {
        if (ending)
            db->n_syncs_left--;
        db->n_unsynced = 0;
        syncer_ask(&db->syncer);
    }
    return pin(db);
}

static enum err on_checkpoint(struct db *base)
{
    struct sqlite_db *db = self(base);
    enum sync_state state = syncer_state(&db->syncer);
    bool syncing = state == SYNC_ASKED || state == SYNC_RUNNING;

    if (state == SYNC_FAILED) { // L2
        base->dead = true;
        return ERR_STORE_FAULT;
    }
    if (db->config.read_only)
        return OK;
    // A new log: the pin must not move up with it, or the next step would have to sync.
    if (db->pin && !db->pinned && !db->n_copied)
        return pin(db);
    if (db->n_frames - db->n_copied < STEP_FRAMES)
        return OK;
    if (!db->pin)
        return checkpoint_start(db);
    if (db->n_syncs_left == 0 && !syncing)
        return checkpoint_end(db);
    return checkpoint_step(db, syncing);
}

// ---- life cycle

static void on_close(struct db *base)
{
    struct sqlite_db *db = self(base);

    unpin(db);
    sqlite3_close(db->pin);
    syncer_stop(&db->syncer);
    for (int i = 0; i < N_SQL_STATEMENTS; i++)
        sqlite3_finalize(db->statements[i]);
    // The last connection that closes copies the log into the file, unless it only reads or can
    // no longer be trusted.
    if (db->config.read_only || base->dead)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db->handle);
    sqlite3_free(db->path);
    sqlite3_free(db);
}

static const struct db_ops sqlite_ops = {
    .close = on_close,
    .script = on_script,
    .begin = on_begin,
    .commit = on_commit,
    .rollback = on_rollback,
    .savepoint = on_savepoint,
    .savepoint_release = on_savepoint_release,
    .savepoint_rollback = on_savepoint_rollback,
    .exec = on_exec,
    .query = on_query,
    .flush = on_flush,
    .checkpoint = on_checkpoint,
};

// SQLite gives the log and its index the permissions of the file, so making the file first makes
// all three private.
static enum err make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);

    if (fd < 0)
        return ERR_FILE_UNREADABLE;
    close(fd);
    return OK;
}

static enum err open_handle(const char *path, int flags, sqlite3 **ret_handle)
{
    int code = sqlite3_open_v2(path, ret_handle,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                                   SQLITE_OPEN_EXRESCODE,
                               NULL);
    if (code)
        return err_of(code);
    sqlite3_db_config(*ret_handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(*ret_handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(*ret_handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(*ret_handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return OK;
}

static int on_journal_mode(void *ctx, int n, char **values, char **names)
{
    (void)names;
    *(bool *)ctx = n == 1 && values[0] && strcmp(values[0], "wal") == 0;
    return 0;
}

static enum err configure(struct sqlite_db *db)
{
    const struct db_config *config = &db->config;
    char cache[64];
    bool is_wal = false;
    int64_t cache_kib = config->cache_bytes / 1024;
    enum err e;

    sqlite3_busy_timeout(db->handle, (int)config->lock_wait_ms_max);
    if (!config->read_only) {
        int code =
            sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", on_journal_mode, &is_wal, NULL);
        if (code || !is_wal)
            return code ? err_of(code) : ERR_STORE_FAULT;
    }
    e = run_text(db->handle, "PRAGMA synchronous = FULL;"
                             "PRAGMA foreign_keys = ON;"
                             "PRAGMA recursive_triggers = ON;"
                             "PRAGMA cell_size_check = ON;"
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA mmap_size = 0;"
                             "PRAGMA wal_autocheckpoint = 0");
    if (!e && cache_kib > 0) {
        snprintf(cache, sizeof cache, "PRAGMA cache_size = -%lld", (long long)cache_kib);
        e = run_text(db->handle, cache);
    }
    if (!e && config->read_only)
        e = run_text(db->handle, "PRAGMA query_only = ON");
    if (config->statement_ms_max)
        sqlite3_progress_handler(db->handle, 10000, on_progress, db);
    if (!e && !config->read_only)
        sqlite3_wal_hook(db->handle, on_wal_commit, db);
    return e;
}

enum err db_sqlite_open(const struct db_config *config, struct db **ret_db)
{
    struct sqlite_db *db = sqlite3_malloc64(sizeof *db);
    enum err e = OK;

    if (!db)
        return ERR_MEMORY;
    memset(db, 0, sizeof *db);
    db->base =
        (struct db){.ops = &sqlite_ops, .dialect = DB_SQLITE, .read_only = config->read_only};
    db->config = *config;
    db->config.url = STR_NONE; // the caller's; path is ours
    db->n_syncs_left = -1;
    db->path = sqlite3_mprintf("%.*s", STR_FMT(config->url));
    if (!db->path)
        e = ERR_MEMORY;
    if (!e && !config->read_only)
        e = make_private(db->path);
    if (!e)
        e = open_handle(db->path, SQLITE_OPEN_READWRITE, &db->handle);
    if (!e)
        e = configure(db);
    if (e) {
        db_close(&db->base);
        return e;
    }
    *ret_db = &db->base;
    return OK;
}
