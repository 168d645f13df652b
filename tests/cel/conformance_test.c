// SPDX-License-Identifier: Apache-2.0
// conformance_test.c - runs files of conformance cases, one JSON object a line.
//
//   conformance_test [-t exceptions] FILE...
//
// A case is {file, section, name, expr, bindings?, type_env?, container?, disable_check?,
// check_only?, value | error | deduced_type, type?}.  Values are tagged: {"int":"7"},
// {"list":[..]}. "type" is what cel-go deduced; cases where ours differs must be listed in the
// exceptions file, "file/section/name" a line.  On every case that compiles the four laws of
// printing and JSON are tested too, and that no evaluation costs more than the static bound.
//
// Exits 77 (skipped) when no file is there.
#include "base/json_in.h"
#include "cel/internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int n_passed, n_failed, n_types;
static char exceptions[11][512];
static int n_exceptions;

struct run {
    struct arena *arena;
    const struct json *json;
    struct cel_env *env;
    struct cel_value vars[32];
    struct str expr;
};

// Our JSON reader refuses NUL, so in the line it is U+E000 and is put back here.
static struct str text_of(struct arena *arena, const struct json *json)
{
    if (!json || json->type != JSON_TYPE_STRING)
        return STR_NONE;
    struct buf out;
    buf_init(&out, arena);
    for (size_t i = 0; i < json->text.n; i++) {
        bool nul = json->text.n - i >= 3 && !memcmp(json->text.p + i, "\xee\x80\x80", 3);
        buf_char(&out, nul ? '\0' : json->text.p[i]);
        i += nul ? 2 : 0;
    }
    return json->text.n ? buf_text(&out) : STR("");
}

static const struct json *item(const struct json *json, size_t i)
{
    return json && i < json->n ? &json->items[i] : NULL;
}

static bool is_true(const struct json *json)
{
    return json && json->type == JSON_TYPE_BOOL && json->truth;
}

static const char *c_string(struct arena *arena, const struct json *json)
{
    return str_c(arena, text_of(arena, json));
}

static const char *field(const struct run *run, const struct json *json, const char *name)
{
    return c_string(run->arena, json_get(json, name));
}

static bool fail(const struct run *run, const char *what, struct str detail)
{
    printf("FAIL %s/%s/%s: %.*s: %s%.*s\n", field(run, run->json, "file"),
           field(run, run->json, "section"), field(run, run->json, "name"), STR_FMT(run->expr),
           what, STR_FMT(detail));
    return false;
}

// ---- values

static struct cel_value value_of(struct run *run, const struct json *json);

static struct str base64(struct arena *arena, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf out;
    buf_init(&out, arena);
    unsigned bits = 0, n = 0;
    for (; *text && *text != '='; text++) {
        bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
        n += 6;
        if (n >= 8) {
            n -= 8;
            buf_char(&out, (char)(bits >> n & 0xFF));
        }
    }
    return buf_text(&out);
}

static struct cel_value list_of(struct run *run, const struct json *json, bool map)
{
    size_t n = json->n;
    struct cel_value *items = arena_try_array(run->arena, n * 2 + 1, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        const struct json *one = &json->items[i];
        if (map) {
            items[i * 2] = value_of(run, item(one, 0));
            items[i * 2 + 1] = value_of(run, item(one, 1));
        } else {
            items[i] = value_of(run, one);
        }
    }
    return map ? cel_map(items, n) : cel_list(items, n);
}

// [seconds, nanoseconds], of the same sign in the cases.
static struct cel_value time_of(const struct json *v, bool timestamp)
{
    int64_t seconds = 0, nanos = 0;
    if (!json_to_i64(item(v, 0), &seconds) || !json_to_i64(item(v, 1), &nanos)) {
        printf("not a value\n");
        exit(1);
    }
    if (nanos < 0) {
        seconds--;
        nanos += 1000000000;
    }
    return timestamp ? cel_timestamp(seconds, (uint32_t)nanos)
                     : cel_duration(seconds, (uint32_t)nanos);
}

static struct cel_value value_of(struct run *run, const struct json *json)
{
    const struct json *v = &json->items[0];
    const char *tag = str_c(run->arena, v->key);
    struct str text = text_of(run->arena, v);
    const char *s = str_c(run->arena, text);
    if (!strcmp(tag, "int"))
        return cel_int(strtoll(s, NULL, 10));
    if (!strcmp(tag, "uint"))
        return cel_uint(strtoull(s, NULL, 10));
    if (!strcmp(tag, "double"))
        return cel_double(strtod(s, NULL));
    if (!strcmp(tag, "string"))
        return cel_string(text);
    if (!strcmp(tag, "bytes"))
        return cel_bytes(base64(run->arena, s));
    if (!strcmp(tag, "bool"))
        return cel_bool(is_true(v));
    if (!strcmp(tag, "null"))
        return cel_null();
    if (!strcmp(tag, "type"))
        return cel_type_value(str_eq(text, STR("null")) ? STR("null_type") : text);
    if (!strcmp(tag, "list") || !strcmp(tag, "map"))
        return list_of(run, v, *tag == 'm');
    return time_of(v, !strcmp(tag, "timestamp"));
}

static bool same(struct cel_value a, struct cel_value b);

static bool same_items(struct cel_value a, struct cel_value b)
{
    if (a.len != b.len)
        return false;
    for (uint32_t i = 0; i < a.len; i++) {
        const struct cel_value *v =
            a.tag == CEL_MAP ? cel_map_find(b, a.items[i * 2]) : &b.items[i];
        if (!v || !same(a.items[a.tag == CEL_MAP ? i * 2 + 1 : i], *v))
            return false;
    }
    return true;
}

// Equal and of the same kind all through, NaN being itself and -0.0 not 0.0.
static bool same(struct cel_value a, struct cel_value b)
{
    if (a.tag != b.tag)
        return false;
    if (a.tag == CEL_DOUBLE)
        return (isnan(a.d) && isnan(b.d)) || (a.d == b.d && signbit(a.d) == signbit(b.d));
    if (a.tag == CEL_LIST || a.tag == CEL_MAP)
        return same_items(a, b);
    return a.tag == CEL_TYPE ? str_eq(cel_text(a), cel_text(b)) : cel_equal(a, b);
}

// ---- environment

// "~T" of the cases is our "T".
static void put_type(struct buf *out, const char *type)
{
    for (; *type; type++)
        if (*type != '~')
            buf_char(out, *type);
}

static void declare_function(struct run *run, const char *name, const struct json *overload)
{
    struct buf out;
    buf_init(&out, run->arena);
    const struct json *params = json_get(overload, "params");
    size_t first = is_true(json_get(overload, "member")) ? 1 : 0;
    if (first) {
        put_type(&out, c_string(run->arena, item(params, 0)));
        buf_char(&out, '.');
    }
    buf_printf(&out, "%s(", name);
    for (size_t i = first; i < (params ? params->n : 0); i++) {
        buf_str(&out, i > first ? STR(", ") : STR(""));
        put_type(&out, c_string(run->arena, item(params, i)));
    }
    buf_str(&out, STR("): "));
    put_type(&out, field(run, overload, "result"));
    enum err e = cel_env_func(run->env, str_c(run->arena, buf_text(&out)), NULL, NULL);
    CHECK(!e);
}

static void declare_var(struct run *run, const struct json *decl)
{
    const char *name = field(run, decl, "name");
    const struct json *overloads = json_get(decl, "overloads");
    for (size_t k = 0; overloads && k < overloads->n; k++)
        declare_function(run, name, &overloads->items[k]);
    if (overloads)
        return;
    unsigned slot = cel_env_var(run->env, name, field(run, decl, "type"));
    const struct json *binding = json_get(json_get(run->json, "bindings"), name);
    if (binding)
        run->vars[slot] = value_of(run, binding);
}

static void declare(struct run *run)
{
    const struct json *types = json_get(run->json, "type_env");
    const struct json *bindings = json_get(run->json, "bindings");
    run->env = cel_env_new(run->arena);
    cel_env_container(run->env, field(run, run->json, "container"));
    for (size_t i = 0; types && i < types->n; i++)
        declare_var(run, &types->items[i]);
    for (size_t i = 0; bindings && i < bindings->n; i++) {
        const struct json *binding = &bindings->items[i];
        bool declared = false;
        for (size_t k = 0; types && k < types->n; k++)
            declared |=
                str_eq(text_of(run->arena, json_get(&types->items[k], "name")), binding->key);
        if (!declared)
            run->vars[cel_env_var(run->env, str_c(run->arena, binding->key), "dyn")] =
                value_of(run, binding);
    }
    enum err e = cel_env_seal(run->env);
    CHECK(!e);
}

// ---- laws

static struct cel_node *parse(struct run *run, struct str text)
{
    struct cel_diags *diags = arena_try(run->arena, sizeof *diags);
    cel_diags_init(diags, run->arena);
    struct cel_source source = {.text = text, .diags = diags, .arena = run->arena};
    struct cel_node *node = cel_parse(&source);
    return diags->n_errors ? NULL : node;
}

static bool laws(struct run *run, struct str text)
{
    struct cel_node *tree = parse(run, text);
    if (!tree)
        return fail(run, "does not parse a second time", STR_NONE);
    struct buf printed, again, json;
    buf_init(&printed, run->arena);
    buf_init(&again, run->arena);
    buf_init(&json, run->arena);
    cel_print_node(tree, &printed);
    struct cel_node *back = parse(run, buf_text(&printed));
    if (!back || !cel_node_same(tree, back))
        return fail(run, "parse(print(a)) is not a: ", buf_text(&printed));
    cel_print_node(back, &again);
    if (!str_eq(buf_text(&printed), buf_text(&again)))
        return fail(run, "print(parse(print(a))) is not print(a): ", buf_text(&again));
    cel_node_json(tree, false, &json);
    struct cel_diags *diags = arena_try(run->arena, sizeof *diags);
    cel_diags_init(diags, run->arena);
    struct cel_source source = {.text = buf_text(&json), .diags = diags, .arena = run->arena};
    struct cel_node *read = cel_node_from_json(&source);
    if (!read || !cel_node_same(tree, read))
        return fail(run, "from_json(to_json(a)) is not a: ", buf_text(&json));
    return true;
}

// ---- one case

static struct cel_prog *compile(struct run *run, struct str text, struct cel_diags **ret_diags)
{
    bool unchecked = is_true(json_get(run->json, "disable_check"));
    struct cel_diags *diags = arena_try(run->arena, sizeof *diags);
    cel_diags_init(diags, run->arena);
    *ret_diags = diags;
    return unchecked ? cel_compile_unchecked(run->env, run->arena, text, diags)
                     : cel_compile(run->env, run->arena, text, NULL, diags);
}

static struct str describe(struct run *run, struct cel_value value)
{
    struct buf out;
    buf_init(&out, run->arena);
    cel_value_print(value, &out);
    return buf_text(&out);
}

static struct cel_value evaluate(struct run *run, const struct cel_prog *prog, bool *ret_within)
{
    uint64_t cost = 0;
    struct cel_value v = cel_eval(prog, run->vars, run->arena, NULL, &cost);
    *ret_within = cost <= cel_cost_max(prog);
    return v;
}

static bool is_exception(const struct run *run)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s/%s", field(run, run->json, "file"),
             field(run, run->json, "section"), field(run, run->json, "name"));
    for (int i = 0; i < n_exceptions; i++)
        if (!strcmp(exceptions[i], name))
            return true;
    return false;
}

static bool right_type(struct run *run, const struct cel_prog *prog)
{
    const char *got = cel_result_type(prog);
    const char *suite = field(run, run->json, "deduced_type");
    const char *cel_go = field(run, run->json, "type");
    if (is_true(json_get(run->json, "disable_check")))
        return true;
    n_types += *suite || *cel_go;
    if (*suite && strcmp(got, suite))
        return fail(run, "type ", str_printf(run->arena, "%s, the suite's is %s", got, suite));
    if (*cel_go && strcmp(got, cel_go) && !is_exception(run))
        return fail(run, "type ", str_printf(run->arena, "%s, cel-go's is %s", got, cel_go));
    return true;
}

static bool right_value(struct run *run, const struct cel_prog *prog, struct cel_value v)
{
    const struct json *wanted = json_get(run->json, "value");
    if (!wanted)
        return cel_is_error(v) || fail(run, "must fail, is ", describe(run, v));
    if (!same(value_of(run, wanted), v))
        return fail(run, "is ", describe(run, v));
    // The fourth law: what was printed means the same.
    struct buf printed;
    struct cel_diags *diags;
    bool within;
    buf_init(&printed, run->arena);
    cel_print(prog, &printed);
    struct cel_prog *again = compile(run, buf_text(&printed), &diags);
    if (!again || !same(v, evaluate(run, again, &within)))
        return fail(run, "means something else when printed: ", buf_text(&printed));
    return true;
}

static bool check(struct run *run)
{
    struct cel_diags *diags;
    declare(run);
    struct cel_prog *prog = compile(run, run->expr, &diags);
    if (!prog)
        return json_get(run->json, "error") ||
               fail(run, "does not compile: ", str_of(diags->n ? diags->list[0].message : "?"));
    if (!laws(run, run->expr))
        return false;
    if (!right_type(run, prog))
        return false;
    if (is_true(json_get(run->json, "check_only")))
        return true;
    bool within;
    struct cel_value v = evaluate(run, prog, &within);
    if (!within)
        return fail(run, "costs more than the bound", STR_NONE);
    return right_value(run, prog, v);
}

static void run_line(char *line, size_t n)
{
    static const struct json_limits limits = {.depth = 900, .keys = 1000, .values = 100000};
    struct arena arena;
    struct problems problems;
    for (char *p = line; (p = strchr(p, '\\')); p += 2)
        if (!strncmp(p, "\\u0000", 6))
            memcpy(p, "\\ue000", 6);
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    problems_init(&problems, &arena);
    struct run run = {.arena = &arena};
    if (json_parse(&arena, (struct str){.p = line, .n = n}, &limits, &problems, &run.json)) {
        printf("not JSON: %.*s: %s\n", STR_FMT(problems.first->detail), line);
        exit(1);
    }
    run.expr = text_of(&arena, json_get(run.json, "expr"));
    if (check(&run))
        n_passed++;
    else
        n_failed++;
    arena_release(&arena);
}

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, file)) > 0)
        run_line(line, (size_t)n);
    free(line);
    fclose(file);
    return true;
}

static void read_exceptions(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("no %s\n", path);
        exit(1);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, " \n")] = '\0';
        if (!*line || *line == '#')
            continue;
        if (n_exceptions == 10) {
            printf("more than 10 exceptions\n");
            exit(1);
        }
        memcpy(exceptions[n_exceptions++], line, sizeof line);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    bool any = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-t") && i + 1 < argc)
            read_exceptions(argv[++i]);
        else if (run_file(argv[i]))
            any = true;
        else
            printf("%s is not there\n", argv[i]);
    }
    if (!any)
        return 77;
    printf("%d passed, %d failed, %d types compared\n", n_passed, n_failed, n_types);
    return n_failed ? 1 : 0;
}
