// SPDX-License-Identifier: Apache-2.0
// audit_hash.c - the bytes that are hashed, as docs/ledger-hash.md says.
//
// Written from that page, not from the code that writes the ledger: two that must agree.
//
// Layer: insight.  Tests: tests/insight/audit_test.c
#include "base/buf.h"
#include "insight/audit_scan.h"

#include <string.h>

static void put_number(struct buf *bytes, int64_t number)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_char(bytes, (char)((uint64_t)number >> shift));
}

static void put_text(struct buf *bytes, struct str text)
{
    put_number(bytes, (int64_t)text.n);
    buf_str(bytes, text);
}

static void put_number_or_none(struct buf *bytes, bool has, int64_t number)
{
    buf_char(bytes, has ? 1 : 0);
    if (has)
        put_number(bytes, number);
}

static void put_id_or_none(struct buf *bytes, struct str id)
{
    buf_char(bytes, id.p ? 1 : 0);
    buf_str(bytes, id);
}

static void put_text_or_none(struct buf *bytes, struct str text)
{
    buf_char(bytes, text.p ? 1 : 0);
    if (text.p)
        put_text(bytes, text);
}

static void begin(struct buf *bytes, struct audit *audit, const char *tag,
                  const struct hash *before)
{
    arena_clear(&audit->scratch);
    buf_init(bytes, &audit->scratch);
    buf_put(bytes, tag, strlen(tag) + 1); // with its NUL
    buf_put(bytes, before->b, sizeof before->b);
}

static struct hash finish(const struct buf *bytes)
{
    struct str text = buf_text(bytes);
    return hash_sha256(text.p, text.n);
}

struct hash audit_entry_hash(struct audit *audit, const struct sql_audit_entry_page_out *row,
                             const struct audit_allocations *allocations, const struct hash *before)
{
    struct buf bytes;
    begin(&bytes, audit, "habitue ledger 1", before);
    put_number(&bytes, audit->tenant_id);
    buf_str(&bytes, row->member_id);
    put_number(&bytes, row->seq);
    put_number(&bytes, row->kind);
    put_text(&bytes, row->currency);
    put_number(&bytes, row->units);
    put_number(&bytes, row->debit);
    put_number(&bytes, row->credit);
    put_number(&bytes, row->effective_us);
    put_number_or_none(&bytes, row->has_activates_us, row->activates_us);
    put_number_or_none(&bytes, row->has_expires_us, row->expires_us);
    put_number(&bytes, row->recorded_us);
    put_id_or_none(&bytes, row->event_id);
    put_id_or_none(&bytes, row->order_id);
    put_id_or_none(&bytes, row->redemption_id);
    put_number_or_none(&bytes, row->has_ref_seq, row->ref_seq);
    put_text_or_none(&bytes, row->rule_id);
    put_number(&bytes, row->program_version);
    put_text(&bytes, row->derivation);
    put_number_or_none(&bytes, row->has_actor_id, row->actor_id);
    put_number(&bytes, (int64_t)allocations->n);
    for (size_t i = 0; i < allocations->n; i++) {
        put_number(&bytes, allocations->list[i].lot_seq);
        put_number(&bytes, allocations->list[i].units);
    }
    return finish(&bytes);
}

struct hash audit_trail_hash(struct audit *audit, const struct sql_audit_trail_page_out *row,
                             const struct hash *before)
{
    struct buf bytes;
    begin(&bytes, audit, "habitue audit 1", before);
    put_number(&bytes, audit->tenant_id);
    buf_str(&bytes, row->subject_id);
    put_number(&bytes, row->seq);
    put_number(&bytes, row->at_us);
    put_number_or_none(&bytes, row->has_actor_id, row->actor_id);
    put_text(&bytes, row->action);
    put_text(&bytes, row->detail);
    return finish(&bytes);
}

bool audit_is_hash(struct str bytes, const struct hash *hash)
{
    return bytes.n == sizeof hash->b && memcmp(bytes.p, hash->b, sizeof hash->b) == 0;
}
