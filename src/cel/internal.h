// SPDX-License-Identifier: Apache-2.0
// internal.h - tree, types and environment, shared by the files of src/cel.
//
// text -> parse.c -> tree (struct cel_node) -> check.c puts types and resolutions on it ->
// plan.c turns it into steps -> eval.c runs them.  The tree is what print.c and ast_json.c write.
//
// Layer: cel.  Tests: tests/cel/*_test.c
#pragma once

#include "cel/cel.h"
#include "cel/function.h"
#include "cel/type.h"

#define CEL_DEPTH_MAX 250
#define CEL_TEXT_MAX 100000u // code points
#define CEL_STRING_SIZE 1024u
#define CEL_LIST_SIZE 200u
#define CEL_ARGS_MAX 16 // parameters of a declared overload

// ---- environment

struct cel_overload {
    struct str name; // "charAt", "math.abs", "_+_"
    struct str signature;
    struct str doc;
    uint8_t n_args; // receiver included
    bool member;
    uint8_t cost;   // enum cel_cost
    uint8_t size;   // enum cel_size
    int8_t literal; // the argument to prepare, or -1
    const struct cel_type *arg[CEL_ARGS_MAX];
    uint32_t kinds[CEL_ARGS_MAX]; // a bit for every enum cel_tag the argument may have
    const struct cel_type *result;
    struct cel_value (*fn)(struct cel_call *call, const struct cel_value *args);
    struct cel_prepared (*prepare)(struct arena *arena, struct str literal);
    void *ctx;
    struct cel_overload *next; // of the same name
};

struct cel_var {
    struct str name;
    const char *type_text;
    const struct cel_type *type;
    uint32_t slot;
};

struct cel_record_decl {
    struct cel_record_type type;
    const struct cel_field_spec *specs;
    struct cel_type own; // the type of a value of it
};

struct cel_zone {
    struct str name;
    const struct tz *tz;
    struct cel_zone *next;
};

#define CEL_NAMES 512

struct cel_env {
    struct arena *arena;
    struct cel_overload *by_name[CEL_NAMES]; // hash of the name; chained by next through names
    struct cel_var *vars;
    uint32_t n_vars, room_vars;
    struct cel_record_decl **records;
    uint32_t n_records, room_records;
    struct cel_zone *zones;
    struct str container;
    unsigned nesting;
    uint64_t cost_max;
    bool sealed;
    const char *problem;
};

// A bit for every enum cel_tag that a value of this type may have.
uint32_t cel_kinds_of(const struct cel_type *type);
// The first overload with this name or NULL; follow cel_overload_next.
const struct cel_overload *cel_env_overloads(const struct cel_env *env, struct str name);
const struct cel_overload *cel_overload_next(const struct cel_overload *overload);
const struct cel_var *cel_env_find(const struct cel_env *env, struct str name);
// Puts the lines of overloads.def into a new environment.
void cel_overloads_declare(struct cel_env *env);
struct cel_overload *cel_overload_add(struct cel_env *env, const char *signature);

// ---- tree

enum cel_kind {
    CEL_N_BROKEN, // where parsing gave up: has a diagnostic
    CEL_N_LITERAL,
    CEL_N_NAME,
    CEL_N_SELECT, // arg 0 . name
    CEL_N_INDEX,  // arg 0 [ arg 1 ]
    CEL_N_OP,     // an operator: op
    CEL_N_CALL,   // name(args); CEL_F_MEMBER: arg 0 is the receiver
    CEL_N_LIST,
    CEL_N_MAP,   // key, value, key, value ...
    CEL_N_MACRO, // op is enum cel_macro
};

enum cel_op {
    CEL_OP_NONE,
    CEL_OP_COND,
    CEL_OP_OR, // n arguments
    CEL_OP_AND,
    CEL_OP_EQ,
    CEL_OP_NE,
    CEL_OP_LT,
    CEL_OP_LE,
    CEL_OP_GT,
    CEL_OP_GE,
    CEL_OP_IN,
    CEL_OP_ADD,
    CEL_OP_SUB,
    CEL_OP_MUL,
    CEL_OP_DIV,
    CEL_OP_MOD,
    CEL_OP_NOT,
    CEL_OP_NEG,
    CEL_OP_COUNT,
};

struct cel_op_info {
    const char *text; // "+"
    const char *name; // "_+_"
    int level;        // binds tighter when higher
    int n_args;
};
extern const struct cel_op_info cel_ops[CEL_OP_COUNT];

// arg 0 of a macro is what it goes over (of bind: the value), the others are its bodies.
enum cel_macro {
    CEL_M_HAS,
    CEL_M_ALL,
    CEL_M_EXISTS,
    CEL_M_EXISTS_ONE,
    CEL_M_MAP,
    CEL_M_FILTER,
    CEL_M_TRANSFORM_LIST,
    CEL_M_TRANSFORM_MAP,
    CEL_M_TRANSFORM_ENTRY,
    CEL_M_BIND,
    CEL_M_OPT_MAP,
    CEL_M_OPT_FLAT_MAP,
    CEL_M_SORT_BY,
    CEL_M_COUNT,
};

struct cel_macro_info {
    struct str name;
    uint8_t macro;
    uint8_t n_vars;
    uint8_t n_bodies;
    const char *usage; // "exists(item, condition)"
};
extern const struct cel_macro_info cel_macros[];
extern const size_t cel_n_macros;
// By name, variables and bodies; NULL when there is none.  n_vars < 0: any with this name.
const struct cel_macro_info *cel_macro_find(struct str name, int n_vars, int n_bodies);

enum {
    CEL_F_MEMBER = 1,    // call with a receiver
    CEL_F_OPTIONAL = 2,  // .?f  [?i]
    CEL_F_IF_THERE = 4,  // [?e]  {?k: v}: on the element or the key
    CEL_F_ROOT = 8,      // .name
    CEL_F_MONEY = 16,    // checker: minor units
    CEL_F_CONSTANT = 32, // checker: reads no variable
    CEL_F_SPACE = 64,    // checker: arg 0 of a call is no receiver but a namespace
};

// What the checker found a name, a select or a call to be.
enum cel_found {
    CEL_FOUND_NOTHING, // plain; a call: nothing matches
    CEL_FOUND_VAR,     // slot
    CEL_FOUND_LOCAL,   // slot
    CEL_FOUND_TYPE,    // a type as a value
    CEL_FOUND_FIELD,   // slot in a record
    CEL_FOUND_CALL,    // overload, alone
    CEL_FOUND_CALLS,   // several may match: at run time by kind
};

struct cel_node {
    uint8_t kind;
    uint8_t op;
    uint8_t flags;
    uint8_t found;
    uint8_t n_vars;
    uint16_t depth;
    uint32_t n_args;
    uint32_t start, end; // the whole
    uint32_t at, at_end; // the word or operator to point at
    uint32_t slot;       // variable, field, or first local of a macro
    struct str name;
    struct str vars[2];     // of a macro
    struct cel_value value; // of a literal
    struct cel_node **args;
    const struct cel_type *type;
    const struct cel_overload *overload;
    struct str function;     // a call's name after the namespace was resolved
    struct cel_node *spread; // math.greatest(a, b, c): its arguments as one list
};

bool cel_node_same(const struct cel_node *a, const struct cel_node *b);

// ---- diagnostics

enum cel_diag_code {
#define DIAG(name, severity, code, english, french) CEL_D_##name,
#include "cel/diags.def"
#undef DIAG
};

struct cel_source {
    struct str text;
    struct cel_diags *diags;
    struct arena *arena;   // what the program keeps
    struct arena *scratch; // what the compiler needs until it is done
};

struct cel_report {
    enum cel_diag_code code;
    uint32_t start, end;
    struct str a, b, c;          // {a} {b} {c} of the message
    struct str fix;              // p NULL: none
    uint32_t fix_start, fix_end; // both 0: start and end
};
void cel_report(struct cel_source *source, struct cel_report report);

// ---- stages

// The tree, or a tree with CEL_N_BROKEN nodes and diagnostics.
struct cel_node *cel_parse(struct cel_source *source);
struct cel_node *cel_node_new(struct arena *arena, enum cel_kind kind, uint32_t n_args);
// Puts types, slots and overloads on the tree.  checked false: everything is dyn.
struct cel_checked {
    const struct cel_type *type;
    uint32_t n_locals;
    uint32_t want; // the kinds of value the result may have, a bit each; 0: any
};
struct cel_checked cel_check(const struct cel_env *env, struct cel_source *source,
                             struct cel_node *root, const char *want, bool checked);
uint64_t cel_estimate(const struct cel_env *env, struct arena *scratch,
                      const struct cel_node *root);
struct cel_step *cel_plan(const struct cel_env *env, struct cel_source *source,
                          struct cel_node *root, struct arena *arena, bool checked);
void cel_print_node(const struct cel_node *node, struct buf *out);
void cel_print_string(struct str text, char prefix, struct buf *out);
void cel_json_text(struct str text, struct buf *out); // quoted and escaped
void cel_node_json(const struct cel_node *node, bool annotated, struct buf *out);
// NULL with a diagnostic when the JSON is no tree.
struct cel_node *cel_node_from_json(struct cel_source *source);
// UTF-8 in which NUL may stand.
bool cel_well_formed(struct str text);
bool cel_is_identifier(struct str s);
bool cel_is_reserved(struct str s);

struct cel_prog {
    const struct cel_env *env;
    struct str text;
    struct cel_node *root;
    struct cel_step *step;
    const char *type;
    uint64_t cost_max;
    uint32_t n_locals;
    uint32_t want; // the kinds of value the result may have, a bit each; 0: any
};
