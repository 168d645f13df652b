// SPDX-License-Identifier: Apache-2.0
// audit.h - a second opinion: are the laws of catalog/laws.def kept by everything that is stored?
//
// Another implementation than the one that writes: its own SQL (src/store/sql/audit/), its own
// encoding of what is hashed (docs/ledger-hash.md), its own derivation of every balance, lot and
// state.  It reads in key order and keeps one member in memory at a time, so that ten million
// entries need no more than ten.
//
//   A1  It reads one snapshot and writes nothing.
//   A2  A damaged row is a finding, never an error: errors are those of the database itself.
//   A3  outstanding = issued - redeemed - expired - reversed + adjusted, by the ledger's entries
//       alone; it equals the sum of all wallets when there is no finding.
//
// Layer: insight.  Tests: tests/insight/audit_test.c, tests/insight/tamper_test.c, tests/sim/
#pragma once

#include "base/arena.h"
#include "base/json_out.h"
#include "store/store.h"

enum audit_law {
#define LAW(name, code, en, fr) LAW_##name,
#include "laws.def"
#undef LAW
    N_LAWS
};

struct audit_law_info {
    const char *code, *en, *fr;
};

const struct audit_law_info *audit_law_info(enum audit_law law);

struct audit_options {
    int64_t tenant_id;         // 0: all
    size_t findings_max;       // kept; more are counted only.  0: 1000
    const uint8_t *public_key; // of the seals, 32 bytes; NULL: signatures are not checked
};

struct audit_finding {
    struct str tenant; // slug
    struct str table;
    struct str row; // its key as text
    enum audit_law law;
    struct str expected, found;
};

// What happened to the units of one currency.  reversed is what was taken back of what was earned
// (also as debt), less nothing: redemptions that were reversed are not in redeemed.
struct audit_currency {
    struct str tenant, currency;
    int64_t issued, redeemed, expired, reversed, adjusted, outstanding;
};

struct audit_report {
    struct audit_currency *currencies;
    size_t n_currencies;
    struct audit_finding *findings;
    size_t n_kept;
    int64_t n_findings;
    int64_t n_tenants, n_members, n_entries, n_events, n_seals;
};

// In its own read transaction on the connection.
MUST_CHECK enum err audit_run(struct db *db, struct arena *arena,
                              const struct audit_options *options, struct audit_report *ret_report);

// As `habitue audit --json` prints it.
void audit_json(struct json_out *out, const struct audit_report *report);
// As a person reads it; lang is "en" or "fr".
struct str audit_text(struct arena *arena, const struct audit_report *report, struct str lang);
