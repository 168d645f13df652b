// SPDX-License-Identifier: Apache-2.0
// parse.c - tokens to a tree, by precedence climbing.
//
//   P1  Neither the depth of the tree nor that of the recursion passes CEL_DEPTH_MAX, so every
//       later stage may recurse over the tree.
//   P2  After a fault the parser goes on behind the next comma or closing bracket, so that one
//       misprint does not hide the others.
//   P3  a && b && c is one node with three arguments; (a && b) && c is two.
//
// Layer: cel.  Tests: tests/cel/parse_test.c, the conformance run
#include "cel/lex.h"

#include <string.h>

struct parser {
    struct cel_lexer lexer;
    struct cel_source *source;
    struct arena *arena;
    struct cel_token token; // not consumed yet
    uint32_t last_end;      // of the token before it
    unsigned level;
    bool stopped;
};

struct nodes {
    struct cel_node **p;
    uint32_t n, room;
};

static struct cel_node *parse_expression(struct parser *p);
static struct cel_node *parse_unary(struct parser *p);

static void push(struct parser *p, struct nodes *nodes, struct cel_node *node)
{
    if (nodes->n == nodes->room) {
        uint32_t room = nodes->room ? nodes->room * 2 : 4;
        struct cel_node **bigger = arena_try_array(p->arena, room, sizeof *bigger);
        if (!bigger)
            return;
        if (nodes->n)
            memcpy(bigger, nodes->p, nodes->n * sizeof *bigger);
        nodes->p = bigger;
        nodes->room = room;
    }
    nodes->p[nodes->n++] = node;
}

static void stop(struct parser *p, enum cel_diag_code code, struct str a)
{
    if (!p->stopped)
        cel_report(p->source, (struct cel_report){.code = code,
                                                  .start = p->token.start,
                                                  .end = p->token.end,
                                                  .a = a});
    p->stopped = true;
    p->token =
        (struct cel_token){.start = (uint32_t)p->lexer.text.n, .end = (uint32_t)p->lexer.text.n};
}

static void advance(struct parser *p)
{
    p->last_end = p->token.end;
    if (!p->stopped)
        p->token = cel_lex(&p->lexer);
}

static bool at_mark(const struct parser *p, char c)
{
    return p->token.kind == CEL_K_PUNCTUATION && p->token.c == c;
}

static bool at_op(const struct parser *p, enum cel_op op)
{
    return p->token.kind == CEL_K_PUNCTUATION && p->token.op == op;
}

static bool accept(struct parser *p, char c)
{
    if (!at_mark(p, c))
        return false;
    advance(p);
    return true;
}

static struct cel_node *broken(struct parser *p, uint32_t start)
{
    struct cel_node *node = cel_node_new(p->arena, CEL_N_BROKEN, 0);
    node->start = node->at = start;
    node->end = node->at_end = p->last_end > start ? p->last_end : start;
    return node;
}

// P2: to the next comma or closing bracket of this nesting.
static void skip_to_close(struct parser *p)
{
    unsigned open = 0;
    while (p->token.kind != CEL_K_END) {
        if (p->token.kind == CEL_K_PUNCTUATION) {
            char c = p->token.c;
            bool closes = c == ')' || c == ']' || c == '}';
            if (open == 0 && (closes || c == ','))
                return;
            if (c == '(' || c == '[' || c == '{')
                open++;
            else if (closes)
                open--;
        }
        advance(p);
    }
}

static void expected(struct parser *p, const char *what)
{
    if (p->token.kind != CEL_K_BAD && !p->stopped) {
        // A bracket that is missing at the end can be put there.
        size_t n = strlen(what);
        bool closes = p->token.kind == CEL_K_END && n >= 3 && strchr(")]}", what[n - 2]);
        uint32_t end = p->token.kind == CEL_K_END ? p->token.start + 1 : p->token.end;
        cel_report(p->source,
                   (struct cel_report){.code = CEL_D_SYNTAX,
                                       .start = p->token.start,
                                       .end = end,
                                       .a = str_of(what),
                                       .fix = closes ? (struct str){.p = what + n - 2, .n = 1}
                                                     : STR_NONE,
                                       .fix_start = p->token.start,
                                       .fix_end = p->token.start});
    }
    skip_to_close(p);
}

static void expect(struct parser *p, char c, const char *what)
{
    if (accept(p, c))
        return;
    expected(p, what);
    accept(p, c);
}

// Gives the node its arguments, place and depth (P1).
static struct cel_node *finish(struct parser *p, struct cel_node *node, uint32_t start)
{
    node->start = start;
    node->end = p->last_end;
    unsigned depth = 0;
    for (uint32_t i = 0; i < node->n_args; i++)
        if (node->args[i]->depth > depth)
            depth = node->args[i]->depth;
    node->depth = (uint16_t)(depth + 1);
    if (node->depth <= CEL_DEPTH_MAX)
        return node;
    stop(p, CEL_D_TOO_DEEP, STR_NONE);
    return broken(p, start);
}

static struct cel_node *make(struct parser *p, enum cel_kind kind, const struct nodes *args)
{
    struct cel_node *node = cel_node_new(p->arena, kind, 0);
    node->args = args->p;
    node->n_args = args->n;
    return node;
}

static void point_at(struct cel_node *node, const struct cel_token *token)
{
    node->at = token->start;
    node->at_end = token->end;
}

// ---- macros

static bool macro_vars(struct parser *p, const struct cel_macro_info *macro,
                       struct cel_node *const *vars, struct cel_node *node)
{
    for (uint32_t i = 0; i < macro->n_vars; i++) {
        const struct cel_node *var = vars[i];
        if (var->kind == CEL_N_BROKEN)
            return false;
        if (var->kind != CEL_N_NAME || (var->flags & CEL_F_ROOT)) {
            cel_report(p->source, (struct cel_report){.code = CEL_D_MACRO_NAME,
                                                      .start = var->start,
                                                      .end = var->end,
                                                      .a = macro->name});
            return false;
        }
        node->vars[i] = var->name;
    }
    if (macro->n_vars == 2 && str_eq(node->vars[0], node->vars[1])) {
        cel_report(p->source, (struct cel_report){.code = CEL_D_MACRO_TWICE,
                                                  .start = vars[1]->start,
                                                  .end = vars[1]->end});
        return false;
    }
    return true;
}

// receiver.exists(i, condition) and the like; vars come before the bodies.
static struct cel_node *range_macro(struct parser *p, const struct cel_macro_info *macro,
                                    struct cel_node *on, struct cel_node *const *args,
                                    uint32_t start)
{
    struct cel_node *node = cel_node_new(p->arena, CEL_N_MACRO, 1u + macro->n_bodies);
    if (node->n_args != 1u + macro->n_bodies || !macro_vars(p, macro, args, node))
        return broken(p, start);
    node->op = macro->macro;
    node->name = macro->name;
    node->n_vars = macro->n_vars;
    node->args[0] = on;
    for (uint32_t i = 0; i < macro->n_bodies; i++)
        node->args[1 + i] = args[macro->n_vars + i];
    return node;
}

static struct cel_node *has_macro(struct parser *p, struct cel_node *field, uint32_t start)
{
    if (field->kind != CEL_N_SELECT) {
        if (field->kind != CEL_N_BROKEN)
            cel_report(p->source, (struct cel_report){.code = CEL_D_HAS_FIELD,
                                                      .start = field->start,
                                                      .end = field->end});
        return broken(p, start);
    }
    struct cel_node *node = cel_node_new(p->arena, CEL_N_MACRO, 1);
    if (!node->n_args)
        return broken(p, start);
    node->op = CEL_M_HAS;
    node->name = STR("has");
    node->args[0] = field;
    return node;
}

static bool is_cel(const struct cel_node *node)
{
    return node->kind == CEL_N_NAME && !node->flags && str_eq(node->name, STR("cel"));
}

// The node of a macro, or NULL when it is none.
static struct cel_node *as_macro(struct parser *p, struct str name, bool member,
                                 const struct nodes *args, uint32_t start)
{
    if (!member)
        return args->n == 1 && str_eq(name, STR("has")) ? has_macro(p, args->p[0], start) : NULL;
    if (args->n == 4 && is_cel(args->p[0]) && str_eq(name, STR("bind"))) {
        struct cel_node *bind[] = {args->p[1], args->p[3]};
        return range_macro(p, cel_macro_find(STR("cel.bind"), 1, 1), args->p[2], bind, start);
    }
    for (size_t i = 0; i < cel_n_macros; i++) {
        const struct cel_macro_info *m = &cel_macros[i];
        if (m->n_vars && str_eq(m->name, name) && args->n == 1u + m->n_vars + m->n_bodies)
            return range_macro(p, m, args->p[0], args->p + 1, start);
    }
    return NULL;
}

// name(args) or receiver.name(args); args includes the receiver.
static struct cel_node *call(struct parser *p, const struct cel_token *name, bool member,
                             const struct nodes *args, uint32_t start)
{
    struct cel_node *node = as_macro(p, name->name, member, args, start);
    if (!node) {
        node = make(p, CEL_N_CALL, args);
        node->name = name->name;
        node->flags = member ? CEL_F_MEMBER : 0;
    }
    if (node->kind != CEL_N_BROKEN)
        point_at(node, name);
    return finish(p, node, start);
}

// ---- primaries

static void arguments(struct parser *p, char close, const char *what, struct nodes *args)
{
    while (!at_mark(p, close)) {
        if (p->token.kind == CEL_K_END) {
            expected(p, what);
            return;
        }
        push(p, args, parse_expression(p));
        if (at_mark(p, close))
            break;
        if (!accept(p, ',')) {
            expected(p, what);
            if (!accept(p, ','))
                break;
        } else if (close == ')' && at_mark(p, close)) {
            expected(p, "an expression");
        }
    }
    accept(p, close);
}

static bool accept_if_there(struct parser *p)
{
    if (!at_op(p, CEL_OP_COND))
        return false;
    advance(p);
    return true;
}

static struct cel_node *list(struct parser *p)
{
    struct nodes items = {0};
    struct cel_token open = p->token;
    advance(p);
    while (!at_mark(p, ']') && p->token.kind != CEL_K_END) {
        bool if_there = accept_if_there(p);
        struct cel_node *item = parse_expression(p);
        if (if_there)
            item->flags |= CEL_F_IF_THERE;
        push(p, &items, item);
        if (!accept(p, ','))
            break;
    }
    expect(p, ']', "',' or ']'");
    struct cel_node *node = make(p, CEL_N_LIST, &items);
    point_at(node, &open);
    return finish(p, node, open.start);
}

static struct cel_node *map(struct parser *p)
{
    struct nodes items = {0};
    struct cel_token open = p->token;
    advance(p);
    while (!at_mark(p, '}') && p->token.kind != CEL_K_END) {
        bool if_there = accept_if_there(p);
        struct cel_node *key = parse_expression(p);
        if (if_there)
            key->flags |= CEL_F_IF_THERE;
        struct cel_node *value;
        if (accept(p, ':')) {
            value = parse_expression(p);
        } else {
            expected(p, "':'");
            value = broken(p, p->last_end);
        }
        push(p, &items, key);
        push(p, &items, value);
        if (!accept(p, ','))
            break;
    }
    expect(p, '}', "',' or '}'");
    struct cel_node *node = make(p, CEL_N_MAP, &items);
    node->n_args &= ~1u; // the arena may have ended between a key and its value
    point_at(node, &open);
    return finish(p, node, open.start);
}

static struct cel_node *literal(struct parser *p)
{
    struct cel_node *node = cel_node_new(p->arena, CEL_N_LITERAL, 0);
    struct cel_token token = p->token;
    if (token.too_large)
        cel_report(p->source, (struct cel_report){.code = CEL_D_NUMBER,
                                                  .start = token.start,
                                                  .end = token.end});
    node->value = token.value;
    point_at(node, &token);
    advance(p);
    return finish(p, node, token.start);
}

static struct cel_node *name(struct parser *p, bool root, uint32_t start)
{
    struct cel_token token = p->token;
    advance(p);
    if (cel_is_reserved(token.name)) {
        cel_report(p->source, (struct cel_report){.code = CEL_D_RESERVED,
                                                  .start = token.start,
                                                  .end = token.end,
                                                  .a = token.name});
        return broken(p, token.start);
    }
    if (accept(p, '(')) {
        struct nodes args = {0};
        arguments(p, ')', "',' or ')'", &args);
        return call(p, &token, false, &args, start);
    }
    struct cel_node *node = cel_node_new(p->arena, CEL_N_NAME, 0);
    node->name = token.name;
    node->flags = root ? CEL_F_ROOT : 0;
    point_at(node, &token);
    return finish(p, node, start);
}

// The operator for a word that people bring from other languages.  It is reported, and from then on
// the token is that operator.
static enum cel_op foreign_word(struct parser *p, bool unary)
{
    static const struct {
        const char *word;
        enum cel_op op;
    } words[] = {
        {"and", CEL_OP_AND}, {"AND", CEL_OP_AND}, {"or", CEL_OP_OR},
        {"OR", CEL_OP_OR},   {"not", CEL_OP_NOT}, {"NOT", CEL_OP_NOT},
    };
    for (size_t i = 0; p->token.kind == CEL_K_NAME && i < sizeof words / sizeof *words; i++) {
        enum cel_op op = words[i].op;
        if (!str_eq(p->token.name, str_of(words[i].word)) || (op == CEL_OP_NOT) != unary)
            continue;
        cel_report(p->source, (struct cel_report){.code = CEL_D_UNEXPECTED,
                                                  .start = p->token.start,
                                                  .end = p->token.end,
                                                  .a = p->token.name,
                                                  .fix = str_of(cel_ops[op].text)});
        p->token.kind = CEL_K_PUNCTUATION;
        p->token.op = (uint8_t)op;
        return op;
    }
    return CEL_OP_NONE;
}

static struct cel_node *primary(struct parser *p)
{
    uint32_t start = p->token.start;
    if (p->token.kind == CEL_K_LITERAL)
        return literal(p);
    if (p->token.kind == CEL_K_NAME)
        return name(p, false, start);
    if (at_mark(p, '.')) {
        advance(p);
        if (p->token.kind == CEL_K_NAME)
            return name(p, true, start);
    }
    if (at_mark(p, '['))
        return list(p);
    if (at_mark(p, '{'))
        return map(p);
    if (accept(p, '(')) {
        struct cel_node *inside = parse_expression(p);
        expect(p, ')', "')'");
        return inside;
    }
    expected(p, "an expression");
    return broken(p, start);
}

// ---- members

static struct cel_node *member(struct parser *p, struct cel_node *on, uint32_t start)
{
    bool optional = accept_if_there(p);
    struct cel_token token = p->token;
    if (token.kind != CEL_K_NAME && token.kind != CEL_K_QUOTED_NAME) {
        expected(p, "a name");
        return broken(p, start);
    }
    advance(p);
    struct nodes args = {0};
    push(p, &args, on);
    if (!optional && token.kind == CEL_K_NAME && accept(p, '(')) {
        arguments(p, ')', "',' or ')'", &args);
        return call(p, &token, true, &args, start);
    }
    struct cel_node *node = make(p, CEL_N_SELECT, &args);
    node->name = token.name;
    node->flags = optional ? CEL_F_OPTIONAL : 0;
    point_at(node, &token);
    return finish(p, node, start);
}

static struct cel_node *subscript(struct parser *p, struct cel_node *on, uint32_t start)
{
    struct nodes args = {0};
    struct cel_token open = p->token;
    push(p, &args, on);
    advance(p);
    bool optional = accept_if_there(p);
    push(p, &args, parse_expression(p));
    expect(p, ']', "']'");
    struct cel_node *node = make(p, CEL_N_INDEX, &args);
    node->flags = optional ? CEL_F_OPTIONAL : 0;
    point_at(node, &open);
    return args.n == 2 ? finish(p, node, start) : broken(p, start);
}

static struct cel_node *postfix(struct parser *p, struct cel_node *node, uint32_t start)
{
    for (;;) {
        if (at_mark(p, '.')) {
            advance(p);
            node = member(p, node, start);
        } else if (at_mark(p, '[')) {
            node = subscript(p, node, start);
        } else if (at_mark(p, '{') && (node->kind == CEL_N_NAME || node->kind == CEL_N_SELECT)) {
            cel_report(p->source, (struct cel_report){.code = CEL_D_MESSAGE,
                                                      .start = start,
                                                      .end = p->token.end});
            map(p);
            node = broken(p, start);
        } else {
            return node;
        }
    }
}

// ---- operators

static bool negatable(const struct parser *p)
{
    return p->token.kind == CEL_K_LITERAL &&
           (p->token.value.tag == CEL_INT || p->token.value.tag == CEL_DOUBLE);
}

// -5 is a literal: the smallest int has no positive counterpart.
static struct cel_node *negative_literal(struct parser *p, uint32_t start)
{
    struct cel_value *v = &p->token.value;
    if (v->tag == CEL_DOUBLE)
        v->d = -v->d;
    else
        v->u = -v->u;
    p->token.too_large = false;
    struct cel_node *node = literal(p);
    node->start = node->at = start;
    return postfix(p, node, start);
}

static struct cel_node *parse_unary(struct parser *p)
{
    struct cel_token token = p->token;
    enum cel_op op = foreign_word(p, true);
    if (at_op(p, CEL_OP_NOT))
        op = CEL_OP_NOT;
    else if (at_op(p, CEL_OP_SUB))
        op = CEL_OP_NEG;
    if (op == CEL_OP_NONE)
        return postfix(p, primary(p), token.start);
    advance(p);
    if (op == CEL_OP_NEG && negatable(p))
        return negative_literal(p, token.start);
    if (++p->level > CEL_DEPTH_MAX)
        stop(p, CEL_D_TOO_DEEP, STR_NONE);
    struct nodes args = {0};
    push(p, &args, parse_unary(p));
    p->level--;
    struct cel_node *node = make(p, CEL_N_OP, &args);
    node->op = (uint8_t)op;
    point_at(node, &token);
    return finish(p, node, token.start);
}

// The binary operator that stands here, or CEL_OP_NONE.
static enum cel_op binary_op(struct parser *p)
{
    foreign_word(p, false);
    if (p->token.kind != CEL_K_PUNCTUATION || p->token.op == CEL_OP_COND ||
        p->token.op == CEL_OP_NOT)
        return CEL_OP_NONE;
    return (enum cel_op)p->token.op;
}

static struct cel_node *binary(struct parser *p, int level)
{
    uint32_t start = p->token.start;
    struct cel_node *left = parse_unary(p);
    for (;;) {
        enum cel_op op = binary_op(p);
        if (op == CEL_OP_NONE || cel_ops[op].level < level)
            return left;
        struct cel_token token = p->token;
        struct nodes args = {0};
        push(p, &args, left);
        bool flat = op == CEL_OP_AND || op == CEL_OP_OR; // P3
        do {
            advance(p);
            push(p, &args, binary(p, cel_ops[op].level + 1));
        } while (flat && binary_op(p) == op);
        left = make(p, CEL_N_OP, &args);
        left->op = (uint8_t)op;
        point_at(left, &token);
        left = finish(p, left, start);
    }
}

static struct cel_node *conditional(struct parser *p)
{
    uint32_t start = p->token.start;
    struct cel_node *condition = binary(p, 2);
    if (!at_op(p, CEL_OP_COND))
        return condition;
    struct cel_token token = p->token;
    struct nodes args = {0};
    advance(p);
    push(p, &args, condition);
    push(p, &args, binary(p, 2));
    if (accept(p, ':')) {
        push(p, &args, parse_expression(p));
    } else {
        expected(p, "':'");
        push(p, &args, broken(p, p->last_end));
    }
    struct cel_node *node = make(p, CEL_N_OP, &args);
    node->op = CEL_OP_COND;
    point_at(node, &token);
    return args.n == 3 ? finish(p, node, start) : broken(p, start);
}

static struct cel_node *parse_expression(struct parser *p)
{
    if (++p->level > CEL_DEPTH_MAX)
        stop(p, CEL_D_TOO_DEEP, STR_NONE);
    struct cel_node *node = conditional(p);
    p->level--;
    return node;
}

static struct cel_node *refuse(struct cel_source *source, enum cel_diag_code code, struct str a)
{
    cel_report(source, (struct cel_report){.code = code, .end = 1, .a = a});
    return cel_node_new(source->arena, CEL_N_BROKEN, 0);
}

bool cel_well_formed(struct str text)
{
    while (text.n) {
        const char *nul = memchr(text.p, 0, text.n);
        size_t n = nul ? (size_t)(nul - text.p) : text.n;
        if (!str_is_utf8((struct str){.p = text.p, .n = n}))
            return false;
        text = str_skip(text, n + 1);
    }
    return true;
}

struct cel_node *cel_parse(struct cel_source *source)
{
    if (source->text.n > 4u * CEL_TEXT_MAX || !cel_well_formed(source->text)) {
        bool long_text = source->text.n > 4u * CEL_TEXT_MAX;
        return refuse(source, long_text ? CEL_D_TOO_LONG : CEL_D_UTF8, STR("100000"));
    }
    if (str_code_points(source->text) > CEL_TEXT_MAX)
        return refuse(source, CEL_D_TOO_LONG, STR("100000"));
    struct parser p = {.source = source,
                       .arena = source->arena,
                       .lexer = {.source = source, .text = source->text}};
    advance(&p);
    if (p.token.kind == CEL_K_END)
        return refuse(source, CEL_D_EMPTY, STR_NONE);
    struct cel_node *root = parse_expression(&p);
    while (p.token.kind != CEL_K_END) {
        if (!source->diags->n_errors)
            cel_report(source, (struct cel_report){.code = CEL_D_UNEXPECTED,
                                                   .start = p.token.start,
                                                   .end = p.token.end,
                                                   .a = {.p = source->text.p + p.token.start,
                                                         .n = p.token.end - p.token.start}});
        advance(&p);
        skip_to_close(&p);
    }
    return root;
}
