// SPDX-License-Identifier: Apache-2.0
// compile.c - from text to snapshot: the order of the steps, the head of the document, and the
// life of a snapshot.
//
// Layer: program.  Tests: tests/program/program_test.c
#include "program/compile.h"

#include "program/expression.h"

#include "base/calendar.h"

#include <sodium.h>
#include <string.h>

// A snapshot of the largest document with every expression compiled stays far below.
#define SNAPSHOT_BYTES_MAX ((size_t)256 << 20)

// ---- what the steps share

bool compiler_has_fault(const struct compiler *c, const struct json *at)
{
    if (c->errors.n > PROBLEMS_KEPT)
        return true; // not all are listed: assume the worst
    if (!c->errors.n)
        return false;
    struct str pointer = json_pointer(c->arena, at);
    for (const struct problem *p = c->errors.first; p; p = p->next)
        if (str_starts(p->pointer, pointer) &&
            (p->pointer.n == pointer.n || p->pointer.p[pointer.n] == '/'))
            return true;
    return false;
}

struct str keep_str(struct compiler *c, struct str text)
{
    return text.n ? str_dup(c->keep, text) : STR_NONE;
}

struct bilingual keep_bilingual(struct compiler *c, struct bilingual text)
{
    return (struct bilingual){keep_str(c, text.en), keep_str(c, text.fr)};
}

void *keep_array(struct compiler *c, size_t n, size_t size)
{
    if (n * size <= ARENA_SINK_BYTES)
        return arena_new(c->keep, n ? n * size : 1);
    return arena_try_array(c->keep, n, size);
}

const struct tz *compiler_tz(const struct compiler *c)
{
    return c->program->tz ? c->program->tz : tz_utc();
}

bool compiler_duplicate(struct compiler *c, const struct json *list, size_t i)
{
    const struct json *id = json_get(&list->items[i], "id");
    for (size_t before = 0; before < i; before++) {
        const struct json *other = json_get(&list->items[before], "id");
        if (other && id && other->type == JSON_TYPE_STRING && str_eq(other->text, id->text)) {
            json_problem(&c->errors, id, "duplicate_id", "is the id of %.*s as well",
                         STR_FMT(json_pointer(c->arena, &list->items[before])));
            return true;
        }
    }
    return false;
}

int compiler_currency(struct compiler *c, const struct json *member)
{
    // From the document, not from the snapshot: a currency with a fault is declared all the same.
    const struct json *list = json_get(c->root, "currencies");
    size_t n = list && list->type == JSON_TYPE_ARRAY ? list->n : 0;
    struct str known[16];
    size_t n_known = 0;
    for (size_t i = 0; i < n && n_known < 16; i++) {
        const struct json *id = json_get(&list->items[i], "id");
        if (!id || id->type != JSON_TYPE_STRING)
            continue;
        if (str_eq(id->text, member->key))
            return (int)i;
        known[n_known++] = id->text;
    }
    struct str near = str_nearest(member->key, known, n_known);
    if (!near.n && n_known == 1)
        near = known[0];
    if (near.n)
        json_problem(&c->errors, member, "unknown_currency",
                     "is no currency of this programme; did you mean \"%.*s\"?", STR_FMT(near));
    else
        json_problem(&c->errors, member, "unknown_currency",
                     "is no currency of this programme; currencies lists none like it");
    problem_suggest(&c->errors, near);
    return -1;
}

// The first instant of a day, or for ever when the calendar ends before it.
static int64_t day_start(const struct tz *tz, int64_t day)
{
    struct date date = civil_date(day);
    return civil_is_date(date) ? calendar_at(tz, date) : INT64_MAX;
}

void compile_active(struct compiler *c, const struct doc_active *active, const struct json *at,
                    int64_t *ret_from_us, int64_t *ret_until_us)
{
    *ret_from_us = INT64_MIN;
    *ret_until_us = INT64_MAX;
    const struct json *object = json_get(at, "active");
    const struct json *from = json_get(object, "from"), *until = json_get(object, "until");
    if (!active)
        return;
    if (from)
        *ret_from_us = active->from.is_date
                           ? day_start(compiler_tz(c), civil_day(active->from.date))
                           : active->from.us;
    // The last day counts as a whole: it ends where the next one begins.
    if (until)
        *ret_until_us = active->until.is_date
                            ? day_start(compiler_tz(c), civil_day(active->until.date) + 1)
                            : active->until.us;
    if (*ret_from_us >= *ret_until_us)
        json_problem(&c->errors, until, "date_order", "must be after from");
    if (!from && !until)
        json_problem(&c->errors, object, "required", "must have from, until or both");
}

// ---- the head of the document

static void compile_head(struct compiler *c)
{
    struct program *program = c->program;
    const struct document *doc = &c->doc;
    program->id = keep_str(c, doc->id);
    program->name = keep_bilingual(c, doc->name);
    program->timezone = keep_str(c, doc->timezone);
    // It was loaded once to see that it exists; a zone deleted meanwhile leaves UTC and a fault.
    if (doc->timezone.n && tz_load(c->keep, doc->timezone, &program->tz) != OK)
        json_problem(&c->errors, json_get(c->root, "timezone"), "unknown_timezone",
                     "cannot be read");
    program->money = doc->money;
    program->enrol_unknown = doc->enrol_unknown;
    program->back_dating = doc->back_dating;
}

// "gift_*" is a prefix; a star elsewhere is a mistake, because it would match itself only.
static void check_star(struct compiler *c, const struct json *sku)
{
    for (size_t i = 0; i + 1 < sku->text.n; i++)
        if (sku->text.p[i] == '*') {
            json_problem(&c->errors, sku, "bad_pattern", "may have a '*' only at its end");
            return;
        }
}

static const struct str *keep_list(struct compiler *c, struct json_list list)
{
    struct str *copy = keep_array(c, list.n, sizeof *copy);
    for (size_t i = 0; i < list.n; i++)
        copy[i] = keep_str(c, ((const struct str *)list.items)[i]);
    return copy;
}

static void compile_excluded(struct compiler *c)
{
    const struct doc_excluded *doc = c->doc.excluded;
    if (!doc)
        return;
    const struct json *skus = json_get(json_get(c->root, "excluded"), "skus");
    for (size_t i = 0; i < doc->skus.n; i++)
        check_star(c, &skus->items[i]);
    c->program->excluded_categories = keep_list(c, doc->categories);
    c->program->n_excluded_categories = doc->categories.n;
    c->program->excluded_skus = keep_list(c, doc->skus);
    c->program->n_excluded_skus = doc->skus.n;
}

// ---- the snapshot

static struct program *program_new(struct str document)
{
    struct arena arena;
    arena_init(&arena, SNAPSHOT_BYTES_MAX);
    struct program *program = arena_try(&arena, sizeof *program);
    char *text = program ? arena_try(&arena, document.n + 1) : NULL;
    if (!text) {
        arena_release(&arena);
        return NULL;
    }
    if (document.n)
        memcpy(text, document.p, document.n);
    program->document = (struct str){text, document.n};
    crypto_hash_sha256(program->sha256, (const unsigned char *)text, document.n);
    atomic_init(&program->references, 1);
    // The arena lives inside what it allocated; nobody may use the copy on the stack from here on.
    program->arena = arena;
    return program;
}

struct program *program_ref(struct program *program)
{
    int before = atomic_fetch_add_explicit(&program->references, 1, memory_order_relaxed);
    CHECK(before > 0);
    return program;
}

void program_unref(struct program *program)
{
    if (!program)
        return;
    int before = atomic_fetch_sub_explicit(&program->references, 1, memory_order_acq_rel);
    CHECK(before > 0);
    if (before > 1)
        return;
    struct arena arena = program->arena;
    arena_release(&arena);
}

static void add_problems(const struct problems *from, bool warning, struct program_problems *to)
{
    for (const struct problem *p = from->first; p; p = p->next)
        to->list[to->n++] = (struct program_problem){.pointer = p->pointer,
                                                     .code = p->code,
                                                     .detail = p->detail,
                                                     .suggestion = p->suggestion,
                                                     .start = p->start,
                                                     .end = p->end,
                                                     .warning = warning};
}

static void collect_problems(struct compiler *c, struct program_problems *ret)
{
    *ret = (struct program_problems){0};
    ret->list = arena_try_array(c->arena, 2 * PROBLEMS_KEPT, sizeof ret->list[0]);
    if (!ret->list)
        return;
    add_problems(&c->errors, false, ret);
    ret->n_errors = ret->n;
    add_problems(&c->warnings, true, ret);
}

static enum err parse(struct compiler *c)
{
    if (c->program->document.n > PROGRAM_DOCUMENT_MAX) {
        problem_add(&c->errors, STR(""), "too_long", "must have at most %zu bytes",
                    PROGRAM_DOCUMENT_MAX);
        return ERR_PROGRAM_INVALID;
    }
    enum err e =
        json_parse(c->arena, c->program->document, &json_limits_bulk, &c->errors, &c->root);
    return e == ERR_MEMORY ? e : e ? ERR_PROGRAM_INVALID : OK;
}

static enum err compile(struct compiler *c)
{
    enum err e = parse(c);
    if (e)
        return e;
    document_read(c->root, &c->errors, &c->doc);
    if (arena_overflowed(c->arena)) // parts are missing without a problem that says so
        return ERR_MEMORY;
    compile_head(c);
    e = expression_environment(c);
    if (e)
        return e;
    compile_currencies(c);
    compile_excluded(c);
    compile_rules(c);
    compile_rewards(c);
    if (arena_overflowed(c->arena) || arena_overflowed(c->keep))
        return ERR_MEMORY;
    return c->errors.n ? ERR_PROGRAM_INVALID : OK;
}

enum err program_compile(struct arena *arena, struct str document,
                         struct program_problems *ret_problems, struct program **ret_program)
{
    struct compiler c = {.arena = arena};
    problems_init(&c.errors, arena);
    problems_init(&c.warnings, arena);
    c.program = program_new(document);
    if (!c.program)
        return ERR_MEMORY;
    c.keep = &c.program->arena;
    enum err e = compile(&c);
    collect_problems(&c, ret_problems);
    if (e)
        program_unref(c.program);
    else
        *ret_program = c.program;
    return e;
}

// ---- lookups

int program_currency_index(const struct program *program, struct str id)
{
    for (size_t i = 0; i < program->n_currencies; i++)
        if (str_eq(program->currencies[i].id, id))
            return (int)i;
    return -1;
}

int program_reward_index(const struct program *program, struct str id)
{
    for (size_t i = 0; i < program->n_rewards; i++)
        if (str_eq(program->rewards[i].id, id))
            return (int)i;
    return -1;
}

struct event_rules program_rules_for(const struct program *program, struct str type)
{
    size_t low = 0, high = program->n_rules_by_event;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(program->rules_by_event[middle].on, type);
        if (order == 0)
            return program->rules_by_event[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct event_rules){.on = type};
}

static bool sku_matches(struct str pattern, struct str sku)
{
    if (pattern.n && pattern.p[pattern.n - 1] == '*')
        return str_starts(sku, (struct str){pattern.p, pattern.n - 1});
    return str_eq(pattern, sku);
}

bool program_excludes(const struct program *program, struct str category, struct str sku)
{
    for (size_t i = 0; i < program->n_excluded_categories; i++)
        if (str_eq(program->excluded_categories[i], category))
            return true;
    for (size_t i = 0; i < program->n_excluded_skus; i++)
        if (sku_matches(program->excluded_skus[i], sku))
            return true;
    return false;
}
