-- idempotency_old_list: the oldest replies of buckets before one, oldest first.
-- in: tenant_id:i64 before_bucket:i64 row_limit:i64
-- out: bucket:i64 key_id:i64 key:text
-- rows: many
-- batch: read
SELECT bucket, key_id, key
FROM idempotency
WHERE tenant_id = :tenant_id AND bucket < :before_bucket
ORDER BY bucket, key_id, key
LIMIT :row_limit;
