-- idempotency_delete: forgets replies up to one, in the order of the key.
-- in: tenant_id:i64 bucket:i64 key_id:i64 key:text
-- out: (none)
-- rows: changed
DELETE FROM idempotency
WHERE tenant_id = :tenant_id AND (bucket, key_id, key) <= (:bucket, :key_id, :key);
