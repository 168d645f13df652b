// SPDX-License-Identifier: Apache-2.0
// state_hash.c - see state_hash.h.
//
// Layer: tests.
#include "sim/state_hash.h"

#include "base/check.h"
#include "base/id.h"
#include "store/db.h"
#include "store/sql.h"

#include <stdio.h>
#include <string.h>

#define ALL INT64_C(100000000)

static const char *const names[STATE_PARTS] = {
#define PART(name) [STATE_##name] = #name,
    STATE_LIST(PART)
#undef PART
};

const char *state_part_name(int part)
{
    return names[part];
}

struct reading {
    struct arena *arena;
    struct db *db;
    int64_t tenant_id;
    struct state_hash *state;
    enum state_part part;
    const struct sql_statement *statement;
    bool rows;
    struct id *members; // of the part members
    int64_t n_members, room;
};

// ---- rows

// FNV-1a.
static void add_bytes(uint64_t *hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *hash = (*hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
}

static void add_number(uint64_t *hash, int64_t number)
{
    add_bytes(hash, &number, sizeof number);
}

static void add_value(uint64_t *hash, const struct db_value *value)
{
    bool is_number = value->type == DB_I64 || value->type == DB_BOOL;
    add_number(hash, value->type == DB_NULL ? 0 : is_number ? 1 : 2);
    if (is_number)
        add_number(hash, value->i64);
    if (value->type == DB_TEXT || value->type == DB_BLOB) {
        add_number(hash, (int64_t)value->bytes.n);
        add_bytes(hash, value->bytes.p, value->bytes.n);
    }
}

static void print_row(const struct sql_statement *statement, const char *part,
                      const struct db_value *columns)
{
    printf("row of %s:", part);
    for (int i = 0; i < statement->n_out; i++) {
        const struct db_value *value = &columns[i];
        printf(" %s=", statement->out[i].name);
        if (value->type == DB_I64 || value->type == DB_BOOL)
            printf("%lld", (long long)value->i64);
        else if (statement->out[i].type == SQL_TYPE_TEXT)
            printf("%.*s", STR_FMT(value->bytes));
        else
            for (size_t k = 0; value->type != DB_NULL && k < value->bytes.n; k++)
                printf("%02x", (uint8_t)value->bytes.p[k]);
    }
    printf("\n");
}

// A counter at nothing, or a wallet with nothing, is as good as none: the row is left behind when
// something came and went in two transactions, and never written when in one.
static bool holds_nothing(const struct sql_statement *statement, enum state_part part,
                          const struct db_value *columns)
{
    static const char *const amounts[STATE_PARTS][5] = {
        [STATE_wallets] = {"available", "pending", "held", "debt"},
        [STATE_member_counters] = {"value"},
        [STATE_shared_counters] = {"value"},
    };
    int n_amounts = 0, n_nothing = 0;
    for (int i = 0; i < statement->n_out; i++)
        for (int k = 0; amounts[part][k]; k++)
            if (strcmp(statement->out[i].name, amounts[part][k]) == 0) {
                n_amounts++;
                n_nothing += columns[i].i64 == 0;
            }
    CHECK(n_amounts > 0 || !amounts[part][0]);
    return n_amounts > 0 && n_nothing == n_amounts;
}

static void add_row(struct reading *reading, enum state_part part, const struct db_value *columns)
{
    uint64_t *hash = &reading->state->parts[part].hash;
    if (holds_nothing(reading->statement, part, columns))
        return;
    for (int i = 0; i < reading->statement->n_out; i++)
        add_value(hash, &columns[i]);
    if (reading->rows)
        print_row(reading->statement, names[part], columns);
    reading->state->parts[part].n_rows++;
}

static enum err on_row(void *ctx, const struct db_value *columns)
{
    struct reading *reading = ctx;
    add_row(reading, reading->part, columns);
    return OK;
}

// The second column of the caches' table says what a row is.
static enum err on_cache(void *ctx, const struct db_value *columns)
{
    static const enum state_part kinds[] = {STATE_heads, STATE_wallets, STATE_lots,
                                            STATE_member_counters};
    struct reading *reading = ctx;
    int64_t kind = columns[1].i64;
    CHECK(kind >= 0 && kind < 4);
    add_row(reading, kinds[kind], columns);
    return OK;
}

static enum err on_member(void *ctx, const struct db_value *columns)
{
    struct reading *reading = ctx;
    CHECK(reading->n_members < reading->room && columns[0].bytes.n == sizeof(struct id));
    memcpy(reading->members[reading->n_members++].b, columns[0].bytes.p, sizeof(struct id));
    return on_row(ctx, columns);
}

// ---- statements: a parameter is the tenant, a limit, or comes before the first key

static struct db_value first_of(const struct reading *reading, const struct sql_field *field,
                                const struct id *id)
{
    static const struct id nil;
    struct db_value value = {.type = DB_I64, .i64 = INT64_MIN};
    if (strcmp(field->name, "tenant_id") == 0)
        value.i64 = reading->tenant_id;
    else if (strcmp(field->name, "row_limit") == 0)
        value.i64 = ALL;
    else if (field->type == SQL_TYPE_TEXT)
        value = (struct db_value){.type = DB_TEXT, .bytes = STR("")};
    else if (field->type == SQL_TYPE_BLOB)
        value = (struct db_value){.type = DB_BLOB, .bytes = STR("")};
    else if (field->type == SQL_TYPE_ID)
        value =
            (struct db_value){.type = DB_BLOB, .bytes = {(const char *)(id ? id : &nil)->b, 16}};
    return value;
}

static void read_rows(struct reading *reading, enum sql_id id, const struct id *member_id,
                      enum err (*on)(void *ctx, const struct db_value *columns))
{
    struct db_value params[SQL_FIELDS_MAX];
    reading->statement = &sql_statements[id];
    for (int i = 0; i < reading->statement->n_in; i++)
        params[i] = first_of(reading, &reading->statement->in[i], member_id);
    CHECK(db_query(reading->db, id, params, on, reading) == OK);
}

static void read_part(struct reading *reading, enum state_part part, enum sql_id id)
{
    reading->part = part;
    read_rows(reading, id, NULL, on_row);
}

static void read_members(struct reading *reading)
{
    reading->part = STATE_members;
    reading->room = 10000;
    reading->members = arena_try_array(reading->arena, (size_t)reading->room, sizeof(struct id));
    CHECK(reading->members != NULL);
    read_rows(reading, SQL_MEMBER_LIST, NULL, on_member);
    for (int64_t i = 0; i < reading->n_members; i++) {
        read_rows(reading, SQL_IDENTIFIER_LIST, &reading->members[i], on_row);
        read_rows(reading, SQL_PERSON_GET, &reading->members[i], on_row);
    }
}

void state_hash(struct db *db, struct arena *arena, int64_t tenant_id, bool rows,
                struct state_hash *ret_state)
{
    *ret_state = (struct state_hash){0};
    struct reading reading = {
        .arena = arena, .db = db, .tenant_id = tenant_id, .state = ret_state, .rows = rows};
    for (int i = 0; i < STATE_PARTS; i++)
        ret_state->parts[i].hash = 0xcbf29ce484222325u;
    CHECK(db_begin(db) == OK);
    read_part(&reading, STATE_entries, SQL_AUDIT_ENTRY_PAGE);
    read_part(&reading, STATE_allocations, SQL_AUDIT_ALLOCATION_PAGE);
    read_rows(&reading, SQL_AUDIT_CACHE_PAGE, NULL, on_cache);
    read_part(&reading, STATE_shared_counters, SQL_AUDIT_COUNTER_PAGE);
    read_part(&reading, STATE_events, SQL_AUDIT_EVENT_PAGE);
    read_part(&reading, STATE_parked, SQL_PARKED_LIST);
    read_part(&reading, STATE_redemptions, SQL_AUDIT_REDEMPTION_PAGE);
    read_part(&reading, STATE_requests, SQL_AUDIT_IDEMPOTENCY_PAGE);
    read_part(&reading, STATE_programmes, SQL_AUDIT_PROGRAM_LIST);
    read_part(&reading, STATE_trail, SQL_AUDIT_TRAIL_PAGE);
    read_part(&reading, STATE_seals, SQL_AUDIT_SEAL_LIST);
    read_members(&reading);
    db_rollback(db);
    fflush(stdout);
}
