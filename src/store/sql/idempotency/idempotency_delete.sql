-- idempotency_delete: forgets some replies of buckets before one, oldest bucket first.
-- in: tenant_id:i64 before_bucket:i64 row_limit:i64
-- out: (none)
-- rows: changed
DELETE FROM idempotency
WHERE tenant_id = :tenant_id AND (bucket, key_id, key) IN (
    SELECT bucket, key_id, key FROM idempotency
    WHERE tenant_id = :tenant_id AND bucket < :before_bucket
    ORDER BY bucket, key_id, key
    LIMIT :row_limit);
