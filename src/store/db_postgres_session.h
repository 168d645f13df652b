// SPDX-License-Identifier: Apache-2.0
// db_postgres_session.h - a session with a PostgreSQL server: how it is made, what it must have,
// and how long anyone waits for it.
//
//   N1  Nobody waits without end.  With statement_ms_max the server gives a statement up after that
//       time; a server that says nothing at all for a second longer counts as lost.  Below that are
//       TCP's own time-outs, which end waiting when the other machine is gone.
//   N2  A session of a writer is with a server that writes: a standby is as good as none.
//   N3  Nothing here writes the address: it may hold a password.
//
// Layer: store.  Tests: tests/store/postgres_test.c, tests/faults/
#pragma once

#include "store/db.h"

struct pg_conn;   // PGconn of libpq
struct pg_result; // PGresult

struct pg_session {
    struct pg_conn *conn;
    struct db_config config; // without texts
    char reason[DB_REASON_BYTES];
};

// A finished session in pipeline mode.  The connection is there also after a failure, to be closed
// with PQfinish; NULL when the address is of no use or memory is short.
MUST_CHECK enum err pg_session_open(struct pg_session *session, const struct db_config *config,
                                    const char *url);
// The same connection anew: what was prepared and set is gone.  ERR_STORE_UNREACHABLE at once while
// there is no point in trying (reach.h).
MUST_CHECK enum err pg_session_renew(struct pg_session *session);

// Sends what is left and waits until PQgetResult would not block.  False: N1, to be given up.
MUST_CHECK bool pg_session_await(struct pg_session *session);
// Waits until everything is on its way: libpq would keep what is much, and move it again and again.
// False: N1.
MUST_CHECK bool pg_session_send(struct pg_session *session);
// Text, outside of pipeline mode; several statements are one transaction.
MUST_CHECK enum err pg_session_run(struct pg_session *session, const char *sql);
// In a transaction, and without N1.
MUST_CHECK enum err pg_session_run_long(struct pg_session *session, const char *sql);

// What the result says, in our words.
enum err pg_session_err(const struct pg_session *session, const struct pg_result *result);
