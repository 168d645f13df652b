// SPDX-License-Identifier: Apache-2.0
// settings.c - defaults, configuration file, environment, flags.
//
// Layer: cli.  Tests: tests/cli/
#include "cli/settings.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum kind { KIND_TEXT, KIND_INT, KIND_BOOL };

struct entry {
    struct setting_info info;
    enum kind kind;
    size_t offset;
    int64_t min, max;
};

static const struct entry entries[] = {
#define SETTING_TEXT(member, name, value, placeholder, help)                                       \
    {{name, placeholder, help, value}, KIND_TEXT, offsetof(struct settings, member), 0, 0},
#define SETTING_INT(member, name, value, min, max, placeholder, help)                              \
    {{name, placeholder, help, #value}, KIND_INT, offsetof(struct settings, member), min, max},
#define SETTING_BOOL(member, name, value, help)                                                    \
    {{name, NULL, help, #value}, KIND_BOOL, offsetof(struct settings, member), 0, 0},
#include "settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
};
#define N_ENTRIES (sizeof entries / sizeof entries[0])

const struct setting_info *setting_table(size_t *ret_n)
{
    static struct setting_info table[N_ENTRIES];
    for (size_t i = 0; i < N_ENTRIES; i++)
        table[i] = entries[i].info;
    *ret_n = N_ENTRIES;
    return table;
}

int setting_index(struct str name)
{
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (str_eq(str_of(entries[i].info.name), name))
            return (int)i;
    return -1;
}

static enum err set_int(const struct entry *entry, void *to, struct str value, struct arena *arena,
                        struct str *ret_problem)
{
    int64_t number;
    if (!str_to_i64(value, &number) || number < entry->min || number > entry->max) {
        *ret_problem = str_printf(arena, "%s is a whole number from %lld to %lld, not '%.*s'",
                                  entry->info.name, (long long)entry->min, (long long)entry->max,
                                  STR_FMT(value));
        return ERR_CONFIG_INVALID;
    }
    *(int64_t *)to = number;
    return OK;
}

static enum err set_bool(const struct entry *entry, void *to, struct str value, struct arena *arena,
                         struct str *ret_problem)
{
    bool yes = str_eq(value, STR("true")) || str_eq(value, STR("yes")) || str_eq(value, STR("1"));
    bool no = str_eq(value, STR("false")) || str_eq(value, STR("no")) || str_eq(value, STR("0"));
    if (!yes && !no) {
        *ret_problem =
            str_printf(arena, "%s is true or false, not '%.*s'", entry->info.name, STR_FMT(value));
        return ERR_CONFIG_INVALID;
    }
    *(bool *)to = yes;
    return OK;
}

enum err settings_set(struct settings *settings, struct setting_origins *origins,
                      struct arena *arena, size_t index, struct str value,
                      enum setting_origin origin, struct str *ret_problem)
{
    CHECK(index < N_ENTRIES);
    const struct entry *entry = &entries[index];
    void *to = (char *)settings + entry->offset;
    enum err e = OK;
    if (entry->kind == KIND_TEXT)
        *(struct str *)to = str_dup(arena, value);
    else if (entry->kind == KIND_INT)
        e = set_int(entry, to, value, arena, ret_problem);
    else
        e = set_bool(entry, to, value, arena, ret_problem);
    if (!e)
        origins->by_setting[index] = origin;
    return e;
}

void settings_init(struct settings *settings, struct arena *arena, struct setting_origins *origins)
{
    *settings = (struct settings){0};
    origins->by_setting = arena_new(arena, N_ENTRIES * sizeof *origins->by_setting);
    for (size_t i = 0; i < N_ENTRIES; i++) {
        struct str problem;
        CHECK(settings_set(settings, origins, arena, i, str_of(entries[i].info.fallback),
                           ORIGIN_DEFAULT, &problem) == OK);
    }
}

// given is how the user wrote it, name what was looked for.
static enum err refuse_name(struct arena *arena, struct str given, struct str name,
                            struct str *ret_problem)
{
    struct str names[N_ENTRIES];
    for (size_t i = 0; i < N_ENTRIES; i++)
        names[i] = str_of(entries[i].info.name);
    struct str nearest = str_nearest(name, names, N_ENTRIES);
    *ret_problem = nearest.p
                       ? str_printf(arena, "%.*s is no setting; did you mean '%.*s'?",
                                    STR_FMT(given), STR_FMT(nearest))
                       : str_printf(arena, "%.*s is no setting; 'habitue serve --help' lists them",
                                    STR_FMT(given));
    return ERR_CONFIG_INVALID;
}

// HABITUE_CACHE_MIB -> cache-mib
static struct str name_of_variable(struct arena *arena, struct str variable)
{
    struct str name = str_dup(arena, variable);
    char *p = arena_new(arena, variable.n + 1);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        p[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (struct str){.p = p, .n = name.n};
}

enum err settings_read_environment(struct settings *settings, struct setting_origins *origins,
                                   struct arena *arena, struct str *ret_problem)
{
    static const struct str prefix = {"HABITUE_", 8};
    for (char **at = environ; *at; at++) {
        struct str line = str_of(*at);
        const char *equals = memchr(line.p, '=', line.n);
        if (!str_starts(line, prefix) || !equals)
            continue;
        struct str variable = {line.p + prefix.n, (size_t)(equals - line.p) - prefix.n};
        if (str_eq(variable, STR("CONFIG")))
            continue; // says where the file is
        struct str name = name_of_variable(arena, variable);
        int index = setting_index(name);
        if (index < 0)
            return refuse_name(arena, (struct str){line.p, (size_t)(equals - line.p)}, name,
                               ret_problem);
        enum err e = settings_set(settings, origins, arena, (size_t)index, str_of(equals + 1),
                                  ORIGIN_ENVIRONMENT, ret_problem);
        if (e)
            return e;
    }
    return OK;
}

struct reading {
    struct settings *settings;
    struct setting_origins *origins;
    struct arena *arena;
    struct str path;
    struct str problem;
    enum err err;
};

static int on_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    if (reading->err)
        return 0;
    struct str problem = STR_NONE;
    int index = setting_index(str_of(name));
    if (section[0])
        reading->err = ERR_CONFIG_INVALID,
        problem = str_printf(reading->arena, "there are no sections such as [%s]", section);
    else if (index < 0)
        reading->err = refuse_name(reading->arena, str_printf(reading->arena, "'%s'", name),
                                   str_of(name), &problem);
    else
        reading->err = settings_set(reading->settings, reading->origins, reading->arena,
                                    (size_t)index, str_of(value), ORIGIN_FILE, &problem);
    if (reading->err)
        reading->problem =
            str_printf(reading->arena, "%.*s: %.*s", STR_FMT(reading->path), STR_FMT(problem));
    return reading->err == OK;
}

enum err settings_read_file(struct settings *settings, struct setting_origins *origins,
                            struct arena *arena, struct str path, struct str *ret_problem)
{
    struct reading reading = {.settings = settings,
                              .origins = origins,
                              .arena = arena,
                              .path = path};
    int line = ini_parse(str_c(arena, path), on_line, &reading);
    if (line < 0) {
        *ret_problem = str_printf(arena, "%.*s cannot be read", STR_FMT(path));
        return ERR_FILE_UNREADABLE;
    }
    if (line > 0 && !reading.err) {
        reading.err = ERR_CONFIG_INVALID;
        reading.problem =
            str_printf(arena, "%.*s, line %d: this is not 'name = value'", STR_FMT(path), line);
    }
    *ret_problem = reading.problem;
    return reading.err;
}

struct str setting_text(const struct settings *settings, struct arena *arena, size_t index)
{
    CHECK(index < N_ENTRIES);
    const void *from = (const char *)settings + entries[index].offset;
    if (entries[index].kind == KIND_TEXT)
        return *(const struct str *)from;
    if (entries[index].kind == KIND_BOOL)
        return *(const bool *)from ? STR("true") : STR("false");
    return str_printf(arena, "%lld", (long long)*(const int64_t *)from);
}
