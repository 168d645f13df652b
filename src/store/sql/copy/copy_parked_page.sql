-- copy_parked_page: returns that wait, after one, in the order of the key.
-- in:  tenant_id:i64 after_source:text after_external_id:text after_type:text row_limit:i64
-- out: source:text external_id:text type:text event_id:blob member_id:blob? refund_of:text
--      occurred_us:i64 recorded_us:i64 fingerprint:blob payload:text reply:text actor_id:i64?
-- rows: many
SELECT source, external_id, type, event_id, member_id, refund_of, occurred_us, recorded_us,
       fingerprint, payload, reply, actor_id
FROM parked_event
WHERE tenant_id = :tenant_id
  AND (source, external_id, type) > (:after_source, :after_external_id, :after_type)
ORDER BY source, external_id, type
LIMIT :row_limit;
