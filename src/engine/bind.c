// SPDX-License-Identifier: Apache-2.0
// bind.c - facts as values of the rule language.
//
// Records are filled slot by slot, in the numbers of catalog/facts.def; strings point to where the
// event has them.
//
// Layer: engine (pure).  Tests: tests/scenarios/, tests/engine/bounds_test.c
#include "engine/bind.h"

#include "base/check.h"
#include "base/checked.h"
#include "cel/cel.h"
#include "program/facts.h"

struct binding {
    struct cel_value variables[N_VARIABLES];
    const struct cel_value *items; // by line
};

#define SET(record, RECORD, FIELD, value) ((record)->slot[FACT_SLOT(RECORD, FIELD)] = (value))

static struct cel_record *record_new(struct arena *arena, const struct program *program,
                                     const char *name)
{
    const struct cel_record_type *type = cel_env_record_type(program->cel, name);
    CHECK(type);
    return cel_record_new(arena, type);
}

static struct cel_value record_value(const struct cel_record *record)
{
    return record ? cel_record_value(record) : (struct cel_value){0};
}

static struct cel_value timestamp(int64_t us)
{
    int64_t seconds = us / SECOND_US - (us % SECOND_US < 0);
    return cel_timestamp(seconds, (uint32_t)(us - seconds * SECOND_US) * 1000);
}

static struct cel_value map_or_empty(const struct cel_value *map)
{
    return map ? *map : cel_map(NULL, 0);
}

static struct cel_value optional_text(struct str text)
{
    return text.n > 0 ? cel_string(text) : (struct cel_value){0};
}

// ---- records

static struct cel_value bind_event(struct arena *arena, const struct program *program,
                                   const struct event *event)
{
    struct cel_record *r = record_new(arena, program, "event");
    if (r) {
        SET(r, EVENT, TYPE, cel_string(event->type));
        SET(r, EVENT, TIME, timestamp(event->occurred_us));
        SET(r, EVENT, SOURCE, cel_string(event->source));
        SET(r, EVENT, STORE, optional_text(event->store));
        SET(r, EVENT, CHANNEL, optional_text(event->channel));
        SET(r, EVENT, ATTRIBUTES, map_or_empty(event->attributes_value));
    }
    return record_value(r);
}

static struct cel_value bind_item(struct arena *arena, const struct program *program,
                                  const struct order_line *line)
{
    struct cel_record *r = record_new(arena, program, "item");
    if (r) {
        SET(r, ITEM, ID, cel_string(line->id));
        SET(r, ITEM, SKU, cel_string(line->sku));
        SET(r, ITEM, NAME, cel_string(line->name));
        SET(r, ITEM, CATEGORY, cel_string(line->category));
        SET(r, ITEM, BRAND, cel_string(line->brand));
        SET(r, ITEM, QUANTITY, cel_int(line->quantity));
        SET(r, ITEM, UNIT_AMOUNT, cel_int(line->unit_amount));
        SET(r, ITEM, GROSS, cel_int(line->gross));
        SET(r, ITEM, NET, cel_int(line->net));
        SET(r, ITEM, PAID, cel_int(line->paid));
    }
    return record_value(r);
}

static struct cel_value *bind_items(struct arena *arena, const struct program *program,
                                    const struct order *order)
{
    struct cel_value *items = arena_try_array(arena, order->n_lines, sizeof *items);
    for (size_t i = 0; items && i < order->n_lines; i++)
        items[i] = bind_item(arena, program, &order->lines[i]);
    return items;
}

static struct cel_value bind_order(struct arena *arena, const struct program *program,
                                   const struct order *order, const struct cel_value *items)
{
    struct cel_record *r = record_new(arena, program, "order");
    if (r) {
        SET(r, ORDER, CURRENCY, cel_string(order->currency));
        SET(r, ORDER, GROSS, cel_int(order->gross));
        SET(r, ORDER, DISCOUNT, cel_int(order->gross - order->net));
        SET(r, ORDER, NET, cel_int(order->net));
        SET(r, ORDER, TAX, cel_int(order->tax));
        SET(r, ORDER, SHIPPING, cel_int(order->shipping));
        SET(r, ORDER, PAID, cel_int(order->paid));
        SET(r, ORDER, ITEMS, cel_list(items, order->n_lines));
    }
    return record_value(r);
}

static struct cel_value bind_balances(struct arena *arena, const struct program *program,
                                      const int64_t *balances)
{
    size_t n = balances ? program->n_currencies : 0;
    struct cel_value *pairs = arena_try_array(arena, 2 * n, sizeof *pairs);
    for (size_t i = 0; pairs && i < n; i++) {
        pairs[2 * i] = cel_string(program->currencies[i].id);
        pairs[2 * i + 1] = cel_int(balances[i]);
    }
    return cel_map(pairs, pairs ? n : 0);
}

static struct cel_value bind_member(struct arena *arena, const struct program *program,
                                    const struct event_facts *facts)
{
    struct cel_record *r = record_new(arena, program, "member");
    if (r) {
        SET(r, MEMBER, ENROLLED_AT, timestamp(facts->enrolled_us));
        SET(r, MEMBER, ORDERS, cel_int(facts->orders));
        SET(r, MEMBER, SPEND, cel_int(facts->spend));
        SET(r, MEMBER, VISITS, cel_int(facts->visits));
        SET(r, MEMBER, BALANCES, bind_balances(arena, program, facts->balances));
        SET(r, MEMBER, ATTRIBUTES, map_or_empty(facts->attributes_value));
    }
    return record_value(r);
}

static struct cel_value bind_program(struct arena *arena, const struct program *program)
{
    struct cel_record *r = record_new(arena, program, "program");
    if (r) {
        SET(r, PROGRAM, ID, cel_string(program->id));
        SET(r, PROGRAM, TIMEZONE, cel_string(program->timezone));
        SET(r, PROGRAM, MONEY, cel_string(str_of(program->money->code)));
    }
    return record_value(r);
}

// ---- an event's variables

// Bound once (B2); NULL when the arena is full.
static struct binding *binding_of(struct earning *earning)
{
    if (earning->binding)
        return earning->binding;
    struct arena *arena = earning->arena;
    const struct program *program = earning->program;
    const struct event *event = earning->event;
    CHECK(program->cel); // who has expressions has the language
    struct binding *binding = arena_try(arena, sizeof *binding);
    if (!binding)
        return NULL;
    struct cel_value *variables = binding->variables;
    variables[VARIABLE_EVENT] = bind_event(arena, program, event);
    variables[VARIABLE_MEMBER] = bind_member(arena, program, earning->facts);
    variables[VARIABLE_PROGRAM] = bind_program(arena, program);
    variables[VARIABLE_NOW] = timestamp(event->occurred_us);
    if (event->order) {
        binding->items = bind_items(arena, program, event->order);
        variables[VARIABLE_ORDER] = bind_order(arena, program, event->order, binding->items);
    }
    if (arena_overflowed(arena))
        return NULL;
    return earning->binding = binding;
}

static struct cel_value evaluate(struct earning *earning, const struct cel_prog *prog)
{
    struct binding *binding = binding_of(earning);
    if (!binding)
        return cel_error_memory();
    return cel_eval(prog, binding->variables, earning->arena, NULL, NULL);
}

bool bind_when(struct earning *earning, const struct program_rule *rule)
{
    CHECK(rule->when);
    return cel_is_true(evaluate(earning, rule->when)); // B1: an error is not true
}

bool bind_line(struct earning *earning, const struct program_rule *rule, size_t line)
{
    CHECK(rule->lines);
    struct binding *binding = binding_of(earning);
    if (!binding)
        return false;
    CHECK(line < earning->event->order->n_lines);
    binding->variables[VARIABLE_ITEM] = binding->items[line];
    return cel_is_true(evaluate(earning, rule->lines));
}

bool bind_amount(struct earning *earning, const struct program_rule *rule, int64_t *ret_units)
{
    CHECK(rule->amount.kind == AMOUNT_EXPRESSION);
    struct cel_value value = evaluate(earning, rule->amount.expression);
    if (value.tag != CEL_INT || !amount_valid(value.i))
        return false;
    *ret_units = value.i;
    return true;
}

bool bind_reward(const struct program *program, const struct member_state *state,
                 struct arena *arena, const struct program_reward *reward, int64_t at_us)
{
    CHECK(reward->when && program->cel);
    struct event_facts facts;
    if (earn_facts(program, state, at_us, arena, &facts))
        return false;
    struct cel_value variables[N_VARIABLES] = {
        [VARIABLE_MEMBER] = bind_member(arena, program, &facts),
        [VARIABLE_PROGRAM] = bind_program(arena, program),
        [VARIABLE_NOW] = timestamp(at_us),
    };
    if (arena_overflowed(arena))
        return false;
    return cel_is_true(cel_eval(reward->when, variables, arena, NULL, NULL));
}

// ---- what is missing to a condition

// Takes the word off the text, after white space.
static bool eat(struct str *text, struct str word)
{
    *text = str_trim(*text);
    if (!str_starts(*text, word))
        return false;
    *text = str_skip(*text, word.n);
    return true;
}

static bool eat_amount(struct str *text, const struct order *order, int64_t *ret_amount)
{
    if (!eat(text, STR("order.")))
        return false;
    if (eat(text, STR("paid")))
        *ret_amount = order->paid;
    else if (eat(text, STR("net")))
        *ret_amount = order->net;
    else if (eat(text, STR("gross")))
        *ret_amount = order->gross;
    else
        return false;
    return true;
}

// "order.paid >= 2000" or "order.paid > 1999", the whole of the text.
static bool read_threshold(struct str text, const struct order *order, struct threshold *threshold)
{
    int64_t there;
    if (!eat_amount(&text, order, &there))
        return false;
    bool or_equal = eat(&text, STR(">="));
    if (!or_equal && !eat(&text, STR(">")))
        return false;
    int64_t amount;
    if (!str_to_i64(str_trim(text), &amount) || !amount_valid(amount))
        return false;
    threshold->amount = or_equal ? amount : amount + 1;
    threshold->missing = threshold->amount - there;
    return threshold->missing > 0;
}

static size_t insert_threshold(struct threshold *list, size_t n, struct threshold threshold)
{
    size_t at = n;
    for (; at > 0 && list[at - 1].missing > threshold.missing; at--)
        list[at] = list[at - 1];
    list[at] = threshold;
    return n + 1;
}

size_t bind_thresholds(struct earning *earning, const struct program_rule *rule,
                       struct threshold *ret_list, size_t max)
{
    CHECK(rule->when && max > 0);
    struct binding *binding = binding_of(earning);
    const struct cel_traced *parts = NULL;
    size_t n_parts = 0, n = 0;
    if (!binding || !earning->event->order)
        return 0;
    cel_trace(rule->when, binding->variables, earning->arena, NULL, &parts, &n_parts);
    for (size_t i = 0; i < n_parts && n < max; i++) {
        struct str text = {rule->when_text.p + parts[i].start, parts[i].end - parts[i].start};
        struct threshold threshold;
        if (parts[i].value.tag == CEL_BOOL && !parts[i].value.b &&
            read_threshold(text, earning->event->order, &threshold))
            n = insert_threshold(ret_list, n, threshold);
    }
    return n;
}
