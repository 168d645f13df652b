// SPDX-License-Identifier: Apache-2.0
// compile.h - from the document as written to the snapshot: what the steps share.
//
// Each step reads its part of the document, looks up what it names and adds to errors and warnings;
// none stops at the first.  A part that already has a fault is left alone, so that one mistake is
// told once.
//
//   C1  What goes into the snapshot is allocated from keep and copied: nothing of the caller's
//       arena is referred to after program_compile.
//
// Layer: program, private.  Tests: tests/program/
#pragma once

#include "program/document.h"

// Larger orders are possible, but no rate may overflow on anything up to this (10,000,000,000.00).
#define ORDER_AMOUNT_EXPECTED_MAX INT64_C(1000000000000)

struct compiler {
    struct arena *arena; // the caller's: document and problems
    struct arena *keep;  // the snapshot's
    struct problems errors, warnings;
    struct program *program;
    const struct json *root;
    struct document doc;
};

// True when a fault was told at this value or below it.
bool compiler_has_fault(const struct compiler *c, const struct json *at);
// A copy in the snapshot; empty stays empty.
struct str keep_str(struct compiler *c, struct str text);
struct bilingual keep_bilingual(struct compiler *c, struct bilingual text);
// n zeroed elements in the snapshot.  NULL, with the arena's mark set, only when there is no memory
// for more than ARENA_SINK_BYTES.
void *keep_array(struct compiler *c, size_t n, size_t size);
// The zone of the programme; UTC when it could not be read.
const struct tz *compiler_tz(const struct compiler *c);
// Index of the currency that a member is named by, or -1 with a problem at the member.
int compiler_currency(struct compiler *c, const struct json *member);
// True when an earlier item of the list has the same id; adds the problem.
bool compiler_duplicate(struct compiler *c, const struct json *list, size_t i);

// The times in which something counts: from 0 to for ever when active is NULL.
void compile_active(struct compiler *c, const struct doc_active *active, const struct json *at,
                    int64_t *ret_from_us, int64_t *ret_until_us);

// ---- the steps

// currencies.c
void compile_currencies(struct compiler *c);
void compile_expiry(struct compiler *c, const struct doc_expiry *doc, const struct json *at,
                    struct expiry *ret);
// rules.c
void compile_rules(struct compiler *c);
// earning.c: one rule's earn, multiply or cap, with its limits
void compile_amount(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                    struct program_rule *rule, bool has_order);
void compile_limits(struct compiler *c, const struct doc_rule *doc, const struct json *at,
                    struct program_rule *rule);
// check.c: what is wrong with the rules as a whole.  They are sorted; rule.index is still the place
// in the document.  all: none was left out for a fault.
void check_rules(struct compiler *c, const struct program_rule *rules, size_t n, bool all);
// rewards.c
void compile_rewards(struct compiler *c);
