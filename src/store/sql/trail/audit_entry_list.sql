-- audit_entry_list: links of one audit chain below a number, newest first.
-- in: tenant_id:i64 subject_id:id before_seq:i64 row_limit:i64
-- out: subject_id:id seq:i64 at_us:i64 actor_id:i64? action:text detail:text hash:hash
-- rows: many
SELECT subject_id, seq, at_us, actor_id, action, detail, hash
FROM audit_entry
WHERE tenant_id = :tenant_id AND subject_id = :subject_id AND seq < :before_seq
ORDER BY seq DESC
LIMIT :row_limit;
