-- audit_allocation_page: allocations after one, by member, entry and lot.
-- in:  tenant_id:i64 after:blob after_seq:i64 after_lot:i64 row_limit:i64
-- out: member_id:blob entry_seq:i64 lot_seq:i64 units:i64
-- rows: many
SELECT member_id, entry_seq, lot_seq, units
FROM allocation
WHERE tenant_id = :tenant_id AND (member_id, entry_seq, lot_seq) > (:after, :after_seq, :after_lot)
ORDER BY member_id, entry_seq, lot_seq
LIMIT :row_limit;
