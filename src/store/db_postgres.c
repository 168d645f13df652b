// SPDX-License-Identifier: Apache-2.0
// db_postgres.c - PostgreSQL behind the seam.
//
// The connection lives in libpq's pipeline mode.  A write whose effect needs no answer is sent and
// noted; its result is read with that of the next call that needs one.  Writes that say their place
// in a batch wait for one another before they are sent, as the rows of one statement; questions
// asked ahead travel the same way.  Values are binary in both directions.
//
//   P1  After drain() the server has answered all that was sent, or the connection is broken.
//   P2  A broken connection stays so until the next db_begin, which connects again: what was
//       prepared and what was set on the session must be made anew before anything runs.
//   P3  A connection that is lost once COMMIT was sent is an unknown outcome (db.h, D3).
//   P4  A commit waits for synchronous standbys also when it wrote nothing: it may answer what a
//       commit before it wrote, whose own waiting was cut short by a restart.
//   P5  How a session is made, and how long its server may be silent: db_postgres_session.h.
//
// Layer: store.  Tests: tests/store/db_test.c, tests/store/postgres_test.c
#include "store/batch.h"
#include "store/db_backend.h"
#include "store/db_postgres_session.h"
#include "store/pg_wire.h"
#include "store/sql.h"

#include "base/arena.h"
#include "base/metrics.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

// Results that may be outstanding; more would only grow the buffers of both sides.
#define PENDING_MAX 512
// Rows of writes are sent when they take so many bytes, whether or not anybody waits for them.
#define WRITES_BYTES_MAX ((size_t)1 << 20)

// A statement has two forms: for one row, and for many.
enum form { FORM_ONE, FORM_BATCH, N_FORMS };

// What was sent and not answered yet.
struct sent {
    bool prepares;
    enum sql_id id;
    enum form form;
    int32_t n_rows;          // that a batch of writes must change; 0: any number
    struct batch_rows *asks; // whose answers these are, or NULL
};

struct pg_db {
    struct db base;
    struct arena arena; // holds this struct, too
    struct pg_session session;
    PGconn *conn; // the session's
    bool broken;  // P2
    bool stale;   // the server has ended the session, or is no longer the one that writes
    bool wrote;   // P4: in this transaction
    bool warned;  // the server warned since this was cleared
    bool prepared[N_FORMS][N_SQL_STATEMENTS];
    struct sent pending[PENDING_MAX];
    int n_pending;
    struct batch writes; // not sent yet
    struct batch asked;  // ahead, and the answers
};

static struct pg_db *self(struct db *db)
{
    return (struct pg_db *)db;
}

// ---- errors

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

static void forget_answers(struct pg_db *db)
{
    for (struct batch_rows *rows = db->asked.first; rows; rows = rows->next)
        PQclear(rows->result);
    batch_clear(&db->asked);
}

static enum err break_off(struct pg_db *db)
{
    db->broken = true;
    db->n_pending = 0;
    return ERR_STORE_UNREACHABLE;
}

// ---- connecting

// For a session that was just made.
static enum err start_session(struct pg_db *db, enum err e)
{
    memset(db->prepared, 0, sizeof db->prepared);
    db->n_pending = 0;
    db->stale = false;
    db->broken = e != OK;
    if (!e)
        PQsetNoticeReceiver(db->conn, on_notice, db);
    return e;
}

static enum err reconnect(struct pg_db *db)
{
    return start_session(db, pg_session_renew(&db->session));
}

// ---- sending

static enum err note_sent(struct pg_db *db, int sent, struct sent what)
{
    if (!sent)
        return break_off(db);
    CHECK(db->n_pending < PENDING_MAX);
    db->pending[db->n_pending++] = what;
    return OK;
}

// Both forms have their name on the server: the statement's own, and that with an s behind it.
struct name {
    char text[72];
};

static struct name name_of(enum sql_id id, enum form form)
{
    struct name name;

    snprintf(name.text, sizeof name.text, "%s%s", sql_statements[id].name,
             form == FORM_BATCH ? " s" : "");
    return name;
}

static enum err prepare(struct pg_db *db, enum sql_id id, enum form form)
{
    const struct sql_statement *statement = &sql_statements[id];
    const char *text = form == FORM_BATCH ? statement->batch_text : statement->text[DB_POSTGRES];
    Oid types[SQL_FIELDS_MAX];

    if (db->prepared[form][id])
        return OK;
    for (int i = 0; i < statement->n_in; i++)
        types[i] = form == FORM_BATCH && i > 0 ? pg_array_type_of(statement->in[i].type)
                                               : pg_type_of(statement->in[i].type);
    struct name name = name_of(id, form);
    enum err e = note_sent(db, PQsendPrepare(db->conn, name.text, text, statement->n_in, types),
                           (struct sent){.prepares = true, .id = id, .form = form});
    db->prepared[form][id] = !e;
    return e;
}

// Sends what wire holds; libpq has copied it when this returns.
static enum err send_wire(struct pg_db *db, const struct pg_wire *wire, struct sent what)
{
    if (db->broken)
        return ERR_STORE_UNREACHABLE;
    enum err e = prepare(db, what.id, what.form);
    if (e)
        return e;
    struct name name = name_of(what.id, what.form);
    return note_sent(db,
                     PQsendQueryPrepared(db->conn, name.text, sql_statements[what.id].n_in,
                                         wire->values, wire->lengths, wire->formats, 1),
                     what);
}

static enum err send_statement(struct pg_db *db, enum sql_id id, const struct db_value *params)
{
    struct pg_wire wire;

    for (int i = 0; i < sql_statements[id].n_in; i++)
        pg_wire_put(&wire, i, &params[i]);
    return send_wire(db, &wire, (struct sent){.id = id});
}

static enum err send_rows(struct pg_db *db, struct batch_rows *rows, struct sent what)
{
    struct pg_wire wire;

    pg_wire_put(&wire, 0, &(struct db_value){.type = DB_I64, .i64 = rows->tenant_id});
    for (int i = 1; i < sql_statements[rows->id].n_in; i++)
        pg_wire_put(&wire, i, &(struct db_value){.type = DB_BLOB, .bytes = batch_array(rows, i)});
    rows->is_sent = true;
    return send_wire(db, &wire, what);
}

static enum err send_text(struct pg_db *db, const char *sql)
{
    if (db->broken)
        return ERR_STORE_UNREACHABLE;
    return note_sent(db, PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 1),
                     (struct sent){0});
}

// ---- reading answers

// The result of the next command in line, without the NULL that ends it.  NULL: none will come.
static PGresult *next_result(struct pg_db *db)
{
    PGresult *result = pg_session_await(&db->session) ? PQgetResult(db->conn) : NULL;
    bool ends = result && pg_session_await(&db->session);
    PGresult *end = ends ? PQgetResult(db->conn) : NULL;

    PQclear(end);
    return end || !ends ? PQclear(result), NULL : result;
}

static enum err read_sync(struct pg_db *db)
{
    PGresult *result = pg_session_await(&db->session) ? PQgetResult(db->conn) : NULL;
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_PIPELINE_SYNC ? OK : ERR_STORE_UNREACHABLE;
}

// An error and whether it is that of the newest command.
struct answer {
    enum err err;
    bool of_last;
    PGresult *last; // of the newest command when that was no error
};

static void note_error(struct answer *answer, enum err e, bool is_last)
{
    if (!answer->err)
        *answer = (struct answer){e, is_last, NULL};
}

// Every row of a batch of writes changes one row of its table: two that met would lose one.
static bool changed_all(const struct sent *sent, PGresult *result)
{
    int64_t changed;

    return !sent->n_rows ||
           (str_to_i64(str_of(PQcmdTuples(result)), &changed) && changed == sent->n_rows);
}

static void take_result(struct pg_db *db, int i, PGresult *result, struct answer *answer)
{
    const struct sent *sent = &db->pending[i];
    bool is_last = i == db->n_pending - 1;

    if (!is_good(result)) {
        // What follows an error is not run (PIPELINE_ABORTED): the first one is what happened.
        if (PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
            note_error(answer, pg_session_err(&db->session, result), is_last);
        db->stale |= answer->err == ERR_STORE_UNREACHABLE;
        if (sent->prepares)
            db->prepared[sent->form][sent->id] = false;
    } else if (!changed_all(sent, result)) {
        note_error(answer, ERR_STORE_CORRUPT, is_last);
    } else if (sent->asks) {
        sent->asks->result = result;
        return;
    } else if (is_last) {
        answer->last = result;
        return;
    }
    PQclear(result);
}

static void count_round_trip(struct pg_db *db)
{
    db->base.n_round_trips++;
    metric_add(METRIC_DATABASE_ROUND_TRIPS, 1);
}

// Waits for all that was sent, see P1.  The caller frees answer.last.
static struct answer drain(struct pg_db *db)
{
    struct answer answer = {0};

    if (db->broken || !PQpipelineSync(db->conn))
        return (struct answer){.err = break_off(db)};
    count_round_trip(db);
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

static enum err make_room(struct pg_db *db)
{
    return db->n_pending > PENDING_MAX - 8 ? drain_only(db) : OK;
}

// ---- batches

static enum err send_writes(struct pg_db *db)
{
    enum err e = OK;

    batch_sort(&db->writes);
    for (struct batch_rows *rows = db->writes.first; rows && !e; rows = rows->next) {
        e = make_room(db);
        if (!e)
            e = send_rows(db, rows,
                          (struct sent){.id = rows->id, .form = FORM_BATCH, .n_rows = rows->n});
    }
    batch_clear(&db->writes);
    return e;
}

// Sends what waits and hears what became of it.
static enum err settle(struct pg_db *db)
{
    enum err e = send_writes(db);

    return e ? e : drain_only(db);
}

static void forget_changed(struct pg_db *db, enum sql_id id, const struct db_value *params)
{
    const struct sql_statement *statement = &sql_statements[id];
    struct db_value question[sizeof statement->forgets->from];

    if (statement->n_forgets == SQL_FORGETS_ALL)
        forget_answers(db);
    for (int i = 0; i < statement->n_forgets; i++) {
        const struct sql_forgets *forgets = &statement->forgets[i];
        for (int k = 0; k < sql_statements[forgets->question].n_in; k++)
            question[k] = params[forgets->from[k]];
        batch_forget(&db->asked, forgets->question, question);
    }
}

static enum err put_off(struct pg_db *db, enum sql_id id, const struct db_value *params)
{
    if (db->broken)
        return ERR_STORE_UNREACHABLE;
    db->wrote = true;
    enum err e = batch_add(&db->writes, id, params);
    forget_changed(db, id, params);
    if (e || db->writes.bytes <= WRITES_BYTES_MAX)
        return e;
    e = send_writes(db);
    return e || pg_session_send(&db->session) ? e : break_off(db);
}

static enum err on_ahead(struct db *base, enum sql_id id, const struct db_value *params)
{
    return batch_add(&self(base)->asked, id, params);
}

// Which answers belong to which row.  A join may give them in any order; those of one row keep
// theirs.
static enum err index_answers(struct pg_db *db, struct batch_rows *rows)
{
    int n = PQntuples(rows->result);
    int32_t *ends = arena_try_array(&db->asked.arena, (size_t)rows->n + 2, sizeof *ends);

    rows->answers = arena_try_array(&db->asked.arena, (size_t)n, sizeof *rows->answers);
    if (!ends || !rows->answers)
        return ERR_MEMORY;
    for (int i = 0; i < n; i++) {
        int64_t row = pg_read_number(PQgetvalue(rows->result, i, 0), 8);
        if (row < 1 || row > rows->n)
            return ERR_STORE_CORRUPT;
        ends[row + 1]++;
    }
    for (int i = 1; i <= rows->n + 1; i++)
        ends[i] += ends[i - 1];
    // ends[row] is where the answers of the row begin, and, once they are all there, where they
    // end.
    for (int i = 0; i < n; i++)
        rows->answers[ends[pg_read_number(PQgetvalue(rows->result, i, 0), 8)]++] = i;
    rows->answer_ends = ends;
    return OK;
}

static enum err on_ask(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = send_writes(db);

    for (struct batch_rows *rows = db->asked.first; rows && !e; rows = rows->next) {
        if (rows->is_sent)
            continue;
        e = make_room(db);
        if (!e)
            e = send_rows(db, rows,
                          (struct sent){.id = rows->id, .form = FORM_BATCH, .asks = rows});
    }
    if (!e)
        e = drain_only(db);
    for (struct batch_rows *rows = db->asked.first; rows && !e; rows = rows->next)
        if (!rows->answer_ends)
            e = index_answers(db, rows);
    return e;
}

// ---- statements

static enum err on_exec(struct db *base, enum sql_id id, const struct db_value *params,
                        int64_t *ret_changed)
{
    struct pg_db *db = self(base);
    int64_t changed = 0;

    if (!ret_changed && base->in_transaction && sql_statements[id].batch == SQL_BATCH_WRITE)
        return put_off(db, id, params);
    db->wrote |= !ret_changed;
    forget_changed(db, id, params);
    enum err e = send_writes(db);
    if (!e)
        e = make_room(db);
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
    db->wrote |= changed > 0;
    return err_of_deferred(&answer);
}

static struct db_value column_value(const PGresult *result, int row, int column)
{
    struct str bytes = {PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};

    if (PQgetisnull(result, row, column))
        return (struct db_value){.type = DB_NULL};
    return pg_read_value(PQftype(result, column), bytes);
}

// Columns before the first are not the statement's.  order: the numbers of the rows; NULL: all.
struct answer_rows {
    const PGresult *result;
    int first_column;
    const int32_t *order;
    int n;
};

static enum err give_rows(enum sql_id id, const struct answer_rows *rows,
                          enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx,
                          bool *ret_from_row)
{
    struct db_value columns[SQL_FIELDS_MAX];
    int n_out = sql_statements[id].n_out;
    enum err e = PQnfields(rows->result) == n_out + rows->first_column ? OK : ERR_STORE_CORRUPT;

    for (int k = 0; !e && k < rows->n; k++) {
        int row = rows->order ? rows->order[k] : k;
        for (int i = 0; i < n_out; i++)
            columns[i] = column_value(rows->result, row, rows->first_column + i);
        e = on_row(ctx, columns);
        *ret_from_row = e != OK;
    }
    return e;
}

static bool find_answer(struct pg_db *db, enum sql_id id, const struct db_value *params,
                        struct answer_rows *ret_rows)
{
    struct batch_rows *rows;
    int32_t row;

    if (!batch_find(&db->asked, id, params, &rows, &row) || !rows->answer_ends)
        return false;
    int32_t from = rows->answer_ends[row]; // where the row before ends: rows count from 1 there
    *ret_rows = (struct answer_rows){.result = rows->result,
                                     .first_column = 1,
                                     .order = rows->answers + from,
                                     .n = rows->answer_ends[row + 1] - from};
    return true;
}

static enum err on_query(struct db *base, enum sql_id id, const struct db_value *params,
                         enum err (*on_row)(void *ctx, const struct db_value *columns), void *ctx,
                         bool *ret_from_row)
{
    struct pg_db *db = self(base);
    struct answer_rows rows = {0};

    if (find_answer(db, id, params, &rows))
        return give_rows(id, &rows, on_row, ctx, ret_from_row);
    enum err e = send_writes(db);
    if (!e)
        e = make_room(db);
    if (!e)
        e = send_statement(db, id, params);
    if (e)
        return e;
    struct answer answer = drain(db);
    e = err_of_deferred(&answer);
    rows = (struct answer_rows){.result = answer.last, .n = PQntuples(answer.last)};
    if (!e)
        e = give_rows(id, &rows, on_row, ctx, ret_from_row);
    PQclear(answer.last);
    return e;
}

// Several statements in one text cannot travel in a pipeline.
static enum err on_script(struct db *base, const char *sql)
{
    struct pg_db *db = self(base);
    enum err e = settle(db);

    if (e)
        return e;
    if (!PQexitPipelineMode(db->conn))
        return break_off(db);
    count_round_trip(db);
    // A migration takes the time it takes.
    e = base->in_transaction ? pg_session_run_long(&db->session, sql)
                             : pg_session_run(&db->session, sql);
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
        db->base.read_only ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN";
    bool was_broken = db->broken || db->stale;
    enum err e = was_broken ? reconnect(db) : OK;

    db->wrote = false;
    if (!e)
        e = run_text(db, sql);
    // A server that was restarted is noticed here: nothing has happened yet, so it is no failure.
    if (e && (db->broken || db->stale) && !was_broken) {
        e = reconnect(db);
        if (!e)
            e = run_text(db, sql);
    }
    return e;
}

static void end_batches(struct pg_db *db)
{
    batch_clear(&db->writes);
    forget_answers(db);
}

static void on_rollback(struct db *base)
{
    struct pg_db *db = self(base);

    end_batches(db);
    enum err e = drain_only(db); // what failed there is what is rolled back
    if (db->broken || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return;
    e = run_text(db, "ROLLBACK");
    if (e)
        break_off(db);
}

// All that has to go out before COMMIT; an error here is certain: nothing happened.
static enum err finish_writing(struct pg_db *db)
{
    enum err e = send_writes(db);

    if (!e)
        e = db->broken ? ERR_STORE_UNREACHABLE : make_room(db);
    if (!e && !db->wrote && !db->base.read_only) // P4: a record in the log, to wait for
        e = send_text(db, "SELECT pg_logical_emit_message(true, 'habitue', '')");
    end_batches(db);
    return e;
}

static enum err on_commit(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = finish_writing(db);

    db->warned = false;
    if (e) {
        on_rollback(base);
        return e;
    }
    if (send_text(db, "COMMIT")) // who knows how much of it went out
        return ERR_OUTCOME_UNKNOWN;
    struct answer answer = drain(db);
    if (db->broken || (answer.of_last && answer.err == ERR_STORE_UNREACHABLE)) // P3
        return ERR_OUTCOME_UNKNOWN;
    bool committed = answer.last && strcmp(PQcmdStatus(answer.last), "COMMIT") == 0;
    PQclear(answer.last);
    if (committed) // a warning: "committed locally", while a standby did not answer
        return db->warned || answer.err ? ERR_OUTCOME_UNKNOWN : OK;
    on_rollback(base);
    e = err_of_deferred(&answer);
    return e ? e : ERR_STORE_FAULT;
}

static enum err on_savepoint(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = settle(db);

    return e ? e : run_text(db, "SAVEPOINT work");
}

static enum err on_savepoint_release(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = settle(db);

    return e ? e : run_text(db, "RELEASE SAVEPOINT work");
}

static enum err on_savepoint_rollback(struct db *base)
{
    struct pg_db *db = self(base);

    end_batches(db);
    enum err e = drain_only(db); // what failed there is what is taken back
    e = run_text(db, "ROLLBACK TO SAVEPOINT work");
    return e ? e : run_text(db, "RELEASE SAVEPOINT work");
}

// The caller asks for what it wrote, so a unique key is told as such.
static enum err on_flush(struct db *base)
{
    struct pg_db *db = self(base);
    enum err e = send_writes(db);

    if (e || !db->n_pending)
        return db->broken ? ERR_STORE_UNREACHABLE : e;
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

    forget_answers(db);
    batch_release(&db->asked);
    batch_release(&db->writes);
    PQfinish(db->conn);
    arena_release(&arena);
}

static const char *on_reason(const struct db *base)
{
    return ((const struct pg_db *)base)->session.reason;
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
    .ahead = on_ahead,
    .ask = on_ask,
    .reason = on_reason,
};

enum err db_postgres_open(const struct db_config *config, struct db **ret_db)
{
    struct arena arena;

    arena_init(&arena, (size_t)256 * 1024);
    struct pg_db *db = arena_try(&arena, sizeof *db);
    if (!db)
        return ERR_MEMORY;
    *db = (struct pg_db){.base = {.ops = &postgres_ops,
                                  .dialect = DB_POSTGRES,
                                  .read_only = config->read_only,
                                  .renewable = true}};
    const char *url = str_c(&arena, config->url);
    db->arena = arena;
    batch_init(&db->writes, false);
    batch_init(&db->asked, true);
    enum err e = pg_session_open(&db->session, config, url);
    db->conn = db->session.conn;
    e = start_session(db, e);
    if (e) {
        if (config->reason)
            memcpy(config->reason, db->session.reason, sizeof db->session.reason);
        db_close(&db->base);
        return e;
    }
    *ret_db = &db->base;
    return OK;
}
