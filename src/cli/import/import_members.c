// SPDX-License-Identifier: Apache-2.0
// import_members.c - habitue import members: who took part in the old programme, and what they
// bring along.
//
//   M1  An opening balance is booked once for each member and source: the member's metadata says
//       that it was, in the same transaction.
//
// Layer: cli.  Tests: tests/cli/import_test.py
#include "cli/commands.h"
#include "cli/import/cell.h"
#include "cli/import/import.h"
#include "flow/foresee.h"

#define BALANCE_MAX 1000000000000
#define METADATA_VALUE_MAX 500

struct members {
    struct import import;
    struct member_binding at;
    struct csv_row header; // cells in the arena of the command
    size_t n_columns;
    bool started; // the second reading is behind the header
    int64_t n_members;
};

struct member_item {
    struct member_in in; // metadata and attributes are filled in when the member is known
    struct str attribute_values[MAPPING_EXTRAS_MAX], metadata_values[MAPPING_EXTRAS_MAX];
    int64_t balance;
};

// ---- one row

struct member_reading {
    struct members *members;
    const struct csv_row *row;
    struct arena *arena;
    bool tell, refused;
};

static void refuse(struct member_reading *r, int column, const char *reason)
{
    r->refused = true;
    if (!r->tell)
        return;
    struct str name = column < 0 ? STR_NONE : r->members->header.cells[column];
    struct str value = column < 0 ? STR_NONE : r->row->cells[column];
    report_refused(&r->members->import.report, r->row->number, name, value, str_of(reason));
}

static struct str read_text(struct member_reading *r, int column, size_t max)
{
    if (column < 0)
        return STR_NONE;
    struct str text = str_trim(r->row->cells[column]);
    bool control = false;
    for (size_t i = 0; i < text.n; i++)
        control |= (unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f;
    if (!str_is_utf8(text))
        refuse(r, column, "is no UTF-8 text");
    else if (control)
        refuse(r, column, "has control characters");
    else if (text.n > max && str_code_points(text) > max)
        refuse(r, column, "is too long");
    else
        return text.n ? str_dup(r->arena, text) : STR_NONE;
    return STR_NONE;
}

static struct str read_identifier(struct member_reading *r, int column, const char *kind,
                                  size_t max)
{
    struct str text = read_text(r, column, max), normal;
    if (text.p && identifier_normalise(r->arena, str_of(kind), text, &normal))
        refuse(r, column, "cannot be one");
    return text;
}

static void read_numbers(struct member_reading *r, struct member_item *item)
{
    const struct member_binding *at = &r->members->at;
    const struct mapping *mapping = r->members->import.mapping;
    char mark = mapping->decimal_mark ? ',' : '.';
    struct str joined = at->enrolled_at < 0 ? STR_NONE : r->row->cells[at->enrolled_at];
    if (joined.n && !cell_time(joined, mapping->time_format, mapping->tz, &item->in.enrolled_us))
        refuse(r, at->enrolled_at, "is no time of the mapping's format");
    else if (item->in.enrolled_us > env_now_us(env_system()))
        refuse(r, at->enrolled_at, "lies in the future");
    struct str balance = at->balance < 0 ? STR_NONE : r->row->cells[at->balance];
    if (balance.n && (!cell_whole(balance, mark, &item->balance) || item->balance < 0 ||
                      item->balance > BALANCE_MAX))
        refuse(r, at->balance, "is no number of units, 0 or more");
}

static bool read_item(struct member_reading *r, struct member_item *ret_item)
{
    const struct member_binding *at = &r->members->at;
    struct member_item item = {
        .in = {.external_id = read_identifier(r, at->external_id, "external_id", 255),
               .email = read_identifier(r, at->email, "email", 254),
               .phone = read_identifier(r, at->phone, "phone", 32),
               .card = read_identifier(r, at->card, "card", 64),
               .name = read_text(r, at->name, 200)}};
    for (size_t i = 0; i < at->n_attributes; i++)
        item.attribute_values[i] = read_text(r, at->attributes[i], METADATA_VALUE_MAX);
    for (size_t i = 0; i < at->n_metadata; i++)
        item.metadata_values[i] = read_text(r, at->metadata[i], METADATA_VALUE_MAX);
    read_numbers(r, &item);
    if (!r->refused && !item.in.external_id.p && !item.in.email.p && !item.in.phone.p &&
        !item.in.card.p)
        refuse(r, -1, "says of nobody who it is");
    *ret_item = item;
    return !r->refused;
}

static bool is_skipped(struct members *members, const struct csv_row *row, bool count)
{
    const struct mapping *mapping = members->import.mapping;
    const struct mapping_condition *conditions = mapping->skip.items;
    for (size_t i = 0; i < mapping->skip.n; i++) {
        if (!mapping_meets(mapping, &conditions[i], row))
            continue;
        if (count)
            import_skipped(&members->import, i);
        return true;
    }
    return false;
}

// ---- the readings

static bool read_header(struct members *members, const struct csv_row *row)
{
    struct import *import = &members->import;
    struct problems problems;
    problems_init(&problems, &import->cli->arena);
    members->header.n = members->n_columns = row->n;
    for (size_t i = 0; i < row->n; i++)
        members->header.cells[i] = str_dup(&import->cli->arena, row->cells[i]);
    if (mapping_bind_members(&import->cli->arena, import->mapping, row, !import->mapping_given,
                             &problems, &members->at) == OK)
        return true;
    struct str path = cli_value(import->cli, "mapping");
    import_print_problems(path.p ? path : str_of(import->path), &problems);
    import->fault = ERR_MAPPING_INVALID;
    return false;
}

static bool check_row(void *ctx, const struct csv_row *row)
{
    struct members *members = ctx;
    if (members->n_columns == 0)
        return read_header(members, row);
    struct member_reading r = {members, row, &members->import.row_arena, true, false};
    struct member_item item;
    if (row->n != members->n_columns)
        refuse(&r, -1,
               row->n < members->n_columns ? "has fewer cells than the header"
                                           : "has more cells than the header");
    else if (!is_skipped(members, row, true) && read_item(&r, &item))
        members->n_members++;
    return true;
}

static bool take_row(void *ctx, const struct csv_row *row)
{
    struct members *members = ctx;
    struct import *import = &members->import;
    bool header = !members->started;
    members->started = true;
    if (header || row->n != members->n_columns || is_skipped(members, row, false))
        return true;
    struct member_item *item = ARENA_NEW(import_arena(import), struct member_item);
    struct member_reading r = {members, row, import_arena(import), false, false};
    if (!read_item(&r, item))
        return true;
    struct str name = item->in.external_id.p ? item->in.external_id : STR("");
    struct import_item put = {.row = row->number, .name = name, .what = item};
    import->fault = import_put(import, &put);
    if (!import->fault)
        import->fault = import_flush_full(import);
    return import->fault == OK;
}

// ---- one member in the store

// One text for one meaning, so that what is the same compares equal.
static struct str canonical(struct arena *arena, struct str object)
{
    struct problems problems;
    const struct json *json;
    struct buf text;
    struct json_out out;
    problems_init(&problems, arena);
    if (json_parse(arena, object, &json_limits_request, &problems, &json))
        return object;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_canonical(&out, arena, json);
    return buf_text(&text);
}

// {"a":1} with the values that are not empty put over it.
static struct str merged(struct arena *arena, struct str object, const struct str *names,
                         const struct str *values, size_t n)
{
    struct problems problems;
    const struct json *old = NULL;
    struct buf text;
    struct json_out out;
    problems_init(&problems, arena);
    if (object.p && json_parse(arena, object, &json_limits_request, &problems, &old))
        old = NULL;
    buf_init(&text, arena);
    json_init(&out, &text);
    json_object(&out);
    for (uint32_t i = 0; old && i < old->n; i++) {
        bool replaced = false;
        for (size_t k = 0; k < n; k++)
            replaced |= values[k].p && str_eq(names[k], old->items[i].key);
        if (replaced)
            continue;
        json_key_str(&out, old->items[i].key);
        json_copy(&out, &old->items[i]);
    }
    for (size_t k = 0; k < n; k++) {
        if (!values[k].p)
            continue;
        json_key_str(&out, names[k]);
        json_str(&out, values[k]);
    }
    json_end(&out);
    return canonical(arena, buf_text(&text));
}

static bool has_member(struct arena *arena, struct str object, struct str name)
{
    struct problems problems;
    const struct json *json;
    problems_init(&problems, arena);
    return object.p && json_parse(arena, object, &json_limits_request, &problems, &json) == OK &&
           json_get_str(json, name) != NULL;
}

// external_id, then phone, then e-mail, then card.
static enum err find_member(struct import *import, struct tx *tx, const struct member_in *in,
                            struct member_view *ret_view)
{
    const struct member_ref refs[] = {{.external_id = in->external_id},
                                      {.phone = in->phone},
                                      {.email = in->email},
                                      {.card = in->card}};
    const struct str values[] = {in->external_id, in->phone, in->email, in->card};
    enum err e = ERR_NOT_FOUND;
    for (size_t i = 0; i < 4 && e == ERR_NOT_FOUND; i++)
        if (values[i].p)
            e = flow_member_find(tx, import_arena(import), import->shop.tenant_id, &refs[i],
                                 ret_view);
    return e;
}

// What the file says of the member is what is stored: nothing is written then.
static bool is_same(const struct member_in *in, const struct member_view *view, struct arena *arena)
{
    const struct str given[] = {in->external_id, in->email, in->phone, in->card};
    static const char *const kinds[] = {"external_id", "email", "phone", "card"};
    for (size_t i = 0; i < 4; i++) {
        struct str normal = STR_NONE;
        bool found = !given[i].p;
        if (given[i].p && identifier_normalise(arena, str_of(kinds[i]), given[i], &normal))
            return false;
        for (size_t k = 0; k < view->n_identifiers && !found; k++)
            found = str_eq(view->identifiers[k].kind, str_of(kinds[i])) &&
                    str_eq(view->identifiers[k].value, normal);
        if (!found)
            return false;
    }
    return (!in->name.p || str_eq(in->name, view->name)) &&
           str_eq(in->attributes, canonical(arena, view->attributes)) &&
           str_eq(in->metadata, canonical(arena, view->metadata));
}

// Two customers of the old system may share a telephone; they are not one member for that.
static bool is_another(const struct member_in *in, const struct member_view *view)
{
    bool has = false, same = false;
    for (size_t i = 0; i < view->n_identifiers && in->external_id.p; i++) {
        if (!str_eq(view->identifiers[i].kind, STR("external_id")))
            continue;
        has = true;
        same |= str_eq(view->identifiers[i].value, str_trim(in->external_id));
    }
    return has && !same;
}

static enum err book_balance(struct import *import, struct tx *tx, struct id member_id,
                             int64_t units)
{
    struct caller by = {.tenant_id = import->shop.tenant_id};
    struct str note = import->mapping->balance_note;
    struct adjust_in in = {.member_id = member_id,
                           .currency = import->mapping->balance_currency,
                           .units = units,
                           .note = note.p ? note : STR("Opening balance")};
    struct wallet wallet;
    return flow_adjust(tx, by, &in, &wallet);
}

static struct str marker_of(struct import *import)
{
    return str_printf(import_arena(import), "opening_balance:%.*s",
                      STR_FMT(import->mapping->source));
}

// The member with what the file adds to it; ret_book says whether the balance is still to come.
static void complete(struct members *members, struct member_item *item,
                     const struct member_view *view, struct member_in *ret_in, bool *ret_book)
{
    struct import *import = &members->import;
    struct arena *arena = import_arena(import);
    struct str names[MAPPING_EXTRAS_MAX + 2], values[MAPPING_EXTRAS_MAX + 2];
    size_t n = members->at.n_metadata;
    for (size_t i = 0; i < n; i++) {
        names[i] = members->at.metadata_names[i];
        values[i] = item->metadata_values[i];
    }
    names[n] = STR("imported_from");
    values[n++] = import->mapping->source;
    struct str old = view ? view->metadata : STR_NONE;
    *ret_book = item->balance > 0 && !has_member(arena, old, marker_of(import));
    if (*ret_book) {
        names[n] = marker_of(import);
        values[n++] = str_printf(arena, "%lld", (long long)item->balance);
    }
    *ret_in = item->in;
    ret_in->metadata = merged(arena, old, names, values, n);
    ret_in->attributes =
        merged(arena, view ? view->attributes : STR_NONE, members->at.attribute_names,
               item->attribute_values, members->at.n_attributes);
}

static enum err foresee_item(struct import *import, struct tx *tx, const struct import_item *put)
{
    const struct member_in *in = &((const struct member_item *)put->what)->in;
    struct member_ref ref = {.external_id = in->external_id,
                             .phone = in->phone,
                             .email = in->email,
                             .card = in->card};
    return foresee_member(tx, import->shop.tenant_id, &ref);
}

static enum err apply_member(struct import *import, struct tx *tx, struct import_item *put,
                             struct problems *problems)
{
    // The import is the first member of struct members.
    struct members *members = (struct members *)import;
    struct member_item item = *(const struct member_item *)put->what;
    struct caller by = {.tenant_id = import->shop.tenant_id};
    struct member_view view;
    struct member_in in;
    bool created = false, book;
    enum err e = find_member(import, tx, &item.in, &view);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!e && is_another(&item.in, &view))
        return ERR_IDENTIFIER_TAKEN;
    complete(members, &item, e ? NULL : &view, &in, &book);
    put->outcome = ITEM_APPLIED;
    if (e)
        e = flow_enrol(tx, import_arena(import), by, &in, problems, &view, &created);
    else if (is_same(&in, &view, import_arena(import)))
        put->outcome = ITEM_REPLAYED;
    else
        e = flow_member_update(tx, import_arena(import), by, view.id, &in, problems, &view);
    return e || !book ? e : book_balance(import, tx, view.id, item.balance);
}

// ---- the command

static void print_summary(struct members *members)
{
    struct import *import = &members->import;
    if (cli_has(import->cli, "json")) {
        struct buf text;
        struct json_out out;
        buf_init(&text, &import->cli->arena);
        json_init(&out, &text);
        json_object(&out);
        json_put_i64(&out, "rows", import->rows - 1);
        json_put_i64(&out, "members", members->n_members);
        import_summary_json(import, &out);
        json_end(&out);
        printf("%.*s\n", STR_FMT(buf_text(&text)));
        return;
    }
    printf("%s\n", import->path);
    summary_line(&import->cli->arena, "rows", import->rows - 1, NULL);
    summary_line(&import->cli->arena, "members", members->n_members, NULL);
    import_summary(import);
}

struct wanted_currency {
    struct import *import;
    bool known;
};

static enum err read_currency(void *ctx, struct tx *tx)
{
    struct wanted_currency *wanted = ctx;
    const struct program *program;
    enum err e = tx_program(tx, wanted->import->shop.tenant_id, tx->now_us, &program);
    for (size_t i = 0; !e && i < program->n_currencies; i++)
        wanted->known |=
            str_eq(program->currencies[i].id, wanted->import->mapping->balance_currency);
    return e;
}

static bool check_program(struct members *members)
{
    struct wanted_currency wanted = {.import = &members->import};
    enum err e = shop_read(&members->import.shop, read_currency, &wanted);
    struct str currency = members->import.mapping->balance_currency;
    if (e)
        cli_fail_err(e, "tenant '%.*s'", STR_FMT(members->import.cli->settings.tenant));
    else if (currency.p && members->at.balance >= 0 && !wanted.known)
        cli_fail("/balance_currency: the programme has no currency '%.*s'", STR_FMT(currency));
    else
        return true;
    return false;
}

static int run(struct members *members)
{
    struct import *import = &members->import;
    if (!import_check(import, check_row, members) || !check_program(members) ||
        !import_resume(import) || !import_take(import, take_row, members))
        return EXIT_FAILED;
    print_summary(members);
    return import_exit_code(import);
}

int command_import_members(struct cli *cli)
{
    struct members *members = arena_try(&cli->arena, sizeof *members);
    if (!members)
        return cli_fail_err(ERR_MEMORY, "import");
    int code = import_open(&members->import, cli, MAPPING_MEMBERS);
    members->import.foresee = foresee_item;
    members->import.apply = apply_member;
    if (code == EXIT_DONE)
        code = run(members);
    if (!report_close(&members->import.report))
        code = cli_fail("%s could not be written", members->import.report.path);
    import_close(&members->import);
    return code;
}
