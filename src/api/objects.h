// SPDX-License-Identifier: Apache-2.0
// objects.h - what several resources share: ids in paths, pages of lists, common shapes.
//
// Layer: api.  Tests: tests/api/*.http
#pragma once

#include "api/handlers.h"
#include "flow/flow.h"

// Whoever asks, as the use cases want to know.
struct caller request_caller(const struct request *req);

// The id in the path.  ERR_NOT_FOUND when it is none: nothing can be there.
MUST_CHECK enum err path_id(struct request *req, int arg, const char *prefix, struct id *ret_id);
// A positive number in the path, likewise.
MUST_CHECK enum err path_number(struct request *req, int arg, int64_t *ret_number);

// ?limit=1..100&cursor=...
struct page_query {
    int64_t limit; // 0: 20
    struct str cursor;
};
#define PAGE_FIELDS(type)                                                                          \
    FIELD_AS(type, page.limit, "limit", I64, .min = 1, .max = 100, .absent = 20,                   \
             .help = "Items on a page"),                                                           \
        FIELD_AS(type, page.cursor, "cursor", STR, .min = 1, .max = 255,                           \
                 .help = "next_cursor of the page before")

// Of lists that have no filters: shape_page_query.
struct list_query {
    struct page_query page;
};
// A page of what a member did: the path names the member, the cursor the last one on the page
// before.
MUST_CHECK enum err history_of(struct request *req, struct history_in *ret_history);

// A list is asked for one item more than its page holds: whether that one came.  *n becomes the
// number of items on the page.
bool page_has_more(size_t *n, int64_t limit);

// What a body names (foresee.h): the items of a batch of events, const struct json *; who redeems;
// and the identifiers of whoever joins.
struct json_list event_batch_items(const struct request *req);
struct id redemption_member(const struct request *req);
struct member_ref member_joining(const struct request *req);

// The object that several routes answer with.
void write_member(struct json_out *out, struct arena *arena, const struct member_view *member);
void write_redemption(struct json_out *out, struct arena *arena,
                      const struct redemption_view *redemption);
// A reward, and whether the member may have it; quoted: and whether an order would reach it.
void write_reward_check(struct json_out *out, const struct program *program,
                        const struct quote_reward *check, bool quoted);
