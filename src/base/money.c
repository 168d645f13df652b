// SPDX-License-Identifier: Apache-2.0
// money.c - the currencies of ISO 4217.
//
// Codes for metals, funds and tests are left out: nobody pays in them at a till.
//
// Layer: base (pure).  Tests: tests/base/money_test.c
#include "base/money.h"

#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

#define EXPONENT_MAX 4

// clang-format off
static const struct money_info currencies[] = {
    {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"AOA", 2}, {"ARS", 2}, {"AUD", 2}, {"AWG", 2},
    {"AZN", 2}, {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BGN", 2}, {"BHD", 3}, {"BIF", 0}, {"BMD", 2},
    {"BND", 2}, {"BOB", 2}, {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2}, {"BZD", 2},
    {"CAD", 2}, {"CDF", 2}, {"CHF", 2}, {"CLF", 4}, {"CLP", 0}, {"CNY", 2}, {"COP", 2}, {"CRC", 2},
    {"CUP", 2}, {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2}, {"DOP", 2}, {"DZD", 2}, {"EGP", 2},
    {"ERN", 2}, {"ETB", 2}, {"EUR", 2}, {"FJD", 2}, {"FKP", 2}, {"GBP", 2}, {"GEL", 2}, {"GHS", 2},
    {"GIP", 2}, {"GMD", 2}, {"GNF", 0}, {"GTQ", 2}, {"GYD", 2}, {"HKD", 2}, {"HNL", 2}, {"HTG", 2},
    {"HUF", 2}, {"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3}, {"IRR", 2}, {"ISK", 0}, {"JMD", 2},
    {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2}, {"KHR", 2}, {"KMF", 0}, {"KPW", 2}, {"KRW", 0},
    {"KWD", 3}, {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2}, {"LKR", 2}, {"LRD", 2}, {"LSL", 2},
    {"LYD", 3}, {"MAD", 2}, {"MDL", 2}, {"MGA", 2}, {"MKD", 2}, {"MMK", 2}, {"MNT", 2}, {"MOP", 2},
    {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2},
    {"NGN", 2}, {"NIO", 2}, {"NOK", 2}, {"NPR", 2}, {"NZD", 2}, {"OMR", 3}, {"PAB", 2}, {"PEN", 2},
    {"PGK", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2}, {"PYG", 0}, {"QAR", 2}, {"RON", 2}, {"RSD", 2},
    {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2}, {"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2},
    {"SHP", 2}, {"SLE", 2}, {"SOS", 2}, {"SRD", 2}, {"SSP", 2}, {"STN", 2}, {"SVC", 2}, {"SYP", 2},
    {"SZL", 2}, {"THB", 2}, {"TJS", 2}, {"TMT", 2}, {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2},
    {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0}, {"USD", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4},
    {"UZS", 2}, {"VED", 2}, {"VES", 2}, {"VND", 0}, {"VUV", 0}, {"WST", 2}, {"XAF", 0}, {"XCD", 2},
    {"XCG", 2}, {"XOF", 0}, {"XPF", 0}, {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},
};
// clang-format on
#define N_CURRENCIES (sizeof currencies / sizeof *currencies)

const struct money_info *money_find(struct str code)
{
    if (code.n != 3)
        return NULL;
    size_t from = 0;
    size_t to = N_CURRENCIES;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_cmp(code, str_of(currencies[middle].code));
        if (order == 0)
            return &currencies[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const struct money_info *money_table(size_t *ret_n)
{
    *ret_n = N_CURRENCIES;
    return currencies;
}

static int64_t power_of_ten(unsigned exponent)
{
    CHECK(exponent <= EXPONENT_MAX);
    int64_t power = 1;
    for (unsigned i = 0; i < exponent; i++)
        power *= 10;
    return power;
}

struct str money_text(struct arena *arena, int64_t amount, unsigned exponent)
{
    uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    uint64_t unit = (uint64_t)power_of_ten(exponent);
    const char *sign = amount < 0 ? "-" : "";
    if (exponent == 0)
        return str_printf(arena, "%s%" PRIu64, sign, size);
    return str_printf(arena, "%s%" PRIu64 ".%0*" PRIu64, sign, size / unit, (int)exponent,
                      size % unit);
}

// Digits only, at least one, of a value <= AMOUNT_MAX.
static bool read_digits(struct str s, int64_t *ret_value)
{
    int64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (s.p[i] - '0');
        if (value > AMOUNT_MAX)
            return false;
    }
    *ret_value = value;
    return s.n > 0;
}

bool money_parse(struct str text, unsigned exponent, int64_t *ret_amount)
{
    bool negative = str_starts(text, STR("-"));
    struct str whole = str_skip(text, negative);
    struct str decimals = STR_NONE;
    const char *point = whole.n ? memchr(whole.p, '.', whole.n) : NULL;
    if (point) {
        decimals = str_skip(whole, (size_t)(point - whole.p) + 1);
        whole.n = (size_t)(point - whole.p);
        if (decimals.n == 0 || decimals.n > exponent)
            return false;
    }
    int64_t units = 0;
    int64_t part = 0;
    if (!read_digits(whole, &units) || (decimals.n && !read_digits(decimals, &part)))
        return false;
    part *= power_of_ten(exponent - (unsigned)decimals.n);
    int64_t amount = 0;
    if (amount_mul(units, power_of_ten(exponent), &amount) || amount_add(amount, part, &amount))
        return false;
    *ret_amount = negative ? -amount : amount;
    return true;
}
