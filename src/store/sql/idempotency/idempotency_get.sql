-- idempotency_get: the reply that was given under a key, if it is kept in this bucket.
-- in: tenant_id:i64 bucket:i64 key_id:i64 key:text
-- out: fingerprint:hash status:i64 body:text? event_id:id? recorded_us:i64
-- rows: one
-- batch: read
SELECT fingerprint, status, body, event_id, recorded_us
FROM idempotency
WHERE tenant_id = :tenant_id AND bucket = :bucket AND key_id = :key_id AND key = :key;
