// SPDX-License-Identifier: Apache-2.0
// subject_flow.c - the use cases on a real store, with a clock and randomness that the seed
// decides.
//
// The writer thread of production runs them, as many in one transaction as the simulation allows.
// Ids and randomness are those of the operation, whatever was done in vain before it and whichever
// transaction it is in.  What is compared is read back by a second connection, from what was
// committed.
#include "sim/subject.h"

#include "base/calendar.h"
#include "base/civil.h"
#include "base/json_out.h"
#include "flow/event_in.h"
#include "flow/flow.h"
#include "flow/foresee.h"
#include "flow/idempotency.h"
#include "flow/seal.h"
#include "flow/views.h"
#include "insight/audit.h"
#include "sim/rng.h"
#include "sim/writer.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

// What it remembers of what was done, and forgets when that is taken back.
struct kept {
    int n_redemptions, n_refunds;
    struct str payload, reply; // of the newest event or return
    struct str key, answer;    // of the newest request with a key
    int status;
    int64_t asked_us;
};

// What a step will read, as far as it is known before.
struct sight {
    bool has_event, has_member;
    struct foreseen_event event;
    struct member_ref member;
    struct str key; // of idempotency
};

struct flow_subject {
    struct subject subject;
    struct arena *arena;
    struct arena scratch; // of operations that may be in one transaction
    struct str data_dir;
    struct env env;
    struct rng rng;
    int64_t clock_us;
    struct store *store;
    struct sign_key key;
    struct db *reader;
    struct flow flow;
    struct writer writer;
    struct tx *tx;       // of the operation
    struct sight *sight; // while it is rehearsed, of the operation
    const struct sim *sim;
    uint64_t n_pieces;
    int64_t tenant_id;
    struct id *members;
    struct id *redemptions;
    struct kept kept;
};

static struct caller by(const struct flow_subject *it)
{
    return (struct caller){.tenant_id = it->tenant_id};
}

static struct flow_subject *of(struct subject *subject)
{
    return (struct flow_subject *)(void *)subject;
}

// ---- the world

static int64_t read_clock(const struct env *env)
{
    return ((const struct flow_subject *)env->ctx)->clock_us;
}

static void draw_bytes(const struct env *env, void *bytes, size_t n)
{
    struct flow_subject *it = env->ctx;
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)rng_next(&it->rng);
}

static void open_store(struct flow_subject *it)
{
    struct store_config config = {.data_dir = it->data_dir,
                                  .database = it->sim->fresh ? it->sim->fresh->url : STR_NONE,
                                  .create = true};
    CHECK(store_open(&config, &it->store) == OK);
    CHECK(flow_open(&it->flow, it->store, &it->env) == OK);
    CHECK(store_reader_open(it->store, &it->reader) == OK);
    writer_start(&it->writer, &it->flow, it->sim->batch_max);
}

static void close_store(struct flow_subject *it)
{
    writer_stop(&it->writer);
    db_close(it->reader);
    flow_close(&it->flow);
    store_close(it->store);
}

// ---- steps through the writer

struct step {
    struct piece piece; // first
    struct flow_subject *it;
    const struct together *together;
    int i;
    uint64_t number; // of all steps
    bool ran, met;
    struct kept before;
    struct sight sight;
};

static struct step *step_of(struct piece *piece)
{
    return (struct step *)(void *)piece;
}

// Ids ascend from step to step and leave room for some thousand of each.
static void place(struct flow_subject *it, struct tx *tx, uint64_t number)
{
    it->rng = (struct rng){it->sim->seed ^ number * 0xda942042e4dd58b5u};
    tx->ids->last_ms = tx->now_us / 1000;
    tx->ids->high = number >> 2;
    tx->ids->low = (number & 3) << 60;
}

static struct idempotency request_of(const struct flow_subject *it, const struct tx *tx,
                                     struct str key)
{
    return (struct idempotency){.tenant_id = it->tenant_id,
                                .key_id = 1,
                                .key = key,
                                .fingerprint = hash_sha256(key.p, key.n),
                                .now_us = tx->now_us};
}

static struct str key_of(const struct step *step)
{
    return str_printf(step->it->arena, "key-%llu", (unsigned long long)step->number);
}

// Whoever sends a request again is answered as before.
static void ask_again(struct flow_subject *it, struct tx *tx)
{
    struct idempotency request = request_of(it, tx, it->kept.key);
    struct stored_reply reply;
    if (it->kept.key.p == NULL)
        return;
    CHECK(idempotency_begin(tx, &it->scratch, &request, &reply) == OK);
    bool may_be_gone = tx->now_us - it->kept.asked_us >= 30 * DAY_US;
    CHECK((reply.status == 0 && may_be_gone) ||
          (reply.status == it->kept.status && str_eq(reply.body, it->kept.answer)));
}

// As the API does it: the answer stands beside the effect, that of a refusal, too.
static enum err run_keyed(struct step *step, struct tx *tx)
{
    struct flow_subject *it = step->it;
    struct str key = key_of(step);
    struct idempotency request = request_of(it, tx, key);
    struct stored_reply stored;
    ask_again(it, tx);
    CHECK(idempotency_begin(tx, &it->scratch, &request, &stored) == OK && stored.status == 0);
    enum err e = step->together->run(step->together->ctx, step->i, tx->now_us);
    it->kept.key = key;
    it->kept.asked_us = tx->now_us;
    it->kept.status = e ? err_info(e)->http_status : 200;
    it->kept.answer = str_printf(it->arena, "{\"code\":\"%s\"}", e ? err_info(e)->code : "ok");
    struct final_reply reply = {.status = it->kept.status, .body = it->kept.answer};
    if (!e)
        return idempotency_finish(tx, &request, &reply);
    CHECK(reply.status < 500);
    return idempotency_refuse(tx, &request, reply.status, reply.body);
}

static enum err foresee_step(struct piece *piece, struct tx *tx)
{
    const struct sight *sight = &step_of(piece)->sight;
    int64_t tenant_id = step_of(piece)->it->tenant_id;
    struct idempotency request = request_of(step_of(piece)->it, tx, sight->key);
    enum err e = sight->key.p ? idempotency_foresee(tx, &request) : OK;
    if (!e && sight->has_event)
        e = foresee_event(tx, tenant_id, &sight->event);
    if (!e && sight->has_member && !sight->has_event)
        e = foresee_member(tx, tenant_id, &sight->member);
    return e;
}

// What the steps will read: what they will be asked for, unless one before them ends otherwise.
static void look_ahead(struct flow_subject *it, struct step *steps, const struct together *together)
{
    struct kept kept = it->kept;
    for (int i = 0; i < together->n; i++) {
        it->sight = &steps[i].sight;
        if (together->ops[i].keyed)
            it->sight->key = key_of(&steps[i]);
        together->rehearse(together->ctx, i);
        if (together->ops[i].foreseen)
            steps[i].piece.foresee = foresee_step;
    }
    it->sight = NULL;
    it->kept = kept;
    together->rehearsed(together->ctx);
}

static enum err run_step(struct piece *piece, struct tx *tx)
{
    struct step *step = step_of(piece);
    struct flow_subject *it = step->it;
    const struct op *op = step->together->ops ? &step->together->ops[step->i] : NULL;
    if (step->ran)
        it->kept = step->before;
    step->before = it->kept;
    step->ran = true;
    it->tx = tx;
    place(it, tx, step->number);
    enum err e = op && op->keyed ? run_keyed(step, tx)
                                 : step->together->run(step->together->ctx, step->i, tx->now_us);
    CHECK(!tx->broken);
    CHECK(e == OK || tx->n_writes == 0); // a refusal is decided before the first write
    if (op && op->fate == FATE_FAILS && tx->n_writes > 0)
        return ERR_INTERNAL;
    if (op && op->fate == FATE_MEETS && !step->met) {
        step->met = true;
        tx->broken = true;
        return ERR_STORE_CONFLICT;
    }
    return e;
}

static void step_settled(struct piece *piece, enum err outcome)
{
    struct step *step = step_of(piece);
    bool failed = outcome == ERR_INTERNAL;
    CHECK(outcome == OK || failed || err_info(outcome)->http_status < 500);
    if (failed)
        step->it->kept = step->before;
    step->together->settled(step->together->ctx, step->i, failed);
}

static void together(struct subject *subject, const struct together *together)
{
    struct flow_subject *it = of(subject);
    size_t n = (size_t)together->n;
    it->clock_us = together->clock_us;
    arena_clear(&it->scratch);
    struct step *steps = arena_try_array(it->arena, n, sizeof *steps);
    struct piece **pieces = arena_try_array(it->arena, n, sizeof *pieces);
    CHECK(steps != NULL && pieces != NULL);
    for (size_t i = 0; i < n; i++) {
        steps[i] = (struct step){.piece = {.run = run_step, .settled = step_settled},
                                 .it = it,
                                 .together = together,
                                 .i = (int)i,
                                 .number = it->n_pieces++};
        pieces[i] = &steps[i].piece;
    }
    if (together->rehearse)
        look_ahead(it, steps, together);
    writer_run(&it->writer, pieces, together->n);
}

// What was written so far is vouched for; what comes later must not be mistaken for it.
static enum err run_seal(struct piece *piece, struct tx *tx)
{
    static const uint8_t seed[SIGN_SEED_BYTES] = {1, 2, 3};
    struct flow_subject *it = step_of(piece)->it;
    struct seal_row made;
    sign_key_of_seed(seed, &it->key);
    enum err e = flow_seal(tx, it->tenant_id, &it->key, &made);
    return e == ERR_NOT_FOUND ? OK : e;
}

static void seal(struct flow_subject *it)
{
    struct step step = {.piece = {.run = run_seal}, .it = it};
    struct piece *piece = &step.piece;
    writer_run(&it->writer, &piece, 1);
    CHECK(piece->outcome == OK);
}

static void restart(struct subject *subject)
{
    seal(of(subject));
    close_store(of(subject));
    open_store(of(subject));
}

// ---- operations

static void take_program(struct subject *subject, const struct program *program,
                         struct str document)
{
    struct flow_subject *it = of(subject);
    struct program_problems problems = {0};
    struct version_view version;
    if (it->sight)
        return;
    if (it->tenant_id == 0)
        CHECK(flow_tenant_create(it->tx, STR("sim"), &it->tenant_id) == OK);
    CHECK(
        flow_apply(it->tx, &it->scratch, by(it),
                   &(struct apply_in){.document = document, .author = STR("sim"), .note = STR("")},
                   &problems, &version) == OK);
    CHECK(version.version == program->version && version.valid_from_us == it->tx->now_us);
}

static struct str number_text(struct flow_subject *it, const char *prefix, int n)
{
    return str_printf(it->arena, "%s%d", prefix, n);
}

static void enrol(struct subject *subject, int member)
{
    struct flow_subject *it = of(subject);
    struct member_in in = {.external_id = number_text(it, "M-", member),
                           .attributes = STR_NONE,
                           .metadata = STR_NONE};
    struct problems problems;
    problems_init(&problems, &it->scratch);
    struct member_view view;
    bool created;
    CHECK(flow_enrol(it->tx, &it->scratch, by(it), &in, &problems, &view, &created) == OK);
    CHECK(created);
    it->members[member] = view.id;
}

static void put_line(struct json_out *out, const struct order_line *line)
{
    json_object(out);
    json_put_str(out, "id", line->id);
    json_put_str(out, "sku", line->sku);
    json_put_str(out, "name", line->name);
    json_put_str(out, "category", line->category);
    json_put_i64(out, "quantity", line->quantity);
    json_put_i64(out, "unit_amount", line->unit_amount);
    json_put_i64(out, "discount", line->discount);
    json_put_bool(out, "gift_card", line->gift_card);
    json_end(out);
}

static void put_order(struct json_out *out, const struct order *order)
{
    json_put_object(out, "order");
    json_put_str(out, "currency", order->currency);
    json_put_array(out, "lines");
    for (size_t i = 0; i < order->n_lines; i++)
        put_line(out, &order->lines[i]);
    json_end(out);
    json_put_i64(out, "discount", order->discount);
    json_put_i64(out, "tax", order->tax);
    json_put_i64(out, "tendered", order->tendered);
    json_end(out);
}

static struct str event_json(struct flow_subject *it, int member, const struct event *event)
{
    struct buf buf;
    struct json_out out;
    char time[CIVIL_TEXT_ROOM];
    buf_init(&buf, it->arena);
    json_init(&out, &buf);
    json_object(&out);
    json_put_str(&out, "source", event->source);
    json_put_str(&out, "external_id", event->external_id);
    json_put_str(&out, "type", event->type);
    json_put_str(&out, "occurred_at", civil_format_us(event->occurred_us, time));
    json_put_object(&out, "member");
    json_put_str(&out, "external_id", number_text(it, "M-", member));
    json_end(&out);
    if (event->store.n > 0)
        json_put_str(&out, "store", event->store);
    if (event->order != NULL)
        put_order(&out, event->order);
    json_end(&out);
    return buf_text(&buf);
}

static struct str refund_json(struct flow_subject *it, struct str order,
                              const struct returned *returned, size_t n)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, it->arena);
    json_init(&out, &buf);
    json_object(&out);
    json_put_str(&out, "source", STR("till"));
    json_put_str(&out, "external_id", number_text(it, "R-", it->kept.n_refunds++));
    json_put_str(&out, "type", n > 0 ? STR("order.refunded") : STR("order.cancelled"));
    json_put_str(&out, "refund_of", order);
    if (n > 0) {
        json_put_object(&out, "order");
        json_put_array(&out, "lines");
        for (size_t i = 0; i < n; i++) {
            json_object(&out);
            json_put_str(&out, "id", returned[i].line_id);
            json_put_i64(&out, "quantity", returned[i].quantity);
            json_end(&out);
        }
        json_end(&out);
        json_end(&out);
    }
    json_end(&out);
    return buf_text(&buf);
}

static enum err see_event(struct flow_subject *it, const struct event_in *in,
                          enum event_outcome expected)
{
    struct sight *sight = it->sight;
    sight->has_event = true;
    sight->has_member = in->member.external_id.p != NULL;
    sight->member = in->member;
    sight->event = (struct foreseen_event){.source = in->source,
                                           .external_id = in->external_id,
                                           .type = in->type,
                                           .refund_of = in->refund_of,
                                           .member = sight->has_member ? &sight->member : NULL};
    if (expected != EVENT_REPLAYED)
        it->kept.payload = in->payload;
    return OK;
}

static enum err see_member(struct flow_subject *it, int member)
{
    it->sight->has_member = true;
    it->sight->member = (struct member_ref){.id = it->members[member]};
    return OK;
}

static enum err ingest(struct flow_subject *it, struct str payload, enum event_outcome expected,
                       struct event_out *ret_out)
{
    struct event_in in = {0};
    struct problems problems;
    problems_init(&problems, &it->scratch);
    CHECK(event_in_read(&it->scratch, payload, &in) == OK);
    in.payload = payload;
    if (it->sight)
        return see_event(it, &in, expected);
    enum err e = flow_ingest(it->tx, &it->scratch, by(it), &in, &problems, ret_out);
    for (const struct problem *at = problems.first; it->subject.loud && at; at = at->next)
        printf("       %.*s: %.*s\n", STR_FMT(at->pointer), STR_FMT(at->detail));
    if (it->subject.loud && e == OK)
        printf("       reply %.*s\n", STR_FMT(ret_out->reply));
    if (e == OK) {
        CHECK(ret_out->outcome == expected);
        if (expected != EVENT_REPLAYED) {
            it->kept.payload = payload;
            it->kept.reply = str_dup(it->arena, ret_out->reply);
        } else {
            CHECK(str_eq(ret_out->reply, it->kept.reply));
        }
    }
    return e;
}

static enum err event(struct subject *subject, int member, const struct program *program,
                      struct event *event)
{
    struct flow_subject *it = of(subject);
    struct event_out out;
    enum err e = ingest(it, event_json(it, member, event), EVENT_APPLIED, &out);
    if (e == OK && !it->sight) {
        event->id = out.event_id;
        CHECK(id_eq(out.member_id, it->members[member]));
    }
    return e;
}

static enum err refund(struct subject *subject, int index, struct str order,
                       const struct returned *returned, size_t n)
{
    struct flow_subject *it = of(subject);
    struct event_out out;
    return ingest(it, refund_json(it, order, returned, n), index < 0 ? EVENT_PARKED : EVENT_APPLIED,
                  &out);
}

static enum err retry(struct subject *subject, bool altered)
{
    struct flow_subject *it = of(subject);
    struct event_out out;
    struct str payload = it->kept.payload;
    if (payload.p == NULL)
        return altered ? ERR_EVENT_DIFFERS : OK;
    if (altered)
        payload =
            str_printf(it->arena, "%.*s,\"channel\":\"another\"}", (int)payload.n - 1, payload.p);
    return ingest(it, payload, EVENT_REPLAYED, &out);
}

static enum err redeem(struct subject *subject, int member, int reward, bool hold,
                       int64_t hold_until_us)
{
    struct flow_subject *it = of(subject);
    struct redeem_in in = {.member = {.id = it->members[member]},
                           .reward_id = number_text(it, "reward-", reward),
                           .hold = hold};
    struct redemption_view view;
    struct shortage shortage;
    if (it->sight)
        return see_member(it, member);
    enum err e = flow_redeem(it->tx, &it->scratch, by(it), &in, &view, &shortage);
    if (e)
        return e;
    CHECK(view.expires_us == hold_until_us);
    it->redemptions[it->kept.n_redemptions++] = view.id;
    return OK;
}

typedef enum err redemption_step(struct tx *, struct arena *, struct caller, struct id,
                                 struct redemption_view *);

static enum err step(struct subject *subject, int redemption, redemption_step *carry_out)
{
    struct flow_subject *it = of(subject);
    struct redemption_view view;
    if (it->sight)
        return OK;
    return carry_out(it->tx, &it->scratch, by(it), it->redemptions[redemption], &view);
}

static enum err capture(struct subject *subject, int redemption)
{
    return step(subject, redemption, flow_capture);
}

static enum err release(struct subject *subject, int redemption)
{
    return step(subject, redemption, flow_release);
}

static enum err reverse(struct subject *subject, int redemption)
{
    return step(subject, redemption, flow_reverse);
}

static struct str currency_id(int currency)
{
    return currency == 0 ? STR("points") : STR("stars");
}

static enum err adjust(struct subject *subject, int member, int currency, int64_t units)
{
    struct flow_subject *it = of(subject);
    struct adjust_in in = {.member_id = it->members[member],
                           .currency = currency_id(currency),
                           .units = units,
                           .note = STR("by hand")};
    struct wallet wallet;
    if (it->sight)
        return see_member(it, member);
    return flow_adjust(it->tx, by(it), &in, &wallet);
}

// The job: whoever is due.
static void advance(struct subject *subject, int member)
{
    struct flow_subject *it = of(subject);
    size_t n;
    if (it->sight)
        return;
    CHECK(flow_advance_due(it->tx, it->tenant_id, 1000, &n) == OK);
}

static void person(struct subject *subject, int member, int number)
{
    struct flow_subject *it = of(subject);
    struct member_in in = {.email =
                               str_printf(&it->scratch, "member%d.%d@example.org", member, number),
                           .name = str_printf(&it->scratch, "Member %d", number),
                           .attributes = str_printf(&it->scratch, "{\"size\":%d}", number),
                           .enrolled_us = WHEN_NOW};
    struct problems problems;
    struct member_view view;
    if (it->sight) {
        (void)see_member(it, member);
        return;
    }
    problems_init(&problems, &it->scratch);
    CHECK(flow_member_update(it->tx, &it->scratch, by(it), it->members[member], &in, &problems,
                             &view) == OK);
}

// ---- reading back

static void read_begin(struct flow_subject *it, struct tx *tx)
{
    CHECK(tx_begin(tx, &it->flow, it->reader, false, NULL) == OK);
}

static const struct wallet *wallets(struct subject *subject, int member)
{
    struct flow_subject *it = of(subject);
    struct wallets_view view;
    struct tx tx;
    read_begin(it, &tx);
    CHECK(flow_wallets(&tx, &it->scratch, it->tenant_id, it->members[member], &view) == OK);
    size_t n = view.program->n_currencies;
    struct wallet *copy = arena_new(&it->scratch, n * sizeof *copy);
    memcpy(copy, view.wallets, n * sizeof *copy);
    tx_rollback(&tx);
    return copy;
}

static const struct lot *lots(struct subject *subject, int member, size_t *ret_n)
{
    struct flow_subject *it = of(subject);
    const struct program *program;
    const struct lot *lots;
    struct tx tx;
    read_begin(it, &tx);
    CHECK(flow_lots(&tx, &it->scratch, it->tenant_id, it->members[member], &program, &lots,
                    ret_n) == OK);
    struct lot *copy = arena_new(&it->scratch, (*ret_n + 1) * sizeof *copy);
    if (*ret_n > 0)
        memcpy(copy, lots, *ret_n * sizeof *copy);
    tx_rollback(&tx);
    return copy;
}

// Every law of what is stored, by the auditor; sums of the audit are those of the wallets.
static void audit(struct flow_subject *it)
{
    struct audit_options options = {.tenant_id = it->tenant_id, .public_key = it->key.public_key};
    struct audit_report report;
    enum err e = audit_run(it->reader, &it->scratch, &options, &report);
    if (e)
        fprintf(stderr, "the audit ends with %s\n", err_info(e)->code);
    CHECK(e == OK);
    if (report.n_findings != 0) {
        fprintf(stderr, "%.*s", STR_FMT(audit_text(&it->scratch, &report, STR("en"))));
        CHECK(!"the audit finds nothing");
    }
    it->subject.n_effects = report.n_entries;
}

static void finish(struct subject *subject)
{
    audit(of(subject));
    seal(of(subject));
    audit(of(subject));
    state_hash(of(subject)->reader, &of(subject)->scratch, of(subject)->tenant_id,
               of(subject)->sim->rows, &subject->state);
    close_store(of(subject));
    arena_release(&of(subject)->scratch);
}

struct subject *subject_flow(struct arena *arena, int room, const struct sim *sim,
                             struct str data_dir)
{
    struct flow_subject *it = arena_new(arena, sizeof *it);
    it->subject = (struct subject){.together = together,
                                   .program = take_program,
                                   .enrol = enrol,
                                   .event = event,
                                   .refund = refund,
                                   .redeem = redeem,
                                   .capture = capture,
                                   .release = release,
                                   .reverse = reverse,
                                   .adjust = adjust,
                                   .advance = advance,
                                   .person = person,
                                   .wallets = wallets,
                                   .lots = lots,
                                   .restart = restart,
                                   .retry = retry,
                                   .finish = finish,
                                   .shows_now = true,
                                   .keeps_advance = true};
    it->arena = arena;
    arena_init(&it->scratch, (size_t)1 << 30);
    it->sim = sim;
    it->rng = (struct rng){sim->seed};
    it->env = (struct env){.now_us = read_clock,
                           .monotonic_us = read_clock,
                           .random = draw_bytes,
                           .ctx = it};
    it->data_dir = data_dir;
    if (sim->fresh)
        fresh_clear(sim->fresh);
    size_t n = (size_t)room;
    it->members = arena_try_array(arena, 16, sizeof *it->members);
    it->redemptions = arena_try_array(arena, n, sizeof *it->redemptions);
    CHECK(!arena_overflowed(arena));
    open_store(it);
    return &it->subject;
}
