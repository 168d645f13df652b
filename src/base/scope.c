// SPDX-License-Identifier: Apache-2.0
// scope.c - sets of what an API key may do.
//
// Layer: base.  Tests: tests/base/api_key_test.c
#include "base/scope.h"

static const struct {
    struct str text;
    struct str title;
} table[N_SCOPES] = {
#define SCOPE(name, text_, title_) {STR(text_), STR(title_)},
#include "scopes.def"
#undef SCOPE
};

struct str scope_text(enum scope_index index)
{
    CHECK(index < N_SCOPES);
    return table[index].text;
}

struct str scope_title(enum scope_index index)
{
    CHECK(index < N_SCOPES);
    return table[index].title;
}

static bool is_divider(char c)
{
    return c == ' ' || c == ',';
}

static uint64_t scope_of(struct str word)
{
    if (str_eq(word, STR("all")))
        return SCOPES_ALL;
    for (unsigned i = 0; i < N_SCOPES; i++)
        if (str_eq(word, table[i].text))
            return UINT64_C(1) << i;
    return 0;
}

enum err scopes_parse(struct str text, uint64_t *ret_scopes, struct str *ret_unknown)
{
    uint64_t scopes = 0;
    while (text.n) {
        size_t n = 0;
        while (n < text.n && !is_divider(text.p[n]))
            n++;
        struct str word = {text.p, n};
        uint64_t scope = scope_of(word);
        if (n && !scope) {
            *ret_unknown = word;
            return ERR_INPUT_INVALID;
        }
        scopes |= scope;
        text = str_skip(text, n + 1);
    }
    *ret_scopes = scopes;
    return OK;
}

void scopes_write(uint64_t scopes, struct buf *buf)
{
    bool some = false;
    for (unsigned i = 0; i < N_SCOPES; i++) {
        if (!(scopes & UINT64_C(1) << i))
            continue;
        if (some)
            buf_char(buf, ' ');
        buf_str(buf, table[i].text);
        some = true;
    }
}
