// SPDX-License-Identifier: Apache-2.0
// tz_test.c - laws of src/base/tz.h.  Every real zone is compared in tz_zones.py.
#include "base/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct tz *zone(const char *name)
{
    const struct tz *tz = NULL;
    assert_int_equal(tz_load(&arena, str_of(name), &tz), OK);
    return tz;
}

static int64_t at(const char *text)
{
    struct instant instant;
    assert_true(civil_parse(str_of(text), &instant));
    return instant.s;
}

static int64_t local(const char *text)
{
    return at(text);
}

static void test_only_names_of_zones_are_looked_up(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "/etc/passwd",
        "../../../etc/passwd",
        "Europe/..",
        "Europe/Paris/",
        "Europe//Paris",
        "Europe",
        "Nowhere/None",
        "tzdata.zi",
        "EUR OPE",
        "Europe/Pa\xc3\xa9ris",
        "zone1970.tab",
        "+24:00",
        "1:00",
        "+01:60",
        "right/Europe/Paris",
    };
    const struct tz *tz = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(tz_load(&arena, str_of(bad[i]), &tz), ERR_INPUT_INVALID);
    char longest[66];
    memset(longest, 'A', sizeof longest);
    assert_false(tz_name_valid((struct str){longest, 65}));
    assert_true(tz_name_valid((struct str){longest, 64}));
    assert_null(tz);
}

static void test_fixed_offsets_need_no_file(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int offset_s;
    } rows[] = {
        {"UTC", 0}, {"+11:00", 39600}, {"-02:30", -9000}, {"02:00", 7200}, {"-23:59", -86340}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tz *tz = zone(rows[i].name);
        assert_int_equal(tz_offset_at(tz, at("1950-01-01T00:00:00Z")), rows[i].offset_s);
        assert_int_equal(tz_offset_at(tz, at("2150-07-01T00:00:00Z")), rows[i].offset_s);
        int64_t next;
        assert_false(tz_next_transition(tz, 0, &next));
        assert_int_equal(tz_unix(tz, 0, TZ_GAP_SHIFT, TZ_FOLD_FIRST), -rows[i].offset_s);
    }
}

static void test_known_places_at_known_times(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *at;
        int offset_s;
    } rows[] = {
        {"Europe/Paris", "2024-03-31T00:59:59Z", 3600},
        {"Europe/Paris", "2024-03-31T01:00:00Z", 7200},
        {"Europe/Paris", "2024-10-27T00:59:59Z", 7200},
        {"Europe/Paris", "2024-10-27T01:00:00Z", 3600},
        {"Europe/Paris", "2099-07-01T00:00:00Z", 7200},
        {"Europe/Paris", "1850-01-01T00:00:00Z", 561},
        {"US/Central", "2009-02-13T23:31:30Z", -21600},
        {"Asia/Kathmandu", "2009-02-13T23:31:30Z", 20700},
        {"Australia/Sydney", "2090-01-01T00:00:00Z", 39600},
        {"America/St_Johns", "2009-02-13T23:31:30Z", -12600},
        {"America/Nuuk", "2050-07-01T00:00:00Z", -3600},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},
        {"Asia/Gaza", "2060-07-01T00:00:00Z", 10800},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tz_offset_at(zone(rows[i].name), at(rows[i].at)), rows[i].offset_s);
}

static void test_gaps_and_folds_are_resolved_as_stated(void **state)
{
    (void)state;
    const struct tz *paris = zone("Europe/Paris");
    int64_t gap = local("2024-03-31T02:30:00Z");
    assert_int_equal(tz_unix(paris, gap, TZ_GAP_SHIFT, TZ_FOLD_FIRST), at("2024-03-31T01:30:00Z"));
    assert_int_equal(tz_unix(paris, gap, TZ_GAP_END, TZ_FOLD_FIRST), at("2024-03-31T01:00:00Z"));
    assert_int_equal(tz_unix(paris, gap, TZ_GAP_END, TZ_FOLD_SECOND), at("2024-03-31T01:00:00Z"));
    int64_t fold = local("2024-10-27T02:30:00Z");
    assert_int_equal(tz_unix(paris, fold, TZ_GAP_SHIFT, TZ_FOLD_FIRST), at("2024-10-27T00:30:00Z"));
    assert_int_equal(tz_unix(paris, fold, TZ_GAP_SHIFT, TZ_FOLD_SECOND),
                     at("2024-10-27T01:30:00Z"));
}

static int64_t day(const char *text)
{
    struct date date;
    assert_true(civil_parse_date(str_of(text), &date));
    return civil_day(date);
}

static void test_a_day_starts_when_its_date_begins_midnight_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *day;
        const char *start;
    } rows[] = {
        {"Europe/Paris", "2024-03-31", "2024-03-30T23:00:00Z"},
        {"Europe/Paris", "2024-04-01", "2024-03-31T22:00:00Z"},
        {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"}, // midnight was skipped
        {"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z"},    // midnight came twice
        {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},      // the whole day was skipped
        {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
        {"Pacific/Kiritimati", "2024-01-01", "2023-12-31T10:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tz_day_start(zone(rows[i].name), day(rows[i].day)), at(rows[i].start));
}

// ---- files made by the test

struct file {
    unsigned char p[512];
    size_t n;
};

static void put_number(struct file *f, int64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        f->p[f->n++] = (unsigned char)((uint64_t)value >> (8 * i));
}

static void put_header(struct file *f, int times, int types)
{
    memcpy(f->p + f->n, "TZif2", 5);
    f->n += 20;
    int counts[] = {0, 0, 0, times, types, 4};
    for (int i = 0; i < 6; i++)
        put_number(f, counts[i], 4);
}

// No transition when at is 0; offset 0 before it, 3600 from it on; then the rule.
static struct file make_file(int64_t at_s, const char *rule)
{
    struct file f = {.n = 0};
    put_header(&f, 0, 1);
    put_number(&f, 0, 6);
    put_number(&f, 0, 4);
    put_header(&f, at_s ? 1 : 0, 2);
    if (at_s) {
        put_number(&f, at_s, 8);
        put_number(&f, 1, 1);
    }
    put_number(&f, 0, 6);
    put_number(&f, 3600, 4);
    put_number(&f, 0, 2);
    put_number(&f, 0x41424300, 4);
    f.p[f.n++] = '\n';
    memcpy(f.p + f.n, rule, strlen(rule));
    f.n += strlen(rule);
    f.p[f.n++] = '\n';
    return f;
}

static enum err parse_file(const struct file *f, size_t n, struct tz *tz)
{
    // A copy of exactly n bytes lets the address sanitizer see a read past the end.
    char *copy = malloc(n + 1);
    memcpy(copy, f->p, n);
    char *exact = realloc(copy, n ? n : 1);
    enum err e = tz_parse(&arena, (struct str){.p = exact, .n = n}, tz);
    free(exact);
    return e;
}

static struct tz rule_zone(const char *rule)
{
    struct file f = make_file(0, rule);
    struct tz tz;
    assert_int_equal(parse_file(&f, f.n, &tz), OK);
    return tz;
}

static void test_rules_of_every_form_are_followed(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        const char *at;
        int offset_s;
    } rows[] = {
        {"AAA0", "2030-07-01T00:00:00Z", 0},
        {"AAA-5:45", "2030-07-01T00:00:00Z", 20700},
        {"AAA+1:02:03", "2030-07-01T00:00:00Z", -3723},
        {"<+0330>-3:30", "2030-07-01T00:00:00Z", 12600},
        // Julian days never count 29 February: J60 is always 1 March.
        {"AAA0BBB,J60/0,J300/0", "2024-02-29T23:59:59Z", 0},
        {"AAA0BBB,J60/0,J300/0", "2024-03-01T00:00:00Z", 3600},
        {"AAA0BBB,J60/0,J300/0", "2023-03-01T00:00:00Z", 3600},
        // Zero-based days do: 59 is 29 February in a leap year, 1 March in another.
        {"AAA0BBB,59/0,300/0", "2024-02-29T00:00:00Z", 3600},
        {"AAA0BBB,59/0,300/0", "2023-02-28T23:59:59Z", 0},
        {"AAA0BBB,59/0,300/0", "2023-03-01T00:00:00Z", 3600},
        // Summer all year (RFC 9636, section 3.3.1).
        {"XXX3EDT4,0/0,J365/23", "2030-01-01T02:59:59Z", -14400},
        {"XXX3EDT4,0/0,J365/23", "2030-01-01T03:00:00Z", -14400},
        {"XXX3EDT4,0/0,J365/23", "2030-07-01T00:00:00Z", -14400},
        {"XXX3EDT4,0/0,J365/23", "2031-01-01T00:00:00Z", -14400},
        // Negative times and times after 24:00 (Nuuk, Gaza).
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T00:59:59Z", -7200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z", -3600},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2031-03-29T00:00:00Z", 10800},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2031-03-28T23:59:59Z", 7200},
        // Ireland's winter is its exception.
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2030-07-01T00:00:00Z", 3600},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2030-12-01T00:00:00Z", 0},
        // The south.
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2030-01-01T00:00:00Z", 39600},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2030-12-31T23:59:59Z", 39600},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2030-07-01T00:00:00Z", 36000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tz tz = rule_zone(rows[i].rule);
        assert_int_equal(tz_offset_at(&tz, at(rows[i].at)), rows[i].offset_s);
    }
}

static void test_bad_rules_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "A0",
        "AAA",
        "AAA25",
        "AAA0BBB",
        "AAA0BBB,M3.5.0",
        "AAA0BBB,M13.5.0,M10.5.0",
        "AAA0BBB,M3.6.0,M10.5.0",
        "AAA0BBB,M3.5.7,M10.5.0",
        "AAA0BBB,J0,J10",
        "AAA0BBB,366,10",
        "AAA0BBB,1/168,10",
        "AAA0BBB,1,10x",
        "<AAA0",
        "AAA0:60",
        "AAA-",
        "<A-\n>0",
    };
    struct tz tz;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct file f = make_file(0, bad[i]);
        assert_int_equal(parse_file(&f, f.n, &tz), ERR_INPUT_INVALID);
    }
}

static void test_a_table_without_rule_keeps_its_last_offset(void **state)
{
    (void)state;
    struct file f = make_file(1000, "");
    struct tz tz;
    assert_int_equal(parse_file(&f, f.n, &tz), OK);
    assert_int_equal(tz_offset_at(&tz, 999), 0);
    assert_int_equal(tz_offset_at(&tz, 1000), 3600);
    assert_int_equal(tz_offset_at(&tz, INT64_C(1) << 40), 3600);
}

static void test_a_damaged_file_is_refused_or_read_never_overrun(void **state)
{
    (void)state;
    struct file whole = make_file(1000, "CET-1CEST,M3.5.0,M10.5.0/3");
    struct tz tz;
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(parse_file(&whole, n, &tz), ERR_INPUT_INVALID);
    for (size_t i = 0; i < whole.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct file f = whole;
            f.p[i] ^= (unsigned char)(1 << bit);
            if (parse_file(&f, f.n, &tz) == OK) {
                assert_in_range(tz_offset_at(&tz, 1700000000) + 26 * 3600, 0, 52 * 3600);
                tz_unix(&tz, 1700000000, TZ_GAP_SHIFT, TZ_FOLD_FIRST);
            }
        }
        arena_clear(&arena);
    }
}

static void test_an_instant_survives_the_way_to_local_time_and_back(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Paris",        "America/St_Johns",  "Pacific/Apia",
                                        "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran"};
    uint64_t seed = 3;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const struct tz *tz = zone(names[k]);
        for (int i = 0; i < 20000; i++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            int64_t t = (int64_t)(seed >> 30) % INT64_C(6000000000) - INT64_C(2000000000);
            int64_t local_s = t + tz_offset_at(tz, t);
            int64_t first = tz_unix(tz, local_s, TZ_GAP_SHIFT, TZ_FOLD_FIRST);
            int64_t second = tz_unix(tz, local_s, TZ_GAP_SHIFT, TZ_FOLD_SECOND);
            assert_true(first <= t && t <= second && (t == first || t == second));
            assert_int_equal(first + tz_offset_at(tz, first), local_s);
            assert_int_equal(second + tz_offset_at(tz, second), local_s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_names_of_zones_are_looked_up),
        cmocka_unit_test(test_fixed_offsets_need_no_file),
        cmocka_unit_test(test_known_places_at_known_times),
        cmocka_unit_test(test_gaps_and_folds_are_resolved_as_stated),
        cmocka_unit_test(test_a_day_starts_when_its_date_begins_midnight_or_not),
        cmocka_unit_test(test_rules_of_every_form_are_followed),
        cmocka_unit_test(test_bad_rules_are_refused),
        cmocka_unit_test(test_a_table_without_rule_keeps_its_last_offset),
        cmocka_unit_test(test_a_damaged_file_is_refused_or_read_never_overrun),
        cmocka_unit_test(test_an_instant_survives_the_way_to_local_time_and_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
