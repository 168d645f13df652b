// SPDX-License-Identifier: Apache-2.0
// embedded.h - files that are inside the binary: made by tools/embed.py.
//
// Layer: cli.
#pragma once

#include <stddef.h>

struct embedded {
    const char *name; // without folder and ending
    const char *text;
};

// docs/templates/*.json; the one with name NULL ends it.
extern const struct embedded embedded_templates[];
