// SPDX-License-Identifier: Apache-2.0
// check.h - the checker's state, shared by check.c, check_call.c, hint.c and warn.c.
//
// Layer: cel.  Tests: tests/cel/diagnostics.golden, the conformance run
#pragma once

#include "cel/internal.h"

struct cel_local {
    struct str name;
    const struct cel_type *type;
    uint32_t slot;
    bool used;
    bool money;
};

#define CEL_GUARDS_MAX 64

struct cel_checker {
    const struct cel_env *env;
    struct cel_source *source;
    struct arena *arena;
    struct cel_unify unify;
    bool checked; // false: everything is dyn, names and functions may be missing
    struct cel_local locals[CEL_DEPTH_MAX * 2];
    uint32_t n_locals, max_locals;
    unsigned nesting;
    const struct cel_node *guards[CEL_GUARDS_MAX]; // selects known to be there
    uint32_t n_guards;
};

// check.c
void cel_visit(struct cel_checker *c, struct cel_node *node);
const struct cel_type *cel_known_type(struct cel_checker *c, const struct cel_node *node);
struct cel_local *cel_local_find(struct cel_checker *c, struct str name);
// "a.b.c" of a chain of plain selects on a name that is no local, or STR_NONE.
struct str cel_dotted(struct cel_checker *c, const struct cel_node *node, bool *ret_root);
// The field that a select reads, or NULL.
const struct cel_field *cel_field_of(const struct cel_node *node);
bool cel_is_text(const struct cel_node *node);

// check_call.c
void cel_check_call(struct cel_checker *c, struct cel_node *node);
// Finds the overloads of this name that take the node's arguments and gives the node its type;
// false when there is none.
bool cel_resolve(struct cel_checker *c, struct cel_node *node, struct str name, bool member);

// hint.c: reports with suggestions
void cel_hint_name(struct cel_checker *c, struct cel_node *node);
void cel_hint_field(struct cel_checker *c, struct cel_node *node,
                    const struct cel_record_type *record);
void cel_hint_no_fields(struct cel_checker *c, struct cel_node *node, const struct cel_type *type);
void cel_hint_function(struct cel_checker *c, struct cel_node *node);
void cel_hint_arguments(struct cel_checker *c, struct cel_node *node, struct str name);
void cel_hint_operands(struct cel_checker *c, struct cel_node *node);
// where: the operator or macro that needs the bool.
void cel_hint_not_bool(struct cel_checker *c, const struct cel_node *node, struct str where);
void cel_hint_wanted(struct cel_checker *c, const struct cel_node *root, const char *want);
// An unknown word beside a text: quotes were forgotten.  True when it was that.
bool cel_hint_unquoted(struct cel_checker *c, struct cel_node *word, struct cel_node *other);
struct str cel_type_text(struct cel_checker *c, const struct cel_type *type);
struct str cel_source_text(struct cel_checker *c, const struct cel_node *node);

// warn.c
// What a missing value of this type most likely counts as: "0"; or NULL.
const char *cel_nothing_of(const struct cel_type *type);
void cel_warn_unguarded(struct cel_checker *c, struct cel_node *node);
void cel_warn_division(struct cel_checker *c, const struct cel_node *node);
void cel_warn_words(struct cel_checker *c, const struct cel_node *node);
void cel_warn_same(struct cel_checker *c, const struct cel_node *node);
// What is known to be there once node is true (or false).
void cel_guard(struct cel_checker *c, const struct cel_node *node, bool when);
