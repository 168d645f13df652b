-- idempotency_insert: the reply that was given under a key.
-- in: tenant_id:i64 key_id:i64 key:text bucket:i64 fingerprint:hash status:i64 body:text?
--      event_id:id? recorded_us:i64
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: idempotency_get
INSERT INTO idempotency
    (tenant_id, key_id, key, bucket, fingerprint, status, body, event_id, recorded_us)
VALUES
    (:tenant_id, :key_id, :key, :bucket, :fingerprint, :status, :body, :event_id, :recorded_us);
