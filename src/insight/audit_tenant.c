// SPDX-License-Identifier: Apache-2.0
// audit_tenant.c - what belongs to a tenant as a whole: versions, shared counters, the audit trail.
//
// Layer: insight.  Tests: tests/insight/tamper_test.c
#include "insight/audit_scan.h"

#include <string.h>

// ---- versions of the programme

enum err audit_programs(struct audit *audit)
{
    struct sql_audit_program_list_in in = {.tenant_id = audit->tenant_id};
    struct sql_audit_program_list_out *rows;
    enum err e =
        sql_audit_program_list(audit->db, &in, &audit->tenant_arena, &rows, &audit->n_programs);
    if (e)
        return e;
    audit->programs =
        arena_try_array(&audit->tenant_arena, audit->n_programs + 1, sizeof *audit->programs);
    if (!audit->programs)
        return ERR_MEMORY;
    for (size_t i = 0; i < audit->n_programs; i++) {
        struct str name =
            str_printf(&audit->tenant_arena, "version %lld", (long long)rows[i].version);
        struct hash hash = hash_sha256(rows[i].document.p, rows[i].document.n);
        audit_same(audit, LAW_SEQ_GAPLESS, "program_version", name, (int64_t)i + 1,
                   rows[i].version);
        audit_check(audit, audit_is_hash(rows[i].sha256, &hash), LAW_PROGRAM, "program_version",
                    name, "the hash of the document", "another");
        audit_check(audit, rows[i].valid_from_us == rows[i].recorded_us, LAW_PROGRAM,
                    "program_version", name, "valid from when it was recorded", "another time");
        audit_check(audit, i == 0 || rows[i].recorded_us >= rows[i - 1].recorded_us,
                    LAW_RECORDED_ORDER, "program_version", name, "after the version before it",
                    "before");
        audit->programs[i] = (struct audit_program){.version = rows[i].version,
                                                    .valid_from_us = rows[i].valid_from_us,
                                                    .json = audit_parse(audit, &audit->tenant_arena,
                                                                        rows[i].document)};
        audit_check(audit, audit->programs[i].json != NULL, LAW_PROGRAM, "program_version", name,
                    "a document", "something else");
    }
    return OK;
}

// ---- counters that members share

static int64_t sum_of(struct audit *audit, const char *prefix, struct str name)
{
    struct str key = str_printf(&audit->member_arena, "%s%.*s", prefix, STR_FMT(name));
    const int64_t *sum = table_get(&audit->sums, NULL, key, 0);
    return sum ? *sum : 0;
}

void audit_sum(struct audit *audit, struct str name, int64_t delta)
{
    *(int64_t *)table_get(&audit->sums, &audit->tenant_arena, name, sizeof delta) += delta;
}

static struct str rule_of_limit(struct str name)
{
    struct str rest = str_skip(name, sizeof "limit:" - 1);
    size_t n = 0;
    while (n < rest.n && rest.p[n] != ':')
        n++;
    return (struct str){rest.p, n};
}

// The largest number the programme ever allowed under that name; INT64_MAX when it never limited
// it.
static int64_t most_allowed(const struct audit *audit, const char *list, struct str id,
                            const char *member)
{
    int64_t most = -1;
    for (size_t i = 0; i < audit->n_programs; i++) {
        const struct json *items = json_get(audit->programs[i].json, list);
        for (uint32_t k = 0; items && k < items->n; k++) {
            if (!str_eq(audit_json_text(&items->items[k], "id"), id))
                continue;
            const struct json *limits = json_get(&items->items[k], "limits");
            int64_t max = audit_json_i64(limits, member, INT64_MAX);
            most = max > most ? max : most;
        }
    }
    return most < 0 ? INT64_MAX : most;
}

static bool has_text(struct str text, const char *part)
{
    return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void check_counter(struct audit *audit, const struct sql_audit_counter_page_out *row)
{
    static const uint8_t nobody[16];
    struct str name =
        str_printf(&audit->member_arena, "%.*s %lld", STR_FMT(row->name), (long long)row->period);
    bool of_program = row->owner_id.n == 16 && memcmp(row->owner_id.p, nobody, 16) == 0;
    if (str_starts(row->name, STR("reward:"))) {
        struct str id = str_skip(row->name, sizeof "reward:" - 1);
        int64_t *given = table_get(&audit->sums, NULL, row->name, 0);
        audit_same(audit, LAW_COUNTER, "counter", name, given ? *given : 0, row->value);
        if (given)
            *given = 0; // met
        audit_check(audit, of_program && row->period == 0, LAW_COUNTER, "counter", name,
                    "the programme's, for ever", "something else");
        audit_check(audit, row->value <= most_allowed(audit, "rewards", id, "stock"), LAW_LIMIT,
                    "counter", name, "at most the stock", "more");
    } else if (str_starts(row->name, STR("limit:"))) {
        bool units = str_ends(row->name, STR("/units"));
        int64_t most = sum_of(audit, units ? "units:" : "times:", rule_of_limit(row->name));
        audit_check(audit, row->value <= most, LAW_COUNTER, "counter", name,
                    "at most what the rule gave", "more");
        audit_check(audit, of_program == has_text(row->name, ":program/"), LAW_COUNTER, "counter",
                    name, "the owner its name says", "another");
    } else {
        audit_find(audit, LAW_COUNTER, "counter", name, STR("a known name"), row->name);
    }
}

static void find_missing(struct audit *audit)
{
    for (const struct table_item *item = audit->sums.first; item; item = item->next)
        if (str_starts(item->key, STR("reward:")))
            audit_same(audit, LAW_COUNTER, "counter", item->key, *(const int64_t *)item->value, 0);
}

enum err audit_counters(struct audit *audit)
{
    struct sql_audit_counter_page_in in = {.tenant_id = audit->tenant_id,
                                           .after = STR(""),
                                           .after_name = STR(""),
                                           .row_limit = AUDIT_PAGE};
    for (;;) {
        struct sql_audit_counter_page_out *rows;
        size_t n;
        arena_clear(&audit->member_arena);
        enum err e = sql_audit_counter_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
        for (size_t i = 0; !e && i < n; i++)
            check_counter(audit, &rows[i]);
        if (e || n < AUDIT_PAGE) {
            find_missing(audit);
            return e;
        }
        in.after = str_dup(&audit->tenant_arena, rows[n - 1].owner_id);
        in.after_name = str_dup(&audit->tenant_arena, rows[n - 1].name);
        in.after_period = rows[n - 1].period;
    }
}

// ---- the audit trail

struct trail {
    struct str subject_id;
    int64_t seq, at_us;
    struct hash hash;
    int64_t sealed_seq;
    struct hash sealed_hash;
};

static void end_trail(struct audit *audit, const struct trail *trail)
{
    if (trail->sealed_seq)
        audit_sealed(audit, 2, trail->subject_id, trail->sealed_seq,
                     (struct str){(const char *)trail->sealed_hash.b, 32});
}

static void check_trail(struct audit *audit, struct trail *trail,
                        const struct sql_audit_trail_page_out *row)
{
    if (!trail->subject_id.p || !str_eq(trail->subject_id, row->subject_id)) {
        end_trail(audit, trail);
        *trail = (struct trail){.subject_id = str_dup(&audit->tenant_arena, row->subject_id)};
    }
    struct str name =
        str_printf(&audit->member_arena, "%.*s seq %lld",
                   STR_FMT(audit_id(audit, row->subject_id, "mbr")), (long long)row->seq);
    audit_same(audit, LAW_SEQ_GAPLESS, "audit_entry", name, trail->seq + 1, row->seq);
    struct hash hash = audit_trail_hash(audit, row, &trail->hash);
    audit_check(audit, audit_is_hash(row->hash, &hash), LAW_CHAIN, "audit_entry", name,
                "the hash of the row", "another");
    audit_check(audit, row->at_us >= trail->at_us, LAW_RECORDED_ORDER, "audit_entry", name,
                "not before the entry before it", "earlier");
    trail->hash = hash;
    if (row->hash.n == sizeof hash.b)
        memcpy(trail->hash.b, row->hash.p, sizeof hash.b);
    trail->seq = row->seq;
    trail->at_us = row->at_us;
    if (audit->n_seals && row->at_us <= audit->seals[audit->n_seals - 1].at_us) {
        trail->sealed_seq = row->seq;
        trail->sealed_hash = trail->hash;
    }
}

enum err audit_trails(struct audit *audit)
{
    struct sql_audit_trail_page_in in = {.tenant_id = audit->tenant_id,
                                         .after = STR(""),
                                         .row_limit = AUDIT_PAGE};
    struct trail trail = {0};
    for (;;) {
        struct sql_audit_trail_page_out *rows;
        size_t n;
        arena_clear(&audit->member_arena);
        enum err e = sql_audit_trail_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
        for (size_t i = 0; !e && i < n; i++)
            check_trail(audit, &trail, &rows[i]);
        if (e || n < AUDIT_PAGE) {
            end_trail(audit, &trail);
            return e;
        }
        in.after = str_dup(&audit->tenant_arena, rows[n - 1].subject_id);
        in.after_seq = rows[n - 1].seq;
    }
}
