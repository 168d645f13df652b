-- ledger_head_list: heads of ledgers that have an entry, of members after one, by member.
-- in: tenant_id:i64 after_id:id row_limit:i64
-- out: member_id:id last_seq:i64 recorded_us:i64 hash:hash?
-- rows: many
SELECT member_id, last_seq, recorded_us, hash
FROM ledger_head
WHERE tenant_id = :tenant_id AND member_id > :after_id AND last_seq > 0
ORDER BY member_id
LIMIT :row_limit;
