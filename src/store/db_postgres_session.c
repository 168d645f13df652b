// SPDX-License-Identifier: Apache-2.0
// db_postgres_session.c - see db_postgres_session.h.
//
// Layer: store.  Tests: tests/store/postgres_test.c, tests/faults/
#include "store/db_postgres_session.h"

#include "base/metrics.h"
#include "store/pg_wire.h"
#include "store/reach.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

// How long one host may take; of several each has its turn.
#define CONNECT_S "5"
// Data that the other machine does not acknowledge for so long breaks the connection, and so do
// KEEPALIVES of an idle one.
#define UNACKNOWLEDGED_MS "20000"
#define KEEPALIVE_IDLE_S "10"
#define KEEPALIVE_EVERY_S "5"
#define KEEPALIVES "3"
// The server gives a statement up by itself, and has so long to say that.
#define GRACE_MS 1000

// ---- errors

enum err pg_session_err(const struct pg_session *session, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (!state) // said by the library, not by the server
        return PQstatus(session->conn) == CONNECTION_OK ? ERR_STORE_FAULT : ERR_STORE_UNREACHABLE;
    // A reader that writes is a mistake of ours, wherever it is connected.
    if (session->config.read_only && strcmp(state, "25006") == 0)
        return ERR_STORE_FAULT;
    return pg_err_of_state(state);
}

// Keeps what was said on one line.
static void note_reason(struct pg_session *session, const char *said)
{
    size_t n = 0;

    for (const char *c = said; *c && n + 1 < sizeof session->reason; c++) {
        bool blank = *c == '\n' || *c == '\t' || *c == ' ';
        if (blank && (n == 0 || session->reason[n - 1] == ' '))
            continue;
        session->reason[n++] = blank ? ' ' : *c;
    }
    while (n && session->reason[n - 1] == ' ')
        n--;
    session->reason[n] = '\0';
}

// ---- waiting

enum wait { WAIT_MORE, WAIT_BROKEN, WAIT_SILENT };

// Until something comes, or until something can be sent when PQflush left something unsent.
// ms_max: of silence; 0: any.
static enum wait wait_once(struct pg_session *session, int unsent, int64_t ms_max)
{
    PGconn *conn = session->conn;
    int ms = ms_max > 0 && ms_max < INT32_MAX ? (int)ms_max : -1;
    struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};

    if (unsent < 0 || fd.fd < 0)
        return WAIT_BROKEN;
    if (unsent)
        fd.events |= POLLOUT;
    int n = poll(&fd, 1, ms);
    if (n == 0) {
        note_reason(session, "the server does not answer");
        return WAIT_SILENT;
    }
    if (n < 0)
        return errno == EINTR ? WAIT_MORE : WAIT_BROKEN;
    return PQconsumeInput(conn) ? WAIT_MORE : WAIT_BROKEN;
}

// True also for a broken connection: PQgetResult says so.
static bool await(struct pg_session *session, int64_t ms_max)
{
    enum wait wait = WAIT_MORE;

    while (wait == WAIT_MORE && PQisBusy(session->conn))
        wait = wait_once(session, PQflush(session->conn), ms_max);
    return wait != WAIT_SILENT;
}

static int64_t silence_ms_max(const struct pg_session *session)
{
    return session->config.statement_ms_max ? session->config.statement_ms_max + GRACE_MS : 0;
}

bool pg_session_await(struct pg_session *session)
{
    return await(session, silence_ms_max(session));
}

bool pg_session_send(struct pg_session *session)
{
    enum wait wait = WAIT_MORE;
    int unsent;

    while (wait == WAIT_MORE && (unsent = PQflush(session->conn)) > 0)
        wait = wait_once(session, unsent, silence_ms_max(session));
    return wait != WAIT_SILENT;
}

static enum err run(struct pg_session *session, const char *sql, int64_t ms_max)
{
    PGresult *result;
    enum err e = PQsendQuery(session->conn, sql) ? OK : ERR_STORE_UNREACHABLE;

    while (e != ERR_STORE_UNREACHABLE) {
        if (!await(session, ms_max))
            return ERR_STORE_UNREACHABLE;
        result = PQgetResult(session->conn);
        if (!result)
            return e;
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !e) {
            e = pg_session_err(session, result);
            note_reason(session, PQresultErrorMessage(result));
        }
        PQclear(result);
    }
    return e;
}

enum err pg_session_run(struct pg_session *session, const char *sql)
{
    return run(session, sql, silence_ms_max(session));
}

enum err pg_session_run_long(struct pg_session *session, const char *sql)
{
    enum err e = pg_session_run(session, "SET LOCAL statement_timeout = 0");

    return e ? e : run(session, sql, 0);
}

// ---- making

// Before somebody listens: libpq would print them.
static void drop_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

// Every statement finds few rows by a key.  What the statistics of a table say that was empty an
// hour ago leads to other plans: whole tables were read for each row of a batch.
#define PLANS                                                                                      \
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"             \
    "SET plan_cache_mode = force_generic_plan; SET jit = off;"

// What a session must have whatever server and role say.  A transaction that was left by a client
// who is gone must not keep its locks; a commit that returned would survive a power cut, and more
// than that is the operator's choice.
static enum err configure(struct pg_session *session)
{
    const struct db_config *config = &session->config;
    char idle[80] = "";
    char sql[768];

    if (config->statement_ms_max)
        snprintf(idle, sizeof idle, "SET idle_in_transaction_session_timeout = %lld;",
                 (long long)(2 * config->statement_ms_max));
    snprintf(sql, sizeof sql,
             PLANS "SET lock_timeout = %lld; SET statement_timeout = %lld; %s"
                   "SET tcp_keepalives_idle = " KEEPALIVE_IDLE_S
                   ";SET tcp_keepalives_interval = " KEEPALIVE_EVERY_S
                   ";SET tcp_keepalives_count = " KEEPALIVES
                   ";SET default_transaction_read_only = %s;"
                   "SELECT set_config('synchronous_commit', 'on', false) "
                   "WHERE current_setting('synchronous_commit') = 'off'",
             (long long)config->lock_wait_ms_max, (long long)config->statement_ms_max, idle,
             config->read_only ? "on" : "off");
    return pg_session_run(session, sql);
}

// For a connection that was just made.
static enum err begin_session(struct pg_session *session)
{
    PGconn *conn = session->conn;

    session->reason[0] = '\0';
    if (PQstatus(conn) != CONNECTION_OK) {
        note_reason(session, PQerrorMessage(conn));
        return ERR_STORE_UNREACHABLE;
    }
    const char *standby = PQparameterStatus(conn, "in_hot_standby");
    if (!session->config.read_only && standby && strcmp(standby, "on") == 0) {
        note_reason(session, "the server is a standby: it only reads");
        return ERR_STORE_UNREACHABLE;
    }
    if (PQsetnonblocking(conn, 1) != 0) // what cannot be sent at once waits in await
        return ERR_MEMORY;
    metric_add(METRIC_DATABASE_CONNECTS, 1);
    enum err e = configure(session);
    return e || PQenterPipelineMode(conn) ? e : ERR_STORE_UNREACHABLE;
}

enum err pg_session_renew(struct pg_session *session)
{
    struct reach *reach = session->config.reach;

    if (reach && !reach_may_try(reach))
        return ERR_STORE_UNREACHABLE;
    PQreset(session->conn);
    enum err e = begin_session(session);
    if (e && reach)
        reach_doubt(reach);
    return e;
}

// A password with a sign that should have been escaped would be taken for a part of the host and
// turn up in messages.
static bool is_sound(struct str url)
{
    const char *from = strstr(url.p, "://");
    const char *end = strchr(url.p, '?');
    const char *at = NULL;

    if (!end)
        end = url.p + url.n;
    for (const char *c = from; c && c < end; c++)
        if (*c == '@')
            at = c;
    const char *colon = at ? memchr(from + 3, ':', (size_t)(at - from - 3)) : NULL;
    for (const char *c = colon; c && c < at; c++)
        if (strchr("@/#[] ", *c))
            return false;
    return true;
}

// N3: libpq quotes what it does not understand.
static bool is_understood(struct pg_session *session, const char *url)
{
    char *said = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &said);

    if (said && strchr(said, '"'))
        *strchr(said, '"') = '\0';
    if (!options)
        note_reason(session, said ? said : "");
    PQconninfoFree(options);
    PQfreemem(said);
    return options != NULL;
}

enum err pg_session_open(struct pg_session *session, const struct db_config *config,
                         const char *url)
{
    // What stands before dbname may be said otherwise in the URL.
    const char *const keywords[] = {"application_name", "connect_timeout",     "tcp_user_timeout",
                                    "keepalives_idle",  "keepalives_interval", "keepalives_count",
                                    "dbname",           "client_encoding",     NULL};
    const char *const values[] = {"habitue",
                                  CONNECT_S,
                                  UNACKNOWLEDGED_MS,
                                  KEEPALIVE_IDLE_S,
                                  KEEPALIVE_EVERY_S,
                                  KEEPALIVES,
                                  url,
                                  "UTF8",
                                  NULL};

    *session = (struct pg_session){.config = *config};
    session->config.url = STR_NONE;
    session->config.reason = NULL;
    if (!is_sound(str_of(url))) {
        note_reason(session, "a sign of the password has to be escaped: / is %2F, @ is %40");
        return ERR_CONFIG_INVALID;
    }
    if (!is_understood(session, url))
        return ERR_CONFIG_INVALID;
    session->conn = PQconnectdbParams(keywords, values, 1);
    if (!session->conn)
        return ERR_MEMORY;
    PQsetNoticeReceiver(session->conn, drop_notice, NULL);
    return begin_session(session);
}
