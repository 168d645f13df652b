// SPDX-License-Identifier: Apache-2.0
// audit_seal.c - seals: each names the one before it, is signed, and the newest one's root is
// computed again from the rows that it saw.
//
// Written from docs/seals.md.  A root covers every chain from its first row, so the newest root
// vouches for all rows the earlier ones vouched for.
//
// Layer: insight.  Tests: tests/insight/tamper_test.c
#include "base/buf.h"
#include "base/sign.h"
#include "insight/audit_scan.h"

#include <string.h>

static void put_number(struct buf *bytes, int64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_char(bytes, (char)((uint64_t)number >> shift));
}

static struct hash hash_of(const struct buf *bytes)
{
    struct str text = buf_text(bytes);
    return hash_sha256(text.p, text.n);
}

enum err audit_seals_load(struct audit *audit)
{
    struct sql_audit_seal_list_in in = {.tenant_id = audit->tenant_id};
    return sql_audit_seal_list(audit->db, &in, &audit->tenant_arena, &audit->seals,
                               &audit->n_seals);
}

// ---- the tree

static struct hash join(struct audit *audit, const struct hash *left, const struct hash *right)
{
    struct buf bytes;
    arena_clear(&audit->scratch);
    buf_init(&bytes, &audit->scratch);
    buf_char(&bytes, 1);
    buf_put(&bytes, left->b, sizeof left->b);
    buf_put(&bytes, right->b, sizeof right->b);
    return hash_of(&bytes);
}

void audit_sealed(struct audit *audit, int kind, struct str owner, int64_t seq, struct str hash)
{
    struct buf bytes;
    arena_clear(&audit->scratch);
    buf_init(&bytes, &audit->scratch);
    buf_char(&bytes, 0);
    buf_char(&bytes, (char)kind);
    buf_str(&bytes, owner);
    put_number(&bytes, seq);
    buf_str(&bytes, hash);
    struct hash leaf = hash_of(&bytes);
    struct merkle *merkle = &audit->merkle;
    int at = 0;
    for (uint64_t n = merkle->n; n & 1; n >>= 1, at++)
        leaf = join(audit, &merkle->stack[at], &leaf);
    merkle->stack[at] = leaf;
    merkle->n++;
    audit->sealed_chains++;
    audit->sealed_rows += seq;
}

// Whole subtrees stand in the stack, one for each bit of n; the smallest is the rightmost.
static struct hash root_of(struct audit *audit)
{
    const struct merkle *merkle = &audit->merkle;
    if (merkle->n == 0)
        return hash_sha256("", 0);
    struct hash root = {{0}};
    bool has = false;
    for (int at = 0; at < 64; at++) {
        if (!(merkle->n >> at & 1))
            continue;
        root = has ? join(audit, &merkle->stack[at], &root) : merkle->stack[at];
        has = true;
    }
    return root;
}

// ---- the seals

static struct hash seal_bytes(struct audit *audit, const struct sql_audit_seal_list_out *seal,
                              struct buf *bytes)
{
    arena_clear(&audit->scratch);
    buf_init(bytes, &audit->scratch);
    buf_put(bytes, "habitue seal 1", sizeof "habitue seal 1");
    put_number(bytes, audit->tenant_id);
    put_number(bytes, seal->seal_no);
    put_number(bytes, seal->at_us);
    put_number(bytes, seal->n_chains);
    put_number(bytes, seal->n_rows);
    buf_str(bytes, seal->root);
    buf_str(bytes, seal->previous);
    return hash_of(bytes);
}

void audit_seals_check(struct audit *audit)
{
    struct hash before = {{0}};
    for (size_t i = 0; i < audit->n_seals; i++) {
        const struct sql_audit_seal_list_out *seal = &audit->seals[i];
        struct str name = str_printf(&audit->tenant_arena, "seal %lld", (long long)seal->seal_no);
        audit_same(audit, LAW_SEQ_GAPLESS, "seal", name, (int64_t)i + 1, seal->seal_no);
        audit_check(audit, audit_is_hash(seal->previous, &before), LAW_SEAL_CHAIN, "seal", name,
                    "the hash of the seal before it", "another");
        audit_check(audit, i == 0 || seal->at_us > seal[-1].at_us, LAW_RECORDED_ORDER, "seal", name,
                    "after the seal before it", "before");
        struct buf bytes;
        before = seal_bytes(audit, seal, &bytes);
        struct str text = buf_text(&bytes);
        bool is_signed =
            seal->signature.n == SIGN_BYTES &&
            (!audit->options->public_key || sign_check(audit->options->public_key, text.p, text.n,
                                                       (const uint8_t *)seal->signature.p));
        audit_check(audit, is_signed, LAW_SEAL_CHAIN, "seal", name, "a valid signature", "another");
        audit->report->n_seals++;
    }
    if (audit->n_seals == 0)
        return;
    const struct sql_audit_seal_list_out *seal = &audit->seals[audit->n_seals - 1];
    struct str name = str_printf(&audit->tenant_arena, "seal %lld", (long long)seal->seal_no);
    struct hash root = root_of(audit);
    audit_check(audit, audit_is_hash(seal->root, &root), LAW_SEAL_ROOT, "seal", name,
                "the root over all chains as of then", "another");
    audit_same(audit, LAW_SEAL_ROOT, "seal", name, audit->sealed_chains, seal->n_chains);
    audit_same(audit, LAW_SEAL_ROOT, "seal", name, audit->sealed_rows, seal->n_rows);
}
