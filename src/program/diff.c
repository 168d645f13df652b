// SPDX-License-Identifier: Apache-2.0
// diff.c - what applying a document would change, one sentence a change.
//
// Members are compared in canonical form, so that key order and white space are no difference.
// Lists of things with an id are compared by id: their order means nothing.
//
// Layer: program.  Tests: tests/program/diff_test.c
#include "base/json_in.h"
#include "program/words.h"

#include <string.h>

// One side of the comparison: the document as JSON and as what it compiles to.
struct side {
    struct program *program; // NULL: there is none
    const struct json *root;
};

struct differ {
    struct arena *arena;
    struct side before, after;
    struct program_change *changes;
    size_t n, room;
};

// A member of the root that changed; NULL where it is absent.
struct spot {
    const char *label_en, *label_fr;
    const struct json *before, *after;
};

static struct str json_text(struct arena *arena, const struct json *value)
{
    struct buf buf;
    struct json_out out;
    if (!value)
        return STR_NONE;
    buf_init(&buf, arena);
    json_init(&out, &buf);
    json_canonical(&out, arena, value);
    return buf_text(&buf);
}

static bool same(struct arena *arena, const struct json *a, const struct json *b)
{
    if (!a || !b)
        return a == b;
    return str_eq(json_text(arena, a), json_text(arena, b));
}

static void add_change(struct differ *d, const struct json *before, const struct json *after,
                       struct bilingual sentence)
{
    if (d->n == d->room) {
        size_t room = d->room ? 2 * d->room : 16;
        struct program_change *changes = arena_try_array(d->arena, room, sizeof *changes);
        if (!changes)
            return; // the arena's overflow mark tells
        if (d->n)
            memcpy(changes, d->changes, d->n * sizeof *changes);
        d->changes = changes;
        d->room = room;
    }
    d->changes[d->n++] = (struct program_change){
        .pointer = json_pointer(d->arena, after ? after : before),
        .kind = !before  ? STR("added")
                : !after ? STR("removed")
                         : STR("changed"),
        .before = json_text(d->arena, before),
        .after = json_text(d->arena, after),
        .sentence = sentence,
    };
}

static struct bilingual
sentence_of(struct differ *d, void (*write)(struct words *words, const void *ctx), const void *ctx)
{
    return words_both(d->arena, d->after.program, write, ctx);
}

// ---- what a value is, in words

// Both languages, whichever is read: the change may be in the other one.
static bool say_both_names(struct words *words, const struct json *value)
{
    const struct json *en = json_get(value, "en"), *fr = json_get(value, "fr");
    if (!en || en->type != JSON_TYPE_STRING)
        return false;
    buf_str(&words->buf, en->text);
    if (fr)
        buf_printf(&words->buf, " / %.*s", STR_FMT(fr->text));
    return true;
}

static void say_json(struct words *words, const struct json *value)
{
    if (!value || value->type == JSON_TYPE_NULL)
        say(words, "not set", "non défini");
    else if (value->type == JSON_TYPE_BOOL)
        say(words, value->truth ? "yes" : "no", value->truth ? "oui" : "non");
    else if (value->type == JSON_TYPE_STRING)
        buf_str(&words->buf, value->text);
    else if (!say_both_names(words, value))
        buf_str(&words->buf, json_text(words->buf.arena, value));
}

static const struct program_rule *find_rule(const struct program *program, struct str id)
{
    for (size_t i = 0; i < program->n_rules; i++)
        if (str_eq(program->rules[i].id, id))
            return &program->rules[i];
    CHECK(!"a rule of a document that compiled");
    return NULL;
}

static const struct program_reward *find_reward(const struct program *program, struct str id)
{
    int index = program_reward_index(program, id);
    CHECK(index >= 0);
    return &program->rewards[index];
}

static const struct program_currency *find_currency(const struct program *program, struct str id)
{
    int index = program_currency_index(program, id);
    CHECK(index >= 0);
    return &program->currencies[index];
}

static void part_rule_amount(struct words *words, struct str id)
{
    say_rule_amount(words, find_rule(words->program, id));
}

static void part_rule_when(struct words *words, struct str id)
{
    say_rule_when(words, find_rule(words->program, id));
}

static void part_rule_limits(struct words *words, struct str id)
{
    say_rule_limits(words, find_rule(words->program, id));
}

static void part_rule_active(struct words *words, struct str id)
{
    const struct program_rule *rule = find_rule(words->program, id);
    say_active(words, rule->active_from_us, rule->active_until_us);
}

static void part_reward_cost(struct words *words, struct str id)
{
    say_costs(words, find_reward(words->program, id));
}

static void part_reward_active(struct words *words, struct str id)
{
    const struct program_reward *reward = find_reward(words->program, id);
    say_active(words, reward->active_from_us, reward->active_until_us);
}

static void part_currency_expiry(struct words *words, struct str id)
{
    say_expiry(words, &find_currency(words->program, id)->expiry);
}

static void part_currency_pending(struct words *words, struct str id)
{
    say_pending(words, find_currency(words->program, id)->pending);
}

// ---- the parts of an item

struct part {
    const char *field;
    const char *en, *fr;
    void (*say)(struct words *words, struct str id); // NULL: as it is written
    const char *note_en, *note_fr;                   // what an owner might fear, or NULL
};

static const struct part rule_parts[] = {
    {"name", "is called", "s'appelle", NULL, NULL, NULL},
    {"on", "applies to", "s'applique à", NULL, NULL, NULL},
    {"earn", "gives", "donne", part_rule_amount, NULL, NULL},
    {"multiply", "gives", "donne", part_rule_amount, NULL, NULL},
    {"compound", "multiplies on top of other multipliers:", "se multiplie avec les autres :", NULL,
     NULL, NULL},
    {"cap", "allows", "autorise", part_rule_amount, NULL, NULL},
    {"when", "applies", "s'applique", part_rule_when, NULL, NULL},
    {"lines", "counts lines where", "compte les lignes où", NULL, NULL, NULL},
    {"active", "counts", "compte", part_rule_active, NULL, NULL},
    {"limits", "applies", "s'applique", part_rule_limits, NULL, NULL},
};

static const struct part reward_parts[] = {
    {"name", "is called", "s'appelle", NULL, NULL, NULL},
    {"cost", "costs", "coûte", part_reward_cost, NULL, NULL},
    {"active", "can be had", "est disponible", part_reward_active, NULL, NULL},
    {"when", "is for those with", "est réservée à ceux pour qui", NULL, NULL, NULL},
};

#define KEEPS " Units that members have already keep their dates."
#define KEEPS_FR " Les unités déjà gagnées gardent leurs dates."

static const struct part currency_parts[] = {
    {"expiry", "has units that", "a des unités qui", part_currency_expiry, KEEPS, KEEPS_FR},
    {"pending", "has units that", "a des unités", part_currency_pending, KEEPS, KEEPS_FR},
};

// A list of the document whose items have an id.
struct kind {
    const char *list;
    const char *en, *fr; // "Rule "
    const struct part *parts;
    size_t n_parts;
    void (*say)(struct words *words, struct str id); // the whole item
};

static void whole_rule(struct words *words, struct str id)
{
    say_rule(words, find_rule(words->program, id));
}

static void whole_reward(struct words *words, struct str id)
{
    const struct program_reward *reward = find_reward(words->program, id);
    say_name(words, reward->name);
    say(words, " for ", " pour ");
    say_costs(words, reward);
}

static void whole_currency(struct words *words, struct str id)
{
    const struct program_currency *currency = find_currency(words->program, id);
    say_name(words, currency->many);
    say(words, " that ", " qui ");
    say_expiry(words, &currency->expiry);
}

#define PARTS(parts) (parts), sizeof(parts) / sizeof((parts)[0])

static const struct kind kinds[] = {
    {"currencies", "Currency ", "La monnaie ", PARTS(currency_parts), whole_currency},
    {"rules", "Rule ", "La règle ", PARTS(rule_parts), whole_rule},
    {"rewards", "Reward ", "La récompense ", PARTS(reward_parts), whole_reward},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

// ---- sentences about items

struct item_ctx {
    const struct differ *differ;
    const struct kind *kind;
    const struct part *part; // NULL: the item as a whole, or a field without words of its own
    const char *field;
    struct str id;
    const struct json *before, *after;
};

// The same sentence goes on with the other programme's words.
static void say_side(struct words *words, const struct item_ctx *in, bool after)
{
    const struct program *mine = words->program;
    const struct side *side = after ? &in->differ->after : &in->differ->before;
    words->program = side->program;
    if (!in->field)
        in->kind->say(words, in->id);
    else if (in->part && in->part->say)
        in->part->say(words, in->id);
    else
        say_json(words, after ? in->after : in->before);
    words->program = mine;
}

static void say_item(struct words *words, const struct item_ctx *in)
{
    say(words, in->kind->en, in->kind->fr);
    say_quoted(words, in->id);
    buf_char(&words->buf, ' ');
}

static void write_new_item(struct words *words, const void *ctx)
{
    const struct item_ctx *in = ctx;
    say_item(words, in);
    say(words, "is new: ", "est nouvelle\u00a0: ");
    say_side(words, in, true);
    buf_char(&words->buf, '.');
}

static void write_gone_item(struct words *words, const void *ctx)
{
    const struct item_ctx *in = ctx;
    say_item(words, in);
    say(words, "goes away: ", "disparaît\u00a0: ");
    say_side(words, in, false);
    buf_char(&words->buf, '.');
}

static void write_changed_field(struct words *words, const void *ctx)
{
    const struct item_ctx *in = ctx;
    say_item(words, in);
    if (in->part)
        say(words, in->part->en, in->part->fr);
    else
        buf_printf(&words->buf, "%s%s", in->field, words->fr ? "\u00a0:" : ":");
    buf_char(&words->buf, ' ');
    say_side(words, in, true);
    say(words, " (before: ", " (avant\u00a0: ");
    say_side(words, in, false);
    buf_str(&words->buf, STR(")."));
    if (in->part && in->part->note_en)
        say(words, in->part->note_en, in->part->note_fr);
}

// ---- comparing

static struct str id_of(const struct json *item)
{
    const struct json *id = json_get(item, "id");
    CHECK(id);
    return id->text;
}

static const struct json *find_item(const struct json *list, struct str id)
{
    for (uint32_t i = 0; list && i < list->n; i++)
        if (str_eq(id_of(&list->items[i]), id))
            return &list->items[i];
    return NULL;
}

static const struct part *find_part(const struct kind *kind, struct str field)
{
    for (size_t i = 0; i < kind->n_parts; i++)
        if (str_eq(str_of(kind->parts[i].field), field))
            return &kind->parts[i];
    return NULL;
}

static void compare_field(struct differ *d, const struct kind *kind, struct str id,
                          const struct json *before, const struct json *after)
{
    struct str field = after ? after->key : before->key;
    if (same(d->arena, before, after))
        return;
    struct item_ctx ctx = {.differ = d,
                           .kind = kind,
                           .part = find_part(kind, field),
                           .field = str_c(d->arena, field),
                           .id = id,
                           .before = before,
                           .after = after};
    add_change(d, before, after, sentence_of(d, write_changed_field, &ctx));
}

static void compare_item(struct differ *d, const struct kind *kind, const struct json *before,
                         const struct json *after)
{
    struct str id = id_of(after);
    for (uint32_t i = 0; i < after->n; i++)
        compare_field(d, kind, id, json_get_str(before, after->items[i].key), &after->items[i]);
    for (uint32_t i = 0; i < before->n; i++)
        if (!json_get_str(after, before->items[i].key))
            compare_field(d, kind, id, &before->items[i], NULL);
}

static void compare_list(struct differ *d, const struct kind *kind)
{
    const struct json *before = json_get(d->before.root, kind->list);
    const struct json *after = json_get(d->after.root, kind->list);
    for (uint32_t i = 0; after && i < after->n; i++) {
        struct item_ctx ctx = {.differ = d, .kind = kind, .id = id_of(&after->items[i])};
        const struct json *old = find_item(before, ctx.id);
        if (old)
            compare_item(d, kind, old, &after->items[i]);
        else
            add_change(d, NULL, &after->items[i], sentence_of(d, write_new_item, &ctx));
    }
    for (uint32_t i = 0; before && i < before->n; i++) {
        struct item_ctx ctx = {.differ = d, .kind = kind, .id = id_of(&before->items[i])};
        if (!find_item(after, ctx.id))
            add_change(d, &before->items[i], NULL, sentence_of(d, write_gone_item, &ctx));
    }
}

// ---- members of the root

static const struct {
    const char *field, *en, *fr;
} labels[] = {
    {"$schema", "Schema for editors", "Schéma pour les éditeurs"},
    {"id", "Id", "Identifiant"},
    {"name", "Name", "Nom"},
    {"timezone", "Time zone", "Fuseau horaire"},
    {"money", "Money", "Devise"},
    {"enrol_unknown", "Unknown members are enrolled", "Les membres inconnus sont inscrits"},
    {"back_dating", "Events may be told late by", "Les événements peuvent arriver en retard de"},
    {"excluded", "Never earns", "Ne rapporte jamais"},
    {"metadata", "Notes", "Notes"},
};
#define N_LABELS (sizeof labels / sizeof labels[0])

static void write_root_member(struct words *words, const void *ctx)
{
    const struct spot *in = ctx;
    say(words, in->label_en, in->label_fr);
    say(words, ": ", "\u00a0: ");
    say_json(words, in->after);
    say(words, " (before: ", " (avant\u00a0: ");
    say_json(words, in->before);
    buf_str(&words->buf, STR(")."));
}

static void compare_root(struct differ *d)
{
    for (size_t i = 0; i < N_LABELS; i++) {
        struct spot spot = {.label_en = labels[i].en,
                            .label_fr = labels[i].fr,
                            .before = json_get(d->before.root, labels[i].field),
                            .after = json_get(d->after.root, labels[i].field)};
        if (!same(d->arena, spot.before, spot.after))
            add_change(d, spot.before, spot.after, sentence_of(d, write_root_member, &spot));
    }
}

static void write_new_program(struct words *words, const void *ctx)
{
    const struct bilingual *summary = ctx;
    say(words, "The programme ", "Le programme ");
    say_name(words, words->program->name);
    say(words, " is new.", " est nouveau.");
    if (summary->en.n)
        buf_char(&words->buf, ' ');
    say_name(words, *summary);
}

static void compare(struct differ *d)
{
    if (d->before.program) {
        compare_root(d);
    } else {
        struct bilingual summary = program_summary(d->arena, d->after.program);
        add_change(d, NULL, d->after.root, sentence_of(d, write_new_program, &summary));
    }
    for (size_t i = 0; i < N_KINDS; i++)
        compare_list(d, &kinds[i]);
}

static enum err load_side(struct arena *arena, struct str document, struct side *ret)
{
    struct program_problems program_problems;
    struct problems problems;
    enum err e = program_compile(arena, document, &program_problems, &ret->program);
    if (e)
        return e;
    problems_init(&problems, arena);
    // The snapshot's copy of the text lives as long as both are needed here.
    return json_parse(arena, ret->program->document, &json_limits_bulk, &problems, &ret->root);
}

// What the changes point to must outlive the snapshots: everything said was copied, everything
// printed was printed into the arena.
enum err program_diff(struct arena *arena, struct str before, struct str after,
                      struct program_change **ret_changes, size_t *ret_n)
{
    struct differ d = {.arena = arena};
    enum err e = before.p ? load_side(arena, before, &d.before) : OK;
    if (!e)
        e = load_side(arena, after, &d.after);
    if (!e) {
        compare(&d);
        e = arena_overflowed(arena) ? ERR_MEMORY : OK;
    }
    program_unref(d.before.program);
    program_unref(d.after.program);
    if (e)
        return e;
    *ret_changes = d.changes;
    *ret_n = d.n;
    return OK;
}
