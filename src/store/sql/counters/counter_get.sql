-- counter_get: a counter that members share.
-- in: tenant_id:i64 owner_id:id name:text period:i64
-- out: value:i64
-- rows: one
SELECT value
FROM counter
WHERE tenant_id = :tenant_id AND owner_id = :owner_id AND name = :name AND period = :period;
