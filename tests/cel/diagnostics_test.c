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

int main(int argc, char **argv)
{
    arena_init(&env_arena, (size_t)64 * 1024 * 1024);
    struct arena arena;
    arena_init(&arena, (size_t)64 * 1024 * 1024);
    if (argc < 3)
        return 1;
    env = cel_env_new(&env_arena);
    if (cel_env_from_json(env, read_file(&env_arena, argv[1]))) {
        printf("schema: %s\n", cel_env_problem(env));
        return 1;
    }
    struct str golden = read_file(&arena, argv[2]);
    struct buf out;
    int n_cases = 0, n_bad = 0;
    buf_init(&out, &arena);
    for (const char *line = golden.p; line < golden.p + golden.n;) {
        const char *end = memchr(line, '\n', (size_t)(golden.p + golden.n - line));
        size_t n = end ? (size_t)(end - line) : (size_t)(golden.p + golden.n - line);
        struct str s = {.p = line, .n = n};
        const char *mark = n ? memchr(line, '>', n) : NULL;
        bool is_case = mark && mark - line <= 6 && mark[1] == ' ' && *line != ' ' &&
                       (*line < '0' || *line > '9');
        line += n + 1;
        if (n == 0 || s.p[0] == '#') {
            buf_put(&out, s.p, n);
            buf_char(&out, '\n');
        }
        if (!is_case)
            continue;
        struct str want = {.p = s.p, .n = (size_t)(mark - s.p)};
        struct str text = str_skip(s, (size_t)(mark - s.p) + 2);
        buf_put(&out, s.p, n);
        buf_char(&out, '\n');
        run_case(text, want.n ? str_c(&arena, want) : NULL, &out, &n_bad);
        n_cases++;
    }
    struct str got = buf_text(&out);
    if (argc > 3) {
        FILE *file = fopen(argv[2], "wb");
        if (!file || fwrite(got.p, 1, got.n, file) != got.n || fclose(file))
            return 1;
    } else if (!str_eq(got, golden)) {
        printf("the diagnostics changed; run with -w and read the difference\n");
        n_bad++;
    }
    printf("%d cases, %d faults\n", n_cases, n_bad);
    arena_release(&arena);
    arena_release(&env_arena);
    return n_bad ? 1 : 0;
}
