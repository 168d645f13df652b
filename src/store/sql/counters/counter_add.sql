-- counter_add: counts up to a limit: changes nothing when the sum would be more than max_value.
-- in: tenant_id:i64 owner_id:id name:text period:i64 units:i64 max_value:i64
-- out: (none)
-- rows: changed
-- forgets: nothing
INSERT INTO counter (tenant_id, owner_id, name, period, value)
VALUES (:tenant_id, :owner_id, :name, :period, :units)
ON CONFLICT (tenant_id, owner_id, name, period) DO UPDATE
SET value = counter.value + excluded.value
WHERE counter.value + excluded.value <= :max_value;
