// SPDX-License-Identifier: Apache-2.0
// audit_feed.c - tables read in the order of their keys, a page at a time.
//
// Layer: insight.  Tests: tests/insight/
#include "insight/audit_scan.h"

#include <string.h>

// Keeps the last row's member while the page it lives in goes.
static struct str keep(struct str key, char *room, size_t size)
{
    if (key.n > size)
        key.n = size;
    if (key.n)
        memcpy(room, key.p, key.n);
    return (struct str){room, key.n};
}

#define KEY_ROOM 600

static enum err refill_members(struct audit *audit, struct feed *feed)
{
    char after[KEY_ROOM];
    struct sql_audit_member_page_out *rows = (void *)feed->rows;
    struct sql_audit_member_page_in in = {.tenant_id = audit->tenant_id,
                                          .after =
                                              keep(feed->n ? rows[feed->n - 1].member_id : STR(""),
                                                   after, sizeof after),
                                          .row_limit = AUDIT_PAGE};
    arena_clear(&feed->arena);
    return sql_audit_member_page_list(audit->db, &in, &feed->arena, (void *)&feed->rows, &feed->n);
}

static enum err refill_persons(struct audit *audit, struct feed *feed)
{
    char after[KEY_ROOM];
    struct sql_audit_person_page_out *rows = (void *)feed->rows;
    struct sql_audit_person_page_in in = {.tenant_id = audit->tenant_id,
                                          .after =
                                              keep(feed->n ? rows[feed->n - 1].member_id : STR(""),
                                                   after, sizeof after),
                                          .row_limit = AUDIT_PAGE};
    arena_clear(&feed->arena);
    return sql_audit_person_page_list(audit->db, &in, &feed->arena, (void *)&feed->rows, &feed->n);
}

static enum err refill_entries(struct audit *audit, struct feed *feed)
{
    char after[KEY_ROOM];
    struct sql_audit_entry_page_out *rows = (void *)feed->rows,
                                    *last = feed->n ? rows + feed->n - 1 : NULL;
    struct sql_audit_entry_page_in in = {.tenant_id = audit->tenant_id,
                                         .after = keep(feed->n ? last->member_id : STR(""), after,
                                                       sizeof after),
                                         .after_seq = feed->n ? last->seq : 0,
                                         .row_limit = AUDIT_PAGE};
    arena_clear(&feed->arena);
    return sql_audit_entry_page_list(audit->db, &in, &feed->arena, (void *)&feed->rows, &feed->n);
}

static enum err refill_allocations(struct audit *audit, struct feed *feed)
{
    char after[KEY_ROOM];
    struct sql_audit_allocation_page_out *rows = (void *)feed->rows,
                                         *last = feed->n ? rows + feed->n - 1 : NULL;
    struct sql_audit_allocation_page_in in = {.tenant_id = audit->tenant_id,
                                              .after = keep(feed->n ? last->member_id : STR(""),
                                                            after, sizeof after),
                                              .after_seq = feed->n ? last->entry_seq : 0,
                                              .after_lot = feed->n ? last->lot_seq : 0,
                                              .row_limit = AUDIT_PAGE};
    arena_clear(&feed->arena);
    return sql_audit_allocation_page_list(audit->db, &in, &feed->arena, (void *)&feed->rows,
                                          &feed->n);
}

static enum err refill_cache(struct audit *audit, struct feed *feed)
{
    char after[KEY_ROOM], name[KEY_ROOM];
    struct sql_audit_cache_page_out *rows = (void *)feed->rows,
                                    *last = feed->n ? rows + feed->n - 1 : NULL;
    struct sql_audit_cache_page_in in = {.tenant_id = audit->tenant_id,
                                         .after = keep(feed->n ? last->member_id : STR(""), after,
                                                       sizeof after),
                                         .after_kind = feed->n ? last->kind : -1,
                                         .after_name = keep(feed->n ? last->name : STR(""), name,
                                                            sizeof name),
                                         .after_number = feed->n ? last->number : 0,
                                         .row_limit = AUDIT_PAGE};
    arena_clear(&feed->arena);
    return sql_audit_cache_page_list(audit->db, &in, &feed->arena, (void *)&feed->rows, &feed->n);
}

static enum err refill_redemptions(struct audit *audit, struct feed *feed)
{
    char after[KEY_ROOM], id[KEY_ROOM];
    struct sql_audit_redemption_page_out *rows = (void *)feed->rows,
                                         *last = feed->n ? rows + feed->n - 1 : NULL;
    struct sql_audit_redemption_page_in in = {
        .tenant_id = audit->tenant_id,
        .after = keep(feed->n ? last->member_id : STR(""), after, sizeof after),
        .after_id = keep(feed->n ? last->redemption_id : STR(""), id, sizeof id),
        .row_limit = AUDIT_PAGE};
    arena_clear(&feed->arena);
    return sql_audit_redemption_page_list(audit->db, &in, &feed->arena, (void *)&feed->rows,
                                          &feed->n);
}

static const struct {
    enum err (*refill)(struct audit *audit, struct feed *feed);
    size_t size, member_offset;
} kinds[N_FEEDS] = {
#define FEED(name, page)                                                                           \
    {                                                                                              \
        refill_##name, sizeof(struct sql_audit_##page##_page_out),                                 \
            offsetof(struct sql_audit_##page##_page_out, member_id)                                \
    }
    [FEED_MEMBER] = FEED(members, member), [FEED_PERSON] = FEED(persons, person),
    [FEED_ENTRY] = FEED(entries, entry),   [FEED_ALLOCATION] = FEED(allocations, allocation),
    [FEED_CACHE] = FEED(cache, cache),     [FEED_REDEMPTION] = FEED(redemptions, redemption),
#undef FEED
};

void feeds_init(struct audit *audit)
{
    for (int name = 0; name < N_FEEDS; name++) {
        audit->feeds[name] = (struct feed){0};
        arena_init(&audit->feeds[name].arena, (size_t)1 << 30);
    }
}

void feeds_release(struct audit *audit)
{
    for (int name = 0; name < N_FEEDS; name++)
        arena_release(&audit->feeds[name].arena);
}

enum err feed_peek(struct audit *audit, enum feed_name name, void **ret_row)
{
    struct feed *feed = &audit->feeds[name];
    if (feed->i == feed->n && !feed->at_end) {
        enum err e = kinds[name].refill(audit, feed);
        if (e)
            return e;
        feed->i = 0;
        feed->at_end = feed->n == 0;
    }
    *ret_row = feed->at_end ? NULL : feed->rows + feed->i * kinds[name].size;
    return OK;
}

void feed_next(struct audit *audit, enum feed_name name)
{
    audit->feeds[name].i++;
}

static struct str member_of(enum feed_name name, const void *row)
{
    struct str member_id;
    memcpy(&member_id, (const char *)row + kinds[name].member_offset, sizeof member_id);
    return member_id;
}

enum err feeds_member(struct audit *audit, struct str *ret_member_id)
{
    *ret_member_id = STR_NONE;
    for (int name = 0; name < N_FEEDS; name++) {
        void *row;
        enum err e = feed_peek(audit, (enum feed_name)name, &row);
        if (e)
            return e;
        if (!row)
            continue;
        struct str member_id = member_of((enum feed_name)name, row);
        if (!ret_member_id->p || str_cmp(member_id, *ret_member_id) < 0)
            *ret_member_id = member_id;
    }
    return OK;
}

enum err feed_of(struct audit *audit, enum feed_name name, struct str member_id, void **ret_row)
{
    enum err e = feed_peek(audit, name, ret_row);
    if (!e && *ret_row && !str_eq(member_of(name, *ret_row), member_id))
        *ret_row = NULL;
    return e;
}
