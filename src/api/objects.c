// SPDX-License-Identifier: Apache-2.0
// objects.c - what several resources share.
//
// Layer: api.  Tests: tests/api/*.http
#include "api/objects.h"

#include "api/cursor.h"
#include "flow/json.h"

static const struct field page_fields[] = {PAGE_FIELDS(struct list_query)};
const struct shape shape_page_query = SHAPE("page_query", struct list_query, page_fields);

struct caller request_caller(const struct request *req)
{
    return (struct caller){req->actor.tenant_id, req->actor.key_id};
}

enum err path_id(struct request *req, int arg, const char *prefix, struct id *ret_id)
{
    return id_parse(req->path_arg[arg], prefix, ret_id) ? OK : ERR_NOT_FOUND;
}

enum err path_number(struct request *req, int arg, int64_t *ret_number)
{
    return str_to_i64(req->path_arg[arg], ret_number) && *ret_number > 0 ? OK : ERR_NOT_FOUND;
}

enum err history_of(struct request *req, struct history_in *ret_history)
{
    const struct list_query *query = req->query;
    struct history_in history = {.limit = (int)query->page.limit + 1}; // one more: has_more
    enum err e = path_id(req, 0, "mbr", &history.member_id);
    if (!e && query->page.cursor.p)
        e = cursor_decode(req, query->page.cursor, history.before.b, sizeof history.before.b);
    if (e)
        return e;
    *ret_history = history;
    return OK;
}

bool page_has_more(size_t *n, int64_t limit)
{
    if (*n <= (size_t)limit)
        return false;
    *n = (size_t)limit;
    return true;
}

static void put_object(struct json_out *out, const char *key, struct str json)
{
    json_key(out, key);
    json_raw(out, json.p ? json : STR("{}"));
}

void write_member(struct json_out *out, struct arena *arena, const struct member_view *member)
{
    json_object(out);
    json_put_c(out, "object", "member");
    json_put_str(out, "id", id_text(arena, member->id, "mbr"));
    json_put_str(out, "status", member->status);
    for (size_t i = 0; i < member->n_identifiers; i++) {
        json_key_str(out, member->identifiers[i].kind);
        json_str(out, member->identifiers[i].value);
    }
    if (member->name.p)
        json_put_str(out, "name", member->name);
    put_object(out, "attributes", member->attributes);
    put_object(out, "metadata", member->metadata);
    json_put_time(out, "enrolled_at", member->enrolled_us);
    json_put_time(out, "created_at", id_time_ms(member->id) * 1000);
    json_put_time(out, "updated_at", member->updated_us);
    json_end(out);
}

void write_redemption(struct json_out *out, struct arena *arena,
                      const struct redemption_view *redemption)
{
    json_object(out);
    json_put_c(out, "object", "redemption");
    json_put_str(out, "id", id_text(arena, redemption->id, "rdm"));
    json_put_str(out, "member_id", id_text(arena, redemption->member_id, "mbr"));
    json_put_str(out, "reward_id", redemption->reward_id);
    json_put_str(out, "status", redemption->status);
    if (redemption->costs) {
        json_put_bilingual(out, "name", redemption->reward_name);
        put_object(out, "gives", redemption->gives);
        json_put_object(out, "cost");
        for (size_t i = 0; i < redemption->n_costs; i++) {
            int currency = redemption->costs[i].currency;
            json_key_str(out, redemption->program->currencies[currency].id);
            json_i64(out, redemption->costs[i].units);
        }
        json_end(out);
    }
    json_put_time(out, "expires_at", redemption->expires_us);
    json_put_time(out, "created_at", redemption->created_us);
    json_put_time(out, "updated_at", redemption->updated_us);
    if (redemption->wallets) {
        json_key(out, "balances");
        json_balances(out, redemption->program, redemption->wallets);
    }
    json_end(out);
}
