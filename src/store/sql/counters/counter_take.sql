-- counter_take: counts down, to 0 at the least: changes nothing when the rest would be negative.
-- in: tenant_id:i64 owner_id:id name:text period:i64 units:i64
-- out: (none)
-- rows: changed
-- forgets: nothing
UPDATE counter SET value = value - :units
WHERE tenant_id = :tenant_id AND owner_id = :owner_id AND name = :name AND period = :period
  AND value >= :units;
