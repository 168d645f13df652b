-- idempotency_get: the reply that was given under a key, in this bucket or the one before.
-- in: tenant_id:i64 bucket:i64 key_id:i64 key:text
-- out: bucket:i64 fingerprint:hash status:i64 body:text? event_id:id? recorded_us:i64
-- rows: one
-- batch: read
SELECT bucket, fingerprint, status, body, event_id, recorded_us
FROM idempotency
WHERE tenant_id = :tenant_id AND bucket IN (:bucket, :bucket - 1) AND key_id = :key_id
  AND key = :key
ORDER BY bucket DESC
LIMIT 1;
