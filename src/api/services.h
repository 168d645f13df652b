// SPDX-License-Identifier: Apache-2.0
// services.h - what all requests share: made once by `habitue serve`, never changed while it runs.
//
// Layer: api.
#pragma once

#include "base/env.h"
#include "flow/keys.h"

struct request;
struct workers;

struct services {
    const struct env *env;
    struct workers *workers;
    struct key_source keys;
    // Whether the store can be written: a reader that works says nothing of it.  OK, or what
    // /readyz answers.  NULL: it always can.
    enum err (*ready)(void *ctx);
    void *ready_ctx;
    // What a write will read, and whom it is about (work.h); both may be NULL.
    enum err (*foresee)(struct request *req);
    uint64_t (*affinity)(const struct request *req);
    uint8_t cursor_key[32]; // secret of the store's settings
    const char *version;    // of the program
};
