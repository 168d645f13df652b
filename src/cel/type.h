// SPDX-License-Identifier: Apache-2.0
// type.h - types: what the checker deduces and signatures are made of.
//
// Layer: cel.  Tests: the conformance run compares deduced types
#pragma once

#include "cel/value.h"

struct buf;
struct cel_env;

enum cel_type_kind {
    CEL_T_ERROR, // of a node that already has a diagnostic
    CEL_T_DYN,
    CEL_T_NULL,
    CEL_T_BOOL,
    CEL_T_INT,
    CEL_T_UINT,
    CEL_T_DOUBLE,
    CEL_T_STRING,
    CEL_T_BYTES,
    CEL_T_TIMESTAMP,
    CEL_T_DURATION,
    CEL_T_TYPE,     // of a type value; param 0 is the type it names
    CEL_T_LIST,     // param 0
    CEL_T_MAP,      // param 0 to param 1
    CEL_T_OPTIONAL, // param 0
    CEL_T_RECORD,
    CEL_T_OPAQUE, // of a host: name and params
    CEL_T_PARAM,  // "T" in a signature: id is the letter
    CEL_T_VAR,    // a fresh variable of the checker: id
};

struct cel_type {
    uint8_t kind;
    uint8_t n_params;
    uint32_t id;
    struct str name; // of an opaque type
    const struct cel_type *param[3];
    const struct cel_record_type *record;
};

extern const struct cel_type cel_t_error, cel_t_dyn, cel_t_null, cel_t_bool, cel_t_int, cel_t_uint,
    cel_t_double, cel_t_string, cel_t_bytes, cel_t_timestamp, cel_t_duration, cel_t_type;

const struct cel_type *cel_t_new(struct arena *arena, enum cel_type_kind kind,
                                 const struct cel_type *a, const struct cel_type *b);
bool cel_t_same(const struct cel_type *a, const struct cel_type *b);
void cel_t_print(const struct cel_type *type, struct buf *out);
// Reads "map(string, list(T))" from *text and moves it behind.  NULL when it is no type.
const struct cel_type *cel_t_parse(const struct cel_env *env, struct arena *arena,
                                   struct str *text);
// The type with this name as an expression writes it (int, list, google.protobuf.Timestamp), or
// NULL.
const struct cel_type *cel_t_named(struct str name);

// What the checker knows of type variables.  Assignment may fail half way, so every binding is on
// a trail and can be taken back.
struct cel_node;
struct cel_unify {
    struct arena *arena;   // for types
    struct arena *scratch; // for what is bound
    uint32_t n_vars;
    uint32_t n_trail;
    uint32_t room;
    const struct cel_type **bound; // by variable, NULL when free
    struct cel_trail *trail;
};
const struct cel_type *cel_t_fresh(struct cel_unify *u);
// Can a value of type b stand where a is expected?  Binds variables only when it can.
bool cel_t_assign(struct cel_unify *u, const struct cel_type *a, const struct cel_type *b);
// The same for the arguments of a call, all or nothing.
bool cel_t_assign_all(struct cel_unify *u, struct cel_node *const *args,
                      const struct cel_type *const *params, uint32_t n);
const struct cel_type *cel_t_general(const struct cel_type *a, const struct cel_type *b);
// The type with its variables replaced by what they are bound to; free ones become dyn if asked.
const struct cel_type *cel_t_resolve(struct cel_unify *u, const struct cel_type *type,
                                     bool free_to_dyn);
// A signature's type with its letters replaced by the given variables.
const struct cel_type *cel_t_instance(struct cel_unify *u, const struct cel_type *type,
                                      const struct cel_type **letters);
