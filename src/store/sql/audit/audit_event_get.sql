-- audit_event_get: the member and place of one event.
-- in:  tenant_id:i64 event_id:blob
-- out: member_id:blob first_seq:i64 last_seq:i64
-- rows: one
SELECT member_id, first_seq, last_seq
FROM event
WHERE tenant_id = :tenant_id AND event_id = :event_id;
