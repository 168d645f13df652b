// SPDX-License-Identifier: Apache-2.0
// settings.h - what can be set, from catalog/settings.def, and where each value came from.
//
//   S1  A name that does not exist, or a value out of range, is an error that names the place.
//   S2  Flags win over the environment, the environment over the file, the file over the default.
//
// Layer: cli.  Tests: tests/cli/
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct settings {
#define SETTING_TEXT(member, name, value, placeholder, help) struct str member;
#define SETTING_INT(member, name, value, min, max, placeholder, help) int64_t member;
#define SETTING_BOOL(member, name, value, help) bool member;
#include "settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
};

enum setting_origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };

struct setting_info {
    const char *name;
    const char *placeholder; // NULL: a switch
    const char *help;
    const char *fallback; // the default as text
};

const struct setting_info *setting_table(size_t *ret_n);

struct setting_origins {
    enum setting_origin *by_setting; // in the table's order
};

// Every setting at its default.
void settings_init(struct settings *settings, struct arena *arena, struct setting_origins *origins);
// Sets one; index into the table.  ERR_CONFIG_INVALID with a sentence when the value is refused.
MUST_CHECK enum err settings_set(struct settings *settings, struct setting_origins *origins,
                                 struct arena *arena, size_t index, struct str value,
                                 enum setting_origin origin, struct str *ret_problem);
// Index of the name, or -1.
int setting_index(struct str name);
// Reads HABITUE_* and the file (habitue.ini's syntax: name = value); path STR_NONE: no file.
MUST_CHECK enum err settings_read_environment(struct settings *settings,
                                              struct setting_origins *origins, struct arena *arena,
                                              struct str *ret_problem);
MUST_CHECK enum err settings_read_file(struct settings *settings, struct setting_origins *origins,
                                       struct arena *arena, struct str path,
                                       struct str *ret_problem);
// The value as text.
struct str setting_text(const struct settings *settings, struct arena *arena, size_t index);
