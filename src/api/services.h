// SPDX-License-Identifier: Apache-2.0
// services.h - what all requests share: made once by `habitue serve`, never changed while it runs.
//
// Layer: api.
#pragma once

#include "base/env.h"
#include "flow/keys.h"

struct workers;

struct services {
    const struct env *env;
    struct workers *workers;
    struct key_source keys;
    uint8_t cursor_key[32]; // secret of the store's settings
    const char *version;    // of the program
};
