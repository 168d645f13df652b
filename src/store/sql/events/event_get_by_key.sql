-- event_get_by_key: the event that its sender calls so.
-- in: tenant_id:i64 source:text external_id:text type:text
-- out: event_id:id member_id:id source:text external_id:text type:text order_id:id?
--      occurred_us:i64 recorded_us:i64 program_version:i64 fingerprint:hash payload:text
--      facts:text reply:text first_seq:i64 last_seq:i64 actor_id:i64?
-- rows: one
-- batch: read
SELECT event_id, member_id, source, external_id, type, order_id, occurred_us, recorded_us,
       program_version, fingerprint, payload, facts, reply, first_seq, last_seq, actor_id
FROM event
WHERE tenant_id = :tenant_id AND source = :source AND external_id = :external_id AND type = :type;
