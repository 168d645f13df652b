-- copy_event_page: events after one, in the order of arrival.
-- in:  tenant_id:i64 after_event_id:blob row_limit:i64
-- out: event_id:blob member_id:blob source:text external_id:text type:text order_id:blob?
--      occurred_us:i64 recorded_us:i64 program_version:i64 fingerprint:blob payload:text
--      facts:text reply:text first_seq:i64 last_seq:i64 actor_id:i64?
-- rows: many
SELECT event_id, member_id, source, external_id, type, order_id, occurred_us, recorded_us,
       program_version, fingerprint, payload, facts, reply, first_seq, last_seq, actor_id
FROM event
WHERE tenant_id = :tenant_id AND event_id > :after_event_id
ORDER BY event_id
LIMIT :row_limit;
