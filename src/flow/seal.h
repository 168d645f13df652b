// SPDX-License-Identifier: Apache-2.0
// seal.h - a signed root over all chains of a tenant: what makes the removal of a member's newest
// entries, or of a whole member, visible.
//
// Each ledger and each audit trail is a hash chain; nobody can change the middle of one without
// changing its end.  A seal vouches for all the ends at an instant.  Whoever keeps a copy of it can
// tell a ledger that was rewritten by somebody who holds the machine.  docs/seals.md has the bytes.
//
//   S1  A seal covers every entry that was recorded at or before at_us, and nothing later: what
//       comes after it, in its transaction or in others, has a later instant.  Several writers do
//       not wait for a seal: it is as of an instant before which all of theirs have ended.
//   S2  Seals of a tenant are numbered without a gap, each names the one before it.
//
// Layer: flow.  Tests: tests/flow/seal_test.c, tests/jobs/seal_test.c, tests/insight/tamper_test.c
#pragma once

#include "base/sign.h"
#include "flow/tx.h"
#include "store/store.h"

#define SEAL_KEY_FILE "seal.key"

// Reads the key that seals are signed with from the data folder, making it when there is none:
// 0600, the seed as 64 hex digits.  ERR_CONFIG_INVALID when others may read it or it is damaged,
// ERR_FILE_UNREADABLE.
MUST_CHECK enum err seal_key_load(const struct env *env, struct str data_dir,
                                  struct sign_key *ret_key);

// The same when there must be one: ERR_NOT_FOUND.
MUST_CHECK enum err seal_key_find(struct str data_dir, struct sign_key *ret_key);

// Seals the tenant as of now.  For a store that no other process or writer uses; the transaction
// goes on a microsecond later.  ERR_NOT_FOUND when nothing was recorded that the newest seal does
// not cover.
MUST_CHECK enum err flow_seal(struct tx *tx, int64_t tenant_id, const struct sign_key *key,
                              struct seal_row *ret_seal);

// The same as of a moment ago where the store has several writers: what they decided before it is
// committed by then, and none of them writes an instant before it any more.
MUST_CHECK enum err flow_seal_settled(struct tx *tx, int64_t tenant_id, const struct sign_key *key,
                                      struct seal_row *ret_seal);
