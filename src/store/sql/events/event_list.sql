-- event_list: events of a member before one, newest arrival first.
-- in: tenant_id:i64 member_id:id before_id:id row_limit:i64
-- out: event_id:id member_id:id source:text external_id:text type:text order_id:id?
--      occurred_us:i64 recorded_us:i64 program_version:i64 fingerprint:hash payload:text
--      facts:text reply:text first_seq:i64 last_seq:i64 actor_id:i64?
-- rows: many
SELECT event_id, member_id, source, external_id, type, order_id, occurred_us, recorded_us,
       program_version, fingerprint, payload, facts, reply, first_seq, last_seq, actor_id
FROM event
WHERE tenant_id = :tenant_id AND event_id IN (
    SELECT event_id FROM ledger_entry
    WHERE tenant_id = :tenant_id AND member_id = :member_id AND event_id < :before_id
    UNION
    SELECT event_id FROM event
    WHERE tenant_id = :tenant_id AND member_id = :member_id AND first_seq = 0
      AND event_id < :before_id)
ORDER BY event_id DESC
LIMIT :row_limit;
