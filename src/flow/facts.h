// SPDX-License-Identifier: Apache-2.0
// facts.h - the facts an event was judged by, as JSON in event.facts and back.
//
// Layer: flow.  Tests: tests/flow/facts_test.c
#pragma once

#include "base/json_in.h"
#include "engine/engine.h"

struct str facts_write(struct arena *arena, const struct program *program,
                       const struct event_facts *facts);
// ERR_STORE_CORRUPT when the text is not what facts_write wrote.  Balances are laid out by the
// currencies of program; attributes_value is left to the caller.
MUST_CHECK enum err facts_read(struct arena *arena, const struct program *program, struct str text,
                               struct event_facts *ret_facts);
