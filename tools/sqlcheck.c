// SPDX-License-Identifier: Apache-2.0
// sqlcheck.c - prepares every statement on a freshly migrated database of each engine and compares
// what the engine says with what the statement's contract promises.
//
//   sqlcheck POSTGRES_URL
//
// Compared: that it prepares at all; the number of parameters; number, names, types and (where a
// column comes straight from a table of SQLite) nullability of the columns.  Every statement names
// tenant_id and reads no table from end to end, unless its contract has a maintenance line.
//
// Layer: tools.  Tests: tests/tools/sqlcheck_test.py
#include "store/sql_gen.h"

#include <libpq-fe.h>

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int n_problems;

__attribute__((format(printf, 3, 4))) static void
complain(const struct sql_statement *statement, const char *engine, const char *format, ...)
{
    va_list args;

    printf("%s (%s): ", statement->name, engine);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    n_problems++;
}

_Noreturn static void give_up(const char *what, const char *why)
{
    printf("%s: %s\n", what, why);
    exit(1);
}

// ---- SQLite

static const char *sqlite_type(enum sql_type type)
{
    switch (type) {
    case SQL_TYPE_I64:
    case SQL_TYPE_BOOL:
        return "INTEGER";
    case SQL_TYPE_TEXT:
        return "TEXT";
    case SQL_TYPE_BLOB:
    case SQL_TYPE_ID:
    case SQL_TYPE_HASH:
        break;
    }
    return "BLOB";
}

// Tells whether the column comes straight from a table's column that may be NULL.
static bool sqlite_may_be_null(sqlite3 *db, sqlite3_stmt *stmt, int column)
{
    const char *table = sqlite3_column_table_name(stmt, column);
    const char *origin = sqlite3_column_origin_name(stmt, column);
    int not_null = 1;

    if (table && origin)
        sqlite3_table_column_metadata(db, NULL, table, origin, NULL, NULL, &not_null, NULL, NULL);
    return !not_null;
}

static void sqlite_columns(sqlite3 *db, sqlite3_stmt *stmt, const struct sql_statement *statement)
{
    if (sqlite3_column_count(stmt) != statement->n_out) {
        complain(statement, "sqlite", "gives %d columns, promises %d", sqlite3_column_count(stmt),
                 statement->n_out);
        return;
    }
    for (int i = 0; i < statement->n_out; i++) {
        const struct sql_field *field = &statement->out[i];
        const char *type = sqlite3_column_decltype(stmt, i);

        if (strcmp(sqlite3_column_name(stmt, i), field->name) != 0)
            complain(statement, "sqlite", "column %d is %s, not %s", i + 1,
                     sqlite3_column_name(stmt, i), field->name);
        if (type && strcmp(type, sqlite_type(field->type)) != 0)
            complain(statement, "sqlite", "%s is %s, not %s", field->name, type,
                     sqlite_type(field->type));
        if (!field->nullable && sqlite_may_be_null(db, stmt, i))
            complain(statement, "sqlite", "%s may be NULL", field->name);
    }
}

// The names of the tables, to tell them from the subqueries that a plan may well scan.
static bool is_table(sqlite3 *db, const char *sql, const char *name)
{
    sqlite3_stmt *tables;
    bool found = false;

    if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table'", -1, &tables,
                           NULL))
        give_up("sqlite", sqlite3_errmsg(db));
    while (!found && sqlite3_step(tables) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(tables, 0);
        char alias[2][256];

        snprintf(alias[0], sizeof alias[0], " %s %s ", table, name);
        snprintf(alias[1], sizeof alias[1], " %s AS %s ", table, name);
        found = !strcmp(table, name) || strstr(sql, alias[0]) || strstr(sql, alias[1]);
    }
    sqlite3_finalize(tables);
    return found;
}

static void sqlite_plan(sqlite3 *db, const struct sql_statement *statement)
{
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement->text[DB_SQLITE]);
    sqlite3_stmt *plan;

    if (sqlite3_prepare_v2(db, sql, -1, &plan, NULL))
        give_up(statement->name, sqlite3_errmsg(db));
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        char name[128];

        // NOLINTNEXTLINE: the width bounds what is read
        if (sscanf(detail, "SCAN %127s", name) == 1 && is_table(db, sql, name))
            complain(statement, "sqlite", "reads a whole table: %s", detail);
    }
    sqlite3_finalize(plan);
    sqlite3_free(sql);
}

static void sqlite_check(sqlite3 *db, const struct sql_statement *statement)
{
    sqlite3_stmt *stmt;

    if (sqlite3_prepare_v2(db, statement->text[DB_SQLITE], -1, &stmt, NULL)) {
        complain(statement, "sqlite", "%s", sqlite3_errmsg(db));
        return;
    }
    if (sqlite3_bind_parameter_count(stmt) != statement->n_in)
        complain(statement, "sqlite", "takes %d parameters, promises %d",
                 sqlite3_bind_parameter_count(stmt), statement->n_in);
    sqlite_columns(db, stmt, statement);
    sqlite3_finalize(stmt);
    if (!statement->maintenance)
        sqlite_plan(db, statement);
}

static void sqlite_all(void)
{
    sqlite3 *db;

    if (sqlite3_open(":memory:", &db))
        give_up("sqlite", "does not open");
    // As in the product: a string in double quotes is a mistake, not a literal.
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    for (int i = 0; i < n_sql_migrations; i++)
        if (sqlite3_exec(db, sql_migrations[i].text[DB_SQLITE], NULL, NULL, NULL))
            give_up(sql_migrations[i].name, sqlite3_errmsg(db));
    for (int i = 0; i < N_SQL_STATEMENTS; i++)
        sqlite_check(db, &sql_statements[i]);
    sqlite3_close(db);
}

// ---- PostgreSQL

// The numbers of the types, fixed since there is a protocol (pg_type.dat).
static Oid postgres_type(enum sql_type type)
{
    switch (type) {
    case SQL_TYPE_I64:
        return 20;
    case SQL_TYPE_BOOL:
        return 16;
    case SQL_TYPE_TEXT:
        return 25;
    case SQL_TYPE_BLOB:
    case SQL_TYPE_ID:
    case SQL_TYPE_HASH:
        break;
    }
    return 17;
}

static Oid postgres_array(enum sql_type type)
{
    switch (postgres_type(type)) {
    case 20:
        return 1016;
    case 16:
        return 1000;
    case 25:
        return 1009;
    default:
        return 1001;
    }
}

// The first n_more columns are not of the contract.
static void postgres_columns(const PGresult *told, const struct sql_statement *statement,
                             const char *engine, int n_more)
{
    if (PQnfields(told) - n_more != statement->n_out) {
        complain(statement, engine, "gives %d columns, promises %d", PQnfields(told) - n_more,
                 statement->n_out);
        return;
    }
    for (int i = 0; i < statement->n_out; i++) {
        const struct sql_field *field = &statement->out[i];
        int at = i + n_more;

        if (strcmp(PQfname(told, at), field->name) != 0)
            complain(statement, engine, "column %d is %s, not %s", i + 1, PQfname(told, at),
                     field->name);
        if (PQftype(told, at) != postgres_type(field->type))
            complain(statement, engine, "%s has type %u, not %u: CAST it", field->name,
                     PQftype(told, at), postgres_type(field->type));
    }
}

static void postgres_prepare(PGconn *db, const struct sql_statement *statement, bool batch)
{
    const char *engine = batch ? "postgres, batch" : "postgres";
    const char *text = batch ? statement->batch_text : statement->text[DB_POSTGRES];
    Oid types[SQL_FIELDS_MAX];

    for (int i = 0; i < statement->n_in; i++)
        types[i] = batch && i > 0 ? postgres_array(statement->in[i].type)
                                  : postgres_type(statement->in[i].type);
    PGresult *prepared = PQprepare(db, "", text, statement->n_in, types);
    PGresult *told = PQdescribePrepared(db, "");
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
        complain(statement, engine, "%s", PQresultErrorMessage(prepared));
    } else {
        if (PQnparams(told) != statement->n_in)
            complain(statement, engine, "takes %d parameters, promises %d", PQnparams(told),
                     statement->n_in);
        postgres_columns(told, statement, engine,
                         statement->batch == SQL_BATCH_READ && batch ? 1 : 0);
    }
    PQclear(told);
    PQclear(prepared);
}

static void postgres_check(PGconn *db, const struct sql_statement *statement)
{
    postgres_prepare(db, statement, false);
    if (statement->batch_text)
        postgres_prepare(db, statement, true);
}

static void postgres_all(const char *url)
{
    PGconn *db = PQconnectdb(url);

    if (PQstatus(db) != CONNECTION_OK)
        give_up("postgres", PQerrorMessage(db));
    for (int i = 0; i < n_sql_migrations; i++) {
        PGresult *result = PQexec(db, sql_migrations[i].text[DB_POSTGRES]);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            give_up(sql_migrations[i].name, PQresultErrorMessage(result));
        PQclear(result);
    }
    for (int i = 0; i < N_SQL_STATEMENTS; i++)
        postgres_check(db, &sql_statements[i]);
    PQfinish(db);
}

// ---- both

static void check_tenant(const struct sql_statement *statement)
{
    for (int dialect = 0; dialect < DB_DIALECTS; dialect++)
        if (!statement->maintenance && !strstr(statement->text[dialect], "tenant_id"))
            complain(statement, dialect == DB_SQLITE ? "sqlite" : "postgres",
                     "names no tenant_id and has no maintenance line");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        give_up("sqlcheck", "needs the URL of an empty PostgreSQL database");
    for (int i = 0; i < N_SQL_STATEMENTS; i++)
        check_tenant(&sql_statements[i]);
    sqlite_all();
    postgres_all(argv[1]);
    return n_problems ? 1 : 0;
}
