// SPDX-License-Identifier: Apache-2.0
// cel.h - the rule language: compile once, evaluate millions of times.
//
//   env  = cel_env_new(arena);                         what expressions may see
//   cel_env_record(env, ...); cel_env_var(env, "order", "order"); cel_env_seal(env);
//   prog = cel_compile(env, arena, text, "bool", &diags);
//   struct cel_value vars[...];                        in the order of cel_env_var
//   v = cel_eval(prog, vars, arena, &limits, NULL);
//
//   C1  A sealed environment and a program are immutable: any number of threads may share them.
//       They live as long as the arenas they were made in.
//   C2  cel_eval does no I/O, reads no clock, calls no malloc but the arena's; it ends within the
//       cost limit.  Time zones and patterns are loaded when the program is compiled, or by
//       cel_env_zone.
//   C3  An expression with errors gives no program; diagnostics say where and what to write.
//
// Layer: cel (base only).  Tests: tests/cel/*_test.c
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "cel/value.h"

struct cel_env;
struct cel_prog;
struct cel_call;

// ---- what an expression may see

// An environment with the standard library and no variables.  Lives in the arena.
struct cel_env *cel_env_new(struct arena *arena);

// Declares a record type; fields are given with their type as text ("int", "list(item)"), so that
// records may name each other in any order; cel_env_seal resolves them.
struct cel_field_spec {
    const char *name;
    const char *type;
    enum cel_presence presence;
    bool money;
    uint32_t size_max;        // bytes or elements at most; 0: 1,024 bytes, 200 elements
    const char *const *words; // NULL-terminated: the words it may hold
    const char *label;
    struct cel_value fallback; // of a defaulted field
};
void cel_env_record(struct cel_env *env, const char *name, const struct cel_field_spec *fields,
                    size_t n);
// Declares a variable of this type and answers its slot: 0, 1, 2, ... in the order of the calls.
unsigned cel_env_var(struct cel_env *env, const char *name, const char *type);
// Declares a function of the host: "points.perAmount(int, int, int): int".  See function.h.  fn may
// be NULL for a function that is only checked.
MUST_CHECK enum err
cel_env_func(struct cel_env *env, const char *signature,
             struct cel_value (*fn)(struct cel_call *, const struct cel_value *), void *ctx);
// Names are looked up in this namespace first ("com.example").
void cel_env_container(struct cel_env *env, const char *container);
// Loads a time zone, for zones that an expression takes from a variable.  Reads a file.
MUST_CHECK enum err cel_env_zone(struct cel_env *env, struct str name);
// The deepest nesting of macros such as exists and map that cel_compile accepts; 0 (as new): any.
void cel_env_nesting(struct cel_env *env, unsigned macros);
// The largest static cost that cel_compile accepts; 0 (as new): any.
void cel_env_cost(struct cel_env *env, uint64_t units);
// No more declarations.  Fails with ERR_INPUT_INVALID when a type named in a field or variable does
// not exist; cel_env_problem says which.
MUST_CHECK enum err cel_env_seal(struct cel_env *env);
const char *cel_env_problem(const struct cel_env *env);
// The same declarations read from JSON (docs/cel.md).  Seals.
MUST_CHECK enum err cel_env_from_json(struct cel_env *env, struct str json);

const struct cel_record_type *cel_env_record_type(const struct cel_env *env, const char *name);
size_t cel_env_n_vars(const struct cel_env *env);
// The slot of a variable, or -1.
int cel_env_slot(const struct cel_env *env, struct str name);

// ---- diagnostics

enum cel_severity { CEL_ERROR_DIAG, CEL_WARNING };

struct cel_diag {
    enum cel_severity severity;
    const char *code;      // "unknown-field": stable, for programs
    uint32_t start, end;   // bytes
    uint32_t line, column; // 1-based, columns in code points
    const char *message;
    const char *message_fr;
    const char *fix; // text to put in place of fix_start..fix_end, or NULL
    uint32_t fix_start, fix_end;
};

#define CEL_DIAGS_MAX 32

struct cel_diags {
    struct arena *arena;
    uint32_t n, n_errors;
    struct cel_diag list[CEL_DIAGS_MAX]; // sorted by start
};

void cel_diags_init(struct cel_diags *diags, struct arena *arena);
// Two lines and a caret: "1:7: order has no field ..." as people read it.
void cel_diag_print(const struct cel_diag *diag, struct str text, struct buf *out);
void cel_diags_json(const struct cel_diags *diags, struct buf *out);

// ---- programs

// NULL when there are errors.  want is the type the result must have ("bool", "int") or NULL.
// Text and diagnostics are copied: nothing of the input is kept.
struct cel_prog *cel_compile(const struct cel_env *env, struct arena *arena, struct str text,
                             const char *want, struct cel_diags *diags);
// The same from an AST in JSON.
struct cel_prog *cel_compile_json(const struct cel_env *env, struct arena *arena, struct str json,
                                  const char *want, struct cel_diags *diags);
// Only the text of an AST in JSON, which the diagnostics of cel_compile_json are about; STR_NONE
// when it is no tree.
struct str cel_json_to_text(struct arena *arena, struct str json, struct cel_diags *diags);
// Without checking: names and overloads are looked up, everything else is found at run time.
struct cel_prog *cel_compile_unchecked(const struct cel_env *env, struct arena *arena,
                                       struct str text, struct cel_diags *diags);

// "list(int)"
const char *cel_result_type(const struct cel_prog *prog);
// Units that no evaluation exceeds, given the sizes the schema declares.
uint64_t cel_cost_max(const struct cel_prog *prog);
// Canonical text: one style, minimal parentheses.
void cel_print(const struct cel_prog *prog, struct buf *out);
// The tree for the builder, with types and spans.
void cel_to_json(const struct cel_prog *prog, struct buf *out);
// Calls fn with every path of fields that is read, "order.items", each once.
void cel_refs(const struct cel_prog *prog, void (*fn)(void *ctx, struct str path), void *ctx);
// When the condition can only hold for these values of path ("event.type"): a conjunct compares it
// with literals.  Returns their number, 0 when any value may pass; writes at most max.
size_t cel_required_words(const struct cel_prog *prog, struct str path, struct str *words,
                          size_t max);

// ---- evaluation

struct cel_limits {
    uint64_t cost; // 0: CEL_COST_DEFAULT
};
#define CEL_COST_DEFAULT 1000000u

// A record of this type with every slot missing, to be filled by the host; NULL when the arena is
// full.  CEL_REQUIRED slots must be filled.
struct cel_record *cel_record_new(struct arena *arena, const struct cel_record_type *type);

// Fills vars (cel_env_n_vars of them) from a JSON object: one member a variable.  Defaults are put
// in, types checked.  Unknown members are ignored.
MUST_CHECK enum err cel_bind_json(const struct cel_env *env, struct arena *arena, struct str json,
                                  struct cel_value *vars, struct cel_diags *diags);

// The value, or CEL_ERROR.  ret_cost (or NULL) gets the units spent.
struct cel_value cel_eval(const struct cel_prog *prog, const struct cel_value *vars,
                          struct arena *arena, const struct cel_limits *limits, uint64_t *ret_cost);

// One part of the expression and what it was.
struct cel_traced {
    uint32_t start, end;
    struct cel_value value; // of the last time it was computed
};
// cel_eval that also notes every part it computed: operands of && || ! ?:, comparisons, fields,
// calls.  Parts come in source order.  *ret_parts and *ret_n get the array.
struct cel_value cel_trace(const struct cel_prog *prog, const struct cel_value *vars,
                           struct arena *arena, const struct cel_limits *limits,
                           const struct cel_traced **ret_parts, size_t *ret_n);

// A value as people read it: 5, "text", [1, 2], timestamp("...").
void cel_value_print(struct cel_value value, struct buf *out);
// A value as plain JSON.
void cel_value_json(struct cel_value value, struct buf *out);
