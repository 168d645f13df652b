// SPDX-License-Identifier: Apache-2.0
// lex.h - bytes to tokens.
//
// Layer: cel.  Tests: tests/cel/parse_test.c
#pragma once

#include "cel/internal.h"

enum cel_token_kind {
    CEL_K_END,
    CEL_K_BAD, // reported already
    CEL_K_NAME,
    CEL_K_QUOTED_NAME, // `content-type`
    CEL_K_LITERAL,     // value
    CEL_K_PUNCTUATION, // op, or one character
};

struct cel_token {
    uint8_t kind;
    uint8_t op; // enum cel_op of an operator
    char c;     // first character of punctuation
    uint32_t start, end;
    struct str name;
    struct cel_value value;
    bool too_large; // 9223372036854775808: allowed only behind a minus
};

struct cel_lexer {
    struct cel_source *source;
    struct str text;
    uint32_t at;
};

struct cel_token cel_lex(struct cel_lexer *lexer);
// Decodes the inside of a literal; false with *ret_at where the fault is.
bool cel_unescape(struct arena *arena, struct str inside, bool bytes, struct str *ret,
                  uint32_t *ret_at);
