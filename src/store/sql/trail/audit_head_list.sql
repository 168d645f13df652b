-- audit_head_list: newest links of audit chains, of subjects after one, by subject; without one
-- from the first.
-- in: tenant_id:i64 after_id:id? row_limit:i64
-- out: subject_id:id seq:i64 at_us:i64 hash:hash
-- rows: many
SELECT subject_id, seq, at_us, hash
FROM audit_entry a
WHERE tenant_id = :tenant_id AND (:after_id IS NULL OR subject_id > :after_id)
  AND seq = (SELECT MAX(h.seq) FROM audit_entry h
             WHERE h.tenant_id = :tenant_id AND h.subject_id = a.subject_id)
ORDER BY subject_id
LIMIT :row_limit;
