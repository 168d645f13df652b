-- audit_entry_insert: adds a link to the audit chain of a subject.
-- in: tenant_id:i64 subject_id:id seq:i64 at_us:i64 actor_id:i64? action:text detail:text
--      hash:hash
-- out: (none)
-- rows: none
-- batch: 20
INSERT INTO audit_entry
    (tenant_id, subject_id, seq, at_us, actor_id, action, detail, hash)
VALUES
    (:tenant_id, :subject_id, :seq, :at_us, :actor_id, :action, :detail, :hash);
