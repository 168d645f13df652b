// SPDX-License-Identifier: Apache-2.0
// store.c - the same sale through the functions of the store, as the flow calls them.
#include "shop.h"
#include "store/events.h"
#include "store/members.h"

#include <string.h>

struct writer {
    struct store *store;
    struct db *db;
    struct shop *shop;
    struct arena arena; // of one group
    struct program_currency currency;
    struct program program;
};

static void check(enum err e, const char *where)
{
    if (e)
        give_up(where, err_info(e)->code);
}

static void add_counter(struct member_state *state, struct str name, int64_t units)
{
    for (size_t i = 0; i < state->counters.n; i++)
        if (str_eq(state->counters.list[i].name, name)) {
            state->counters.list[i].value += units;
            state->counters.list[i].dirty = true;
            return;
        }
    state->counters.list[state->counters.n++] = (struct counter){name, 0, units, true};
}

// What engine_apply would do with an order that earns 90 points.
static void apply(struct member_state *state, const struct sale *sale, struct effect *effect)
{
    *effect = (struct effect){.kind = EFFECT_EARN,
                              .units = 90,
                              .seq = ++state->last_seq,
                              .effective_us = sale->at_us,
                              .activates_us = sale->at_us,
                              .expires_us = EXPIRES_US,
                              .order_id = sale->event_id,
                              .rule_id = STR("spend")};
    state->wallets[0].available += 90;
    state->lots[state->n_lots++] = (struct lot){.seq = effect->seq,
                                                .units = 90,
                                                .remaining = 90,
                                                .activates_us = sale->at_us,
                                                .expires_us = EXPIRES_US,
                                                .order_id = sale->event_id};
    add_counter(state, STR("orders"), 1);
    add_counter(state, STR("spend"), 900);
    add_counter(state, STR("visits"), 1);
}

static struct event_row event_of(const struct writer *writer, const struct sale *sale, int64_t seq)
{
    return (struct event_row){.event_id = sale->event_id,
                              .member_id = sale->member_id,
                              .key = {str_of(sale->source), str_of(sale->external_id),
                                      STR("order.paid")},
                              .occurred_us = sale->at_us,
                              .recorded_us = sale->at_us,
                              .program_version = 1,
                              .payload = writer->shop->payload,
                              .facts = writer->shop->facts,
                              .reply = writer->shop->reply,
                              .first_seq = seq,
                              .last_seq = seq,
                              .actor_id = 1};
}

static struct member_query look_up(struct writer *writer, const struct sale *sale, bool keys)
{
    struct db *db = writer->db;
    struct event_key key = {str_of(sale->source), str_of(sale->external_id), STR("order.paid")};
    struct member_query query = {.tenant_id = TENANT, .program = &writer->program};
    struct idempotency_row reply;
    struct event_row event;

    if (keys && store_idempotency_get(db, TENANT, 650, 1, str_of(sale->key), &writer->arena,
                                      &reply) != ERR_NOT_FOUND)
        give_up("idempotency_get", "found");
    if (store_event_get_by_key(db, TENANT, &key, &writer->arena, &event) != ERR_NOT_FOUND)
        give_up("event_get_by_key", "found");
    check(store_identifier_get(db, TENANT, STR("external_id"), str_of(sale->external_member),
                               &writer->arena, &query.member_id),
          "identifier_get");
    return query;
}

static void write_sale(struct writer *writer, const struct sale *sale, bool keys)
{
    struct db *db = writer->db;
    struct member_query query = look_up(writer, sale, keys);
    struct member_state state;
    enum member_status status;
    struct state_image *image;
    struct effect effect;

    check(store_member_load(db, &query, &writer->arena, &state, &status, &image), "member_load");
    apply(&state, sale, &effect);
    struct event_row event = event_of(writer, sale, effect.seq);
    check(store_event_insert(db, TENANT, &event), "event_insert");
    struct entry_source source = {.tenant_id = TENANT,
                                  .member_id = sale->member_id,
                                  .recorded_us = sale->at_us > state.recorded_us
                                                     ? sale->at_us
                                                     : state.recorded_us,
                                  .event_id = sale->event_id,
                                  .actor_id = 1,
                                  .program_version = 1};
    check(store_entries_append(db, &source, &writer->program, &effect, &writer->shop->derivation, 1,
                               &state),
          "entries_append");
    check(store_state_save(db, &query, image, &state), "state_save");
    struct idempotency_row reply = {.bucket = 650,
                                    .key_id = 1,
                                    .key = str_of(sale->key),
                                    .status = 201,
                                    .event_id = sale->event_id,
                                    .recorded_us = sale->at_us};
    if (keys)
        check(store_idempotency_insert(db, TENANT, &reply), "idempotency_insert");
}

static void writer_open(struct writer *writer, const struct run *run)
{
    struct store_config config = {.data_dir = str_of(run->folder)};

    *writer = (struct writer){.shop = run->shop, .currency = {.id = STR("points")}};
    writer->program.currencies = &writer->currency;
    writer->program.n_currencies = 1;
    arena_init(&writer->arena, (size_t)64 << 20);
    check(store_open(&config, &writer->store), "store_open");
    writer->db = store_writer(writer->store);
}

struct result store_run(const struct run *run)
{
    struct writer writer;
    struct arena arena;
    struct clock clock;
    struct sale sale;

    writer_open(&writer, run);
    arena_init(&arena, (size_t)64 << 20);
    clock_start(&clock, &arena);
    while (clock_before(&clock, run->seconds)) {
        check(db_begin(writer.db), "begin");
        for (int i = 0; i < run->group; i++) {
            shop_sell(run->shop, &sale);
            write_sale(&writer, &sale, run->keys);
        }
        check(db_commit(writer.db), "commit");
        clock_step_begin(&clock);
        store_after_commit(writer.store);
        clock_step_end(&clock);
        arena_clear(&writer.arena);
        clock_group(&clock, run->group);
    }
    struct result result = clock_result(&clock);
    arena_release(&arena);
    arena_release(&writer.arena);
    store_close(writer.store);
    return result;
}
