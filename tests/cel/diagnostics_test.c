// SPDX-License-Identifier: Apache-2.0
// diagnostics_test.c - mistakes and what is said about them.
//
//   diagnostics_test SCHEMA GOLDEN [-w]
//
// The golden file has blocks: "bool> expression" (the wanted type before >, nothing: any), and
// below it a line per diagnostic: start-end code: message, and "fix start-end: text" when there is
// one.  A block without diagnostics says "good".  -w writes the file anew; read the difference.
#include "cel/cel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena env_arena;
static struct cel_env *env;

static struct str read_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("no %s\n", path);
        exit(1);
    }
    struct buf out;
    char bytes[4096];
    size_t n;
    buf_init(&out, arena);
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_put(&out, bytes, n);
    fclose(file);
    return buf_text(&out);
}

static bool applies(const struct cel_diag *d, struct str text)
{
    return d->start <= d->end && d->end <= text.n && d->fix_end <= text.n && d->line >= 1;
}

// What a fix leaves must compile, or at least have one fault less.
static bool mends(struct arena *arena, struct str text, const char *want, const struct cel_diag *d,
                  uint32_t n_before)
{
    struct cel_diags after;
    struct buf mended;
    buf_init(&mended, arena);
    buf_put(&mended, text.p, d->fix_start);
    buf_str(&mended, str_of(d->fix));
    buf_put(&mended, text.p + d->fix_end, text.n - d->fix_end);
    cel_diags_init(&after, arena);
    cel_compile(env, arena, buf_text(&mended), want, &after);
    return after.n < n_before;
}

static void run_case(struct str text, const char *want, struct buf *out, int *n_bad)
{
    struct arena arena;
    struct cel_diags diags;
    arena_init(&arena, (size_t)16 * 1024 * 1024);
    cel_diags_init(&diags, &arena);
    cel_compile(env, &arena, text, want, &diags);
    for (uint32_t i = 0; i < diags.n; i++) {
        const struct cel_diag *d = &diags.list[i];
        buf_printf(out, "%u-%u %s: %s\n", d->start, d->end, d->code, d->message);
        if (d->fix)
            buf_printf(out, "    fix %u-%u: %s\n", d->fix_start, d->fix_end, d->fix);
        if (d->start < text.n && !applies(d, text))
            *n_bad += printf("a span outside of: %.*s\n", STR_FMT(text)) > 0;
        if (d->fix && !mends(&arena, text, want, d, diags.n))
            *n_bad += printf("the fix '%s' does not mend: %.*s\n", d->fix, STR_FMT(text)) > 0;
        if (!*d->message_fr || strstr(d->message_fr, "{a}") || strstr(d->message_fr, "{fix}"))
            *n_bad += printf("no French for: %.*s\n", STR_FMT(text)) > 0;
    }
    if (!diags.n)
        buf_str(out, STR("good\n"));
    arena_release(&arena);
}

// "bool> expression": the wanted type and the expression.
static bool is_case(struct str line, struct str *ret_want, struct str *ret_text)
{
    const char *mark = line.n ? memchr(line.p, '>', line.n) : NULL;
    size_t n = mark ? (size_t)(mark - line.p) : 0;
    if (!mark || n > 6 || n + 1 >= line.n || mark[1] != ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        if (line.p[i] < 'a' || line.p[i] > 'z')
            return false;
    *ret_want = (struct str){.p = line.p, .n = n};
    *ret_text = str_skip(line, n + 2);
    return true;
}

// The golden file as it should be; returns the number of cases.
static int run_all(struct arena *arena, struct str golden, struct buf *out, int *n_bad)
{
    int n_cases = 0;
    while (golden.n) {
        const char *end = memchr(golden.p, '\n', golden.n);
        struct str line = {.p = golden.p, .n = end ? (size_t)(end - golden.p) : golden.n};
        struct str want, text;
        bool found = is_case(line, &want, &text);
        golden = str_skip(golden, line.n + 1);
        if (!line.n || line.p[0] == '#' || found) {
            buf_str(out, line);
            buf_char(out, '\n');
        }
        if (found) {
            run_case(text, want.n ? str_c(arena, want) : NULL, out, n_bad);
            n_cases++;
        }
    }
    return n_cases;
}

static bool write_file(const char *path, struct str text)
{
    FILE *file = fopen(path, "wb");
    return file && fwrite(text.p, 1, text.n, file) == text.n && !fclose(file);
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct buf out;
    int n_bad = 0;
    if (argc < 3)
        return 1;
    arena_init(&env_arena, (size_t)64 * 1024 * 1024);
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    env = cel_env_new(&env_arena);
    if (cel_env_from_json(env, read_file(&env_arena, argv[1]))) {
        printf("schema: %s\n", cel_env_problem(env));
        return 1;
    }
    struct str golden = read_file(&arena, argv[2]);
    buf_init(&out, &arena);
    int n_cases = run_all(&arena, golden, &out, &n_bad);
    if (argc > 3) {
        n_bad += !write_file(argv[2], buf_text(&out));
    } else if (!str_eq(buf_text(&out), golden)) {
        printf("the diagnostics changed; run with -w and read the difference\n");
        n_bad++;
    }
    // The language promises sixty.
    n_bad += n_cases < 60;
    printf("%d cases, %d faults\n", n_cases, n_bad);
    arena_release(&arena);
    arena_release(&env_arena);
    return n_bad ? 1 : 0;
}
