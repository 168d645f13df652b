// SPDX-License-Identifier: Apache-2.0
// standin.h - what the test server has instead of a store: a writer and a reader thread behind
// flow/work.h, and flow/idempotency.h in memory.  The router sees no difference; that the real ones
// keep their promises is tested in tests/flow/.
#pragma once

#include "flow/keys.h"
#include "flow/work.h"

// Notes that handlers write count as the effect of their work: undone with it.
struct tx {
    int n_notes; // before this work
    bool writable;
};

#define NOTES_MAX 10000
struct note {
    char text[64];
    int64_t count;
    bool gone;
};
extern struct note notes[NOTES_MAX];
extern int n_notes;

void standin_start(void);
void standin_stop(void);

struct key_source standin_keys(void);
// Any thread.
void standin_add_key(const char *text, int64_t tenant_id, int64_t key_id, uint64_t scopes);
void standin_revoke_keys_of(int64_t tenant_id);
