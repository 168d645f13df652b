// SPDX-License-Identifier: Apache-2.0
// ledger.c - HTTP face of what a member has: balances, lots, expiries, the ledger, adjustments.
//
//   GET  /v1/members/{id}/balances      member_balances()
//   GET  /v1/members/{id}/lots          member_lots()
//   GET  /v1/members/{id}/expiries      member_expiries()
//   GET  /v1/members/{id}/ledger        member_ledger()
//   POST /v1/members/{id}/adjustments   member_adjust()
//
// Layer: api.  Tests: tests/api/ledger.http
#include "api/cursor.h"
#include "api/objects.h"
#include "base/checked.h"
#include "flow/json.h"

// ---- balances

static const struct field balances_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("member_id", STR, .required = true),
    FIELD_OUT("as_of", TIME, .required = true),
    FIELD_OUT("balances", JSON, .required = true, .help = "By currency: available, pending, held"),
    FIELD_OUT("next_expiry", JSON, .required = true, .help = "By currency: at, units"),
};
const struct shape shape_balances_out = SHAPE_OUT("balances", balances_fields);

enum err member_balances(struct request *req)
{
    struct id id;
    struct wallets_view view;
    enum err e = path_id(req, 0, "mbr", &id);
    if (!e)
        e = flow_wallets(req->tx, req->arena, req->actor.tenant_id, id, &view);
    if (e)
        return e;
    struct json_out *out = reply_json(req, 200);
    json_object(out);
    json_put_c(out, "object", "balances");
    json_put_str(out, "member_id", id_text(req->arena, id, "mbr"));
    json_put_time(out, "as_of", view.as_of_us);
    json_key(out, "balances");
    json_balances(out, view.program, view.wallets);
    json_put_object(out, "next_expiry");
    for (size_t i = 0; i < view.program->n_currencies; i++) {
        if (view.expiring_units[i] == 0)
            continue;
        json_key_str(out, view.program->currencies[i].id);
        json_object(out);
        json_put_time(out, "at", view.expiring_us[i]);
        json_put_i64(out, "units", view.expiring_units[i]);
        json_end(out);
    }
    json_end(out);
    json_end(out);
    return OK;
}

// ---- lots

static const struct field lot_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("id", I64, .required = true, .min = 1, .max = JSON_I64_MAX,
              .help = "seq of the entry that opened it"),
    FIELD_OUT("currency", STR, .required = true),
    FIELD_OUT("units", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("remaining", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("status", STR, .required = true, .help = "available or pending"),
    FIELD_OUT("activates_at", TIME),
    FIELD_OUT("expires_at", TIME, .help = "null: never"),
    FIELD_OUT("order_id", STR, .help = "The order it was earned with"),
};
static const struct shape shape_lot_out = SHAPE_OUT("lot", lot_fields);
static const struct field lot_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_lot_out, .max = JSON_I64_MAX),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_lot_list_out = SHAPE_OUT("lot_list", lot_list_fields);

static void write_lot(struct json_out *out, struct arena *arena, const struct program *program,
                      const struct lot *lot)
{
    json_object(out);
    json_put_c(out, "object", "lot");
    json_put_i64(out, "id", lot->seq);
    json_put_str(out, "currency", program->currencies[lot->currency].id);
    json_put_i64(out, "units", lot->units);
    json_put_i64(out, "remaining", lot->remaining);
    json_put_c(out, "status", lot->pending ? "pending" : "available");
    json_put_time(out, "activates_at", lot->activates_us);
    json_put_time(out, "expires_at", lot->expires_us);
    if (!id_is_nil(lot->order_id))
        json_put_str(out, "order_id", id_text(arena, lot->order_id, "evt"));
    json_end(out);
}

static enum err load_lots(struct request *req, const struct program **ret_program,
                          const struct lot **ret_lots, size_t *ret_n)
{
    struct id id;
    enum err e = path_id(req, 0, "mbr", &id);
    return e ? e
             : flow_lots(req->tx, req->arena, req->actor.tenant_id, id, ret_program, ret_lots,
                         ret_n);
}

enum err member_lots(struct request *req)
{
    const struct program *program;
    const struct lot *lots;
    size_t n;
    enum err e = load_lots(req, &program, &lots, &n);
    if (e)
        return e;
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++)
        write_lot(out, req->arena, program, &lots[i]);
    reply_list_end(req, STR_NONE);
    return OK;
}

// ---- expiries

static const struct field expiry_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("currency", STR, .required = true),
    FIELD_OUT("expires_at", TIME, .required = true),
    FIELD_OUT("units", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
};
static const struct shape shape_expiry_out = SHAPE_OUT("expiry", expiry_fields);
static const struct field expiry_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_expiry_out, .max = JSON_I64_MAX),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_expiry_list_out = SHAPE_OUT("expiry_list", expiry_list_fields);

static void write_expiry(struct json_out *out, struct str currency, int64_t at_us, int64_t units)
{
    json_object(out);
    json_put_c(out, "object", "expiry");
    json_put_str(out, "currency", currency);
    json_put_time(out, "expires_at", at_us);
    json_put_i64(out, "units", units);
    json_end(out);
}

// The lots of one instant, a line for each currency.
static void write_instant(struct json_out *out, const struct program *program,
                          const struct lot *lots, size_t n)
{
    for (size_t c = 0; c < program->n_currencies; c++) {
        int64_t units = 0;
        for (size_t i = 0; i < n; i++)
            if ((size_t)lots[i].currency == c)
                units += lots[i].remaining;
        if (units)
            write_expiry(out, program->currencies[c].id, lots[0].expires_us, units);
    }
}

// Lots stand in the order of their expiry, those that never expire last.
enum err member_expiries(struct request *req)
{
    const struct program *program;
    const struct lot *lots;
    size_t n;
    enum err e = load_lots(req, &program, &lots, &n);
    if (e)
        return e;
    struct json_out *out = reply_list(req);
    for (size_t first = 0, i = 0; first < n && lots[first].expires_us != NEVER_US; first = i) {
        while (i < n && lots[i].expires_us == lots[first].expires_us)
            i++;
        write_instant(out, program, lots + first, i - first);
    }
    reply_list_end(req, STR_NONE);
    return OK;
}

// ---- ledger

struct ledger_query {
    struct str currency;
    struct page_query page;
};
static const struct field ledger_query_fields[] = {
    FIELD(struct ledger_query, currency, STR, .min = 1, .max = 64, .help = "Only this currency"),
    PAGE_FIELDS(struct ledger_query),
};
const struct shape shape_ledger_query =
    SHAPE("ledger_query", struct ledger_query, ledger_query_fields);

static const struct field entry_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("seq", I64, .required = true, .min = 1, .max = JSON_I64_MAX,
              .help = "Gapless for each member"),
    FIELD_OUT("type", STR, .required = true, .help = "earn, redeem, expire, clawback ..."),
    FIELD_OUT("currency", STR, .required = true),
    FIELD_OUT("units", I64, .required = true, .min = 1, .max = JSON_I64_MAX,
              .help = "Leave the account debit and arrive in the account credit"),
    FIELD_OUT("debit", STR, .required = true),
    FIELD_OUT("credit", STR, .required = true),
    FIELD_OUT("effective_at", TIME, .required = true),
    FIELD_OUT("recorded_at", TIME, .required = true),
    FIELD_OUT("activates_at", TIME),
    FIELD_OUT("expires_at", TIME),
    FIELD_OUT("event_id", STR),
    FIELD_OUT("order_id", STR),
    FIELD_OUT("redemption_id", STR),
    FIELD_OUT("rule_id", STR),
    FIELD_OUT("program_version", I64, .required = true, .min = 1, .max = JSON_I64_MAX),
    FIELD_OUT("derivation", JSON, .required = true, .help = "The reason as data"),
    FIELD_OUT("sentence", JSON, .required = true, .help = "The reason in words: en, fr"),
    FIELD_OUT("hash", STR, .required = true, .help = "Chains the entry to the one before"),
};
static const struct shape shape_entry_out = SHAPE_OUT("ledger_entry", entry_fields);
static const struct field entry_list_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("data", ARRAY, .required = true, .shape = &shape_entry_out, .max = 100),
    FIELD_OUT("has_more", BOOL, .required = true),
    FIELD_OUT("next_cursor", STR),
};
const struct shape shape_entry_list_out = SHAPE_OUT("ledger_entry_list", entry_list_fields);

static void put_id(struct json_out *out, struct arena *arena, const char *key, struct id id,
                   const char *prefix)
{
    if (!id_is_nil(id))
        json_put_str(out, key, id_text(arena, id, prefix));
}

static void write_entry(struct json_out *out, struct arena *arena, const struct entry_view *entry)
{
    json_object(out);
    json_put_c(out, "object", "ledger_entry");
    json_put_i64(out, "seq", entry->seq);
    json_put_c(out, "type", entry->info->code);
    json_put_str(out, "currency", entry->currency);
    json_put_i64(out, "units", entry->units);
    json_put_c(out, "debit", entry->debit);
    json_put_c(out, "credit", entry->credit);
    json_put_time(out, "effective_at", entry->effective_us);
    json_put_time(out, "recorded_at", entry->recorded_us);
    if (entry->info->lots == LOTS_OPENS) {
        json_put_time(out, "activates_at", entry->activates_us);
        json_put_time(out, "expires_at", entry->expires_us);
    }
    put_id(out, arena, "event_id", entry->event_id, "evt");
    put_id(out, arena, "order_id", entry->order_id, "evt");
    put_id(out, arena, "redemption_id", entry->redemption_id, "rdm");
    if (entry->rule_id.n)
        json_put_str(out, "rule_id", entry->rule_id);
    json_put_i64(out, "program_version", entry->version);
    json_key(out, "derivation");
    json_raw(out, entry->derivation);
    json_put_bilingual(out, "sentence", entry->sentence);
    struct buf hex;
    buf_init(&hex, arena);
    buf_hex(&hex, entry->hash.b, sizeof entry->hash.b);
    json_put_str(out, "hash", buf_text(&hex));
    json_end(out);
}

enum err member_ledger(struct request *req)
{
    const struct ledger_query *query = req->query;
    struct id id;
    int64_t before = 0;
    enum err e = path_id(req, 0, "mbr", &id);
    if (!e && query->page.cursor.p)
        e = cursor_decode(req, query->page.cursor, &before, sizeof before);
    int limit = (int)query->page.limit;
    struct entry_view *entries;
    size_t n;
    if (!e)
        e = flow_ledger(req->tx, req->arena, req->actor.tenant_id,
                        &(struct ledger_in){.member_id = id,
                                            .currency = query->currency,
                                            .before_seq = before,
                                            .limit = limit + 1},
                        &entries, &n);
    if (e)
        return e;
    bool more = page_has_more(&n, limit);
    struct json_out *out = reply_list(req);
    for (size_t i = 0; i < n; i++)
        write_entry(out, req->arena, &entries[i]);
    int64_t last = more ? entries[n - 1].seq : 0;
    reply_list_end(req, more ? cursor_encode(req, &last, sizeof last) : STR_NONE);
    return OK;
}

// ---- adjustments

struct adjustment_body {
    struct str currency, reason;
    int64_t units;
};
static const struct field adjustment_fields[] = {
    FIELD(struct adjustment_body, currency, STR, .required = true, .min = 1, .max = 64),
    FIELD(struct adjustment_body, units, I64, .required = true, .min = -AMOUNT_MAX,
          .max = AMOUNT_MAX, .help = "Negative takes away; never 0"),
    FIELD(struct adjustment_body, reason, STR, .required = true, .min = 3, .max = 500,
          .help = "Kept with the entry"),
};
const struct shape shape_adjustment_in =
    SHAPE_LIKE("adjustment_in", struct adjustment_body, adjustment_fields,
               "{\"currency\":\"points\",\"units\":25,\"reason\":\"Spilled coffee\"}");

static const struct field adjustment_out_fields[] = {
    FIELD_OUT("object", STR, .required = true),
    FIELD_OUT("member_id", STR, .required = true),
    FIELD_OUT("currency", STR, .required = true),
    FIELD_OUT("units", I64, .required = true, .min = -AMOUNT_MAX, .max = AMOUNT_MAX),
    FIELD_OUT("available", I64, .required = true, .min = -AMOUNT_MAX, .max = AMOUNT_MAX),
};
const struct shape shape_adjustment_out = SHAPE_OUT("adjustment", adjustment_out_fields);

enum err member_adjust(struct request *req)
{
    const struct adjustment_body *body = req->in;
    struct id id;
    enum err e = path_id(req, 0, "mbr", &id);
    if (e)
        return e;
    if (body->units == 0) {
        problem_field(req, "/units", "range", "An adjustment of nothing is none.");
        return ERR_INPUT_INVALID;
    }
    struct wallet wallet;
    struct adjust_in in = {.member_id = id,
                           .currency = body->currency,
                           .units = body->units,
                           .note = body->reason};
    e = flow_adjust(req->tx, request_caller(req), &in, &wallet);
    if (e == ERR_INPUT_INVALID)
        problem_field(req, "/currency", "unknown", "The programme has no such currency.");
    if (e)
        return e;
    struct json_out *out = reply_json(req, 201);
    json_object(out);
    json_put_c(out, "object", "adjustment");
    json_put_str(out, "member_id", id_text(req->arena, id, "mbr"));
    json_put_str(out, "currency", body->currency);
    json_put_i64(out, "units", body->units);
    json_put_i64(out, "available", wallet.available - wallet.debt);
    json_end(out);
    return OK;
}
