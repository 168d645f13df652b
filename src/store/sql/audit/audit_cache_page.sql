-- audit_cache_page: what is kept of members to be fast, after one row, in the order of the key.
-- in:  tenant_id:i64 after:blob after_kind:i64 after_name:text after_number:i64 row_limit:i64
-- out: member_id:blob kind:i64 name:text number:i64 last_seq:i64? recorded_us:i64? due_us:i64?
--      hash:blob? available:i64? pending:i64? held:i64? debt:i64? units:i64? remaining:i64?
--      activates_us:i64? expires_us:i64? order_id:blob? value:i64?
--      orders:i64? spend:i64? visits:i64?
-- rows: many
SELECT member_id, kind, name, number, last_seq, recorded_us, due_us, hash, available, pending,
       held, debt, units, remaining, activates_us, expires_us, order_id, value,
       orders, spend, visits
FROM member_cache
WHERE tenant_id = :tenant_id
  AND (member_id, kind, name, number) > (:after, :after_kind, :after_name, :after_number)
ORDER BY member_id, kind, name, number
LIMIT :row_limit;
