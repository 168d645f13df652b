-- copy_idempotency_page: remembered requests after one, in the order of the key.
-- in:  tenant_id:i64 after_bucket:i64 after_key_id:i64 after_key:text row_limit:i64
-- out: bucket:i64 key_id:i64 key:text fingerprint:blob status:i64 body:text? event_id:blob?
--      recorded_us:i64
-- rows: many
SELECT bucket, key_id, key, fingerprint, status, body, event_id, recorded_us
FROM idempotency
WHERE tenant_id = :tenant_id
  AND (bucket, key_id, key) > (:after_bucket, :after_key_id, :after_key)
ORDER BY bucket, key_id, key
LIMIT :row_limit;
