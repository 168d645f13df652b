-- entry_head_get: a member's newest entry up to an instant.
-- in: tenant_id:i64 member_id:id until_us:i64
-- out: seq:i64 hash:hash
-- rows: one
SELECT seq, hash
FROM ledger_entry
WHERE tenant_id = :tenant_id AND member_id = :member_id AND recorded_us <= :until_us
ORDER BY seq DESC
LIMIT 1;
