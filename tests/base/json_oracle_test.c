// SPDX-License-Identifier: Apache-2.0
// json_oracle_test.c - our JSON reader beside jansson: on the texts of json_corpus.txt each says
// what is written there, on a million mutations of real documents both accept the same, but for
// what we refuse on purpose; and what both accept means the same.
//
//   json_oracle_test [SEED [ROUNDS]]
#include "base/json_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// Only what is asked of it: its header and base/json_out.h both define json_object.
typedef struct json_t json_t;
typedef struct {
    int line, column, position;
    char source[80], text[160];
} json_error_t;
json_t *json_loadb(const char *buffer, size_t n, size_t flags, json_error_t *error);
char *json_dumps(const json_t *json, size_t flags);
void json_delete(json_t *json);

#define JSON_REJECT_DUPLICATES 0x1
#define JSON_DECODE_ANY 0x4
#define JSON_COMPACT_SORTED (0x20 | 0x80)
#define JSON_ENCODE_ANY 0x200

static const char *const documents[] = {
    ("{\"source\":\"till-1\",\"external_id\":\"A-1001\",\"order\":{\"lines\":[{\"id\":\"1\","
     "\"quantity\":2,\"unit_amount\":450}],\"discount\":0},\"member\":{\"external_id\":\"17850\"}"
     "}"),
    "[1,-2,0,[],{},\"\",null,true,false,[[[\"x\"]]]]",
    "{\"a\":\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\",\"b\":\"caf\xc3\xa9 \xf0\x9f\x98\x80\"}",
    "{\"k1\":{\"k2\":{\"k3\":[{\"k4\":1},{\"k4\":2}]}},\"k5\":[9007199254740991,-7]}",
    " \t\r\n[ \"sp ace\" , { \"a\" : 1 } ] \n",
};
static const char alphabet[] = "{}[]\",:\\ue019-+.aftn \n\t\x01\x7f\xc3\xa9\xed\xa0\x80/";

static uint64_t state;

static uint32_t dice(uint32_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % n;
}

static size_t mutated(char *text, size_t room)
{
    const char *from = documents[dice(sizeof documents / sizeof documents[0])];
    size_t n = strlen(from);
    memcpy(text, from, n);
    for (uint32_t i = dice(4); i > 0; i--) {
        size_t at = dice((uint32_t)n);
        switch (dice(4)) {
        case 0:
            text[at] = alphabet[dice(sizeof alphabet - 1)];
            break;
        case 1:
            memmove(text + at, text + at + 1, n - at - 1);
            n--;
            break;
        case 2:
            if (n + 1 < room) {
                memmove(text + at + 1, text + at, n - at);
                text[at] = alphabet[dice(sizeof alphabet - 1)];
                n++;
            }
            break;
        default: { // a piece moves to another place
            size_t piece = 1 + dice(8), to = dice((uint32_t)n);
            if (at + piece <= n && to + piece <= n)
                memmove(text + to, text + at, piece);
        }
        }
    }
    return n;
}

static bool has_real(const struct json *value)
{
    if (value->type == JSON_TYPE_NUMBER) {
        int64_t integer;
        return !json_to_i64(value, &integer) || str_eq(value->text, STR("-0"));
    }
    for (uint32_t i = 0; value->items && i < value->n; i++)
        if (has_real(&value->items[i]))
            return true;
    return false;
}

// Both accepted: the canonical form must be what jansson writes with sorted keys.
static void compare(struct arena *arena, const struct json *value, const json_t *oracle)
{
    struct buf buf, again_buf;
    struct json_out out;
    struct problems problems;
    const struct json *again;
    if (has_real(value)) // jansson rounds and rewrites those
        return;
    char *text = json_dumps(oracle, JSON_COMPACT_SORTED | JSON_ENCODE_ANY);
    assert_non_null(text);
    // jansson escapes some characters otherwise, so its text is read by us once more.
    problems_init(&problems, arena);
    assert_int_equal(json_parse(arena, str_of(text), &json_limits_request, &problems, &again), OK);
    buf_init(&buf, arena);
    json_init(&out, &buf);
    json_canonical(&out, arena, value);
    buf_init(&again_buf, arena);
    json_init(&out, &again_buf);
    json_canonical(&out, arena, again);
    if (!str_eq(buf_text(&buf), buf_text(&again_buf)))
        fail_msg("%.*s but jansson: %s", STR_FMT(buf_text(&buf)), text);
    free(text);
}

static int rounds = 200000;

static void test_both_accept_the_same(void **unused)
{
    int both = 0, neither = 0;
    struct arena arena;
    arena_init(&arena, (size_t)4 << 20);
    print_message("seed %llu\n", (unsigned long long)state);
    for (int i = 0; i < rounds; i++) {
        char text[1024];
        size_t n = mutated(text, sizeof text);
        struct problems problems;
        const struct json *value = NULL;
        json_error_t error;
        arena_clear(&arena);
        problems_init(&problems, &arena);
        enum err e =
            json_parse(&arena, (struct str){text, n}, &json_limits_request, &problems, &value);
        json_t *oracle = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
        bool too_large =
            !oracle && (strstr(error.text, "too big") || strstr(error.text, "overflow"));
        if ((e == OK) != (oracle != NULL) && !too_large)
            fail_msg("round %d: %.*s: %s, jansson: %s", i, (int)n, text,
                     e ? problems.first->detail.p : "fine", oracle ? "fine" : error.text);
        if (oracle && value)
            compare(&arena, value, oracle);
        both += e == OK;
        neither += e != OK;
        if (oracle)
            json_delete(oracle);
    }
    arena_release(&arena);
    print_message("%d accepted, %d refused\n", both, neither);
    assert_true(both > rounds / 20 && neither > rounds / 20);
}

// ---- the corpus

// The bytes that a line of the corpus stands for.
static size_t unescaped(const char *line, size_t n, char *text)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned byte = (unsigned char)line[i];
        if (line[i] == '\\') {
            byte = line[++i] == 'n' ? '\n' : (unsigned char)line[i];
            if (line[i] == 'x') {
                assert_int_equal(sscanf(line + i + 1, "%2x", &byte), 1);
                i += 2;
            }
        }
        text[length++] = (char)byte;
    }
    return length;
}

// One line of the corpus without its end.
static bool check_line(struct arena *arena, const char *line)
{
    char text[1024];
    char verdict = line[0];
    size_t n = unescaped(line + 2, strlen(line) - 2, text);
    struct problems problems;
    const struct json *value = NULL;
    json_error_t error;
    problems_init(&problems, arena);
    enum err e = json_parse(arena, (struct str){text, n}, &json_limits_request, &problems, &value);
    json_t *oracle = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    enum err wanted = verdict == 'd' ? ERR_TOO_DEEP : strchr("no", verdict) ? ERR_JSON_SYNTAX : OK;
    bool good = e == wanted;
    if (!good)
        print_error("%c %s: we: %s\n", verdict, line, e ? problems.first->detail.p : "accepted");
    if (verdict != 'd' && (oracle != NULL) != (verdict == 'y' || verdict == 'o')) {
        print_error("%c %s: jansson: %s\n", verdict, line, oracle ? "accepted" : error.text);
        good = false;
    }
    if (e)
        assert_int_equal(problems.n, 1);
    if (oracle && value)
        compare(arena, value, oracle);
    if (oracle)
        json_delete(oracle);
    return good;
}

static void test_each_says_what_the_corpus_says(void **unused)
{
    char line[1024], path[4096];
    int n_lines = 0, n_wrong = 0;
    struct arena arena;
    arena_init(&arena, (size_t)4 << 20);
    snprintf(path, sizeof path, "%s/tests/base/json_corpus.txt", getenv("SOURCE_ROOT"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        char *end = strrchr(line, '|');
        assert_non_null(end);
        assert_true(strchr("ynobd", line[0]) && line[1] == ' ');
        *end = '\0';
        arena_clear(&arena);
        n_wrong += !check_line(&arena, line);
        n_lines++;
    }
    fclose(file);
    arena_release(&arena);
    print_message("%d texts\n", n_lines);
    assert_true(n_lines >= 450);
    assert_int_equal(n_wrong, 0);
}

int main(int argc, char **argv)
{
    state = argc > 1 ? strtoull(argv[1], NULL, 10) : 20261121;
    if (argc > 2)
        rounds = (int)strtol(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_says_what_the_corpus_says),
                                       cmocka_unit_test(test_both_accept_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
