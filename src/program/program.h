// SPDX-License-Identifier: Apache-2.0
// program.h - a programme as the engine sees it: compiled, immutable, shared.
//
// Everything an owner can configure is one JSON document.  program_compile turns it into this
// snapshot, with every expression type-checked, every reference resolved to an index and every
// date resolved to an instant; a document that has one error gives no snapshot.  A snapshot owns
// its arena and a reference count, so that a request keeps the one it started with.
//
//   P1  Nothing in a snapshot changes after program_compile; threads share it.
//   P2  Rules stand in the order in which they are decided: phase, priority, id.
//   P3  Every index (currency) is valid.
//
// Layer: program.  Tests: tests/program/*_test.c and the documents in docs/templates/
#pragma once

#include "base/arena.h"
#include "base/calendar.h"
#include "base/checked.h"
#include "base/err.h"
#include "base/money.h"
#include "base/text.h"
#include "base/tz.h"

#include <stdatomic.h>

struct cel_env;
struct cel_prog;

// The largest document, and the most rules it may have.
#define PROGRAM_DOCUMENT_MAX ((size_t)1024 * 1024)
#define PROGRAM_RULES_MAX 1000

// A sentence or name in both first languages; fr is never empty (it repeats en when absent).
struct bilingual {
    struct str en;
    struct str fr;
};

// ---- currencies

enum expiry_policy { EXPIRY_NONE, EXPIRY_ROLLING, EXPIRY_CALENDAR };
enum expiry_round { EXPIRY_EXACT, EXPIRY_MONTH, EXPIRY_QUARTER, EXPIRY_HALF_YEAR, EXPIRY_YEAR };

struct month_day {
    int month; // 1-12
    int day;   // 1-31, the last valid day
};

struct expiry {
    enum expiry_policy policy;
    struct period after;           // rolling
    enum expiry_round round;       // rolling: up to the end of that unit, in the programme's zone
    const struct month_day *dates; // calendar, ascending; units live at least `after`
    size_t n_dates;
};

enum shortfall { SHORTFALL_FLOOR, SHORTFALL_DEBT };

struct program_currency {
    struct str id;
    struct bilingual one;  // "point"
    struct bilingual many; // "points"
    int scale;             // 0-4 decimals of a unit
    struct period pending; // zero: spendable at once
    struct expiry expiry;
    enum shortfall shortfall; // when a claw-back finds less than it must take
    int64_t debt_max;         // SHORTFALL_DEBT: units a member may owe, the rest is forgiven
};

// ---- rules

enum phase { PHASE_BASE, PHASE_MULTIPLIER, PHASE_BONUS, PHASE_CAP };

// What an amount is counted on; SEMANTICS: default is what was paid in money for eligible lines.
enum earning_base { BASE_PAID, BASE_GROSS, BASE_NET, BASE_NET_OF_TAX };

// "10 units per 100 of what was paid, floor per order".
struct rate {
    enum earning_base of;
    int64_t units;
    int64_t per;
    enum rounding rounding;
    bool per_line; // round each line instead of the order
    bool carry;    // keep the remainder for the member's next event
};

enum amount_kind { AMOUNT_FIXED, AMOUNT_RATE, AMOUNT_EXPRESSION };

struct amount {
    enum amount_kind kind;
    int64_t fixed; // > 0
    struct rate rate;
    const struct cel_prog *expression; // int
    struct str text;                   // of the expression
};

enum limit_scope { LIMIT_MEMBER, LIMIT_PROGRAM, LIMIT_STORE };
enum limit_window { WINDOW_EVENT, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_YEAR, WINDOW_EVER };

struct limit {
    enum limit_scope scope;
    enum limit_window window;
    bool counts_units; // else it counts how often the rule applied
    int64_t max;
};

struct program_rule {
    struct str id;
    struct bilingual name; // may be empty: the sentence then describes the rule
    struct str on;         // event type
    enum phase phase;
    int priority;
    struct str exclusive_group;         // empty: none
    bool group_best;                    // the best of the group applies, else the first
    int64_t active_from_us;             // INT64_MIN: always
    int64_t active_until_us;            // half-open; INT64_MAX: for ever
    const struct cel_prog *when;        // bool; NULL: always
    const struct cel_prog *lines;       // bool over `item`; NULL: every eligible line
    struct str when_text, lines_text;   // as they were written; empty without
    int currency;                       // index
    struct amount amount;               // base, bonus
    int64_t multiply_num, multiply_den; // multiplier, in lowest terms, more than 1
    bool compound;
    enum rounding multiply_rounding;
    int64_t cap; // cap phase: most units of the currency one event may earn
    const struct limit *limits;
    size_t n_limits;
    bool has_pending, has_expiry; // overrides of the currency's
    struct period pending;
    struct expiry expiry;
    size_t index; // its own place in program.rules
};

// The rules of one event type, in the order of P2.
struct event_rules {
    struct str on;
    const struct program_rule *const *rules;
    size_t n;
};

// ---- rewards

struct reward_cost {
    int currency;
    int64_t units;
};

enum reward_type {
#define REWARD_TYPE(name, type, en, fr) REWARD_##name,
#define REWARD_FIELD(name, field, kind, min, max, presence, en, fr)
#include "reward_types.def"
#undef REWARD_TYPE
#undef REWARD_FIELD
};

struct program_reward {
    struct str id;
    struct bilingual name;
    const struct reward_cost *costs;
    size_t n_costs;
    enum reward_type type;
    struct str gives_type; // catalog/reward_types.def
    struct str gives;      // the "gives" object as JSON, handed through to the till
    int64_t active_from_us, active_until_us;
    int64_t per_member;          // 0: no limit
    int64_t stock;               // 0: no limit
    const struct cel_prog *when; // bool over member, program and now; NULL: everybody
    struct str when_text;
    struct period hold_for; // how long a hold lasts
};

// ---- the snapshot

struct program {
    struct arena arena;
    atomic_int references;
    int64_t version;       // 0 until stored
    int64_t valid_from_us; // events that occurred before are judged by an earlier version
    struct str document;   // the text as it was given
    uint8_t sha256[32];    // of the document
    struct str id;
    struct bilingual name;
    const struct tz *tz;
    struct str timezone;
    const struct money_info *money;
    bool enrol_unknown;        // an event for an unknown member enrols it
    struct period back_dating; // how far back occurred_at may lie
    const struct program_currency *currencies;
    size_t n_currencies;
    const struct program_rule *rules;
    size_t n_rules;
    const struct event_rules *rules_by_event; // ascending by `on`
    size_t n_rules_by_event;
    const struct program_reward *rewards;
    size_t n_rewards;
    const struct str *excluded_categories; // lines that never earn
    size_t n_excluded_categories;
    const struct str *excluded_skus; // exact, or a prefix that ends in '*'
    size_t n_excluded_skus;
    const struct cel_env *cel;
    bool uses_member_attributes; // some expression reads member.attributes
};

// What is wrong with a document: pointer into it, machine code, sentence, suggestion.
struct program_problem {
    struct str pointer;    // RFC 6901
    struct str code;       // "unknown_field", "type", "range", "expression", ...
    struct str detail;     // English, one sentence
    struct str suggestion; // what to write there instead, or empty
    uint32_t start, end;   // bytes of the text there that are meant; end 0: the whole value
    bool warning;
};

struct program_problems {
    struct program_problem *list;
    size_t n;
    size_t n_errors; // the rest are warnings
};

// Parses, checks and compiles.  ERR_PROGRAM_INVALID with at least one error in ret_problems;
// warnings may come with OK.  The problems live in the caller's arena, the snapshot in its own;
// the caller owns one reference.
MUST_CHECK enum err program_compile(struct arena *arena, struct str document,
                                    struct program_problems *ret_problems,
                                    struct program **ret_program);

struct program *program_ref(struct program *program);
void program_unref(struct program *program); // accepts NULL

// Index of the currency or reward, or -1.
int program_currency_index(const struct program *program, struct str id);
int program_reward_index(const struct program *program, struct str id);
// What an event of this type may earn by; n is 0 when no rule wants it.
struct event_rules program_rules_for(const struct program *program, struct str type);
// True when a line of this category and article never earns.
bool program_excludes(const struct program *program, struct str category, struct str sku);

// One expression by itself, as an editor asks about it.
struct expression_in {
    struct str text;
    struct str want; // "bool" or "int"
    struct str on;   // event type; empty: a reward's condition
    bool lines;      // a condition on each line of an order
};
struct expression_check {
    bool valid;             // no errors; there may be warnings
    struct str diagnostics; // JSON array, see cel_diags_json
    // Absent when the text has errors of its own:
    struct str type, canonical;
    uint64_t cost_max;
    struct str tree; // JSON
};
MUST_CHECK enum err program_check_expression(struct arena *arena, const struct program *program,
                                             const struct expression_in *in,
                                             struct expression_check *ret_check);

// The JSON Schema of the document (draft 2020-12), as `habitue schema` prints it.
struct str program_schema(struct arena *arena);

// The programme in one breath: "1 € = 10 points. 500 points = 1 coffee."
struct bilingual program_summary(struct arena *arena, const struct program *program);
// What one rule does, without a full stop: "10 points per 1.00 EUR paid, only when ...".
struct bilingual program_rule_sentence(struct arena *arena, const struct program *program,
                                       const struct program_rule *rule);
// "90 points", "1 point", "2.50 credits".
struct bilingual program_units(struct arena *arena, const struct program_currency *currency,
                               int64_t units);

// What differs between two documents, one sentence a change, in the order of the document; before
// may be STR_NONE.  Key order and white space are no difference.  Both must compile, else
// ERR_PROGRAM_INVALID.  Used by `habitue plan`.
struct program_change {
    struct str pointer;       // into after; into before when it was removed
    struct str kind;          // "added", "removed", "changed"
    struct str before, after; // JSON text, STR_NONE where absent
    struct bilingual sentence;
};
MUST_CHECK enum err program_diff(struct arena *arena, struct str before, struct str after,
                                 struct program_change **ret_changes, size_t *ret_n);
