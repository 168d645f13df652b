-- audit_trail_page: the audit trail after one entry, by subject and number.
-- in:  tenant_id:i64 after:blob after_seq:i64 row_limit:i64
-- out: subject_id:blob seq:i64 at_us:i64 actor_id:i64? action:text detail:text hash:blob
-- rows: many
SELECT subject_id, seq, at_us, actor_id, action, detail, hash
FROM audit_entry
WHERE tenant_id = :tenant_id AND (subject_id, seq) > (:after, :after_seq)
ORDER BY subject_id, seq
LIMIT :row_limit;
