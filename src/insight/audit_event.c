// SPDX-License-Identifier: Apache-2.0
// audit_event.c - events, returns, what waits and what was asked: columns against contents, and
// contents against the ledger.
//
// Layer: insight.  Tests: tests/insight/tamper_test.c
#include "base/civil.h"
#include "insight/audit_scan.h"

#include <string.h>

// A page of rows, and the arena it lives in is the member's: cleared before each page.
static struct str kept(struct audit *audit, struct str key)
{
    return str_dup(&audit->tenant_arena, key);
}

// ---- contents

static void check_fingerprint(struct audit *audit, const char *table, struct str row,
                              struct str payload, struct str fingerprint)
{
    struct hash hash = hash_sha256(payload.p, payload.n);
    audit_check(audit, audit_is_hash(fingerprint, &hash), LAW_FINGERPRINT, table, row,
                "the hash of its content", "another");
}

static bool says(const struct json *json, const char *name, struct str column)
{
    return str_eq(audit_json_text(json, name), column);
}

// A sender that says nothing means the instant at which it was recorded.
static bool says_time(const struct json *json, int64_t occurred_us, int64_t recorded_us)
{
    int64_t said_us;
    struct str text = audit_json_text(json, "occurred_at");
    if (!text.p)
        return occurred_us == recorded_us;
    return civil_parse_us(text, &said_us) && said_us == occurred_us;
}

static void check_content(struct audit *audit, const struct sql_audit_event_page_out *row,
                          struct str name)
{
    const struct json *json = audit_parse(audit, &audit->member_arena, row->payload);
    bool refers = audit_json_text(json, "refund_of").p != NULL;
    // The programme's own events have no sender, and say no more than their columns.
    bool good = json && says(json, "source", row->source) &&
                says(json, "external_id", row->external_id) && says(json, "type", row->type) &&
                (refers || says_time(json, row->occurred_us, row->recorded_us));
    bool welcome = str_eq(row->type, STR("member.enrolled"));
    audit_check(audit, good || (json && welcome), LAW_EVENT_CONTENT, "event", name,
                "what its content says", "something else");
    audit_check(audit, refers == (row->order_id.p != NULL), LAW_EVENT_CONTENT, "event", name,
                refers ? "the order it gives back" : "no order", row->order_id.p ? "one" : "none");
    audit_check(audit, audit_program(audit, row->program_version) != NULL, LAW_PROGRAM, "event",
                name, "a version that exists", "none");
    const struct json *facts = audit_parse(audit, &audit->member_arena, row->facts);
    int64_t enrolled_us = audit_json_i64(facts, "enrolled_us", row->enrolled_us);
    audit_check(audit, !row->has_enrolled_us || enrolled_us == row->enrolled_us, LAW_EVENT_CONTENT,
                "event", name, "facts of its member", "others");
    audit_check(audit,
                facts && (refers || audit_json_i64(facts, "version", row->program_version) ==
                                        row->program_version),
                LAW_EVENT_CONTENT, "event", name, "facts of its version", "others");
}

// ---- replies

static enum err check_effects(struct audit *audit, const struct sql_audit_event_page_out *row,
                              const struct json *effects, struct str name)
{
    struct sql_audit_event_entry_list_in in = {.tenant_id = audit->tenant_id,
                                               .member_id = row->member_id,
                                               .first_seq = row->first_seq,
                                               .last_seq = row->last_seq};
    struct sql_audit_event_entry_list_out *entries = NULL;
    size_t n = 0;
    enum err e = OK;
    if (row->first_seq)
        e = sql_audit_event_entry_list(audit->db, &in, &audit->member_arena, &entries, &n);
    if (e)
        return e;
    bool same = effects && effects->n == n;
    for (size_t i = 0; same && i < n; i++) {
        const struct json *effect = &effects->items[i];
        const struct audit_kind *kind = audit_kind_of(entries[i].kind);
        same = kind && str_eq(audit_json_text(effect, "type"), str_of(kind->code)) &&
               says(effect, "currency", entries[i].currency) &&
               audit_json_i64(effect, "units", -1) == entries[i].units &&
               audit_json_i64(effect, "seq", -1) == row->first_seq + (int64_t)i;
        bool together = entries[i].recorded_us == row->recorded_us &&
                        entries[i].has_actor_id == row->has_actor_id &&
                        entries[i].actor_id == row->actor_id;
        audit_check(audit, together, LAW_EVENT_RANGE, "event", name,
                    "recorded with its entries, by the same caller", "not");
    }
    audit_check(audit, same, LAW_EVENT_REPLY, "event", name, "the effects of its entries",
                "others");
    return OK;
}

static enum err check_reply(struct audit *audit, const struct sql_audit_event_page_out *row,
                            struct str name)
{
    const struct json *reply = audit_parse(audit, &audit->member_arena, row->reply);
    if (str_eq(row->type, STR("member.enrolled")) && row->reply.n == 0)
        return OK;
    bool good = reply && says(reply, "id", name) && says(reply, "type", row->type) &&
                says(reply, "source", row->source) &&
                says(reply, "external_id", row->external_id) &&
                says(reply, "member_id", audit_id(audit, row->member_id, "mbr"));
    audit_check(audit, good, LAW_EVENT_REPLY, "event", name, "the event it answers",
                "something else");
    return check_effects(audit, row, json_get(reply, "effects"), name);
}

// ---- events

static enum err check_event(struct audit *audit, const struct sql_audit_event_page_out *row,
                            int64_t *recorded_us)
{
    struct str name = audit_id(audit, row->event_id, "evt");
    audit->report->n_events++;
    audit_check(audit, row->has_enrolled_us, LAW_MEMBER_EXISTS, "event", name, "a member", "none");
    check_fingerprint(audit, "event", name, row->payload, row->fingerprint);
    check_content(audit, row, name);
    int64_t n = row->first_seq ? row->last_seq - row->first_seq + 1 : 0;
    audit_same(audit, LAW_EVENT_RANGE, "event", name, n, row->first_seq ? row->n_own : 0);
    audit_check(audit, row->first_seq || !row->last_seq, LAW_EVENT_RANGE, "event", name,
                "no entries", "some");
    // A return that waited for its sale keeps the number it got when it came.  Several processes
    // number what they receive each by its own clock; there each member's ledger is in order.
    bool in_order =
        row->order_id.p || row->recorded_us >= *recorded_us || db_dialect(audit->db) == DB_POSTGRES;
    audit_check(audit, in_order, LAW_RECORDED_ORDER, "event", name,
                "not before the event before it", "earlier");
    if (!row->order_id.p)
        *recorded_us = row->recorded_us;
    return check_reply(audit, row, name);
}

static enum err check_events(struct audit *audit)
{
    struct sql_audit_event_page_in in = {.tenant_id = audit->tenant_id,
                                         .after = STR(""),
                                         .row_limit = AUDIT_PAGE};
    int64_t recorded_us = INT64_MIN;
    for (;;) {
        struct sql_audit_event_page_out *rows;
        size_t n;
        arena_clear(&audit->member_arena);
        enum err e = sql_audit_event_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
        for (size_t i = 0; !e && i < n; i++)
            e = check_event(audit, &rows[i], &recorded_us);
        if (e || n < AUDIT_PAGE)
            return e;
        in.after = kept(audit, rows[n - 1].event_id);
    }
}

// ---- returns

struct tally {
    struct str order_id;
    struct table lines; // by line id: what is left
    bool all;           // everything was given back
};

static void count_order(struct audit *audit, struct tally *tally, struct str payload)
{
    const struct json *order = json_get(audit_parse(audit, &audit->scratch, payload), "order");
    const struct json *lines = json_get(order, "lines");
    for (uint32_t i = 0; lines && i < lines->n; i++) {
        int64_t *left = table_get(&tally->lines, &audit->scratch,
                                  audit_json_text(&lines->items[i], "id"), sizeof *left);
        *left += audit_json_i64(&lines->items[i], "quantity", 0);
    }
}

static void count_return(struct audit *audit, struct tally *tally,
                         const struct sql_audit_return_page_out *row, struct str name)
{
    const struct json *json = audit_parse(audit, &audit->member_arena, row->payload);
    const struct json *lines = json_get(json_get(json, "order"), "lines");
    bool good = true;
    for (uint32_t i = 0; lines && i < lines->n; i++) {
        int64_t *left = table_get(&tally->lines, NULL, audit_json_text(&lines->items[i], "id"), 0);
        int64_t quantity = audit_json_i64(&lines->items[i], "quantity", 0);
        good = good && left && quantity > 0 && quantity <= *left;
        if (left)
            *left -= quantity;
    }
    for (struct table_item *item = tally->lines.first; !lines && item; item = item->next)
        *(int64_t *)item->value = 0;
    audit_check(audit, good, LAW_RETURNED, "event", name, "at most what is left of the order",
                "more");
    const struct json *order = audit_parse(audit, &audit->member_arena, row->order_payload);
    audit_check(audit,
                str_eq(row->member_id, row->order_member_id) &&
                    str_eq(audit_json_text(json, "refund_of"),
                           audit_json_text(order, "external_id")),
                LAW_EVENT_CONTENT, "event", name, "the order it names", "another");
}

static enum err check_returns(struct audit *audit)
{
    struct sql_audit_return_page_in in = {.tenant_id = audit->tenant_id,
                                          .after_order = STR(""),
                                          .after = STR(""),
                                          .row_limit = AUDIT_PAGE};
    struct tally tally = {0};
    for (;;) {
        struct sql_audit_return_page_out *rows;
        size_t n;
        arena_clear(&audit->member_arena);
        enum err e = sql_audit_return_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
        for (size_t i = 0; !e && i < n; i++) {
            struct str name = audit_id(audit, rows[i].event_id, "evt");
            if (!rows[i].order_payload.p) {
                audit_find(audit, LAW_RETURNED, "event", name, STR("an order"), STR("none"));
                continue;
            }
            if (!str_eq(tally.order_id, rows[i].order_id)) {
                arena_clear(&audit->scratch);
                tally = (struct tally){.order_id = str_dup(&audit->scratch, rows[i].order_id)};
                count_order(audit, &tally, rows[i].order_payload);
            }
            count_return(audit, &tally, &rows[i], name);
        }
        if (e || n < AUDIT_PAGE)
            return e;
        in.after_order = kept(audit, rows[n - 1].order_id);
        in.after = kept(audit, rows[n - 1].event_id);
    }
}

// ---- what waits

static void check_parked(struct audit *audit, const struct sql_audit_parked_page_out *row)
{
    struct str name = str_printf(&audit->member_arena, "%.*s %.*s %.*s", STR_FMT(row->source),
                                 STR_FMT(row->external_id), STR_FMT(row->type));
    check_fingerprint(audit, "parked_event", name, row->payload, row->fingerprint);
    audit_same(audit, LAW_PARKED, "parked_event", name, 0, row->n_events);
    bool knows =
        !row->member_id.p || (row->sale_member_id.p && str_eq(row->member_id, row->sale_member_id));
    audit_check(audit, knows, LAW_PARKED, "parked_event", name, "the member of its sale",
                "another");
    const struct json *json = audit_parse(audit, &audit->member_arena, row->payload);
    const struct json *reply = audit_parse(audit, &audit->member_arena, row->reply);
    bool good = json && says(json, "source", row->source) &&
                says(json, "external_id", row->external_id) && says(json, "type", row->type) &&
                says(json, "refund_of", row->refund_of) &&
                says_time(json, row->occurred_us, row->recorded_us) && reply &&
                says(reply, "id", audit_id(audit, row->event_id, "evt"));
    audit_check(audit, good, LAW_EVENT_CONTENT, "parked_event", name, "what its content says",
                "something else");
}

static enum err check_all_parked(struct audit *audit)
{
    struct sql_audit_parked_page_in in = {.tenant_id = audit->tenant_id,
                                          .after_source = STR(""),
                                          .after_external_id = STR(""),
                                          .after_type = STR(""),
                                          .row_limit = AUDIT_PAGE};
    for (;;) {
        struct sql_audit_parked_page_out *rows;
        size_t n;
        arena_clear(&audit->member_arena);
        enum err e = sql_audit_parked_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
        for (size_t i = 0; !e && i < n; i++)
            check_parked(audit, &rows[i]);
        if (e || n < AUDIT_PAGE)
            return e;
        in.after_source = kept(audit, rows[n - 1].source);
        in.after_external_id = kept(audit, rows[n - 1].external_id);
        in.after_type = kept(audit, rows[n - 1].type);
    }
}

// ---- what was asked

static void check_request(struct audit *audit, const struct sql_audit_idempotency_page_out *row)
{
    struct str name = str_printf(&audit->member_arena, "%lld/%lld/%.*s", (long long)row->bucket,
                                 (long long)row->key_id, STR_FMT(row->key));
    audit_same(audit, LAW_IDEMPOTENCY, "idempotency", name, 0, row->n_same);
    audit_check(audit, row->fingerprint.n == 32 && row->status >= 200 && row->status < 500,
                LAW_IDEMPOTENCY, "idempotency", name, "a fingerprint and a final status",
                "something else");
    audit_check(audit, row->body.p || row->event_id.p, LAW_IDEMPOTENCY, "idempotency", name,
                "a reply or its event", "neither");
    audit_same(audit, LAW_IDEMPOTENCY, "idempotency", name, row->event_id.p ? 1 : 0, row->n_events);
}

static enum err check_requests(struct audit *audit)
{
    struct sql_audit_idempotency_page_in in = {.tenant_id = audit->tenant_id,
                                               .after_bucket = INT64_MIN,
                                               .after_key = STR(""),
                                               .row_limit = AUDIT_PAGE};
    for (;;) {
        struct sql_audit_idempotency_page_out *rows;
        size_t n;
        arena_clear(&audit->member_arena);
        enum err e =
            sql_audit_idempotency_page_list(audit->db, &in, &audit->member_arena, &rows, &n);
        for (size_t i = 0; !e && i < n; i++)
            check_request(audit, &rows[i]);
        if (e || n < AUDIT_PAGE)
            return e;
        in.after_bucket = rows[n - 1].bucket;
        in.after_key_id = rows[n - 1].key_id;
        in.after_key = kept(audit, rows[n - 1].key);
    }
}

enum err audit_events(struct audit *audit)
{
    enum err e = check_events(audit);
    if (!e)
        e = check_returns(audit);
    if (!e)
        e = check_all_parked(audit);
    if (!e)
        e = check_requests(audit);
    return e;
}
