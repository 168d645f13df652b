// SPDX-License-Identifier: Apache-2.0
// flow.h - the use cases: what the business does, whoever asks for it.
//
// Each function loads what it needs, lets the engine decide, and writes what was decided, inside
// the caller's transaction.  API, jobs and command line call the same ones.  Those that only look
// are in views.h.
//
//   F1  A refusal is decided before the first write.
//   F2  Outputs live in the given arena and are set only on success.
//   F3  The tenant's newest programme must exist: ERR_PROGRAM_MISSING.
//
// Layer: flow.  Tests: tests/flow/, tests/api/, tests/sim/
#pragma once

#include "base/hash.h"
#include "base/json_in.h"
#include "flow/tx.h"
#include "flow/views.h"

// On whose behalf something is written.
struct caller {
    int64_t tenant_id;
    int64_t actor_id; // an API key; 0: a command or a job
};

// ---- members

// Any identifier; the first that is set is used.  All NULL: nobody.
struct member_ref {
    struct id id; // nil if none
    struct str external_id, email, phone, card, code;
};

struct member_in {
    struct str external_id, email, phone, card; // STR_NONE: none
    struct str name;
    struct str attributes; // JSON object, STR_NONE: {}
    struct str metadata;   // JSON object, STR_NONE: {}
    int64_t enrolled_us;   // or WHEN_NOW
};

struct identifier_view {
    struct str kind, value;
};

struct member_view {
    struct id id;
    struct str status;
    int64_t enrolled_us, updated_us;
    struct str name, attributes, metadata; // STR_NONE after erasure
    const struct identifier_view *identifiers;
    size_t n_identifiers;
};

// Enrols.  A member that has all identifiers that are given, and the same name, is returned with
// ret_created false; ERR_ALREADY_EXISTS when its name or attributes differ, ERR_IDENTIFIER_TAKEN
// when some of the identifiers are another member's, ERR_INPUT_INVALID with problems.  The
// programme's member.enrolled rules are applied.
MUST_CHECK enum err flow_enrol(struct tx *tx, struct arena *arena, struct caller by,
                               const struct member_in *in, struct problems *problems,
                               struct member_view *ret_member, bool *ret_created);
// ERR_NOT_FOUND.
MUST_CHECK enum err flow_member_find(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                     const struct member_ref *ref, struct member_view *ret_member);
// Sets what is given and leaves the rest; identifiers are added.  Refusals as flow_enrol.
MUST_CHECK enum err flow_member_update(struct tx *tx, struct arena *arena, struct caller by,
                                       struct id member_id, const struct member_in *in,
                                       struct problems *problems, struct member_view *ret_member);
// Ascending by id, after the given one.
MUST_CHECK enum err flow_member_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                     struct id after, int limit, struct member_view **ret_members,
                                     size_t *ret_n);

// What identifiers look like when compared: e-mail and external ids trimmed and (e-mail) folded,
// phones as +digits.  ERR_INPUT_INVALID when it cannot be one.
MUST_CHECK enum err identifier_normalise(struct arena *arena, struct str kind, struct str value,
                                         struct str *ret_value);

// ---- events

// An instant that was not said: it is now.
#define WHEN_NOW INT64_MIN

struct event_in {
    struct str source, external_id, type;
    int64_t occurred_us; // or WHEN_NOW
    struct member_ref member;
    struct str store, channel;
    struct str attributes;           // JSON object or STR_NONE
    struct order *order;             // of an order.paid; NULL otherwise
    struct str refund_of;            // external id of the order; STR_NONE
    const struct returned *returned; // of an order.refunded; n == 0: everything that is left
    size_t n_returned;
    struct str payload;      // canonical JSON of the whole input: kept
    struct hash fingerprint; // of the payload: compared on a replay
    bool historical;         // an import: may lie any time back, and advances to occurred_us only
};

enum event_outcome { EVENT_APPLIED, EVENT_REPLAYED, EVENT_PARKED };

struct event_out {
    enum event_outcome outcome;
    struct id event_id;
    struct id member_id;
    struct str reply; // the event as JSON: the same bytes at every replay
};

// An order, a return, a cancellation or any other event.  Natural key: source, external_id, type.
// ERR_EVENT_DIFFERS, ERR_MEMBER_UNKNOWN, ERR_INPUT_INVALID with problems, ERR_REFUND_EXCEEDS_ORDER.
MUST_CHECK enum err flow_ingest(struct tx *tx, struct arena *arena, struct caller by,
                                const struct event_in *in, struct problems *problems,
                                struct event_out *ret_out);

// Carries out returns that wait although their sale is known: the two came to two processes at the
// same moment, and neither saw the other.  Looks at up to limit of those that wait, from where the
// last call ended; safe in several processes at once.
struct unparked {
    size_t n;  // carried out
    bool more; // there are more to be carried out at once
};
MUST_CHECK enum err flow_unpark(struct tx *tx, int64_t tenant_id, int limit,
                                struct unparked *ret_unparked);
// Whether anything waits.  ret_any NULL: announces (foresee.h) that it will be asked.
MUST_CHECK enum err flow_unpark_look(struct tx *tx, int64_t tenant_id, bool *ret_any);

// ---- spending

struct redeem_in {
    struct member_ref member;
    struct str reward_id;
    bool hold; // reserve now, capture later
};

struct shortage {
    struct str currency;
    int64_t required, available, missing;
};

// ERR_REWARD_UNKNOWN, ERR_INSUFFICIENT_BALANCE (fills ret_shortage), ERR_OUT_OF_STOCK, ...
MUST_CHECK enum err flow_redeem(struct tx *tx, struct arena *arena, struct caller by,
                                const struct redeem_in *in, struct redemption_view *ret_redemption,
                                struct shortage *ret_shortage);
MUST_CHECK enum err flow_capture(struct tx *tx, struct arena *arena, struct caller by,
                                 struct id redemption_id, struct redemption_view *ret_redemption);
MUST_CHECK enum err flow_release(struct tx *tx, struct arena *arena, struct caller by,
                                 struct id redemption_id, struct redemption_view *ret_redemption);
MUST_CHECK enum err flow_reverse(struct tx *tx, struct arena *arena, struct caller by,
                                 struct id redemption_id, struct redemption_view *ret_redemption);
// A manual correction.  ERR_INPUT_INVALID when there is no such currency.
struct adjust_in {
    struct id member_id;
    struct str currency;
    int64_t units; // never 0
    struct str note;
};
MUST_CHECK enum err flow_adjust(struct tx *tx, struct caller by, const struct adjust_in *in,
                                struct wallet *ret_wallet);

// ---- time

// Advances up to limit members that are due at the transaction's instant; ret_n says how many.
MUST_CHECK enum err flow_advance_due(struct tx *tx, int64_t tenant_id, int limit, size_t *ret_n);
// Whether somebody is due.  ret_any NULL: announces (foresee.h) that it will be asked.
MUST_CHECK enum err flow_advance_look(struct tx *tx, int64_t tenant_id, bool *ret_any);

// ---- programmes

struct version_view {
    int64_t version;
    struct str document; // STR_NONE in lists
    struct str author, note;
    int64_t valid_from_us, recorded_us;
    struct hash sha256;
};
struct plan_view {
    struct program_problems problems;
    const struct program_change *changes;
    size_t n_changes;
    int64_t current_version; // 0: none yet
};
// What applying the document would change; ERR_PROGRAM_INVALID fills ret_plan->problems too.
MUST_CHECK enum err flow_plan(struct tx *tx, struct arena *arena, int64_t tenant_id,
                              struct str document, struct plan_view *ret_plan);
// Stores a new version, valid from the transaction's instant; the same document again changes
// nothing and answers the version there is.
struct apply_in {
    struct str document, author, note;
};
MUST_CHECK enum err flow_apply(struct tx *tx, struct arena *arena, struct caller by,
                               const struct apply_in *in, struct program_problems *ret_problems,
                               struct version_view *ret_version);
MUST_CHECK enum err flow_version_get(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                     int64_t version, struct version_view *ret_version);
MUST_CHECK enum err flow_version_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                      int64_t before, int limit, struct version_view **ret_versions,
                                      size_t *ret_n);

// ---- tenants and keys

MUST_CHECK enum err flow_tenant_create(struct tx *tx, struct str slug, int64_t *ret_tenant_id);
MUST_CHECK enum err flow_tenant_find(struct tx *tx, struct str slug, int64_t *ret_tenant_id);

// Tenants after one (0: from the first), by number.
MUST_CHECK enum err flow_tenant_list(struct tx *tx, struct arena *arena, int64_t after, int limit,
                                     int64_t **ret_tenant_ids, size_t *ret_n);

struct key_view {
    int64_t key_id;
    struct str name, last4, scopes;
    int64_t created_us, expires_us, revoked_us; // 0: none
};
// The text of the key is shown once: nothing but its hash is kept.
struct key_in {
    struct str name;
    uint64_t scopes;
    int64_t expires_us; // 0: never
};
MUST_CHECK enum err flow_key_create(struct tx *tx, struct arena *arena, struct caller by,
                                    const struct key_in *in, struct key_view *ret_key,
                                    struct str *ret_text);
MUST_CHECK enum err flow_key_revoke(struct tx *tx, struct caller by, int64_t key_id);
MUST_CHECK enum err flow_key_list(struct tx *tx, struct arena *arena, int64_t tenant_id,
                                  struct key_view **ret_keys, size_t *ret_n);
