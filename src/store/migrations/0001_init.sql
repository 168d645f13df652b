-- 0001_init: the tables of a first installation.
--
-- Every key starts with tenant_id, so that a tenant can live on one node of many.  What an embedded
-- database can do is limited by the pages that an event changes (bench/store/ counts them), so
-- small rows that change together are clustered by member ({{clustered}}), wide rows are appended
-- ({{strict}}), and there is no index that a request could do without.  Times are microseconds
-- since 1970 UTC, amounts and units integers, ids 16 bytes.
--
-- Truth is append-only (see the dialect files beside this one): program_version, event,
-- ledger_entry, allocation, audit_entry, seal.  Caches that the auditor derives again: member_cache
-- (wallets, open lots, counters), counter.
-- The constraints repeat the engine's laws: a bug in C cannot write an unbalanced or negative row.

CREATE TABLE schema_migration (
    number  {{i64}} NOT NULL PRIMARY KEY,
    name    {{text}} NOT NULL,
    sha256  {{text}} NOT NULL
) {{strict}};

-- An API key has room for 35 bits of the tenant's number (src/base/api_key.h).
CREATE TABLE tenant (
    tenant_id   {{i64}} NOT NULL PRIMARY KEY
                CHECK (tenant_id > 0 AND tenant_id <= 34359738367),
    slug        {{text}} NOT NULL UNIQUE,
    created_us  {{i64}} NOT NULL
) {{strict}};

-- Tenant 0 is the installation itself, which has no row in tenant.
CREATE TABLE setting (
    tenant_id   {{i64}} NOT NULL,
    name        {{text}} NOT NULL,
    value       {{text}} NOT NULL,
    PRIMARY KEY (tenant_id, name)
) {{clustered}};

CREATE TABLE api_key (
    tenant_id   {{i64}} NOT NULL REFERENCES tenant (tenant_id),
    key_id      {{i64}} NOT NULL CHECK (key_id > 0),
    secret_hash {{blob}} NOT NULL,
    name        {{text}} NOT NULL,
    last4       {{text}} NOT NULL,
    scopes      {{text}} NOT NULL,
    created_us  {{i64}} NOT NULL,
    expires_us  {{i64}},
    revoked_us  {{i64}},
    PRIMARY KEY (tenant_id, key_id),
    UNIQUE (tenant_id, secret_hash)
) {{clustered}};

CREATE TABLE program_version (
    tenant_id     {{i64}} NOT NULL REFERENCES tenant (tenant_id),
    version       {{i64}} NOT NULL CHECK (version > 0),
    document      {{text}} NOT NULL,
    sha256        {{blob}} NOT NULL,
    author        {{text}} NOT NULL,
    note          {{text}} NOT NULL,
    valid_from_us {{i64}} NOT NULL,
    recorded_us   {{i64}} NOT NULL,
    PRIMARY KEY (tenant_id, version)
) {{clustered}};

CREATE TABLE member (
    tenant_id   {{i64}} NOT NULL REFERENCES tenant (tenant_id),
    member_id   {{blob}} NOT NULL,
    status      {{text}} NOT NULL CHECK (status IN ('active', 'merged', 'closed')),
    enrolled_us {{i64}} NOT NULL,
    updated_us  {{i64}} NOT NULL,
    PRIMARY KEY (tenant_id, member_id)
) {{clustered}};

-- Everything that says who somebody is.  Erasure deletes the row; the ledger keeps the pseudonym.
CREATE TABLE person (
    tenant_id   {{i64}} NOT NULL,
    member_id   {{blob}} NOT NULL,
    name        {{text}},
    attributes  {{text}} NOT NULL,
    metadata    {{text}} NOT NULL,
    PRIMARY KEY (tenant_id, member_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, member_id)
) {{clustered}};

-- kind: external_id, email, phone, card, code.  value is normalised.
CREATE TABLE identifier (
    tenant_id   {{i64}} NOT NULL,
    kind        {{text}} NOT NULL,
    value       {{text}} NOT NULL,
    member_id   {{blob}} NOT NULL,
    created_us  {{i64}} NOT NULL,
    PRIMARY KEY (tenant_id, kind, value),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, member_id)
) {{clustered}};
CREATE INDEX identifier_by_member ON identifier (tenant_id, member_id);

-- payload is what was sent, facts what it was judged by, effects what it did: enough to judge it
-- again.  Appended in the order of arrival (event_id is ascending); first_seq..last_seq are its
-- entries in the member's ledger (0: none).
CREATE TABLE event (
    tenant_id       {{i64}} NOT NULL,
    event_id        {{blob}} NOT NULL,
    member_id       {{blob}} NOT NULL,
    source          {{text}} NOT NULL,
    external_id     {{text}} NOT NULL,
    type            {{text}} NOT NULL,
    order_id        {{blob}},
    occurred_us     {{i64}} NOT NULL,
    recorded_us     {{i64}} NOT NULL,
    program_version {{i64}} NOT NULL,
    fingerprint     {{blob}} NOT NULL,
    payload         {{text}} NOT NULL,
    facts           {{text}} NOT NULL,
    reply           {{text}} NOT NULL,
    first_seq       {{i64}} NOT NULL CHECK (first_seq >= 0),
    last_seq        {{i64}} NOT NULL CHECK (last_seq >= first_seq OR last_seq = 0),
    actor_id        {{i64}},
    PRIMARY KEY (tenant_id, event_id),
    UNIQUE (tenant_id, source, external_id, type),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, member_id)
) {{strict}};
-- Events that did something are found through the member's ledger; these are the others.
CREATE INDEX event_idle ON event (tenant_id, member_id, event_id) WHERE first_seq = 0;
CREATE INDEX event_by_order ON event (tenant_id, order_id, event_id) WHERE order_id IS NOT NULL;

-- A return that came before its sale waits here; it becomes an event when the sale arrives.
CREATE TABLE parked_event (
    tenant_id   {{i64}} NOT NULL,
    source      {{text}} NOT NULL,
    external_id {{text}} NOT NULL,
    type        {{text}} NOT NULL,
    event_id    {{blob}} NOT NULL,
    member_id   {{blob}},
    refund_of   {{text}} NOT NULL,
    occurred_us {{i64}} NOT NULL,
    recorded_us {{i64}} NOT NULL,
    fingerprint {{blob}} NOT NULL,
    payload     {{text}} NOT NULL,
    reply       {{text}} NOT NULL,
    actor_id    {{i64}},
    PRIMARY KEY (tenant_id, source, external_id, type)
) {{clustered}};
CREATE INDEX parked_by_order ON parked_event (tenant_id, source, refund_of, event_id);

-- One movement: units leave debit and arrive in credit, so that it sums to zero by construction.
-- Accounts and kinds are numbers of catalog/accounts.def and catalog/effects.def.  An entry that
-- opens a lot carries when it activates and expires; hash covers the row and the entry before it.
CREATE TABLE ledger_entry (
    tenant_id       {{i64}} NOT NULL,
    member_id       {{blob}} NOT NULL,
    seq             {{i64}} NOT NULL CHECK (seq > 0),
    kind            {{i64}} NOT NULL,
    currency        {{text}} NOT NULL,
    units           {{i64}} NOT NULL CHECK (units > 0 AND units <= 9007199254740991),
    debit           {{i64}} NOT NULL,
    credit          {{i64}} NOT NULL CHECK (credit <> debit),
    effective_us    {{i64}} NOT NULL,
    activates_us    {{i64}},
    expires_us      {{i64}},
    recorded_us     {{i64}} NOT NULL,
    event_id        {{blob}},
    order_id        {{blob}},
    redemption_id   {{blob}},
    ref_seq         {{i64}},
    rule_id         {{text}},
    program_version {{i64}} NOT NULL,
    derivation      {{text}} NOT NULL,
    actor_id        {{i64}},
    hash            {{blob}} NOT NULL,
    PRIMARY KEY (tenant_id, member_id, seq),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, member_id),
    CHECK (activates_us IS NULL OR expires_us IS NULL OR expires_us > activates_us)
) {{strict}};

-- "Entry debit_seq took (or gave back) this many units of the lot that lot_seq opened."
CREATE TABLE allocation (
    tenant_id   {{i64}} NOT NULL,
    member_id   {{blob}} NOT NULL,
    entry_seq   {{i64}} NOT NULL,
    lot_seq     {{i64}} NOT NULL,
    units       {{i64}} NOT NULL CHECK (units > 0),
    PRIMARY KEY (tenant_id, member_id, entry_seq, lot_seq),
    CHECK (lot_seq < entry_seq),
    FOREIGN KEY (tenant_id, member_id, entry_seq)
        REFERENCES ledger_entry (tenant_id, member_id, seq),
    FOREIGN KEY (tenant_id, member_id, lot_seq)
        REFERENCES ledger_entry (tenant_id, member_id, seq)
) {{clustered}};

-- What a member has now, in one table, because one event changes all of it and what counts on a
-- disk is the number of pages that change.  The views below are how to read it.
--   kind 0  the head of the ledger: last_seq, recorded_us and hash of the newest entry; due_us, the
--           earliest instant at which a lot activates or expires or a hold ends by itself; and what
--           every order changes: how many there were, their spend, and the visits
--   kind 1  a wallet: name is the currency
--   kind 2  an open lot: name is the currency, number the seq of the entry that opened it
--   kind 3  a counter: name and, as number, the start of its window in seconds (0: for ever)
-- There is no foreign key to the member: it would be looked up for each new lot, and the auditor
-- finds what belongs to nobody.
CREATE TABLE member_cache (
    tenant_id    {{i64}} NOT NULL,
    member_id    {{blob}} NOT NULL,
    kind         {{i64}} NOT NULL,
    name         {{text}} NOT NULL,
    number       {{i64}} NOT NULL,
    last_seq     {{i64}} NOT NULL DEFAULT 0,
    recorded_us  {{i64}} NOT NULL DEFAULT 0,
    due_us       {{i64}},
    hash         {{blob}},
    available    {{i64}} NOT NULL DEFAULT 0,
    pending      {{i64}} NOT NULL DEFAULT 0,
    held         {{i64}} NOT NULL DEFAULT 0,
    debt         {{i64}} NOT NULL DEFAULT 0,
    units        {{i64}} NOT NULL DEFAULT 0,
    remaining    {{i64}} NOT NULL DEFAULT 0,
    activates_us {{i64}} NOT NULL DEFAULT 0,
    expires_us   {{i64}},
    order_id     {{blob}},
    value        {{i64}} NOT NULL DEFAULT 0,
    orders       {{i64}} NOT NULL DEFAULT 0,
    spend        {{i64}} NOT NULL DEFAULT 0,
    visits       {{i64}} NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, member_id, kind, name, number),
    CHECK (CASE kind
        WHEN 0 THEN number = 0 AND last_seq >= 0 AND hash IS NOT NULL
                    AND orders >= 0 AND spend >= 0 AND visits >= 0
        WHEN 1 THEN number = 0 AND available >= 0 AND pending >= 0 AND held >= 0 AND debt >= 0
        WHEN 2 THEN number > 0 AND remaining > 0 AND remaining <= units AND pending IN (0, 1)
        WHEN 3 THEN value >= 0
        ELSE FALSE END)
) {{clustered}};
CREATE INDEX member_cache_by_due ON member_cache (tenant_id, due_us) WHERE due_us IS NOT NULL;

CREATE VIEW ledger_head AS
SELECT tenant_id, member_id, last_seq, recorded_us, due_us, hash
FROM member_cache WHERE kind = 0 AND last_seq > 0;

CREATE VIEW wallet AS
SELECT tenant_id, member_id, name AS currency, available, pending, held, debt
FROM member_cache WHERE kind = 1;

-- Lots with something left.  pending: 1 until it is activated.  expires_us NULL: never.
CREATE VIEW open_lot AS
SELECT tenant_id, member_id, number AS lot_seq, name AS currency, units, remaining, pending,
       activates_us, expires_us, order_id
FROM member_cache WHERE kind = 2;

CREATE VIEW member_counter AS
SELECT tenant_id, member_id, name, number AS period, value
FROM member_cache WHERE kind = 3
UNION ALL
SELECT tenant_id, member_id, 'orders', 0, orders FROM member_cache WHERE kind = 0
UNION ALL
SELECT tenant_id, member_id, 'spend', 0, spend FROM member_cache WHERE kind = 0
UNION ALL
SELECT tenant_id, member_id, 'visits', 0, visits FROM member_cache WHERE kind = 0;

-- Counters that members share.  owner_id: sixteen zero bytes for the programme, or a store's hashed
-- name.
CREATE TABLE counter (
    tenant_id   {{i64}} NOT NULL,
    owner_id    {{blob}} NOT NULL,
    name        {{text}} NOT NULL,
    period      {{i64}} NOT NULL,
    value       {{i64}} NOT NULL CHECK (value >= 0),
    PRIMARY KEY (tenant_id, owner_id, name, period)
) {{clustered}};

-- first_seq: the member's ledger holds nothing of this redemption before that entry.
CREATE TABLE redemption (
    tenant_id       {{i64}} NOT NULL,
    redemption_id   {{blob}} NOT NULL,
    member_id       {{blob}} NOT NULL,
    reward_id       {{text}} NOT NULL,
    status          {{text}} NOT NULL
                    CHECK (status IN ('held', 'redeemed', 'released', 'expired', 'reversed')),
    program_version {{i64}} NOT NULL,
    first_seq       {{i64}} NOT NULL CHECK (first_seq > 0),
    created_us      {{i64}} NOT NULL,
    updated_us      {{i64}} NOT NULL,
    expires_us      {{i64}},
    PRIMARY KEY (tenant_id, redemption_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, member_id)
) {{clustered}};
CREATE INDEX redemption_by_member ON redemption (tenant_id, member_id, redemption_id);

-- bucket: months since 1970 (30 days each) of the first use, so that old keys leave as a range and
-- new ones stay on hot pages.  body is NULL when the reply is the event's own.
CREATE TABLE idempotency (
    tenant_id    {{i64}} NOT NULL,
    bucket       {{i64}} NOT NULL,
    key_id       {{i64}} NOT NULL,
    key          {{text}} NOT NULL,
    fingerprint  {{blob}} NOT NULL,
    status       {{i64}} NOT NULL,
    body         {{text}},
    event_id     {{blob}},
    recorded_us  {{i64}} NOT NULL,
    PRIMARY KEY (tenant_id, bucket, key_id, key)
) {{clustered}};

-- Who changed what, besides the ledger: one chain per subject (a member, or sixteen zero bytes for
-- the tenant itself).  actor_id, here and elsewhere, is the key_id of the API key; NULL: a command.
CREATE TABLE audit_entry (
    tenant_id   {{i64}} NOT NULL,
    subject_id  {{blob}} NOT NULL,
    seq         {{i64}} NOT NULL CHECK (seq > 0),
    at_us       {{i64}} NOT NULL,
    actor_id    {{i64}},
    action      {{text}} NOT NULL,
    detail      {{text}} NOT NULL,
    hash        {{blob}} NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, seq)
) {{clustered}};

-- Merkle root over the heads of all chains of a tenant at an instant, signed and chained.
CREATE TABLE seal (
    tenant_id    {{i64}} NOT NULL REFERENCES tenant (tenant_id),
    seal_no      {{i64}} NOT NULL CHECK (seal_no > 0),
    at_us        {{i64}} NOT NULL,
    n_chains     {{i64}} NOT NULL,
    n_rows       {{i64}} NOT NULL,
    root         {{blob}} NOT NULL,
    previous     {{blob}} NOT NULL,
    signature    {{blob}} NOT NULL,
    PRIMARY KEY (tenant_id, seal_no)
) {{clustered}};

-- How far a file was imported, so that a second run goes on where the first one stopped.
CREATE TABLE import_progress (
    tenant_id   {{i64}} NOT NULL,
    import_id   {{blob}} NOT NULL,
    rows_done   {{i64}} NOT NULL,
    detail      {{text}} NOT NULL,
    updated_us  {{i64}} NOT NULL,
    PRIMARY KEY (tenant_id, import_id)
) {{clustered}};
