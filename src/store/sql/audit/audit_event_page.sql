-- audit_event_page: events after one, in the order of arrival, with what the ledger says of each.
-- in:  tenant_id:i64 after:blob row_limit:i64
-- out: event_id:blob member_id:blob source:text external_id:text type:text order_id:blob?
--      occurred_us:i64 recorded_us:i64 program_version:i64 fingerprint:blob payload:text
--      facts:text reply:text first_seq:i64 last_seq:i64 n_own:i64 enrolled_us:i64? actor_id:i64?
-- rows: many
SELECT e.event_id, e.member_id, e.source, e.external_id, e.type, e.order_id, e.occurred_us,
       e.recorded_us, e.program_version, e.fingerprint, e.payload, e.facts, e.reply, e.first_seq,
       e.last_seq,
       (SELECT COUNT(*) FROM ledger_entry l
        WHERE l.tenant_id = :tenant_id AND l.member_id = e.member_id
          AND l.seq >= e.first_seq AND l.seq <= e.last_seq AND l.event_id = e.event_id) AS n_own,
       m.enrolled_us, e.actor_id
FROM event e
LEFT JOIN member m ON m.tenant_id = e.tenant_id AND m.member_id = e.member_id
WHERE e.tenant_id = :tenant_id AND e.event_id > :after
ORDER BY e.event_id
LIMIT :row_limit;
