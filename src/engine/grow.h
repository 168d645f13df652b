// SPDX-License-Identifier: Apache-2.0
// grow.h - arrays in an arena that double when they are full.
//
// Layer: engine (pure).  Tests: every test of the engine.
#pragma once

#include "base/arena.h"

// items with room for one more than n, moved if need be; NULL when the arena is full, and then the
// array is as it was.
void *grown(struct arena *arena, void *items, size_t n, size_t *room, size_t size);
