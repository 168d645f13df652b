-- audit_entry_head_get: a subject's newest link up to an instant.
-- in: tenant_id:i64 subject_id:id until_us:i64
-- out: seq:i64 hash:hash
-- rows: one
SELECT seq, hash
FROM audit_entry
WHERE tenant_id = :tenant_id AND subject_id = :subject_id AND at_us <= :until_us
ORDER BY seq DESC
LIMIT 1;
