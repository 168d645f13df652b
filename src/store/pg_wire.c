// SPDX-License-Identifier: Apache-2.0
// pg_wire.c - values in PostgreSQL's binary form, and what its error codes mean to us.
//
// Layer: store.  Tests: tests/store/batch_test.c, tests/store/db_test.c
#include "store/pg_wire.h"

#include <endian.h>
#include <string.h>

enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_I64 = 20,
    PG_I16 = 21,
    PG_I32 = 23,
    PG_TEXT = 25,
    PG_BOOL_ARRAY = 1000,
    PG_BYTEA_ARRAY = 1001,
    PG_TEXT_ARRAY = 1009,
    PG_I64_ARRAY = 1016
};

uint32_t pg_type_of(enum sql_type type)
{
    switch (type) {
    case SQL_TYPE_I64:
        return PG_I64;
    case SQL_TYPE_BOOL:
        return PG_BOOL;
    case SQL_TYPE_TEXT:
        return PG_TEXT;
    case SQL_TYPE_BLOB:
    case SQL_TYPE_ID:
    case SQL_TYPE_HASH:
        break;
    }
    return PG_BYTEA;
}

uint32_t pg_array_type_of(enum sql_type type)
{
    switch (pg_type_of(type)) {
    case PG_I64:
        return PG_I64_ARRAY;
    case PG_BOOL:
        return PG_BOOL_ARRAY;
    case PG_TEXT:
        return PG_TEXT_ARRAY;
    default:
        return PG_BYTEA_ARRAY;
    }
}

// ---- parameters

void pg_wire_put(struct pg_wire *wire, int i, const struct db_value *value)
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

// ---- columns

int64_t pg_read_number(const char *bytes, int n)
{
    uint64_t number = 0;

    for (int i = 0; i < n; i++)
        number = number << 8 | (uint8_t)bytes[i];
    int unused = 64 - 8 * n; // the sign is that of the first byte
    return (int64_t)(number << unused) >> unused;
}

struct db_value pg_read_value(uint32_t type, struct str bytes)
{
    switch (type) {
    case PG_I64:
    case PG_I32:
    case PG_I16:
        return (struct db_value){.type = DB_I64, .i64 = pg_read_number(bytes.p, (int)bytes.n)};
    case PG_BOOL:
        return (struct db_value){.type = DB_BOOL, .i64 = bytes.p[0] != 0};
    case PG_TEXT:
        return (struct db_value){.type = DB_TEXT, .bytes = bytes};
    case PG_BYTEA:
        return (struct db_value){.type = DB_BLOB, .bytes = bytes};
    default:
        return (struct db_value){.type = DB_NULL};
    }
}

// ---- arrays: five numbers of 4 bytes, then each element behind its length

#define COUNT_AT 12
#define NULL_LENGTH UINT32_MAX

static void put_u32(struct buf *buf, uint32_t value)
{
    uint32_t wire = htobe32(value);

    buf_put(buf, &wire, sizeof wire);
}

void pg_array_begin(struct buf *array, enum sql_type type)
{
    put_u32(array, 1); // dimensions
    put_u32(array, 1); // a NULL may be among the elements
    put_u32(array, pg_type_of(type));
    put_u32(array, 0); // COUNT_AT
    put_u32(array, 1); // the number of the first element
}

void pg_array_put(struct buf *array, const struct db_value *value)
{
    uint64_t number = htobe64((uint64_t)value->i64);
    char flag = value->i64 != 0;

    switch (value->type) {
    case DB_NULL:
        put_u32(array, NULL_LENGTH);
        return;
    case DB_I64:
        put_u32(array, sizeof number);
        buf_put(array, &number, sizeof number);
        return;
    case DB_BOOL:
        put_u32(array, sizeof flag);
        buf_put(array, &flag, sizeof flag);
        return;
    case DB_TEXT:
    case DB_BLOB:
        break;
    }
    put_u32(array, (uint32_t)value->bytes.n);
    buf_str(array, value->bytes);
}

struct str pg_array_text(const struct buf *array, int32_t n)
{
    uint32_t count = htobe32((uint32_t)n);

    memcpy(array->p + COUNT_AT, &count, sizeof count);
    return buf_text(array);
}

// ---- errors

static const struct {
    const char *sqlstate; // or what it begins with
    enum err err;
} errors_of_states[] = {
    {"23505", ERR_ALREADY_EXISTS},    // unique_violation
    {"40001", ERR_STORE_CONFLICT},    // serialization_failure
    {"40P01", ERR_STORE_CONFLICT},    // deadlock_detected
    {"55P03", ERR_STORE_BUSY},        // lock_not_available
    {"57014", ERR_STORE_BUSY},        // query_canceled: statement_timeout
    {"53100", ERR_STORE_FULL},        // disk_full
    {"XX001", ERR_STORE_CORRUPT},     // data_corrupted
    {"XX002", ERR_STORE_CORRUPT},     // index_corrupted
    {"08", ERR_STORE_UNREACHABLE},    // connection exceptions
    {"25006", ERR_STORE_UNREACHABLE}, // read_only_sql_transaction: no longer the primary
    {"25P03", ERR_STORE_UNREACHABLE}, // idle_in_transaction_session_timeout
    {"57P", ERR_STORE_UNREACHABLE},   // shutdown, crash, cannot connect now
};

enum err pg_err_of_state(const char *sqlstate)
{
    for (size_t i = 0; sqlstate && i < sizeof errors_of_states / sizeof *errors_of_states; i++)
        if (str_starts(str_of(sqlstate), str_of(errors_of_states[i].sqlstate)))
            return errors_of_states[i].err;
    return ERR_STORE_FAULT;
}
