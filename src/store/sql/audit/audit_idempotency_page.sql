-- audit_idempotency_page: remembered requests after one, with whether their event exists.
-- in:  tenant_id:i64 after_bucket:i64 after_key_id:i64 after_key:text row_limit:i64
-- out: bucket:i64 key_id:i64 key:text fingerprint:blob status:i64 body:text? event_id:blob?
--      recorded_us:i64 n_same:i64 n_events:i64
-- rows: many
SELECT i.bucket, i.key_id, i.key, i.fingerprint, i.status, i.body, i.event_id, i.recorded_us,
       (SELECT COUNT(*) FROM idempotency o
        WHERE o.tenant_id = :tenant_id AND o.bucket = i.bucket + 1 AND o.key_id = i.key_id
          AND o.key = i.key) AS n_same,
       (SELECT COUNT(*) FROM event e
        WHERE e.tenant_id = :tenant_id AND e.event_id = i.event_id) AS n_events
FROM idempotency i
WHERE i.tenant_id = :tenant_id
  AND (i.bucket, i.key_id, i.key) > (:after_bucket, :after_key_id, :after_key)
ORDER BY i.bucket, i.key_id, i.key
LIMIT :row_limit;
