// SPDX-License-Identifier: Apache-2.0
// copy.c - see copy.h.
//
// Values go from the columns of one statement to the parameters of another by their names: what
// writes a table says which columns it has (tests/store/copy_test.c holds that against the schema).
//
// Layer: store.  Tests: tests/store/copy_test.c, tests/cli/move_test.py
#include "store/copy.h"

#include "base/buf.h"
#include "store/copy_page.h"
#include "store/sql_gen.h"

#include <string.h>

#define TENANTS_PAGE 500

const struct copy_list copy_lists[N_COPY_LISTS] = {
    // In an order that foreign keys allow.
    {"tenant", SQL_TENANT_PAGE, "tenant_id", SQL_COPY_TENANT_INSERT},
    {"setting", SQL_COPY_SETTING_PAGE, "name", SQL_SETTING_PUT},
    {"api_key", SQL_COPY_KEY_PAGE, "key_id", SQL_COPY_KEY_INSERT},
    {"program_version", SQL_COPY_PROGRAM_PAGE, "version", SQL_PROGRAM_INSERT},
    {"member", SQL_COPY_MEMBER_PAGE, "member_id", SQL_MEMBER_INSERT},
    {"person", SQL_COPY_PERSON_PAGE, "member_id", SQL_PERSON_INSERT},
    {"identifier", SQL_COPY_IDENTIFIER_PAGE, "kind value", SQL_IDENTIFIER_INSERT},
    {"event", SQL_COPY_EVENT_PAGE, "event_id", SQL_EVENT_INSERT},
    {"parked_event", SQL_COPY_PARKED_PAGE, "source external_id type", SQL_PARKED_INSERT},
    {"ledger_entry", SQL_AUDIT_ENTRY_PAGE, "member_id seq", SQL_ENTRY_INSERT},
    {"allocation", SQL_AUDIT_ALLOCATION_PAGE, "member_id entry_seq lot_seq", SQL_ALLOCATION_INSERT},
    {"member_cache", SQL_AUDIT_CACHE_PAGE, "member_id kind name number", SQL_COPY_CACHE_INSERT},
    {"counter", SQL_AUDIT_COUNTER_PAGE, "owner_id name period", SQL_COPY_COUNTER_INSERT},
    {"redemption", SQL_AUDIT_REDEMPTION_PAGE, "member_id redemption_id", SQL_REDEMPTION_INSERT},
    {"idempotency", SQL_COPY_IDEMPOTENCY_PAGE, "bucket key_id key", SQL_IDEMPOTENCY_INSERT},
    {"audit_entry", SQL_AUDIT_TRAIL_PAGE, "subject_id seq", SQL_AUDIT_ENTRY_INSERT},
    {"seal", SQL_COPY_SEAL_PAGE, "seal_no", SQL_SEAL_INSERT},
    {"import_progress", SQL_COPY_IMPORT_PAGE, "import_id", SQL_IMPORT_PUT},
    // The ends of chains: only compared.
    {"ledger heads", SQL_LEDGER_HEAD_LIST, "member_id", N_SQL_STATEMENTS},
    {"audit trail heads", SQL_AUDIT_HEAD_LIST, "subject_id", N_SQL_STATEMENTS},
};

// ---- how many

static enum err find_counts(struct copy *copy, enum copy_side side,
                            const struct sql_copy_count_list_out *rows, size_t n)
{
    if (n != N_COPY_TABLES)
        return ERR_STORE_CORRUPT;
    for (size_t i = 0; i < n; i++) {
        int list = 0;
        while (list < N_COPY_TABLES && !str_eq(rows[i].name, str_of(copy_lists[list].name)))
            list++;
        CHECK(list < N_COPY_TABLES);
        copy->parts[list].n_rows[side] = rows[i].n_rows;
    }
    return OK;
}

enum err copy_count(struct copy *copy, enum copy_side side, int64_t *ret_n_rows)
{
    struct arena arena;
    struct sql_copy_count_list_out *rows;
    size_t n;
    int64_t sum = 0;

    arena_init(&arena, (size_t)1 << 20);
    enum err e = sql_copy_count_list(copy->db[side], &arena, &rows, &n);
    if (!e)
        e = find_counts(copy, side, rows, n);
    arena_release(&arena);
    if (e)
        return e;
    for (int list = 0; list < N_COPY_TABLES; list++)
        sum += copy->parts[list].n_rows[side];
    *ret_n_rows = sum;
    return OK;
}

// ---- list by list, tenant by tenant

static bool is_of_tenants(const struct copy_list *list)
{
    return list->page != SQL_TENANT_PAGE;
}

// Runs over the lists of one tenant, or over the one of all tenants.
static enum err for_lists(struct copy *copy, int n_lists, const int64_t *tenant_id,
                          enum err (*run)(struct copy *copy, int list, int64_t tenant_id))
{
    enum err e = OK;

    for (int list = 0; !e && list < n_lists; list++) {
        if (is_of_tenants(&copy_lists[list]) != (tenant_id != NULL))
            continue;
        copy->at = copy_lists[list].name;
        e = run(copy, list, tenant_id ? *tenant_id : 0);
    }
    return e;
}

static enum err for_tenants(struct copy *copy, int n_lists, struct arena *arena,
                            enum err (*run)(struct copy *copy, int list, int64_t tenant_id))
{
    struct sql_tenant_page_in in = {.after_tenant_id = 0, .row_limit = TENANTS_PAGE};
    struct sql_tenant_page_out *tenants;
    size_t n;

    do {
        arena_clear(arena);
        enum err e = sql_tenant_page_list(copy->db[COPY_FROM], &in, arena, &tenants, &n);
        for (size_t i = 0; !e && i < n; i++)
            e = for_lists(copy, n_lists, &tenants[i].tenant_id, run);
        if (e)
            return e;
        if (n)
            in.after_tenant_id = tenants[n - 1].tenant_id;
    } while (n == TENANTS_PAGE);
    return OK;
}

// The tenants themselves, what belongs to the installation, then one tenant after the other.
static enum err for_all(struct copy *copy, int n_lists,
                        enum err (*run)(struct copy *copy, int list, int64_t tenant_id))
{
    struct arena arena;
    const int64_t installation = 0;

    arena_init(&arena, (size_t)16 << 20);
    enum err e = for_lists(copy, n_lists, NULL, run);
    if (!e)
        e = for_lists(copy, n_lists, &installation, run);
    if (!e)
        e = for_tenants(copy, n_lists, &arena, run);
    arena_release(&arena);
    return e;
}

static void count_row(struct copy *copy)
{
    copy->n_rows++;
    if (copy->on_rows && copy->n_rows % 256 == 0)
        copy->on_rows(copy->ctx, copy->n_rows);
}

// ---- copying

#define OF_TENANT (-1)

struct copying {
    struct copy *copy;
    enum sql_id insert;
    int64_t tenant_id;
    int columns[SQL_FIELDS_MAX]; // for each parameter the column, or OF_TENANT
    int64_t n_rows;
};

// Which column a parameter takes; one that no column gives is a bug in the list.
static int column_for(const struct sql_statement *page, const struct sql_field *param)
{
    for (int i = 0; i < page->n_out; i++)
        if (strcmp(page->out[i].name, param->name) == 0)
            return i;
    CHECK(strcmp(param->name, "tenant_id") == 0);
    return OF_TENANT;
}

static struct db_value value_for(const struct sql_field *param, struct db_value value)
{
    if (param->type == SQL_TYPE_BOOL && value.type == DB_I64)
        value.type = DB_BOOL; // SQLite has none of its own
    if ((value.type == DB_TEXT || value.type == DB_BLOB) && !value.bytes.n)
        value.bytes.p = ""; // SQLite gives no address to nothing, and takes none for NULL
    return value;
}

static enum err on_copied(void *ctx, const struct db_value *columns)
{
    struct copying *copying = ctx;
    const struct sql_statement *insert = &sql_statements[copying->insert];
    const struct db_value tenant = {.type = DB_I64, .i64 = copying->tenant_id};
    struct db_value values[SQL_FIELDS_MAX];

    for (int i = 0; i < insert->n_in; i++) {
        int column = copying->columns[i];
        values[i] = value_for(&insert->in[i], column == OF_TENANT ? tenant : columns[column]);
    }
    enum err e = db_exec(copying->copy->db[COPY_TO], copying->insert, values);
    copying->n_rows++;
    count_row(copying->copy);
    return e;
}

static enum err copy_list(struct copy *copy, int list, int64_t tenant_id)
{
    struct copying copying = {.copy = copy,
                              .insert = copy_lists[list].insert,
                              .tenant_id = tenant_id};
    const struct sql_statement *page = &sql_statements[copy_lists[list].page];
    const struct sql_statement *insert = &sql_statements[copying.insert];
    struct pages pages;
    enum err e = OK;

    for (int i = 0; i < insert->n_in; i++)
        copying.columns[i] = column_for(page, &insert->in[i]);
    pages_init(&pages, &copy_lists[list], tenant_id);
    while (!e && !pages.at_end) {
        e = pages_read(&pages, copy->db[COPY_FROM], on_copied, &copying);
        pages_advance(&pages);
    }
    pages_release(&pages);
    // Whatever was refused is told while we know the table.
    if (!e && copying.n_rows)
        e = db_flush(copy->db[COPY_TO]);
    copy->parts[list].n_rows[COPY_TO] += copying.n_rows;
    return e;
}

static enum err refuse_strays(struct copy *copy, int list)
{
    const struct copy_part *part = &copy->parts[list];

    copy->at = copy_lists[list].name;
    copy->difference =
        str_printf(copy->arena, "%s has %lld rows that belong to no tenant", copy_lists[list].name,
                   (long long)(part->n_rows[COPY_FROM] - part->n_rows[COPY_TO]));
    return ERR_STORE_CORRUPT;
}

enum err copy_rows(struct copy *copy)
{
    int64_t n_rows;
    enum err e = copy_count(copy, COPY_FROM, &n_rows);

    copy->n_rows = 0;
    for (int list = 0; list < N_COPY_TABLES; list++)
        copy->parts[list].n_rows[COPY_TO] = 0;
    if (!e)
        e = for_all(copy, N_COPY_TABLES, copy_list);
    for (int list = 0; !e && list < N_COPY_TABLES; list++)
        if (copy->parts[list].n_rows[COPY_FROM] != copy->parts[list].n_rows[COPY_TO])
            e = refuse_strays(copy, list);
    if (!e)
        e = sql_copy_analyze(copy->db[COPY_TO]);
    if (!e)
        e = db_flush(copy->db[COPY_TO]);
    return e;
}

// ---- comparing

// One side of a list that is compared.
struct compared {
    struct copy *copy;
    struct pages pages;
    struct buf row;
    struct hash *digest;          // over all rows of the list so far
    struct hash after[COPY_PAGE]; // after each row of this page
    int64_t tenant_id;
    int64_t n_rows;
};

static void put_value(struct buf *row, const struct db_value *value)
{
    bool is_number = value->type == DB_I64 || value->type == DB_BOOL;
    uint64_t number = is_number ? (uint64_t)value->i64 : (uint64_t)value->bytes.n;

    buf_char(row, (char)(value->type == DB_BOOL ? DB_I64 : value->type));
    if (value->type == DB_NULL)
        return;
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_char(row, (char)(number >> shift));
    if (!is_number)
        buf_str(row, value->bytes);
}

static enum err on_compared(void *ctx, const struct db_value *columns)
{
    struct compared *side = ctx;
    const struct db_value tenant = {.type = DB_I64, .i64 = side->tenant_id};

    side->row.n = 0;
    buf_put(&side->row, side->digest->b, sizeof side->digest->b);
    put_value(&side->row, &tenant);
    for (int i = 0; i < side->pages.n_columns; i++)
        put_value(&side->row, &columns[i]);
    if (arena_overflowed(side->row.arena))
        return ERR_MEMORY;
    *side->digest = hash_sha256(side->row.p, side->row.n);
    side->after[side->pages.n_rows] = *side->digest;
    side->n_rows++;
    count_row(side->copy);
    return OK;
}

// The first row of the two pages that is not the same in both; false when all are.
static bool find_difference(const struct compared *from, const struct compared *to, int *ret_row)
{
    int n = from->pages.n_rows > to->pages.n_rows ? from->pages.n_rows : to->pages.n_rows;

    for (int i = 0; i < n; i++) {
        if (i < from->pages.n_rows && i < to->pages.n_rows &&
            memcmp(&from->after[i], &to->after[i], sizeof from->after[i]) == 0)
            continue;
        *ret_row = i;
        return true;
    }
    return false;
}

static enum err name_row(struct copy *copy, struct compared sides[2], enum copy_side side, int row,
                         struct str *ret_name)
{
    *ret_name = STR("nothing");
    if (row >= sides[side].pages.n_rows)
        return OK;
    return pages_name(&sides[side].pages, copy->db[side], row, copy->arena, ret_name);
}

static enum err name_difference(struct copy *copy, struct compared sides[2], int row)
{
    struct str from, to;
    enum err e = name_row(copy, sides, COPY_FROM, row, &from);

    if (!e)
        e = name_row(copy, sides, COPY_TO, row, &to);
    if (e)
        return e;
    const char *name = sides[COPY_FROM].pages.list->name;
    copy->difference =
        str_eq(from, to)
            ? str_printf(copy->arena, "%s %.*s: other content", name, STR_FMT(from))
            : str_printf(copy->arena, "%s: %.*s in the source where the target has %.*s", name,
                         STR_FMT(from), STR_FMT(to));
    return OK;
}

static enum err compare_pages(struct copy *copy, struct compared sides[2], bool *differs)
{
    enum err e = OK;
    int row;

    for (enum copy_side side = COPY_FROM; !e && side <= COPY_TO; side++)
        e = pages_read(&sides[side].pages, copy->db[side], on_compared, &sides[side]);
    if (!e && !*differs && find_difference(&sides[COPY_FROM], &sides[COPY_TO], &row)) {
        *differs = true; // what follows need not be side by side
        if (!copy->difference.p)
            e = name_difference(copy, sides, row);
    }
    pages_advance(&sides[COPY_FROM].pages);
    pages_advance(&sides[COPY_TO].pages);
    return e;
}

static enum err compare_list(struct copy *copy, int list, int64_t tenant_id)
{
    struct copy_part *part = &copy->parts[list];
    struct arena arena;
    bool differs = false;
    enum err e = OK;

    arena_init(&arena, (size_t)1 << 30);
    struct compared *sides = arena_try_array(&arena, 2, sizeof *sides);
    for (int side = 0; sides && side < 2; side++) {
        sides[side].copy = copy;
        sides[side].digest = &part->digest[side];
        sides[side].tenant_id = tenant_id;
        buf_init(&sides[side].row, &arena);
        pages_init(&sides[side].pages, &copy_lists[list], tenant_id);
    }
    while (sides && !e && !(sides[COPY_FROM].pages.at_end && sides[COPY_TO].pages.at_end))
        e = compare_pages(copy, sides, &differs);
    for (int side = 0; sides && side < 2; side++) {
        part->n_rows[side] += sides[side].n_rows;
        pages_release(&sides[side].pages);
    }
    arena_release(&arena);
    return sides ? e : ERR_MEMORY;
}

// Rows of tenants that do not exist are seen by nobody who goes from tenant to tenant.
static enum err judge(struct copy *copy)
{
    struct copy all = *copy;
    int64_t n_rows;
    enum err e = copy_count(&all, COPY_FROM, &n_rows);

    if (!e)
        e = copy_count(&all, COPY_TO, &n_rows);
    for (int list = 0; !e && list < N_COPY_LISTS; list++) {
        struct copy_part *part = &copy->parts[list];
        const int64_t *n = all.parts[list].n_rows;
        bool strays = n[0] != part->n_rows[0] || n[1] != part->n_rows[1];
        part->same = !strays && n[0] == n[1] &&
                     memcmp(&part->digest[0], &part->digest[1], sizeof part->digest[0]) == 0;
        part->n_rows[0] = n[0];
        part->n_rows[1] = n[1];
        if (strays && !copy->difference.p)
            copy->difference = str_printf(copy->arena, "%s has rows that belong to no tenant",
                                          copy_lists[list].name);
    }
    return e;
}

enum err copy_compare(struct copy *copy)
{
    memset(copy->parts, 0, sizeof copy->parts);
    copy->n_rows = 0;
    enum err e = for_all(copy, N_COPY_LISTS, compare_list);
    return e ? e : judge(copy);
}

bool copy_is_same(const struct copy *copy)
{
    for (int list = 0; list < N_COPY_LISTS; list++)
        if (!copy->parts[list].same)
            return false;
    return true;
}
