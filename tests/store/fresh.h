// SPDX-License-Identifier: Apache-2.0
// fresh.h - an empty database on the server of TEST_PG for one test: a schema of its own.
//
// Layer: tests.
#pragma once

#include "base/arena.h"
#include "base/text.h"

struct fresh {
    struct str name; // of the schema
    struct str url;  // a connection to it sees only this schema
};

// Makes it; the texts live in the arena.  Ends the program when there is no server.
struct fresh fresh_open(struct arena *arena);
// Ends every connection to it, as a server that is stopped does.
void fresh_cut(const struct fresh *fresh);
void fresh_close(const struct fresh *fresh);
// Empties all tables: less work than another schema.
void fresh_clear(const struct fresh *fresh);
// Whether this program is to run on PostgreSQL: TEST_BACKEND is "postgres".
bool fresh_wanted(void);
