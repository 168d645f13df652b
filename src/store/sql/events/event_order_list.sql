-- event_order_list: what gave an order back so far, in the order of arrival.
-- in: tenant_id:i64 order_id:id
-- out: event_id:id member_id:id source:text external_id:text type:text order_id:id?
--      occurred_us:i64 recorded_us:i64 program_version:i64 fingerprint:hash payload:text
--      facts:text reply:text first_seq:i64 last_seq:i64 actor_id:i64?
-- rows: many
-- batch: read
SELECT event_id, member_id, source, external_id, type, order_id, occurred_us, recorded_us,
       program_version, fingerprint, payload, facts, reply, first_seq, last_seq, actor_id
FROM event
WHERE tenant_id = :tenant_id AND order_id = :order_id
ORDER BY event_id;
