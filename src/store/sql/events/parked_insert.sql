-- parked_insert: a return that came before its sale.
-- in: tenant_id:i64 source:text external_id:text type:text event_id:id member_id:id?
--      refund_of:text occurred_us:i64 recorded_us:i64 fingerprint:hash payload:text reply:text
--      actor_id:i64?
-- out: (none)
-- rows: none
INSERT INTO parked_event
    (tenant_id, source, external_id, type, event_id, member_id, refund_of, occurred_us,
     recorded_us, fingerprint, payload, reply, actor_id)
VALUES
    (:tenant_id, :source, :external_id, :type, :event_id, :member_id, :refund_of, :occurred_us,
     :recorded_us, :fingerprint, :payload, :reply, :actor_id);
