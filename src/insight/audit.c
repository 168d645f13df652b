// SPDX-License-Identifier: Apache-2.0
// audit.c - one tenant after the other, one member after the other, and what was found.
//
// Layer: insight.  Tests: tests/insight/
#include "insight/audit_scan.h"

#include <string.h>

const struct audit_law_info *audit_law_info(enum audit_law law)
{
    static const struct audit_law_info laws[] = {
#define LAW(name, code, en, fr) [LAW_##name] = {code, en, fr},
#include "laws.def"
#undef LAW
    };
    return &laws[law];
}

// ---- findings

static size_t findings_max(const struct audit *audit)
{
    return audit->options->findings_max ? audit->options->findings_max : 1000;
}

void audit_find(struct audit *audit, enum audit_law law, const char *table, struct str row,
                struct str expected, struct str found)
{
    struct audit_report *report = audit->report;
    report->n_findings++;
    if (report->n_kept >= findings_max(audit))
        return;
    if (report->n_kept == audit->room_findings) {
        size_t room = audit->room_findings ? audit->room_findings * 2 : 16;
        struct audit_finding *more = arena_try_array(audit->arena, room, sizeof *more);
        if (!more)
            return;
        if (report->n_kept)
            memcpy(more, report->findings, report->n_kept * sizeof *more);
        report->findings = more;
        audit->room_findings = room;
    }
    report->findings[report->n_kept++] =
        (struct audit_finding){.tenant = audit->tenant,
                               .table = str_of(table),
                               .row = str_dup(audit->arena, row),
                               .law = law,
                               .expected = str_dup(audit->arena, expected),
                               .found = str_dup(audit->arena, found)};
}

struct str audit_number(struct audit *audit, int64_t number)
{
    return str_printf(&audit->member_arena, "%lld", (long long)number);
}

void audit_same(struct audit *audit, enum audit_law law, const char *table, struct str row,
                int64_t expected, int64_t found)
{
    if (expected != found)
        audit_find(audit, law, table, row, audit_number(audit, expected),
                   audit_number(audit, found));
}

void audit_check(struct audit *audit, bool holds, enum audit_law law, const char *table,
                 struct str row, const char *expected, const char *found)
{
    if (!holds)
        audit_find(audit, law, table, row, str_of(expected), str_of(found));
}

struct str audit_id(struct audit *audit, struct str bytes, const char *prefix)
{
    struct id id;
    if (bytes.n != sizeof id.b)
        return str_printf(&audit->member_arena, "%s_(%zu bytes)", prefix, bytes.n);
    memcpy(id.b, bytes.p, sizeof id.b);
    return id_text(&audit->member_arena, id, prefix);
}

// ---- totals

struct audit_currency *audit_currency(struct audit *audit, struct str currency)
{
    struct audit_report *report = audit->report;
    for (size_t i = 0; i < report->n_currencies; i++)
        if (str_eq(report->currencies[i].tenant, audit->tenant) &&
            str_eq(report->currencies[i].currency, currency))
            return &report->currencies[i];
    if (report->n_currencies == audit->room_currencies) {
        size_t room = audit->room_currencies ? audit->room_currencies * 2 : 8;
        struct audit_currency *more = arena_try_array(audit->arena, room, sizeof *more);
        if (!more)
            return arena_new(audit->arena, sizeof *more);
        if (report->n_currencies)
            memcpy(more, report->currencies, report->n_currencies * sizeof *more);
        report->currencies = more;
        audit->room_currencies = room;
    }
    struct audit_currency *new = &report->currencies[report->n_currencies++];
    *new = (struct audit_currency){.tenant = audit->tenant,
                                   .currency = str_dup(audit->arena, currency)};
    return new;
}

const struct audit_program *audit_program(const struct audit *audit, int64_t version)
{
    for (size_t i = 0; i < audit->n_programs; i++)
        if (audit->programs[i].version == version)
            return &audit->programs[i];
    return NULL;
}

// ---- members

// Allocations of one entry; those of earlier entries, and those left over, belong to nobody.
static enum err read_allocations(struct audit *audit, struct str member_id, int64_t entry_seq,
                                 struct audit_allocations *ret_allocations)
{
    struct sql_audit_allocation_page_out *list = NULL;
    size_t n = 0, room = 0;
    for (;;) {
        struct sql_audit_allocation_page_out *row;
        enum err e = feed_of(audit, FEED_ALLOCATION, member_id, (void **)&row);
        if (e)
            return e;
        if (!row || row->entry_seq > entry_seq)
            break;
        if (row->entry_seq < entry_seq) {
            audit_find(audit, LAW_ALLOCATION_SUM, "allocation",
                       str_printf(&audit->member_arena, "%.*s %lld/%lld",
                                  STR_FMT(audit_id(audit, member_id, "mbr")),
                                  (long long)row->entry_seq, (long long)row->lot_seq),
                       STR("an entry"), STR("none"));
        } else {
            if (n == room) {
                room = room ? room * 2 : 4;
                void *more = arena_try_array(&audit->member_arena, room, sizeof *list);
                if (!more)
                    return ERR_MEMORY;
                if (n)
                    memcpy(more, list, n * sizeof *list);
                list = more;
            }
            list[n] = *row;
            list[n++].member_id = member_id;
        }
        feed_next(audit, FEED_ALLOCATION);
    }
    *ret_allocations = (struct audit_allocations){list, n};
    return OK;
}

static enum err read_ledger(struct audit *audit, struct str member_id, struct replay *replay)
{
    struct audit_allocations allocations;
    for (;;) {
        struct sql_audit_entry_page_out *row;
        enum err e = feed_of(audit, FEED_ENTRY, member_id, (void **)&row);
        if (!e && row)
            e = read_allocations(audit, member_id, row->seq, &allocations);
        if (e)
            return e;
        if (!row)
            break;
        replay_entry(replay, row, &allocations);
        audit->report->n_entries++;
        feed_next(audit, FEED_ENTRY);
    }
    replay_end(replay);
    return read_allocations(audit, member_id, INT64_MAX, &allocations); // what is left over
}

static enum err read_rest(struct audit *audit, struct str member_id, struct replay *replay)
{
    for (;;) {
        struct sql_audit_redemption_page_out *row;
        enum err e = feed_of(audit, FEED_REDEMPTION, member_id, (void **)&row);
        if (e)
            return e;
        if (!row)
            break;
        replay_redemption(replay, row);
        feed_next(audit, FEED_REDEMPTION);
    }
    for (;;) {
        struct sql_audit_cache_page_out *row;
        enum err e = feed_of(audit, FEED_CACHE, member_id, (void **)&row);
        if (e)
            return e;
        if (!row)
            break;
        replay_cache(replay, row);
        feed_next(audit, FEED_CACHE);
    }
    replay_missing(replay);
    return OK;
}

// Whether the member has rows in a table, and whether it exists itself.
static enum err read_member_row(struct audit *audit, struct str member_id)
{
    void *row;
    enum err e = feed_of(audit, FEED_MEMBER, member_id, &row);
    if (e)
        return e;
    bool exists = row != NULL;
    if (exists)
        feed_next(audit, FEED_MEMBER);
    static const char *const tables[N_FEEDS] = {
        [FEED_PERSON] = "person",         [FEED_ENTRY] = "ledger_entry",
        [FEED_ALLOCATION] = "allocation", [FEED_CACHE] = "member_cache",
        [FEED_REDEMPTION] = "redemption",
    };
    for (int name = FEED_PERSON; name < N_FEEDS; name++) {
        e = feed_of(audit, (enum feed_name)name, member_id, &row);
        if (e)
            return e;
        if (row && !exists)
            audit_find(audit, LAW_MEMBER_EXISTS, tables[name], audit_id(audit, member_id, "mbr"),
                       STR("a member"), STR("none"));
        if (row && name == FEED_PERSON)
            feed_next(audit, FEED_PERSON);
    }
    audit->report->n_members += exists;
    return OK;
}

static enum err audit_members(struct audit *audit)
{
    for (;;) {
        arena_clear(&audit->member_arena);
        struct str head;
        enum err e = feeds_member(audit, &head);
        if (e || !head.p)
            return e;
        struct str member_id = str_dup(&audit->member_arena, head);
        struct replay *replay = replay_new(audit, member_id);
        e = read_member_row(audit, member_id);
        if (!e)
            e = read_ledger(audit, member_id, replay);
        if (!e)
            e = read_rest(audit, member_id, replay);
        if (!e && arena_overflowed(&audit->member_arena))
            e = ERR_MEMORY;
        if (e)
            return e;
    }
}

// The page holds only those that find nobody; their values are personal data and not told.
static enum err audit_identifiers(struct audit *audit)
{
    struct sql_audit_identifier_page_in in = {.tenant_id = audit->tenant_id,
                                              .row_limit = AUDIT_PAGE};
    struct sql_audit_identifier_page_out *rows;
    size_t n;
    arena_clear(&audit->member_arena);
    enum err e = sql_audit_identifier_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
    for (size_t i = 0; !e && i < n; i++)
        audit_find(audit, LAW_MEMBER_EXISTS, "identifier",
                   str_printf(&audit->member_arena, "%.*s %.*s",
                              STR_FMT(audit_id(audit, rows[i].member_id, "mbr")),
                              STR_FMT(rows[i].kind)),
                   STR("a member"), STR("none"));
    return e;
}

// ---- tenants

static enum err audit_tenant(struct audit *audit)
{
    arena_clear(&audit->tenant_arena);
    audit->sums = (struct table){0};
    audit->merkle.n = 0;
    audit->sealed_rows = audit->sealed_chains = 0;
    feeds_init(audit);
    enum err e = audit_programs(audit);
    if (!e)
        e = audit_seals_load(audit);
    if (!e)
        e = audit_members(audit);
    feeds_release(audit);
    if (!e)
        e = audit_identifiers(audit);
    if (!e)
        e = audit_trails(audit);
    if (!e)
        e = audit_counters(audit);
    if (!e)
        e = audit_events(audit);
    if (!e)
        audit_seals_check(audit);
    return e;
}

static enum err audit_all(struct audit *audit)
{
    struct sql_tenant_list_out *tenants;
    size_t n;
    enum err e = sql_tenant_list(audit->db, audit->arena, &tenants, &n);
    for (size_t i = 0; !e && i < n; i++) {
        if (audit->options->tenant_id && audit->options->tenant_id != tenants[i].tenant_id)
            continue;
        audit->tenant_id = tenants[i].tenant_id;
        audit->tenant = tenants[i].slug;
        audit->report->n_tenants++;
        e = audit_tenant(audit);
    }
    return e;
}

enum err audit_run(struct db *db, struct arena *arena, const struct audit_options *options,
                   struct audit_report *ret_report)
{
    *ret_report = (struct audit_report){0};
    struct audit *audit = arena_new(arena, sizeof *audit);
    *audit = (struct audit){.db = db, .arena = arena, .options = options, .report = ret_report};
    arena_init(&audit->tenant_arena, (size_t)1 << 30);
    arena_init(&audit->member_arena, (size_t)2 << 30);
    arena_init(&audit->scratch, (size_t)1 << 28);
    enum err e = db_begin(db);
    if (!e) {
        e = audit_all(audit);
        db_rollback(db);
    }
    for (size_t i = 0; i < ret_report->n_currencies; i++) {
        struct audit_currency *sums = &ret_report->currencies[i];
        sums->outstanding =
            sums->issued - sums->redeemed - sums->expired - sums->reversed + sums->adjusted;
    }
    arena_release(&audit->tenant_arena);
    arena_release(&audit->member_arena);
    arena_release(&audit->scratch);
    return e ? e : arena_overflowed(arena) ? ERR_MEMORY : OK;
}
