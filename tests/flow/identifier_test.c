// SPDX-License-Identifier: Apache-2.0
// identifier_test.c - two spellings of one address or number are one identifier.
//
// Layer: tests.
#include "flow/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct pair {
    const char *kind, *given, *normal; // normal NULL: refused
};

static const struct pair pairs[] = {
    {"external_id", "  17850 ", "17850"},
    {"external_id", "aB-c", "aB-c"},
    {"external_id", "   ", NULL},
    {"email", "Ada@Example.COM", "ada@example.com"},
    {"email", " ada+shop@example.com", "ada+shop@example.com"},
    {"email",
     "\xEF\xBC\xA1"
     "da@example.com",
     "ada@example.com"}, // full-width A
    {"email", "ada", NULL},
    {"email", "a@b@c", NULL},
    {"email", "@example.com", NULL},
    {"email", "ada@", NULL},
    {"email", "a da@example.com", NULL},
    {"phone", "+33 6 12 34 56 78", "+33612345678"},
    {"phone", "0033 6.12.34.56.78", "+33612345678"},
    {"phone", "(06) 12-34-56-78", "0612345678"},
    {"phone", "+33 6 12", NULL},
    {"phone", "+33612345678901234", NULL},
    {"phone", "06x12345678", NULL},
    {"card", "ab-12 34", "AB1234"},
    {"card", " - ", NULL},
    {"code", "oil-7k", "0117K"},
};

static void test_spellings_of_one_identifier_are_one(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct str normal = STR_NONE;
        enum err e =
            identifier_normalise(&arena, str_of(pairs[i].kind), str_of(pairs[i].given), &normal);
        if (!pairs[i].normal) {
            if (!e)
                fail_msg("%s '%s' became '%.*s'", pairs[i].kind, pairs[i].given, STR_FMT(normal));
            continue;
        }
        assert_int_equal(e, OK);
        assert_string_equal(str_c(&arena, normal), pairs[i].normal);
        struct str again;
        assert_int_equal(identifier_normalise(&arena, str_of(pairs[i].kind), normal, &again), OK);
        assert_true(str_eq(normal, again)); // what is stored is its own normal form
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_one_identifier_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
