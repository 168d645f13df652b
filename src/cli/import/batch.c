// SPDX-License-Identifier: Apache-2.0
// batch.c - items of an import, hundreds in one transaction.
//
// Layer: cli.  Tests: tests/cli/import_test.py, tests/cli/kill_test.py
#include "cli/import/import.h"
#include "flow/foresee.h"
#include "store/store.h"

#include <string.h>

#define FIRST_FAULT 4000
#define PASSING_MAX 5

// ---- one item

static bool is_refusal(enum err e)
{
    return e != OK && (int)e < FIRST_FAULT;
}

static bool is_passing(enum err e)
{
    return e == ERR_STORE_BUSY || e == ERR_STORE_CONFLICT;
}

static struct str reason_of(struct arena *arena, enum err e, const struct problems *problems)
{
    const struct problem *first = problems->first;
    if (!first)
        return str_of(err_info(e)->title);
    return str_printf(arena, "%.*s: %.*s", STR_FMT(first->pointer), STR_FMT(first->detail));
}

static enum err apply_item(struct import *import, struct tx *tx, struct import_item *item)
{
    struct problems problems;
    problems_init(&problems, &import->batch_arena);
    tx->n_writes = 0;
    enum err e = import->apply(import, tx, item, &problems);
    if (!is_refusal(e))
        return e;
    item->outcome = ITEM_REFUSED;
    item->reason = reason_of(&import->batch_arena, e, &problems);
    return tx->broken || tx->n_writes ? e : OK;
}

// ---- the note

static enum err note(struct import *import, struct tx *tx, int64_t n_done)
{
    struct buf text;
    struct json_out out;
    int64_t refused = import->report.n_refused;
    for (size_t i = 0; i < import->n_batch; i++)
        refused += import->batch[i].outcome == ITEM_REFUSED;
    buf_init(&text, &import->batch_arena);
    json_init(&out, &text);
    json_object(&out);
    json_put_c(&out, "kind", import->kind == MAPPING_ORDERS ? "orders" : "members");
    json_put_i64(&out, "refused", refused);
    json_end(&out);
    struct import_row row = {.import_id = import->id,
                             .rows_done = n_done,
                             .detail = buf_text(&text),
                             .updated_us = tx->now_us};
    return tx_wrote(tx, store_import_update(tx->db, import->shop.tenant_id, &row));
}

// ---- a batch

static enum err foresee(struct import *import, struct tx *tx)
{
    enum err e = OK;
    if (!db_asks_ahead(tx->db))
        return OK;
    for (size_t i = 0; i < import->n_batch && !e; i++)
        e = import->foresee(import, tx, &import->batch[i]);
    return e ? e : foresee_ask(tx);
}

static enum err run_batch(void *ctx, struct tx *tx)
{
    struct import *import = ctx;
    enum err e = foresee(import, tx);
    for (size_t i = 0; i < import->n_batch && !e; i++)
        e = apply_item(import, tx, &import->batch[i]);
    if (!e)
        e = note(import, tx, import->n_items);
    return e || !arena_overflowed(&import->batch_arena) ? e : ERR_MEMORY;
}

struct single {
    struct import *import;
    struct import_item *item;
};

static enum err run_single(void *ctx, struct tx *tx)
{
    struct single *single = ctx;
    return apply_item(single->import, tx, single->item);
}

static enum err run_note(void *ctx, struct tx *tx)
{
    struct import *import = ctx;
    return note(import, tx, import->n_items);
}

// An item that was refused after it had written something takes its transaction with it: each gets
// one of its own, so that it takes nobody else.
static enum err run_alone(struct import *import)
{
    for (size_t i = 0; i < import->n_batch; i++) {
        struct single single = {import, &import->batch[i]};
        enum err e = shop_write(&import->shop, run_single, &single);
        if (e && !is_refusal(e))
            return e;
    }
    return shop_write(&import->shop, run_note, import);
}

static void tell(struct import *import)
{
    for (size_t i = 0; i < import->n_batch; i++) {
        struct import_item *item = &import->batch[i];
        import->by_outcome[item->outcome]++;
        if (item->outcome == ITEM_REFUSED)
            report_refused(&import->report, item->row, STR_NONE, item->name, item->reason);
    }
}

enum err import_flush(struct import *import)
{
    enum err e = OK;
    if (import->n_batch && !import->dry_run) {
        e = shop_write(&import->shop, run_batch, import);
        // Another process wrote to the same members: what it did is seen now.
        for (int again = 0; is_passing(e) && again < PASSING_MAX; again++)
            e = shop_write(&import->shop, run_batch, import);
        if (is_refusal(e))
            e = run_alone(import);
        if (!e)
            tell(import);
    }
    import->n_done = e ? import->n_done : import->n_items;
    import->n_batch = 0;
    arena_clear(&import->batch_arena);
    return e;
}

enum err import_flush_full(struct import *import)
{
    return import->n_batch < IMPORT_BATCH ? OK : import_flush(import);
}

enum err import_put(struct import *import, const struct import_item *item)
{
    // An order may become more items than a batch has room for; its array grows then.
    if (import->n_items++ < import->n_before)
        return OK;
    if (import->n_batch && import->n_batch % IMPORT_BATCH == 0) {
        size_t room = import->n_batch + IMPORT_BATCH;
        struct import_item *bigger = arena_try_array(&import->batch_arena, room, sizeof *bigger);
        if (!bigger)
            return ERR_MEMORY;
        memcpy(bigger, import->batch, import->n_batch * sizeof *bigger);
        import->batch = bigger;
    } else if (import->n_batch == 0) {
        import->batch = arena_try_array(&import->batch_arena, IMPORT_BATCH, sizeof *import->batch);
        if (!import->batch)
            return ERR_MEMORY;
    }
    import->batch[import->n_batch++] = *item;
    return OK;
}
