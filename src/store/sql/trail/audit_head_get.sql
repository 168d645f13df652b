-- audit_head_get: the newest link of the audit chain of a subject.
-- in: tenant_id:i64 subject_id:id
-- out: seq:i64 hash:hash
-- rows: one
SELECT seq, hash
FROM audit_entry
WHERE tenant_id = :tenant_id AND subject_id = :subject_id
ORDER BY seq DESC
LIMIT 1;
