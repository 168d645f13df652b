// SPDX-License-Identifier: Apache-2.0
// lex.c - bytes to tokens.
//
// Layer: cel.  Tests: tests/cel/parse_test.c
#include "cel/lex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const reserved_words[] = {
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",    "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while",
};

bool cel_is_reserved(struct str s)
{
    for (size_t i = 0; i < sizeof reserved_words / sizeof *reserved_words; i++)
        if (str_eq(s, str_of(reserved_words[i])))
            return true;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool cel_is_identifier(struct str s)
{
    static const char *const words[] = {"true", "false", "null", "in"};
    if (!s.n || !is_letter(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]))
            return false;
    for (size_t i = 0; i < 4; i++)
        if (str_eq(s, str_of(words[i])))
            return false;
    return true;
}

static char peek(const struct cel_lexer *lexer, uint32_t ahead)
{
    size_t at = (size_t)lexer->at + ahead;
    return at < lexer->text.n ? lexer->text.p[at] : '\0';
}

static void skip_space(struct cel_lexer *lexer)
{
    while (lexer->at < lexer->text.n) {
        char c = peek(lexer, 0);
        if (c == '/' && peek(lexer, 1) == '/') {
            while (lexer->at < lexer->text.n && peek(lexer, 0) != '\n')
                lexer->at++;
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            lexer->at++;
        } else {
            return;
        }
    }
}

static struct cel_token bad(struct cel_lexer *lexer, struct cel_token token,
                            enum cel_diag_code code)
{
    cel_report(lexer->source,
               (struct cel_report){.code = code, .start = token.start, .end = lexer->at});
    token.kind = CEL_K_BAD;
    token.end = lexer->at;
    return token;
}

// ---- escapes

struct unescaper {
    struct str in;
    size_t at;
    bool bytes;
    struct buf out;
};

static void put_code_point(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_char(out, (char)c);
        return;
    }
    if (c < 0x800) {
        buf_char(out, (char)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_char(out, (char)(0xE0 | c >> 12));
        } else {
            buf_char(out, (char)(0xF0 | c >> 18));
            buf_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
        }
        buf_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
    }
    buf_char(out, (char)(0x80 | (c & 0x3F)));
}

// n digits of the base behind u->at; UINT32_MAX when they are not there.
static uint32_t digits(struct unescaper *u, unsigned n, unsigned base)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < n; i++) {
        char c = u->at < u->in.n ? u->in.p[u->at] : '\0';
        if (!is_hex(c))
            return UINT32_MAX;
        unsigned digit = (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        if (digit >= base)
            return UINT32_MAX;
        value = value * base + digit;
        u->at++;
    }
    return value;
}

static bool numeric_escape(struct unescaper *u, char kind)
{
    uint32_t value = UINT32_MAX;
    bool unicode = kind == 'u' || kind == 'U';
    if (kind == 'x' || kind == 'X') {
        value = digits(u, 2, 16);
    } else if (unicode) {
        value = digits(u, kind == 'u' ? 4 : 8, 16);
    } else {
        u->at--;
        value = digits(u, 3, 8);
        if (value != UINT32_MAX && value > 0xFF)
            return false;
    }
    if (value == UINT32_MAX || (unicode && u->bytes))
        return false;
    if (u->bytes) {
        buf_char(&u->out, (char)value);
        return true;
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return false;
    put_code_point(&u->out, value);
    return true;
}

static bool escape(struct unescaper *u)
{
    static const char plain[] = "a\ab\bf\fn\nr\rt\tv\v\\\\''\"\"``\?\?";
    if (u->at >= u->in.n)
        return false;
    char c = u->in.p[u->at++];
    for (size_t i = 0; i + 1 < sizeof plain; i += 2) {
        if (plain[i] == c) {
            buf_char(&u->out, plain[i + 1]);
            return true;
        }
    }
    if (c == 'x' || c == 'X' || c == 'u' || c == 'U' || (c >= '0' && c <= '3'))
        return numeric_escape(u, c);
    return false;
}

bool cel_unescape(struct arena *arena, struct str inside, bool bytes, struct str *ret,
                  uint32_t *ret_at)
{
    struct unescaper u = {.in = inside, .bytes = bytes};
    buf_init(&u.out, arena);
    while (u.at < inside.n) {
        size_t from = u.at;
        char c = inside.p[u.at++];
        if (c == '\r') { // line ends are \n whatever the editor wrote
            if (u.at < inside.n && inside.p[u.at] == '\n')
                continue;
            c = '\n';
        }
        if (c != '\\') {
            buf_char(&u.out, c);
        } else if (!escape(&u)) {
            *ret_at = (uint32_t)from;
            return false;
        }
    }
    *ret = buf_text(&u.out);
    if (!ret->p)
        *ret = STR("");
    return true;
}

// ---- literals

// Moves behind the closing quote; false when there is none.
static bool find_close(struct cel_lexer *lexer, char quote, bool triple, bool raw,
                       uint32_t *ret_inside_end)
{
    while (lexer->at < lexer->text.n) {
        char c = peek(lexer, 0);
        if (c == '\\' && !raw) {
            lexer->at += 2;
            continue;
        }
        if ((c == '\n' || c == '\r') && !triple)
            return false;
        if (c == quote && (!triple || (peek(lexer, 1) == quote && peek(lexer, 2) == quote))) {
            *ret_inside_end = lexer->at;
            lexer->at += triple ? 3 : 1;
            return true;
        }
        lexer->at++;
    }
    lexer->at = (uint32_t)lexer->text.n;
    return false;
}

static struct cel_token text_literal(struct cel_lexer *lexer, struct cel_token token, bool bytes,
                                     bool raw)
{
    char quote = peek(lexer, 0);
    bool triple = peek(lexer, 1) == quote && peek(lexer, 2) == quote;
    lexer->at += triple ? 3 : 1;
    uint32_t from = lexer->at;
    uint32_t to = from;
    if (!find_close(lexer, quote, triple, raw, &to))
        return bad(lexer, token, CEL_D_STRING_OPEN);
    struct str inside = {.p = lexer->text.p + from, .n = to - from};
    struct str text = inside;
    uint32_t fault = 0;
    if (raw && inside.n)
        text = str_dup(lexer->source->arena, inside);
    if (!raw && !cel_unescape(lexer->source->arena, inside, bytes, &text, &fault)) {
        cel_report(lexer->source, (struct cel_report){.code = CEL_D_ESCAPE,
                                                      .start = from + fault,
                                                      .end = from + fault + 2});
        token.kind = CEL_K_BAD;
    } else {
        token.kind = CEL_K_LITERAL;
    }
    token.end = lexer->at;
    token.value = bytes ? cel_bytes(text) : cel_string(text);
    return token;
}

static struct cel_token integer(struct cel_lexer *lexer, struct cel_token token, bool hex)
{
    uint64_t value = 0;
    bool overflow = false;
    for (uint32_t i = token.start + (hex ? 2 : 0); i < lexer->at; i++) {
        char c = lexer->text.p[i];
        unsigned digit = (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        overflow |= __builtin_mul_overflow(value, hex ? 16u : 10u, &value);
        overflow |= __builtin_add_overflow(value, digit, &value);
    }
    bool is_uint = peek(lexer, 0) == 'u' || peek(lexer, 0) == 'U';
    if (is_uint)
        lexer->at++;
    token.kind = CEL_K_LITERAL;
    token.end = lexer->at;
    token.too_large = !is_uint && value == (uint64_t)INT64_MAX + 1 && !overflow;
    if (overflow || (!is_uint && value > INT64_MAX && !token.too_large))
        return bad(lexer, token, CEL_D_NUMBER);
    token.value = is_uint ? cel_uint(value) : cel_int((int64_t)value);
    return token;
}

static struct cel_token real(struct cel_lexer *lexer, struct cel_token token)
{
    struct str digits = {.p = lexer->text.p + token.start, .n = lexer->at - token.start};
    double d = strtod(str_c(lexer->source->arena, digits), NULL);
    if (__builtin_isinf(d))
        return bad(lexer, token, CEL_D_NUMBER);
    token.kind = CEL_K_LITERAL;
    token.value = cel_double(d);
    return token;
}

static void skip_digits(struct cel_lexer *lexer)
{
    while (is_digit(peek(lexer, 0)))
        lexer->at++;
}

// Moves behind .5 and e-3; false when neither is there.
static bool skip_fraction(struct cel_lexer *lexer)
{
    uint32_t from = lexer->at;
    if (peek(lexer, 0) == '.' && is_digit(peek(lexer, 1))) {
        lexer->at++;
        skip_digits(lexer);
    }
    char e = peek(lexer, 0);
    uint32_t sign = peek(lexer, 1) == '-' || peek(lexer, 1) == '+';
    if ((e == 'e' || e == 'E') && is_digit(peek(lexer, 1 + sign))) {
        lexer->at += 1 + sign;
        skip_digits(lexer);
    }
    return lexer->at > from;
}

static struct cel_token number(struct cel_lexer *lexer, struct cel_token token)
{
    bool hex = peek(lexer, 0) == '0' && (peek(lexer, 1) | 0x20) == 'x' && is_hex(peek(lexer, 2));
    bool is_real = false;
    if (hex) {
        lexer->at += 2;
        while (is_hex(peek(lexer, 0)))
            lexer->at++;
    } else {
        skip_digits(lexer);
        is_real = skip_fraction(lexer);
    }
    token = is_real ? real(lexer, token) : integer(lexer, token, hex);
    token.end = lexer->at;
    if (token.kind == CEL_K_LITERAL && is_letter(peek(lexer, 0))) {
        while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)))
            lexer->at++;
        return bad(lexer, token, CEL_D_NUMBER_FORM);
    }
    return token;
}

// ---- names and punctuation

static bool starts_text(struct cel_lexer *lexer, bool *ret_bytes, bool *ret_raw, uint32_t *ret_skip)
{
    *ret_bytes = *ret_raw = false;
    for (uint32_t i = 0; i < 3; i++) {
        char c = peek(lexer, i);
        if (c == '\'' || c == '"') {
            *ret_skip = i;
            return true;
        }
        if ((c == 'b' || c == 'B') && !*ret_bytes)
            *ret_bytes = true;
        else if ((c == 'r' || c == 'R') && !*ret_raw)
            *ret_raw = true;
        else
            return false;
    }
    return false;
}

static struct cel_token name(struct cel_lexer *lexer, struct cel_token token)
{
    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)))
        lexer->at++;
    token.end = lexer->at;
    struct str word = {.p = lexer->text.p + token.start, .n = token.end - token.start};
    token.kind = CEL_K_LITERAL;
    if (str_eq(word, STR("true")) || str_eq(word, STR("false"))) {
        token.value = cel_bool(word.n == 4);
    } else if (str_eq(word, STR("null"))) {
        token.value = cel_null();
    } else if (str_eq(word, STR("in"))) {
        token.kind = CEL_K_PUNCTUATION;
        token.op = CEL_OP_IN;
    } else {
        token.kind = CEL_K_NAME;
    }
    token.name = str_dup(lexer->source->arena, word);
    return token;
}

static bool quoted_name_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '/' || c == ' ';
}

static struct cel_token quoted_name(struct cel_lexer *lexer, struct cel_token token)
{
    lexer->at++;
    while (quoted_name_char(peek(lexer, 0)))
        lexer->at++;
    uint32_t n = lexer->at - token.start - 1;
    if (peek(lexer, 0) != '`' || n == 0)
        return bad(lexer, token, CEL_D_CHARACTER);
    struct str word = {.p = lexer->text.p + token.start + 1, .n = n};
    lexer->at++;
    token.kind = CEL_K_QUOTED_NAME;
    token.end = lexer->at;
    token.name = str_dup(lexer->source->arena, word);
    return token;
}

#define FANCY_MAX 200u

// Typographic quotes: the text between them is what was meant.
static bool fancy_text(struct cel_lexer *lexer, struct cel_token *token)
{
    static const char *const quotes[][2] = {{"\u201c", "\u201d"},
                                            {"\u2018", "\u2019"},
                                            {"\u00ab", "\u00bb"},
                                            {"\u201e", "\u201c"},
                                            {"\u201d", "\u201d"}};
    struct str rest = str_skip(lexer->text, lexer->at);
    if (rest.n > FANCY_MAX)
        rest.n = FANCY_MAX;
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        struct str open = str_of(quotes[i][0]);
        struct str close = str_of(quotes[i][1]);
        const char *end = str_starts(rest, open)
                              ? memmem(rest.p + open.n, rest.n - open.n, close.p, close.n)
                              : NULL;
        if (!end)
            continue;
        struct str inside = {.p = rest.p + open.n, .n = (size_t)(end - rest.p) - open.n};
        struct buf fix;
        buf_init(&fix, lexer->source->arena);
        cel_print_string(str_trim(inside), 0, &fix);
        lexer->at += (uint32_t)(inside.n + open.n + close.n);
        token->end = lexer->at;
        token->kind = CEL_K_LITERAL;
        token->value = cel_string(STR(""));
        cel_report(lexer->source, (struct cel_report){.code = CEL_D_CHARACTER,
                                                      .start = token->start,
                                                      .end = token->end,
                                                      .fix = buf_text(&fix)});
        return true;
    }
    return false;
}

// A character of no token.  = for == and the like: go on as if it had been written right.
static struct cel_token strange(struct cel_lexer *lexer, struct cel_token token)
{
    static const struct {
        const char *written, *meant;
        enum cel_op op;
    } slips[] = {
        {"=>", ">=", CEL_OP_GE}, {"=<", "<=", CEL_OP_LE}, {"=", "==", CEL_OP_EQ},
        {"&", "&&", CEL_OP_AND}, {"|", "||", CEL_OP_OR},
    };
    if (fancy_text(lexer, &token))
        return token;
    struct str rest = str_skip(lexer->text, lexer->at);
    token.kind = CEL_K_BAD;
    for (size_t i = 0; i < sizeof slips / sizeof *slips && token.kind == CEL_K_BAD; i++) {
        if (!str_starts(rest, str_of(slips[i].written)))
            continue;
        token.kind = CEL_K_PUNCTUATION;
        token.op = (uint8_t)slips[i].op;
        token.name = str_of(slips[i].meant);
        lexer->at += (uint32_t)strlen(slips[i].written) - 1;
    }
    do {
        lexer->at++;
    } while (((unsigned char)peek(lexer, 0) & 0xC0) == 0x80);
    token.end = lexer->at;
    cel_report(lexer->source, (struct cel_report){.code = CEL_D_CHARACTER,
                                                  .start = token.start,
                                                  .end = token.end,
                                                  .fix = token.name});
    return token;
}

static struct cel_token punctuation(struct cel_lexer *lexer, struct cel_token token)
{
    static const struct {
        char text[3];
        uint8_t op;
    } marks[] = {
        {"||", CEL_OP_OR}, {"&&", CEL_OP_AND}, {"==", CEL_OP_EQ},  {"!=", CEL_OP_NE},
        {"<=", CEL_OP_LE}, {">=", CEL_OP_GE},  {"<", CEL_OP_LT},   {">", CEL_OP_GT},
        {"+", CEL_OP_ADD}, {"-", CEL_OP_SUB},  {"*", CEL_OP_MUL},  {"/", CEL_OP_DIV},
        {"%", CEL_OP_MOD}, {"!", CEL_OP_NOT},  {"?", CEL_OP_COND}, {":", 0},
        {"(", 0},          {")", 0},           {"[", 0},           {"]", 0},
        {"{", 0},          {"}", 0},           {",", 0},           {".", 0},
    };
    token.kind = CEL_K_PUNCTUATION;
    token.c = peek(lexer, 0);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        uint32_t n = marks[i].text[1] ? 2 : 1;
        if (marks[i].text[0] == token.c && (n == 1 || marks[i].text[1] == peek(lexer, 1))) {
            lexer->at += n;
            token.end = lexer->at;
            token.op = marks[i].op;
            return token;
        }
    }
    return strange(lexer, token);
}

struct cel_token cel_lex(struct cel_lexer *lexer)
{
    skip_space(lexer);
    struct cel_token token = {.start = lexer->at, .end = lexer->at};
    if (lexer->at >= lexer->text.n)
        return token;
    bool bytes, raw;
    uint32_t skip = 0;
    if (starts_text(lexer, &bytes, &raw, &skip)) {
        lexer->at += skip;
        return text_literal(lexer, token, bytes, raw);
    }
    char c = peek(lexer, 0);
    if (is_letter(c))
        return name(lexer, token);
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        return number(lexer, token);
    if (c == '`')
        return quoted_name(lexer, token);
    return punctuation(lexer, token);
}
