-- parked_update: a return that waits has met its sale, whose member this is, and does not fit it.
-- in: tenant_id:i64 source:text external_id:text type:text member_id:id
-- out: (none)
-- rows: changed
UPDATE parked_event
SET member_id = :member_id
WHERE tenant_id = :tenant_id AND source = :source AND external_id = :external_id AND type = :type;
