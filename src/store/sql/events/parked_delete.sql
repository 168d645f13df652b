-- parked_delete: a return waits no more.
-- in: tenant_id:i64 source:text external_id:text type:text
-- out: (none)
-- rows: changed
DELETE FROM parked_event
WHERE tenant_id = :tenant_id AND source = :source AND external_id = :external_id AND type = :type;
