-- audit_counter_page: shared counters after one, in the order of the key.
-- in:  tenant_id:i64 after:blob after_name:text after_period:i64 row_limit:i64
-- out: owner_id:blob name:text period:i64 value:i64
-- rows: many
SELECT owner_id, name, period, value
FROM counter
WHERE tenant_id = :tenant_id
  AND (owner_id, name, period) > (:after, :after_name, :after_period)
ORDER BY owner_id, name, period
LIMIT :row_limit;
