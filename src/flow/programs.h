// SPDX-License-Identifier: Apache-2.0
// programs.h - compiled programme versions, kept between transactions.
//
// A version never changes once it is stored, so a snapshot that was compiled once serves every
// thread until it is pushed out.  Which version is the newest is asked of the store in every
// transaction: that is how a change made by another process is seen.
//
//   C1  What programs_get returns is referenced for the caller, who calls program_unref.
//   C2  Only committed versions are kept: what a transaction stored itself may be taken back, and
//       another document may then get its number.
//
// Thread-safe.  Layer: flow.  Tests: tests/flow/programs_test.c
#pragma once

#include "program/program.h"

struct db;
struct programs;

MUST_CHECK enum err programs_new(struct programs **ret_programs);
// Accepts NULL.
void programs_free(struct programs *programs);

// The snapshot of a stored version, from the cache or compiled anew.  ERR_NOT_FOUND;
// ERR_STORE_CORRUPT when a stored document does not compile.  keep: what is compiled serves others,
// too (C2).
MUST_CHECK enum err programs_get(struct programs *programs, struct db *db, int64_t tenant_id,
                                 int64_t version, bool keep, struct program **ret_program);
