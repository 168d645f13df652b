-- parked_get: the parked return that its sender calls so.
-- in: tenant_id:i64 source:text external_id:text type:text
-- out: source:text external_id:text type:text event_id:id member_id:id? refund_of:text
--      occurred_us:i64 recorded_us:i64 fingerprint:hash payload:text reply:text actor_id:i64?
-- rows: one
-- batch: read
SELECT source, external_id, type, event_id, member_id, refund_of, occurred_us, recorded_us,
       fingerprint, payload, reply, actor_id
FROM parked_event
WHERE tenant_id = :tenant_id AND source = :source AND external_id = :external_id AND type = :type;
