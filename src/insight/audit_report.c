// SPDX-License-Identifier: Apache-2.0
// audit_report.c - what the auditor found, for programs and for people.
//
// Layer: insight.  Tests: tests/insight/audit_test.c
#include "base/buf.h"
#include "insight/audit.h"

#include <stdio.h>

// Named by the currency alone where one tenant was asked about, else by tenant/currency.
static void write_currency(struct json_out *out, const struct audit_report *report,
                           const struct audit_currency *sums)
{
    char name[160];
    snprintf(name, sizeof name, "%.*s/%.*s", STR_FMT(sums->tenant), STR_FMT(sums->currency));
    json_key_str(out, report->n_tenants == 1 ? sums->currency : str_of(name));
    json_object(out);
    json_put_i64(out, "issued", sums->issued);
    json_put_i64(out, "redeemed", sums->redeemed);
    json_put_i64(out, "expired", sums->expired);
    json_put_i64(out, "reversed", sums->reversed);
    json_put_i64(out, "adjusted", sums->adjusted);
    json_put_i64(out, "outstanding", sums->outstanding);
    json_end(out);
}

static void write_finding(struct json_out *out, const struct audit_finding *finding)
{
    const struct audit_law_info *law = audit_law_info(finding->law);
    json_object(out);
    json_put_str(out, "tenant", finding->tenant);
    json_put_str(out, "table", finding->table);
    json_put_str(out, "row", finding->row);
    json_put_c(out, "law", law->code);
    json_put_c(out, "sentence", law->en);
    json_put_str(out, "expected", finding->expected);
    json_put_str(out, "found", finding->found);
    json_end(out);
}

void audit_json(struct json_out *out, const struct audit_report *report)
{
    json_object(out);
    json_put_c(out, "object", "audit");
    json_put_bool(out, "ok", report->n_findings == 0);
    json_put_object(out, "checked");
    json_put_i64(out, "tenants", report->n_tenants);
    json_put_i64(out, "members", report->n_members);
    json_put_i64(out, "entries", report->n_entries);
    json_put_i64(out, "events", report->n_events);
    json_put_i64(out, "seals", report->n_seals);
    json_end(out);
    json_put_object(out, "currencies");
    for (size_t i = 0; i < report->n_currencies; i++)
        write_currency(out, report, &report->currencies[i]);
    json_end(out);
    json_put_i64(out, "n_findings", report->n_findings);
    json_put_array(out, "findings");
    for (size_t i = 0; i < report->n_kept; i++)
        write_finding(out, &report->findings[i]);
    json_end(out);
    json_end(out);
}

// ---- for people

static void put_totals(struct buf *text, const struct audit_report *report, bool french)
{
    buf_printf(text,
               french ? "%-24s %14s %14s %14s %14s %14s %14s\n"
                      : "%-24s %14s %14s %14s %14s %14s %14s\n",
               french ? "monnaie" : "currency", french ? "émis" : "issued",
               french ? "échangé" : "redeemed", french ? "expiré" : "expired",
               french ? "repris" : "reversed", french ? "corrigé" : "adjusted",
               french ? "en cours" : "outstanding");
    for (size_t i = 0; i < report->n_currencies; i++) {
        const struct audit_currency *sums = &report->currencies[i];
        char name[64];
        snprintf(name, sizeof name, "%.*s/%.*s", STR_FMT(sums->tenant), STR_FMT(sums->currency));
        buf_printf(text, "%-24s %14lld %14lld %14lld %14lld %14lld %14lld\n", name,
                   (long long)sums->issued, (long long)sums->redeemed, (long long)sums->expired,
                   (long long)sums->reversed, (long long)sums->adjusted,
                   (long long)sums->outstanding);
    }
}

static void put_findings(struct buf *text, const struct audit_report *report, bool french)
{
    for (size_t i = 0; i < report->n_kept; i++) {
        const struct audit_finding *finding = &report->findings[i];
        const struct audit_law_info *law = audit_law_info(finding->law);
        buf_printf(text, "%.*s %.*s, %.*s: %s.\n", STR_FMT(finding->tenant),
                   STR_FMT(finding->table), STR_FMT(finding->row), french ? law->fr : law->en);
        buf_printf(text,
                   french ? "    attendu : %.*s ; trouvé : %.*s\n"
                          : "    expected: %.*s; found: %.*s\n",
                   STR_FMT(finding->expected), STR_FMT(finding->found));
    }
    int64_t rest = report->n_findings - (int64_t)report->n_kept;
    if (rest > 0)
        buf_printf(text, french ? "... et %lld autres\n" : "... and %lld more\n", (long long)rest);
}

struct str audit_text(struct arena *arena, const struct audit_report *report, struct str lang)
{
    bool french = str_eq(lang, STR("fr"));
    struct buf text;
    buf_init(&text, arena);
    put_totals(&text, report, french);
    put_findings(&text, report, french);
    buf_printf(&text,
               french ? "%lld écritures, %lld événements, %lld membres, %lld sceaux : "
                      : "%lld entries, %lld events, %lld members, %lld seals: ",
               (long long)report->n_entries, (long long)report->n_events,
               (long long)report->n_members, (long long)report->n_seals);
    if (report->n_findings == 0)
        buf_str(&text,
                french ? STR("toutes les lois sont respectées.\n") : STR("every law is kept.\n"));
    else
        buf_printf(&text, french ? "%lld constats.\n" : "%lld findings.\n",
                   (long long)report->n_findings);
    return buf_text(&text);
}
