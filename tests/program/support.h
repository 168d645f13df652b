// SPDX-License-Identifier: Apache-2.0
// support.h - what the tests of src/program share: files of the tree, compiling, finding problems.
#pragma once

#include "base/buf.h"
#include "program/program.h"

// A file of the source tree in the arena; fails the test when it cannot be read.
struct str tree_file(struct arena *arena, const char *path);
// Compiles and prints what is wrong; NULL when there are errors.
struct program *compile_or_null(struct arena *arena, struct str document,
                                struct program_problems *ret_problems);
// Compiles a document that must be right; fails the test otherwise, on warnings too.
struct program *compile_good(struct arena *arena, struct str document);
// True when a problem with this code stands at this pointer.
bool has_problem(const struct program_problems *problems, const char *pointer, const char *code);
