// SPDX-License-Identifier: Apache-2.0
// id_test.c - laws of src/base/id.h.
#include "base/id.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

// A clock and a randomness that the test decides.
struct script {
    int64_t now_us;
    uint64_t seed;
    bool all_ones;
};

static int64_t script_now(const struct env *env)
{
    return ((const struct script *)env->ctx)->now_us;
}

static void script_random(const struct env *env, void *bytes, size_t n)
{
    struct script *script = env->ctx;
    unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        script->seed = script->seed * 6364136223846793005U + 1442695040888963407U;
        p[i] = script->all_ones ? 0xFF : (unsigned char)(script->seed >> 56);
    }
}

static struct env script_env(struct script *script)
{
    return (struct env){.now_us = script_now, .random = script_random, .ctx = script};
}

static void test_ids_ascend_even_when_the_clock_steps_back(void **state)
{
    (void)state;
    struct script script = {.now_us = 1700000000123456, .seed = 1};
    struct env env = script_env(&script);
    struct id_source source;
    id_source_init(&source, &env);
    struct id last = ID_NIL;
    for (int i = 0; i < 20000; i++) {
        if (i % 1000 == 999)
            script.now_us += i % 3 ? 1000 : -5000000;
        struct id id = id_next(&source);
        assert_true(id_cmp(last, id) < 0);
        assert_int_equal(id.b[6] >> 4, 7);
        assert_int_equal(id.b[8] >> 6, 2);
        last = id;
    }
}

static void test_an_id_carries_its_millisecond(void **state)
{
    (void)state;
    struct script script = {.now_us = 1700000000123456, .seed = 1};
    struct env env = script_env(&script);
    struct id_source source;
    id_source_init(&source, &env);
    assert_int_equal(id_time_ms(id_next(&source)), 1700000000123);
}

static void test_a_full_millisecond_borrows_the_next(void **state)
{
    (void)state;
    struct script script = {.now_us = 5000, .seed = 1, .all_ones = true};
    struct env env = script_env(&script);
    struct id_source source;
    id_source_init(&source, &env);
    struct id last = id_next(&source);
    source.high = 0xFFF;
    source.low = ((uint64_t)1 << 62) - 1;
    for (int i = 0; i < 3; i++) {
        struct id id = id_next(&source);
        assert_true(id_cmp(last, id) < 0);
        assert_int_equal(id_time_ms(id), 6);
        last = id;
    }
}

#define N_THREADS 4
#define N_EACH 50000

// The source serialises its callers, so that the script needs no lock.
struct asker {
    pthread_t thread;
    struct id_source *source;
    struct id ids[N_EACH];
};

static void *ask_for_ids(void *arg)
{
    struct asker *asker = arg;
    for (int i = 0; i < N_EACH; i++)
        asker->ids[i] = id_next(asker->source);
    return NULL;
}

// Each thread's ascend and no two are equal: what is merged in order ascends strictly.
static void test_threads_that_share_a_source_get_ascending_ids_and_never_the_same(void **state)
{
    (void)state;
    static struct asker askers[N_THREADS];
    struct script script = {.now_us = 1700000000123456, .seed = 1};
    struct env env = script_env(&script);
    struct id_source source;
    id_source_init(&source, &env);
    for (int i = 0; i < N_THREADS; i++) {
        askers[i].source = &source;
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_for_ids, &askers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++)
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
    for (int i = 0; i < N_THREADS; i++)
        for (int k = 1; k < N_EACH; k++)
            assert_true(id_cmp(askers[i].ids[k - 1], askers[i].ids[k]) < 0);
    int at[N_THREADS] = {0};
    struct id last = ID_NIL;
    for (int n = 0; n < N_THREADS * N_EACH; n++) {
        int least = -1;
        for (int i = 0; i < N_THREADS; i++)
            if (at[i] < N_EACH &&
                (least < 0 || id_cmp(askers[i].ids[at[i]], askers[least].ids[at[least]]) < 0))
                least = i;
        struct id id = askers[least].ids[at[least]++];
        assert_true(id_cmp(last, id) < 0);
        last = id;
    }
}

static void test_a_source_reaches_a_millisecond_and_never_goes_back(void **state)
{
    (void)state;
    struct script script = {.now_us = 5000000, .seed = 1};
    struct env env = script_env(&script);
    struct id_source source;
    id_source_init(&source, &env);
    struct id before = id_next(&source);
    assert_int_equal(id_time_ms(before), 5000);
    id_source_reach(&source, 7000);
    struct id reached = id_next(&source);
    assert_int_equal(id_time_ms(reached), 7000);
    id_source_reach(&source, 6000); // has been passed
    struct id after = id_next(&source);
    assert_int_equal(id_time_ms(after), 7000);
    script.now_us = 8000000;
    struct id later = id_next(&source);
    assert_int_equal(id_time_ms(later), 8000);
    assert_true(id_cmp(before, reached) < 0 && id_cmp(reached, after) < 0 &&
                id_cmp(after, later) < 0);
}

// Rows of the TypeID specification's valid.yml.
static void test_known_ids_have_their_known_text(void **state)
{
    (void)state;
    static const struct {
        uint8_t b[16];
        const char *prefix;
        const char *text;
    } rows[] = {
        {{0}, "", "00000000000000000000000000"},
        {{[15] = 1}, "", "00000000000000000000000001"},
        {{[15] = 16}, "", "0000000000000000000000000g"},
        {{[15] = 32}, "", "00000000000000000000000010"},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff},
         "",
         "7zzzzzzzzzzzzzzzzzzzzzzzzz"},
        {{0x01, 0x10, 0xc8, 0x53, 0x1d, 0x09, 0x52, 0xd8, 0xd7, 0x3e, 0x11, 0x94, 0xe9, 0x5b, 0x5f,
          0x19},
         "prefix",
         "prefix_0123456789abcdefghjkmnpqrs"},
        {{0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80,
          0x57},
         "prefix",
         "prefix_01h455vb4pex5vsknk084sn02q"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct id id;
        memcpy(id.b, rows[i].b, sizeof id.b);
        char text[ID_TEXT_ROOM];
        assert_string_equal(id_format(id, rows[i].prefix, text).p, rows[i].text);
        struct id back;
        assert_true(id_parse(str_of(rows[i].text), rows[i].prefix, &back));
        assert_true(id_eq(id, back));
    }
}

static void test_parse_refuses_what_format_never_writes(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "mbr",
        "mbr_",
        "01h455vb4pex5vsknk084sn02q",
        "rwd_01h455vb4pex5vsknk084sn02q",
        "mbr-01h455vb4pex5vsknk084sn02q",
        "mbr_81h455vb4pex5vsknk084sn02q",
        "mbr_01H455VB4PEX5VSKNK084SN02Q",
        "mbr_01h455vb4pex5vsknk084sn02",
        "mbr_01h455vb4pex5vsknk084sn02q0",
        "mbr_01h455vb4pex5vsknk084sn02u",
        "mbr_01h455vb4pex5vsknk084sn02l",
        "mbr_01h455vb4pex5vsknk084sn 2q",
        "mbrmbr_01h455vb4pex5vsknk084sn02q",
    };
    struct id id = ID_NIL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(id_parse(str_of(bad[i]), "mbr", &id));
    assert_false(id_parse((struct str){"mbr_01h455vb4pex5vsknk084sn02\0", 30}, "mbr", &id));
    assert_true(id_is_nil(id));
}

static void test_text_and_id_map_one_to_one(void **state)
{
    (void)state;
    struct script script = {.seed = 7};
    struct env env = script_env(&script);
    struct id last = ID_NIL;
    char last_text[ID_TEXT_ROOM];
    id_format(last, "a_b", last_text);
    for (int i = 0; i < 5000; i++) {
        struct id id;
        env_random(&env, id.b, sizeof id.b);
        char text[ID_TEXT_ROOM];
        struct id back;
        assert_true(id_parse(id_format(id, "a_b", text), "a_b", &back));
        assert_true(id_eq(id, back));
        // The order of the bytes is the order of the text.
        assert_int_equal(id_cmp(last, id) < 0, strcmp(last_text, text) < 0);
        last = id;
        memcpy(last_text, text, sizeof text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_ascend_even_when_the_clock_steps_back),
        cmocka_unit_test(test_an_id_carries_its_millisecond),
        cmocka_unit_test(test_a_full_millisecond_borrows_the_next),
        cmocka_unit_test(test_threads_that_share_a_source_get_ascending_ids_and_never_the_same),
        cmocka_unit_test(test_a_source_reaches_a_millisecond_and_never_goes_back),
        cmocka_unit_test(test_known_ids_have_their_known_text),
        cmocka_unit_test(test_parse_refuses_what_format_never_writes),
        cmocka_unit_test(test_text_and_id_map_one_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
