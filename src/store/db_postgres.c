// SPDX-License-Identifier: Apache-2.0
// db_postgres.c - PostgreSQL behind the seam; the only file of the server that knows libpq-fe.h.
//
// The connection lives in libpq's pipeline mode.  A write whose effect needs no answer is sent and
// noted; its result is read with that of the next call that needs one, so that a batch of writes
// costs one round trip.  Values travel in binary in both directions.
//
//   P1  After drain() the server has answered everything that was sent, or the connection is
//   broken. P2  A broken connection stays so until the next db_begin, which connects again: what
//   was
//       prepared and what was set on the session must be made anew before anything runs.
//   P3  A connection that is lost once COMMIT was sent is an unknown outcome (db.h, D3).
//   P4  Nothing here writes the address: it may hold a password.
//
// Layer: store.  Tests: tests/store/db_test.c, tests/store/postgres_test.c
#include "store/db_backend.h"
#include "store/sql.h"

#include "base/arena.h"

#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

// Results that may be outstanding; more would only grow the buffers of both sides.
#define PENDING_MAX 512
#define CONNECT_S "10"
// Data that the server does not acknowledge for so long breaks the connection: a black hole ends.
#define UNACKNOWLEDGED_MS "30000"

// Of the server's catalogue; they never change.
enum pg_oid {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_I64 = 20,
    OID_I16 = 21,
    OID_I32 = 23,
    OID_TEXT = 25
};

// What was sent and not answered yet: the statement it prepares, or NOTHING_PREPARED.
#define NOTHING_PREPARED (-1)

struct pg_db {
    struct db base;
    struct arena arena; // holds this struct, too
    struct db_config config;
    PGconn *conn;
    bool broken; // P2
    bool warned; // the server warned since this was cleared
    bool prepared[N_SQL_STATEMENTS];
    int pending[PENDING_MAX];
    int n_pending;
};

static struct pg_db *self(struct db *db)
{
    return (struct pg_db *)db;
}

// ---- errors

static const struct {
    const char *sqlstate;
    enum err err;
} errors_of_states[] = {
    {"23505", ERR_ALREADY_EXISTS}, // unique_violation
    {"40001", ERR_STORE_CONFLICT}, // serialization_failure
    {"40P01", ERR_STORE_CONFLICT}, // deadlock_detected
    {"55P03", ERR_STORE_BUSY},     // lock_not_available
    {"57014", ERR_STORE_BUSY},     // query_canceled: statement_timeout
    {"53100", ERR_STORE_FULL},     // disk_full
    {"XX001", ERR_STORE_CORRUPT},  // data_corrupted
    {"XX002", ERR_STORE_CORRUPT},  // index_corrupted
};

static enum err err_of(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    for (size_t i = 0; state && i < sizeof errors_of_states / sizeof *errors_of_states; i++)
        if (strcmp(state, errors_of_states[i].sqlstate) == 0)
            return errors_of_states[i].err;
    return ERR_STORE_FAULT;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void on_notice(void *ctx, const PGresult *result)
{
    struct pg_db *db = ctx;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity && strcmp(severity, "WARNING") == 0)
        db->warned = true;
}

static enum err break_off(struct pg_db *db)
{
    db->broken = true;
    db->n_pending = 0;
    return ERR_STORE_FAULT;
}

// ---- connecting

static enum err run_setting(struct pg_db *db, const char *sql)
{
    PGresult *result = PQexec(db->conn, sql);
    enum err e = is_good(result) ? OK : err_of(result);

    PQclear(result);
    return e;
}

// What a session must have whatever server and role say.
static enum err configure(struct pg_db *db)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SET lock_timeout = %lld; SET statement_timeout = %lld;"
             "SET default_transaction_read_only = %s",
             (long long)db->config.lock_wait_ms_max, (long long)db->config.statement_ms_max,
             db->config.read_only ? "on" : "off");
    enum err e = run_setting(db, sql);
    // A commit that returned would survive a power cut; more than that is the operator's choice.
    if (!e)
        e = run_setting(db, "SELECT set_config('synchronous_commit', 'on', false) "
                            "WHERE current_setting('synchronous_commit') = 'off'");
    return e;
}

// For a connection that was just made.
static enum err start_session(struct pg_db *db)
{
    memset(db->prepared, 0, sizeof db->prepared);
    db->n_pending = 0;
    db->broken = true;
    if (PQstatus(db->conn) != CONNECTION_OK)
        return ERR_STORE_FAULT;
    PQsetNoticeReceiver(db->conn, on_notice, db);
    enum err e = configure(db);
    if (!e && !PQenterPipelineMode(db->conn))
        e = ERR_STORE_FAULT;
    db->broken = e != OK;
    return e;
}

static enum err reconnect(struct pg_db *db)
{
    PQreset(db->conn);
    return start_session(db);
}

// ---- sending

static enum err note_sent(struct pg_db *db, int sent, int prepares)
{
    if (!sent)
        return break_off(db);
    CHECK(db->n_pending < PENDING_MAX);
    db->pending[db->n_pending++] = prepares;
    return OK;
}

static Oid oid_of(enum sql_type type)
{
    switch (type) {
    case SQL_TYPE_I64:
        return OID_I64;
    case SQL_TYPE_BOOL:
        return OID_BOOL;
    case SQL_TYPE_TEXT:
        return OID_TEXT;
    case SQL_TYPE_BLOB:
    case SQL_TYPE_ID:
    case SQL_TYPE_HASH:
        break;
    }
    return OID_BYTEA;
}

static enum err prepare(struct pg_db *db, enum sql_id id)
{
    const struct sql_statement *statement = &sql_statements[id];
    Oid types[SQL_FIELDS_MAX];

    if (db->prepared[id])
        return OK;
    for (int i = 0; i < statement->n_in; i++)
        types[i] = oid_of(statement->in[i].type);
    enum err e = note_sent(db,
                           PQsendPrepare(db->conn, statement->name, statement->text[DB_POSTGRES],
                                         statement->n_in, types),
                           (int)id);
    db->prepared[id] = !e;
    return e;
}

// Parameters as libpq wants them.
struct wire {
    int64_t numbers[SQL_FIELDS_MAX]; // big-endian; a boolean is the first byte
    const char *values[SQL_FIELDS_MAX];
    int lengths[SQL_FIELDS_MAX];
    int formats[SQL_FIELDS_MAX];
};

static void wire_put(struct wire *wire, int i, const struct db_value *value)
{
    wire->formats[i] = 1;
    switch (value->type) {
    case DB_NULL:
        wire->values[i] = NULL;
        wire->lengths[i] = 0;
        return;
    case DB_I64:
        wire->numbers[i] = (int64_t)htobe64((uint64_t)value->i64);
        wire->values[i] = (const char *)&wire->numbers[i];
        wire->lengths[i] = sizeof wire->numbers[i];
        return;
    case DB_BOOL:
        *(char *)&wire->numbers[i] = value->i64 != 0;
        wire->values[i] = (const char *)&wire->numbers[i];
        wire->lengths[i] = 1;
        return;
    case DB_TEXT:
    case DB_BLOB:
        break;
    }
    CHECK(value->bytes.n <= INT32_MAX);
    wire->values[i] = value->bytes.n ? value->bytes.p : "";
    wire->lengths[i] = (int)value->bytes.n;
}

// Sends the statement; libpq has copied the parameters when this returns.
static enum err send_statement(struct pg_db *db, enum sql_id id, const struct db_value *params)
{
    struct wire wire;
    int n = sql_statements[id].n_in;

    if (db->broken)
        return ERR_STORE_FAULT;
    enum err e = prepare(db, id);
    if (e)
        return e;
    for (int i = 0; i < n; i++)
        wire_put(&wire, i, &params[i]);
    return note_sent(db,
                     PQsendQueryPrepared(db->conn, sql_statements[id].name, n, wire.values,
                                         wire.lengths, wire.formats, 1),
                     NOTHING_PREPARED);
}

static enum err send_text(struct pg_db *db, const char *sql)
{
    if (db->broken)
        return ERR_STORE_FAULT;
    return note_sent(db, PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 1),
                     NOTHING_PREPARED);
}

// ---- reading answers

// The result of the next command in line, without the NULL that ends it.
static PGresult *next_result(struct pg_db *db)
{
    PGresult *result = PQgetResult(db->conn);
    PGresult *end = result ? PQgetResult(db->conn) : NULL;

    PQclear(end);
    return end ? PQclear(result), NULL : result;
}

static enum err read_sync(struct pg_db *db)
{
    PGresult *result = PQgetResult(db->conn);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_PIPELINE_SYNC ? OK : ERR_STORE_FAULT;
}

// An error and whether it is that of the newest command.
struct answer {
    enum err err;
    bool of_last;
    PGresult *last; // of the newest command when there was no error
};

static void take_result(struct pg_db *db, int i, PGresult *result, struct answer *answer)
{
    bool is_last = i == db->n_pending - 1;

    if (!is_good(result)) {
        // What follows an error is not run (PIPELINE_ABORTED): the first one is what happened.
        if (!answer->err && PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
            *answer = (struct answer){err_of(result), is_last, NULL};
        if (db->pending[i] != NOTHING_PREPARED)
            db->prepared[db->pending[i]] = false;
    } else if (is_last) {
        answer->last = result;
        return;
    }
    PQclear(result);
}

// Waits for all that was sent, see P1.  The caller frees answer.last.
static struct answer drain(struct pg_db *db)
{
    struct answer answer = {0};

    if (db->broken || !PQpipelineSync(db->conn))
        return (struct answer){.err = break_off(db)};
    for (int i = 0; i < db->n_pending && !db->broken; i++) {
        PGresult *result = next_result(db);
        if (!result || PQstatus(db->conn) == CONNECTION_BAD)
            db->broken = true;
        if (result)
            take_result(db, i, result, &answer);
    }
    if (db->broken || read_sync(db)) {
        PQclear(answer.last);
        return (struct answer){.err = break_off(db)};
    }
    db->n_pending = 0;
    return answer;
}

// A unique key that refused a write some calls ago: whoever is told of it now did not write it, and
// whoever wrote it had looked before.  Looking again is what helps (db.h, D2).
static enum err err_of_deferred(const struct answer *answer)
{
    return answer->err == ERR_ALREADY_EXISTS && !answer->of_last ? ERR_STORE_CONFLICT : answer->err;
}

static enum err drain_only(struct pg_db *db)
{
    struct answer answer = drain(db);

    PQclear(answer.last);
    return err_of_deferred(&answer);
}

// ---- statements

static enum err on_exec(struct db *base, enum sql_id id, const struct db_value *params,
                        int64_t *ret_changed)
{
    struct pg_db *db = self(base);
    int64_t changed = 0;
    enum err e = db->n_pending > PENDING_MAX - 8 ? drain_only(db) : OK;

    if (!e)
        e = send_statement(db, id, params);
    if (e || (!ret_changed && base->in_transaction))
        return e;
    struct answer answer = drain(db);
    if (answer.last && ret_changed && !str_to_i64(str_of(PQcmdTuples(answer.last)), &changed))
        answer.err = ERR_STORE_CORRUPT;
    PQclear(answer.last);
    if (!answer.err && ret_changed)
        *ret_changed = changed;
    return err_of_deferred(&answer);
}

static int64_t read_number(const char *bytes, int n)
{
    uint64_t number = 0;

    for (int i = 0; i < n; i++)
        number = number << 8 | (uint8_t)bytes[i];
    int unused = 64 - 8 * n; // the sign is that of the first byte
    return (int64_t)(number << unused) >> unused;
}

static struct db_value column_value(const PGresult *result, int row, int column)
{
    struct db_value value = {.type = DB_NULL};
    const char *bytes = PQgetvalue(result, row, column);
    int n = PQgetlength(result, row, column);

    if (PQgetisnull(result, row, column))
        return value;
    switch (PQftype(result, column)) {
    case OID_I64:
    case OID_I32:
    case OID_I16:
        value.type = DB_I64;
        value.i64 = read_number(bytes, n);
        break;
    case OID_BOOL:
        value.type = DB_BOOL;
        value.i64 = bytes[0] != 0;
        break;
    case OID_TEXT:
        value.type = DB_TEXT;
        value.bytes = (struct str){bytes, (size_t)n};
        break;
    case OID_BYTEA:
        value.type = DB_BLOB;
        value.bytes = (struct str){bytes, (size_t)n};
        break;
    default: // nothing that we store: reads as NULL, which the contract refuses
        break;
    }
    return value;
}

static enum err on_query(struct db *base, enum sql_id id, const struct db_value *params,
                         enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx,
                         bool *ret_from_row)
{
    struct pg_db *db = self(base);
    struct db_value columns[SQL_FIELDS_MAX];
    int n_out = sql_statements[id].n_out;
    enum err e = db->n_pending > PENDING_MAX - 8 ? drain_only(db) : OK;

    if (!e)
        e = send_statement(db, id, params);
    if (e)
        return e;
    struct answer answer = drain(db);
    e = err_of_deferred(&answer);
    if (!e && PQnfields(answer.last) != n_out)
        e = ERR_STORE_CORRUPT;
    for (int row = 0; !e && row < PQntuples(answer.last); row++) {
        for (int i = 0; i < n_out; i++)
            columns[i] = column_value(answer.last, row, i);
        e = on_row(ctx, columns);
        *ret_from_row = e != OK;
    }
    PQclear(answer.last);
    return e;
}

// Several statements in one text cannot travel in a pipeline.
static enum err on_script(struct db *base, const char *sql)
{
    struct pg_db *db = self(base);
    enum err e = drain_only(db);

    if (e)
        return e;
    if (!PQexitPipelineMode(db->conn))
        return break_off(db);
    e = run_setting(db, sql);
    if (!PQenterPipelineMode(db->conn) || PQstatus(db->conn) != CONNECTION_OK)
        return break_off(db);
    return e;
}

// ---- transactions

static enum err run_text(struct pg_db *db, const char *sql)
{
    enum err e = send_text(db, sql);

    return e ? e : drain_only(db);
}

static enum err on_begin(struct db *base)
{
    struct pg_db *db = self(base);
    const char *sql =
        db->config.read_only ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
    bool was_broken = db->broken;
    enum err e = was_broken ? reconnect(db) : OK;

    if (!e)
        e = run_text(db, sql);
    // A server that was restarted is noticed here: nothing has happened yet, so it is no failure.
    if (e && db->broken && !was_broken) {
        e = reconnect(db);
        if (!e)
            e = run_text(db, sql);
    }
    return e;
}

static void on_rollback(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = drain_only(db); // what failed there is what is rolled back

    if (db->broken || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return;
    e = run_text(db, "ROLLBACK");
    if (e)
        break_off(db);
}

static enum err on_commit(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = OK;

    if (db->broken || db->n_pending > PENDING_MAX - 8)
        e = drain_only(db);
    db->warned = false;
    if (e) {
        on_rollback(base);
        return e;
    }
    if (send_text(db, "COMMIT")) // who knows how much of it went out
        return ERR_OUTCOME_UNKNOWN;
    struct answer answer = drain(db);
    if (db->broken) // P3
        return ERR_OUTCOME_UNKNOWN;
    bool committed = answer.last && strcmp(PQcmdStatus(answer.last), "COMMIT") == 0;
    PQclear(answer.last);
    if (committed) // a warning here: "committed locally", while a standby did not answer
        return db->warned ? ERR_OUTCOME_UNKNOWN : OK;
    on_rollback(base);
    e = err_of_deferred(&answer);
    return e ? e : ERR_STORE_FAULT;
}

static enum err on_savepoint(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = drain_only(db);

    return e ? e : run_text(db, "SAVEPOINT work");
}

static enum err on_savepoint_release(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = drain_only(db);

    return e ? e : run_text(db, "RELEASE SAVEPOINT work");
}

static enum err on_savepoint_rollback(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = drain_only(db); // what failed there is what is taken back

    e = run_text(db, "ROLLBACK TO SAVEPOINT work");
    return e ? e : run_text(db, "RELEASE SAVEPOINT work");
}

// The caller asks for what it wrote, so a unique key is told as such.
static enum err on_flush(struct db *base)
{
    struct pg_db *db = self(base);

    if (!db->n_pending)
        return db->broken ? ERR_STORE_FAULT : OK;
    struct answer answer = drain(db);
    PQclear(answer.last);
    return answer.err;
}

static enum err on_checkpoint(struct db *base)
{
    (void)base;
    return OK;
}

// ---- life cycle

static void on_close(struct db *base)
{
    struct pg_db *db = self(base);
    struct arena arena = db->arena;

    PQfinish(db->conn);
    arena_release(&arena);
}

static const struct db_ops postgres_ops = {
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

static PGconn *connect_to(const char *url)
{
    // What stands before dbname may be said otherwise in the URL.
    const char *const keywords[] = {"application_name", "connect_timeout", "tcp_user_timeout",
                                    "dbname",           "client_encoding", NULL};
    const char *const values[] = {"habitue", CONNECT_S, UNACKNOWLEDGED_MS, url, "UTF8", NULL};

    return PQconnectdbParams(keywords, values, 1);
}

enum err db_postgres_open(const struct db_config *config, struct db **ret_db)
{
    struct arena arena;

    arena_init(&arena, (size_t)256 * 1024);
    struct pg_db *db = arena_try(&arena, sizeof *db);
    if (!db)
        return ERR_MEMORY;
    *db = (struct pg_db){.base = {.ops = &postgres_ops,
                                  .dialect = DB_POSTGRES,
                                  .read_only = config->read_only},
                         .config = *config};
    const char *url = str_c(&arena, config->url);
    db->config.url = STR_NONE; // P4: libpq keeps what it needs
    db->arena = arena;
    db->conn = connect_to(url);
    enum err e = start_session(db);
    if (e) {
        db_close(&db->base);
        return e;
    }
    *ret_db = &db->base;
    return OK;
}
