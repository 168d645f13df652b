// SPDX-License-Identifier: Apache-2.0
// document.c - the fields of a programme document, each said once.
//
// The help texts stand in the JSON Schema and in docs/programme.md.
//
// Layer: program.  Tests: tests/program/bad_documents_test.c, tests/program/program_test.c
#include "program/document.h"

#include "program/types.h"

#define NAME_HELP "how people call it, as it reads inside a sentence: \"coffee\""
#define ID_HELP "letters a-z, digits, '-' and '_'; never changes"
#define PRIORITY_MAX 1000
#define LIST_MAX 1000

static const char *const policies[] = {"none", "rolling", "calendar", NULL};
static const char *const rounds[] = {"none", "month", "quarter", "half_year", "year", NULL};
static const char *const shortfalls[] = {"floor", "debt", NULL};
static const char *const bases[] = {"paid", "gross", "net", "net_of_tax", NULL};
static const char *const roundings[] = {"floor", "ceil", "half_even", NULL};
static const char *const phases[] = {"base", "multiplier", "bonus", "cap", NULL};
static const char *const groups[] = {"first", "best", NULL};
static const char *const scopes[] = {"member", "program", "store", NULL};
static const char *const windows[] = {"event", "day", "week", "month", "year", "ever", NULL};

// The texts above are in the order of these enums.
_Static_assert(EXPIRY_CALENDAR == 2 && EXPIRY_YEAR == 4 && SHORTFALL_DEBT == 1, "order of words");
_Static_assert(BASE_NET_OF_TAX == 3 && ROUND_CEIL == 1 && ROUND_HALF_EVEN == 2, "order of words");
_Static_assert(PHASE_CAP == 3 && LIMIT_STORE == 2 && WINDOW_EVER == 5, "order of words");

static const struct field active_fields[] = {
    FIELD(struct doc_active, from, CUSTOM, .type = &type_time,
          .help = "the first instant, or the first day in the programme's zone"),
    FIELD(struct doc_active, until, CUSTOM, .type = &type_time,
          .help = "the instant at which it no longer counts, or the last day on which it does"),
};
static const struct shape shape_active = SHAPE("active", struct doc_active, active_fields);

static const struct field pending_fields[] = {
    FIELD_AS(struct doc_pending, lasts, "for", CUSTOM, .type = &type_period, .required = true,
             .help = "how long units wait before they can be spent; P0D: not at all"),
};
static const struct shape shape_pending = SHAPE("pending", struct doc_pending, pending_fields);

static const struct field expiry_fields[] = {
    FIELD(struct doc_expiry, policy, ENUM, .choices = policies, .required = true,
          .help = "never, a period after they became spendable, or on fixed dates of the year"),
    FIELD(struct doc_expiry, after, CUSTOM, .type = &type_period,
          .help = "rolling: how long units last; calendar: how long they last at least"),
    FIELD(struct doc_expiry, round, ENUM, .choices = rounds,
          .help = "rolling: units last until the end of that span, in the programme's zone"),
    FIELD(struct doc_expiry, dates, ARRAY, .type = &type_month_day, .min = 1, .max = 366,
          .help = "calendar: last days on which units can be spent, \"12-31\""),
};
static const struct shape shape_expiry = SHAPE("expiry", struct doc_expiry, expiry_fields);

static const struct field unit_fields[] = {
    FIELD(struct doc_unit, en, ARRAY, .items = FIELD_STR, .required = true, .min = 2, .max = 2,
          .item_min = 1, .item_max = 40,
          .help = "one and many, in English: [\"point\", \"points\"]"),
    FIELD(struct doc_unit, fr, ARRAY, .items = FIELD_STR, .min = 2, .max = 2, .item_min = 1,
          .item_max = 40, .help = "one and many, in French; the English ones when absent"),
};
static const struct shape shape_unit = SHAPE("unit", struct doc_unit, unit_fields);

static const struct field currency_fields[] = {
    FIELD(struct doc_currency, id, CUSTOM, .type = &type_id, .required = true, .help = ID_HELP),
    FIELD(struct doc_currency, unit, OBJECT, .shape = &shape_unit, .required = true,
          .help = "what one unit is called, and many"),
    FIELD(struct doc_currency, scale, I64, .max = 4,
          .help = "decimals of a unit: with 2, the amount 150 is shown as 1.50"),
    FIELD(struct doc_currency, pending, OBJECT, .shape = &shape_pending,
          .help = "units wait before they can be spent"),
    FIELD(struct doc_currency, expiry, OBJECT, .shape = &shape_expiry,
          .help = "when units can no longer be spent; never when absent"),
    FIELD(struct doc_currency, shortfall, ENUM, .choices = shortfalls,
          .help = "a return takes back more than the member has: forgive the rest, or owe it"),
    FIELD(struct doc_currency, debt_max, I64, .min = 1, .max = AMOUNT_MAX, .absent = AMOUNT_MAX,
          .help = "debt: how many units a member may owe, the rest is forgiven"),
};
static const struct shape shape_currency = SHAPE("currency", struct doc_currency, currency_fields);

static const struct field excluded_fields[] = {
    FIELD(struct doc_excluded, categories, ARRAY, .items = FIELD_STR, .max = LIST_MAX,
          .item_min = 1, .item_max = 100, .help = "categories whose lines never earn"),
    FIELD(struct doc_excluded, skus, ARRAY, .items = FIELD_STR, .max = LIST_MAX, .item_min = 1,
          .item_max = 100,
          .help = "articles that never earn; \"gift_*\" is every one that begins with gift_"),
};
static const struct shape shape_excluded = SHAPE("excluded", struct doc_excluded, excluded_fields);

static const struct field rate_fields[] = {
    FIELD(struct doc_rate, units, I64, .required = true, .min = 1, .max = AMOUNT_MAX,
          .help = "so many units"),
    FIELD(struct doc_rate, per, I64, .required = true, .min = 1, .max = AMOUNT_MAX,
          .help = "per so many minor units of money: 100 is 1.00"),
    FIELD(struct doc_rate, of, ENUM, .choices = bases,
          .help = "of what was paid in money for eligible lines, of the lines before discounts, "
                  "after them, or after them without tax"),
    FIELD(struct doc_rate, rounding, ENUM, .choices = roundings,
          .help = "how a part of a unit is rounded"),
    FIELD(struct doc_rate, per_line, BOOL, .help = "round each line instead of the order"),
    FIELD(struct doc_rate, carry, BOOL,
          .help = "keep what rounding cut off for the member's next order"),
};
const struct shape shape_rate = SHAPE("rate", struct doc_rate, rate_fields);

static const struct field limit_fields[] = {
    FIELD(struct doc_limit, times, I64, .min = 1, .max = AMOUNT_MAX,
          .help = "how often the rule may apply (this or units)"),
    FIELD(struct doc_limit, units, I64, .min = 1, .max = AMOUNT_MAX,
          .help = "how many units the rule may give (this or times)"),
    FIELD(struct doc_limit, per, ENUM, .choices = scopes, .absent = LIMIT_PROGRAM,
          .help = "to each member, to everybody together, or in each store"),
    FIELD(struct doc_limit, within, ENUM, .choices = windows, .absent = WINDOW_EVER,
          .help = "in one event, or in one day, week (from Monday), month or year"),
};
static const struct shape shape_limit = SHAPE("limit", struct doc_limit, limit_fields);

static const struct field rule_fields[] = {
    FIELD(struct doc_rule, id, CUSTOM, .type = &type_id, .required = true, .help = ID_HELP),
    FIELD(struct doc_rule, name, CUSTOM, .type = &type_name,
          .help = "what members read beside the units, as inside a sentence: \"every purchase\""),
    FIELD(struct doc_rule, on, CUSTOM, .type = &type_event, .required = true,
          .help = "the event type it applies to, such as order.paid, visit or quiz.passed"),
    FIELD(struct doc_rule, phase, ENUM, .choices = phases, .absent = -1,
          .help = "base earns; multiplier multiplies what base earned; bonus earns beside it; cap "
                  "cuts off.  When absent: what earn, multiply or cap say"),
    FIELD(struct doc_rule, priority, I64, .min = -PRIORITY_MAX, .max = PRIORITY_MAX,
          .help = "inside a phase the smaller comes first, then the id"),
    FIELD(struct doc_rule, exclusive_group, CUSTOM, .type = &type_id,
          .help = "of the rules with this word only one applies"),
    FIELD(struct doc_rule, group, ENUM, .choices = groups,
          .help = "which one: the first that can, or the one that gives most"),
    FIELD(struct doc_rule, active, OBJECT, .shape = &shape_active,
          .help = "the time in which it counts; always when absent"),
    FIELD(struct doc_rule, when, CUSTOM, .type = &type_expression,
          .help = "a condition in the rule language: order.paid >= 5000"),
    FIELD(struct doc_rule, lines, CUSTOM, .type = &type_expression,
          .help = "which lines of the order count: item.category == 'drinks'; every eligible one "
                  "when absent"),
    FIELD(struct doc_rule, earn, CUSTOM, .type = &type_earn,
          .help = "base and bonus: one currency and how much: 100, a rate, or an expression"),
    FIELD(struct doc_rule, multiply, CUSTOM, .type = &type_multiply,
          .help =
              "multiplier: \"2.0\", or {\"points\": \"2.0\"} when there are several currencies"),
    FIELD(struct doc_rule, compound, BOOL,
          .help = "multiplier: multiply what the other multipliers made of it, instead of adding: "
                  "2 and 3 are 6 times, not 4 times"),
    FIELD(struct doc_rule, rounding, ENUM, .choices = roundings,
          .help = "multiplier: how a part of a unit is rounded"),
    FIELD(struct doc_rule, cap, CUSTOM, .type = &type_units,
          .help = "cap: one currency and the most units that one event may earn"),
    FIELD(struct doc_rule, limits, ARRAY, .shape = &shape_limit, .max = 20,
          .help = "how often it applies or how much it gives, at most"),
    FIELD(struct doc_rule, pending, OBJECT, .shape = &shape_pending,
          .help = "instead of the currency's"),
    FIELD(struct doc_rule, expiry, OBJECT, .shape = &shape_expiry,
          .help = "instead of the currency's"),
};
static const struct shape shape_rule = SHAPE("rule", struct doc_rule, rule_fields);

static const struct field reward_limits_fields[] = {
    FIELD(struct doc_reward_limits, per_member, I64, .min = 1, .max = AMOUNT_MAX,
          .help = "how often one member may have it"),
    FIELD(struct doc_reward_limits, stock, I64, .min = 1, .max = AMOUNT_MAX,
          .help = "how many there are for everybody"),
};
static const struct shape shape_reward_limits =
    SHAPE("reward_limits", struct doc_reward_limits, reward_limits_fields);

static const struct field reward_fields[] = {
    FIELD(struct doc_reward, id, CUSTOM, .type = &type_id, .required = true, .help = ID_HELP),
    FIELD(struct doc_reward, name, CUSTOM, .type = &type_name, .required = true, .help = NAME_HELP),
    FIELD(struct doc_reward, cost, CUSTOM, .type = &type_units, .required = true,
          .help = "units of one currency or of several: {\"points\": 500}"),
    FIELD(struct doc_reward, gives, CUSTOM, .type = &type_gives, .required = true,
          .help = "what the member gets"),
    FIELD(struct doc_reward, limits, OBJECT, .shape = &shape_reward_limits,
          .help = "how many may be had"),
    FIELD(struct doc_reward, active, OBJECT, .shape = &shape_active,
          .help = "the time in which it can be had; always when absent"),
    FIELD(struct doc_reward, when, CUSTOM, .type = &type_expression,
          .help = "who may have it, in the rule language: member.orders >= 5"),
    FIELD(struct doc_reward, hold_for, CUSTOM, .type = &type_period, .absent_text = "PT15M",
          .help = "how long it stays reserved while the till completes the order"),
};
static const struct shape shape_reward = SHAPE("reward", struct doc_reward, reward_fields);

#define LATER "not in this release: leave it out or leave it empty"
#define LATER_LIST(name, i)                                                                        \
    FIELD_AS(struct document, later[i], name, CUSTOM, .type = &type_no_items, .help = LATER)
#define LATER_OBJECT(name, i)                                                                      \
    FIELD_AS(struct document, later[i], name, CUSTOM, .type = &type_no_members, .help = LATER)

static const struct field document_fields[] = {
    FIELD_AS(struct document, schema, "$schema", STR, .min = 1, .max = 500,
             .help = "where an editor finds the JSON Schema; means nothing to us"),
    FIELD(struct document, id, CUSTOM, .type = &type_id, .required = true, .help = ID_HELP),
    FIELD(struct document, name, CUSTOM, .type = &type_name, .required = true,
          .help = "what members see: a text, or one per language"),
    FIELD(struct document, timezone, CUSTOM, .type = &type_zone, .required = true,
          .help = "where days begin and end, such as Europe/Paris"),
    FIELD(struct document, money, CUSTOM, .type = &type_money, .required = true,
          .help = "the ISO 4217 code of the money orders are paid in"),
    FIELD(struct document, enrol_unknown, BOOL, .absent = true,
          .help = "an event for an unknown member enrols it"),
    FIELD(struct document, back_dating, CUSTOM, .type = &type_period, .absent_text = "P30D",
          .help = "how long ago an event may have happened when it is told"),
    FIELD(struct document, currencies, ARRAY, .shape = &shape_currency, .max = 16,
          .help = "what members collect"),
    FIELD(struct document, excluded, OBJECT, .shape = &shape_excluded,
          .help = "lines of an order that never earn"),
    FIELD(struct document, rules, ARRAY, .shape = &shape_rule, .max = PROGRAM_RULES_MAX,
          .help = "what is earned for what"),
    FIELD(struct document, rewards, ARRAY, .shape = &shape_reward, .max = 1000,
          .help = "what units buy"),
    LATER_LIST("stamp_cards", 0),
    LATER_LIST("cashback", 1),
    LATER_LIST("memberships", 2),
    LATER_LIST("tiers", 3),
    LATER_LIST("vouchers", 4),
    LATER_LIST("promotions", 5),
    LATER_LIST("challenges", 6),
    LATER_OBJECT("referral", 7),
    LATER_LIST("segments", 8),
    LATER_LIST("messages", 9),
    LATER_LIST("experiments", 10),
    LATER_OBJECT("staff_limits", 11),
    FIELD(struct document, metadata, CUSTOM, .type = &type_metadata,
          .help = "notes of your own: an object of texts"),
};
const struct shape shape_document = SHAPE("document", struct document, document_fields);

const struct shape *const document_shapes[] = {
    &shape_document, &shape_currency,      &shape_unit, &shape_pending, &shape_expiry,
    &shape_excluded, &shape_rule,          &shape_rate, &shape_limit,   &shape_active,
    &shape_reward,   &shape_reward_limits, NULL,
};

void document_read(const struct json *root, struct problems *problems, struct document *ret_doc)
{
    *ret_doc = (struct document){0};
    (void)!shape_read(&shape_document, root, problems, ret_doc);
}
